// One speaker: webrtcbin and the decoders, in a GstPipeline of its own that shares the program's
// clock and base time. What is decoded goes to the speaker's slot in the program as samples;
// nothing links the two graphs, so whatever happens here stays here.
//
// One offer, one answer, for the whole session: webrtcbin 1.22 cannot change a direction, restart
// ICE or lose a section without harm. A camera is switched by not sending and saying so.
//
// The object lives on the control loop. webrtcbin's thread and the streaming threads copy values
// and post. Destroying it takes the pipeline down on another thread (gstx/teardown.h).
#pragma once

#define GST_USE_UNSTABLE_API  // What webrtc's headers ask for.
#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "glibx/loop.h"
#include "glibx/signal.h"
#include "gstx/bus.h"
#include "gstx/ice.h"
#include "gstx/ref.h"
#include "gstx/teardown.h"
#include "pipelines/peer_check.h"
#include "pipelines/program.h"
#include "pipelines/speaker_feed.h"
#include "pipelines/speaker_inlet.h"
#include "pipelines/speaker_offer.h"

namespace spacecast {

class SpeakerGraph {
 public:
  struct Options {
    SpeakerOffer offer;
    Ref<GstClock> clock;  // The program's.
    GstClockTime base_time = 0;
    IceNetwork ice;
    // How long packets may be late. Everything is delayed by it.
    std::chrono::milliseconds jitter_buffer{150};
    // From create() to the answer.
    std::chrono::milliseconds answer_deadline{2000};
  };
  enum class Fault {
    kNegotiation,  // Before the answer: it never came, or the offer cannot be answered.
    kNoPort,       // Before the answer: no UDP port of the range is free.
    kFingerprint,  // The peer is not who made the offer.
    kTransport,    // ICE or DTLS failed, or the peer closed.
    kMedia,        // What came cannot be decoded.
  };
  // Called from the loop, never from inside a call into this object. After `failed` nothing more is
  // called; the graph may be destroyed from it.
  struct Events {
    std::function<void(std::string answer)> answered;  // Once, with all our candidates.
    std::function<void()> connected;                   // Once; the peer is who made the offer.
    std::function<void(Fault, std::string what)> failed;
  };

  [[nodiscard]] static Result<std::unique_ptr<SpeakerGraph>> create(
      Options options, std::unique_ptr<ProgramSlot> slot, std::shared_ptr<Loop> loop,
      std::shared_ptr<Teardown> teardown, Events events);
  SpeakerGraph(const SpeakerGraph&) = delete;
  SpeakerGraph& operator=(const SpeakerGraph&) = delete;
  ~SpeakerGraph();

  // A trickled one, as studio/candidate.h gives it.
  void add_candidate(const std::string& candidate);
  void set_muted(bool muted) { feed_->set_muted(muted); }
  // What the speaker signals. Switching on asks for a keyframe.
  void set_camera(bool on);
  // Whether the picture may be seen now or next; not at first. Only then is it decoded, beginning
  // with the keyframe that this asks the peer for.
  void set_watched(bool watched);
  [[nodiscard]] SpeakerFeed::Counts counts() const { return feed_->counts(); }

 private:
  class Mail;

  SpeakerGraph(Options options, std::unique_ptr<ProgramSlot> slot, std::shared_ptr<Loop> loop,
               std::shared_ptr<Teardown> teardown, Events events);
  [[nodiscard]] Result<void> build();
  [[nodiscard]] Result<void> add_decoder(MediaKind kind);
  void connect_signals();
  [[nodiscard]] Result<void> negotiate();
  void on_no_answer();
  void create_answer();
  void apply_answer(GstWebRTCSessionDescription* answer);
  void watch_transport();
  void on_gathering_state();
  void on_connection_state();
  void on_message(GstMessage* message);
  void report(Fault fault, std::string what);
  [[nodiscard]] Mail mail() const;

  Options options_;
  std::shared_ptr<Loop> loop_;
  std::shared_ptr<Teardown> teardown_;
  Events events_;
  std::shared_ptr<SpeakerFeed> feed_;
  std::shared_ptr<PeerCheck> check_;
  Ref<GstElement> pipeline_;
  Ref<GstElement> peer_;
  std::vector<std::shared_ptr<SpeakerInlet>> inlets_;
  std::vector<Signal> signals_;
  BusWatch bus_;
  Timer deadline_;
  bool watched_ = false;
  bool local_description_set_ = false;
  bool answered_ = false;
  bool connected_ = false;
  bool failed_ = false;
  // What posted closures hold weakly: gone with this object.
  std::shared_ptr<SpeakerGraph*> self_;
};

}  // namespace spacecast
