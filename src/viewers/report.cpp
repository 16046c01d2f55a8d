#include "viewers/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace spacecast::viewers {
namespace {

nlohmann::json to_json(const Histogram& histogram) {
  return {{"count", histogram.count()},
          {"p50", histogram.quantile(0.5)},
          {"p95", histogram.quantile(0.95)},
          {"p99", histogram.quantile(0.99)},
          {"max", histogram.max()}};
}

std::string describe(const char* what, const Histogram& delays) {
  return fmt::format("{:<28} p50 {:6.1f}  p95 {:6.1f}  p99 {:6.1f}  max {:6.1f} ms  ({} of them)\n",
                     what, delays.quantile(0.5) * 1000, delays.quantile(0.95) * 1000,
                     delays.quantile(0.99) * 1000, delays.max() * 1000, delays.count());
}

// The picture's frame; x grows with time, y downwards.
constexpr double kWidth = 960, kHeight = 420;
constexpr double kLeft = 70, kRight = 900, kTop = 60, kBottom = 360;

struct Axes {
  double seconds;
  double delay_ms;  // At the top.
  double viewers;   // At the top.

  [[nodiscard]] double x(double second) const {
    return kLeft + (kRight - kLeft) * second / seconds;
  }
  [[nodiscard]] double y(double value, double most) const {
    return kBottom - (kBottom - kTop) * std::min(1.0, value / most);
  }
};

// A number not less than `value` whose quarters are round, too.
double round_up(double value) {
  const double power = std::pow(10, std::floor(std::log10(std::max(value, 1e-9))));
  for (const double step : {1.0, 1.2, 1.6, 2.0, 2.4, 3.2, 4.0, 6.0, 8.0, 10.0}) {
    if (value <= step * power) return step * power;
  }
  return value;
}

struct Curve {
  const char* name;
  double share;
  const char* stroke;  // Attributes of its line.
};

// Those below are drawn first. Often the upper two are nearly the same: dashes let both be seen.
constexpr Curve kCurves[] = {
    {"99 %", 0.99, "stroke=\"#c62828\" stroke-width=\"2.5\""},
    {"95 %", 0.95, "stroke=\"#f0a000\" stroke-width=\"2.5\" stroke-dasharray=\"7 5\""},
    {"median", 0.5, "stroke=\"#1565c0\" stroke-width=\"2.5\""},
};

std::string line_of(const Tally& tally, const Axes& axes, const Curve& curve) {
  std::string points;
  for (std::size_t i = 0; i < tally.seconds().size(); ++i) {
    const Histogram& parts = tally.seconds()[i].parts;
    if (parts.count() == 0) continue;
    points += fmt::format("{:.1f},{:.1f} ", axes.x(static_cast<double>(i) + 0.5),
                          axes.y(parts.quantile(curve.share) * 1000, axes.delay_ms));
  }
  return fmt::format("<polyline fill=\"none\" {} stroke-linejoin=\"round\" points=\"{}\"/>\n",
                     curve.stroke, points);
}

std::string audience(const Tally& tally, const Axes& axes) {
  std::string points = fmt::format("{:.1f},{:.1f} ", kLeft, kBottom);
  for (std::size_t i = 0; i < tally.seconds().size(); ++i) {
    points += fmt::format("{:.1f},{:.1f} ", axes.x(static_cast<double>(i) + 0.5),
                          axes.y(static_cast<double>(tally.seconds()[i].viewers), axes.viewers));
  }
  points += fmt::format("{:.1f},{:.1f}", axes.x(axes.seconds), kBottom);
  return fmt::format("<polygon fill=\"#e3e8ef\" points=\"{}\"/>\n", points);
}

std::string grid(const Axes& axes) {
  std::string svg;
  for (int i = 0; i <= 4; ++i) {
    const double y = kBottom - (kBottom - kTop) * i / 4;
    svg +=
        fmt::format("<line x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#c3cad5\"/>\n",
                    kLeft, kRight, y, y);
    svg += fmt::format("<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{:g} ms</text>\n",
                       kLeft - 8, y + 4, axes.delay_ms * i / 4);
    svg += fmt::format("<text x=\"{}\" y=\"{:.1f}\" fill=\"#5b6675\">{:g}</text>\n", kRight + 8,
                       y + 4, axes.viewers * i / 4);
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{:.0f} s</text>\n",
                       axes.x(axes.seconds * i / 4), kBottom + 22, axes.seconds * i / 4);
  }
  return svg;
}

}  // namespace

