#include "plugins/activespeaker/paint/backdrop.h"

#include <algorithm>
#include <cmath>

namespace spacecast::paint {

namespace {

constexpr int kCellsMax = 64;  // Along the tile's longer side.
constexpr int kCellsMin = 4;
constexpr int kSamplesPerCell = 6;  // In either direction.
constexpr int kBlurPasses = 3;      // Three boxes are nearly a bell.
constexpr int kBlurShare = 20;      // Of the longer side, the radius of one box.
constexpr double kBrightness = 0.60;
constexpr double kSaturation = 0.60;  // Less light has less colour.
// The picture throws a shadow, which keeps its edge from looking like a fault.
constexpr double kShadow = 0.35;
constexpr double kShadowReach = 0.035;  // Of the tile's shorter side.

int cells(int side, int longer) {
  return std::clamp(kCellsMax * side / longer, kCellsMin, kCellsMax);
}

// Brightness at a place in an area of which [begin, end) is the picture.
double shade(double at, int begin, int end, double reach) {
  const double away = std::max({begin - at, at - end, 0.0}) / reach;
  return away >= 1 ? 1 : 1 - kShadow * (1 - away) * (1 - away);
}

}  // namespace

void Backdrop::surround(const Surface& tile, const Box& picture, int black) {
  const double enlargement = std::max(static_cast<double>(tile.width) / picture.width,
                                      static_cast<double>(tile.height) / picture.height);
  const int longer = std::max(tile.width, tile.height);
  grid_.columns = cells(tile.width, longer);
  grid_.rows = cells(tile.height, longer);
  const Surface inner = tile.crop(picture);
  for (std::size_t i = 0; i < tile.planes.size(); ++i) {
    average(inner.planes[i], tile.width / enlargement / picture.width,
            tile.height / enlargement / picture.height);
    for (int pass = 0; pass < kBlurPasses; ++pass) blur(kCellsMax / kBlurShare);
    const int step = i == 0 ? 1 : 2;
    const Box hole{picture.x / step, picture.y / step, inner.planes[i].width,
                   inner.planes[i].height};
    if (i == 0) {
      for (float& cell : grid_.cells)
        cell = std::max(0.0F, (cell - static_cast<float>(black)) * static_cast<float>(kBrightness));
      enlarge(tile.planes[i], hole, black,
              std::max(1.0, kShadowReach * std::min(tile.width, tile.height)));
    } else {
      for (float& cell : grid_.cells) cell = 128 + (cell - 128) * static_cast<float>(kSaturation);
      enlarge(tile.planes[i], hole, 0, 0);
    }
  }
}

// The middle of the picture, as much of it as will be seen, in cells.
void Backdrop::average(const Plane& picture, double share_x, double share_y) {
  const double cell_width = picture.width * share_x / grid_.columns;
  const double cell_height = picture.height * share_y / grid_.rows;
  const double left = picture.width * (1 - share_x) / 2;
  const double top = picture.height * (1 - share_y) / 2;
  const int step_x = std::max(1, static_cast<int>(cell_width) / kSamplesPerCell);
  const int step_y = std::max(1, static_cast<int>(cell_height) / kSamplesPerCell);
  grid_.cells.clear();
  for (int row = 0; row < grid_.rows; ++row) {
    const int begin_y = std::min(static_cast<int>(top + row * cell_height), picture.height - 1);
    const int end_y =
        std::clamp(static_cast<int>(top + (row + 1) * cell_height), begin_y + 1, picture.height);
    for (int column = 0; column < grid_.columns; ++column) {
      const int begin_x = std::min(static_cast<int>(left + column * cell_width), picture.width - 1);
      const int end_x = std::clamp(static_cast<int>(left + (column + 1) * cell_width), begin_x + 1,
                                   picture.width);
      int sum = 0;
      int count = 0;
      for (int y = begin_y; y < end_y; y += step_y) {
        for (int x = begin_x; x < end_x; x += step_x) {
          sum += picture.row(y)[x];
          ++count;
        }
      }
      grid_.cells.push_back(static_cast<float>(sum) / static_cast<float>(count));
    }
  }
}

// Each cell becomes the average of those around it; beyond the edges they go on as they are there.
void Backdrop::blur(int radius) {
  const auto along = [&](int lines, int length, int next_line, int next) {
    passed_ = grid_.cells;
    for (int line = 0; line < lines; ++line) {
      const auto at = [&](int i) {
        return static_cast<std::size_t>(line * next_line + std::clamp(i, 0, length - 1) * next);
      };
      float sum = 0;
      for (int i = -radius; i <= radius; ++i) sum += passed_[at(i)];
      for (int i = 0; i < length; ++i) {
        grid_.cells[at(i)] = sum / static_cast<float>(2 * radius + 1);
        sum += passed_[at(i + radius + 1)] - passed_[at(i - radius)];
      }
    }
  };
  along(grid_.rows, grid_.columns, grid_.columns, 1);
  along(grid_.columns, grid_.rows, 1, grid_.columns);
}

void Backdrop::enlarge(const Plane& tile, const Box& picture, int black, double reach) {
  const auto sample = [&](int at, int length, int cells_of, int begin, int end) {
    const double place = std::clamp((at + 0.5) * cells_of / length - 0.5, 0.0, cells_of - 1.001);
    const double whole = std::floor(place);
    return Sample{static_cast<std::size_t>(whole), static_cast<float>(place - whole),
                  static_cast<float>(reach > 0 ? shade(at + 0.5, begin, end, reach) : 1)};
  };
  across_.clear();
  for (int x = 0; x < tile.width; ++x)
    across_.push_back(sample(x, tile.width, grid_.columns, picture.x, picture.right()));
  // First across, few rows; then down, many rows, with nothing to look up.
  wide_.clear();
  for (int row = 0; row < grid_.rows; ++row) {
    const float* const cell = grid_.cells.data() + static_cast<std::ptrdiff_t>(row) * grid_.columns;
    for (const Sample& at : across_)
      wide_.push_back((cell[at.cell] + (cell[at.cell + 1] - cell[at.cell]) * at.share) * at.shade);
  }
  for (int y = 0; y < tile.height; ++y) {
    const Sample down = sample(y, tile.height, grid_.rows, picture.y, picture.bottom());
    const float* const upper = wide_.data() + down.cell * across_.size();
    const float* const lower = upper + tile.width;
    std::uint8_t* const out = tile.row(y);
    const auto paint = [&](int begin, int end) {
      for (int x = begin; x < end; ++x) {
        const float value = upper[x] + (lower[x] - upper[x]) * down.share;
        out[x] = static_cast<std::uint8_t>(static_cast<int>(value * down.shade + 0.5F) + black);
      }
    };
    const bool beside = y >= picture.y && y < picture.bottom();
    paint(0, beside ? picture.x : tile.width);
    if (beside) paint(picture.right(), tile.width);
  }
}

}  // namespace spacecast::paint
