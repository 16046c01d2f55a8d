// Goal: whatever a client does, it gets the right answer or its connection ends, and nothing of it
// stays behind.
// Method: a real server on a free port and clients on plain sockets.
#include "http/server.h"

#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <future>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/mutex.h"
#include "tests/unit/http/raw_client.h"

using namespace spacecast;
using namespace spacecast::http;
using namespace spacecast::test;

namespace {

std::unique_ptr<Server> make_server(Server::Options options = {}) {
  auto server = Server::create(std::move(options));
  REQUIRE(server.has_value());
  (*server)->start();
  return std::move(*server);
}

Response text(std::string_view body) {
  return {.status = 200, .content_type = "text/plain", .headers = {}, .body = make_bytes(body)};
}

Handler echo() {
  return [](Request request, Responder responder) {
    responder.respond(text(request.method + " " + request.path + "?" + request.query + " " +
                           request.params["name"] + " " + request.body));
  };
}

// Keeps what it is given until a test answers it.
struct Parking {
  Mutex mutex;
  std::vector<Responder> parked SPACECAST_GUARDED_BY(mutex);

  Handler handler() {
    return [this](Request, Responder responder) {
      MutexLock lock(mutex);
      parked.push_back(std::move(responder));
    };
  }
  std::vector<Responder> take() {
    MutexLock lock(mutex);
    return std::exchange(parked, {});
  }
  std::size_t gone() {
    MutexLock lock(mutex);
    return static_cast<std::size_t>(
        std::ranges::count_if(parked, [](const Responder& r) { return r.client_gone(); }));
  }
};

std::size_t open_descriptors() {
  return static_cast<std::size_t>(std::distance(
      std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator()));
}

}  // namespace

TEST_CASE("a route gets the decoded path, the raw query and the body; a connection is kept") {
  auto server = make_server();
  server->add({.method = "GET", .pattern = "/hello/{name}", .handler = echo()});
  server->add({.method = "POST", .pattern = "/hello/{name}", .body_max = 5, .handler = echo()});
  RawClient client(server->port());
  auto response = client.get("/hello/a%20b?x=%26&y");
  CHECK(response.status == 200);
  CHECK(response.body == "GET /hello/a b?x=%26&y a b ");
  CHECK(response.header("content-type") == "text/plain");
  CHECK(response.header("content-length") == std::to_string(response.body.size()));
  CHECK_FALSE(response.header("date").empty());
  CHECK(response.header("transfer-encoding").empty());

  client.request("POST /hello/z", "Content-Length: 5\r\n", "12345");
  CHECK(client.response().body == "POST /hello/z? z 12345");
  client.request("POST /hello/z", "Transfer-Encoding: chunked\r\n",
                 "2\r\n12\r\n3\r\n345\r\n0\r\n\r\n");
  CHECK(client.response().body == "POST /hello/z? z 12345");
  client.request("POST /hello/z", "Content-Length: 2\r\nExpect: 100-continue\r\n");
  CHECK(client.response().status == 100);
  client.send("ab");
  response = client.response();
  CHECK(response.body == "POST /hello/z? z ab");
  CHECK_FALSE(response.header("date").empty());
  CHECK(response.header("access-control-allow-origin") == "*");
}

TEST_CASE("HEAD is GET without a body") {
  auto server = make_server();
  server->add({.method = "GET", .pattern = "/x", .handler = echo()});
  RawClient client(server->port());
  client.request("HEAD /x");
  const auto head = client.response(true);
  CHECK(head.status == 200);
  CHECK(head.header("content-length") == "10");
  CHECK(client.get("/x").body == "GET /x?  ");  // Nothing of the first answer is in the way.
}

