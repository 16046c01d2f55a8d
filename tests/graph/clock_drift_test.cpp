// Goal: after an hour in which a speaker's sound card, the speaker's clock and ours run at
// different speeds, sound and picture are still together. Method: an hour of RTP and sender reports
// is made by computation and goes, as fast as the machine can, through an rtpbin that is set as a
// speaker's (pipelines/rtc_peer.cpp) under a clock of the test's; what comes out is followed by the
// timestamps, and the sound on through the mixer's slot buffer. Codecs, which do not look at
// clocks, and the network, which gives each packet a delay of its own, are left out and simulated.
#include <gst/check/gsttestclock.h>
#include <gst/rtp/gstrtcpbuffer.h>
#include <gst/rtp/gstrtpbuffer.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <iostream>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <vector>

#include "gstx/probe.h"
#include "gstx/ref.h"
#include "mix/slot_buffer.h"

using namespace spacecast;

namespace {

const bool initialised = (gst_init(nullptr, nullptr), true);

constexpr double kHour = 3600;
constexpr guint64 kNtpAtStart = guint64{3'900'000'000} << 32;  // 32.32 fixed point.

Ref<GstBuffer> at(Ref<GstBuffer> buffer, double seconds) {
  GST_BUFFER_PTS(buffer.get()) = static_cast<GstClockTime>(seconds * GST_SECOND);
  GST_BUFFER_DTS(buffer.get()) = GST_BUFFER_PTS(buffer.get());
  return buffer;
}

// One medium of the sender. Times are seconds of the sender's clock.
struct Medium {
  guint session;
  guint32 ssrc;
  guint8 payload;
  double rate;        // Of its timestamps, a second.
  double step;        // From packet to packet, in timestamps.
  double delay;       // Of encoder and network.
  double report_gap;  // From sender report to sender report.

  guint64 sent = 0;
  double reported = -1;

  // When the next packet was recorded.
  [[nodiscard]] double next() const { return static_cast<double>(sent) * step / rate; }
  [[nodiscard]] guint32 timestamp(double time) const {
    return static_cast<guint32>(static_cast<guint64>(1e6 + time * rate + 0.5));
  }

  [[nodiscard]] Ref<GstBuffer> packet() {
    const auto buffer = adopt(gst_rtp_buffer_new_allocate(4, 0, 0));
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    gst_rtp_buffer_map(buffer.get(), GST_MAP_WRITE, &rtp);
    gst_rtp_buffer_set_ssrc(&rtp, ssrc);
    gst_rtp_buffer_set_payload_type(&rtp, payload);
    gst_rtp_buffer_set_seq(&rtp, static_cast<guint16>(sent));
    gst_rtp_buffer_set_timestamp(&rtp, timestamp(next()));
    gst_rtp_buffer_unmap(&rtp);
    ++sent;
    return buffer;
  }

  // What the sender says of `time`: the truth.
  [[nodiscard]] Ref<GstBuffer> report(double time) {
    reported = time;
    const auto buffer = adopt(gst_rtcp_buffer_new(1400));
    GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;
    gst_rtcp_buffer_map(buffer.get(), GST_MAP_READWRITE, &rtcp);
    GstRTCPPacket packet;
    gst_rtcp_buffer_add_packet(&rtcp, GST_RTCP_TYPE_SR, &packet);
    const auto ntp = kNtpAtStart + static_cast<guint64>(time * 4294967296.0);
    gst_rtcp_packet_sr_set_sender_info(&packet, ssrc, ntp, timestamp(time),
                                       static_cast<guint32>(sent), static_cast<guint32>(sent * 4));
    gst_rtcp_buffer_add_packet(&rtcp, GST_RTCP_TYPE_SDES, &packet);
    gst_rtcp_packet_sdes_add_item(&packet, ssrc);
    gst_rtcp_packet_sdes_add_entry(&packet, GST_RTCP_SDES_CNAME, 7,
                                   reinterpret_cast<const guint8*>("speaker"));
    gst_rtcp_buffer_unmap(&rtcp);
    return buffer;
  }
};

// An rtpbin under a clock that the test moves.
class Receiver {
 public:
  Receiver() {
    gst_pipeline_use_clock(GST_PIPELINE(pipeline_.get()), GST_CLOCK(clock_.get()));
    gst_element_set_start_time(pipeline_.get(), GST_CLOCK_TIME_NONE);
    gst_element_set_base_time(pipeline_.get(), 0);
    g_object_set(bin_.get(), "latency", 150U, "max-ts-offset", gint64{500 * GST_MSECOND},
                 "max-ts-offset-adjustment", guint64{10 * GST_MSECOND}, "do-lost", TRUE, nullptr);
    gst_bin_add(GST_BIN(pipeline_.get()), bin_.get());
    g_signal_connect(bin_.get(), "pad-added", G_CALLBACK(on_pad), this);
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    for (guint session : {0U, 1U}) {
      const auto number = std::to_string(session);
      const auto caps = adopt(gst_caps_from_string(
          session == 0
              ? "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,payload=111"
              : "application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=102"));
      open(rtp_[session], "recv_rtp_sink_" + number, caps.get());
      const auto rtcp_caps = adopt(gst_caps_new_empty_simple("application/x-rtcp"));
      open(rtcp_[session], "recv_rtcp_sink_" + number, rtcp_caps.get());
    }
  }
  ~Receiver() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

  // Time goes on to `seconds`, and whoever waits for it wakes.
  void advance(double seconds) {
    const auto now = static_cast<GstClockTime>(seconds * GST_SECOND);
    // Packets of two media may overtake each other by their delays.
    if (now < gst_clock_get_time(GST_CLOCK(clock_.get()))) return;
    gst_test_clock_set_time(clock_.get(), now);
    GstClockID next = nullptr;
    while (gst_test_clock_peek_next_pending_id(clock_.get(), &next)) {
      const bool due = gst_clock_id_get_time(next) <= now;
      gst_clock_id_unref(next);
      if (!due) return;
      if (const auto done = gst_test_clock_process_next_clock_id(clock_.get())) {
        gst_clock_id_unref(done);
      }
    }
  }
  void take_packet(const Medium& medium, Ref<GstBuffer> packet) {
    gst_pad_chain(rtp_[medium.session].get(), packet.leak());
  }
  void take_report(const Medium& medium, Ref<GstBuffer> report) {
    gst_pad_chain(rtcp_[medium.session].get(), report.leak());
  }
  // The timestamps of what has come out of a session since the last call, in seconds; waits until
  // `count` packets have come out of it altogether.
  std::vector<double> wait_for(guint session, guint64 count) {
    std::unique_lock lock(mutex_);
    const bool came = changed_.wait_for(lock, std::chrono::seconds(20),
                                        [&] { return out_[session].count >= count; });
    INFO("session " << session << ": " << out_[session].count << " of " << count);
    REQUIRE(came);
    return std::exchange(out_[session].times, {});
  }

 private:
  struct Out {
    guint64 count = 0;
    std::vector<double> times;
  };

  void open(Ref<GstPad>& pad, const std::string& name, GstCaps* caps) {
    pad = adopt(gst_element_request_pad_simple(bin_.get(), name.c_str()));
    REQUIRE(pad);
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_send_event(pad.get(), gst_event_new_stream_start(name.c_str()));
    gst_pad_send_event(pad.get(), gst_event_new_caps(caps));
    gst_pad_send_event(pad.get(), gst_event_new_segment(&segment));
  }

  static void on_pad(GstElement*, GstPad* pad, gpointer data) {
    auto* self = static_cast<Receiver*>(data);
    const OwnedString name(gst_pad_get_name(pad));
    const std::string text(name.get());
    if (!text.starts_with("recv_rtp_src_")) return;
    const guint session = text[13] == '0' ? 0 : 1;
    GstElement* sink = gst_element_factory_make("fakesink", nullptr);
    g_object_set(sink, "sync", FALSE, "async", FALSE, nullptr);
    gst_bin_add(GST_BIN(self->pipeline_.get()), sink);
    gst_element_sync_state_with_parent(sink);
    const auto to = adopt(gst_element_get_static_pad(sink, "sink"));
    add_probe(to.get(), GST_PAD_PROBE_TYPE_BUFFER, [self, session](GstPad*, GstPadProbeInfo* info) {
      const auto pts = GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info));
      const std::lock_guard lock(self->mutex_);
      ++self->out_[session].count;
      self->out_[session].times.push_back(static_cast<double>(pts) / GST_SECOND);
      self->changed_.notify_all();
      return GST_PAD_PROBE_OK;
    });
    gst_pad_link(pad, to.get());
  }

