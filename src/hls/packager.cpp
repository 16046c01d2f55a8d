#include "hls/packager.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace spacecast::hls {
namespace {

// Frames that may wait, whatever their timestamps say: over five seconds at any usual rate.
constexpr std::size_t kQueueMax = 1024;
constexpr std::uint32_t kUnknownRate = 30;
// Boxes around the samples: about 250 bytes a part and 12 a sample.
constexpr std::uint64_t kBytesPerPart = 250, kBytesPerSample = 12;

double seconds(MediaTime time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

Packager::Packager(std::shared_ptr<Store> store)
    : store_(std::move(store)),
      config_(store_->snapshot()->config),
      clock_(std::chrono::seconds(config_.target_duration_s)) {}

std::size_t Packager::add_rendition(MediaKind kind, std::string name) {
  Rendition rendition;
  rendition.info.kind = kind;
  rendition.info.name = std::move(name);
  rendition.left_out = announced_;
  renditions_.push_back(std::move(rendition));
  return renditions_.size() - 1;
}

Result<void> Packager::set_track(std::size_t index, VideoTrack track) {
  Rendition& rendition = renditions_[index];
  assert(rendition.info.kind == MediaKind::kVideo);
  if (rendition.video) {
    const VideoTrack& now = *rendition.video;
    if (now.config.record == track.config.record && now.width == track.width &&
        now.height == track.height) {
      return {};
    }
    return fail(ErrorCode::kUnsupported,
                fmt::format("{}: the encoder changed from {}x{} {} to {}x{} {} in mid-stream; its "
                            "size and parameter sets have to stay the same",
                            rendition.info.name, now.width, now.height, now.config.codec(),
                            track.width, track.height, track.config.codec()));
  }
  const bool rate_known = track.rate_num > 0 && track.rate_den > 0;
  const std::uint32_t num = rate_known ? track.rate_num : kUnknownRate;
  const std::uint32_t den = rate_known ? track.rate_den : 1;
  PartCutter::Config config;
  config.timescale = media::CmafMuxer::kVideoTimescale;
  config.frame = (std::int64_t{config.timescale} * den + num / 2) / num;
  rendition.info.codecs = track.config.codec();
  rendition.info.width = track.width;
  rendition.info.height = track.height;
  rendition.info.frame_rate = static_cast<double>(num) / den;
  auto muxer = media::CmafMuxer::create_video(track.config, track.width, track.height);
  rendition.video = std::move(track);
  return set_muxer(rendition, std::move(muxer), config);
}

Result<void> Packager::set_track(std::size_t index, AudioTrack track) {
  Rendition& rendition = renditions_[index];
  assert(rendition.info.kind == MediaKind::kAudio);
  if (rendition.audio) {
    if (rendition.audio->config.record == track.config.record) return {};
    return fail(ErrorCode::kUnsupported,
                fmt::format("{}: the encoder changed its AudioSpecificConfig in mid-stream; it "
                            "has to stay the same",
                            rendition.info.name));
  }
  PartCutter::Config config;
  config.timescale = track.config.rate;
  config.frame = track.config.samples_per_frame;
  config.every_frame_independent = true;
  rendition.info.codecs = track.config.codec();
  rendition.info.channels = track.channels;
  auto muxer = media::CmafMuxer::create_audio(track.config, track.channels);
  rendition.audio = std::move(track);
  return set_muxer(rendition, std::move(muxer), config);
}

Result<void> Packager::set_muxer(Rendition& rendition, Result<media::CmafMuxer> muxer,
                                 PartCutter::Config config) {
  config.part_target = config_.part_target;
  if (!muxer) return std::unexpected(muxer.error());
  const MediaTime frame = media::to_media_time(config.frame, config.timescale);
  if (config.frame <= 0 || 2 * frame > config_.part_target) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: frames of {} s; a part of {} s has to hold two at least",
                            rendition.info.name, seconds(frame), seconds(config_.part_target)));
  }
  rendition.muxer = std::move(*muxer);
  rendition.timeline.emplace(config.timescale, config.frame,
                             config.every_frame_independent ? FrameTimeline::Kind::kCounted
                                                            : FrameTimeline::Kind::kJittery);
  rendition.cutter.emplace(config, clock_);
  return {};
}

