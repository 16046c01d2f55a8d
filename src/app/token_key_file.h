// The key of join tokens, from a file.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "studio/token.h"

namespace spacecast {

// What the file is decides the algorithm: a P-256 key in PEM is for ES256; the one line of any
// other (secret_file.h; at least 32 characters) for HS256. `algorithm`, where it is given, has to
// be that. Fails with the file's name, never with what is in it.
[[nodiscard]] Result<studio::TokenKey> read_token_key(
    const std::string& file, std::optional<studio::TokenAlgorithm> algorithm);

}  // namespace spacecast