TEST_CASE("unknown paths, methods and preflights; CORS on all of them") {
  auto server = make_server();
  server->add({.method = "POST",
               .pattern = "/whip",
               .body_max = 10,
               .handler = echo(),
               .options_headers = {{"Accept-Post", "application/sdp"}}});
  server->add({.method = "GET", .pattern = "/whip", .handler = echo()});
  struct Case {
    const char* request;
    int status;
  };
  for (const Case& c :
       {Case{"GET /nothing", 404}, Case{"DELETE /whip", 405}, Case{"OPTIONS /nothing", 404},
        Case{"OPTIONS /whip", 200}, Case{"OPTIONS *", 200}, Case{"GET /a%2f", 400},
        Case{"GET /%2e%2e%2fx", 400}, Case{"GET /whip", 200}}) {
    CAPTURE(c.request);
    RawClient client(server->port());
    client.request(c.request, "Origin: https://elsewhere.example\r\n");
    const auto response = client.response();
    CHECK(response.status == c.status);
    CHECK(response.header("access-control-allow-origin") == "*");
    CHECK(response.header("access-control-expose-headers").find("Age, Date") == 0);
    if (c.status == 405) CHECK(response.header("allow") == "POST, GET, HEAD, OPTIONS");
    if (c.status >= 400) {
      const auto document = nlohmann::json::parse(response.body, nullptr, false);
      REQUIRE(document.is_object());
      CHECK(document["status"] == c.status);
      CHECK(response.header("content-type") == "application/problem+json");
      CHECK(response.header("cache-control") == "no-store");
    }
  }
  RawClient client(server->port());
  client.request("OPTIONS /whip");
  const auto preflight = client.response();
  CHECK(preflight.header("allow") == "POST, GET, HEAD, OPTIONS");
  CHECK(preflight.header("access-control-allow-methods") == "POST, GET, HEAD, OPTIONS");
  CHECK(preflight.header("access-control-allow-headers") ==
        "Authorization, Content-Type, If-Match, Spacecast-Replaces");
  CHECK(preflight.header("accept-post") == "application/sdp");
  CHECK(preflight.header("content-length") == "0");
}

TEST_CASE("a body over the limit is refused before it is read") {
  auto server = make_server();
  bool called = false;
  server->add(
      {.method = "POST", .pattern = "/x", .body_max = 1000, .handler = [&](Request, Responder) {
         called = true;
       }});
  SECTION("by its announced length, with nothing of it sent") {
    RawClient client(server->port());
    client.request("POST /x", "Content-Length: 1001\r\n");
    const auto response = client.response();
    CHECK(response.status == 413);
    CHECK(response.header("access-control-allow-origin") == "*");
    CHECK(response.header("connection") == "close");
    client.close();
  }
  SECTION("by an absurd length") {
    RawClient client(server->port());
    client.request("POST /x", "Content-Length: 9223372036854775807\r\n");
    CHECK(client.response().status == 413);
  }
  SECTION("by what has come, where it is chunked and has no end") {
    RawClient client(server->port());
    client.request("POST /x", "Transfer-Encoding: chunked\r\n");
    const std::string chunk = "400\r\n" + std::string(1024, 'x') + "\r\n";
    client.send(chunk);
    CHECK(client.response().status == 413);
    // The sender that goes on regardless is cut off.
    CHECK(eventually([&] { return !client.send(chunk); }));
  }
  SECTION("instead of 100 Continue") {
    RawClient client(server->port());
    client.request("POST /x", "Content-Length: 1001\r\nExpect: 100-continue\r\n");
    CHECK(client.response().status == 413);
  }
  SECTION("where there is no such route") {
    RawClient client(server->port());
    client.request("POST /y", "Content-Length: 100000\r\n");
    CHECK(client.response().status == 404);
  }
  SECTION("where it has two lengths") {
    RawClient client(server->port());
    client.request("POST /x", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n");
    CHECK(client.response().status == 400);
    CHECK(client.closed_by_server());
  }
  CHECK_FALSE(called);
  CHECK(server->pending() == 0);
}

TEST_CASE("a head without end is cut off at a bound") {
  auto server = make_server();
  RawClient client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: test\r\n");
  const std::string line = "X-Filler: " + std::string(1000, 'x') + "\r\n";
  std::size_t taken = 0;
  // The kernel buffers some megabytes of a loopback connection; the server takes 64 KiB of them.
  CHECK(eventually([&] { return ++taken > 20000 || !client.send(line); }));
  CHECK(taken < 20000);
}

TEST_CASE("an answer may come later and from any thread") {
  auto server = make_server();
  Parking parking;
  server->add({.method = "GET", .pattern = "/wait", .handler = parking.handler()});
  constexpr std::size_t kClients = 100;
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < kClients; ++i) {
    clients.emplace_back(server->port());
    clients.back().request("GET /wait");
  }
  REQUIRE(eventually([&] { return server->pending() == kClients; }));
  const Bytes shared = make_bytes(std::string(100000, 'b'));
  for (Responder& responder : parking.take()) {
    responder.respond({.status = 200, .content_type = "video/mp4", .headers = {}, .body = shared});
  }
  for (RawClient& client : clients) CHECK(client.response().body.size() == 100000);
  CHECK(server->pending() == 0);
  // The bytes existed once, and nobody holds them longer than their answer.
  CHECK(eventually([&] { return shared.use_count() == 1; }));
}