void Packager::set_bit_rate(std::size_t rendition, BitRate rate) {
  BitRate& known = renditions_[rendition].bit_rate;
  known.nominal = std::max(known.nominal, rate.nominal);
  known.peak = std::max(known.peak, rate.peak);
}

Result<void> Packager::push(std::size_t index, AccessUnit unit) {
  Rendition& rendition = renditions_[index];
  if (rendition.ended || rendition.left_out || over_) {
    note(rendition, 0x20, rendition.left_out,
         "its first frame came after the presentation had started without it; it stays out");
    return {};
  }
  if (!rendition.muxer) {
    return fail(ErrorCode::kConflict,
                fmt::format("{}: a frame before its codec data", rendition.info.name));
  }
  Waiting waiting{unit.dts, std::move(unit), true};
  if (rendition.video) {
    const std::uint8_t length_size = rendition.video->config.length_size;
    const auto seen = media::inspect_avc(waiting.unit.data, length_size);
    if (!seen) return std::unexpected(seen.error());
    waiting.independent = seen->idr;
    if (seen->parameter_sets) {
      waiting.unit.data = media::without_parameter_sets(waiting.unit.data, length_size);
    }
    waiting.unit.dts = std::min(waiting.unit.dts, waiting.unit.pts);
    if (!rendition.reorder) {
      if (!seen->idr) return {};
      rendition.reorder = waiting.unit.pts - waiting.unit.dts;
    }
    waiting.time = waiting.unit.dts + *rendition.reorder;
  } else {
    waiting.time = waiting.unit.pts;
  }
  if (waiting.unit.data.empty()) return {};
  rendition.queue.push_back(std::move(waiting));
  return pump();
}

Result<void> Packager::end(std::size_t index) {
  Rendition& rendition = renditions_[index];
  if (std::exchange(rendition.ended, true)) return {};
  if (auto done = pump(); !done) return done;
  if (!std::ranges::all_of(renditions_, &Rendition::ended)) return {};
  for (Rendition& each : renditions_) {
    if (!each.cutter || each.left_out) continue;
    std::vector<Step> steps;
    each.cutter->end(steps);
    if (auto done = carry_out(each, steps); !done) return done;
    each.first_segment_done = true;
  }
  if (auto announced = announce_if_ready(); !announced) return announced;
  store_->end();
  over_ = true;
  return {};
}

MediaTime Packager::waiting(std::size_t index) const {
  const auto& queue = renditions_[index].queue;
  return queue.empty() ? MediaTime{} : queue.back().time - queue.front().time;
}

std::vector<MediaTime> Packager::key_frame_lines() const {
  const Rendition* first = leader();
  if (!clock_.started() || !first || !first->timeline) return {};
  // A frame that rounding puts a little before its line is the right one all the same.
  const MediaTime half =
      media::to_media_time(first->timeline->frame(), first->muxer->timescale()) / 2;
  const MediaTime next = clock_.due() - half;
  return {next, next + clock_.target_duration()};
}

std::vector<std::string> Packager::take_warnings() {
  return std::exchange(warnings_, {});
}

// Takes frames in order of time for as long as the order is certain.
Result<void> Packager::pump() {
  while (true) {
    Rendition* next = nullptr;
    for (Rendition& rendition : renditions_) {
      if (rendition.queue.empty()) continue;
      // At the same time, the one that leads decides first.
      if (!next || rendition.queue.front().time < next->queue.front().time ||
          (rendition.queue.front().time == next->queue.front().time && &rendition == leader())) {
        next = &rendition;
      }
    }
    if (!next || !may_go(*next)) return {};
    if (auto done = feed(*next); !done) return done;
  }
}

bool Packager::may_go(const Rendition& rendition) const {
  const MediaTime patience = clock_.started() ? kPatience : kPatienceAtStart;
  const bool patient = rendition.queue.back().time - rendition.queue.front().time <= patience &&
                       rendition.queue.size() < kQueueMax;
  return std::ranges::all_of(renditions_, [&](const Rendition& other) {
    return !other.queue.empty() || other.ended || other.left_out || !patient;
  });
}

