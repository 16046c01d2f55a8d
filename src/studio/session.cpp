#include "studio/session.h"

#include "studio/succession.h"

namespace spacecast::studio {

Result<std::unique_ptr<Session>> Session::create(Identity identity, SpeakerGraph::Options options,
                                                 std::unique_ptr<ProgramSlot> slot,
                                                 LivenessLimits limits, std::shared_ptr<Loop> loop,
                                                 std::shared_ptr<Teardown> teardown,
                                                 SpeakerGraph::Events events) {
  std::unique_ptr<Session> session(
      new Session(std::move(identity), options.offer, slot ? slot->index() : 0, limits));
  // Who offers a camera has it on until they say otherwise.
  if (slot) slot->set_camera(session->has_video_);
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

Place Session::place() const {
  return {.id = identity_.id,
          .name = identity_.name,
          .slot = slot_,
          .camera = camera_,
          .muted = muted_,
          .hand = hand_};
}

void Session::restore(const Place& place) {
  if (camera_ && !place.camera) (void)set_camera(false);
  set_muted(place.muted);
  hand_ = place.hand;
}

bool Session::may_take_over(const Session& other, Clock::time_point now) const {
  using std::chrono::duration_cast;
  using std::chrono::microseconds;
  const auto decoded = graph_->decoded();
  Successor successor{
      .connected = {}, .heard = decoded.sound || decoded.picture, .seen = decoded.picture};
  if (connected_) successor.connected = duration_cast<microseconds>(now - *connected_);
  const bool picture = other.camera_ && other.watched_ && has_video_;
  return may_succeed(successor, picture, other.graph_->counts().silence);
}

void Session::take_over(Session& other) {
  slot_ = other.slot_;
  identity_.name = other.identity_.name;
  set_muted(other.muted_);
  hand_ = other.hand_;
  graph_->take_over(*other.graph_);
  camera_ = other.camera_ && has_video_;
  if (camera_ != other.camera_) graph_->set_camera(camera_);
  screen_ = other.screen_ && has_screen_;
  if (screen_ || other.screen_) graph_->set_screen(screen_);
}

Connection Session::connection(Clock::time_point now) const {
  using std::chrono::duration_cast;
  return judge_liveness(limits_, connected_.has_value(),
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
