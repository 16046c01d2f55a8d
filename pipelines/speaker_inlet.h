// Where a pad of webrtcbin's enters a decoder. Every packet passes here: none goes on before the
// peer is known to be who made the offer, the others are counted; requests for keyframes that go
// the other way are rationed. What is not watched is received and counted, but not decoded.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "gstx/ref.h"
#include "pipelines/keyframe_policy.h"
#include "pipelines/peer_check.h"
#include "pipelines/speaker_decoder.h"
#include "pipelines/speaker_feed.h"
#include "pipelines/speaker_offer.h"

namespace spacecast {

class SpeakerInlet : public std::enable_shared_from_this<SpeakerInlet> {
 public:
  // `on_foreign` is called from a streaming thread, for every packet of a peer that is not trusted.
  SpeakerInlet(MediaKind kind, SpeakerDecoder decoder, std::shared_ptr<SpeakerFeed> feed,
               std::shared_ptr<PeerCheck> check, std::shared_ptr<KeyframePolicy> keyframes,
               std::function<void()> on_foreign);

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
  const std::shared_ptr<PeerCheck> check_;
  const std::shared_ptr<KeyframePolicy> keyframes_;
  const std::function<void()> on_foreign_;
  std::atomic<bool> watched_ = false;
};

}  // namespace spacecast
