#include "pipelines/card.h"

#include <gst/video/video.h>
#include <pango/pangocairo.h>

#include <array>
#include <numbers>

#include "glibx/ref.h"

namespace spacecast {

SPACECAST_REF_TRAITS(cairo_surface_t, cairo_surface_reference, cairo_surface_destroy);
SPACECAST_REF_TRAITS(cairo_t, cairo_reference, cairo_destroy);

namespace {

struct Colour {
  double red, green, blue;
};

// Dark enough for white text at a contrast above 4.5:1, told apart at a glance.
constexpr std::array<Colour, 6> kAvatarColours{{{0.16, 0.38, 0.72},
                                                {0.55, 0.22, 0.55},
                                                {0.10, 0.45, 0.40},
                                                {0.66, 0.28, 0.16},
                                                {0.36, 0.30, 0.70},
                                                {0.42, 0.40, 0.14}}};
constexpr Colour kBackground{0.055, 0.070, 0.100};

// The same person has the same colour in every session.
Colour avatar_colour(const std::string& name) {
  std::uint32_t hash = 2166136261u;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 16777619u;
  return kAvatarColours[hash % kAvatarColours.size()];
}

void set_source(cairo_t* cr, Colour colour) {
  cairo_set_source_rgb(cr, colour.red, colour.green, colour.blue);
}

// Centred on (x, y), in one line that is shortened with an ellipsis past `width_max`.
void draw_text(cairo_t* cr, const std::string& text, const char* weight, double size_px, double x,
               double y, double width_max) {
  const Ref<PangoLayout> layout = adopt(pango_cairo_create_layout(cr));
  const Owned<PangoFontDescription, pango_font_description_free> font(
      pango_font_description_from_string(weight));
  pango_font_description_set_absolute_size(font.get(), size_px * PANGO_SCALE);
  pango_layout_set_font_description(layout.get(), font.get());
  pango_layout_set_text(layout.get(), text.c_str(), -1);
  pango_layout_set_width(layout.get(), static_cast<int>(width_max * PANGO_SCALE));
  pango_layout_set_ellipsize(layout.get(), PANGO_ELLIPSIZE_END);
  pango_layout_set_alignment(layout.get(), PANGO_ALIGN_CENTER);
  int height = 0;
  pango_layout_get_pixel_size(layout.get(), nullptr, &height);
  cairo_move_to(cr, x - width_max / 2, y - height / 2.0);
  pango_cairo_show_layout(cr, layout.get());
}

void draw_card(cairo_t* cr, const std::string& name, double width, double height) {
  set_source(cr, kBackground);
  cairo_paint(cr);
  const double radius = height * 0.19;
  const double centre_x = width / 2;
  const double centre_y = height * 0.42;
  set_source(cr, avatar_colour(name));
  cairo_arc(cr, centre_x, centre_y, radius, 0, 2 * std::numbers::pi);
  cairo_fill(cr);
  cairo_set_source_rgb(cr, 1, 1, 1);
  draw_text(cr, initials(name), "Sans Bold", radius * 0.9, centre_x, centre_y, radius * 2);
  draw_text(cr, name, "Sans Semi-Bold", height * 0.065, centre_x, height * 0.745, width * 0.86);
}

// cairo's RGB24 is BGRx in memory on little-endian machines.
Ref<GstBuffer> to_i420(cairo_surface_t* surface, const GstVideoInfo& to) {
  GstVideoInfo from;
  gst_video_info_set_format(&from, GST_VIDEO_FORMAT_BGRx, static_cast<guint>(to.width),
                            static_cast<guint>(to.height));
  Ref<GstBuffer> drawn = adopt(
      gst_buffer_new_wrapped_full(GST_MEMORY_FLAG_READONLY, cairo_image_surface_get_data(surface),
                                  from.size, 0, from.size, nullptr, nullptr));
  Ref<GstBuffer> frame = adopt(gst_buffer_new_allocate(nullptr, to.size, nullptr));
  GstVideoFrame source;
  GstVideoFrame target;
  const Owned<GstVideoConverter, gst_video_converter_free> converter(
      gst_video_converter_new(&from, &to, nullptr));
  if (converter && gst_video_frame_map(&source, &from, drawn.get(), GST_MAP_READ)) {
    if (gst_video_frame_map(&target, &to, frame.get(), GST_MAP_WRITE)) {
      gst_video_converter_frame(converter.get(), &source, &target);
      gst_video_frame_unmap(&target);
    }
    gst_video_frame_unmap(&source);
  }
  return frame;
}

}  // namespace

std::string initials(const std::string& name) {
  gunichar first = 0;
  gunichar last = 0;
  bool at_word_start = true;
  for (const char* p = name.c_str(); *p != '\0'; p = g_utf8_next_char(p)) {
    const gunichar c = g_utf8_get_char(p);
    if (g_unichar_isspace(c)) {
      at_word_start = true;
    } else if (at_word_start && (g_unichar_isalnum(c) || first == 0)) {
      (first == 0 ? first : last) = g_unichar_toupper(c);
      at_word_start = false;
    }
  }
  std::string result;
  for (const gunichar c : {first, last}) {
    std::array<char, 6> utf8{};
    if (c != 0)
      result.append(utf8.data(), static_cast<std::size_t>(g_unichar_to_utf8(c, utf8.data())));
  }
  return result;
}

Ref<GstSample> render_card(const std::string& name, int width, int height) {
  const auto surface = adopt(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height));
  {
    const auto cr = adopt(cairo_create(surface.get()));
    draw_card(cr.get(), name, width, height);
  }
  cairo_surface_flush(surface.get());
  GstVideoInfo info;
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_I420, static_cast<guint>(width),
                            static_cast<guint>(height));
  const Ref<GstBuffer> frame = to_i420(surface.get(), info);
  const Ref<GstCaps> caps = adopt(gst_video_info_to_caps(&info));
  return adopt(gst_sample_new(frame.get(), caps.get(), nullptr, nullptr));
}

}  // namespace spacecast
