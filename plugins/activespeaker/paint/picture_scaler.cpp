#include "plugins/activespeaker/paint/picture_scaler.h"

#include <algorithm>

namespace spacecast::paint {

namespace {

// A browser's camera keeps its colour matrix whatever size it sends, while caps without one guess
// it from the height. Following the guess would change the hues whenever the size does, and cost
// four times as much as scaling the planes as they are. A range is converted: nobody guesses that.
GstVideoInfo with_colours_of(const GstVideoInfo& from, const GstVideoInfo& onto) {
  GstVideoInfo info = from;
  if (GST_VIDEO_INFO_IS_YUV(&from) && from.colorimetry.range == onto.colorimetry.range) {
    info.colorimetry = onto.colorimetry;
    info.chroma_site = onto.chroma_site;
  }
  return info;
}

GstVideoConverter* make_converter(const GstVideoInfo& from, const GstVideoInfo& onto) {
  // Cubic is sharper where pixels have to be made up, and half as fast; where there are enough of
  // them, both average them all.
  const GstVideoResamplerMethod method = onto.width > from.width
                                             ? GST_VIDEO_RESAMPLER_METHOD_CUBIC
                                             : GST_VIDEO_RESAMPLER_METHOD_LINEAR;
  return gst_video_converter_new(
      &from, &onto,
      gst_structure_new("options", GST_VIDEO_CONVERTER_OPT_RESAMPLER_METHOD,
                        GST_TYPE_VIDEO_RESAMPLER_METHOD, method,
                        GST_VIDEO_CONVERTER_OPT_DITHER_METHOD, GST_TYPE_VIDEO_DITHER_METHOD,
                        GST_VIDEO_DITHER_NONE, nullptr));
}

}  // namespace

void PictureScaler::set_colours(const GstVideoInfo& colours) {
  colours_ = colours;
  entries_.clear();
}

bool PictureScaler::scale(const MappedPicture& picture, const Surface& onto) {
  Entry* const entry = find(picture.info(), onto.width, onto.height);
  if (!entry) return false;
  GstVideoFrame target{};
  target.info = entry->onto;
  for (std::size_t i = 0; i < onto.planes.size(); ++i) {
    target.data[i] = onto.planes[i].data;
    target.info.stride[i] = onto.planes[i].stride;
  }
  gst_video_converter_frame(entry->converter.get(), &picture.frame(), &target);
  return true;
}

PictureScaler::Entry* PictureScaler::find(const GstVideoInfo& from, int width, int height) {
  const auto known = std::ranges::find_if(entries_, [&](const Entry& entry) {
    return entry.onto.width == width && entry.onto.height == height &&
           gst_video_info_is_equal(&entry.from, &from);
  });
  if (known != entries_.end()) {
    known->used = round_;
    return &*known;
  }
  Entry entry{.from = from, .used = round_};
  gst_video_info_set_format(&entry.onto, GST_VIDEO_FORMAT_I420, static_cast<guint>(width),
                            static_cast<guint>(height));
  entry.onto.colorimetry = colours_.colorimetry;
  entry.onto.chroma_site = colours_.chroma_site;
  GstVideoInfo read = with_colours_of(from, entry.onto);
  // The converter insists on equal rates.
  read.fps_n = entry.onto.fps_n;
  read.fps_d = entry.onto.fps_d;
  entry.converter.reset(make_converter(read, entry.onto));
  if (!entry.converter) return nullptr;
  if (entries_.size() >= kMaxConverters)
    entries_.erase(std::ranges::min_element(entries_, {}, &Entry::used));
  return &entries_.emplace_back(std::move(entry));
}

void PictureScaler::end_round() {
  ++round_;
  std::erase_if(entries_, [&](const Entry& entry) { return entry.used + kIdleRounds < round_; });
}

}  // namespace spacecast::paint
