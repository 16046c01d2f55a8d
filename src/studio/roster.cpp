#include "studio/roster.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

namespace spacecast::studio {
namespace {

using nlohmann::json;

const RosterEntry* on_air(const Roster& roster) {
  const auto found = std::ranges::find(roster.speakers, true, &RosterEntry::on_air);
  return found == roster.speakers.end() ? nullptr : &*found;
}

auto news(const RosterEntry& entry) {
  return std::tie(entry.id, entry.name, entry.role, entry.camera, entry.muted, entry.hand,
                  entry.screen, entry.pinned, entry.talking, entry.on_air, entry.connection);
}

// Names are valid UTF-8 (base/ids.h); should one not be, it is repaired rather than thrown about.
std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

std::string to_json(const Roster& roster) {
  const auto* air = on_air(roster);
  json speakers = json::array();
  for (const auto& entry : roster.speakers) {
    speakers.push_back({{"id", entry.id},
                        {"name", entry.name},
                        {"role", to_text(entry.role)},
                        {"camera", entry.camera},
                        {"muted", entry.muted},
                        {"hand", entry.hand},
                        {"screen", entry.screen},
                        {"pinned", entry.pinned},
                        {"talking", entry.talking},
                        {"onAir", entry.on_air},
                        {"connection", to_text(entry.connection)},
                        {"audioPackets", entry.audio_packets},
                        {"videoPackets", entry.video_packets}});
  }
  return dump({{"space", roster.space},
               {"state", roster.ended ? "ended" : "live"},
               {"layout", to_string(roster.layout)},
               {"onAir", air ? json(air->id) : json()},
               {"speakers", std::move(speakers)}});
}

bool same_news(const Roster& a, const Roster& b) {
  return a.ended == b.ended && a.layout == b.layout &&
         std::ranges::equal(a.speakers, b.speakers,
                            [](const auto& x, const auto& y) { return news(x) == news(y); });
}

std::string on_air_json(const Roster& roster) {
  const auto* air = on_air(roster);
  return dump(
      {{"speaker", air ? json(air->id) : json()}, {"name", air ? json(air->name) : json()}});
}

}  // namespace spacecast::studio
