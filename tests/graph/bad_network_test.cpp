// Goal: a speaker's bad network is heard in their own sound only, and little: loss and jitter on
// the way in leave the others whole and the program's parts regular; loss on the way back takes the
// picture, so that the sound has room. Method: three simulated speakers with a tone each on a real
// Space and program; the packets of one go through a relay that loses and delays them. The whole
// mix is taken as monitors get it and looked through for gaps in each tone. Shares are printed,
// since what concealment makes of a loss is the codec's to know.
#include <cstdio>

#include "tests/graph/space_rig.h"

using namespace spacecast;
using namespace std::chrono_literals;
using test::BadWay;
using test::SpaceRig;

namespace {

const bool initialised = (gst_init(nullptr, nullptr), true);

constexpr auto kWatch = 8s;
// Octaves: windows of 40 ms do not take one for another.
constexpr double kBad = 220, kGood = 440, kOther = 880;
// A decoder that begins in the middle takes a few packets to be in tune.
constexpr std::ptrdiff_t kDecoderStart = 4800;

// Media of the first picture that are published.
MediaTime published(const hls::Store& store) {
  const auto snapshot = store.snapshot();
  const auto& segments = snapshot->renditions.at(0).segments;
  return segments.empty() ? MediaTime::zero() : segments.back()->end();
}

}  // namespace

TEST_CASE("loss and jitter of one are the others' no concern") {
  SpaceRig rig;
  BadWay way;
  const auto bad = rig.bring({.name = "Bad", .tone = kBad, .way = &way});
  const auto good = rig.bring({.name = "Good", .tone = kGood});
  const auto other = rig.bring({.name = "Other", .tone = kOther});
  REQUIRE(rig.until([&] { return bad->on_stage() && good->on_stage() && other->on_stage(); }));
  const auto listener = std::make_shared<test::Listener>();
  const auto listening = rig.program->monitor(listener);
  rig.run_for(2s);  // Until everybody has faded in.

  for (const double loss : {0.0, 0.02, 0.05, 0.10}) {
    way.set(loss, loss > 0 ? 50ms : 0ms);
    rig.run_for(1s);
    listener->take();
    const auto passed = way.passed();
    const auto lost = way.lost();
    const auto before = published(*rig.store);
    rig.run_for(kWatch);
    const auto packets = listener->take();
    const auto after = published(*rig.store);
    const double share = static_cast<double>(way.lost() - lost) /
                         static_cast<double>(way.lost() - lost + way.passed() - passed);

    for (std::size_t i = 1; i < packets.size(); ++i) {
      const auto step = GST_BUFFER_PTS(gst_sample_get_buffer(packets[i].get())) -
                        GST_BUFFER_PTS(gst_sample_get_buffer(packets[i - 1].get()));
      CHECK(step == 20 * GST_MSECOND);
    }
    auto sound = test::decode(packets);
    sound.erase(sound.begin(), sound.begin() + kDecoderStart);
    const auto heard = test::levels(sound, kBad);
    const auto gaps = test::dropouts(heard);
    const double gap_share = gaps / static_cast<double>(heard.size());
    std::printf(
        "loss %4.1f %% (%4.1f %% of all packets), jitter %d ms: sound gone in %4.1f %% of "
        "the time\n",
        loss * 100, share * 100, loss > 0 ? 50 : 0, gap_share * 100);
    CHECK(test::dropouts(test::levels(sound, kGood)) == 0);
    CHECK(test::dropouts(test::levels(sound, kOther)) == 0);
    // A packet is 20 ms: what is lost alone is concealed.
    CHECK(gap_share <= loss);
    CHECK(rig.entry((*bad->joined)->id)->connection == studio::Connection::kConnected);
    // The last part is on its way.
    CHECK(after - before >= kWatch - 1s);
  }
  for (const auto& rendition : rig.store->snapshot()->renditions) {
    for (const auto& segment : rendition.segments) CHECK_FALSE(segment->gap());
  }
}

TEST_CASE("who loses much of what comes back is sent the sound alone for a while") {
  constexpr auto kStill = 2s;
  const auto camera = test::record_clip(
      "videotestsrc num-buffers=15 ! video/x-raw,format=I420,width=160,height=90,framerate=15/1 "
      "! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 "
      "! video/x-h264,profile=constrained-baseline ! h264parse config-interval=-1 "
      "! video/x-h264,stream-format=byte-stream,alignment=au ! appsink name=out sync=false",
      {});
  REQUIRE(camera);
  SpaceRig rig;
  BadWay way;
  const auto bad =
      rig.bring({.name = "Bad", .tone = kBad, .video = camera, .receive = true, .way = &way});
  const auto good = rig.bring({.name = "Good", .tone = kGood, .video = camera, .receive = true});
  REQUIRE(rig.until([&] { return bad->on_stage() && good->on_stage(); }));
  const auto pictures = [](const auto& guest) {
    return guest->speaker->report().video_received.packets;
  };
  const auto sounds = [](const auto& guest) {
    return guest->speaker->report().audio_received.packets;
  };
  REQUIRE(rig.until([&] { return pictures(bad) > 20 && pictures(good) > 20; }));

  way.set_back(0.4);
  auto seen = pictures(bad), others = pictures(good), heard = sounds(bad);
  auto since = std::chrono::steady_clock::now();
  const auto still = [&] {
    const auto now = std::chrono::steady_clock::now();
    if (pictures(bad) != seen) {
      seen = pictures(bad);
      others = pictures(good);
      heard = sounds(bad);
      since = now;
    }
    return now - since >= kStill;
  };
  REQUIRE(rig.until(still, 60s));
  CHECK(sounds(bad) > heard + 20);
  CHECK(pictures(good) > others + 20);

  way.set_back(0);
  REQUIRE(rig.until([&] { return pictures(bad) > seen + 20; }, 60s));
}
