// Content-Encoding: gzip (RFC 9110 §8.4.1.3) for texts that we make: playlists, pages.
#pragma once

#include <string_view>

#include "base/bytes.h"

namespace spacecast::http {

// The same text always gives the same bytes.
[[nodiscard]] Bytes gzip(std::string_view text);

// True where an Accept-Encoding header takes gzip (RFC 9110 §12.5.3); false for an empty one.
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding);

}  // namespace spacecast::http
