#include "http/gzip.h"

#include <glib.h>
#include <zlib.h>

#include <algorithm>

#include "http/headers.h"

namespace spacecast::http {
namespace {

// deflateInit2's way to say "32 KiB window, gzip header"; the header then carries no time.
constexpr int kGzipWindow = 15 + 16;
constexpr int kMemoryLevel = 8;
// Playlists are rendered a few times a second and fetched by all: level 6 costs 0.1 ms each.
constexpr int kLevel = 6;

// "gzip;q=0" refuses (RFC 9110 §12.4.2).
bool is_refused(std::string_view parameters) {
  const std::size_t q = parameters.find("q=");
  if (q == std::string_view::npos) return false;
  const std::string_view weight = parameters.substr(q + 2);
  return weight.starts_with('0') && weight.find_first_of("123456789") == std::string_view::npos;
}

}  // namespace

Bytes gzip(std::string_view text) {
  z_stream stream{};
  const int started =
      deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY);
  g_assert(started == Z_OK);
  ByteVector out(deflateBound(&stream, text.size()));
  // zlib's input is not const, but it is not written to.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  const int ended = deflate(&stream, Z_FINISH);
  g_assert(ended == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return make_bytes(std::move(out));
}

bool accepts_gzip(std::string_view accept_encoding) {
  bool any = false;
  while (!accept_encoding.empty()) {
    const std::size_t comma = std::min(accept_encoding.find(','), accept_encoding.size());
    const std::string_view item = accept_encoding.substr(0, comma);
    accept_encoding.remove_prefix(std::min(comma + 1, accept_encoding.size()));

    const std::size_t semicolon = std::min(item.find(';'), item.size());
    const std::string_view coding = trim(item.substr(0, semicolon));
    const bool refused = is_refused(item.substr(semicolon));
    if (same_header(coding, "gzip") || same_header(coding, "x-gzip")) return !refused;
    if (coding == "*") any = !refused;
  }
  return any;
}

}  // namespace spacecast::http