Result<void> Packager::feed(Rendition& rendition) {
  Waiting waiting = std::move(rendition.queue.front());
  rendition.queue.pop_front();
  const MediaTime now = waiting.time;
  const bool lead = leads(rendition);
  const MediaTime since = rendition.fed.value_or(clock_.started() ? clock_.epoch() : now);
  if (now - since > kLargestGap || since - now > kLargestGap) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: timestamps jump by {:.0f} s; at most {:.0f} s are bridged",
                            rendition.info.name, seconds(now - since), seconds(kLargestGap)));
  }
  rendition.fed = now;
  std::vector<Step> steps;
  const auto tick = rendition.timeline->place(now);
  note(rendition, 0x01, !tick, "frames with timestamps that go backwards were dropped");
  if (tick && rendition.cutter->frame(*tick, waiting.independent, lead, steps)) {
    if (auto done = carry_out(rendition, steps); !done) return done;
    rendition.pending = std::move(waiting);
  } else if (auto done = carry_out(rendition, steps); !done) {
    return done;
  }
  if (auto done = advance_others(rendition, now, lead); !done) return done;
  return announce_if_ready();
}

// Those that bring nothing go on without media. One that has ended does so only once it is clear
// that the others do not end with it.
Result<void> Packager::advance_others(const Rendition& fed, MediaTime now, bool lead) {
  if (!clock_.started()) return {};
  for (Rendition& other : renditions_) {
    if (&other == &fed || other.left_out || !other.queue.empty()) continue;
    if (other.ended && now - other.fed.value_or(clock_.epoch()) <= kPatience) continue;
    other.gone = other.ended;
    if (!other.cutter) {
      other.left_out = true;
      continue;
    }
    std::vector<Step> steps;
    other.cutter->advance(now, lead && &other == leader(), steps);
    if (auto done = carry_out(other, steps); !done) return done;
  }
  return {};
}

Result<void> Packager::carry_out(Rendition& rendition, const std::vector<Step>& steps) {
  const std::uint32_t timescale = rendition.muxer->timescale();
  for (const Step& step : steps) {
    if (step.kind == Step::Kind::kFrame) {
      if (auto done = write_sample(rendition, step); !done) return done;
      continue;
    }
    FinishedPart finished;
    finished.start = media::to_media_time(step.start, timescale);
    finished.part.duration =
        media::to_media_time(step.start + step.duration, timescale) - finished.start;
    finished.part.gap = step.kind == Step::Kind::kGap;
    finished.part.independent =
        !finished.part.gap && (step.independent || rendition.info.kind == MediaKind::kAudio);
    finished.last_of_segment = step.last_of_segment;
    if (!finished.part.gap) {
      auto bytes = rendition.muxer->flush();
      if (!bytes) return std::unexpected(bytes.error());
      finished.part.bytes = make_bytes(std::move(*bytes));
    }
    publish(rendition, std::move(finished));
  }
  const auto& counts = rendition.cutter->counts();
  note(rendition, 0x02, counts.dependent_segments > 0,
       "no IDR came in time: a segment starts without one, and players may start late. The encoder "
       "should answer force-key-unit events or make an IDR at least every target duration");
  note(rendition, 0x04, counts.gaps > 0, "frames are missing; a gap is published in their place");
  note(rendition, 0x08, counts.short_parts > 0,
       "frames come too unevenly for parts of 85 % of the part target; a constant frame rate is "
       "needed");
  note(rendition, 0x10, counts.late > 0, "frames came too late and were dropped");
  return {};
}

Result<void> Packager::write_sample(Rendition& rendition, const Step& step) {
  const std::uint32_t timescale = rendition.muxer->timescale();
  const Waiting waiting = std::move(*rendition.pending);
  rendition.pending.reset();
  media::Sample sample;
  sample.data = waiting.unit.data;
  sample.duration = step.duration;
  sample.sync = waiting.independent;
  // The muxer moves decoding times by the first frame's reordering; here that is taken off.
  const media::Ticks moved = media::to_ticks(rendition.reorder.value_or(MediaTime{}), timescale);
  const media::Ticks shown = media::to_ticks(waiting.unit.pts - waiting.time, timescale);
  sample.dts = step.start - moved;
  sample.pts = rendition.video ? std::max(step.start + shown, sample.dts) : sample.dts;
  return rendition.muxer->write(sample);
}

