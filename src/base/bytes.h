// Immutable bytes that many readers share: a part waits in the store, in the archive's queue and in
// a thousand responses at once, and exists once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace spacecast {

using ByteVector = std::vector<std::uint8_t>;
using Bytes = std::shared_ptr<const ByteVector>;

[[nodiscard]] inline Bytes make_bytes(ByteVector data) {
  return std::make_shared<const ByteVector>(std::move(data));
}

[[nodiscard]] inline Bytes make_bytes(std::string_view text) {
  return std::make_shared<const ByteVector>(text.begin(), text.end());
}

[[nodiscard]] inline std::string_view as_text(const ByteVector& data) {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

}  // namespace spacecast
