#include "app/worker_metrics.h"

#include <sys/resource.h>

#include <cstdint>
#include <string>
#include <utility>

namespace spacecast {
namespace {

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void add_stage(Metrics& metrics, const WorkerParts& parts) {
  const auto stage = parts.stage;
  metrics.add_gauge("spacecast_speakers", "Speakers on stage.",
                    [stage] { return static_cast<double>(stage->speakers.load()); });
  metrics.add_counter("spacecast_joins_total", "Offers that were answered.",
                      [stage] { return static_cast<double>(stage->joins.load()); });
  metrics.add_counter("spacecast_joins_refused_total", "Offers that were refused.",
                      [stage] { return static_cast<double>(stage->refused.load()); });
  metrics.add_counter(
      "spacecast_fingerprint_mismatches_total",
      "Peers whose certificate was not the offer's; nothing of theirs was used.",
      [stage] { return static_cast<double>(stage->fingerprint_mismatches.load()); });
  metrics.add_counter("spacecast_speakers_lost_total",
                      "Speakers removed for silence or because they never connected.",
                      [stage] { return static_cast<double>(stage->lost.load()); });
  const auto monitors = parts.monitors;
  metrics.add_gauge("spacecast_monitors", "Monitors that watch the program (WHEP).",
                    [monitors] { return static_cast<double>(monitors->now.load()); });
  metrics.add_counter("spacecast_monitor_joins_total", "Monitors' offers that were answered.",
                      [monitors] { return static_cast<double>(monitors->joins.load()); });
  metrics.add_counter("spacecast_monitor_joins_refused_total",
                      "Monitors' offers that were refused.",
                      [monitors] { return static_cast<double>(monitors->refused.load()); });
  metrics.add_counter("spacecast_monitors_lost_total",
                      "Monitors removed for silence or because they never connected.",
                      [monitors] { return static_cast<double>(monitors->lost.load()); });
  metrics.add_counter("spacecast_rejoins_total",
                      "Sessions that took the place of the same speaker's earlier one.",
                      [stage] { return static_cast<double>(stage->rejoins.load()); });
  metrics.add_counter("spacecast_teardowns_stuck_total",
                      "Speakers' pipelines that took longer than their deadline to stop.",
                      [teardown = parts.teardown] { return teardown->stuck(); });
}

void add_program(Metrics& metrics, const WorkerParts& parts) {
  metrics.add_counter("spacecast_program_skipped_pictures_total",
                      "Pictures left out because the machine was more than a second late.",
                      [losses = parts.losses] { return static_cast<double>(losses.pictures()); });
  metrics.add_counter(
      "spacecast_program_skipped_sound_ticks_total",
      "20 ms of sound left out, each because the machine was more than a second late.",
      [losses = parts.losses] { return static_cast<double>(losses.sound_ticks()); });
}

void add_origin(Metrics& metrics, const WorkerParts& parts) {
  using Counter = std::atomic<std::uint64_t> origin::Metrics::*;
  const auto counter = [&](const char* name, const char* help, Counter which) {
    metrics.add_counter(name, help, [origin = parts.origin, which] {
      return static_cast<double>((origin->metrics().*which).load());
    });
  };
  using M = origin::Metrics;
  counter("spacecast_origin_multivariant_playlists_total", "Multivariant playlists answered.",
          &M::multivariant_playlists);
  counter("spacecast_origin_media_playlists_total", "Media playlists answered.",
          &M::media_playlists);
  counter("spacecast_origin_init_sections_total", "Init sections answered.", &M::init_sections);
  counter("spacecast_origin_segments_total", "Segments answered.", &M::segments);
  counter("spacecast_origin_parts_total", "Parts answered.", &M::parts);
  counter("spacecast_origin_parked_total", "Requests that had to wait for what they asked for.",
          &M::parked);
  counter("spacecast_origin_not_found_total", "Requests answered with 404.", &M::not_found);
  counter("spacecast_origin_bad_requests_total", "Requests answered with 400.", &M::bad_requests);
  counter("spacecast_origin_timed_out_total", "Requests that waited three target durations: 503.",
          &M::timed_out);
  counter("spacecast_origin_turned_away_total",
          "Requests refused because too many wait or the disk does not follow: 503.",
          &M::turned_away);
  counter("spacecast_origin_not_a_cache_total", "Requests without the caches' secret: 403.",
          &M::not_a_cache);
  counter("spacecast_origin_body_bytes_total", "Bytes of bodies answered.", &M::body_bytes);
  counter("spacecast_origin_rendered_playlists_total", "Playlists rendered.",
          &M::rendered_playlists);
  counter("spacecast_origin_file_reads_total",
          "Pieces of files read for media that had left the memory.", &M::file_reads);
  counter("spacecast_origin_file_read_bytes_total", "Bytes of such media read.",
          &M::file_read_bytes);
  counter("spacecast_origin_file_read_failures_total",
          "Pieces of files that were gone, too short or unreadable.", &M::file_read_failures);
  const auto gauge = [&](const char* name, const char* help,
                         std::atomic<std::size_t> origin::Metrics::* which) {
    metrics.add_gauge(name, help, [origin = parts.origin, which] {
      return static_cast<double>((origin->metrics().*which).load());
    });
  };
  gauge("spacecast_origin_waiting", "Requests that wait now.", &M::waiting);
  gauge("spacecast_origin_reading", "Pieces of files that are being read now.", &M::reading);
  gauge("spacecast_origin_cached_bytes", "Bytes of media kept beside the store's.",
        &M::cached_bytes);
}

// Parts published and still answered, and what they weigh.
void add_store(Metrics& metrics, const WorkerParts& parts) {
  metrics.add_gauge("spacecast_store_bytes", "Bytes of media held in memory.",
                    [store = parts.store] {
                      std::size_t bytes = 0;
                      for (const auto& rendition : store->snapshot()->renditions) {
                        for (const auto& segment : rendition.segments) {
                          for (const auto& part : segment->parts) {
                            bytes += part.bytes ? part.bytes->size() : 0;
                          }
                        }
                      }
                      return static_cast<double>(bytes);
                    });
  metrics.add_counter(
      "spacecast_store_changes_total", "Changes published: parts and date ranges.",
      [store = parts.store] { return static_cast<double>(store->snapshot()->version); });
}

// The archive, or the rewind window's spool.
void add_recording(Metrics& metrics, const WorkerParts& parts) {
  const auto recording = parts.recording;
  metrics.add_counter("spacecast_archive_segments_total", "Segments written, of all renditions.",
                      [recording] { return static_cast<double>(recording->counts().written); });
  metrics.add_counter("spacecast_archive_missing_segments_total",
                      "Segments that left the memory before the disk took them.",
                      [recording] { return static_cast<double>(recording->counts().missing); });
  metrics.add_counter("spacecast_archive_bytes_total", "Bytes of media written.",
                      [recording] { return static_cast<double>(recording->counts().bytes); });
  metrics.add_gauge("spacecast_archive_failing", "1 while the disk refuses what is written.",
                    [recording] { return recording->counts().failing ? 1.0 : 0.0; });
}

}  // namespace

std::shared_ptr<const Metrics> worker_metrics(WorkerParts parts) {
  auto metrics = std::make_shared<Metrics>();
  add_stage(*metrics, parts);
  add_program(*metrics, parts);
  add_origin(*metrics, parts);
  add_store(*metrics, parts);
  add_recording(*metrics, parts);
  metrics->add_gauge("spacecast_http_pending", "Requests not answered yet on the public address.",
                     [&server = parts.server] { return static_cast<double>(server.pending()); });
  metrics->add_counter("process_cpu_seconds_total", "CPU time of the process.", cpu_seconds);
  return metrics;
}

}  // namespace spacecast
