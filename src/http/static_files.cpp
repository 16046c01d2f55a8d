#include "http/static_files.h"

#include <glib.h>

#include <algorithm>
#include <fstream>
#include <system_error>

#include "glibx/ref.h"
#include "http/gzip.h"
#include "http/headers.h"

namespace spacecast::http {
namespace {

struct Type {
  std::string_view extension;
  std::string_view content_type;
  bool compressible;
};

constexpr Type kTypes[] = {
    {".html", "text/html; charset=utf-8", true},
    {".js", "text/javascript; charset=utf-8", true},
    {".mjs", "text/javascript; charset=utf-8", true},
    {".css", "text/css; charset=utf-8", true},
    {".json", "application/json", true},
    {".svg", "image/svg+xml", true},
    {".txt", "text/plain; charset=utf-8", true},
    {".png", "image/png", false},
    {".jpg", "image/jpeg", false},
    {".ico", "image/x-icon", false},
    {".woff2", "font/woff2", false},
};

std::string etag_of(const ByteVector& data) {
  const OwnedString digest(
      g_compute_checksum_for_data(G_CHECKSUM_SHA256, data.data(), data.size()));
  return "\"" + std::string(digest.get(), 32) + "\"";
}

// RFC 9110 §13.1.2: a list of tags, compared weakly, or "*".
bool matches(std::string_view if_none_match, std::string_view etag) {
  return if_none_match == "*" || list_contains(if_none_match, etag) ||
         list_contains(if_none_match, "W/" + std::string(etag));
}

Result<ByteVector> read_file(const std::filesystem::path& path, std::size_t size_max) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) return fail(ErrorCode::kIo, path.string() + ": " + error.message());
  if (size > size_max) {
    return fail(ErrorCode::kLimit, path.string() + ": the files are larger together than allowed");
  }
  ByteVector data(size);
  std::ifstream file(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(data.data()), static_cast<std::streamsize>(size))) {
    return fail(ErrorCode::kIo, path.string() + ": cannot be read");
  }
  return data;
}

}  // namespace

Result<std::shared_ptr<const StaticFiles>> StaticFiles::load(
    const std::vector<std::filesystem::path>& folders, Options options) {
  std::shared_ptr<StaticFiles> result(new StaticFiles());
  std::size_t left = options.total_bytes_max;
  result->options_ = std::move(options);
  for (const auto& folder : folders) {
    std::error_code error;
    std::filesystem::recursive_directory_iterator entry(folder, error);
    for (; !error && entry != std::filesystem::recursive_directory_iterator();
         entry.increment(error)) {
      const std::string file_name = entry->path().filename();
      if (file_name.starts_with('.')) {
        if (entry->is_directory()) entry.disable_recursion_pending();
        continue;
      }
      const auto* type =
          std::ranges::find(kTypes, entry->path().extension().string(), &Type::extension);
      if (entry->is_symlink() || !entry->is_regular_file() || type == std::end(kTypes)) continue;
      const std::string name = entry->path().lexically_relative(folder).generic_string();
      if (result->files_.contains(name)) continue;

      auto data = read_file(entry->path(), left);
      if (!data) return std::unexpected(data.error());
      left -= data->size();
      File file{.content_type = std::string(type->content_type), .identity = {}, .gzipped = {}};
      file.identity = {.bytes = make_bytes(std::move(*data)), .etag = {}};
      file.identity.etag = etag_of(*file.identity.bytes);
      if (type->compressible) {
        Bytes packed = gzip(as_text(*file.identity.bytes));
        if (packed->size() < file.identity.bytes->size()) {
          file.gzipped = {.bytes = packed, .etag = etag_of(*packed)};
        }
      }
      result->files_.emplace(name, std::move(file));
    }
    if (error) return fail(ErrorCode::kIo, folder.string() + ": " + error.message());
  }
  return result;
}

Response StaticFiles::answer(const Request& request, const std::string& name) const {
  const auto found = files_.find(name);
  if (found == files_.end()) return problem(404, "nothing is here");
  const File& file = found->second;
  const bool packed = file.gzipped.bytes && accepts_gzip(request.header("accept-encoding"));
  const Variant& variant = packed ? file.gzipped : file.identity;

  Response response{.status = 200,
                    .content_type = file.content_type,
                    .headers = {{"ETag", variant.etag},
                                {"Cache-Control", "no-cache"},
                                {"X-Content-Type-Options", "nosniff"},
                                {"Referrer-Policy", "no-referrer"}},
                    .body = variant.bytes};
  if (file.gzipped.bytes) response.headers.emplace_back("Vary", "Accept-Encoding");
  if (!options_.content_security_policy.empty()) {
    response.headers.emplace_back("Content-Security-Policy", options_.content_security_policy);
  }
  if (matches(request.header("if-none-match"), variant.etag)) {
    response.status = 304;
    response.content_type.clear();
    response.body = nullptr;
  } else if (packed) {
    response.headers.emplace_back("Content-Encoding", "gzip");
  }
  return response;
}

Handler StaticFiles::handler() const {
  return [self = shared_from_this()](const Request& request, Responder responder) {
    const auto file = request.params.find("file");
    responder.respond(
        self->answer(request, file == request.params.end() ? std::string() : file->second));
  };
}

Handler StaticFiles::page(std::string name) const {
  return [self = shared_from_this(), name = std::move(name)](const Request& request,
                                                             Responder responder) {
    responder.respond(self->answer(request, name));
  };
}

}  // namespace spacecast::http
