// The sink pads of `activespeaker` as objects with properties; inputs.h has what flows through
// them.
#pragma once

#include <gst/gst.h>

#include <memory>

#include "plugins/activespeaker/stage.h"

// `audio_%u`, with the properties "speaker", "label" and "active".
GType spacecast_active_speaker_audio_pad_get_type();
// `video_%u`, with the property "active".
GType spacecast_active_speaker_video_pad_get_type();
// `screen_%u`, with the property "active".
GType spacecast_active_speaker_screen_pad_get_type();

namespace spacecast {

// A pad of the template's type for slot `number`, floating, known to the stage from now on.
[[nodiscard]] GstPad* new_stage_pad(GstPadTemplate* pad_template, const char* name, unsigned number,
                                    std::shared_ptr<Stage> stage);
// The stage forgets the pad. Deactivate it before.
void detach_stage_pad(GstPad* pad);

}  // namespace spacecast
