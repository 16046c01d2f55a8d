// One peer over WebRTC, whatever is received from it or sent to it: a webrtcbin in a GstPipeline of
// its own that shares the program's clock and base time. An offer was made by the other side; this
// answers it, checks that who connects is who made it, notices when the connection fails, and goes
// without a trace. SpeakerGraph and MonitorGraph say what flows.
//
// One offer, one answer, for the whole session: webrtcbin 1.22 cannot change a direction, restart
// ICE or lose a section without harm.
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
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "glibx/loop.h"
#include "glibx/signal.h"
#include "gstx/bus.h"
#include "gstx/ice.h"
#include "gstx/ref.h"
#include "gstx/rtcp.h"
#include "gstx/teardown.h"
#include "pipelines/peer_check.h"
#include "pipelines/peer_life.h"
#include "pipelines/speaker_offer.h"

namespace spacecast {

class RtcPeer {
 public:
  struct Options {
    SpeakerOffer offer;
    Ref<GstClock> clock;  // The program's.
    GstClockTime base_time = 0;
    IceNetwork ice;
    // How long packets may be late. Everything that is received is delayed by it.
    std::chrono::milliseconds jitter_buffer{150};
    // From start() to the answer.
    std::chrono::milliseconds answer_deadline{5000};
  };
  enum class Fault {
    kNegotiation,  // Before the answer: it never came, or the offer cannot be answered.
    kNoAnswer,     // It took too long: the machine is busy, or no UDP port of the range is free.
    kFingerprint,  // The peer is not who made the offer.
    kTransport,    // ICE or DTLS failed, or the peer closed.
    kMedia,        // What came cannot be decoded.
  };
  // Called from the loop, never from inside a call into this object. After `failed` nothing more is
  // called; the object may be destroyed from it.
  struct Events {
    std::function<void(std::string answer)> answered;  // Once, with all our candidates.
    std::function<void()> connected;                   // Once; the peer is who made the offer.
    std::function<void(Fault, std::string what)> failed;
  };
  // A pad of webrtcbin with RTP of the offer's section of that number; from a streaming thread.
  // Nothing passes the pad before the peer is trusted. A sender that starts anew with another SSRC
  // brings another pad.
  using MediaHandler = std::function<void(std::size_t section, GstPad* source)>;

  // What is created is set up with bin() and send(), and then started.
  [[nodiscard]] static Result<std::unique_ptr<RtcPeer>> create(Options options, Playout playout,
                                                               std::shared_ptr<Loop> loop,
                                                               std::shared_ptr<Teardown> teardown,
                                                               Events events);
  RtcPeer(const RtcPeer&) = delete;
  RtcPeer& operator=(const RtcPeer&) = delete;
  ~RtcPeer();

  [[nodiscard]] GstBin* bin() const { return GST_BIN(pipeline_.get()); }
  [[nodiscard]] const SpeakerOffer& offer() const { return options_.offer; }
  // The peer reports on what it was sent on a section; from a streaming thread.
  using ReportHandler = std::function<void(const ReceiverReport&)>;
  // Has the answer send on a section whose offer wants to receive: RTP with the section's payload
  // type and `ssrc`, from the source pad of an element in bin(). `on_report` may be empty.
  [[nodiscard]] Result<void> send(std::size_t section, GstElement* source, guint32 ssrc,
                                  ReportHandler on_report);
  [[nodiscard]] Result<void> start(MediaHandler received);

  // A trickled one, as studio/candidate.h gives it.
  void add_candidate(const std::string& candidate);

  [[nodiscard]] std::shared_ptr<PeerCheck> check() const { return check_; }
  [[nodiscard]] std::shared_ptr<const PeerLife> life() const { return life_; }

 private:
  class Mail;

  RtcPeer(Options options, Playout playout, std::shared_ptr<Loop> loop,
          std::shared_ptr<Teardown> teardown, Events events);
  [[nodiscard]] Result<void> build();
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
  Playout playout_;
  std::shared_ptr<Loop> loop_;
  std::shared_ptr<Teardown> teardown_;
  Events events_;
  std::shared_ptr<PeerCheck> check_;
  std::shared_ptr<PeerLife> life_ = std::make_shared<PeerLife>();
  Ref<GstElement> pipeline_;
  Ref<GstElement> webrtc_;
  std::vector<Signal> signals_;
  std::vector<std::pair<guint32, ReportHandler>> report_handlers_;  // By SSRC.
  BusWatch bus_;
  Timer deadline_;
  bool local_description_set_ = false;
  bool answered_ = false;
  bool connected_ = false;
  bool failed_ = false;
  // What posted closures hold weakly: gone with this object.
  std::shared_ptr<RtcPeer*> self_;
};

}  // namespace spacecast
