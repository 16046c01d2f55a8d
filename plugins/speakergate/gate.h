// What `speakergate` decides, one encoded picture at a time. A gate that has lost pictures lets
// nothing through until a keyframe comes, and asks for one: at once when it is opened, and again
// for every kAskAgain of pictures that go by in vain. Time is the pictures' own, so the same stream
// gives the same decisions. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "base/media_time.h"
#include "base/mutex.h"

namespace spacecast {

class Gate {
 public:
  static constexpr MediaTime kAskAgain = std::chrono::seconds(1);

  struct Decision {
    bool pass = false;
    bool ask = false;   // A keyframe is to be asked for.
    bool ends = false;  // The first picture that is missing after some that passed.
    bool operator==(const Decision&) const = default;
  };
  struct Counts {
    std::uint64_t passed = 0;
    std::uint64_t dropped = 0;
  };

  // True: a keyframe is to be asked for. A gate that is opened before it has lost anything goes on
  // as if it had not been closed.
  [[nodiscard]] bool set_open(bool open);
  [[nodiscard]] bool is_open() const;

  // A picture without a time never makes the gate ask again.
  [[nodiscard]] Decision judge(bool keyframe, std::optional<MediaTime> time);
  // The stream begins anew: with a keyframe, or not yet.
  void restart();

  [[nodiscard]] Counts counts() const;

 private:
  void forget_requests() SPACECAST_REQUIRES(mutex_);
  [[nodiscard]] bool ask_again(std::optional<MediaTime> time) SPACECAST_REQUIRES(mutex_);

  mutable Mutex mutex_;
  bool open_ SPACECAST_GUARDED_BY(mutex_) = true;
  bool needs_keyframe_ SPACECAST_GUARDED_BY(mutex_) = true;
  bool passing_ SPACECAST_GUARDED_BY(mutex_) = false;
  bool asked_ SPACECAST_GUARDED_BY(mutex_) = false;
  // The first picture after the last request.
  std::optional<MediaTime> asked_at_ SPACECAST_GUARDED_BY(mutex_);
  Counts counts_ SPACECAST_GUARDED_BY(mutex_);
};

}  // namespace spacecast
