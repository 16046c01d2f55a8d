// The sink pads of `activespeaker`. They turn buffers into what the stage takes: mono samples and
// frames with running times. Their chain functions never wait for a live source; a source that is
// not live is held back to the pace of the output, as a sink would.
#pragma once

#include <gst/gst.h>

#include <memory>

#include "plugins/activespeaker/stage.h"

// `audio_%u`, with the properties "speaker" and "active".
GType spacecast_active_speaker_audio_pad_get_type();
// `video_%u`.
GType spacecast_active_speaker_video_pad_get_type();

namespace spacecast {

// A pad of the template's type for slot `number`, floating, known to the stage from now on.
[[nodiscard]] GstPad* new_stage_pad(GstPadTemplate* pad_template, const char* name, unsigned number,
                                    std::shared_ptr<Stage> stage);
// The stage forgets the pad. Deactivate it before.
void detach_stage_pad(GstPad* pad);

}  // namespace spacecast
