#include "hls/packager.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace spacecast::hls {
namespace {

// Frames that may wait, whatever their timestamps say: over five seconds at any usual rate.
constexpr std::size_t kQueueMax = 1024;
// How far a source that can wait runs ahead: more than the look-ahead of an encoder, which may have
// to be fed by the same thread.
constexpr MediaTime kRunAhead = std::chrono::seconds(3);
// Renditions that change their encoders within this time share one discontinuity.
constexpr MediaTime kSameChange = std::chrono::milliseconds(250);

double seconds(MediaTime time) {
  return std::chrono::duration<double>(time).count();
}

MediaTime end_of(const Snapshot& snapshot) {
  MediaTime end{};
  for (const RenditionState& state : snapshot.renditions) end = std::max(end, state.edge());
  return end;
}

}  // namespace

Packager::Packager(std::shared_ptr<Store> store)
    : store_(std::move(store)),
      config_(store_->snapshot()->config),
      renditions_before_(store_->snapshot()->renditions.size()),
      begin_(end_of(*store_->snapshot())),
      clock_(std::chrono::seconds(config_.target_duration_s)) {}

std::size_t Packager::add_rendition(MediaKind kind, std::string name) {
  Rendition rendition;
  rendition.kind = kind;
  rendition.name = std::move(name);
  rendition.left_out = announced_;
  renditions_.push_back(std::move(rendition));
  return renditions_.size() - 1;
}

Result<void> Packager::set_track(std::size_t index, VideoTrack track) {
  assert(renditions_[index].kind == MediaKind::kVideo);
  return set_encoding(renditions_[index], std::move(track));
}

Result<void> Packager::set_track(std::size_t index, AudioTrack track) {
  assert(renditions_[index].kind == MediaKind::kAudio);
  return set_encoding(renditions_[index], std::move(track));
}

template <typename Track>
Result<void> Packager::set_encoding(Rendition& rendition, Track track) {
  if (rendition.incoming && rendition.incoming->is_of(track)) return {};
  auto encoding = Encoding::create(std::move(track), config_.part_target);
  if (!encoding) {
    return fail(encoding.error().code, rendition.name + ": " + encoding.error().message);
  }
  rendition.incoming = std::move(*encoding);
  if (rendition.cutter) return {};
  rendition.cut = rendition.written = rendition.incoming;
  rendition.cutter.emplace(rendition.incoming->cutting(), clock_);
  return {};
}

void Packager::set_bit_rate(std::size_t rendition, std::uint32_t nominal) {
  std::uint32_t& known = renditions_[rendition].nominal_bit_rate;
  known = std::max(known, nominal);
}

