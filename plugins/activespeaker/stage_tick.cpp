// What one tick brings: who is heard, who is on air, what is shown.
#include <algorithm>
#include <utility>

#include "plugins/activespeaker/stage.h"

namespace spacecast {

using layout::Tile;

void Stage::hear(GstClockTime tick, Moment& moment) {
  const MediaTime until = MediaTime(static_cast<MediaTime::rep>(tick)) + lookahead_;
  for (const auto& decision : detector_.advance(until)) {
    moment.cuts.push_back({name_of(decision.speaker), decision});
    to_come_.push_back(decision);
  }
  if (auto talking = detector_.talking(); talking != talking_) {
    talking_ = std::move(talking);
    moment.talking.emplace();
    for (const auto id : talking_) moment.talking->push_back(name_of(id));
    talking_to_come_.push_back({static_cast<GstClockTime>(until.count()), talking_});
  }
  while (!talking_to_come_.empty() && talking_to_come_.front().from <= tick) {
    lit_ = std::move(talking_to_come_.front().ids);
    talking_to_come_.pop_front();
  }
}

void Stage::apply_cuts(GstClockTime tick, Moment& moment) {
  const auto due = [this, tick](std::size_t i) SPACECAST_REQUIRES(mutex_) {
    return to_come_.size() > i && static_cast<GstClockTime>(to_come_[i].cut.count()) <= tick;
  };
  while (!to_come_.empty()) {
    const speaker::Decision& next = to_come_.front();
    // A cut that is to come is brought forward when nobody is left in the slot that it cuts away
    // from.
    if (!on_air_ || seat(on_air_)) {
      if (!due(0)) return;
      const bool patient = next.reason != speaker::Reason::kLeft && !due(1) &&
                           tick < static_cast<GstClockTime>(next.cut.count()) + kCutPatience;
      if (patient && awaits_picture(next.speaker)) return;
    }
    on_air_ = next.speaker;
    moment.on_air = {name_of(on_air_), next};
    moment.on_air->decision.cut = MediaTime(static_cast<MediaTime::rep>(tick));
    to_come_.pop_front();
  }
}

void Stage::apply_pin(GstClockTime tick) {
  std::optional<unsigned> wanted;
  for (const auto& [number, slot] : slots_) {
    if (!pin_name_.empty() && slot.seats_speaker() && slot.name == pin_name_) wanted = number;
  }
  if (wanted != pin_wanted_) {
    pin_wanted_ = wanted;
    pin_since_ = tick;
  }
  if (tick >= pin_since_ + kCutPatience || !awaits_picture(wanted)) pinned_ = wanted;
}

const Slot* Stage::seat(std::optional<unsigned> number) const {
  if (!number) return nullptr;
  const auto slot = slots_.find(*number);
  return slot != slots_.end() && slot->second.seats_speaker() ? &slot->second : nullptr;
}

bool Stage::awaits_picture(std::optional<unsigned> number) const {
  const Slot* slot = seat(number);
  return slot && slot->camera_on() && !slot->camera_now;
}

std::string Stage::name_of(std::optional<speaker::SpeakerId> id) const {
  if (!id) return {};
  const auto slot = slots_.find(*id);
  return slot != slots_.end() ? slot->second.name : std::to_string(*id);
}

std::vector<layout::Person> Stage::people() const {
  std::vector<layout::Person> people;
  for (const auto& [number, slot] : slots_) {
    if (!slot.seats_speaker()) continue;
    people.push_back({.slot = number,
                      .camera = slot.camera_on() && slot.camera_now,
                      .screen = slot.screen && slot.screen->active && slot.screen_now,
                      .talking = std::ranges::find(lit_, number) != lit_.end(),
                      .level = slot.level_now});
  }
  return people;
}

layout::Scene Stage::compose(GstClockTime tick) {
  auto scene = director_.direct(MediaTime(static_cast<MediaTime::rep>(tick)),
                                {.mode = mode_, .on_air = on_air_, .pinned = pinned_}, people());
  if (!scene.empty()) return scene;
  const auto waiting = std::ranges::find_if(
      slots_, [](const auto& entry) { return entry.second.waits() && entry.second.camera_now; });
  if (waiting != slots_.end()) scene.push_back({.slot = waiting->first});
  return scene;
}

// A tile that is on its way out is painted with what it showed last, whether or not its speaker is
// still there.
void Stage::gather_sights(layout::Scene& scene) {
  std::vector<Sight> before = std::exchange(sights_, {});
  for (Tile& tile : scene) {
    const bool screen = tile.content == Tile::Content::kScreen;
    const auto kept = std::ranges::find_if(before, [&](const Sight& sight) {
      return sight.slot == tile.slot && sight.screen == screen;
    });
    Sight sight = kept != before.end() ? std::move(*kept) : Sight{tile.slot, screen, {}, {}};
    const auto found = slots_.find(tile.slot);
    if (found != slots_.end() && (found->second.waits() || found->second.seats_speaker())) {
      const Slot& slot = found->second;
      if (const Frame* now = screen ? slot.screen_now : slot.camera_now) sight.picture = *now;
      sight.name = slot.label.empty() ? slot.name : slot.label;
      if (slot.label.empty()) tile.label = Tile::Label::kNone;
    }
    sights_.push_back(std::move(sight));
  }
}

// In the gallery everybody with a camera is seen; else only who is shown or may be next. Where no
// more cameras are on than may be decoded, all are: whoever comes and speaks at once has a picture
// already.
std::vector<std::string> Stage::watched(const layout::Scene& scene) const {
  std::vector<unsigned> numbers;
  const auto add = [&](unsigned number) SPACECAST_REQUIRES(mutex_) {
    if (seat(number) && std::ranges::find(numbers, number) == numbers.end()) {
      numbers.push_back(number);
    }
  };
  if (pin_wanted_) add(*pin_wanted_);
  for (const Tile& tile : scene) {
    if (tile.content == Tile::Content::kScreen) add(tile.slot);
  }
  const auto cameras =
      static_cast<std::size_t>(std::ranges::count_if(slots_, [](const auto& entry) {
        return entry.second.seats_speaker() && entry.second.camera_on();
      }));
  const bool all = mode_ == layout::Mode::kGallery || cameras <= speaker::WatchList::kMost;
  for (const auto id : detector_.watched()) {
    const Slot* slot = seat(id);
    if (all ? slot && slot->camera_on() : numbers.size() < speaker::WatchList::kMost) add(id);
  }
  if (all) {
    for (const auto& [number, slot] : slots_) {
      if (slot.camera_on()) add(number);
    }
  }
  std::vector<std::string> names;
  for (const unsigned number : numbers) names.push_back(name_of(number));
  return names;
}

}  // namespace spacecast
