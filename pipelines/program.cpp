#include "pipelines/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "gstx/bus.h"
#include "gstx/store_value.h"
#include "pipelines/return_desk.h"
#include "pipelines/screen_order.h"
#include "pipelines/slot_channel.h"

namespace spacecast {
namespace {

// The program begins this long before it is started: its first pictures, of which nobody was part,
// would otherwise have to wait for the look-ahead and the jitter buffers of speakers who are not
// there. Viewers who come back after a restart have something to play by so much earlier.
constexpr GstClockTime kHeadStart = 500 * GST_MSECOND;

class SlotHandle final : public ProgramSlot {
 public:
  SlotHandle(std::shared_ptr<SlotChannel> channel, std::shared_ptr<ReturnDesk> returns)
      : channel_(std::move(channel)), returns_(std::move(returns)) {}
  ~SlotHandle() override {
    set_return(nullptr);
    channel_->release();
  }
  unsigned index() const override { return channel_->index(); }
  void push_audio(Ref<GstSample> sample) override { channel_->push_audio(sample.get()); }
  void push_video(Ref<GstSample> sample) override { channel_->push_video(sample.get()); }
  void push_screen(Ref<GstSample> sample) override { channel_->push_screen(sample.get()); }
  void set_camera(bool on) override { channel_->set_camera(on); }
  void set_screen(bool on) override { channel_->set_screen(on); }
  void set_name(std::string name) override { channel_->set_name(name); }
  void set_return(std::shared_ptr<ReturnSink> sink) override {
    const MutexLock lock(mutex_);
    return_.reset();
    if (sink) return_ = returns_->subscribe(index(), sink);
  }

 private:
  const std::shared_ptr<SlotChannel> channel_;
  const std::shared_ptr<ReturnDesk> returns_;
  Mutex mutex_;
  std::unique_ptr<ReturnSubscription> return_ SPACECAST_GUARDED_BY(mutex_);
};

MediaTime media_time(const GstStructure* structure, const char* field) {
  guint64 value = 0;
  gst_structure_get_uint64(structure, field, &value);
  return MediaTime(static_cast<MediaTime::rep>(value));
}

// A slot's pads are named by its number, and so is its speaker; "" is nobody.
int parse_slot(const char* speaker) {
  const std::string_view number = speaker ? speaker : "";
  int slot = -1;
  std::from_chars(number.data(), number.data() + number.size(), slot);
  return slot;
}

std::vector<unsigned> parse_slots(const GstStructure* structure) {
  std::vector<unsigned> slots;
  const GValue* speakers = gst_structure_get_value(structure, "speakers");
  for (guint i = 0; speakers && i < gst_value_array_get_size(speakers); ++i) {
    const int slot = parse_slot(g_value_get_string(gst_value_array_get_value(speakers, i)));
    if (slot >= 0) slots.push_back(static_cast<unsigned>(slot));
  }
  return slots;
}

Program::OnAir parse_on_air(const GstStructure* structure) {
  Program::OnAir on_air;
  on_air.slot = parse_slot(gst_structure_get_string(structure, "speaker"));
  on_air.onset = media_time(structure, "onset");
  on_air.decided = media_time(structure, "decided");
  on_air.cut = media_time(structure, "cut");
  const char* reason = gst_structure_get_string(structure, "reason");
  on_air.reason = reason ? reason : "";
  return on_air;
}

// What those on stage are sent of the picture: of a ladder the smallest rung that still shows a
// face and a slide; 13 of them at the first rung's rate would be 26 Mbit/s a Space. Null where the
// program has no picture.
Ref<GstPad> returned_picture(GstElement* hls, const std::vector<Rung>& ladder) {
  constexpr int kLines = 360;
  const auto rungs =
      std::ranges::count_if(ladder, [](const Rung& rung) { return rung.lines >= kLines; });
  const auto number = std::max<std::ptrdiff_t>(rungs - 1, 0);
  return adopt(gst_element_get_static_pad(hls, fmt::format("video_{}", number).c_str()));
}

std::uint64_t skipped(const Ref<GstElement>& element) {
  guint64 skipped = 0;
  g_object_get(element.get(), "skipped", &skipped, nullptr);
  return skipped;
}

class GstProgram final : public Program {
 public:
  GstProgram(std::shared_ptr<Loop> loop, Events events)
      : loop_(std::move(loop)), events_(std::move(events)) {}

  ~GstProgram() override {
    if (pipeline_) gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
  }

  Result<void> build(const Options& options, std::shared_ptr<hls::Store> store) {
    ErrorOut error;
    pipeline_ = Ref<GstElement>(gst_parse_launch(options.description.c_str(), error.out()));
    if (!pipeline_ || error) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("program: {}", error.message()));
    }
    if (!GST_IS_PIPELINE(pipeline_.get())) {
      return fail(ErrorCode::kInvalidArgument,
                  "program: a description of several linked elements is needed");
    }
    const auto stage = find("stage", "activespeaker");
    const auto mix = find("mix", "stagemix");
    const auto hls = find("hls", "llhlssink");
    for (const auto* found : {&stage, &mix, &hls}) {
      if (!*found) return std::unexpected(found->error());
    }
    // The worker serves by itself; a port that the file names is for gst-launch-1.0.
    g_object_set(hls->get(), "http-port", 0, nullptr);
    set_store(hls->get(), std::move(store));
    if (options.size) {
      auto sized = set_canvas(GST_BIN(pipeline_.get()), *options.size);
      if (!sized) return sized;
    }
    if (!options.ladder.empty()) {
      auto added = add_rungs(GST_BIN(pipeline_.get()), hls->get(), options.ladder);
      if (!added) return added;
    }
    const auto screens = std::make_shared<ScreenOrder>();
    for (unsigned index = 0; index < options.slots; ++index) {
      auto slot = SlotChannel::create(pipeline_.get(), stage->get(), mix->get(), screens, index);
      if (!slot) return std::unexpected(slot.error());
      slots_.push_back(std::move(*slot));
    }
    stage_ = *stage;
    mix_ = *mix;
    auto returns =
        ReturnDesk::create(pipeline_.get(), mix->get(),
                           returned_picture(hls->get(), options.ladder).get(), options.slots);
    if (!returns) return std::unexpected(returns.error());
    returns_ = std::move(*returns);
    return {};
  }

