// Request pads whose template ends in "_%u": their names and numbers.
#pragma once

#include <gst/gst.h>

#include <optional>
#include <string>

namespace spacecast {

struct RequestPad {
  std::string name;     // "audio_7"
  unsigned number = 0;  // 7
};

// What a pad of that template is to be called: the requested name, or the first free one where none
// or a template is requested. Empty where the name is none of the template's or is taken.
[[nodiscard]] std::optional<RequestPad> new_request_pad(GstElement* element,
                                                        GstPadTemplate* pad_template,
                                                        const char* requested);

}  // namespace spacecast
