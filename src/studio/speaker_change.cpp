#include "studio/speaker_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "studio/display_name.h"

namespace spacecast::studio {
namespace {

struct Flag {
  std::string_view key;
  std::optional<bool> SpeakerChange::* value;
};
constexpr Flag kFlags[] = {{"camera", &SpeakerChange::camera},
                           {"muted", &SpeakerChange::muted},
                           {"hand", &SpeakerChange::hand},
                           {"screen", &SpeakerChange::screen},
                           {"pinned", &SpeakerChange::pinned}};

std::unexpected<Error> refuse(std::string_view what) {
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{}; allowed are \"camera\", \"muted\", \"hand\", \"screen\" and "
                          "\"pinned\", true or false, and \"name\", a text",
                          what));
}

}  // namespace

Result<SpeakerChange> read_speaker_change(std::string_view json) {
  if (json.size() > kChangeBytesMax) return refuse("the body is too long");
  const auto body = nlohmann::json::parse(json, nullptr, false);
  if (!body.is_object()) return refuse("the body is not a JSON object");
  if (body.empty()) return refuse("the body asks for nothing");
  SpeakerChange change;
  for (const auto& [key, value] : body.items()) {
    if (key == "name") {
      if (!value.is_string()) return refuse("\"name\" is not a text");
      auto name = read_display_name(value.get<std::string>());
      if (!name) return std::unexpected(name.error());
      change.name = std::move(*name);
      continue;
    }
    const auto* flag = std::ranges::find(kFlags, key, &Flag::key);
    if (flag == std::end(kFlags)) return refuse("the body has an unknown key");
    if (!value.is_boolean()) return refuse(fmt::format("\"{}\" is not a boolean", key));
    change.*(flag->value) = value.get<bool>();
  }
  return change;
}

Result<void> check_allowed(const SpeakerChange& change, bool of_oneself, Role by, Role whom) {
  const auto forbid = [](const char* what) { return fail(ErrorCode::kForbidden, what); };
  if (!of_oneself) {
    if (!may_manage(by)) return forbid("speakers may change themselves only");
    if (change.camera || change.screen || change.hand) {
      return forbid("camera, screen and hand are for the speaker to change");
    }
    if (change.muted == false) return forbid("nobody unmutes others; speakers unmute themselves");
    if (change.muted && !may_manage(by, whom)) return forbid("only a host may mute a host");
  }
  if (change.pinned && !may_manage(by)) return forbid("only hosts and co-hosts may pin");
  if (change.name && !may_manage(by)) return forbid("only hosts and co-hosts may rename");
  if (change.name && !may_manage(by, whom)) return forbid("only a host may rename a host");
  return {};
}

}  // namespace spacecast::studio
