#include "studio/speaker_change.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace spacecast::studio {

Result<SpeakerChange> read_speaker_change(std::string_view json) {
  const auto refuse = [](std::string_view what) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}; allowed are \"camera\" and \"muted\", true or false", what));
  };
  if (json.size() > kChangeBytesMax) return refuse("the body is too long");
  const auto body = nlohmann::json::parse(json, nullptr, false);
  if (!body.is_object()) return refuse("the body is not a JSON object");
  if (body.empty()) return refuse("the body asks for nothing");
  SpeakerChange change;
  for (const auto& [key, value] : body.items()) {
    if (key != "camera" && key != "muted") return refuse("the body has an unknown key");
    if (!value.is_boolean()) return refuse(fmt::format("\"{}\" is not a boolean", key));
    (key == "camera" ? change.camera : change.muted) = value.get<bool>();
  }
  return change;
}

}  // namespace spacecast::studio
