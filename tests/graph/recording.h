// What a launch description makes, as it comes out of its appsink, and clips of it for simulated
// speakers.
#pragma once

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gstx/ref.h"
#include "pipelines/clip.h"

namespace spacecast::test {

// Runs a description to its end: `feed` fills its appsrc "in", if there is one, and `take` gets
// what comes to its appsink "out". False where it cannot be built.
inline bool run_to_end(const std::string& description, const std::function<void(GstAppSrc*)>& feed,
                       const std::function<void(GstSample*)>& take) {
  ErrorOut error;
  const Ref<GstElement> pipeline(gst_parse_launch(description.c_str(), error.out()));
  if (!pipeline || error) return false;
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  if (const auto in = adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "in"))) {
    feed(GST_APP_SRC(in.get()));
    gst_app_src_end_of_stream(GST_APP_SRC(in.get()));
  }
  const auto out = adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "out"));
  while (const auto sample = adopt(gst_app_sink_pull_sample(GST_APP_SINK(out.get())))) {
    take(sample.get());
  }
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  return true;
}

inline std::shared_ptr<const Clip> record_clip(const std::string& description,
                                               const std::function<void(GstAppSrc*)>& feed) {
  std::vector<ClipFrame> frames;
  run_to_end(description, feed, [&](GstSample* sample) {
    GstBuffer* buffer = gst_sample_get_buffer(sample);
    GstMapInfo map;
    if (!gst_buffer_map(buffer, &map, GST_MAP_READ)) return;
    frames.push_back({.bytes = ByteVector(map.data, map.data + map.size),
                      .pts = MediaTime(GST_BUFFER_PTS(buffer)),
                      .duration = MediaTime(GST_BUFFER_DURATION(buffer)),
                      .key = !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT)});
    gst_buffer_unmap(buffer, &map);
  });
  auto clip = Clip::create(std::move(frames));
  return clip ? *clip : nullptr;
}

}  // namespace spacecast::test
