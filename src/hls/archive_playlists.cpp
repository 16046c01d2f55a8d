#include "hls/archive_playlists.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "hls/atomic_file.h"
#include "hls/chapters.h"
#include "hls/i_frame_playlist.h"
#include "hls/media_playlist.h"
#include "hls/names.h"

namespace spacecast::hls {

void ArchivePlaylists::forget() {
  listed_.clear();
  master_.clear();
}

Result<void> ArchivePlaylists::list(const Record& record, const StoreConfig& config,
                                    std::size_t rendition, std::uint64_t first_listed, bool ended) {
  for (std::size_t i = listed_.size(); i < record.renditions().size(); ++i) {
    listed_.push_back({.event = event_playlists(record, i)});
  }
  const auto complete = record.renditions()[rendition].complete();
  if (complete.empty()) return {};
  const std::uint64_t last = complete.back()->msn;
  Listed& listed = listed_[rendition];
  if (keep_ == Archive::Keep::kWindow) {
    if (listed.last == last && listed.first == first_listed && !ended) return {};
    if (auto written = write_window(record, config, rendition, first_listed, ended); !written) {
      return written;
    }
  } else {
    if (listed.last == last) return {};
    for (EventPlaylist& playlist : listed.event) {
      if (auto updated = playlist.update(record, config); !updated) return updated;
    }
  }
  listed.first = first_listed;
  listed.last = last;
  return {};
}

Result<void> ArchivePlaylists::write_window(const Record& record, const StoreConfig& config,
                                            std::size_t rendition, std::uint64_t first_listed,
                                            bool ended) {
  Snapshot snapshot = record.snapshot(config);
  snapshot.ended = ended;
  RenditionState& state = snapshot.renditions[rendition];
  const auto first = std::ranges::find_if(
      state.segments, [&](const auto& segment) { return segment->msn >= first_listed; });
  state.first_listed = static_cast<std::size_t>(first - state.segments.begin());
  constexpr auto kForm = MediaPlaylistForm::kSegmentsOnly;
  auto written = write_file_atomically(record.directory() / playlist_name(*state.info),
                                       {render_media_playlist(snapshot, rendition, kForm)});
  if (!written || state.info->kind != MediaKind::kVideo) return written;
  return write_file_atomically(record.directory() / i_frame_playlist_name(*state.info),
                               {render_i_frame_playlist(snapshot, rendition, kForm)});
}

std::vector<EventPlaylist> ArchivePlaylists::event_playlists(const Record& record,
                                                             std::size_t rendition) {
  const RenditionInfo& info = *record.renditions()[rendition].info;
  std::vector<EventPlaylist> playlists;
  playlists.emplace_back(record.directory() / playlist_name(info), render_media_playlist,
                         rendition);
  if (info.kind == MediaKind::kVideo) {
    playlists.emplace_back(record.directory() / i_frame_playlist_name(info),
                           render_i_frame_playlist, rendition);
  }
  return playlists;
}

Result<void> ArchivePlaylists::write_master(const Record& record, const std::string& text) {
  const bool startable = !listed_.empty() && std::ranges::all_of(listed_, [](const Listed& each) {
    return each.last.has_value();
  });
  if (!startable || text == master_) return {};
  auto written = write_file_atomically(record.directory() / kMultivariantName, {text});
  if (written) master_ = text;
  return written;
}

Result<void> ArchivePlaylists::finish(const Record& record, const StoreConfig& config,
                                      std::string master) {
  Snapshot whole = record.snapshot(config);
  whole.ended = true;
  for (Listed& listed : listed_) {
    if (!listed.last) continue;
    for (EventPlaylist& playlist : listed.event) {
      if (auto finished = playlist.finish(whole); !finished) return finished;
    }
  }
  if (const std::string chapters = render_chapters(whole); !chapters.empty()) {
    const std::filesystem::path path = record.directory() / kChaptersName;
    if (auto written = write_file_atomically(path, {chapters}); !written) return written;
    master += chapters_tag();
  }
  return write_master(record, master);
}

}  // namespace spacecast::hls
