#include "viewers/player.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace spacecast::viewers {
namespace {

// hls.js: after a failed request, and after a part that is gone.
constexpr double kRetryAfter = 1;
// More than this is nobody's live window.
constexpr std::size_t kWantedMax = 4096;

}  // namespace

std::vector<Request> Player::join(double now) {
  joined_at_ = played_at_ = now;
  tally_->joined();
  return {{.kind = Request::Kind::kMultivariant, .uri = url_}};
}

std::vector<Request> Player::take(const Request& request, const Answer& answer, double now) {
  std::vector<Request> next;
  play(now);
  tally_->bytes(now - begin_, answer.bytes);
  const bool media = request.kind == Request::Kind::kPart || request.kind == Request::Kind::kInit;
  if (media) tracks_[request.track].loading = false;
  if (answer.status != 200) {
    failed(request, answer, now);
    if (media) fetch_next(request.track, next);
    return next;
  }
  switch (request.kind) {
    case Request::Kind::kMultivariant:
      take_multivariant(answer, next);
      if (next.empty()) failed(request, {.status = answer.status}, now);
      break;
    case Request::Kind::kPlaylist:
      take_playlist(request, answer, now, next);
      break;
    case Request::Kind::kPart:
      tracks_[request.track].loaded += request.duration;
      if (!std::isnan(request.published_at)) {
        tally_->part(now - begin_, now - request.published_at);
      }
      fetch_next(request.track, next);
      break;
    case Request::Kind::kInit:
      fetch_next(request.track, next);
      break;
  }
  play(now);
  return next;
}

std::vector<Request> Player::tick(double now) {
  play(now);
  std::vector<Request> next;
  std::erase_if(retries_, [&](Retry& retry) {
    if (retry.at > now) return false;
    if (retry.request.kind == Request::Kind::kPart || retry.request.kind == Request::Kind::kInit) {
      tracks_[retry.request.track].loading = true;
    }
    next.push_back(std::move(retry.request));
    return true;
  });
  return next;
}

void Player::take_multivariant(const Answer& answer, std::vector<Request>& next) {
  const auto playlist = parse_multivariant_playlist(answer.body);
  if (!playlist) return;
  const std::array<std::string, kTracks> uris{playlist->video, playlist->audio};
  for (std::size_t i = 0; i < kTracks; ++i) {
    if (uris[i].empty()) continue;
    tracks_[i].used = true;
    next.push_back(
        {.kind = Request::Kind::kPlaylist, .track = i, .base = answer.url, .uri = uris[i]});
  }
}

void Player::take_playlist(const Request& request, const Answer& answer, double now,
                           std::vector<Request>& next) {
  const auto playlist = parse_media_playlist(answer.body);
  if (!playlist) {
    failed(request, {.status = 200}, now);
    return;
  }
  Track& track = tracks_[request.track];
  part_target_ = std::max(part_target_, playlist->part_target);
  if (track.url.empty()) track.url = answer.url;
  // A playlist without directives may be a second old out of a cache, so what the first reload
  // after it brings was published before anybody here asked.
  const bool waited =
      std::exchange(track.reloaded, !request.query.empty()) && !request.query.empty();
  const double published_at =
      waited ? answer.published_at : std::numeric_limits<double>::quiet_NaN();
  if (!std::isnan(published_at)) tally_->playlist(now - published_at);
  if (playlist->init != track.init && !playlist->init.empty()) {
    track.init = playlist->init;
    track.wanted.push_back({.kind = Request::Kind::kInit,
                            .track = request.track,
                            .base = track.url,
                            .uri = track.init});
  }
  want_new_parts(request.track, *playlist, published_at);
  fetch_next(request.track, next);
  track.ended = playlist->ended;
  if (!playlist->ended) next.push_back(reload(request.track, *playlist));
}

Player::Place Player::start_of(const MediaPlaylist& playlist) {
  double behind = 0;
  Place found{playlist.segments.empty() ? 0 : playlist.segments.front().sequence, 0};
  for (auto segment = playlist.segments.rbegin(); segment != playlist.segments.rend(); ++segment) {
    if (segment->parts.empty() && behind >= playlist.hold_back) return found;
    for (std::size_t i = segment->parts.size(); i-- > 0;) {
      behind += segment->parts[i].duration;
      if (!segment->parts[i].independent) continue;
      found = {segment->sequence, i};
      if (behind >= playlist.hold_back) return found;
    }
  }
  return found;
}

