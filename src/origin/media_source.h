// Where the bytes of segments and parts come from: the store's memory, or a disk once they have
// left it, with the last ones asked for kept ready.
//
// Names stand for the same bytes for ever, so they are the key. A name comes here only after the
// store has resolved it: what does not exist leaves nothing behind. Lives on the server's loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <variant>

#include "base/bytes.h"
#include "base/error.h"
#include "hls/reload.h"
#include "origin/file_reader.h"

namespace spacecast::origin {

// The bytes asked for last, up to a sum of sizes.
class MediaCache {
 public:
  explicit MediaCache(std::size_t capacity_bytes) : capacity_(capacity_bytes) {}

  // Null where it is not held.
  [[nodiscard]] Bytes find(const std::string& name);
  // What is larger than the whole cache is not kept.
  void put(std::string name, Bytes bytes);
  [[nodiscard]] std::size_t size_bytes() const { return size_; }

 private:
  struct Entry {
    std::string name;
    Bytes bytes;
  };
  const std::size_t capacity_;
  std::size_t size_ = 0;
  std::list<Entry> entries_;  // Newest first.
  std::unordered_map<std::string_view, std::list<Entry>::iterator>
      index_;  // Of the entries' names.
};

class MediaSource {
 public:
  struct Arriving {};  // on_arrival comes, in a later turn of the loop.
  struct Busy {};      // Too much is being read already.
  using Answer = std::variant<Bytes, Arriving, Busy>;
  // What was read, or why it cannot be (see FileReader).
  using OnArrival = std::function<void(const std::string& name, const Result<Bytes>& bytes)>;

  MediaSource(std::shared_ptr<Loop> loop, std::size_t cache_bytes, std::size_t max_reads,
              OnArrival on_arrival);

  // `resource` is what the store makes of `name`, a segment or a part. However many ask for a name,
  // it is read once.
  [[nodiscard]] Answer get(const std::string& name, const hls::Resource& resource);

  [[nodiscard]] std::size_t cached_bytes() const { return cache_.size_bytes(); }
  [[nodiscard]] std::size_t reading() const { return arriving_.size(); }

 private:
  MediaCache cache_;
  const OnArrival on_arrival_;
  std::unordered_set<std::string> arriving_;
  // Results may come after our end.
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  FileReader reader_;
};

}  // namespace spacecast::origin
