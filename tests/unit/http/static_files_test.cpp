// Goal: pages come with the right type, are revalidated by ETag, and no name leads out of the
// folder. Method: a folder made by the test, asked through the pure answer().
#include "http/static_files.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "http/gzip.h"

using namespace spacecast;
using namespace spacecast::http;

namespace {

struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "spacecast-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path / name).parent_path());
    std::ofstream(path / name) << text;
  }
  std::filesystem::path path;
};

Request with_header(const std::string& name, const std::string& value) {
  Request request;
  request.headers[name] = value;
  return request;
}

std::string header_of(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

}  // namespace

TEST_CASE("files are served by type, packed where that helps, and revalidated") {
  Folder folder;
  const std::string script(5000, 'a');
  folder.write("viewer.html", "<!doctype html>");
  folder.write("sub/app.js", script);
  const auto files =
      StaticFiles::load({folder.path}, {.content_security_policy = "default-src 'self'"});
  REQUIRE(files.has_value());
  const StaticFiles& pages = **files;

  auto response = pages.answer({}, "viewer.html");
  CHECK(response.status == 200);
  CHECK(response.content_type == "text/html; charset=utf-8");
  CHECK(as_text(*response.body) == "<!doctype html>");
  CHECK(header_of(response, "Content-Security-Policy") == "default-src 'self'");
  CHECK(header_of(response, "X-Content-Type-Options") == "nosniff");
  CHECK(header_of(response, "Referrer-Policy") == "no-referrer");
  CHECK(header_of(response, "Cache-Control") == "no-cache");

  response = pages.answer({}, "sub/app.js");
  const std::string etag = header_of(response, "ETag");
  CHECK(as_text(*response.body) == script);
  CHECK(header_of(response, "Vary") == "Accept-Encoding");
  const auto packed = pages.answer(with_header("accept-encoding", "br, gzip"), "sub/app.js");
  CHECK(header_of(packed, "Content-Encoding") == "gzip");
  CHECK(packed.body->size() < script.size());
  CHECK(header_of(packed, "ETag") != etag);

  for (const std::string& tags : {etag, "W/" + etag, "\"x\", " + etag, std::string("*")}) {
    CAPTURE(tags);
    response = pages.answer(with_header("if-none-match", tags), "sub/app.js");
    CHECK(response.status == 304);
    CHECK(response.body == nullptr);
    CHECK(header_of(response, "ETag") == etag);
  }
  CHECK(pages.answer(with_header("if-none-match", "\"x\""), "sub/app.js").status == 200);
}

TEST_CASE("only plain files of a known type inside the folder") {
  Folder folder;
  folder.write("a.html", "a");
  folder.write(".hidden.html", "h");
  folder.write(".git/b.html", "b");
  folder.write("meson.build", "m");
  std::filesystem::create_symlink("/etc/hostname", folder.path / "link.html");
  const auto files = StaticFiles::load({folder.path}, {});
  REQUIRE(files.has_value());
  CHECK((*files)->size() == 1);
  for (const char* name : {"", "..", "../a.html", "./a.html", "/a.html", ".hidden.html",
                           ".git/b.html", "meson.build", "link.html", "A.html"}) {
    CAPTURE(name);
    CHECK((*files)->answer({}, name).status == 404);
  }
}

TEST_CASE("a folder that is missing or too large is an error that names it") {
  Folder folder;
  folder.write("a.html", "12345");
  const auto large = StaticFiles::load({folder.path}, {.total_bytes_max = 4});
  REQUIRE_FALSE(large.has_value());
  CHECK(large.error().message.find("a.html") != std::string::npos);
  CHECK_FALSE(StaticFiles::load({folder.path / "missing"}, {}).has_value());
}

TEST_CASE("of two folders the earlier one's file counts") {
  Folder first;
  Folder second;
  first.write("a.html", "first");
  second.write("a.html", "second");
  second.write("b.html", "b");
  const auto files = StaticFiles::load({first.path, second.path}, {});
  REQUIRE(files.has_value());
  CHECK(as_text(*(*files)->answer({}, "a.html").body) == "first");
  CHECK((*files)->answer({}, "b.html").status == 200);
}

TEST_CASE("who takes gzip") {
  for (const char* yes : {"gzip", "GZIP", "br, gzip", "deflate,gzip;q=0.5", "*", "x-gzip",
                          "gzip;q=1", "gzip;q=0.001"}) {
    CAPTURE(yes);
    CHECK(accepts_gzip(yes));
  }
  for (const char* no :
       {"", "br", "identity", "gzip;q=0", "gzip; q=0.000, *", "*;q=0", "gzipp", ",;,"}) {
    CAPTURE(no);
    CHECK_FALSE(accepts_gzip(no));
  }
}
