// A presentation that a test fills part by part, an origin that serves it, and clients on plain
// sockets.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "origin/origin.h"
#include "tests/unit/hls/presentation.h"
#include "tests/unit/http/raw_client.h"

namespace spacecast::test {

struct OriginFixture {
  explicit OriginFixture(origin::Origin::Options options = {}, hls::StoreConfig config = {})
      : presentation(config),
        mounted(origin::Origin::mount(*server, presentation.store, "/spaces/demo/hls",
                                      std::move(options))) {
    server->start();
  }
  RawClient client() const { return RawClient(server->port()); }
  RawResponse get(const std::string& file, std::string_view header_lines = "") const {
    return client().get(path(file), header_lines);
  }
  // A request that is to be parked; more than one of them makes `count` grow.
  RawClient park(const std::string& file, std::size_t count = 1) const {
    RawClient waiting = client();
    waiting.request("GET " + path(file));
    REQUIRE(eventually([&] { return mounted->metrics().waiting == count; }));
    return waiting;
  }
  static std::string path(const std::string& file) { return "/spaces/demo/hls/" + file; }

  std::unique_ptr<http::Server> server = http::Server::create({}).value();
  hls::test::Presentation presentation;
  std::shared_ptr<origin::Origin> mounted;
};

inline bool contains(const RawResponse& response, std::string_view text) {
  return response.body.find(text) != std::string::npos;
}

}  // namespace spacecast::test
