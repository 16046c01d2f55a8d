// Decodes one medium of one speaker: a bin with a sink pad for webrtcbin's RTP. Decoded samples go
// to the speaker's feed, from the bin's streaming thread. Sound is always decoded, a picture while
// its gate is open: decoding is what a camera costs, and nobody sees more than a few.
#pragma once

#include <memory>

#include "base/error.h"
#include "gstx/ref.h"
#include "pipelines/keyframe_policy.h"
#include "pipelines/speaker_feed.h"
#include "pipelines/speaker_offer.h"

namespace spacecast {

struct SpeakerDecoder {
  Ref<GstElement> bin;
  Ref<GstElement> gate;  // A speakergate, closed; null where sound is decoded.
};

// `keyframes` is told of every picture.
[[nodiscard]] Result<SpeakerDecoder> make_speaker_decoder(
    MediaKind kind, std::shared_ptr<SpeakerFeed> feed, std::shared_ptr<KeyframePolicy> keyframes);

}  // namespace spacecast
