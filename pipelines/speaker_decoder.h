// Decodes one medium of one speaker: a bin with a sink pad for webrtcbin's RTP. Decoded samples go
// to the speaker's feed, from the bin's streaming thread.
#pragma once

#include <memory>

#include "base/error.h"
#include "gstx/ref.h"
#include "pipelines/keyframe_policy.h"
#include "pipelines/speaker_feed.h"
#include "pipelines/speaker_offer.h"

namespace spacecast {

// `keyframes` is told of every picture.
[[nodiscard]] Result<Ref<GstElement>> make_speaker_decoder(
    MediaKind kind, std::shared_ptr<SpeakerFeed> feed, std::shared_ptr<KeyframePolicy> keyframes);

}  // namespace spacecast
