// A picture of a stretch of a conversation: who spoke, what else was on the microphones, who was
// shown by which selection, and where that was the wrong picture.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "conversation.h"
#include "selection.h"

namespace spacecast::score {

using NamedSelection = std::pair<std::string, const Selection*>;

// SVG.
[[nodiscard]] std::string draw_timeline(const Conversation& conversation,
                                        const std::vector<NamedSelection>& selections,
                                        MediaTime from, MediaTime to);

}  // namespace spacecast::score
