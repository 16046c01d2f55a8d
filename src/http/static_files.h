// A folder of pages and scripts, read once into memory and served from there, so that no request
// touches the disk and no path of a request is ever a path of a file system.
//
// Only files of a known type are taken (see static_files.cpp), no hidden ones and no links. Each
// has a strong ETag and is to be revalidated (`no-cache`), so a new version is seen at the next
// load.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "base/error.h"
#include "http/server.h"

namespace spacecast::http {

class StaticFiles : public std::enable_shared_from_this<StaticFiles> {
 public:
  struct Options {
    std::string content_security_policy;  // Sent with every file; empty: none.
    std::size_t total_bytes_max = std::size_t{16} * 1024 * 1024;
  };

  // Fails where a folder or file cannot be read, or where they are too large together. Where two
  // folders have a file of the same name the earlier one's counts.
  [[nodiscard]] static Result<std::shared_ptr<const StaticFiles>> load(
      const std::vector<std::filesystem::path>& folders, Options options);

  // For a pattern with {file...}.
  [[nodiscard]] Handler handler() const;
  // One file, whatever the path: `page("viewer.html")` at "/".
  [[nodiscard]] Handler page(std::string name) const;
  [[nodiscard]] Response answer(const Request& request, const std::string& name) const;
  [[nodiscard]] std::size_t size() const { return files_.size(); }

 private:
  struct Variant {
    Bytes bytes;
    std::string etag;
  };
  struct File {
    std::string content_type;
    Variant identity;
    Variant gzipped;  // Without bytes where it would not be smaller.
  };

  StaticFiles() = default;

  Options options_;
  std::map<std::string, File> files_;  // By path relative to the folder, with '/'.
};

}  // namespace spacecast::http
