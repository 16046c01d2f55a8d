// Pictures of any format and size scaled onto a surface. A converter takes longer to make than to
// use, so each is kept while it is needed.
#pragma once

#include <gst/video/video.h>

#include <cstdint>
#include <vector>

#include "glibx/ref.h"
#include "plugins/activespeaker/paint/mapped_picture.h"
#include "plugins/activespeaker/paint/surface.h"

namespace spacecast::paint {

class PictureScaler {
 public:
  static constexpr std::size_t kMaxConverters = 48;
  // Rounds that a converter is kept without being used.
  static constexpr std::uint64_t kIdleRounds = 60;

  // `colours`: an I420 info of any size that says what the surfaces' colours are.
  void set_colours(const GstVideoInfo& colours);
  // The whole picture over the whole surface. False where GStreamer cannot convert that format.
  [[nodiscard]] bool scale(const MappedPicture& picture, const Surface& onto);
  // After each picture of the program.
  void end_round();
  [[nodiscard]] std::size_t converters() const { return entries_.size(); }

 private:
  struct Entry {
    GstVideoInfo from{};
    GstVideoInfo onto{};
    Owned<GstVideoConverter, gst_video_converter_free> converter;
    std::uint64_t used = 0;
  };

  [[nodiscard]] Entry* find(const GstVideoInfo& from, int width, int height);

  GstVideoInfo colours_{};
  std::vector<Entry> entries_;
  std::uint64_t round_ = 0;
};

}  // namespace spacecast::paint
