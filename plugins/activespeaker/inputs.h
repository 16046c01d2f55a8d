// What comes in over the sink pads of `activespeaker`, turned into what the stage takes: mono
// samples and frames with running times. Nothing here waits for a live source; a source that is not
// live is held back to the pace of the output, as a sink would.
#pragma once

#include <gst/audio/audio.h>
#include <gst/gst.h>

#include <memory>
#include <vector>

#include "gstx/ref.h"
#include "plugins/activespeaker/stage.h"

namespace spacecast {

// What a pad carries besides GstPad. Beyond `stage` and `input` only its streaming thread uses it.
struct PadState {
  std::shared_ptr<Stage> stage;
  StageInput input;
  GstSegment segment;
  Ref<GstCaps> caps;
  GstAudioInfo audio;
  std::vector<float> mono;
  bool live = true;
};

// Gives a sink pad its functions, by the kind of its input.
void set_input_functions(GstPad* pad, StageInput::Kind kind);

// Of a pad that pads.cpp has made.
[[nodiscard]] PadState& pad_state(gpointer pad);

}  // namespace spacecast
