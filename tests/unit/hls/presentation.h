// A small presentation for the tests: video "v0" with parts of 1/3 s, audio "a0" with parts of 15
// and 16 AAC frames, segments of about 2 s, beginning at 2026-11-22T13:00:00Z.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "hls/store.h"

namespace spacecast::hls::test {

inline constexpr WallTime kWallStart =
    std::chrono::sys_days(std::chrono::November / 22 / 2026) + std::chrono::hours(13);

inline RenditionInfo video_info() {
  return {.name = "v0",
          .kind = MediaKind::kVideo,
          .codecs = "avc1.42c01f",
          .width = 1280,
          .height = 720,
          .frame_rate = 30,
          .bandwidth = 2'500'000,
          .average_bandwidth = 2'000'000};
}

inline RenditionInfo audio_info() {
  return {.name = "a0",
          .kind = MediaKind::kAudio,
          .codecs = "mp4a.40.2",
          .channels = 2,
          .bandwidth = 140'000,
          .average_bandwidth = 130'000};
}

// With an init section that says whose it is.
inline std::size_t add(Store& store, RenditionInfo info) {
  Bytes init = make_bytes(info.name + " init");
  return store.add_rendition(std::move(info), std::move(init)).value();
}

// Publishes part after part of one rendition, all of the same length.
class Publisher {
 public:
  Publisher(std::shared_ptr<Store> store, std::size_t rendition, MediaTime part, int parts)
      : store_(std::move(store)), rendition_(rendition), part_(part), parts_per_segment_(parts) {}

  // The bytes of a part say which it is. Of video, the first part of a segment starts with a
  // picture of four bytes that stands alone.
  void part(bool gap = false) {
    const auto snapshot = store_->snapshot();
    const PartId id = snapshot->next_part(rendition_);
    const bool video = snapshot->renditions[rendition_].info->kind == MediaKind::kVideo;
    Part part{.duration = part_, .independent = (!video || id.part == 0) && !gap, .gap = gap};
    if (!gap) part.bytes = make_bytes(std::to_string(id.msn) + "." + std::to_string(id.part) + ";");
    if (video && part.independent) part.i_frame_size = 4;
    const auto wall = kWallStart + std::chrono::duration_cast<WallTime::duration>(time_);
    const bool last = id.part + 1 == static_cast<std::size_t>(parts_per_segment_);
    store_->append_part(rendition_, std::move(part),
                        {.start = time_, .wall_start = wall, .discontinuity = cut_}, last);
    if (last) cut_ = false;
    time_ += part_;
  }
  // The next segment is the first of another encoder, with its own init section where there is one.
  void cut(std::string_view init = {}) {
    cut_ = true;
    if (!init.empty()) store_->set_init(rendition_, make_bytes(init));
  }
  void parts(int count) {
    for (int i = 0; i < count; ++i) part();
  }
  void segments(int count) { parts(count * parts_per_segment_); }

 private:
  std::shared_ptr<Store> store_;
  std::size_t rendition_;
  MediaTime part_;
  int parts_per_segment_;
  MediaTime time_{};
  bool cut_ = false;
};

struct Presentation {
  explicit Presentation(StoreConfig config = {}) : store(Store::create(config).value()) {
    add(*store, video_info());
    add(*store, audio_info());
  }
  // One part of each.
  void part() {
    video.part();
    audio.part();
  }
  void parts(int count) {
    for (int i = 0; i < count; ++i) part();
  }
  void segments(int count) { parts(6 * count); }
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const { return store->snapshot(); }

  std::shared_ptr<Store> store;
  Publisher video{store, 0, MediaTime(333'333'333), 6};
  Publisher audio{store, 1, MediaTime(16 * 1024 * 1'000'000'000LL / 48000), 6};
};

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = text.find('\n', begin);
    REQUIRE(end != std::string::npos);  // Every line is ended (§4.1).
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

}  // namespace spacecast::hls::test
