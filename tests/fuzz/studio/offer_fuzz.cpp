// Fuzzes what a stranger may send as SDP: an offer, and the same bytes as a trickled fragment.
//
// Beyond not crashing, what is promised must hold: an offer that is accepted comes down to one that
// is accepted again at the same endpoint and says the same.
#include "studio/offer.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "studio/candidate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spacecast;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto fragment = studio::read_ice_fragment(text);
  if (fragment && text.size() > studio::kFragmentBytesMax) std::abort();
  for (const auto endpoint :
       {studio::Endpoint::kStage, studio::Endpoint::kWhip, studio::Endpoint::kWhep}) {
    const auto offer = studio::read_offer(text, endpoint);
    if (!offer) continue;
    const std::string rendered = render_offer(*offer);
    const auto again = studio::read_offer(rendered, endpoint);
    if (!again || render_offer(*again) != rendered) std::abort();
  }
  return 0;
}
