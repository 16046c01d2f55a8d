#include "app/paths.h"

#include <cstdlib>

namespace spacecast {
namespace {

std::filesystem::path data_dir() {
  const char* build_tree = std::getenv("SPACECAST_DATA_DIR");
  return build_tree ? build_tree : SPACECAST_INSTALLED_DATA_DIR;
}

}  // namespace

std::filesystem::path program_description() {
  return data_dir() / "pipelines" / "program.launch";
}

std::filesystem::path web_dir() {
  return data_dir() / "web";
}

}  // namespace spacecast
