#include "pipelines/speaker_graph.h"

#include <algorithm>
#include <utility>

#include "pipelines/speaker_decoder.h"

namespace spacecast {

Result<std::unique_ptr<SpeakerGraph>> SpeakerGraph::create(Options options,
                                                           std::unique_ptr<ProgramSlot> slot,
                                                           std::shared_ptr<Loop> loop,
                                                           std::shared_ptr<Teardown> teardown,
                                                           Events events) {
  std::unique_ptr<SpeakerGraph> graph(new SpeakerGraph(std::move(slot)));
  // The program encodes for those who can be sent to.
  events.connected = [self = graph.get(), connected = std::move(events.connected)] {
    self->connected_ = true;
    if (self->sender_) self->feed_->set_return(self->sender_);
    connected();
  };
  auto peer = RtcPeer::create(std::move(options), Playout::kApart, std::move(loop),
                              std::move(teardown), std::move(events));
  if (!peer) return std::unexpected(peer.error());
  graph->peer_ = std::move(*peer);
  for (const auto& media : graph->peer_->offer().media) {
    if (const auto added = graph->add_decoder(media.kind); !added) {
      return std::unexpected(added.error());
    }
  }
  auto sender = ReturnSender::create(*graph->peer_);
  if (!sender) return std::unexpected(sender.error());
  graph->sender_ = std::move(*sender);
  const auto started =
      graph->peer_->start([inlets = graph->inlets_](std::size_t section, GstPad* source) {
        inlets[section]->link(source);
      });
  if (!started) return std::unexpected(started.error());
  return graph;
}

// The slot first: it is free for the next speaker when this returns.
SpeakerGraph::~SpeakerGraph() {
  feed_->close();
}

Result<void> SpeakerGraph::add_decoder(MediaKind kind) {
  auto keyframes = std::make_shared<KeyframePolicy>();
  auto decoder = make_speaker_decoder(kind, feed_, keyframes);
  if (!decoder) return std::unexpected(decoder.error());
  gst_bin_add(peer_->bin(), decoder->bin.get());
  inlets_.push_back(
      std::make_shared<SpeakerInlet>(kind, std::move(*decoder), feed_, std::move(keyframes)));
  return {};
}

SpeakerInlet* SpeakerGraph::find(MediaKind kind) const {
  const auto found = std::ranges::find(inlets_, kind, &SpeakerInlet::kind);
  return found == inlets_.end() ? nullptr : found->get();
}

void SpeakerGraph::set_camera(bool on) {
  feed_->set_camera(on);
  auto* camera = find(MediaKind::kVideo);
  if (on && camera) camera->request_keyframe();
}

void SpeakerGraph::set_screen(bool on) {
  if (screen_ == on) return;
  screen_ = on;
  feed_->set_screen(on);
  update_gates();
}

void SpeakerGraph::set_watched(bool watched) {
  if (watched_ == watched) return;
  watched_ = watched;
  update_gates();
}

void SpeakerGraph::update_gates() {
  for (const auto& inlet : inlets_) {
    inlet->set_watched(watched_ && (inlet->kind() != MediaKind::kScreen || screen_));
  }
}

void SpeakerGraph::take_over(SpeakerGraph& other) {
  feed_->take_over(*other.feed_);
  feed_->set_return(connected_ ? sender_ : nullptr);
}

SpeakerGraph::Counts SpeakerGraph::counts() const {
  const auto received = feed_->counts();
  return {.audio_packets = received.audio_packets,
          .video_packets = received.video_packets,
          .returned = sender_ ? sender_->counts() : ReturnSender::Counts(),
          .silence = peer_->life()->silence()};
}

}  // namespace spacecast