  Ref<GstTestClock> clock_ = adopt(GST_TEST_CLOCK(gst_test_clock_new()));
  Ref<GstElement> pipeline_ = Ref<GstElement>(gst_pipeline_new(nullptr));
  Ref<GstElement> bin_ = Ref<GstElement>(gst_element_factory_make("rtpbin", nullptr));
  Ref<GstPad> rtp_[2], rtcp_[2];
  std::mutex mutex_;
  std::condition_variable changed_;
  Out out_[2];
};

// The mixer's end: every ten seconds of the sound something is heard for 5 ms.
class Mix {
 public:
  void add(double recorded, double pts) {
    constexpr std::int64_t kRate = mix::kRate;
    std::vector<mix::Frame> frames(960);
    // Of the first packet after each ten seconds.
    if (recorded >= next_) {
      std::fill_n(frames.begin(), 240, mix::Frame{0.8F, 0.8F});
      recorded_.push_back(recorded);
      next_ += 10;
    }
    if (read_ < 0) read_ = static_cast<std::int64_t>(pts * kRate);
    if (!buffer_) buffer_.emplace(read_);
    buffer_->push(MediaTime(static_cast<std::int64_t>(pts * 1e9)), frames);
    std::vector<mix::Frame> tick(960);
    for (; read_ + 960 < static_cast<std::int64_t>((pts - 0.2) * kRate); read_ += 960) {
      buffer_->read(read_, tick);
      for (std::size_t i = 0; i < tick.size(); ++i) {
        const bool loud = tick[i].left > 0.4F;
        if (loud && !loud_) heard_.push_back(double(read_ + std::int64_t(i)) / kRate);
        loud_ = loud;
      }
    }
  }
  // Recorded and heard.
  [[nodiscard]] std::vector<std::pair<double, double>> bursts() const {
    std::vector<std::pair<double, double>> pairs;
    for (std::size_t i = 0; i < std::min(recorded_.size(), heard_.size()); ++i) {
      pairs.emplace_back(recorded_[i], heard_[i]);
    }
    return pairs;
  }
  [[nodiscard]] std::uint64_t stretches() const { return buffer_ ? buffer_->stretches() : 0; }