TEST_CASE("a client that pipelines gets its first answer, and asks again elsewhere") {
  auto server = make_server();
  Parking parking;
  server->add({.method = "GET", .pattern = "/x", .handler = echo()});
  server->add({.method = "GET", .pattern = "/wait", .handler = parking.handler()});
  SECTION("in one packet") {
    RawClient client(server->port());
    client.send("GET /x?1 HTTP/1.1\r\nHost: test\r\n\r\nGET /x?2 HTTP/1.1\r\nHost: test\r\n\r\n");
    const auto response = client.response();
    CHECK(response.body == "GET /x?1  ");
    CHECK(response.header("connection") == "close");
    CHECK(client.closed_by_server());
  }
  SECTION("while its first request waits") {
    RawClient client(server->port());
    client.request("GET /wait");
    REQUIRE(eventually([&] { return server->pending() == 1; }));
    client.request("GET /x?2");
    for (Responder& responder : parking.take()) responder.respond(text("waited"));
    CHECK(client.response().body == "waited");
    // This one came whole and apart from the first, so nothing of it is lost.
    CHECK(client.response().body == "GET /x?2  ");
  }
  CHECK(eventually([&] { return server->connections() == 0; }));
}

TEST_CASE("a client that closes its sending side gets the answer that is there") {
  auto server = make_server();
  server->add({.method = "GET", .pattern = "/x", .handler = echo()});
  RawClient client(server->port());
  client.request("GET /x");
  shutdown(client.fd(), SHUT_WR);
  CHECK(client.response().status == 200);
  CHECK(client.closed_by_server());
  RawClient old(server->port());
  old.send("GET /x HTTP/1.0\r\n\r\n");
  const auto response = old.response();
  CHECK(response.body == "GET /x?  ");
  CHECK(response.header("connection") == "close");
  CHECK(old.closed_by_server());
}

TEST_CASE("a large answer goes out in as many pieces as the client takes it in") {
  auto server = make_server();
  std::string large(8 * 1024 * 1024, 'x');
  for (std::size_t i = 0; i < large.size(); i += 1000) large[i] = static_cast<char>('a' + i % 23);
  const Bytes bytes = make_bytes(large);
  server->add({.method = "GET", .pattern = "/large", .handler = [&](Request, Responder responder) {
                 responder.respond({.content_type = "video/mp4", .body = bytes, .ranges = true});
               }});
  RawClient client(server->port());
  CHECK(client.get("/large").body == large);
  CHECK(client.get("/large", "Range: bytes=1000000-7999999\r\n").body ==
        large.substr(1000000, 7000000));
  CHECK(client.get("/large").body == large);
  CHECK(eventually([&] { return bytes.use_count() == 1; }));
}

