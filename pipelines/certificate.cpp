#include "pipelines/certificate.h"

#include <glib.h>

#include "glibx/ref.h"

namespace spacecast {
namespace {

constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view kEnd = "-----END CERTIFICATE-----";

}  // namespace

Result<std::string> certificate_fingerprint(std::string_view pem) {
  const auto begin = pem.find(kBegin);
  const auto end = pem.find(kEnd);
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) {
    return fail(ErrorCode::kInvalidArgument, "the peer's certificate is not PEM");
  }
  const std::string base64(pem.substr(begin + kBegin.size(), end - begin - kBegin.size()));
  gsize size = 0;
  const Owned<guchar, g_free> der(g_base64_decode(base64.c_str(), &size));
  const OwnedString digest(g_compute_checksum_for_data(G_CHECKSUM_SHA256, der.get(), size));
  std::string fingerprint;
  for (const char* c = digest.get(); *c != '\0'; ++c) {
    if ((c - digest.get()) % 2 == 0 && !fingerprint.empty()) fingerprint += ':';
    fingerprint += g_ascii_toupper(*c);
  }
  return fingerprint;
}

}  // namespace spacecast
