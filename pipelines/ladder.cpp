#include "pipelines/ladder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ranges>
#include <span>
#include <string>
#include <utility>

#include "gstx/ref.h"

namespace spacecast {
namespace {

// Shares of the bit rate rather than numbers: they hold for every encoder, whatever its unit, and
// follow the first rung where somebody raises it. Bits per pixel rise as pictures get smaller,
// because a block of a small picture holds more of the scene.
constexpr std::array kRungs = {
    // The program's own picture: 2000 kbit/s as it ships.
    Rung{"720p", 720, 1},
    // 1000 kbit/s for 44 % of the pixels: a good mobile connection, or a small window.
    Rung{"480p", 480, 0.5},
    // 600 kbit/s for 25 % of the pixels: most mobile connections; text on slides is just legible.
    Rung{"360p", 360, 0.3},
    // 300 kbit/s for 11 % of the pixels: a face is still a face where all else is out of reach.
    Rung{"240p", 240, 0.15},
};

std::string allowed() {
  std::vector<std::string_view> smaller;
  for (const Rung& rung : std::span(kRungs).subspan(1)) smaller.push_back(rung.name);
  return fmt::format("allowed is {}, alone or followed by smaller ones in order of size ({})",
                     kRungs.front().name, fmt::join(smaller, ", "));
}

struct Canvas {
  Ref<GstCaps> caps;
  int width = 0, height = 0;
  [[nodiscard]] int lines() const { return std::min(width, height); }
};

// What flows into the tee, as the description says it: nothing has been negotiated yet.
Result<Canvas> canvas_of(GstElement* picture) {
  const auto sink = adopt(gst_element_get_static_pad(picture, "sink"));
  Canvas canvas{.caps = adopt(gst_pad_peer_query_caps(sink.get(), nullptr))};
  if (gst_caps_get_size(canvas.caps.get()) > 0) {
    const GstStructure* first = gst_caps_get_structure(canvas.caps.get(), 0);
    if (gst_structure_get_int(first, "width", &canvas.width) &&
        gst_structure_get_int(first, "height", &canvas.height) && canvas.lines() > 0) {
      return canvas;
    }
  }
  return fail(ErrorCode::kInvalidArgument,
              "program: a ladder needs caps with width and height in front of 'picture'");
}

// I420 has one sample of colour for two pixels: sizes are even.
int even(double size) {
  return 2 * static_cast<int>(std::lround(size / 2));
}

Ref<GstCaps> scaled(const Canvas& canvas, const Rung& rung) {
  auto caps = adopt(gst_caps_copy_nth(canvas.caps.get(), 0));
  const double share = static_cast<double>(rung.lines) / canvas.lines();
  gst_caps_set_simple(caps.get(), "width", G_TYPE_INT, even(canvas.width * share), "height",
                      G_TYPE_INT, even(canvas.height * share), nullptr);
  return caps;
}

// Properties at their defaults are left alone: x264enc notes which ones are set, and those outrank
// its preset and tuning.
void copy_settings(GstElement* from, GstElement* to) {
  guint count = 0;
  GParamSpec** specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(from), &count);
  for (GParamSpec* spec : std::span(specs, count)) {
    if ((spec->flags & G_PARAM_READABLE) == 0 || (spec->flags & G_PARAM_WRITABLE) == 0 ||
        (spec->flags & G_PARAM_CONSTRUCT_ONLY) != 0 || spec->owner_type == GST_TYPE_OBJECT) {
      continue;
    }
    GValue value = G_VALUE_INIT;
    g_value_init(&value, spec->value_type);
    g_object_get_property(G_OBJECT(from), spec->name, &value);
    if (!g_param_value_defaults(spec, &value)) {
      g_object_set_property(G_OBJECT(to), spec->name, &value);
    }
    g_value_unset(&value);
  }
  g_free(static_cast<gpointer>(specs));
}

// The unit is the encoder's own.
bool scale_bit_rate(GstElement* encoder, double share) {
  GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(encoder), "bitrate");
  if (!spec || !G_IS_PARAM_SPEC_UINT(spec)) return false;
  guint rate = 0;
  g_object_get(encoder, "bitrate", &rate, nullptr);
  g_object_set(encoder, "bitrate", static_cast<guint>(rate * share), nullptr);
  return true;
}

