#include "studio/layout_change.h"

#include <nlohmann/json.hpp>

#include "studio/speaker_change.h"

namespace spacecast::studio {

Result<layout::Mode> read_layout_change(std::string_view json) {
  if (json.size() <= kChangeBytesMax) {
    const auto body = nlohmann::json::parse(json, nullptr, false);
    if (body.is_object() && body.size() == 1 && body.contains("layout") &&
        body["layout"].is_string()) {
      if (const auto mode = layout::parse_mode(body["layout"].get<std::string>())) return *mode;
    }
  }
  return fail(ErrorCode::kInvalidArgument,
              "allowed are {\"layout\":\"speaker\"} and {\"layout\":\"gallery\"}");
}

}  // namespace spacecast::studio