 private:
  std::optional<mix::SlotBuffer> buffer_;
  std::int64_t read_ = -1;
  double next_ = 10;
  bool loud_ = false;
  std::vector<double> recorded_, heard_;
};

}  // namespace

TEST_CASE("sound and picture are together after an hour of clocks that drift") {
  struct Case {
    const char* name;
    double card_ppm;    // The sound card, against the speaker's clock.
    double sender_ppm;  // The speaker's clock, against ours.
  };
  const auto c = GENERATE(Case{"the sound card runs 100 ppm fast", 100, 0},
                          Case{"the card 100 ppm slow, the speaker's clock 50 ppm fast", -100, 50});
  INFO(c.name);
  Receiver receiver;
  Medium audio{.session = 0,
               .ssrc = 1,
               .payload = 111,
               .rate = 48000 * (1 + c.card_ppm * 1e-6),
               .step = 960,
               .delay = 0.03,
               .report_gap = 5};
  Medium video{.session = 1,
               .ssrc = 2,
               .payload = 102,
               .rate = 90000,
               .step = 3000,
               .delay = 0.07,
               .report_gap = 1};
  std::mt19937 random(5);
  std::uniform_real_distribution<double> jitter(0, 0.01);
  // A time of the sender's as one of ours.
  const auto ours = [&](double time) { return 1 + time / (1 + c.sender_ppm * 1e-6); };

  // What is recorded at a time of the sender's, and when it comes out, beyond that time.
  std::map<double, double> seen;
  Mix mix;
  guint64 taken[2] = {0, 0};
  const auto collect = [&](const Medium& medium, bool complete) {
    for (const double pts : receiver.wait_for(medium.session, complete ? medium.sent : 0)) {
      const double recorded = double(taken[medium.session]++) * medium.step / medium.rate;
      if (medium.session == 0) mix.add(recorded, pts);
      if (medium.session == 1) seen[recorded] = pts;
    }
  };
  while (audio.next() < kHour) {
    Medium& medium = audio.next() + audio.delay < video.next() + video.delay ? audio : video;
    const double recorded = medium.next();
    const double arrival = ours(recorded) + medium.delay + jitter(random);
    receiver.advance(arrival);
    receiver.take_packet(medium, at(medium.packet(), arrival));
    if (recorded - medium.reported >= medium.report_gap) {
      receiver.take_report(medium, at(medium.report(recorded), arrival));
    }
    // At first packets wait for what may come before them.
    collect(medium, recorded > 1);
  }

  std::vector<double> offsets;
  for (const auto& [recorded, heard] : mix.bursts()) {
    const auto frame = seen.lower_bound(recorded);
    if (frame == seen.end()) break;
    offsets.push_back(1000 * ((frame->second - frame->first / (1 + c.sender_ppm * 1e-6)) -
                              (heard - recorded / (1 + c.sender_ppm * 1e-6))));
  }
  REQUIRE(offsets.size() > 350);
  const auto [low, high] = std::ranges::minmax(offsets);
  std::cout << c.name << ": " << offsets.size() << " moments, picture after sound " << low << " to "
            << high << " ms, at the end " << offsets.back() << " ms; sound in " << mix.stretches()
            << " stretches" << std::endl;
  CHECK(low >= -40);
  CHECK(high <= 40);
}
