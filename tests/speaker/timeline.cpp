#include "timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace spacecast::score {

namespace {

using namespace std::chrono_literals;
using speaker::SpeakerId;

// Pixels.
constexpr double kLeft = 250;
constexpr double kWidth = 1200;
constexpr double kTop = 66;
constexpr double kLane = 38;
constexpr double kShownLane = 44;
constexpr double kLegend = 46;
constexpr double kLetter = 7;  // About as wide as one is.
constexpr MediaTime kStep = 20ms;
constexpr const char* kWrong = "#d40000";
constexpr const char* kNoise = "#9a9a9a";
constexpr std::array<const char*, 13> kColours{
    "#3465a4", "#e08a1e", "#3d8f3d", "#8a5aa8", "#1b8a8f", "#c2477f", "#6b7d2a",
    "#7a5230", "#4f5fc4", "#b8860b", "#2f7a5a", "#666666", "#5b8fd4"};

const char* colour_of(SpeakerId id) {
  return kColours[id % kColours.size()];
}

class Canvas {
 public:
  Canvas(MediaTime from, MediaTime to) : from_(from), to_(to) {}

  // A bar with what it is as its tooltip, and with a label in it where there is room.
  void bar(MediaTime start, MediaTime end, double y, double height, std::string_view fill,
           std::string_view title, std::string_view label = {}) {
    start = std::max(start, from_);
    end = std::min(end, to_);
    if (end <= start) return;
    const double width = std::max(0.7, x(end) - x(start));
    body_ += fmt::format(
        "<rect x='{:.1f}' y='{:.1f}' width='{:.1f}' height='{:.1f}' "
        "fill='{}'><title>{}</title></rect>\n",
        x(start), y, width, height, fill, title);
    if (width >= kLetter * static_cast<double>(label.size()) + 4) {
      body_ += fmt::format("<text x='{:.1f}' y='{:.1f}' fill='#ffffff'>{}</text>\n", x(start) + 4,
                           y + height / 2 + 4.5, label);
    }
  }
  void text(double x, double y, std::string_view what, std::string_view anchor = "start",
            std::string_view fill = "#222222") {
    body_ += fmt::format("<text x='{:.1f}' y='{:.1f}' text-anchor='{}' fill='{}'>{}</text>\n", x, y,
                         anchor, fill, what);
  }
  // Small, from where a stretch begins to be seen.
  void note(MediaTime start, MediaTime end, double y, std::string_view what) {
    if (end <= from_ || start >= to_) return;
    body_ += fmt::format("<text x='{:.1f}' y='{:.1f}' font-size='10' fill='#555555'>{}</text>\n",
                         x(std::max(start, from_)) + 1, y, what);
  }
  void line(MediaTime at, double y1, double y2, std::string_view style) {
    if (at < from_ || at > to_) return;
    body_ += fmt::format("<line x1='{0:.1f}' x2='{0:.1f}' y1='{1:.1f}' y2='{2:.1f}' {3}/>\n", x(at),
                         y1, y2, style);
  }
  void swatch(double x, double y, double height, std::string_view fill, std::string_view what) {
    body_ += fmt::format(
        "<rect x='{:.1f}' y='{:.1f}' width='34' height='{:.1f}' "
        "fill='{}'/>\n",
        x, y - height / 2, height, fill);
    text(x + 42, y + 4.5, what);
  }
  [[nodiscard]] std::string page(double height) const {
    return fmt::format(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {0} {1}' width='{0}' height='{1}' "
        "font-family='sans-serif' font-size='13'>\n"
        "<rect width='{0}' height='{1}' fill='#ffffff'/>\n{2}</svg>\n",
        kLeft + kWidth + 20, height, body_);
  }
  [[nodiscard]] double x(MediaTime at) const {
    return kLeft + kWidth * static_cast<double>((at - from_).count()) /
                       static_cast<double>((to_ - from_).count());
  }

