// Which route answers a path. Pure; immutable once published to the server's loop.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "http/server.h"

namespace spacecast::http {

class Router {
 public:
  struct Match {
    const Route* route = nullptr;  // Null: the path is known, but not with this method.
    std::map<std::string, std::string> params;
    std::string allow;        // "GET, HEAD, OPTIONS".
    Headers options_headers;  // Of all methods of the pattern.
  };

  // `path` is what split_path() gives. Nothing: no pattern fits.
  [[nodiscard]] std::optional<Match> match(const std::string& method,
                                           const std::vector<std::string>& path) const;

  // A copy with one route more. A route of the same method and pattern is replaced.
  [[nodiscard]] Router with(Route route) const;

 private:
  struct Segment {
    enum class Kind { kLiteral, kParam, kRest } kind;  // In the order in which they win.
    std::string text;                                  // Literal or name.
  };
  struct Pattern {
    std::vector<Segment> segments;
    std::vector<Route> routes;  // One a method.
  };

  [[nodiscard]] static std::vector<Segment> parse(const std::string& pattern);
  [[nodiscard]] static bool same_shape(const std::vector<Segment>& a,
                                       const std::vector<Segment>& b);
  [[nodiscard]] static bool before(const Pattern& a, const Pattern& b);
  [[nodiscard]] static bool fits(const Pattern& pattern, const std::vector<std::string>& path);

  std::vector<Pattern> patterns_;  // Most specific first.
};

}  // namespace spacecast::http
