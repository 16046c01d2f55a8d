// Fuzzes where parts and segments are cut: two or three renditions on one SegmentClock, with frames
// that jitter, are missing, come late or go backwards, encoders that change, stall and end.
//
// Input: a byte for the rates, then records of three bytes: what happens to which rendition, and
// two numbers. The frames are fed as the packager does it: in order of their time, waiting for what
// stalls up to a second of media. What the rules say of parts, segments and their order must hold.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "hls/frame_timeline.h"
#include "hls/part_cutter.h"
#include "hls/segment_clock.h"

namespace {

using namespace spacecast;
using namespace spacecast::hls;
using namespace std::chrono_literals;
using media::Ticks;

constexpr MediaTime kTarget = 342ms;
constexpr MediaTime kPatience = 1s;
constexpr MediaTime kTick = 171ms;
constexpr MediaTime kHalfFrame = 22ms;  // Of the slowest rate.
constexpr std::size_t kMaxInput = 512;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

PartCutter::Config config_of(bool video, unsigned choice) {
  constexpr Ticks kFrames[] = {3000, 3600, 1800, 3003};
  constexpr std::uint32_t kRates[] = {48000, 44100, 32000, 24000};
  if (video) return {90000, kFrames[choice % 4], kTarget, false};
  return {kRates[choice % 4], 1024, kTarget, true};
}

struct Frame {
  MediaTime time{};
  MediaTime arrival{};
  unsigned encoder = 0;
  bool independent = true;
};

// What is known of a segment, from all renditions.
struct SegmentSeen {
  std::optional<bool> discontinuity;
};

class Rendition {
 public:
  Rendition(bool is_video, unsigned choice, SegmentClock& clock, std::vector<SegmentSeen>& segments)
      : video(is_video), clock_(clock), segments_(segments) {
    configs_.push_back(config_of(video, choice));
    cutter_.emplace(configs_.front(), clock);
    make_timeline();
  }

  [[nodiscard]] MediaTime frame_time() const {
    return media::to_media_time(configs_.back().frame, configs_.back().timescale);
  }
  void change(unsigned choice) { configs_.push_back(config_of(video, choice)); }
  [[nodiscard]] unsigned newest() const { return static_cast<unsigned>(configs_.size() - 1); }

  void feed(const Frame& frame, bool lead) {
    std::vector<Step> steps;
    if (frame.encoder != given_) {
      given_ = frame.encoder;
      cutter_->change(configs_[given_], steps);
      make_timeline();
    }
    const auto at = timeline_->place(frame.time);
    const bool taken = at && cutter_->frame(*at, frame.independent, lead, steps);
    check(steps);
    if (!taken) return;
    require(!pending_, "two frames wait");
    pending_ = at;
  }

  void advance(MediaTime now, bool lead) {
    std::vector<Step> steps;
    cutter_->advance(now, lead, steps);
    check(steps);
    if (start_ && position_) {
      require(now - *position_ <= kTarget + frame_time() + 1ms || pending_, "not gone on with");
    }
  }

  void finish() {
    std::vector<Step> steps;
    cutter_->end(steps);
    check(steps);
    require(!pending_, "a frame is left");
    require(short_parts_ == cutter_->counts().short_parts, "short parts without an exception");
  }

  const bool video;
  std::deque<Frame> queue;
  std::optional<MediaTime> fed, heard, coming_heard, coming_now;
  bool ended = false, gone = false;

 private:
  void make_timeline() {
    const PartCutter::Config& config = configs_[given_];
    timeline_.emplace(config.timescale, config.frame,
                      video ? FrameTimeline::Kind::kJittery : FrameTimeline::Kind::kCounted);
  }

  [[nodiscard]] MediaTime time(Ticks ticks) const {
    return media::to_media_time(ticks, configs_[written_].timescale);
  }

  void check(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      if (step.kind == Step::Kind::kChange) {
        require(!part_start_ && !start_, "a change within a segment");
        require(step.duration == 0, "a change has no duration");
        written_ = given_;
        tolerance_ = 100us;
        continue;
      }
      require(step.duration > 0, "nothing of no duration");
      if (step.kind == Step::Kind::kFrame) {
        require(pending_ == step.start, "frames in their order");
        pending_.reset();
        if (!part_start_) {
          part_start_ = step.start;
        } else {
          require(step.start == frames_end_, "frames without a hole");
        }
        frames_end_ = step.start + step.duration;
        continue;
      }
      check_part(step);
    }
  }

