// Who is on stage, as everybody may see it: what GET api/stage and the event "stage" say. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "layout/director.h"
#include "studio/liveness.h"
#include "studio/role.h"

namespace spacecast::studio {

struct RosterEntry {
  std::string id;  // Public; gives no right to anything.
  std::string name;
  Role role = Role::kSpeaker;
  bool camera = false;
  bool muted = false;
  bool hand = false;    // Raised.
  bool screen = false;  // Shared.
  bool pinned = false;
  bool talking = false;
  bool on_air = false;
  Connection connection = Connection::kConnecting;
  std::uint64_t audio_packets = 0;
  std::uint64_t video_packets = 0;
};

struct Roster {
  std::string space;
  bool ended = false;
  layout::Mode layout = layout::Mode::kSpeaker;
  std::vector<RosterEntry> speakers;  // In the order in which they came.
};

// {"space","state":"live"|"ended","layout":"speaker"|"gallery","onAir":id or null,"speakers":[{
// "id","name","role","camera","muted","hand","screen","pinned","talking","onAir","connection",
// "audioPackets","videoPackets"}]}
[[nodiscard]] std::string to_json(const Roster& roster);

// Everything but the packet counts, which always change.
[[nodiscard]] bool same_news(const Roster& a, const Roster& b);

// The data of the event "on-air": {"speaker","name"}, both null where nobody is.
[[nodiscard]] std::string on_air_json(const Roster& roster);

}  // namespace spacecast::studio