Result<void> Packager::push(std::size_t index, AccessUnit unit) {
  Rendition& rendition = renditions_[index];
  if (rendition.ended || rendition.left_out || over_) {
    note(rendition, 0x20, rendition.left_out,
         "its first frame came after the presentation had started without it; it stays out");
    return {};
  }
  if (!rendition.incoming) {
    return fail(ErrorCode::kConflict, rendition.name + ": a frame before its codec data");
  }
  auto frame = rendition.incoming->inspect(std::move(unit));
  if (!frame) return fail(frame.error().code, rendition.name + ": " + frame.error().message);
  if (!*frame) return {};
  hear(rendition, (*frame)->time);
  rendition.queue.push_back({rendition.incoming, std::move(**frame)});
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

bool Packager::is_full(std::size_t index) const {
  const auto& queue = renditions_[index].queue;
  return !queue.empty() && (queue.back().frame.time - queue.front().frame.time >= kRunAhead ||
                            queue.size() >= kQueueMax / 2);
}

std::vector<MediaTime> Packager::key_frame_lines() const {
  const Rendition* first = leader();
  if (!clock_.started() || !first || !first->incoming) return {};
  // A frame that rounding puts a little before its line is the right one all the same.
  const MediaTime next = clock_.due() - half_frame(first);
  return {next, next + clock_.target_duration()};
}

bool Packager::needs_key_frame(std::size_t index) const {
  const Rendition& rendition = renditions_[index];
  if (rendition.kind != MediaKind::kVideo || !rendition.cutter) return false;
  if (rendition.ended || rendition.left_out) return false;
  return rendition.incoming->needs_idr() || rendition.cutter->needs_independent() ||
         clock_.discontinuity_wished();
}

std::vector<std::string> Packager::take_warnings() {
  return std::exchange(warnings_, {});
}

void Packager::hear(Rendition& rendition, MediaTime time) {
  // Those that come too late do not say that the rendition is back.
  if (time > rendition.reached.value_or(MediaTime::min())) {
    rendition.heard = std::max(rendition.heard.value_or(time), time);
  }
  MediaTime newest = time;
  for (const Rendition& other : renditions_) {
    if (!other.ended && !other.left_out) newest = std::max(newest, other.heard.value_or(time));
  }
  rendition.behind = std::min(newest - time, kLargestSkew);
}

// The rendition whose next frame comes first. What leads is taken half a frame before its time: it
// decides first where others have a frame at the same time, or a little earlier as they round.
Packager::Rendition* Packager::earliest() {
  const Rendition* first_to_decide = leader();
  const MediaTime head_start = half_frame(first_to_decide);
  Rendition* earliest = nullptr;
  MediaTime earliest_time{};
  for (Rendition& rendition : renditions_) {
    if (rendition.queue.empty()) continue;
    const MediaTime time = rendition.queue.front().frame.time -
                           (&rendition == first_to_decide ? head_start : MediaTime{});
    if (earliest && time >= earliest_time) continue;
    earliest = &rendition;
    earliest_time = time;
  }
  return earliest;
}

// Takes frames in order of time for as long as the order is certain.
Result<void> Packager::pump() {
  while (true) {
    Rendition* next = earliest();
    if (!next || !may_go(*next)) return {};
    if (auto done = feed(*next); !done) return done;
  }
}

bool Packager::may_go(const Rendition& rendition) const {
  const MediaTime waits = rendition.queue.back().frame.time - rendition.queue.front().frame.time;
  return std::ranges::all_of(renditions_, [&](const Rendition& other) {
    if (!other.queue.empty() || other.ended || other.left_out) return true;
    if (rendition.queue.size() >= kQueueMax) return true;
    const MediaTime patience = clock_.started() ? kPatience + other.behind : kPatienceAtStart;
    return rendition.live && waits > patience;
  });
}

Result<void> Packager::feed(Rendition& rendition) {
  Waiting waiting = std::move(rendition.queue.front());
  rendition.queue.pop_front();
  const MediaTime now = waiting.frame.time;
  const MediaTime last = rendition.fed.value_or(clock_.started() ? clock_.epoch() : now);
  const MediaTime since = std::max(last, rendition.reached.value_or(last));
  if (now - since > kLargestGap || last - now > kLargestGap) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: timestamps jump by {:.0f} s; at most {:.0f} s are bridged",
                            rendition.name, seconds(now - since), seconds(kLargestGap)));
  }
  rendition.fed = now;
  std::vector<Step> steps;
  if (rendition.cut != waiting.encoding) {
    rendition.cut = waiting.encoding;
    rendition.cutter->change(rendition.cut->cutting(), steps);
    note(rendition, 0x40, true,
         "the encoder changed; it goes on behind a discontinuity, and the multivariant playlist "
         "still says what the first encoder was");
  } else if (outlived(rendition, waiting)) {
    return {};
  }
  // What leads says first where segments start; one that is given up makes way for the next.
  const Rendition* first = nullptr;
  while (first != leader() && leader() != &rendition) {
    first = leader();
    for (Rendition& other : renditions_) {
      if (&other != first) continue;
      if (auto done = bring_up(other, now); !done) return done;
    }
  }
  const bool lead = leads(rendition);
  const auto tick = waiting.encoding->place(now);
  note(rendition, 0x01, !tick, "frames with timestamps that go backwards were dropped");
  const bool taken = tick && rendition.cutter->frame(*tick, waiting.frame.independent, lead, steps);
  if (auto done = carry_out(rendition, steps); !done) return done;
  if (taken) rendition.pending = std::move(waiting);
  for (Rendition& other : renditions_) {
    if (&other == &rendition || &other == first) continue;
    if (auto done = bring_up(other, now); !done) return done;
  }
  return announce_if_ready();
}

