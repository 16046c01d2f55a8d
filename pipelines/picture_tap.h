// Where the program's encoded picture passes by on its way to the viewers, for those who are given
// the very same: it is encoded once. A tap looks on and holds nothing up. Whoever comes late begins
// with the next keyframe, one second away at most in the program that ships; none is asked for.
#pragma once

#include <gst/gst.h>

#include <memory>

#include "base/shared_list.h"
#include "gstx/ref.h"
#include "pipelines/program_return.h"

namespace spacecast {

class PictureTap : public std::enable_shared_from_this<PictureTap> {
 public:
  // One who is given the picture.
  class Viewer {
   public:
    explicit Viewer(std::shared_ptr<ReturnSink> sink) : sink_(std::move(sink)) {}
    void take(const Ref<GstSample>& unit);

   private:
    const std::shared_ptr<ReturnSink> sink_;
    bool begun_ = false;  // The streaming thread's own.
  };

  // Looks at the access units that pass `pad`; once.
  void attach(GstPad* pad);

  [[nodiscard]] SharedList<Viewer>& viewers() { return viewers_; }

 private:
  void look(GstPad* pad, GstBuffer* unit);

  SharedList<Viewer> viewers_;
};

}  // namespace spacecast
