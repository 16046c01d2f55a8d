// Time in pure code. Media time is what timestamps count (a pipeline's running time); wall time is
// only for people: EXT-X-PROGRAM-DATE-TIME, logs. Pure code never asks a clock: time comes in.
#pragma once

#include <chrono>

namespace spacecast {

// Nanoseconds on the running time of one pipeline; the unit of GstClockTime.
using MediaTime = std::chrono::nanoseconds;

// UTC.
using WallTime = std::chrono::system_clock::time_point;

}  // namespace spacecast
