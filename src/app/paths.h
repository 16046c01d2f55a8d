// Where the program finds what it ships with: pages and launch descriptions.
#pragma once

#include <filesystem>

namespace spacecast {

// <data>/pipelines/program.launch; <data> is $SPACECAST_DATA_DIR (a build tree) or the installed
// place.
[[nodiscard]] std::filesystem::path program_description();
// <data>/web: pages and scripts.
[[nodiscard]] std::filesystem::path web_dir();

}  // namespace spacecast
