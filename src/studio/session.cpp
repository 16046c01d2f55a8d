#include "studio/session.h"

namespace spacecast::studio {

Result<std::unique_ptr<Session>> Session::create(Identity identity, SpeakerGraph::Options options,
                                                 std::unique_ptr<ProgramSlot> slot,
                                                 LivenessLimits limits, std::shared_ptr<Loop> loop,
                                                 std::shared_ptr<Teardown> teardown,
                                                 SpeakerGraph::Events events) {
  std::unique_ptr<Session> session(
      new Session(std::move(identity), options.offer, slot->index(), limits));
  // Who offers a camera has it on until they say otherwise.
  slot->set_camera(session->has_video_);
  auto graph = SpeakerGraph::create(std::move(options), std::move(slot), std::move(loop),
                                    std::move(teardown), std::move(events));
  if (!graph) return std::unexpected(graph.error());
  session->graph_ = std::move(*graph);
  return session;
}

Session::Session(Identity identity, const SpeakerOffer& offer, unsigned slot, LivenessLimits limits)
    : identity_(std::move(identity)),
      limits_(limits),
      slot_(slot),
      ice_(identity_.etag, offer.ufrag, offer.password, offer.candidates),
      has_video_(offer.find(MediaKind::kVideo) != nullptr),
      has_screen_(offer.find(MediaKind::kScreen) != nullptr),
      camera_(has_video_) {}

http::Response Session::patch(const http::Request& request) {
  const auto candidates = ice_.patch(request);
  if (!candidates) return candidates.error();
  for (const auto& candidate : *candidates) graph_->add_candidate(candidate);
  return http::empty(204);
}

Result<void> Session::set_camera(bool on) {
  if (on && !has_video_) {
    return fail(ErrorCode::kConflict, "camera: the offer had no video; join again with one");
  }
  camera_ = on;
  graph_->set_camera(on);
  return {};
}

Result<void> Session::set_screen(bool on) {
  if (on && !has_screen_) {
    return fail(ErrorCode::kConflict, "screen: the offer had no second video; join again with one");
  }
  screen_ = on;
  graph_->set_screen(on);
  return {};
}

void Session::set_muted(bool muted) {
  muted_ = muted;
  graph_->set_muted(muted);
}

void Session::set_name(std::string name) {
  identity_.name = name;
  graph_->set_name(std::move(name));
}

void Session::set_watched(bool watched) {
  watched_ = watched;
  graph_->set_watched(watched);
}

Connection Session::connection(Clock::time_point now) const {
  using std::chrono::duration_cast;
  return judge_liveness(limits_, connected_,
                        duration_cast<std::chrono::microseconds>(now - created_),
                        graph_->counts().silence);
}

RosterEntry Session::describe(Clock::time_point now) const {
  const auto counts = graph_->counts();
  return {.id = identity_.id,
          .name = identity_.name,
          .role = identity_.role,
          .camera = camera_,
          .muted = muted_,
          .hand = hand_,
          .screen = screen_,
          .connection = connection(now),
          .audio_packets = counts.audio_packets,
          .video_packets = counts.video_packets};
}

}  // namespace spacecast::studio
