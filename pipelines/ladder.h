// The ladder: the program's picture in several sizes, each encoded once a Space, so that a viewer's
// player may choose by its bandwidth.
//
// The first rung is what the description's own encoder makes. Each further one is added to the
// pipeline before it starts, on the tee `picture` in front of that encoder:
//
//   picture. ! queue ! videoscale ! caps ! encoder ! h264parse ! caps ! hls.video_<n>
//
// An upright program has upright rungs: "360p" is 360 pixels wide there.
//
// The encoder is of the same factory as `video_encoder` and has its settings, but for the bit rate.
// All rungs encode the very same frames, and llhlssink asks all of them for key frames at the same
// times, so their segments and parts are aligned (RFC 8216bis §6.2.4) without more ado.
#pragma once

#include <gst/gst.h>

#include <string_view>
#include <vector>

#include "base/error.h"

namespace spacecast {

struct Rung {
  std::string_view name;  // "360p".
  int lines = 0;          // Of the picture's shorter side; the other follows the program's aspect.
  double rate_share = 1;  // Of the first rung's bit rate.
};

// "720p,360p": the program's own picture first, then smaller ones in order of size. Fails with
// kInvalidArgument, saying what is allowed.
[[nodiscard]] Result<std::vector<Rung>> parse_ladder(std::string_view text);

// Adds all rungs but the first to a pipeline in state NULL and links them to `hls`. Fails with
// kInvalidArgument where the description has no `picture` and `video_encoder` that this can be done
// with, or where its picture is not the first rung.
[[nodiscard]] Result<void> add_rungs(GstBin* pipeline, GstElement* hls,
                                     const std::vector<Rung>& ladder);

}  // namespace spacecast
