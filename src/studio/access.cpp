#include "studio/access.h"

#include "studio/sdp_text.h"

namespace spacecast::studio {
namespace {

constexpr std::string_view kScheme = "Bearer ";

class OpenAccess final : public Access {
 public:
  [[nodiscard]] std::expected<Pass, http::Response> may_join(const http::Request&) const override {
    return Pass{};
  }
};

}  // namespace

std::shared_ptr<const Access> open_access() {
  return std::make_shared<const OpenAccess>();
}

std::string_view bearer_token(const http::Request& request) {
  const std::string_view value = request.header("authorization");
  if (!equal_ignoring_case(value.substr(0, kScheme.size()), kScheme)) return {};
  return value.substr(kScheme.size());
}

http::Response unauthorized(std::string_view detail) {
  auto response = http::problem(401, detail);
  response.set_header("WWW-Authenticate", "Bearer");
  return response;
}

}  // namespace spacecast::studio
