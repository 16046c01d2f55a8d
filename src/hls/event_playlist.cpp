#include "hls/event_playlist.h"

#include <cassert>

#include "hls/append_file.h"
#include "hls/atomic_file.h"

namespace spacecast::hls {
namespace {

constexpr std::uint64_t kPage = 4096;

// Lines that say nothing, as long as is left of the page, where `size` bytes do not fit into it.
std::string padding(std::uint64_t offset, std::size_t size) {
  const std::uint64_t left = kPage - offset % kPage;
  if (size <= left || size > kPage) return {};
  return std::string(left - 1, '#') + '\n';
}

}  // namespace

Result<void> EventPlaylist::update(const Record& record, const StoreConfig& config) {
  const auto complete = record.renditions()[rendition_].complete();
  if (complete.empty()) return {};
  if (listed_ == 0) return rewrite(record, config);
  while (listed_ < complete.size()) {
    if (auto listed = list_segment(record, config); !listed) return listed;
  }
  return list_ranges(record, config);
}

Result<void> EventPlaylist::finish(const Snapshot& ended) {
  return write_file_atomically(path_, {render_(ended, rendition_, MediaPlaylistForm::kEvent)});
}

std::string EventPlaylist::text(const Record& record, const StoreConfig& config,
                                const Listed& listed) const {
  const Record::Rendition& rendition = record.renditions()[rendition_];
  Snapshot snapshot{.config = config, .date_ranges = listed.ranges};
  snapshot.renditions.push_back({.info = rendition.info,
                                 .segments = {listed.segments.begin(), listed.segments.end()},
                                 .init = rendition.inits.back()});
  return render_(snapshot, 0, MediaPlaylistForm::kEvent);
}

Result<void> EventPlaylist::rewrite(const Record& record, const StoreConfig& config) {
  const auto complete = record.renditions()[rendition_].complete();
  const std::string whole = text(record, config, {complete, record.date_ranges()});
  if (auto written = write_file_atomically(path_, {whole}); !written) return written;
  size_ = whole.size();
  listed_ = complete.size();
  note_ranges(record.date_ranges());
  return {};
}

// As nothing that is listed changes, what is new is what the text of a short presentation gets
// longer by.
Result<void> EventPlaylist::grow(std::string_view before, std::string_view after) {
  assert(after.starts_with(before));
  const std::string_view more = after.substr(before.size());
  if (more.empty()) return {};
  const std::string bytes = padding(size_, more.size()).append(more);
  if (auto appended = append_to_file(path_, size_, bytes); !appended) return appended;
  size_ += bytes.size();
  return {};
}

Result<void> EventPlaylist::list_segment(const Record& record, const StoreConfig& config) {
  const auto two = record.renditions()[rendition_].complete().subspan(listed_ - 1, 2);
  auto grown = grow(text(record, config, {two.first(1), {}}), text(record, config, {two, {}}));
  if (grown) ++listed_;
  return grown;
}

Result<void> EventPlaylist::list_ranges(const Record& record, const StoreConfig& config) {
  const auto& ranges = record.date_ranges();
  const auto one = record.renditions()[rendition_].complete().last(1);
  Listed before{one, {}}, after{one, {}};
  // The last one listed may have got its end.
  if (ranges_ > 0) {
    before.ranges = {ranges[ranges_ - 1]};
    if (last_range_is_open_) before.ranges.front().end.reset();
  }
  after.ranges.assign(ranges.begin() + static_cast<std::ptrdiff_t>(ranges_ - before.ranges.size()),
                      ranges.end());
  auto grown = grow(text(record, config, before), text(record, config, after));
  if (grown) note_ranges(ranges);
  return grown;
}

void EventPlaylist::note_ranges(const std::vector<DateRange>& ranges) {
  ranges_ = ranges.size();
  last_range_is_open_ = !ranges.empty() && !ranges.back().end;
}

}  // namespace spacecast::hls
