// Where a pad of webrtcbin's enters a decoder. Every packet passes here and is counted; requests
// for keyframes that go the other way are rationed. What is not watched is received and counted,
// but not decoded.
#pragma once

#include <atomic>
#include <memory>

#include "gstx/ref.h"
#include "pipelines/keyframe_policy.h"
#include "pipelines/speaker_decoder.h"
#include "pipelines/speaker_feed.h"
#include "pipelines/speaker_offer.h"

namespace spacecast {

class SpeakerInlet : public std::enable_shared_from_this<SpeakerInlet> {
 public:
  SpeakerInlet(MediaKind kind, SpeakerDecoder decoder, std::shared_ptr<SpeakerFeed> feed,
               std::shared_ptr<KeyframePolicy> keyframes);

  [[nodiscard]] MediaKind kind() const { return kind_; }
  // Any thread. A sender that starts anew with another SSRC brings another pad: the newest counts.
  void link(GstPad* source);
  void request_keyframe();
  // Not at first. The first picture comes with the keyframe that this asks for. Sound has nothing
  // to watch and is always decoded.
  void set_watched(bool watched);

 private:
  [[nodiscard]] GstPadProbeReturn on_packets(GstPad* source, GstPadProbeInfo* info);

  const MediaKind kind_;
  const SpeakerDecoder decoder_;
  const Ref<GstPad> sink_;
  const std::shared_ptr<SpeakerFeed> feed_;
  const std::shared_ptr<KeyframePolicy> keyframes_;
  std::atomic<bool> watched_ = false;
};

}  // namespace spacecast
