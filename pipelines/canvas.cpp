#include "pipelines/canvas.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "gstx/ref.h"

namespace spacecast {

namespace {

constexpr int kSideMin = 160;
constexpr int kSideMax = 1920;

std::optional<int> parse_side(std::string_view text) {
  int side = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), side);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (side < kSideMin || side > kSideMax || side % 2 != 0) return std::nullopt;
  return side;
}

}  // namespace

Result<Size> parse_size(std::string_view text) {
  const std::size_t by = text.find('x');
  if (by != std::string_view::npos) {
    const auto width = parse_side(text.substr(0, by));
    const auto height = parse_side(text.substr(by + 1));
    if (width && height) return Size{*width, *height};
  }
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("\"{}\": allowed is WIDTHxHEIGHT, even numbers from {} to {} each, such "
                          "as 1280x720 or 720x1280",
                          text, kSideMin, kSideMax));
}

Result<void> set_canvas(GstBin* pipeline, Size size) {
  const auto canvas = adopt(gst_bin_get_by_name(pipeline, "canvas"));
  GstCaps* stated = nullptr;
  if (canvas && g_object_class_find_property(G_OBJECT_GET_CLASS(canvas.get()), "caps")) {
    g_object_get(canvas.get(), "caps", &stated, nullptr);
  }
  if (!stated) {
    return fail(ErrorCode::kInvalidArgument,
                "program: another size needs a capsfilter named 'canvas' behind 'stage'");
  }
  const auto caps = adopt(gst_caps_make_writable(stated));
  gst_caps_set_simple(caps.get(), "width", G_TYPE_INT, size.width, "height", G_TYPE_INT,
                      size.height, nullptr);
  g_object_set(canvas.get(), "caps", caps.get(), nullptr);
  return {};
}

}  // namespace spacecast
