// Errors are values. Nothing of ours throws across a module edge: a function that can fail returns
// Result<T>, and the message says what failed, with which value, and what is allowed.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace spacecast {

enum class ErrorCode {
  kInvalidArgument,  // The caller's input is malformed or out of range.
  kUnsupported,      // Well-formed, but something we do not do.
  kForbidden,        // Understood, but not for whoever asks.
  kNotFound,         // No such thing.
  kLimit,            // A bound of ours was reached; trying again later may work.
  kConflict,         // Contradicts the present state.
  kIo,               // The operating system or the network refused.
  kInternal,         // A library failed in a way that no input explains.
};

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
};

template <typename T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

}  // namespace spacecast
