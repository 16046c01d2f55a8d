#include "viewers/tally.h"

#include <algorithm>
#include <cmath>

namespace spacecast::viewers {
namespace {

constexpr double kLeast = 1e-4;
constexpr double kWidth = 1.02;
constexpr std::size_t kErrorKinds = 32;

}  // namespace

void Histogram::add(double seconds) {
  const double steps = seconds > kLeast ? std::log(seconds / kLeast) / std::log(kWidth) : 0;
  const auto index = std::min(kClasses - 1, static_cast<std::size_t>(std::ceil(steps)));
  ++classes_[index];
  ++count_;
  max_ = std::max(max_, seconds);
}

void Histogram::add(const Histogram& other) {
  for (std::size_t i = 0; i < kClasses; ++i) classes_[i] += other.classes_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

double Histogram::quantile(double share) const {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kClasses && count_ > 0; ++i) {
    seen += classes_[i];
    if (seen >= wanted) return std::min(max_, kLeast * std::pow(kWidth, static_cast<double>(i)));
  }
  return max_;
}

Second& Tally::second(double now) {
  const auto index = std::min(kSecondsMax - 1, static_cast<std::size_t>(std::max(now, 0.0)));
  if (index >= seconds_.size()) seconds_.resize(index + 1);
  return seconds_[index];
}

void Tally::part(double now, double delay_s) {
  parts_.add(delay_s);
  second(now).parts.add(delay_s);
}

void Tally::bytes(double now, std::size_t count) {
  bytes_ += count;
  second(now).bytes += count;
}

void Tally::stall(double now, double lasted_s) {
  ++stalls_;
  stalled_s_ += lasted_s;
  ++second(now).stalls;
}

void Tally::error(double now, const std::string& what) {
  const bool known = errors_.contains(what) || errors_.size() < kErrorKinds;
  ++errors_[known ? what : "other"];
  ++second(now).errors;
}

void Tally::viewers(double now, std::size_t count) {
  second(now).viewers = count;
}

std::uint64_t Tally::error_count() const {
  std::uint64_t sum = 0;
  for (const auto& [what, count] : errors_) sum += count;
  return sum;
}

}  // namespace spacecast::viewers