std::string render_json(const Fleet::Options& options, const Tally& tally) {
  nlohmann::json timeline = nlohmann::json::array();
  for (const Second& second : tally.seconds()) {
    timeline.push_back({{"viewers", second.viewers},
                        {"p50", second.parts.quantile(0.5)},
                        {"p95", second.parts.quantile(0.95)},
                        {"p99", second.parts.quantile(0.99)},
                        {"stalls", second.stalls},
                        {"errors", second.errors},
                        {"bytes", second.bytes}});
  }
  const nlohmann::json report{{"urls", options.urls},
                              {"viewers", tally.joined_count()},
                              {"seconds", options.duration_s},
                              {"requests", tally.requests()},
                              {"bytes", tally.byte_count()},
                              {"parts", to_json(tally.parts())},
                              {"playlists", to_json(tally.playlists())},
                              {"start", to_json(tally.start())},
                              {"stalls", tally.stalls()},
                              {"stalledSeconds", tally.stalled_s()},
                              {"jumps", tally.jumps()},
                              {"errors", tally.errors()},
                              {"timeline", std::move(timeline)}};
  return report.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string render_text(const Tally& tally) {
  std::string text = describe("playlist after publication", tally.playlists());
  text += describe("part after publication", tally.parts());
  text += describe("first picture after joining", tally.start());
  text += fmt::format(
      "{} viewers, {} requests, {:.1f} MB, {} stalls ({:.1f} s), {} jumps, {} errors",
      tally.joined_count(), tally.requests(), static_cast<double>(tally.byte_count()) / 1e6,
      tally.stalls(), tally.stalled_s(), tally.jumps(), tally.error_count());
  for (const auto& [what, count] : tally.errors()) text += fmt::format(", {}: {}", what, count);
  return text + "\n";
}

std::string render_svg(const Fleet::Options& options, const Tally& tally) {
  double delay = 0;
  std::size_t viewers = 1;
  for (const Second& second : tally.seconds()) {
    delay = std::max(delay, second.parts.quantile(0.99));
    viewers = std::max(viewers, second.viewers);
  }
  const Axes axes{.seconds = static_cast<double>(std::max<std::size_t>(1, tally.seconds().size())),
                  .delay_ms = round_up(delay * 1000),
                  .viewers = round_up(static_cast<double>(viewers))};
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" "
      "font-size=\"13\" fill=\"#1c2430\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
      kWidth, kHeight);
  svg += fmt::format(
      "<text x=\"{}\" y=\"26\" font-size=\"17\" font-weight=\"600\">How long after its publication "
      "a part was with its viewer, {} viewers{}</text>\n",
      kLeft, tally.joined_count(), options.http2 ? ", HTTP/2" : "");
  svg += audience(tally, axes) + grid(axes);
  for (const Curve& curve : kCurves) svg += line_of(tally, axes, curve);
  double x = kLeft;
  for (const Curve& curve : kCurves) {
    svg += fmt::format("<path d=\"M{:.0f} 43 h28\" {}/><text x=\"{:.0f}\" y=\"48\">{}</text>\n", x,
                       curve.stroke, x + 34, curve.name);
    x += 100;
  }
  svg += fmt::format("<text x=\"{:.0f}\" y=\"48\">of each second's parts</text>\n", x);
  svg += fmt::format(
      "<text x=\"{}\" y=\"48\" text-anchor=\"end\" fill=\"#5b6675\">shaded, on the right: viewers"
      "</text>\n</svg>\n",
      kRight + 40);
  return svg;
}

}  // namespace spacecast::viewers