void Player::want_new_parts(std::size_t index, const MediaPlaylist& playlist, double published_at) {
  Track& track = tracks_[index];
  const bool first = !track.next;
  if (first) track.next = start_of(playlist);
  const auto& segments = playlist.segments;
  // Whoever comes back after too long goes on near live.
  const bool lost = std::ranges::none_of(
      segments, [&](const Segment& segment) { return segment.sequence <= track.next->segment; });
  if (lost && !segments.empty()) {
    tally_->jump();
    track.next = start_of(playlist);
  }
  // The newest part is what was published last; those before it were by their lengths earlier.
  if (first || lost) published_at = std::numeric_limits<double>::quiet_NaN();
  std::vector<std::pair<const Part*, double>> fresh;
  Place end = *track.next;
  for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
    if (segment->sequence < track.next->segment) break;
    for (std::size_t i = segment->parts.size(); i-- > 0;) {
      const Place place{segment->sequence, i};
      if (place < *track.next) break;
      if (fresh.empty()) end = {segment->sequence, i + 1};
      fresh.emplace_back(&segment->parts[i], published_at);
      published_at -= segment->parts[i].duration;
    }
  }
  for (auto part = fresh.rbegin(); part != fresh.rend(); ++part)
    want(index, *part->first, part->second);
  track.next = end;
}

void Player::want(std::size_t index, const Part& part, double published_at) {
  Track& track = tracks_[index];
  if (part.gap) {
    track.loaded += part.duration;
    return;
  }
  if (track.wanted.size() >= kWantedMax) return;
  track.wanted.push_back({.kind = Request::Kind::kPart,
                          .track = index,
                          .base = track.url,
                          .uri = part.uri,
                          .duration = part.duration,
                          .published_at = published_at});
}

Request Player::reload(std::size_t index, const MediaPlaylist& playlist) const {
  // The part after the last one listed; where the last segment is complete, the first of the next
  // one (§6.2.5.2).
  Place next{0, 0};
  if (!playlist.segments.empty()) {
    const Segment& last = playlist.segments.back();
    next = last.uri.empty() ? Place{last.sequence, last.parts.size()} : Place{last.sequence + 1, 0};
  }
  std::string query =
      "_HLS_msn=" + std::to_string(next.segment) + "&_HLS_part=" + std::to_string(next.part);
  if (playlist.skips) query += playlist.skips_dates ? "&_HLS_skip=v2" : "&_HLS_skip=YES";
  return {.kind = Request::Kind::kPlaylist,
          .track = index,
          .uri = tracks_[index].url,
          .query = std::move(query)};
}

void Player::fetch_next(std::size_t index, std::vector<Request>& next) {
  Track& track = tracks_[index];
  if (track.loading || track.wanted.empty()) return;
  track.loading = true;
  next.push_back(std::move(track.wanted.front()));
  track.wanted.pop_front();
}

void Player::failed(const Request& request, const Answer& answer, double now) {
  const bool unreadable = answer.status == 200;
  tally_->error(now - begin_, unreadable           ? "unreadable"
                              : answer.status == 0 ? "connection"
                                                   : std::to_string(answer.status));
  // A part that is gone will not come back; what follows it is played.
  if (request.kind == Request::Kind::kPart && answer.status >= 400 && answer.status < 500) {
    tally_->jump();
    tracks_[request.track].loaded += request.duration;
    return;
  }
  Request again = request;
  // What could be waited for then may have passed.
  if (request.kind == Request::Kind::kPlaylist) again.query.clear();
  if (request.kind == Request::Kind::kPart || request.kind == Request::Kind::kInit) {
    // Before all others of its track.
    tracks_[request.track].loading = true;
  }
  retries_.push_back({now + kRetryAfter, std::move(again)});
}

double Player::loaded() const {
  double least = std::numeric_limits<double>::infinity();
  for (const Track& track : tracks_) {
    if (track.used) least = std::min(least, track.loaded);
  }
  return std::isinf(least) ? 0 : least;
}

void Player::play(double now) {
  const double there = loaded();
  if (!playing_ && !stalled_at_) {
    if (there <= 0) return;
    playing_ = true;
    played_at_ = now;
    tally_->started(now - joined_at_);
  }
  if (stalled_at_ && there - played_ >= part_target_) {
    tally_->stall(now - begin_, now - *stalled_at_);
    stalled_at_.reset();
    playing_ = true;
    played_at_ = now;
  }
  if (!playing_) return;
  played_ += now - played_at_;
  played_at_ = now;
  if (played_ < there) return;
  const bool over = std::ranges::all_of(tracks_, [](const Track& track) {
    return !track.used || (track.ended && track.wanted.empty());
  });
  playing_ = false;
  if (over) {
    ended_ = true;
  } else {
    stalled_at_ = now - (played_ - there);
  }
  played_ = there;
}

}  // namespace spacecast::viewers
