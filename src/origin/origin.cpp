#include "origin/origin.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "base/secret.h"
#include "hls/reload.h"
#include "http/gzip.h"
#include "origin/cache_policy.h"
#include "origin/live_edge.h"
#include "origin/media_source.h"
#include "origin/playlist_cache.h"

namespace spacecast::origin {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kSweepPeriod = std::chrono::milliseconds(100);
constexpr auto kRetryAfter = std::chrono::seconds(1);
constexpr const char* kPlaylistType = "application/vnd.apple.mpegurl";

// A request, read once and asked again while it waits: with each snapshot, or when its bytes come
// from the disk.
struct Query {
  std::string path;
  hls::Directives directives;
  bool gzip = false;
  bool reading = false;
};

struct Waiter {
  Query query;
  http::Responder responder;
  Clock::time_point deadline;
};

std::string seconds_since_epoch(WallTime time) {
  return fmt::format("{:.6f}", std::chrono::duration<double>(time.time_since_epoch()).count());
}

class StoreOrigin final : public Origin, public std::enable_shared_from_this<StoreOrigin> {
 public:
  StoreOrigin(std::shared_ptr<Loop> loop, std::shared_ptr<hls::Store> store, Options options)
      : loop_(std::move(loop)),
        store_(std::move(store)),
        options_(std::move(options)),
        media_(loop_, options_.cache_bytes, options_.max_reads,
               [this](const std::string& name, const Result<Bytes>& bytes) {
                 on_arrival(name, bytes);
               }) {}

  void start() {
    // The server owns us through its routes; what we hand out must not keep us beyond it.
    const auto self = weak_from_this();
    changes_ = store_->subscribe([self, loop = loop_](const hls::Store::SnapshotPtr&) {
      loop->post([self, now = std::chrono::system_clock::now()] {
        const auto alive = self.lock();
        if (!alive) return;
        alive->published_ = seconds_since_epoch(now);
        alive->answer_waiting();
      });
    });
    loop_->post([self, this] {
      const auto alive = self.lock();
      if (!alive) return;
      sweep_ = loop_->every(kSweepPeriod, [self] {
        if (const auto still_alive = self.lock()) still_alive->sweep();
      });
    });
  }

  void handle(const http::Request& request, http::Responder responder) {
    if (!options_.edge_secret.empty() &&
        !same_secret(options_.edge_secret, request.header("spacecast-edge"))) {
      ++metrics_.not_a_cache;
      responder.respond(http::problem(403, "only caches that know the secret are answered here"));
      return;
    }
    auto directives = hls::parse_directives(request.query);
    if (!directives) {
      ++metrics_.bad_requests;
      responder.respond(http::problem(directives.error()));
      return;
    }
    const auto file = request.params.find("file");
    Query query{.path = file == request.params.end() ? std::string() : file->second,
                .directives = *directives,
                .gzip = http::accepts_gzip(request.header("accept-encoding"))};
    // The newest snapshot, which may be newer than the change that answer_waiting() is about to
    // see: nothing that a listed playlist names is ever missing (§6.2.6).
    const auto snapshot = store_->snapshot();
    if (auto response = answer(*snapshot, query)) {
      responder.respond(std::move(*response));
      return;
    }
    if (waiters_.size() >= options_.max_waiting) {
      ++metrics_.turned_away;
      responder.respond(http::unavailable("too many requests wait here already", kRetryAfter));
      return;
    }
    ++metrics_.parked;
    const auto patience = std::chrono::seconds(3 * snapshot->config.target_duration_s);
    waiters_.push_back({.query = std::move(query),
                        .responder = std::move(responder),
                        .deadline = Clock::now() + patience});
    count();
  }

  const Metrics& metrics() const override { return metrics_; }

