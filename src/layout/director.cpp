#include "layout/director.h"

#include <algorithm>
#include <utility>

#include "layout/grid.h"

namespace spacecast::layout {

namespace {

// Of the canvas's longer side: what its speaker takes beside a screen.
constexpr double kBesideScreen = 0.2;

const Person* find(std::span<const Person> people, std::optional<unsigned> slot) {
  if (!slot) return nullptr;
  const auto person = std::ranges::find(people, *slot, &Person::slot);
  return person != people.end() ? &*person : nullptr;
}

Tile tile_of(const Person& person, const Rect& place, Tile::Label label) {
  return {.slot = person.slot,
          .content = person.camera ? Tile::Content::kCamera : Tile::Content::kCard,
          .place = place,
          .label = label,
          .level = person.level};
}

double smoothstep(double x) {
  return x * x * (3 - 2 * x);
}

// 0 at `start`, exactly 1 from start + kEasing on.
double progress(MediaTime tick, MediaTime start) {
  if (tick >= start + Director::kEasing) return 1;
  return smoothstep(static_cast<double>((tick - start).count()) /
                    static_cast<double>(Director::kEasing.count()));
}

double mix(double from, double to, double share) {
  return share >= 1 ? to : from + (to - from) * share;
}

}  // namespace

std::optional<Mode> parse_mode(std::string_view name) {
  if (name == to_string(Mode::kSpeaker)) return Mode::kSpeaker;
  if (name == to_string(Mode::kGallery)) return Mode::kGallery;
  return std::nullopt;
}

std::string_view to_string(Mode mode) {
  switch (mode) {
    case Mode::kSpeaker:
      return "speaker";
    case Mode::kGallery:
      return "gallery";
  }
  return "";
}

Scene Director::direct(MediaTime tick, const Wish& wish, std::span<const Person> people) {
  const Arrangement next = arrange(wish, people);
  using Kind = Arrangement::Kind;
  const bool cut = next.kind == Kind::kEmpty || kind_ == Kind::kEmpty ||
                   (next.kind == Kind::kFull && kind_ == Kind::kFull && next.subject != subject_);
  if (cut) motions_.clear();
  kind_ = next.kind;
  subject_ = next.subject;
  dismiss(tick, next.tiles);
  for (const Tile& tile : next.tiles) follow(tick, tile, !cut);

  std::vector<const Motion*> order;
  for (auto& [key, motion] : motions_) {
    // Only for as long as it lasts: a tile at rest lies under those that move.
    if (motion.kind == Motion::Kind::kMoves && progress(tick, motion.start) >= 1) {
      motion.kind = Motion::Kind::kStays;
    }
    order.push_back(&motion);
  }
  std::ranges::stable_sort(order, {}, &Motion::kind);
  Scene scene;
  for (const Motion* motion : order) scene.push_back(tile_at(tick, *motion));
  return scene;
}

Director::Arrangement Director::arrange(const Wish& wish, std::span<const Person> people) const {
  const Person* pinned = find(people, wish.pinned);
  const Person* on_air = find(people, wish.on_air);
  if (pinned && pinned->screen) return screen(*pinned);
  if (wish.mode == Mode::kSpeaker && pinned) return full(*pinned);
  if (on_air && on_air->screen) return screen(*on_air);
  const auto sharing = std::ranges::find(people, true, &Person::screen);
  if (sharing != people.end()) return screen(*sharing);
  if (wish.mode == Mode::kGallery) return gallery(people);
  return on_air ? full(*on_air) : Arrangement{};
}

Director::Arrangement Director::full(const Person& person) const {
  return {Arrangement::Kind::kFull, person.slot, {tile_of(person, {}, Tile::Label::kLowerThird)}};
}

Director::Arrangement Director::gallery(std::span<const Person> people) const {
  if (people.empty()) return {};
  Arrangement arrangement{.kind = Arrangement::Kind::kGallery};
  const auto places = make_grid(people.size(), aspect_);
  for (std::size_t i = 0; i < people.size(); ++i) {
    arrangement.tiles.push_back(tile_of(people[i], places[i], Tile::Label::kTag));
    arrangement.tiles.back().lit = people[i].talking;
  }
  return arrangement;
}

// Beside each other on a wide canvas, above each other on an upright one; nothing of a screen is
// covered.
Director::Arrangement Director::screen(const Person& person) const {
  const double gap_x = kGap * std::min(1.0, 1 / aspect_);
  const double gap_y = kGap * std::min(1.0, aspect_);
  Rect large, small;
  if (aspect_ >= 1) {
    small = {1 - kBesideScreen - gap_x, (1 - kBesideScreen) / 2, kBesideScreen, kBesideScreen};
    large = {gap_x, gap_y, small.x - 2 * gap_x, 1 - 2 * gap_y};
  } else {
    small = {gap_x, 1 - kBesideScreen - gap_y, 1 - 2 * gap_x, kBesideScreen};
    large = {gap_x, gap_y, 1 - 2 * gap_x, small.y - 2 * gap_y};
  }
  Tile shared{.slot = person.slot, .content = Tile::Content::kScreen, .place = large};
  Tile speaker = tile_of(person, small, Tile::Label::kTag);
  speaker.lit = person.talking;
  return {Arrangement::Kind::kScreen, person.slot, {shared, speaker}};
}

// The tile belongs there from now on.
void Director::follow(MediaTime tick, const Tile& rest, bool eased) {
  const Key key{rest.slot, rest.content == Tile::Content::kScreen};
  const MediaTime start = eased ? tick : tick - kEasing;
  const auto [found, appears] = motions_.try_emplace(key);
  Motion& motion = found->second;
  if (appears) {
    motion = {
        .rest = rest, .from = rest.place, .from_opacity = 0, .start = start, .label_start = tick};
    return;
  }
  const bool moves = motion.rest.place != rest.place;
  if (moves || motion.kind == Motion::Kind::kLeaves) {
    const Tile now = tile_at(tick, motion);
    motion.from = now.place;
    motion.from_opacity = now.opacity;
    motion.start = start;
    motion.kind = moves ? Motion::Kind::kMoves : Motion::Kind::kStays;
  }
  if (motion.rest.label != rest.label) motion.label_start = tick;
  motion.rest = rest;
}

// What is not in the present arrangement any more fades where it is, and then is gone.
void Director::dismiss(MediaTime tick, const Scene& present) {
  for (auto& [key, motion] : motions_) {
    const bool stays = std::ranges::any_of(present, [&key](const Tile& tile) {
      return tile.slot == key.slot && (tile.content == Tile::Content::kScreen) == key.screen;
    });
    if (stays || motion.kind == Motion::Kind::kLeaves) continue;
    const Tile now = tile_at(tick, motion);
    motion.from = now.place;
    motion.from_opacity = now.opacity;
    motion.start = tick;
    motion.kind = Motion::Kind::kLeaves;
    motion.rest.place = now.place;
    motion.rest.opacity = 0;
    motion.rest.lit = false;
    motion.rest.level = 0;
  }
  std::erase_if(motions_, [tick](const auto& entry) {
    const Motion& motion = entry.second;
    return motion.kind == Motion::Kind::kLeaves && progress(tick, motion.start) >= 1;
  });
}

Tile Director::tile_at(MediaTime tick, const Motion& motion) {
  const double share = progress(tick, motion.start);
  const Rect& to = motion.rest.place;
  Tile tile = motion.rest;
  tile.place = {mix(motion.from.x, to.x, share), mix(motion.from.y, to.y, share),
                mix(motion.from.width, to.width, share), mix(motion.from.height, to.height, share)};
  tile.opacity = mix(motion.from_opacity, motion.rest.opacity, share);
  tile.label_opacity = progress(tick, motion.label_start);
  return tile;
}

}  // namespace spacecast::layout
