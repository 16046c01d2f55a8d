// Names of the files of a presentation, relative to the multivariant playlist. One place makes
// them, so that what playlists, hints and reports say is byte for byte what requests ask for.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "hls/store.h"

namespace spacecast::hls {

inline constexpr std::string_view kMultivariantName = "master.m3u8";

[[nodiscard]] inline std::string playlist_name(const RenditionInfo& rendition) {
  return rendition.name + ".m3u8";
}

// Numbered, as another init section needs another name: a URI stands for the same bytes for ever.
[[nodiscard]] inline std::string init_name(const RenditionInfo& rendition,
                                           const InitSection& init) {
  return fmt::format("{}/init-{}.mp4", rendition.name, init.number);
}

// No rendition's name has a dot.
[[nodiscard]] inline std::string i_frame_playlist_name(const RenditionInfo& rendition) {
  return rendition.name + ".iframes.m3u8";
}

[[nodiscard]] inline std::string segment_name(const RenditionInfo& rendition, std::uint64_t msn) {
  return fmt::format("{}/{}.m4s", rendition.name, msn);
}

[[nodiscard]] inline std::string part_name(const RenditionInfo& rendition, PartId id) {
  return fmt::format("{}/{}.{}.m4s", rendition.name, id.msn, id.part);
}

}  // namespace spacecast::hls
