// Goal: the client says what RFC 9725 wants, finds the session, and turns every kind of refusal
// into one line. Method: the project's own server on port 0 of 127.0.0.1 answers from a table;
// nothing waits by time.
#include "app/whip_client.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "glibx/loop.h"
#include "http/server.h"

using namespace spacecast;
using namespace std::chrono_literals;

namespace {

class Fixture {
 public:
  Fixture() {
    auto created = http::Server::create({});
    REQUIRE(created.has_value());
    server_ = std::move(*created);
    server_->start();
  }

  void answer(const std::string& method, const std::string& path, http::Response response) {
    server_->add({.method = method,
                  .pattern = path,
                  .body_max = 4096,
                  .handler = [this, response](http::Request request, http::Responder responder) {
                    {
                      const std::lock_guard lock(mutex_);
                      requests_.push_back(std::move(request));
                    }
                    responder.respond(response);
                  }});
  }

  [[nodiscard]] std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + path;
  }

  Result<WhipClient::Session> post(const std::string& to, const std::string& token = "") {
    Result<WhipClient::Session> result = fail(ErrorCode::kInternal, "no answer");
    run(token, [&](WhipClient& client) {
      client.post(to, "v=0\r\n", [&](Result<WhipClient::Session> session) {
        result = std::move(session);
        loop_->quit();
      });
    });
    return result;
  }

  Result<void> remove(const std::string& to, const std::string& token = "") {
    Result<void> result = fail(ErrorCode::kInternal, "no answer");
    run(token, [&](WhipClient& client) {
      client.remove(to, [&](Result<void> removed) {
        result = std::move(removed);
        loop_->quit();
      });
    });
    return result;
  }

  http::Request only_request() {
    const std::lock_guard lock(mutex_);
    REQUIRE(requests_.size() == 1);
    return requests_.front();
  }

 private:
  template <typename F>
  void run(const std::string& token, F use) {
    std::unique_ptr<WhipClient> client;
    loop_->post([&] {
      client = std::make_unique<WhipClient>(token);
      use(*client);
    });
    const Timer deadline = loop_->after(20s, [this] { loop_->quit(); });
    loop_->run();
  }

  std::shared_ptr<Loop> loop_ = Loop::create();
  std::mutex mutex_;
  std::vector<http::Request> requests_;
  std::unique_ptr<http::Server> server_;
};

http::Response created(const std::string& location) {
  return {.status = 201,
          .content_type = "application/sdp",
          .headers = {{"Location", location}},
          .body = make_bytes(std::string_view("v=0\r\ns=answer\r\n"))};
}

}  // namespace

TEST_CASE_METHOD(Fixture, "an offer is posted and its session found, relative or absolute") {
  const auto [location, session] = GENERATE(table<std::string, std::string>({
      {"/sessions/7", "/sessions/7"},
      {"stage/7?x=1", "/space/stage/7?x=1"},
  }));
  answer("POST", "/space/stage", created(location));
  const auto posted = post(url("/space/stage?name=Ada"), "secret");
  REQUIRE(posted.has_value());
  CHECK(posted->status == 201);
  CHECK(posted->url == url(session));
  CHECK(posted->answer == "v=0\r\ns=answer\r\n");
  const auto request = only_request();
  CHECK(request.body == "v=0\r\n");
  CHECK(request.header("content-type") == "application/sdp");
  CHECK(request.header("authorization") == "Bearer secret");
  CHECK(request.query_value("name") == "Ada");
}

TEST_CASE_METHOD(Fixture,
                 "without a token there is no Authorization; 200 without Location is a session") {
  answer("POST", "/whip",
         {.status = 200,
          .content_type = "application/sdp",
          .body = make_bytes(std::string_view("v=0"))});
  const auto posted = post(url("/whip"));
  REQUIRE(posted.has_value());
  CHECK(posted->url.empty());
  CHECK(only_request().header("authorization").empty());
}

TEST_CASE_METHOD(Fixture, "a refusal gives status and the problem's detail") {
  answer("POST", "/whip", http::problem(422, "the offer has no H.264"));
  const auto posted = post(url("/whip"));
  REQUIRE_FALSE(posted.has_value());
  CHECK(posted.error().message == "POST " + url("/whip") + ": 422 the offer has no H.264");
}

TEST_CASE_METHOD(Fixture, "a refusal without a document gives the status line") {
  answer("POST", "/whip",
         {.status = 503, .content_type = "text/plain", .body = make_bytes(std::string_view("[{"))});
  const auto posted = post(url("/whip"));
  REQUIRE_FALSE(posted.has_value());
  CHECK(posted.error().message.find(": 503 ") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "an answer is read to its bound") {
  auto response = created("/sessions/1");
  response.body = make_bytes(ByteVector(1000000, 'a'));
  answer("POST", "/whip", response);
  const auto posted = post(url("/whip"));
  REQUIRE(posted.has_value());
  CHECK(posted->answer.size() == 64 * 1024);
}

TEST_CASE_METHOD(Fixture, "nobody there, and no URL at all, are faults with a reason") {
  const auto refused = post("http://127.0.0.1:1/stage");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::kIo);
  CHECK(refused.error().message.find("POST http://127.0.0.1:1/stage: ") == 0);
  CHECK_FALSE(post("nonsense").has_value());
}

TEST_CASE_METHOD(Fixture, "a session is deleted; one that is gone counts as deleted") {
  answer("DELETE", "/sessions/1", {.status = 204});
  answer("DELETE", "/sessions/2", http::problem(404, "no such session"));
  answer("DELETE", "/sessions/3", http::problem(401, "a token is needed"));
  CHECK(remove(url("/sessions/1"), "secret").has_value());
  CHECK(only_request().header("authorization") == "Bearer secret");
  CHECK(remove(url("/sessions/2")).has_value());
  const auto removed = remove(url("/sessions/3"));
  REQUIRE_FALSE(removed.has_value());
  CHECK(removed.error().message == "DELETE " + url("/sessions/3") + ": 401 a token is needed");
}
