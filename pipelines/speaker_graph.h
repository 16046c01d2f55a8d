// One speaker: a peer (rtc_peer.h) and the decoders of what it sends. What is decoded goes to the
// speaker's slot in the program as samples, and the others' sound and the program's picture come
// back from there; nothing links the two graphs, so whatever happens here stays here.
//
// A camera or a screen is switched by not sending and saying so: the sections stay as they were
// offered.
//
// Lives on the control loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "glibx/loop.h"
#include "gstx/teardown.h"
#include "pipelines/program.h"
#include "pipelines/return_sender.h"
#include "pipelines/rtc_peer.h"
#include "pipelines/speaker_feed.h"
#include "pipelines/speaker_inlet.h"

namespace spacecast {

class SpeakerGraph {
 public:
  using Options = RtcPeer::Options;
  using Fault = RtcPeer::Fault;
  using Events = RtcPeer::Events;
  struct Counts {
    std::uint64_t audio_packets = 0;  // RTP packets that were used.
    std::uint64_t video_packets = 0;  // Of camera and screen.
    ReturnSender::Counts returned;
    // Since the peer's last packet, RTP or RTCP; empty where none has come yet.
    std::optional<std::chrono::microseconds> silence;
  };

  // Without a slot: for take_over().
  [[nodiscard]] static Result<std::unique_ptr<SpeakerGraph>> create(
      Options options, std::unique_ptr<ProgramSlot> slot, std::shared_ptr<Loop> loop,
      std::shared_ptr<Teardown> teardown, Events events);
  SpeakerGraph(const SpeakerGraph&) = delete;
  SpeakerGraph& operator=(const SpeakerGraph&) = delete;
  ~SpeakerGraph();

  // A trickled one, as studio/candidate.h gives it.
  void add_candidate(const std::string& candidate) { peer_->add_candidate(candidate); }
  void set_muted(bool muted) { feed_->set_muted(muted); }
  // What the picture shows for the speaker: a display name (base/ids.h).
  void set_name(std::string name) { feed_->set_name(std::move(name)); }
  // What the speaker signals. Switching on asks for a keyframe.
  void set_camera(bool on);
  // Likewise; off at first.
  void set_screen(bool on);
  // Whether the speaker's pictures may be seen now or next; not at first. Only then are they
  // decoded, beginning with the keyframe that this asks the peer for.
  void set_watched(bool watched);
  // The slot of another graph of the same speaker, as it is, is this one's from now on, and what
  // goes back comes here. For one that was created without a slot, whose media come to nothing
  // until then.
  void take_over(SpeakerGraph& other);
  [[nodiscard]] Counts counts() const;
  [[nodiscard]] SpeakerFeed::Decoded decoded() const { return feed_->decoded(); }

 private:
  explicit SpeakerGraph(std::unique_ptr<ProgramSlot> slot)
      : feed_(std::make_shared<SpeakerFeed>(std::move(slot))) {}
  [[nodiscard]] Result<void> add_decoder(MediaKind kind);
  [[nodiscard]] SpeakerInlet* find(MediaKind kind) const;
  void update_gates();

  const std::shared_ptr<SpeakerFeed> feed_;
  std::unique_ptr<RtcPeer> peer_;
  std::shared_ptr<ReturnSender> sender_;               // Null where nothing goes back.
  std::vector<std::shared_ptr<SpeakerInlet>> inlets_;  // One a section of the offer.
  bool connected_ = false;
  bool watched_ = false;
  bool screen_ = false;
};

}  // namespace spacecast