 private:
  MediaTime from_, to_;
  std::string body_;
};

// Whether somebody has a turn and the picture is nobody's who has.
bool is_wrong(const Conversation& conversation, const Selection& selection, MediaTime at) {
  std::optional<SpeakerId> shown;
  for (const Cut& cut : selection.cuts) {
    if (cut.at <= at) shown = cut.speaker;
  }
  bool somebody = false;
  for (const Utterance& u : conversation.utterances) {
    if (u.kind != Kind::kTurn || u.onset > at || u.end <= at) continue;
    if (shown == u.speaker) return false;
    somebody = true;
  }
  return somebody;
}

void draw_speaker(Canvas& canvas, const Conversation& conversation, SpeakerId id, double y) {
  canvas.text(8, y + 13, fmt::format("speaker {}", id), "start", colour_of(id));
  for (const Noise& noise : conversation.noises) {
    if (noise.speaker != id) continue;
    // Echo is there all the time, and what else there is lies over it.
    const bool echo = noise.kind == "echo";
    canvas.bar(noise.start, noise.end, y + (echo ? 22 : 18), echo ? 2 : 6, kNoise, noise.kind);
    canvas.note(noise.start, noise.end, y + 33, noise.kind);
  }
  for (const Utterance& u : conversation.utterances) {
    if (u.speaker != id) continue;
    if (u.kind == Kind::kTurn) {
      canvas.bar(u.onset, u.end, y, 17, colour_of(id), u.whispered ? "turn, whispered" : "turn",
                 u.whispered ? "whispers" : "");
    } else {
      canvas.bar(u.onset, u.end, y + 6, 6, colour_of(id), "back-channel");
    }
  }
}

void draw_selection(Canvas& canvas, const Conversation& conversation,
                    const NamedSelection& selection, double y, MediaTime from, MediaTime to) {
  const auto& [name, shown] = selection;
  canvas.text(8, y + 16, name);
  for (std::size_t i = 0; i < shown->cuts.size(); ++i) {
    const Cut& cut = shown->cuts[i];
    if (!cut.speaker) continue;
    const MediaTime end = i + 1 < shown->cuts.size() ? shown->cuts[i + 1].at : conversation.length;
    canvas.bar(cut.at, end, y, 22, colour_of(*cut.speaker),
               fmt::format("speaker {} shown", *cut.speaker), fmt::format("{}", *cut.speaker));
  }
  std::optional<MediaTime> since;
  for (MediaTime at = from; at <= to; at += kStep) {
    const bool wrong = at < to && is_wrong(conversation, *shown, at);
    if (wrong && !since) since = at;
    if (wrong || !since) continue;
    canvas.bar(*since, at, y + 24, 6, kWrong, "wrong picture");
    since.reset();
  }
}

}  // namespace

std::string draw_timeline(const Conversation& conversation,
                          const std::vector<NamedSelection>& selections, MediaTime from,
                          MediaTime to) {
  Canvas canvas(from, to);
  const auto speakers = static_cast<SpeakerId>(conversation.tracks.size());
  const double shown_top = kTop + kLane * static_cast<double>(speakers) + 18;
  const double bottom = shown_top + kShownLane * static_cast<double>(selections.size());
  canvas.text(8, 22, fmt::format("{}: who spoke, and who was shown", conversation.name));
  for (MediaTime at = from; at <= to; at += 5s) {
    canvas.line(at, kTop - 8, bottom, "stroke='#dddddd'");
    canvas.text(canvas.x(at), kTop - 14, fmt::format("{} s", at / 1s), "middle");
  }
  for (const Utterance& u : conversation.utterances) {
    if (u.kind != Kind::kTurn) continue;
    canvas.line(u.onset, kTop, bottom, "stroke='#777777' stroke-dasharray='2 3'");
  }
  for (SpeakerId id = 0; id < speakers; ++id) {
    draw_speaker(canvas, conversation, id, kTop + kLane * static_cast<double>(id));
  }
  double y = shown_top;
  for (const NamedSelection& selection : selections) {
    draw_selection(canvas, conversation, selection, y, from, to);
    y += kShownLane;
  }
  const double legend = bottom + 14;
  canvas.swatch(kLeft, legend, 17, colour_of(0), "turn, from the dashed line on");
  canvas.swatch(kLeft + 290, legend, 6, colour_of(0), "back-channel");
  canvas.swatch(kLeft + 450, legend, 6, kNoise, "noise, music, echo");
  canvas.swatch(kLeft + 650, legend, 6, kWrong, "somebody has a turn and another is shown");
  return canvas.page(bottom + kLegend);
}

}  // namespace spacecast::score
