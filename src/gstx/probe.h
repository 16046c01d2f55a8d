// A pad probe as a C++ closure. It lives as long as the pad; it must not own the pad.
#pragma once

#include <gst/gst.h>

#include <functional>

namespace spacecast {

using PadProbe = std::function<GstPadProbeReturn(GstPad*, GstPadProbeInfo*)>;

inline void add_probe(GstPad* pad, GstPadProbeType type, PadProbe probe) {
  gst_pad_add_probe(
      pad, type,
      [](GstPad* at, GstPadProbeInfo* info, gpointer data) {
        return (*static_cast<PadProbe*>(data))(at, info);
      },
      new PadProbe(std::move(probe)), [](gpointer data) { delete static_cast<PadProbe*>(data); });
}

}  // namespace spacecast
