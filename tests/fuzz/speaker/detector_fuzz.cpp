// Whatever samples and times come, the detector keeps its word: decisions in order, cuts that never
// go back and lie within look-ahead, and the same again for the same input. The input is a script
// of commands; floats are taken bit by bit, so NaN and infinities come by themselves.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "speaker/detector.h"

using namespace spacecast;
using namespace spacecast::speaker;

namespace {

class Input {
 public:
  explicit Input(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  template <typename T>
  T take() {
    T value{};
    const std::size_t n = std::min(sizeof value, bytes_.size());
    if (n > 0) std::memcpy(&value, bytes_.data(), n);
    bytes_ = bytes_.subspan(n);
    return value;
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr MediaTime kLookahead = 400ms;

std::vector<Decision> run(std::span<const std::uint8_t> bytes) {
  Input input(bytes);
  Detector detector({.lookahead = kLookahead});
  std::vector<Decision> all;
  MediaTime now{};
  for (int step = 0; step < 200 && !input.empty(); ++step) {
    const auto command = input.take<std::uint8_t>();
    const SpeakerId id = command >> 4U & 3U;
    switch (command & 3U) {
      case 0:
        detector.add(id);
        break;
      case 1:
        detector.remove(id);
        break;
      case 2: {
        // A pattern of a few samples, repeated: a fuzzer finds a voice sooner that way.
        const auto start = (command & 4U)
                               ? MediaTime(input.take<std::int64_t>())
                               : now + std::chrono::milliseconds(input.take<std::int8_t>());
        const unsigned rate = (command & 8U) ? input.take<std::uint32_t>() : 8'000;
        std::vector<float> samples(input.take<std::uint16_t>() % 8'000U);
        float pattern[4];
        for (float& value : pattern) value = input.take<float>();
        const std::size_t period = 1 + input.take<std::uint8_t>();
        for (std::size_t i = 0; i < samples.size(); ++i) {
          samples[i] = pattern[i % period * 4 / period];
        }
        detector.push(id, start, rate, samples);
        break;
      }
      default:
        now = (command & 4U)
                  ? MediaTime(input.take<std::int64_t>() % (std::int64_t{1} << 60U))
                  : now + std::chrono::milliseconds(input.take<std::uint16_t>() % 3'000U);
        for (const Decision& decision : detector.advance(now)) all.push_back(decision);
        break;
    }
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto decisions = run({data, size});
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    const Decision& decision = decisions[i];
    require(decision.cut <= decision.decided);
    require(decision.cut >= decision.decided - kLookahead);
    require(decision.onset <= decision.decided);
    if (i == 0) continue;
    require(decision.cut >= decisions[i - 1].cut);
    require(decision.decided >= decisions[i - 1].decided);
  }
  require(run({data, size}) == decisions);
  return 0;
}