void Packager::publish(Rendition& rendition, FinishedPart part) {
  if (announced_) {
    append(rendition, std::move(part));
    return;
  }
  if (!rendition.first_segment_done) {
    rendition.first_segment_bytes += part.part.bytes ? part.part.bytes->size() : 0;
    rendition.first_segment_duration += part.part.duration;
    rendition.first_segment_done = part.last_of_segment;
  }
  rendition.backlog.push_back(std::move(part));
}

Result<void> Packager::announce_if_ready() {
  if (announced_) return {};
  const auto ready = [](const Rendition& rendition) {
    return rendition.first_segment_done || rendition.left_out ||
           (rendition.ended && rendition.queue.empty() && rendition.backlog.empty());
  };
  if (!std::ranges::all_of(renditions_, ready)) return {};
  announced_ = true;
  for (const MediaKind kind : {MediaKind::kVideo, MediaKind::kAudio}) {
    for (Rendition& rendition : renditions_) {
      if (rendition.info.kind != kind) continue;
      rendition.left_out = rendition.backlog.empty();
      if (rendition.left_out) continue;
      set_bandwidth(rendition);
      const auto index = store_->add_rendition(rendition.info, rendition.muxer->init_segment());
      if (!index) return std::unexpected(index.error());
      rendition.index = *index;
    }
  }
  while (true) {
    Rendition* next = nullptr;
    for (Rendition& rendition : renditions_) {
      if (rendition.backlog.empty()) continue;
      if (!next || rendition.backlog.front().start < next->backlog.front().start) {
        next = &rendition;
      }
    }
    if (!next) return {};
    append(*next, std::move(next->backlog.front()));
    next->backlog.pop_front();
  }
}

void Packager::append(const Rendition& rendition, FinishedPart part) {
  const WallTime wall = wall_zero_ + std::chrono::duration_cast<WallTime::duration>(part.start);
  store_->append_part(rendition.index, std::move(part.part),
                      {.start = part.start, .wall_start = wall}, part.last_of_segment);
}

const Packager::Rendition* Packager::leader() const {
  const Rendition* found = nullptr;
  for (const Rendition& rendition : renditions_) {
    const bool over = rendition.ended && rendition.queue.empty();
    if (rendition.left_out || (over && (rendition.gone || !rendition.fed))) continue;
    if (rendition.info.kind == MediaKind::kVideo) return &rendition;
    if (!found) found = &rendition;
  }
  return found;
}

// The leader, or anyone while the leader brings nothing. Right after its end nobody does, so that a
// few frames of sound after the last picture do not make a segment of their own.
bool Packager::leads(const Rendition& rendition) const {
  const Rendition* first = leader();
  return !first || first == &rendition || (first->queue.empty() && !first->ended);
}

void Packager::set_bandwidth(Rendition& rendition) const {
  const double duration = seconds(rendition.first_segment_duration);
  const double measured =
      duration > 0 ? 8 * static_cast<double>(rendition.first_segment_bytes) / duration : 0;
  const double samples = rendition.video ? rendition.info.frame_rate
                                         : static_cast<double>(rendition.audio->config.rate) /
                                               rendition.audio->config.samples_per_frame;
  const double overhead =
      8 * (kBytesPerPart / seconds(config_.part_target) + kBytesPerSample * samples);
  const BitRate& told = rendition.bit_rate;
  const double nominal = told.nominal > 0 ? told.nominal + overhead : 0;
  // Encoders that have no burst to tell give their nominal rate as the peak.
  const double peak =
      std::max(told.peak > told.nominal ? told.peak + overhead : 0, nominal * 3 / 2);
  const double average = std::max(nominal, measured);
  rendition.info.average_bandwidth = static_cast<std::uint32_t>(average);
  rendition.info.bandwidth = static_cast<std::uint32_t>(std::max({peak, average, measured}));
}

void Packager::note(Rendition& rendition, unsigned kind, bool happened, const char* text) {
  if (!happened || (rendition.warned & kind) != 0) return;
  rendition.warned |= kind;
  warnings_.push_back(rendition.info.name + ": " + text);
}

}  // namespace spacecast::hls
