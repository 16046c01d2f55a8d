#include "timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace spacecast::score {

namespace {

constexpr double kLeft = 210;
constexpr double kWidth = 1200;
constexpr double kLane = 26;
constexpr std::array<const char*, 13> kColours{
    "#3465a4", "#cc4b24", "#3d8f3d", "#8a5aa8", "#b8860b", "#1b8a8f", "#c2477f",
    "#6b7d2a", "#7a5230", "#4f5fc4", "#a33b3b", "#2f7a5a", "#666666"};

class Canvas {
 public:
  Canvas(MediaTime from, MediaTime to) : from_(from), to_(to) {}

  void bar(MediaTime start, MediaTime end, double y, double height, std::string_view fill,
           std::string_view title) {
    start = std::max(start, from_);
    end = std::min(end, to_);
    if (end <= start) return;
    body_ += fmt::format(
        "<rect x='{:.1f}' y='{:.1f}' width='{:.1f}' height='{:.1f}' "
        "fill='{}'><title>{}</title></rect>\n",
        x(start), y, std::max(0.7, x(end) - x(start)), height, fill, title);
  }
  void text(double x, double y, std::string_view what, std::string_view anchor = "start") {
    body_ +=
        fmt::format("<text x='{:.1f}' y='{:.1f}' text-anchor='{}'>{}</text>\n", x, y, anchor, what);
  }
  void second(MediaTime at, double height) {
    body_ += fmt::format(
        "<line x1='{0:.1f}' x2='{0:.1f}' y1='24' y2='{1:.1f}' stroke='#dddddd'/>\n", x(at), height);
  }
  [[nodiscard]] std::string page(double height) const {
    return fmt::format(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {0} {1}' font-family='sans-serif' "
        "font-size='13'>\n<rect width='{0}' height='{1}' fill='#ffffff'/>\n{2}</svg>\n",
        kLeft + kWidth + 10, height, body_);
  }
  [[nodiscard]] double x(MediaTime at) const {
    return kLeft + kWidth * static_cast<double>((at - from_).count()) /
                       static_cast<double>((to_ - from_).count());
  }

 private:
  MediaTime from_, to_;
  std::string body_;
};

}  // namespace

std::string draw_timeline(const Conversation& conversation,
                          const std::vector<NamedSelection>& selections, MediaTime from,
                          MediaTime to) {
  using namespace std::chrono_literals;
  Canvas canvas(from, to);
  const auto speakers = conversation.tracks.size();
  const double height =
      70 + kLane * static_cast<double>(speakers) + 34 * static_cast<double>(selections.size());
  for (MediaTime at = from; at <= to; at += 5s) {
    canvas.second(at, height - 8);
    canvas.text(canvas.x(at), 18, fmt::format("{} s", at / 1s), "middle");
  }
  for (std::size_t id = 0; id < speakers; ++id) {
    const double y = 32 + kLane * static_cast<double>(id);
    canvas.text(8, y + 15, fmt::format("speaker {} says", id));
    for (const Noise& noise : conversation.noises) {
      if (noise.speaker == id) canvas.bar(noise.start, noise.end, y + 18, 4, "#aaaaaa", noise.kind);
    }
    for (const Utterance& u : conversation.utterances) {
      if (u.speaker != id) continue;
      const bool turn = u.kind == Kind::kTurn;
      canvas.bar(u.onset, u.end, turn ? y : y + 5, turn ? 16 : 6, kColours[id % kColours.size()],
                 turn ? "turn" : "back-channel");
    }
  }
  double y = 44 + kLane * static_cast<double>(speakers);
  for (const auto& [name, selection] : selections) {
    canvas.text(8, y + 16, name);
    for (std::size_t i = 0; i < selection->cuts.size(); ++i) {
      const Cut& cut = selection->cuts[i];
      if (!cut.speaker) continue;
      const MediaTime end =
          i + 1 < selection->cuts.size() ? selection->cuts[i + 1].at : conversation.length;
      canvas.bar(cut.at, end, y, 22, kColours[*cut.speaker % kColours.size()],
                 fmt::format("speaker {} shown", *cut.speaker));
    }
    y += 34;
  }
  return canvas.page(height);
}

}  // namespace spacecast::score
