// The fingerprint of an X.509 certificate, as SDP writes it.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace spacecast {

// SHA-256 over the DER form of the first certificate in `pem`: "AB:CD:…" in upper case (RFC 8122
// §5).
[[nodiscard]] Result<std::string> certificate_fingerprint(std::string_view pem);

}  // namespace spacecast
