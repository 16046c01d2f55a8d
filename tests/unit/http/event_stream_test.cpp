// Goal: an event stream carries what was sent and ends with its client, its owner or a slow reader.
// Method: a real server, clients on plain sockets; the handler hands the stream to the test.
#include "http/event_stream.h"

#include <catch2/catch.hpp>

#include "base/mutex.h"
#include "tests/unit/http/raw_client.h"

using namespace spacecast;
using namespace spacecast::http;
using namespace spacecast::test;

namespace {

struct Fixture {
  Fixture() {
    server->add({.method = "GET", .pattern = "/events", .handler = [this](Request, Responder r) {
                   auto stream = start_event_stream(std::move(r), {{"X-Test", "1"}});
                   MutexLock lock(mutex);
                   streams.push_back(std::move(stream));
                 }});
    server->start();
  }
  std::shared_ptr<EventStream> take() {
    std::shared_ptr<EventStream> stream;
    REQUIRE(eventually([&] {
      MutexLock lock(mutex);
      if (!streams.empty()) stream = std::exchange(streams, {}).back();
      return stream != nullptr;
    }));
    return stream;
  }

  Mutex mutex;
  std::vector<std::shared_ptr<EventStream>> streams SPACECAST_GUARDED_BY(mutex);
  std::unique_ptr<Server> server = Server::create({}).value();
};

}  // namespace

TEST_CASE("events are formatted so that nothing in them can forge a field") {
  CHECK(format_event("stage", "{}") == "event: stage\ndata: {}\n\n");
  CHECK(format_event("a\nid: 1", "x\ny\r\nz\rw") ==
        "event: aid: 1\ndata: x\ndata: y\ndata: z\ndata: w\n\n");
  CHECK(format_event("a", "") == "event: a\ndata: \n\n");
}

TEST_CASE("a stream sends as things happen, and ends with close()") {
  Fixture fixture;
  RawClient client(fixture.server->port());
  client.request("GET /events");
  const auto stream = fixture.take();
  stream->send("one", "1");
  const std::string head = client.read_to("\r\n\r\n");
  CHECK(head.starts_with("HTTP/1.1 200"));
  CHECK(head.find("Content-Type: text/event-stream") != std::string::npos);
  CHECK(head.find("Cache-Control: no-store") != std::string::npos);
  CHECK(head.find("X-Test: 1") != std::string::npos);
  CHECK(head.find("Access-Control-Allow-Origin: *") != std::string::npos);
  CHECK(client.read_to("\n\n") == "event: one\ndata: 1\n\n");
  stream->send("two", "2");
  CHECK(client.read_to("\n\n") == "event: two\ndata: 2\n\n");
  CHECK(fixture.server->pending() == 0);
  stream->close();
  CHECK(stream->closed());
  CHECK(client.closed_by_server());
  stream->send("three", "3");
}

TEST_CASE("dropping the stream ends it") {
  Fixture fixture;
  RawClient client(fixture.server->port());
  client.request("GET /events");
  fixture.take().reset();
  CHECK(client.closed_by_server());
  CHECK(eventually([&] { return fixture.server->connections() == 0; }));
}

TEST_CASE("a stream notices that its client is gone") {
  Fixture fixture;
  auto client = std::make_unique<RawClient>(fixture.server->port());
  client->request("GET /events");
  const auto stream = fixture.take();
  stream->send("one", "1");
  CHECK_FALSE(client->read_to("\n\n").empty());
  client.reset();
  CHECK(eventually([&] { return stream->closed(); }));
  CHECK(eventually([&] { return fixture.server->connections() == 0; }));
}

TEST_CASE("a reader that does not read is cut off at a bound") {
  Fixture fixture;
  RawClient client(fixture.server->port());
  client.request("GET /events");
  const auto stream = fixture.take();
  const std::string data(50000, 'x');
  std::size_t sent = 0;
  // The kernel takes some megabytes by itself before anything waits in the server.
  CHECK(eventually([&] {
    stream->send("x", data);
    return stream->closed() || ++sent > 10000;
  }));
  CHECK(stream->closed());
}