// The last frames of an encoder, behind a discontinuity that the next encoder could use too.
bool Packager::outlived(const Rendition& rendition, const Waiting& waiting) {
  const MediaTime now = waiting.frame.time;
  return rendition.cutter->before_discontinuity(now) &&
         std::ranges::any_of(rendition.queue, [&](const Waiting& later) {
           return later.encoding != waiting.encoding && later.frame.time - now <= kSameChange;
         });
}

// What has nothing up to now goes on without media: what is missing is known as well from the frame
// that comes next as from its not coming.
Result<void> Packager::bring_up(Rendition& rendition, MediaTime now) {
  if (!clock_.started()) return {};
  if (!rendition.queue.empty()) {
    // Not beyond where its timeline may put the frame.
    now = std::min(now, rendition.queue.front().frame.time - half_frame(&rendition));
  }
  return go_without(rendition, now, &rendition == leader());
}

// One that has ended does so only once it is clear that the others do not end with it.
Result<void> Packager::go_without(Rendition& rendition, MediaTime now, bool lead) {
  if (rendition.left_out) return {};
  if (rendition.ended && rendition.queue.empty()) {
    if (now - rendition.fed.value_or(clock_.epoch()) <= kPatience) return {};
    // What leads from now on says first where segments start.
    if (!std::exchange(rendition.gone, true)) return {};
  }
  if (!rendition.cutter) {
    rendition.left_out = true;
    return {};
  }
  rendition.reached = std::max(rendition.reached.value_or(now), now);
  std::vector<Step> steps;
  rendition.cutter->advance(now, lead, steps);
  return carry_out(rendition, steps);
}

Result<void> Packager::advance(MediaTime now) {
  if (!announced_ || over_) return {};
  const auto until = lost_until(now);
  if (!until) return {};
  while (Rendition* next = earliest()) {
    if (auto done = feed(*next); !done) return done;
  }
  const Rendition* first = leader();
  for (const bool lead : {true, false}) {
    for (Rendition& rendition : renditions_) {
      if ((&rendition == first) != lead) continue;
      if (auto done = go_without(rendition, *until, lead); !done) return done;
    }
  }
  return {};
}

// Where nothing has come from anybody: the time up to which nothing is waited for any longer.
std::optional<MediaTime> Packager::lost_until(MediaTime now) {
  bool silent = true;
  std::optional<MediaTime> until;
  for (Rendition& rendition : renditions_) {
    if (rendition.left_out || rendition.ended) continue;
    if (!rendition.live) return {};
    if (!rendition.heard) continue;
    if (!rendition.coming || rendition.coming->heard != *rendition.heard) {
      rendition.coming = Coming{*rendition.heard, now};
    }
    const MediaTime silence = now - rendition.coming->now;
    silent = silent && silence > kPatience;
    const MediaTime lost = *rendition.heard + silence - kPatience;
    until = std::min(until.value_or(lost), lost);
  }
  return silent ? until : std::nullopt;
}

