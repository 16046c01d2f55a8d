// Turns raw audio of any rate into the mixer's frames, through GStreamer's converter. Not
// thread-safe.
#pragma once

#include <gst/audio/audio.h>
#include <gst/gst.h>

#include <span>
#include <vector>

#include "glibx/ref.h"
#include "mix/grid.h"

namespace spacecast {

class ToFrames {
 public:
  struct Block {
    GstClockTime time = 0;               // Running time of the first frame.
    std::span<const mix::Frame> frames;  // Until the next call.
  };

  // False where the converter cannot.
  [[nodiscard]] bool set_format(const GstAudioInfo& format);
  // What follows does not continue what was.
  void reset();
  // `data` begins at the running time `time`. A converter of rates holds some samples back, so what
  // comes out may begin before.
  [[nodiscard]] Block convert(std::span<guint8> data, GstClockTime time);

 private:
  GstAudioInfo format_{};
  Owned<GstAudioConverter, gst_audio_converter_free> converter_;
  guint64 frames_in_ = 0;
  guint64 frames_out_ = 0;
  std::vector<mix::Frame> frames_;
};

}  // namespace spacecast
