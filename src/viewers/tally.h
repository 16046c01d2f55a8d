// What many viewers go through, added up in bounded memory: delays as histograms of 2 % width, for
// the whole run and for each second of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace spacecast::viewers {

class Histogram {
 public:
  void add(double seconds);
  void add(const Histogram& other);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] double max() const { return max_; }
  // The upper end of the class that the quantile lies in, in seconds; 0 where nothing was added.
  [[nodiscard]] double quantile(double share) const;

 private:
  // From 0.1 ms to more than a minute.
  static constexpr std::size_t kClasses = 700;
  std::array<std::uint32_t, kClasses> classes_{};
  std::uint64_t count_ = 0;
  double max_ = 0;
};

struct Second {
  std::size_t viewers = 0;  // At its end.
  Histogram parts;          // From publication to the last byte.
  std::uint64_t stalls = 0;
  std::uint64_t errors = 0;
  std::uint64_t bytes = 0;
};

class Tally {
 public:
  static constexpr std::size_t kSecondsMax = std::size_t{6} * 3600;

  // `now`: seconds since the start of the run.
  void part(double now, double delay_s);
  void playlist(double delay_s) { playlists_.add(delay_s); }
  void request() { ++requests_; }
  void bytes(double now, std::size_t count);
  void stall(double now, double lasted_s);
  void jump() { ++jumps_; }
  // What went wrong, in few words: "404", "connection".
  void error(double now, const std::string& what);
  void joined() { ++joined_; }
  void started(double after_s) { start_.add(after_s); }
  void viewers(double now, std::size_t count);

  [[nodiscard]] const Histogram& parts() const { return parts_; }
  [[nodiscard]] const Histogram& playlists() const { return playlists_; }
  [[nodiscard]] const Histogram& start() const { return start_; }
  [[nodiscard]] const std::vector<Second>& seconds() const { return seconds_; }
  [[nodiscard]] const std::map<std::string, std::uint64_t>& errors() const { return errors_; }
  [[nodiscard]] std::uint64_t error_count() const;
  [[nodiscard]] std::uint64_t requests() const { return requests_; }
  [[nodiscard]] std::uint64_t byte_count() const { return bytes_; }
  [[nodiscard]] std::uint64_t stalls() const { return stalls_; }
  [[nodiscard]] double stalled_s() const { return stalled_s_; }
  [[nodiscard]] std::uint64_t jumps() const { return jumps_; }
  [[nodiscard]] std::uint64_t joined_count() const { return joined_; }

 private:
  [[nodiscard]] Second& second(double now);

  Histogram parts_, playlists_, start_;
  std::vector<Second> seconds_;
  std::map<std::string, std::uint64_t> errors_;
  std::uint64_t requests_ = 0, bytes_ = 0, stalls_ = 0, jumps_ = 0, joined_ = 0;
  double stalled_s_ = 0;
};

}  // namespace spacecast::viewers