  void check_part(const Step& step) {
    const bool gap = step.kind == Step::Kind::kGap;
    const MediaTime start = time(step.start), end = time(step.start + step.duration);
    require(end - start <= kTarget, "a part longer than the target");
    if (gap) {
      require(!part_start_, "a gap within a part");
    } else {
      require(part_start_ == step.start && frames_end_ == step.start + step.duration,
              "a part is its frames");
      part_start_.reset();
    }
    if (position_) {
      require(std::chrono::abs(start - *position_) <= tolerance_, "parts without a hole");
    }
    tolerance_ = 0ns;
    position_ = end;
    // One that was short in the middle of a segment is excused by a gap right after it.
    if (short_ && !gap) ++short_parts_;
    short_ = !gap && !step.independent && !step.last_of_segment &&
             100 * (end - start) < 85 * kTarget && step.duration < smallest();
    check_segment(step, start, end);
  }

  [[nodiscard]] Ticks smallest() const {
    return (kTarget.count() * 85 / 100 * configs_[written_].timescale + 999'999'999) /
           1'000'000'000;
  }

  void check_segment(const Step& step, MediaTime start, MediaTime end) {
    if (!start_) {
      start_ = start;
      const auto decided = clock_.start_of(segment_);
      require(decided.has_value(), "a segment that the clock does not know");
      if (segment_ > 0) {
        require(start >= *decided - kHalfFrame, "a segment ahead of its time");
        // What leads stalls for a part before it ends the segment; a frame may last as long.
        require(start <= *decided + 2 * kTarget + 2 * frame_time(), "a segment behind its time");
      }
      if (segment_ == segments_.size()) segments_.emplace_back();
      auto& seen = segments_[segment_].discontinuity;
      require(!seen || *seen == step.discontinuity, "one discontinuity sequence for all");
      seen = step.discontinuity;
    }
    require(segments_[segment_].discontinuity == step.discontinuity, "a segment of two minds");
    require(end - *start_ < clock_.limit(), "a segment that does not end");
    if (!step.last_of_segment) return;
    start_.reset();
    ++segment_;
  }

  SegmentClock& clock_;
  std::vector<SegmentSeen>& segments_;
  std::vector<PartCutter::Config> configs_;
  unsigned given_ = 0, written_ = 0;
  std::optional<PartCutter> cutter_;
  std::optional<FrameTimeline> timeline_;

  std::optional<Ticks> pending_, part_start_;
  Ticks frames_end_ = 0;
  std::optional<MediaTime> position_, start_;
  MediaTime tolerance_{};
  std::size_t segment_ = 0;
  bool short_ = false;
  std::uint64_t short_parts_ = 0;
};

// The packager's order, without what it packs.
class Presentation {
 public:
  explicit Presentation(std::uint8_t choice) {
    const unsigned pictures = choice % 3;
    for (unsigned i = 0; i < pictures; ++i) add(true, choice / 3U);
    add(false, choice / 12U);
    if (pictures == 0) add(false, choice / 48U);
  }

  [[nodiscard]] std::size_t size() const { return renditions_.size(); }
  Rendition& operator[](std::size_t index) { return renditions_[index]; }

  void push(std::size_t index, const Frame& frame) {
    Rendition& rendition = renditions_[index];
    if (rendition.ended) return;
    rendition.heard = std::max(rendition.heard.value_or(frame.time), frame.time);
    rendition.queue.push_back(frame);
    pump();
  }

  void end(std::size_t index) {
    renditions_[index].ended = true;
    pump();
  }

  void advance(MediaTime now) {
    bool silent = clock_.started();
    std::optional<MediaTime> until;
    for (Rendition& rendition : renditions_) {
      if (rendition.ended || !rendition.heard) continue;
      if (rendition.coming_heard != rendition.heard) {
        rendition.coming_heard = rendition.heard;
        rendition.coming_now = now;
      }
      const MediaTime silence = now - *rendition.coming_now;
      silent = silent && silence > kPatience;
      const MediaTime lost = *rendition.heard + silence - kPatience;
      until = std::min(until.value_or(lost), lost);
    }
    if (!silent || !until) return;
    while (Rendition* next = earliest()) feed(*next);
    Rendition* first = leader();
    for (const bool lead : {true, false}) {
      for (Rendition& rendition : renditions_) {
        if ((&rendition == first) == lead) go_without(rendition, *until, lead);
      }
    }
  }

  void finish() {
    for (Rendition& rendition : renditions_) rendition.ended = true;
    pump();
    for (Rendition& rendition : renditions_) rendition.finish();
  }

 private:
  void add(bool video, unsigned choice) {
    renditions_.emplace_back(video, choice, clock_, segments_);
  }

  Rendition* leader() {
    for (Rendition& rendition : renditions_) {
      const bool over = rendition.ended && rendition.queue.empty();
      if (!over || (!rendition.gone && rendition.fed)) return &rendition;
    }
    return nullptr;
  }