  Result<void> start() {
    bus_ = BusWatch(pipeline_.get(), *loop_, [this](GstMessage* message) { on_message(message); });
    // Clock and base time are set by hand, so that they are known to the speakers' pipelines from
    // the start and never change.
    clock_ = adopt(gst_system_clock_obtain());
    base_time_ = gst_clock_get_time(clock_.get()) - kHeadStart;
    gst_pipeline_use_clock(GST_PIPELINE(pipeline_.get()), clock_.get());
    gst_element_set_start_time(pipeline_.get(), GST_CLOCK_TIME_NONE);
    gst_element_set_base_time(pipeline_.get(), base_time_);
    if (gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
      return fail(ErrorCode::kInternal, first_fault());
    }
    return {};
  }

  Result<std::unique_ptr<ProgramSlot>> acquire(std::string name,
                                               std::optional<unsigned> wanted) override {
    auto slots = slots_;
    if (wanted && *wanted < slots.size()) std::swap(slots.front(), slots[*wanted]);
    for (const auto& slot : slots) {
      if (!slot->acquire(name)) continue;
      // A pin is for whom it was given to.
      if (pinned_ == slot->index()) pin(std::nullopt);
      return std::make_unique<SlotHandle>(slot, returns_);
    }
    return fail(ErrorCode::kLimit, fmt::format("the stage is full: {} of {} places are taken",
                                               slots_.size(), slots_.size()));
  }

  void set_layout(layout::Mode mode) override {
    gst_util_set_object_arg(G_OBJECT(stage_.get()), "layout",
                            std::string(layout::to_string(mode)).c_str());
  }

  // A slot's speaker is called by its number.
  void pin(std::optional<unsigned> slot) override {
    pinned_ = slot;
    const std::string name = slot ? std::to_string(*slot) : std::string();
    g_object_set(stage_.get(), "pinned", name.c_str(), nullptr);
  }

  std::unique_ptr<ReturnSubscription> monitor(std::shared_ptr<ReturnSink> sink) override {
    return returns_->subscribe(std::nullopt, sink);
  }

  Ref<GstClock> clock() const override { return clock_; }
  GstClockTime base_time() const override { return base_time_; }
  ProgramLosses losses() const override { return {stage_, mix_}; }

  void end(Task done) override {
    ended_ = std::move(done);
    gst_element_send_event(pipeline_.get(), gst_event_new_eos());
  }

 private:
  Result<Ref<GstElement>> find(const char* name, const char* factory) const {
    auto element = adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), name));
    if (!element) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("program: no element is named '{}'; an {} name={} is needed", name,
                              factory, name));
    }
    return element;
  }

  // The reason of a failed start is on the bus before set_state() returns.
  std::string first_fault() const {
    const auto bus = adopt(gst_element_get_bus(pipeline_.get()));
    const auto message = adopt(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR));
    return message ? "program: " + describe_fault(message.get())
                   : "program: the pipeline does not start and gives no reason";
  }

  void on_message(GstMessage* message) {
    switch (GST_MESSAGE_TYPE(message)) {
      case GST_MESSAGE_ERROR:
        events_.failed({ErrorCode::kInternal, "program: " + describe_fault(message)});
        break;
      case GST_MESSAGE_EOS:
        if (ended_) std::exchange(ended_, {})();
        break;
      case GST_MESSAGE_LATENCY:
        gst_bin_recalculate_latency(GST_BIN(pipeline_.get()));
        break;
      case GST_MESSAGE_ELEMENT:
        on_stage_message(message);
        break;
      default:
        break;
    }
  }

  void on_stage_message(GstMessage* message) {
    const GstStructure* told = gst_message_get_structure(message);
    if (gst_message_has_name(message, "on-air")) {
      if (events_.on_air) events_.on_air(parse_on_air(told));
    } else if (gst_message_has_name(message, "talking")) {
      if (events_.talking) events_.talking(parse_slots(told));
    } else if (gst_message_has_name(message, "watch")) {
      if (events_.watch) events_.watch(parse_slots(told));
    }
  }

  std::shared_ptr<Loop> loop_;
  Events events_;
  Ref<GstElement> pipeline_;
  Ref<GstElement> stage_;
  Ref<GstElement> mix_;
  Ref<GstClock> clock_;
  GstClockTime base_time_ = 0;
  BusWatch bus_;
  std::vector<std::shared_ptr<SlotChannel>> slots_;
  std::shared_ptr<ReturnDesk> returns_;
  std::optional<unsigned> pinned_;
  Task ended_;
};

}  // namespace

std::uint64_t ProgramLosses::pictures() const {
  return skipped(stage);
}

std::uint64_t ProgramLosses::sound_ticks() const {
  return skipped(mix);
}

Result<std::unique_ptr<Program>> Program::create(const Options& options, std::shared_ptr<Loop> loop,
                                                 std::shared_ptr<hls::Store> store, Events events) {
  auto program = std::make_unique<GstProgram>(std::move(loop), std::move(events));
  if (auto built = program->build(options, std::move(store)); !built) {
    return std::unexpected(built.error());
  }
  if (auto started = program->start(); !started) return std::unexpected(started.error());
  return program;
}

}  // namespace spacecast
