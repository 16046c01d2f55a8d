// Goal: every line of every kind of playlist is there for a rule.
// Method: playlists of one made-up broadcast compared line by line with the files below golden/,
// where in front of each line stands the rule that it follows: a section of RFC 8216bis, or
// "authoring" and a clause of Apple's HLS Authoring Specification.
//
// The broadcast, in segments of two parts of a second: the encoder was started anew before segment
// 101 (which has left the playlist), 104 and 110, the last two times with another init section; a
// part of 107 and one of 111 are missing; Eve, who has left the playlist, spoke until 101, Ada
// until 103, Bob until 110, now Zoë does; a new init section is announced for 113.
#include <fstream>
#include <sstream>

#include "hls/i_frame_playlist.h"
#include "hls/media_playlist.h"
#include "hls/multivariant_playlist.h"
#include "presentation.h"

using namespace spacecast;
using namespace spacecast::hls;
using namespace spacecast::hls::test;
using namespace std::chrono_literals;
using Form = MediaPlaylistForm;

namespace {

constexpr std::string_view kSeparator = " | ";

void check_golden(const std::string& name, const std::string& text) {
  const auto lines = lines_of(text);
  std::ifstream file(std::string(GOLDEN_DIR) + "/" + name);
  REQUIRE(file.is_open());
  std::string golden;
  std::size_t i = 0;
  for (; std::getline(file, golden); ++i) {
    INFO(name << ":" << i + 1);
    const auto separator = golden.find(kSeparator);
    REQUIRE(separator != std::string::npos);
    CHECK(golden.find_first_not_of(' ') < separator);  // No line without a rule.
    REQUIRE(i < lines.size());
    CHECK(lines[i] == golden.substr(separator + kSeparator.size()));
  }
  CHECK(lines.size() == i);
}

struct Broadcast {
  Broadcast() {
    store->set_on_air("s0", "Eve", kWallStart);
    for (int msn = 100; msn <= 112; ++msn) {
      if (msn == 101) cut();
      if (msn == 104) cut("second init");
      if (msn == 110) cut("third init");
      if (msn == 101) store->set_on_air("s1", "Ada", kWallStart + 3s);
      if (msn == 103) store->set_on_air("s2", "Bob", kWallStart + 6500ms);
      if (msn == 110) store->set_on_air("s3", "Zoë \"Z\"", kWallStart + 20s);
      video.part();
      audio.part();
      video.part(/*gap=*/msn == 107 || msn == 111);
      audio.part();
    }
    store->set_init(0, make_bytes("fourth init"));
  }

  void cut(std::string_view init = {}) {
    video.cut(init);
    audio.cut(init);
  }

  std::shared_ptr<Store> store = [] {
    const StoreConfig config = {.part_target = 1s, .window_segments = 10, .first_msn = 100};
    auto made = Store::create(config).value();
    add(*made, video_info());
    add(*made, audio_info());
    return made;
  }();
  Publisher video{store, 0, 1s, 2};
  Publisher audio{store, 1, 1s, 2};
};

// What an archive has of it: every segment from the first one on, in files, but 105.
Snapshot archived(const Store& store) {
  Snapshot snapshot = *store.snapshot();
  for (RenditionState& state : snapshot.renditions) {
    state.first_listed = 0;
    for (auto& held : state.segments) {
      auto segment = std::make_shared<Segment>(*held);
      for (Part& part : segment->parts) part.bytes = nullptr;
      if (segment->msn != 105) segment->file = std::make_shared<const std::filesystem::path>("x");
      held = std::move(segment);
    }
  }
  return snapshot;
}

}  // namespace

TEST_CASE("golden: live") {
  const Broadcast b;
  check_golden("live.txt", render_media_playlist(*b.store->snapshot(), 0));
  check_golden("live_delta.txt", render_media_playlist(*b.store->snapshot(), 0, Form::kDelta));
  check_golden("live_delta_date_ranges.txt",
               render_media_playlist(*b.store->snapshot(), 0, Form::kDeltaWithDateRanges));
}

TEST_CASE("golden: live in the middle of a segment, with parts as they come") {
  Presentation p({.window_segments = 6, .first_msn = 26418});
  p.segments(7);
  p.parts(2);
  check_golden("live_in_progress.txt", render_media_playlist(*p.snapshot(), 0));
  check_golden("files.txt", render_media_playlist(*p.snapshot(), 0, Form::kSegmentsOnly));
}

TEST_CASE("golden: live I-frames") {
  const Broadcast b;
  check_golden("live_i_frames.txt", render_i_frame_playlist(*b.store->snapshot(), 0));
  check_golden("live_i_frames_delta.txt",
               render_i_frame_playlist(*b.store->snapshot(), 0, Form::kDelta));
}

TEST_CASE("golden: ended in the middle of a segment") {
  Broadcast b;
  b.video.part();
  b.audio.part();
  b.store->end();
  check_golden("ended.txt", render_media_playlist(*b.store->snapshot(), 1));
}

TEST_CASE("golden: an archive while it runs and at its end") {
  const Broadcast b;
  check_golden("archive_event.txt", render_media_playlist(archived(*b.store), 0, Form::kEvent));
  b.store->end();
  check_golden("archive_vod.txt", render_media_playlist(archived(*b.store), 0, Form::kEvent));
  check_golden("archive_vod_i_frames.txt",
               render_i_frame_playlist(archived(*b.store), 0, Form::kEvent));
}

TEST_CASE("golden: a ladder, and the sound alone") {
  const auto store = Store::create({}).value();
  add(*store, video_info());
  add(*store, {.name = "v1",
               .kind = MediaKind::kVideo,
               .codecs = "avc1.42c01e",
               .width = 640,
               .height = 360,
               .frame_rate = 30,
               .bandwidth = 800'001,
               .average_bandwidth = 600'000});
  add(*store, audio_info());
  check_golden("multivariant.txt", render_multivariant_playlist(*store->snapshot()));
}
