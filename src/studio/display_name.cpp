#include "studio/display_name.h"

#include "base/ids.h"
#include "glibx/ref.h"

namespace spacecast::studio {

Result<std::string> read_display_name(std::string_view text) {
  const auto name = parse_display_name(text);
  if (!name) return name;
  const OwnedString normal(
      g_utf8_normalize(name->data(), static_cast<gssize>(name->size()), G_NORMALIZE_NFC));
  // A few characters become two: the limits are those of what everybody is told.
  return parse_display_name(normal.get());
}

}  // namespace spacecast::studio