Result<void> add_rung(GstBin* pipeline, GstElement* picture, GstElement* model, GstElement* hls,
                      const Canvas& canvas, const Rung& rung) {
  const auto add = [&](const char* factory, const char* role) {
    Ref<GstElement> element(
        gst_element_factory_make(factory, fmt::format("{}_{}", role, rung.name).c_str()));
    if (element) gst_bin_add(pipeline, element.get());
    return element;
  };
  const char* factory = GST_OBJECT_NAME(gst_element_get_factory(model));
  const auto queue = add("queue", "queue");
  const auto scale = add("videoscale", "scale");
  const auto size = add("capsfilter", "size");
  const auto encoder = add(factory, "video_encoder");
  const auto parser = add("h264parse", "parser");
  const auto format = add("capsfilter", "format");
  if (!queue || !scale || !size || !encoder || !parser || !format) {
    return fail(ErrorCode::kInternal,
                fmt::format("{}: queue, videoscale, {} or h264parse is missing: install "
                            "gstreamer1.0-plugins-base, -good, -bad and -ugly",
                            rung.name, factory));
  }
  // As in front of the first rung's encoder: a few frames, so that a slow moment of one encoder
  // does not hold up the others.
  g_object_set(queue.get(), "max-size-buffers", 8u, "max-size-bytes", 0u, "max-size-time",
               guint64{0}, nullptr);
  g_object_set(scale.get(), "add-borders", FALSE, nullptr);
  g_object_set(size.get(), "caps", scaled(canvas, rung).get(), nullptr);
  copy_settings(model, encoder.get());
  if (!scale_bit_rate(encoder.get(), rung.rate_share)) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("program: {} has no bit rate that a ladder could share out", factory));
  }
  const auto avc =
      adopt(gst_caps_from_string("video/x-h264,stream-format=avc,alignment=au,profile=main"));
  g_object_set(format.get(), "caps", avc.get(), nullptr);
  if (!gst_element_link_many(picture, queue.get(), scale.get(), size.get(), encoder.get(),
                             parser.get(), format.get(), nullptr) ||
      !gst_element_link_pads(format.get(), "src", hls, "video_%u")) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("program: the rung {} cannot be linked; 'picture' must be a tee of raw "
                            "video, 'video_encoder' an H.264 encoder with a profile 'main'",
                            rung.name));
  }
  return {};
}

}  // namespace

Result<std::vector<Rung>> parse_ladder(std::string_view text) {
  std::vector<Rung> ladder;
  auto from = kRungs.begin();
  for (const auto word : std::views::split(text, ',')) {
    const std::string_view name(word.begin(), word.end());
    from = std::ranges::find(from, kRungs.end(), name, &Rung::name);
    if (from == kRungs.end()) break;
    ladder.push_back(*from++);
  }
  const auto words = std::ranges::count(text, ',') + 1;
  if (std::ssize(ladder) < words || ladder.front().name != kRungs.front().name) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("\"{}\": {}", text, allowed()));
  }
  return ladder;
}

Result<void> add_rungs(GstBin* pipeline, GstElement* hls, const std::vector<Rung>& ladder) {
  const auto picture = adopt(gst_bin_get_by_name(pipeline, "picture"));
  const auto encoder = adopt(gst_bin_get_by_name(pipeline, "video_encoder"));
  if (!picture || !encoder) {
    return fail(ErrorCode::kInvalidArgument,
                "program: a ladder needs a tee named 'picture' in front of an H.264 encoder named "
                "'video_encoder'");
  }
  const auto canvas = canvas_of(picture.get());
  if (!canvas) return std::unexpected(canvas.error());
  if (canvas->lines() != ladder.front().lines) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("program: its picture is {}x{}, and a ladder starts with the program's "
                            "own picture, which has to be {}",
                            canvas->width, canvas->height, ladder.front().name));
  }
  for (const Rung& rung : std::span(ladder).subspan(1)) {
    auto added = add_rung(pipeline, picture.get(), encoder.get(), hls, *canvas, rung);
    if (!added) return added;
  }
  return {};
}

}  // namespace spacecast