Result<void> Packager::carry_out(Rendition& rendition, const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    if (step.kind == Step::Kind::kChange) {
      rendition.written = rendition.cut;
      // Before the first part that needs it, for the hint (§4.4.5.3).
      if (announced_) publish_init(rendition, rendition.written);
      continue;
    }
    Encoding& encoding = *rendition.written;
    const std::uint32_t timescale = encoding.cutting().timescale;
    if (step.kind == Step::Kind::kFrame) {
      const Waiting waiting = *std::exchange(rendition.pending, std::nullopt);
      // Behind an earlier run, although a discontinuity would let times begin again: ffmpeg drops
      // the first fragment of a run whose times go back.
      const media::Ticks start = step.start + media::to_ticks(begin_, timescale);
      if (auto done = encoding.write(waiting.frame, start, step.duration); !done) return done;
      continue;
    }
    FinishedPart finished;
    finished.start = media::to_media_time(step.start, timescale);
    finished.last_of_segment = step.last_of_segment;
    finished.discontinuity = step.discontinuity;
    finished.part.duration =
        media::to_media_time(step.start + step.duration, timescale) - finished.start;
    finished.part.gap = step.kind == Step::Kind::kGap;
    if (!finished.part.gap) {
      auto chunk = encoding.flush();
      if (!chunk) return std::unexpected(chunk.error());
      finished.part.independent = step.independent;
      finished.part.i_frame_size = chunk->i_frame_size;
      finished.part.bytes = std::move(chunk->bytes);
    }
    finished.encoding = rendition.written;
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

void Packager::publish(Rendition& rendition, FinishedPart part) {
  if (announced_) {
    append(rendition, std::move(part));
    return;
  }
  if (!rendition.first_segment_done) {
    rendition.first_segment.bytes += part.part.bytes ? part.part.bytes->size() : 0;
    rendition.first_segment.duration += part.part.duration;
    rendition.first_segment_done = part.last_of_segment;
  }
  rendition.backlog.push_back(std::move(part));
}

bool Packager::is_ready(const Rendition& rendition) const {
  if (rendition.left_out || rendition.first_segment_done) return true;
  if (rendition.ended && rendition.queue.empty() && rendition.backlog.empty()) return true;
  return goes_on(rendition);
}

// What went before says all that is to be known of a rendition but its init section, which the
// playlist hints as soon as there is one.
bool Packager::goes_on(const Rendition& rendition) const {
  return renditions_before_ > 0 && rendition.incoming;
}

Result<void> Packager::announce_if_ready() {
  if (announced_) return {};
  for (const Rendition& rendition : renditions_) {
    if (!is_ready(rendition)) return {};
  }
  announced_ = true;
  std::size_t added = 0;
  for (const MediaKind kind : {MediaKind::kVideo, MediaKind::kAudio}) {
    for (Rendition& rendition : renditions_) {
      if (rendition.kind != kind) continue;
      rendition.left_out = rendition.backlog.empty() && !goes_on(rendition);
      if (rendition.left_out) continue;
      if (auto done = add_to_store(rendition); !done) return done;
      ++added;
    }
  }
  if (added > 0 && added < renditions_before_) {
    return fail(ErrorCode::kConflict,
                fmt::format("what went before has {} renditions, and only {} of them bring "
                            "anything; it can be gone on with only by all",
                            renditions_before_, added));
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

// As what its first encoder is.
Result<void> Packager::add_to_store(Rendition& rendition) {
  const auto encoding =
      rendition.backlog.empty() ? rendition.incoming : rendition.backlog.front().encoding;
  RenditionInfo info = encoding->info();
  info.name = rendition.name;
  const Bandwidth bandwidth =
      estimate_bandwidth(rendition.nominal_bit_rate, rendition.first_segment,
                         encoding->frames_per_second(), config_.part_target);
  info.bandwidth = bandwidth.peak;
  info.average_bandwidth = bandwidth.average;
  const auto index = store_->add_rendition(std::move(info), encoding->init_section());
  if (!index) return std::unexpected(index.error());
  rendition.index = *index;
  rendition.published = encoding;
  return {};
}

void Packager::publish_init(Rendition& rendition, const std::shared_ptr<Encoding>& encoding) {
  if (rendition.published == encoding) return;
  rendition.published = encoding;
  store_->set_init(rendition.index, encoding->init_section());
}

void Packager::append(Rendition& rendition, FinishedPart part) {
  publish_init(rendition, part.encoding);
  const WallTime wall = wall_zero_ + std::chrono::duration_cast<WallTime::duration>(part.start);
  store_->append_part(
      rendition.index, std::move(part.part),
      {.start = part.start, .wall_start = wall, .discontinuity = part.discontinuity},
      part.last_of_segment);
}

const Packager::Rendition* Packager::leader() const {
  const Rendition* found = nullptr;
  for (const Rendition& rendition : renditions_) {
    const bool over = rendition.ended && rendition.queue.empty();
    if (rendition.left_out || (over && (rendition.gone || !rendition.fed))) continue;
    if (rendition.kind == MediaKind::kVideo) return &rendition;
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

MediaTime Packager::half_frame(const Rendition* rendition) {
  if (!rendition || !rendition->incoming) return {};
  const PartCutter::Config& cutting = rendition->incoming->cutting();
  return media::to_media_time(cutting.frame, cutting.timescale) / 2;
}

void Packager::note(Rendition& rendition, unsigned kind, bool happened, std::string_view text) {
  if (!happened || (rendition.warned & kind) != 0) return;
  rendition.warned |= kind;
  warnings_.push_back(fmt::format("{}: {}", rendition.name, text));
}

}  // namespace spacecast::hls
