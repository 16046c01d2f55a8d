#include "http/router.h"

#include <algorithm>
#include <string_view>

namespace spacecast::http {
namespace {

std::string join(const std::vector<std::string>& segments, std::size_t from) {
  std::string text;
  for (std::size_t i = from; i < segments.size(); ++i) {
    if (i > from) text += '/';
    text += segments[i];
  }
  return text;
}

}  // namespace

std::vector<Router::Segment> Router::parse(const std::string& pattern) {
  std::vector<Segment> segments;
  std::string_view rest = pattern;
  while (!rest.empty()) {
    rest.remove_prefix(1);  // Patterns start with '/', as every later piece does.
    const std::size_t end = std::min(rest.find('/'), rest.size());
    std::string_view text = rest.substr(0, end);
    rest.remove_prefix(end);
    Segment segment{.kind = Segment::Kind::kLiteral, .text = std::string(text)};
    if (text.starts_with('{') && text.ends_with('}')) {
      text = text.substr(1, text.size() - 2);
      const bool is_rest = text.ends_with("...");
      if (is_rest) text.remove_suffix(3);
      segment = {.kind = is_rest ? Segment::Kind::kRest : Segment::Kind::kParam,
                 .text = std::string(text)};
    }
    segments.push_back(std::move(segment));
  }
  return segments;
}

bool Router::same_shape(const std::vector<Segment>& a, const std::vector<Segment>& b) {
  return std::ranges::equal(a, b, [](const Segment& x, const Segment& y) {
    return x.kind == y.kind && (x.kind != Segment::Kind::kLiteral || x.text == y.text);
  });
}

bool Router::before(const Pattern& a, const Pattern& b) {
  return std::ranges::lexicographical_compare(a.segments, b.segments, {}, &Segment::kind,
                                              &Segment::kind);
}

bool Router::fits(const Pattern& pattern, const std::vector<std::string>& path) {
  for (std::size_t i = 0; i < pattern.segments.size(); ++i) {
    if (i >= path.size()) return false;
    switch (pattern.segments[i].kind) {
      case Segment::Kind::kRest:
        return true;
      case Segment::Kind::kParam:
        if (path[i].empty()) return false;
        break;
      case Segment::Kind::kLiteral:
        if (path[i] != pattern.segments[i].text) return false;
        break;
    }
  }
  return path.size() == pattern.segments.size();
}

std::optional<Router::Match> Router::match(const std::string& method,
                                           const std::vector<std::string>& path) const {
  const auto pattern =
      std::ranges::find_if(patterns_, [&](const Pattern& p) { return fits(p, path); });
  if (pattern == patterns_.end()) return std::nullopt;

  Match match;
  for (std::size_t i = 0; i < pattern->segments.size(); ++i) {
    const Segment& segment = pattern->segments[i];
    if (segment.kind == Segment::Kind::kParam) match.params[segment.text] = path[i];
    if (segment.kind == Segment::Kind::kRest) match.params[segment.text] = join(path, i);
  }
  const std::string& wanted = method == "HEAD" ? "GET" : method;
  for (const Route& route : pattern->routes) {
    if (route.method == wanted) match.route = &route;
    if (route.method != "OPTIONS") {
      match.allow += route.method + (route.method == "GET" ? ", HEAD, " : ", ");
    }
    match.options_headers.insert(match.options_headers.end(), route.options_headers.begin(),
                                 route.options_headers.end());
  }
  match.allow += "OPTIONS";
  return match;
}

Router Router::with(Route route) const {
  Router router = *this;
  auto segments = parse(route.pattern);
  auto pattern = std::ranges::find_if(
      router.patterns_, [&](const Pattern& p) { return same_shape(p.segments, segments); });
  if (pattern == router.patterns_.end()) {
    Pattern fresh{.segments = std::move(segments), .routes = {}};
    pattern = router.patterns_.insert(std::ranges::upper_bound(router.patterns_, fresh, before),
                                      std::move(fresh));
  }
  std::erase_if(pattern->routes, [&](const Route& r) { return r.method == route.method; });
  pattern->routes.push_back(std::move(route));
  return router;
}

}  // namespace spacecast::http
