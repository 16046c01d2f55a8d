// What somebody is on a stage, and what that lets them do to others. Pure.
#pragma once

#include <optional>
#include <string_view>

namespace spacecast::studio {

enum class Role { kSpeaker, kCoHost, kHost };

// As tokens, requests and the roster say it.
[[nodiscard]] constexpr std::string_view to_text(Role role) {
  switch (role) {
    case Role::kSpeaker:
      return "speaker";
    case Role::kCoHost:
      return "cohost";
    case Role::kHost:
      break;
  }
  return "host";
}

// Nothing for any other text.
[[nodiscard]] constexpr std::optional<Role> parse_role(std::string_view text) {
  for (const Role role : {Role::kSpeaker, Role::kCoHost, Role::kHost}) {
    if (text == to_text(role)) return role;
  }
  return std::nullopt;
}

// Mutes, removes and renames others, pins, and changes the layout.
[[nodiscard]] constexpr bool may_manage(Role role) {
  return role != Role::kSpeaker;
}

// Whom: a co-host manages everybody but hosts.
[[nodiscard]] constexpr bool may_manage(Role by, Role whom) {
  return may_manage(by) && (by == Role::kHost || whom != Role::kHost);
}

// Ends the Space.
[[nodiscard]] constexpr bool may_end(Role role) {
  return role == Role::kHost;
}

}  // namespace spacecast::studio