 private:
  // Nothing where the answer is still to come.
  std::optional<http::Response> answer(const hls::Snapshot& snapshot, Query& query) {
    const hls::Resource resource = hls::resolve(snapshot, query.path);
    switch (resource.kind) {
      case hls::ResourceKind::kMultivariantPlaylist:
        // A player that gets it asks for the media playlists at once.
        if (snapshot.renditions.empty() || !snapshot.playable()) return std::nullopt;
        ++metrics_.multivariant_playlists;
        return playlist(snapshot, {.gzipped = query.gzip}, CacheClass::kNewest);
      case hls::ResourceKind::kMediaPlaylist:
        return media_playlist(snapshot, PlaylistCache::Kind::kMedia, resource.rendition, query);
      case hls::ResourceKind::kIFramePlaylist:
        return media_playlist(snapshot, PlaylistCache::Kind::kIFrame, resource.rendition, query);
      case hls::ResourceKind::kInit:
        return media(snapshot, resource, resource.bytes);
      case hls::ResourceKind::kSegment:
      case hls::ResourceKind::kPart:
        return segment_or_part(snapshot, resource, query);
      case hls::ResourceKind::kHintedPart:
        return std::nullopt;
      case hls::ResourceKind::kNotFound:
        break;
    }
    return not_found(snapshot, query.path);
  }

  std::optional<http::Response> media_playlist(const hls::Snapshot& snapshot,
                                               PlaylistCache::Kind kind, std::size_t rendition,
                                               const Query& query) {
    const hls::Directives& directives = query.directives;
    switch (kind == PlaylistCache::Kind::kIFrame
                ? hls::decide_i_frames(snapshot, rendition, directives)
                : hls::decide(snapshot, rendition, directives)) {
      case hls::Decision::kWait:
        return std::nullopt;
      case hls::Decision::kTooFarAhead:
        ++metrics_.bad_requests;
        return with_live_edge(
            http::problem(400, "_HLS_msn or _HLS_part is further ahead than can be waited for"),
            snapshot, rendition);
      case hls::Decision::kReady:
        break;
    }
    ++metrics_.media_playlists;
    return with_live_edge(
        playlist(
            snapshot,
            {.kind = kind, .rendition = rendition, .form = directives.form, .gzipped = query.gzip},
            directives.msn ? CacheClass::kBlocking : CacheClass::kNewest),
        snapshot, rendition);
  }

  http::Response playlist(const hls::Snapshot& snapshot, const PlaylistCache::Key& key,
                          CacheClass cache_class) {
    Bytes bytes = playlists_.get(snapshot, key);
    metrics_.rendered_playlists = playlists_.rendered();
    metrics_.body_bytes += bytes->size();
    http::Response response{
        .status = 200,
        .content_type = kPlaylistType,
        .headers = {{"Cache-Control", cache_control(cache_class, snapshot.config)},
                    {"Vary", "Accept-Encoding"}},
        .body = std::move(bytes)};
    if (key.gzipped) response.headers.emplace_back("Content-Encoding", "gzip");
    // What each cache on the way adds to a playlist's age can be told from it, to the millisecond.
    if (cache_class == CacheClass::kBlocking) {
      response.headers.emplace_back("Spacecast-Published", published_);
    }
    return response;
  }

  std::optional<http::Response> segment_or_part(const hls::Snapshot& snapshot,
                                                const hls::Resource& resource, Query& query) {
    const auto source = media_.get(query.path, resource);
    count();
    if (std::holds_alternative<MediaSource::Arriving>(source)) {
      query.reading = true;
      return std::nullopt;
    }
    if (std::holds_alternative<MediaSource::Busy>(source)) {
      ++metrics_.turned_away;
      return http::unavailable("too much is being read from the disk already", kRetryAfter);
    }
    return media(snapshot, resource, std::get<Bytes>(source));
  }

  http::Response media(const hls::Snapshot& snapshot, const hls::Resource& resource, Bytes bytes) {
    const bool init = resource.kind == hls::ResourceKind::kInit;
    if (resource.kind == hls::ResourceKind::kSegment) ++metrics_.segments;
    if (resource.kind == hls::ResourceKind::kPart) ++metrics_.parts;
    if (init) ++metrics_.init_sections;
    metrics_.body_bytes += bytes->size();
    const bool video = snapshot.renditions[resource.rendition].info->kind == hls::MediaKind::kVideo;
    return {.status = 200,
            .content_type = !video ? "audio/mp4"
                            : init ? "video/mp4"
                                   : "video/iso.segment",
            .headers = {{"Cache-Control", cache_control(snapshot, resource)}},
            .body = std::move(bytes),
            .ranges = true};
  }

