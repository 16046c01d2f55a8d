#include "origin/origin.h"

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "hls/reload.h"
#include "http/gzip.h"
#include "origin/cache_policy.h"
#include "origin/playlist_cache.h"

namespace spacecast::origin {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kSweepPeriod = std::chrono::milliseconds(100);
constexpr const char* kPlaylistType = "application/vnd.apple.mpegurl";

// A request, read once and asked again with each snapshot while it waits.
struct Query {
  std::string path;
  hls::Directives directives;
  bool gzip = false;
};

struct Waiter {
  Query query;
  http::Responder responder;
  Clock::time_point deadline;
};

http::Response unavailable(std::string_view detail) {
  http::Response response = http::problem(503, detail);
  response.set_header("Retry-After", "1");
  return response;
}

class StoreOrigin final : public Origin, public std::enable_shared_from_this<StoreOrigin> {
 public:
  StoreOrigin(std::shared_ptr<Loop> loop, std::shared_ptr<hls::Store> store, Options options)
      : loop_(std::move(loop)), store_(std::move(store)), options_(options) {}

  void start() {
    // The server owns us through its routes; what we hand out must not keep us beyond it.
    const auto self = weak_from_this();
    changes_ = store_->subscribe([self, loop = loop_](const hls::Store::SnapshotPtr&) {
      loop->post([self] {
        if (const auto alive = self.lock()) alive->answer_waiting();
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
    if (auto response = answer(*store_->snapshot(), query)) {
      responder.respond(std::move(*response));
    } else if (waiters_.size() >= options_.max_waiting) {
      ++metrics_.turned_away;
      responder.respond(unavailable("too many requests wait here already"));
    } else {
      ++metrics_.parked;
      const auto patience = std::chrono::seconds(3 * store_->snapshot()->config.target_duration_s);
      waiters_.push_back({.query = std::move(query),
                          .responder = std::move(responder),
                          .deadline = Clock::now() + patience});
      metrics_.waiting = waiters_.size();
    }
  }

  const Metrics& metrics() const override { return metrics_; }

 private:
  // Nothing where the answer is still to come.
  std::optional<http::Response> answer(const hls::Snapshot& snapshot, const Query& query) {
    const hls::Resource resource = hls::resolve(snapshot, query.path);
    const hls::StoreConfig& config = snapshot.config;
    switch (resource.kind) {
      case hls::ResourceKind::kMultivariantPlaylist:
        // A player that gets it asks for the media playlists at once.
        if (snapshot.renditions.empty() || !snapshot.playable()) return std::nullopt;
        ++metrics_.multivariant_playlists;
        return playlist(playlists_.multivariant(snapshot, query.gzip), query,
                        cache_control(CacheClass::kMultivariant, config));
      case hls::ResourceKind::kMediaPlaylist:
        return media_playlist(snapshot, resource.rendition, query);
      case hls::ResourceKind::kInit:
        ++metrics_.init_sections;
        return media(snapshot, resource.rendition, resource.bytes, CacheClass::kSegment, true);
      case hls::ResourceKind::kSegment:
        ++metrics_.segments;
        return media(snapshot, resource.rendition, segments_.get(resource.segment),
                     CacheClass::kSegment, false);
      case hls::ResourceKind::kPart:
        ++metrics_.parts;
        return media(snapshot, resource.rendition, resource.bytes, CacheClass::kPart, false);
      case hls::ResourceKind::kHintedPart:
        return std::nullopt;
      case hls::ResourceKind::kIFramePlaylist:
      case hls::ResourceKind::kNotFound:
        break;
    }
    ++metrics_.not_found;
    return http::problem(404, "nothing of that name is published");
  }

  std::optional<http::Response> media_playlist(const hls::Snapshot& snapshot, std::size_t rendition,
                                               const Query& query) {
    const hls::Directives& directives = query.directives;
    switch (hls::decide(snapshot, rendition, directives)) {
      case hls::Decision::kWait:
        return std::nullopt;
      case hls::Decision::kTooFarAhead:
        ++metrics_.bad_requests;
        return http::problem(400, "_HLS_msn or _HLS_part is further ahead than can be waited for");
      case hls::Decision::kReady:
        break;
    }
    ++metrics_.media_playlists;
    const CacheClass cache_class =
        directives.msn ? CacheClass::kBlockingPlaylist : CacheClass::kPlaylist;
    auto response = playlist(playlists_.media(snapshot, rendition, directives.form, query.gzip),
                             query, cache_control(cache_class, snapshot.config));
    metrics_.rendered_playlists = playlists_.rendered();
    return response;
  }

  http::Response playlist(Bytes bytes, const Query& query, std::string caching) {
    metrics_.body_bytes += bytes->size();
    http::Response response{
        .status = 200,
        .content_type = kPlaylistType,
        .headers = {{"Cache-Control", std::move(caching)}, {"Vary", "Accept-Encoding"}},
        .body = std::move(bytes)};
    if (query.gzip) response.headers.emplace_back("Content-Encoding", "gzip");
    return response;
  }

  http::Response media(const hls::Snapshot& snapshot, std::size_t rendition, Bytes bytes,
                       CacheClass cache_class, bool init) {
    metrics_.body_bytes += bytes->size();
    const bool video = snapshot.renditions[rendition].info->kind == hls::MediaKind::kVideo;
    return {.status = 200,
            .content_type = !video ? "audio/mp4"
                            : init ? "video/mp4"
                                   : "video/iso.segment",
            .headers = {{"Cache-Control", cache_control(cache_class, snapshot.config)}},
            .body = std::move(bytes),
            .ranges = true};
  }

  // One pass with one snapshot: all who are answered in it get the same version.
  void answer_waiting() {
    if (waiters_.empty()) return;
    const auto snapshot = store_->snapshot();
    std::erase_if(waiters_, [&](Waiter& waiter) {
      if (waiter.responder.client_gone()) return true;
      auto response = answer(*snapshot, waiter.query);
      if (response) waiter.responder.respond(std::move(*response));
      return response.has_value();
    });
    metrics_.waiting = waiters_.size();
  }

  void sweep() {
    const auto now = Clock::now();
    std::erase_if(waiters_, [&](Waiter& waiter) {
      if (waiter.responder.client_gone()) return true;
      if (now < waiter.deadline) return false;
      ++metrics_.timed_out;
      waiter.responder.respond(unavailable("nothing new was published for three target durations"));
      return true;
    });
    metrics_.waiting = waiters_.size();
  }

  const std::shared_ptr<Loop> loop_;
  const std::shared_ptr<hls::Store> store_;
  const Options options_;
  hls::Store::Subscription changes_;
  Metrics metrics_;

  // On the loop.
  std::vector<Waiter> waiters_;
  PlaylistCache playlists_;
  SegmentCache segments_;
  Timer sweep_;
};

}  // namespace

std::shared_ptr<Origin> Origin::mount(http::Server& server, std::shared_ptr<hls::Store> store,
                                      const std::string& prefix, Options options) {
  auto origin = std::make_shared<StoreOrigin>(server.loop(), std::move(store), options);
  origin->start();
  server.add({.method = "GET",
              .pattern = prefix + "/{file...}",
              .handler = [origin](const http::Request& request, http::Responder responder) {
                origin->handle(request, std::move(responder));
              }});
  return origin;
}

}  // namespace spacecast::origin
