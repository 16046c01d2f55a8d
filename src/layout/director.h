// From who is on stage, who is on air and what the host wishes to what the picture shows, tick by
// tick.
//
//   speaker    one full picture of who is on air, or of whom the host has pinned; the name as a
//              lower third
//   gallery    everybody, cameras and cards; the frame of who speaks is lit
//   a screen   while one is shared it is what is shown, with its speaker small beside it, in either
//              layout; in the speaker layout a pin stands above it
//
// Of several screens the pinned person's is shown, else that of who is on air, else the lowest
// slot's.
//
// A cut from one speaker to the next is a cut, on the tick it was asked for. All else (another
// layout, a tile that moves, a label that comes) is eased over kEasing, and ends on an exact tick.
// Deterministic: the same calls give the same scenes. Pure; one thread at a time; ticks do not go
// back.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <span>
#include <string_view>

#include "base/media_time.h"
#include "layout/scene.h"

namespace spacecast::layout {

enum class Mode { kSpeaker, kGallery };
[[nodiscard]] std::optional<Mode> parse_mode(std::string_view name);  // "speaker", "gallery"
[[nodiscard]] std::string_view to_string(Mode mode);

// Somebody on stage, as of a tick.
struct Person {
  unsigned slot = 0;
  bool camera = false;  // Has a picture to show.
  bool screen = false;  // Shares a screen that has a picture to show.
  bool talking = false;
  double level = 0;  // As Tile's.
};

struct Wish {
  Mode mode = Mode::kSpeaker;
  std::optional<unsigned> on_air;  // What the detector has decided.
  std::optional<unsigned> pinned;  // The host's; stands above it while that person is there.
};

class Director {
 public:
  static constexpr MediaTime kEasing = std::chrono::milliseconds(250);

  // Width over height of the canvas: galleries have other rows on an upright one.
  explicit Director(double aspect) : aspect_(aspect) {}

  // `people` in rising order of slot. Empty where there is nobody to show: nobody on stage, or in
  // the speaker layout nobody on air.
  [[nodiscard]] Scene direct(MediaTime tick, const Wish& wish, std::span<const Person> people);

 private:
  struct Arrangement {
    enum class Kind { kEmpty, kFull, kGallery, kScreen };
    Kind kind = Kind::kEmpty;
    unsigned subject = 0;  // Of kFull and kScreen.
    Scene tiles;           // At rest.
  };
  // A person may have two tiles at once: themselves, and the screen they share.
  struct Key {
    unsigned slot = 0;
    bool screen = false;
    auto operator<=>(const Key&) const = default;
  };
  // A tile on its way from what it was at `start` to what it is at rest.
  struct Motion {
    Tile rest;
    Rect from;
    double from_opacity = 1;
    MediaTime start{};
    MediaTime label_start{};
    enum class Kind { kLeaves, kStays, kMoves } kind = Kind::kStays;  // In order of painting.
  };

  [[nodiscard]] Arrangement arrange(const Wish& wish, std::span<const Person> people) const;
  [[nodiscard]] Arrangement full(const Person& person) const;
  [[nodiscard]] Arrangement gallery(std::span<const Person> people) const;
  [[nodiscard]] Arrangement screen(const Person& person) const;
  void follow(MediaTime tick, const Tile& rest, bool eased);
  void dismiss(MediaTime tick, const Scene& present);
  [[nodiscard]] static Tile tile_at(MediaTime tick, const Motion& motion);

  double aspect_;
  Arrangement::Kind kind_ = Arrangement::Kind::kEmpty;
  unsigned subject_ = 0;
  std::map<Key, Motion> motions_;
};

}  // namespace spacecast::layout
