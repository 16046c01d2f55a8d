// A presentation that grows on command, served by the worker's own origin: what `scripts/bench
// origin` measures. Prints "port P", then reads commands from stdin:
//
//   next       prints "MSN PART", the video part that comes next
//   publish N  publishes one part of each rendition as soon as N requests wait, and prints the
//              CLOCK_MONOTONIC nanoseconds of the moment before it
#include <chrono>
#include <cstdint>
#include <iostream>
#include <random>
#include <string>
#include <thread>

#include "hls/store.h"
#include "http/server.h"
#include "origin/origin.h"

using namespace spacecast;

namespace {

constexpr int kPartsPerSegment = 6;
constexpr int kSegmentsAtStart = 10;
// A third of a second at 2 Mbit/s and at 128 kbit/s.
constexpr std::size_t kVideoPartBytes = 83'333;
constexpr std::size_t kAudioPartBytes = 5'333;
constexpr auto kPartDuration = MediaTime(333'333'333);
constexpr auto kPatience = std::chrono::seconds(15);

std::int64_t now_ns() {
  // libstdc++'s steady clock is CLOCK_MONOTONIC, which all processes share.
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

class Writer {
 public:
  explicit Writer(hls::Store& store) : store_(store) {
    add({.name = "v0",
         .kind = hls::MediaKind::kVideo,
         .codecs = "avc1.42c01f",
         .width = 1280,
         .height = 720,
         .frame_rate = 30,
         .bandwidth = 2'500'000,
         .average_bandwidth = 2'000'000});
    add({.name = "a0",
         .kind = hls::MediaKind::kAudio,
         .codecs = "mp4a.40.2",
         .channels = 2,
         .bandwidth = 140'000,
         .average_bandwidth = 130'000});
    for (int part = 0; part < kSegmentsAtStart * kPartsPerSegment; ++part) {
      prepare();
      publish();
    }
  }

  // The encoders' work, which is not the origin's.
  void prepare() {
    video_ = random_bytes(kVideoPartBytes);
    audio_ = random_bytes(kAudioPartBytes);
  }

  void publish() {
    append(0, video_);
    append(1, audio_);
    time_ += kPartDuration;
  }

 private:
  void add(hls::RenditionInfo info) {
    if (!store_.add_rendition(std::move(info), make_bytes("init"))) std::abort();
  }

  Bytes random_bytes(std::size_t size) {
    ByteVector bytes(size);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random_());
    return make_bytes(std::move(bytes));
  }

  void append(std::size_t rendition, const Bytes& bytes) {
    const auto part = store_.snapshot()->next_part(rendition).part;
    const auto wall = start_ + std::chrono::duration_cast<WallTime::duration>(time_);
    store_.append_part(
        rendition,
        {.duration = kPartDuration, .independent = rendition == 1 || part % 3 == 0, .bytes = bytes},
        {.start = time_, .wall_start = wall}, part + 1 == kPartsPerSegment);
  }

  hls::Store& store_;
  std::minstd_rand random_;
  Bytes video_, audio_;
  MediaTime time_{};
  const WallTime start_ = std::chrono::system_clock::now();
};

int fail(const std::string& why) {
  std::cerr << "origin_host: " << why << "\n";
  return 1;
}

}  // namespace

int main() {
  const auto store = hls::Store::create({}).value();
  Writer writer(*store);
  auto server = http::Server::create({});
  if (!server) return fail(server.error().message);
  const auto origin = origin::Origin::mount(**server, store, "/hls", {.max_waiting = 10'000});
  (*server)->start();
  std::cout << "port " << (*server)->port() << std::endl;

  std::string command;
  while (std::cin >> command) {
    if (command == "next") {
      const auto next = store->snapshot()->next_part(0);
      std::cout << next.msn << " " << next.part << std::endl;
    } else if (command == "publish") {
      std::size_t count = 0;
      std::cin >> count;
      const auto deadline = std::chrono::steady_clock::now() + kPatience;
      while (origin->metrics().waiting != count) {
        if (std::chrono::steady_clock::now() > deadline) {
          return fail("only " + std::to_string(origin->metrics().waiting) + " requests wait");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
      writer.prepare();
      const auto begin = now_ns();
      writer.publish();
      std::cout << begin << std::endl;
    } else {
      return fail("unknown command " + command);
    }
  }
  return 0;
}