  http::Response not_found(const hls::Snapshot& snapshot, std::string_view path) {
    ++metrics_.not_found;
    auto response = http::problem(404, "nothing of that name is published");
    const auto rendition = rendition_of(snapshot, path);
    return rendition ? with_live_edge(std::move(response), snapshot, *rendition) : response;
  }

  http::Response with_live_edge(http::Response response, const hls::Snapshot& snapshot,
                                std::size_t rendition) {
    response.set_header(kLiveHeader, live_edges_.get(snapshot, rendition));
    return response;
  }

  // One pass with one snapshot: all who are answered in it get the same version.
  void answer_waiting() {
    if (waiters_.empty()) return;
    const auto snapshot = store_->snapshot();
    std::erase_if(waiters_, [&](Waiter& waiter) {
      if (waiter.responder.client_gone()) return true;
      if (waiter.query.reading) return false;
      auto response = answer(*snapshot, waiter.query);
      if (response) waiter.responder.respond(std::move(*response));
      return response.has_value();
    });
    count();
  }

  // From the disk, for all who wait for it.
  void on_arrival(const std::string& name, const Result<Bytes>& bytes) {
    ++(bytes ? metrics_.file_reads : metrics_.file_read_failures);
    if (bytes) metrics_.file_read_bytes += (*bytes)->size();
    const bool failed_before = std::exchange(reads_fail_, !bytes);
    if (!bytes && !failed_before && options_.on_read_error) options_.on_read_error(bytes.error());
    const auto snapshot = store_->snapshot();
    const hls::Resource resource = hls::resolve(*snapshot, name);
    std::erase_if(waiters_, [&](Waiter& waiter) {
      if (!waiter.query.reading || waiter.query.path != name) return false;
      waiter.responder.respond(arrived(*snapshot, name, resource, bytes));
      return true;
    });
    count();
  }

  http::Response arrived(const hls::Snapshot& snapshot, std::string_view path,
                         const hls::Resource& resource, const Result<Bytes>& bytes) {
    // Its time may have come while it was read.
    if (resource.kind == hls::ResourceKind::kNotFound) return not_found(snapshot, path);
    if (bytes) return media(snapshot, resource, *bytes);
    if (bytes.error().code == ErrorCode::kNotFound) return not_found(snapshot, path);
    ++metrics_.turned_away;
    return http::unavailable("the disk cannot be read", kRetryAfter);
  }

  void sweep() {
    const auto now = Clock::now();
    std::erase_if(waiters_, [&](Waiter& waiter) {
      if (waiter.responder.client_gone()) return true;
      if (now < waiter.deadline) return false;
      ++metrics_.timed_out;
      waiter.responder.respond(http::unavailable(
          waiter.query.reading ? "the disk did not answer for three target durations"
                               : "nothing new was published for three target durations",
          kRetryAfter));
      return true;
    });
    count();
  }

  void count() {
    metrics_.waiting = waiters_.size();
    metrics_.reading = media_.reading();
    metrics_.cached_bytes = media_.cached_bytes();
  }

  const std::shared_ptr<Loop> loop_;
  const std::shared_ptr<hls::Store> store_;
  const Options options_;
  hls::Store::Subscription changes_;
  Metrics metrics_;

  // On the loop.
  std::vector<Waiter> waiters_;
  PlaylistCache playlists_;
  LiveEdges live_edges_;
  MediaSource media_;
  bool reads_fail_ = false;  // The last one did.
  // When the newest snapshot came.
  std::string published_ = seconds_since_epoch(std::chrono::system_clock::now());
  Timer sweep_;
};

}  // namespace

std::shared_ptr<Origin> Origin::mount(http::Server& server, std::shared_ptr<hls::Store> store,
                                      const std::string& prefix, Options options) {
  auto origin = std::make_shared<StoreOrigin>(server.loop(), std::move(store), std::move(options));
  origin->start();
  server.add({.method = "GET",
              .pattern = prefix + "/{file...}",
              .handler = [origin](const http::Request& request, http::Responder responder) {
                origin->handle(request, std::move(responder));
              }});
  return origin;
}

}  // namespace spacecast::origin