TEST_CASE("a client that vanishes while parked is forgotten at once") {
  auto server = make_server();
  Parking parking;
  server->add({.method = "GET", .pattern = "/wait", .handler = parking.handler()});
  RawClient stays(server->port());
  stays.request("GET /wait");
  {
    std::vector<RawClient> clients;
    for (int i = 0; i < 20; ++i) {
      clients.emplace_back(server->port());
      clients.back().request("GET /wait");
    }
    REQUIRE(eventually([&] { return server->pending() == 21; }));
  }
  CHECK(eventually([&] { return server->pending() == 1; }));
  CHECK(eventually([&] { return parking.gone() == 20; }));
  for (Responder& responder : parking.take()) responder.respond(text("late"));
  CHECK(stays.response().body == "late");
}

TEST_CASE("a dropped responder answers 500") {
  auto server = make_server();
  server->add({.method = "GET", .pattern = "/drop", .handler = [](Request, Responder) {}});
  RawClient client(server->port());
  CHECK(client.get("/drop").status == 500);
  CHECK(client.get("/drop").status == 500);
}

TEST_CASE("connections leave nothing behind, however they end") {
  auto server = make_server();
  Parking parking;
  server->add({.method = "GET", .pattern = "/x", .handler = echo()});
  server->add({.method = "POST", .pattern = "/x", .body_max = 100, .handler = echo()});
  server->add({.method = "GET", .pattern = "/wait", .handler = parking.handler()});
  CHECK(RawClient(server->port()).get("/x").status == 200);
  REQUIRE(eventually([&] { return server->connections() == 0; }));
  const std::size_t before = open_descriptors();
  for (int round = 0; round < 20; ++round) {
    RawClient silent(server->port());
    RawClient half_a_line(server->port());
    half_a_line.send("GE");
    RawClient half_a_head(server->port());
    half_a_head.send("GET /x HTTP/1.1\r\nHost: te");
    RawClient half_a_body(server->port());
    half_a_body.request("POST /x", "Content-Length: 10\r\n", "12345");
    RawClient idle(server->port());
    CHECK(idle.get("/x").status == 200);
    RawClient idle_with_half_a_line(server->port());
    CHECK(idle_with_half_a_line.get("/x").status == 200);
    idle_with_half_a_line.send("G");
    RawClient junk(server->port());
    junk.send("\x16\x03\x01 this is not HTTP\r\n\r\n");
    RawClient parked(server->port());
    parked.request("GET /wait");
    RawClient unread(server->port());
    unread.request("GET /x");
    RawClient too_large(server->port());
    too_large.request("POST /x", "Content-Length: 5000\r\n", "12345");
  }
  CHECK(eventually([&] { return server->connections() == 0; }));
  CHECK(eventually([&] { return open_descriptors() <= before; }));
  CHECK(server->pending() == 0);
}

TEST_CASE("every phase of a connection has a deadline") {
  auto server = make_server({.request_timeout = 50ms, .idle_timeout = 50ms, .write_timeout = 50ms});
  const Bytes large = make_bytes(std::string(32 * 1024 * 1024, 'x'));
  server->add({.method = "GET", .pattern = "/x", .handler = echo()});
  server->add({.method = "GET", .pattern = "/large", .handler = [&](Request, Responder responder) {
                 responder.respond({.content_type = "video/mp4", .headers = {}, .body = large});
               }});
  SECTION("no request") {
    CHECK(RawClient(server->port()).closed_by_server());
  }
  SECTION("half a request") {
    RawClient client(server->port());
    client.send("GET /x HTTP/1.1\r\nHost");
    CHECK(client.closed_by_server());
  }
  SECTION("no second request") {
    RawClient client(server->port());
    CHECK(client.get("/x").status == 200);
    CHECK(client.closed_by_server());
  }
  SECTION("half a line of a second request") {
    RawClient client(server->port());
    CHECK(client.get("/x").status == 200);
    client.send("GET /x");
    CHECK(client.closed_by_server());
  }
  SECTION("an answer that is not read") {
    RawClient client(server->port());
    client.request("GET /large");
    CHECK(eventually([&] { return large.use_count() == 2; }));  // The handler's, the answer's.
    CHECK(eventually([&] { return large.use_count() == 1; }));
  }
  CHECK(eventually([&] { return server->connections() == 0; }));
}