  Rendition* earliest() {
    Rendition* first = nullptr;
    MediaTime first_time{};
    for (Rendition& rendition : renditions_) {
      if (rendition.queue.empty()) continue;
      MediaTime time = rendition.queue.front().time;
      if (&rendition == leader()) time -= rendition.frame_time() / 2;
      if (first && time >= first_time) continue;
      first = &rendition;
      first_time = time;
    }
    return first;
  }

  void pump() {
    while (Rendition* next = earliest()) {
      const MediaTime waits = next->queue.back().time - next->queue.front().time;
      const bool may_go = std::ranges::all_of(renditions_, [&](const Rendition& other) {
        return !other.queue.empty() || other.ended || waits > kPatience;
      });
      if (!may_go) return;
      feed(*next);
    }
  }

  void feed(Rendition& rendition) {
    const Frame frame = rendition.queue.front();
    rendition.queue.pop_front();
    rendition.fed = frame.time;
    Rendition* first = nullptr;
    while (first != leader() && leader() != &rendition) {
      first = leader();
      bring_up(*first, frame.time);
    }
    const Rendition* leads = leader();
    const bool lead = !leads || leads == &rendition || (leads->queue.empty() && !leads->ended);
    rendition.feed(frame, lead);
    for (Rendition& other : renditions_) {
      if (&other != &rendition && &other != first) bring_up(other, frame.time);
    }
  }

  void bring_up(Rendition& rendition, MediaTime now) {
    if (!clock_.started()) return;
    if (!rendition.queue.empty()) {
      now = std::min(now, rendition.queue.front().time - rendition.frame_time() / 2);
    }
    go_without(rendition, now, &rendition == leader());
  }

  void go_without(Rendition& rendition, MediaTime now, bool lead) {
    if (rendition.ended && rendition.queue.empty()) {
      if (now - rendition.fed.value_or(clock_.epoch()) <= kPatience) return;
      if (!std::exchange(rendition.gone, true)) return;
    }
    rendition.advance(now, lead);
  }

  SegmentClock clock_{2s};
  std::vector<SegmentSeen> segments_;
  std::deque<Rendition> renditions_;
};

// Where the input's frames of one rendition are.
struct Source {
  MediaTime time = 1s;
  MediaTime late{};
  MediaTime arrival{};
  unsigned gop = 30, in_gop = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 || size > kMaxInput) return 0;
  Presentation presentation(data[0]);
  std::vector<Source> sources(presentation.size());
  struct Event {
    std::size_t rendition = 0;
    Frame frame;
    bool end = false;
    std::size_t number = 0;
  };
  std::vector<Event> events;
  for (std::size_t at = 1; at + 3 <= size; at += 3) {
    const std::size_t index = (data[at] >> 4) % presentation.size();
    Rendition& rendition = presentation[index];
    Source& source = sources[index];
    const unsigned a = data[at + 1], b = data[at + 2];
    const auto add = [&](MediaTime step) {
      source.arrival = std::max(source.arrival, source.time + source.late);
      const bool independent = !rendition.video || source.in_gop % source.gop == 0;
      ++source.in_gop;
      events.push_back({index,
                        {source.time, source.arrival, rendition.newest(), independent},
                        false,
                        events.size()});
      source.time += step;
    };
    switch (data[at] % 8) {
      case 0:
      case 1:
        for (unsigned i = 0; i <= a; ++i) add(rendition.frame_time());
        break;
      case 2:
        for (unsigned i = 0; i <= a % 16; ++i) add(rendition.frame_time() * b / 64);
        break;
      case 3:
        source.time += 20ms * a + 1ms * b;
        break;
      case 4:
        source.late = 20ms * a;
        break;
      case 5:
        rendition.change(a);
        source.in_gop = b % 2 == 0 ? 0 : source.in_gop;
        break;
      case 6:
        source.gop = a + 1;
        source.in_gop = b;
        break;
      default:
        if (a % 16 == 15) {
          events.push_back({index, {source.time, source.arrival}, true, events.size()});
        } else {
          source.time -= 1ms * a;
        }
        break;
    }
  }
  std::ranges::sort(
      events, {}, [](const Event& event) { return std::pair(event.frame.arrival, event.number); });
  MediaTime now{};
  for (const Event& event : events) {
    for (; now + kTick <= event.frame.arrival; now += kTick) presentation.advance(now);
    if (event.end) {
      presentation.end(event.rendition);
    } else {
      presentation.push(event.rendition, event.frame);
    }
  }
  presentation.finish();
  return 0;
}
