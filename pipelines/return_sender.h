// Sends a peer what comes back from the program: Opus packets and H.264 access units as they are,
// packed into RTP. Nothing is encoded for a peer here, and nothing is sent before the peer is known
// to be who made the offer. A peer that cannot keep up loses its own packets only: the queues are
// short and leak.
//
// Lost packets are sent again where the offer has a payload type for that. A request for a keyframe
// is counted and goes no further: the program has one every second, and one peer's losses must not
// cost all others their bits. Where the way to a peer loses too much the picture pauses.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/error.h"
#include "gstx/ref.h"
#include "pipelines/picture_pause.h"
#include "pipelines/program_return.h"
#include "pipelines/rtc_peer.h"

namespace spacecast {

class ReturnSender : public ReturnSink {
 public:
  struct Counts {
    std::uint64_t audio_packets = 0;  // Opus packets handed on.
    std::uint64_t video_units = 0;    // Access units handed on.
    std::uint64_t dropped = 0;        // Access units, because the peer's own pipeline lagged.
    std::uint64_t keyframe_requests = 0;
  };

  // Sends on every section of the peer's offer that wants to receive; null where none does. Before
  // RtcPeer::start().
  [[nodiscard]] static Result<std::shared_ptr<ReturnSender>> create(RtcPeer& peer);

  void take_audio(const Ref<GstSample>& packet) override;
  void take_video(const Ref<GstSample>& unit) override;

  // Any thread.
  [[nodiscard]] Counts counts() const;

 private:
  explicit ReturnSender(std::shared_ptr<PeerCheck> check) : check_(std::move(check)) {}
  [[nodiscard]] Result<void> add(RtcPeer& peer, std::size_t section);
  [[nodiscard]] bool trusted() const { return check_->verdict() == PeerCheck::Verdict::kTrusted; }

  const std::shared_ptr<PeerCheck> check_;
  // appsrc; null where the medium is not sent.
  Ref<GstElement> audio_;
  Ref<GstElement> video_;
  // Used by the program's picture thread only.
  bool needs_keyframe_ = true;
  std::atomic<std::uint64_t> audio_packets_ = 0;
  std::atomic<std::uint64_t> video_units_ = 0;
  std::atomic<std::uint64_t> dropped_ = 0;
  const std::shared_ptr<PicturePause> pause_ = std::make_shared<PicturePause>();
  std::shared_ptr<std::atomic<std::uint64_t>> keyframe_requests_ =
      std::make_shared<std::atomic<std::uint64_t>>(0);
};

}  // namespace spacecast
