// What painting one picture of the program costs, in milliseconds of CPU time and as a share of
// what x264enc takes for the same picture (veryfast, as in program.launch). Usage: bench_painter
// [PICTURES]
#include <gst/gst.h>
#include <gst/video/video.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <map>
#include <string>

#include "plugins/activespeaker/painter.h"

namespace {

using namespace spacecast;
using layout::Scene;
using layout::Tile;

constexpr int kWidth = 1280;
constexpr int kHeight = 720;

double cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

// For each of `pictures`, after a few that fill the caches.
double measure(int pictures, const std::function<void(int)>& work) {
  for (int i = 0; i < 5; ++i) work(i);
  const double begin = cpu_ms();
  for (int i = 0; i < pictures; ++i) work(i);
  return (cpu_ms() - begin) / pictures;
}

Frame grey_ramp(int width, int height) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_I420, static_cast<guint>(width),
                            static_cast<guint>(height));
  Ref<GstBuffer> buffer = adopt(gst_buffer_new_allocate(nullptr, info.size, nullptr));
  for (gsize at = 0; at < info.size; at += 64)
    gst_buffer_memset(buffer.get(), at, static_cast<guint8>(16 + at / 997 % 200),
                      std::min<gsize>(64, info.size - at));
  return {buffer, adopt(gst_video_info_to_caps(&info)), 0};
}

double run_ms(const std::string& description) {
  const Ref<GstElement> pipeline(gst_parse_launch(description.c_str(), nullptr));
  if (!pipeline) return 0;
  const double begin = cpu_ms();
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  const Ref<GstBus> bus = adopt(gst_element_get_bus(pipeline.get()));
  const Ref<GstMessage> end = adopt(
      gst_bus_timed_pop_filtered(bus.get(), GST_CLOCK_TIME_NONE,
                                 static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  return cpu_ms() - begin;
}

double encoder_ms(int pictures) {
  const std::string source =
      "videotestsrc pattern=zone-plate kx2=20 ky2=20 kt=1 num-buffers=" + std::to_string(pictures) +
      " ! video/x-raw,format=I420,width=1280,height=720,framerate=30/1 ! ";
  return (run_ms(source + "x264enc tune=zerolatency speed-preset=veryfast bitrate=2000 "
                          "vbv-buf-capacity=1000 key-int-max=30 bframes=0 ! fakesink") -
          run_ms(source + "fakesink")) /
         pictures;
}

Scene gallery(unsigned people, unsigned columns, bool moving, int picture) {
  Scene scene;
  const unsigned rows = (people + columns - 1) / columns;
  for (unsigned i = 0; i < people; ++i) {
    Tile tile{.slot = i, .label = Tile::Label::kTag, .lit = i == 0, .level = 0.5};
    const double side = (moving ? 0.85 + 0.01 * (picture % 8) : 0.95);
    tile.place = {(i % columns) / static_cast<double>(columns),
                  (i / columns) / static_cast<double>(rows), side / columns, side / rows};
    scene.push_back(tile);
  }
  return scene;
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(nullptr, nullptr);
  const int pictures = argc > 1 ? std::max(1, std::atoi(argv[1])) : 200;
  GstVideoInfo canvas;
  gst_video_info_set_format(&canvas, GST_VIDEO_FORMAT_I420, kWidth, kHeight);
  Painter painter;
  if (!painter.set_canvas(canvas)) return 1;

  const Frame full = grey_ramp(kWidth, kHeight);
  const Frame small = grey_ramp(640, 360);
  const Frame upright = grey_ramp(kHeight, kWidth);
  const Frame* camera = nullptr;
  const Painter::Source source{
      .picture = [&](unsigned, Tile::Content) { return camera; },
      .name = [](unsigned slot) { return "Speaker " + std::to_string(slot); }};

  const double encoder = encoder_ms(pictures);
  std::printf("%-34s %8.3f ms\n", "x264enc veryfast", encoder);
  const auto report = [&](const char* what, const Frame* shown,
                          const std::function<Scene(int)>& make) {
    camera = shown;
    const double ms = measure(pictures, [&](int i) { (void)painter.paint(make(i), source); });
    std::printf("%-34s %8.3f ms  %5.1f %% of x264enc\n", what, ms, 100 * ms / encoder);
  };
  const Tile whole{.slot = 0};
  const Tile named{.slot = 0, .label = Tile::Label::kLowerThird};
  const Tile card{.slot = 0, .content = Tile::Content::kCard, .level = 0.6};
  report("passed through", &full, [&](int) { return Scene{whole}; });
  report("with a name", &full, [&](int) { return Scene{named}; });
  report("640x360 enlarged", &small, [&](int) { return Scene{whole}; });
  report("upright, over its backdrop", &upright, [&](int) { return Scene{whole}; });
  report("a card with its ring", nullptr, [&](int) { return Scene{card}; });
  report("gallery of 9 cameras, 640x360", &small, [](int i) { return gallery(9, 3, false, i); });
  report("gallery of 13 cameras, 640x360", &small, [](int i) { return gallery(13, 4, false, i); });
  report("gallery of 13 cards", nullptr, [](int i) { return gallery(13, 4, false, i); });
  report("gallery of 13 cameras, moving", &small, [](int i) { return gallery(13, 4, true, i); });
  report("gallery of 13 cards, moving", nullptr, [](int i) { return gallery(13, 4, true, i); });
  return 0;
}
