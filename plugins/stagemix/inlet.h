// The sink pads of `stagemix`, `sink_%u`. They turn buffers of any rate into frames with running
// times and put them into their slot. Their chain functions never wait for a live source; a source
// that is not live is held back to the pace of the output, as a sink would.
#pragma once

#include <gst/gst.h>

#include <memory>

#include "plugins/stagemix/desk.h"

// Properties "late" and "drift", readable.
GType spacecast_stage_mix_inlet_get_type();

namespace spacecast {

// A pad of the template's type for slot `number`, floating, with a place at the desk from now on.
[[nodiscard]] GstPad* new_inlet_pad(GstPadTemplate* pad_template, const char* name, unsigned number,
                                    std::shared_ptr<Desk> desk);
// The place is given up. Deactivate the pad before.
void detach_inlet_pad(GstPad* pad);

}  // namespace spacecast
