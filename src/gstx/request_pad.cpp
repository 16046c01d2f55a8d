#include "gstx/request_pad.h"

#include <charconv>
#include <string_view>

#include "gstx/ref.h"

namespace spacecast {
namespace {

bool has_pad(GstElement* element, const std::string& name) {
  return static_cast<bool>(adopt(gst_element_get_static_pad(element, name.c_str())));
}

}  // namespace

std::optional<RequestPad> new_request_pad(GstElement* element, GstPadTemplate* pad_template,
                                          const char* requested) {
  const std::string_view pattern = GST_PAD_TEMPLATE_NAME_TEMPLATE(pad_template);
  const std::string prefix(pattern.substr(0, pattern.find('%')));
  unsigned number = 0;
  if (!requested || std::string_view(requested).contains('%')) {
    while (has_pad(element, prefix + std::to_string(number))) ++number;
  } else {
    std::string_view digits(requested);
    if (!digits.starts_with(prefix)) return std::nullopt;
    digits.remove_prefix(prefix.size());
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  }
  std::string name = prefix + std::to_string(number);
  if (has_pad(element, name)) return std::nullopt;
  return RequestPad{std::move(name), number};
}

}  // namespace spacecast
