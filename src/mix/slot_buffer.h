// The sound of one speaker on the mixer's grid. Blocks come in with timestamps, in any size; ticks
// are taken out one after the other, whether or not sound came for them. Memory is bounded: at most
// two seconds wait. Not thread-safe.
//
// Where a sample is heard is decided by its timestamp alone, so that sound and picture stay
// together. Timestamps within 8 ms of where the sample count says are continuous: the difference is
// taken up by reading the source a little faster or slower (DriftControl), without a seam. Beyond
// that there was a gap or a jump, and the timestamp wins. What comes for a time that has been taken
// out, or that has sound already, is dropped; so is what lies more than two seconds ahead. A block
// for a time before all of a stretch that waits takes that stretch's place.
//
// No sound begins or ends abruptly, whatever the reason: the buffer looks 5 ms ahead and fades
// towards every edge that it sees.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "base/media_time.h"
#include "mix/drift_control.h"
#include "mix/grid.h"

namespace spacecast::mix {

class SlotBuffer {
 public:
  static constexpr std::int64_t kCapacity = 2 * kRate;
  // Shorter than the shortest packet that browsers send, so that a lost one leaves its gap; longer
  // than the jitter that a jitter buffer leaves in its timestamps.
  static constexpr double kTolerance = 0.008 * kRate;

  // The first frame that will be read.
  explicit SlotBuffer(std::int64_t first);

  // What is not a number counts as silence, what is beyond 18 dB above full scale as that. Ignored:
  // times before 0 and after ten years.
  void push(MediaTime start, std::span<const Frame> frames);
  // The source begins anew or goes: what it sent fades out.
  void cut();
  // Takes the frames of the grid from `from` on, silence where nothing came. Never goes back; what
  // lies before `from` is dropped. False where all of it is silence.
  bool read(std::int64_t from, std::span<Frame> out);

  // Nothing waits.
  [[nodiscard]] bool empty() const { return runs_.empty(); }
  // How many frames came too late for their tick.
  [[nodiscard]] std::uint64_t late() const { return late_; }
  // How many stretches of sound without a seam there were.
  [[nodiscard]] std::uint64_t stretches() const { return stretches_; }
  // By how much the source's clock is faster than the grid's.
  [[nodiscard]] double drift_ppm() const { return drift_.drift() * 1e6; }

 private:
  // A stretch of sound without a seam, [begin, end) on the grid.
  struct Run {
    std::int64_t begin = 0;
    std::int64_t end = 0;
  };
  static constexpr std::size_t kMaxRuns = 64;

  void begin_run(std::int64_t at, double fraction);
  void append(std::span<const Frame> frames);
  void interpolate();
  void skip(std::int64_t frames);
  [[nodiscard]] bool put(Frame frame);
  [[nodiscard]] Frame& ring_at(std::int64_t index) {
    return ring_[static_cast<std::size_t>(index % kCapacity)];
  }
  void read_run(const Run& run, std::int64_t from, std::span<Frame> out);

  std::vector<Frame> ring_;
  std::deque<Run> runs_;  // In order, without overlaps; the last one may grow.
  std::int64_t read_;
  float gain_ = 0;  // Of the fade at read_; linear, before fade_shape().

  // The source: the samples that the next frames are made of, left and right.
  std::array<std::vector<float>, 2> source_;
  double position_ = 0;       // In source_, of the grid's frame next_.
  std::int64_t next_ = 0;     // The next frame to be written.
  std::int64_t stretch_ = 0;  // Where the source began, or went on after a jump.
  bool running_ = false;      // False: the next block begins a run.
  bool joined_ = false;       // The next frame continues the last run.
  DriftControl drift_;

  std::uint64_t late_ = 0;
  std::uint64_t stretches_ = 0;
};

}  // namespace spacecast::mix
