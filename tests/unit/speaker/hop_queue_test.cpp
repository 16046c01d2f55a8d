// Goal: timestamped blocks of any size become the same hops; nonsense is bounded. Method: samples
// that carry their own position, pushed in ways that networks deliver them.
#include "speaker/hop_queue.h"

#include <catch2/catch.hpp>
#include <limits>
#include <numeric>

#include "speaker/decision.h"

using namespace spacecast;
using namespace spacecast::speaker;

namespace {

std::vector<float> ramp(std::size_t n) {
  std::vector<float> samples(n);
  for (std::size_t i = 0; i < n; ++i) samples[i] = static_cast<float>(i) / static_cast<float>(n);
  return samples;
}

MediaTime time_of(std::size_t sample, unsigned rate) {
  return MediaTime(static_cast<std::int64_t>(sample) * 1'000'000'000 / rate);
}

std::vector<std::vector<float>> take_all(HopQueue& queue, std::size_t hops) {
  std::vector<std::vector<float>> taken;
  for (std::size_t i = 0; i < hops; ++i) {
    const Hop hop = queue.take();
    taken.emplace_back(hop.samples.begin(), hop.samples.end());
  }
  return taken;
}

}  // namespace

TEST_CASE("blocks of any size make the same hops") {
  const unsigned rate = GENERATE(8'000U, 11'025U, 22'050U, 44'100U, 48'000U);
  const auto samples = ramp(rate);  // 1 s.
  HopQueue whole(0);
  whole.push(0ms, rate, samples);
  const auto expected = take_all(whole, 50);
  for (const std::size_t block :
       {std::size_t{1}, std::size_t{77}, std::size_t{480}, std::size_t{5000}}) {
    HopQueue queue(0);
    for (std::size_t at = 0; at < samples.size(); at += block) {
      const std::size_t n = std::min(block, samples.size() - at);
      queue.push(time_of(at, rate), rate, std::span(samples).subspan(at, n));
    }
    CHECK(take_all(queue, 50) == expected);
  }
  std::size_t total = 0;
  for (const auto& hop : expected) total += hop.size();
  CHECK(total == samples.size());
}

TEST_CASE("a lost packet leaves its gap, jitter of timestamps does not") {
  const auto packet = ramp(960);
  HopQueue queue(0);
  queue.push(0ms, 48'000, packet);
  queue.push(23ms, 48'000, packet);  // 3 ms off: continuous.
  queue.push(60ms, 48'000, packet);  // The one for 40 ms was lost.
  const auto hops = take_all(queue, 5);
  CHECK(hops[0].size() == 960);
  CHECK(hops[1].size() == 960);
  CHECK(hops[2].empty());
  CHECK(hops[3].size() == 960);
  CHECK(hops[4].empty());
}

TEST_CASE("what is sent twice counts once, what is late not at all") {
  const auto packet = ramp(960);
  HopQueue queue(0);
  queue.push(0ms, 48'000, packet);
  queue.push(0ms, 48'000, packet);
  CHECK(queue.take().samples.size() == 960);
  queue.push(0ms, 48'000, packet);
  queue.push(20ms, 48'000, packet);
  CHECK(queue.take().samples.size() == 960);
  CHECK(queue.take().samples.empty());
}

TEST_CASE("what is far ahead, before time or at no rate is dropped") {
  const auto packet = ramp(960);
  HopQueue queue(0);
  queue.push(24h, 48'000, packet);
  queue.push(MediaTime::max(), 48'000, packet);
  queue.push(MediaTime::min(), 48'000, packet);
  queue.push(-1ms, 48'000, packet);
  queue.push(0ms, 0, packet);
  queue.push(0ms, std::numeric_limits<unsigned>::max(), packet);
  for (int i = 0; i < 300; ++i) CHECK(queue.take().samples.empty());
  // And the timeline is as good as new.
  queue.push(6s, 48'000, packet);
  CHECK(queue.take().samples.size() == 960);
}

TEST_CASE("a block longer than the queue is cut to it") {
  const auto samples = ramp(8'000 * 60);
  HopQueue queue(0);
  queue.push(0ms, 8'000, samples);
  std::size_t total = 0;
  for (int i = 0; i < 1'000; ++i) total += queue.take().samples.size();
  CHECK(total == static_cast<std::size_t>(HopQueue::kMaxHops) * 160);
}

TEST_CASE("samples that are no numbers are zero, those beyond full scale are full scale") {
  const std::vector<float> samples{std::numeric_limits<float>::quiet_NaN(),
                                   std::numeric_limits<float>::infinity(), 1e30F, -7.0F, 0.5F};
  HopQueue queue(0);
  queue.push(0ms, 48'000, samples);
  const Hop hop = queue.take();
  CHECK(std::vector(hop.samples.begin(), hop.samples.end()) ==
        std::vector<float>{0.0F, 0.0F, 1.0F, -1.0F, 0.5F});
}

TEST_CASE("a change of rate within a hop keeps the newer part") {
  HopQueue queue(0);
  queue.push(0ms, 48'000, ramp(480));
  queue.push(10ms, 16'000, ramp(160));
  const Hop hop = queue.take();
  CHECK(hop.rate == 16'000);
  CHECK(hop.samples.size() == 160);
}
