// A speaker without a browser: offers H.264 and Opus with webrtcbin, then plays clips
// (pipelines/clip.h) from memory for ever, paced by the pipeline's clock. Nothing is encoded while
// it runs. What comes back is counted and thrown away, unless the caller wants it. Without anything
// to send it is a monitor (WHEP), which only receives.
//
// The caller carries the offer and the answer, so that a test can join two peers without HTTP. A
// request for a key frame is answered at once: with the last one of the clip again, and what
// followed it, until the clip's next one.
//
// Lives and dies on its loop; what webrtcbin and the streaming threads report is posted there. All
// candidates are in the offer (there is no trickle), and only numeric addresses of this machine
// are.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/media_time.h"
#include "glibx/loop.h"
#include "glibx/signal.h"
#include "gstx/bus.h"
#include "gstx/ref.h"
#include "pipelines/clip.h"
#include "pipelines/clip_player.h"
#include "pipelines/speaker_offer.h"

namespace spacecast {

// RTP packets and their bytes (headers included), as they stand at one moment.
struct Traffic {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint64_t missing = 0;                 // Sequence numbers that were left out.
  std::chrono::microseconds longest_gap{0};  // Between two packets.
};

class SimulatedSpeaker : public std::enable_shared_from_this<SimulatedSpeaker> {
 public:
  struct Options {
    std::shared_ptr<const Clip> audio;  // Null: nothing of this medium is offered.
    std::shared_ptr<const Clip> video;
    std::shared_ptr<const Clip> screen;  // A shared one beside the camera; only with video.
    // sendrecv, as a stage wants it; sendonly otherwise (RFC 9725 §4.2).
    bool receive = true;
    // Makes what the RTP that comes back goes into, on a thread of webrtcbin's; a null element or
    // function: nothing is done with it.
    std::function<Ref<GstElement>(bool audio)> sink;
    // The only address to offer; empty for all that libnice finds, which are never loopback ones.
    std::string ice_address;
    // Both media start anew every `period`; zero for the longer clip's length.
    MediaTime period{};
    // Asked when media start: how far into the period to begin (taken modulo the period).
    std::function<MediaTime()> phase = [] { return MediaTime::zero(); };
  };
  struct Handlers {
    std::function<void(std::string sdp)> on_offer;  // Once.
    std::function<void()> on_connected;             // Once; media flow from here on.
    std::function<void(Error)> on_error;            // The session is over.
  };
  struct Report {
    Traffic audio_sent, video_sent, audio_received, video_received;  // Video: camera and screen.
    std::uint64_t keyframe_requests = 0;
  };

  // Starts at once; handlers are called from the loop, never from inside create().
  [[nodiscard]] static Result<std::shared_ptr<SimulatedSpeaker>> create(Options options,
                                                                        std::shared_ptr<Loop> loop,
                                                                        Handlers handlers);
  SimulatedSpeaker(const SimulatedSpeaker&) = delete;
  SimulatedSpeaker& operator=(const SimulatedSpeaker&) = delete;
  ~SimulatedSpeaker();

  // kInvalidArgument where the text is no SDP or refuses a medium that was offered.
  [[nodiscard]] Result<void> accept(const std::string& answer);

  [[nodiscard]] Report report() const;

  // As a browser whose track is replaced by none: nothing of the medium is sent while it is held,
  // and its time goes on. Any thread.
  void hold(MediaKind kind, bool held);

 private:
  struct Counter {
    std::atomic<std::uint64_t> packets{0};
    std::atomic<std::uint64_t> bytes{0};
    std::atomic<std::uint64_t> missing{0};
    std::atomic<std::int64_t> longest_gap_us{0};
    [[nodiscard]] Traffic now() const;
  };
  // Shared with the probes, which may outlast the speaker by a moment.
  struct Counters {
    Counter audio_sent, video_sent, audio_received, video_received;
    std::atomic<std::uint64_t> keyframe_requests{0};
  };

  SimulatedSpeaker(Options options, std::shared_ptr<Loop> loop, Handlers handlers);
  [[nodiscard]] Result<void> build();
  void answer_keyframe_requests(GstPad* source, std::shared_ptr<ClipPlayer> player);
  void play(const char* name, std::shared_ptr<const Clip> clip, Counter& sent);
  void prepare_transceivers();
  void add_receivers();
  void connect_signals();
  template <typename F>
  std::function<void()> on_loop(F action);
  void ask(const char* action, void* argument, void (SimulatedSpeaker::*next)(GstPromise*));
  void create_offer();
  void on_offer(GstPromise* promise);
  void on_described(GstPromise* promise);
  void on_gathering_state();
  void send_offer();
  void on_connection_state();
  void start_media();
  void on_message(GstMessage* message);
  void give_up(Error error);
  static void count(GstPad* pad, std::shared_ptr<Counters> counters, Counter& counter);

  Options options_;
  std::shared_ptr<Loop> loop_;
  Handlers handlers_;
  std::shared_ptr<Counters> counters_ = std::make_shared<Counters>();
  Ref<GstElement> pipeline_;
  Ref<GstElement> peer_;
  BusWatch bus_;
  std::vector<Signal> signals_;
  std::vector<std::shared_ptr<ClipPlayer>> players_;
  std::size_t sections_ = 0;
  Timer gathering_;
  bool offered_ = false;
  bool connected_ = false;
  bool over_ = false;
};

}  // namespace spacecast