TEST_CASE("a connection too many is closed") {
  auto server = make_server({.max_connections = 3});
  server->add({.method = "GET", .pattern = "/x", .handler = echo()});
  std::vector<RawClient> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(server->port());
    CHECK(clients.back().get("/x").status == 200);
  }
  CHECK(RawClient(server->port()).closed_by_server());
  for (RawClient& client : clients) CHECK(client.get("/x").status == 200);
  clients.pop_back();
  CHECK(eventually([&] { return RawClient(server->port()).get("/x").status == 200; }));
}

TEST_CASE("a server that once could not accept goes on when it can") {
  auto server =
      make_server({.write_timeout = 200ms});  // Looks after its listener four times as often.
  server->add({.method = "GET", .pattern = "/x", .handler = echo()});
  // A client that takes the last descriptor: what is free below it is filled first.
  std::vector<RawClient> fillers(8);
  RawClient client;
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(client.fd()) + 1;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  client.connect(server->port());
  // The connection waits in the kernel; a few turns of the loop later accept() has failed.
  for (int turn = 0; turn < 3; ++turn) {
    std::promise<void> done;
    server->loop()->post([&] { done.set_value(); });
    done.get_future().wait();
  }
  const std::size_t accepted = server->connections();
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(accepted == 0);
  CHECK(client.get("/x").status == 200);
}

TEST_CASE("a range of a body") {
  auto server = make_server();
  const Bytes digits = make_bytes("0123456789");
  server->add({.method = "GET", .pattern = "/x", .handler = [&](Request, Responder responder) {
                 responder.respond(
                     {.content_type = "video/mp4", .headers = {}, .body = digits, .ranges = true});
               }});
  RawClient client(server->port());
  auto response = client.get("/x", "Range: bytes=2-4\r\n");
  CHECK(response.status == 206);
  CHECK(response.body == "234");
  CHECK(response.header("content-range") == "bytes 2-4/10");
  CHECK(response.header("content-length") == "3");
  CHECK(client.get("/x", "Range: bytes=-3\r\n").body == "789");
  CHECK(client.get("/x", "Range: bytes=0-1,0-1,0-1\r\n").body == "0123456789");
  response = client.get("/x", "Range: bytes=10-\r\n");
  CHECK(response.status == 416);
  CHECK(response.header("content-range") == "bytes */10");
  response = client.get("/x");
  CHECK(response.status == 200);
  CHECK(response.header("accept-ranges") == "bytes");
}

TEST_CASE("who comes before the start is answered after it") {
  const auto server = Server::create({}).value();
  RawClient early(server->port());
  early.request("GET /x");
  server->add({.method = "GET", .pattern = "/x", .handler = [](Request, Responder responder) {
                 responder.respond(text("here"));
               }});
  server->start();
  CHECK(early.response().body == "here");
}

TEST_CASE("a server that cannot listen says so") {
  auto server = make_server();
  const auto second = Server::create({.port = server->port()});
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().message.find(std::to_string(server->port())) != std::string::npos);
  CHECK_FALSE(Server::create({.host = "localhost"}).has_value());
}

TEST_CASE("a server goes while requests wait, and late answers are harmless") {
  Parking parking;
  std::optional<RawClient> client;
  {
    auto server = make_server();
    server->add({.method = "GET", .pattern = "/wait", .handler = parking.handler()});
    client.emplace(server->port());
    client->request("GET /wait");
    REQUIRE(eventually([&] { return server->pending() == 1; }));
  }
  CHECK(client->closed_by_server());
  for (Responder& responder : parking.take()) {
    CHECK(responder.client_gone());
    responder.respond(text("too late"));
  }
}
