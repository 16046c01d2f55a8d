// Where what goes back leaves the program. Each slot's `minus_<n>` of the mixer, and one for the
// whole mix, ends in the program for good; who listens to it comes and goes. A pad has a streaming
// thread of its own, on which its listeners' sound is encoded: nobody waits for somebody else's.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/shared_list.h"
#include "pipelines/picture_tap.h"
#include "pipelines/program_return.h"
#include "pipelines/return_listener.h"
#include "pipelines/shared_return.h"

namespace spacecast {

class ReturnDesk : public std::enable_shared_from_this<ReturnDesk> {
 public:
  // For a pipeline in state NULL. `picture`: where the encoded picture passes; null where the
  // program has none.
  [[nodiscard]] static Result<std::shared_ptr<ReturnDesk>> create(GstElement* pipeline,
                                                                  GstElement* mix, GstPad* picture,
                                                                  unsigned slots);

  // Everybody's sound but that slot's, or without a slot the whole mix, and the picture, for as
  // long as the returned object lives. It may outlive the program. Any thread.
  [[nodiscard]] std::unique_ptr<ReturnSubscription> subscribe(
      std::optional<unsigned> slot, const std::shared_ptr<ReturnSink>& sink);

 private:
  using Listeners = SharedList<ReturnListener>;
  class Subscription;

  explicit ReturnDesk(unsigned slots) : sounds_(slots + 1) {}
  [[nodiscard]] Result<void> end_outlet(GstElement* pipeline, GstElement* mix,
                                        const std::string& name, Listeners& listeners);
  [[nodiscard]] Listeners& sounds_of(std::optional<unsigned> slot) {
    return slot ? sounds_[*slot] : sounds_.back();
  }

  const std::shared_ptr<SharedReturn> shared_ = std::make_shared<SharedReturn>();
  const std::shared_ptr<PictureTap> picture_ = std::make_shared<PictureTap>();
  std::vector<Listeners> sounds_;  // Of each slot; the last one's is everybody's.
};

}  // namespace spacecast
