#include "origin/media_source.h"

#include <utility>

namespace spacecast::origin {

Bytes MediaCache::find(const std::string& name) {
  const auto found = index_.find(name);
  if (found == index_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->bytes;
}

void MediaCache::put(std::string name, Bytes bytes) {
  if (bytes->size() > capacity_ || index_.contains(name)) return;
  size_ += bytes->size();
  entries_.push_front({std::move(name), std::move(bytes)});
  index_.emplace(entries_.front().name, entries_.begin());
  while (size_ > capacity_) {
    size_ -= entries_.back().bytes->size();
    index_.erase(entries_.back().name);
    entries_.pop_back();
  }
}

MediaSource::MediaSource(std::shared_ptr<Loop> loop, std::size_t cache_bytes, std::size_t max_reads,
                         OnArrival on_arrival)
    : cache_(cache_bytes),
      on_arrival_(std::move(on_arrival)),
      reader_(std::move(loop), max_reads) {}

MediaSource::Answer MediaSource::get(const std::string& name, const hls::Resource& resource) {
  if (resource.bytes) return resource.bytes;
  if (Bytes cached = cache_.find(name)) return cached;
  if (!resource.range.file) {
    Bytes whole = hls::segment_bytes(*resource.segment);
    cache_.put(name, whole);
    return whole;
  }
  if (arriving_.contains(name)) return Arriving{};
  const bool taken = reader_.read(resource.range,
                                  [this, alive = std::weak_ptr(alive_), name](Result<Bytes> bytes) {
                                    if (alive.expired()) return;
                                    arriving_.erase(name);
                                    if (bytes) cache_.put(name, *bytes);
                                    on_arrival_(name, bytes);
                                  });
  if (!taken) return Busy{};
  arriving_.insert(name);
  return Arriving{};
}

}  // namespace spacecast::origin
