// From who is on stage, who is on air and what the host wishes to what the picture shows, tick by
// tick.
//
//   speaker   one full picture of who is on air, or of whom the host has pinned; the name as a
//   lower third gallery   everybody, cameras and cards; the frame of who speaks is lit a screen
//   while one is shared it is what is shown, with its speaker small beside it, in either layout
//
// A cut from one speaker to the next is a cut, on the tick it was asked for. All else (another
// layout, a tile that moves, a label that comes) is eased over kEasing, and ends on an exact tick.
// Deterministic: the same calls give the same scenes. Pure; one thread at a time; ticks do not go
// back.
#pragma once

#include <cstdint>
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

  // `people` in rising order of slot.
  [[nodiscard]] Scene direct(MediaTime tick, const Wish& wish, std::span<const Person> people);

 private:
  double aspect_;
};

}  // namespace spacecast::layout
