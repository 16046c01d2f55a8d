// Fuzzes what a stranger may send as join token. The first byte chooses: the rest as it is, or as
// header and claims (apart at the first zero byte) under a signature that is right, so that the
// fuzzer gets behind it.
//
// Beyond not crashing, what is promised must hold: what is accepted is signed by the key and
// bounded, and a token made of what was read says the same.
#include "studio/token.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/unit/studio/signing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spacecast;
  using namespace std::chrono_literals;
  static const std::string secret(32, 's');
  static const auto key = studio::TokenKey::from_secret(secret).value();
  constexpr std::chrono::sys_seconds kNow{1'800'000'000s};
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) {
    // Nobody but the key's holder makes one.
    if (key.verify(text, kNow)) std::abort();
    return 0;
  }
  const auto end = std::min(text.find('\0'), text.size());
  const auto header = text.substr(0, end);
  const auto grants = text.substr(std::min(end + 1, text.size()));
  const auto token = test::sign_hs256(header, grants, secret);
  const auto claims = key.verify(token, kNow);
  if (!claims) return 0;
  if (token.size() > studio::kTokenBytesMax || claims->id.empty() || claims->name.empty()) {
    std::abort();
  }
  if (claims->expires + studio::kTokenLeeway <= kNow) std::abort();
  const auto again = key.verify(key.sign(*claims).value(), kNow);
  if (!again || again->space != claims->space || again->role != claims->role ||
      again->name != claims->name || again->id != claims->id || again->expires != claims->expires) {
    std::abort();
  }
  return 0;
}
