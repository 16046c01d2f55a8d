// Goal: a stage as clients see it: joining, trickling, leaving, telling, listening, and every
// refusal, over HTTP and with real media; and what becomes of speakers who fall silent, never
// connect or are not who made the offer. Method: a server on port 0, a plain socket as client,
// simulated speakers over 127.0.0.1, and a program of slots that only count. Every wait ends with a
// condition or fails at a deadline.
#include "studio/space.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "pipelines/clip_loader.h"
#include "pipelines/simulated_speaker.h"
#include "studio/api_http.h"
#include "studio/stage_http.h"
#include "tests/unit/http/raw_client.h"

using namespace spacecast;
using namespace spacecast::studio;
using namespace std::chrono_literals;
using nlohmann::json;
using test::eventually;
using test::RawClient;
using test::RawResponse;

namespace {

const bool initialised = (gst_init(nullptr, nullptr), true);

struct SlotRecord {
  std::atomic<unsigned> taken = 0, audio = 0, video = 0;
  std::atomic<int> camera = -1;
};

class CountingSlot : public ProgramSlot {
 public:
  CountingSlot(unsigned index, SlotRecord& record) : index_(index), record_(record) {
    ++record_.taken;
  }
  ~CountingSlot() override { --record_.taken; }
  [[nodiscard]] unsigned index() const override { return index_; }
  void push_audio(Ref<GstSample>) override { ++record_.audio; }
  void push_video(Ref<GstSample>) override { ++record_.video; }
  void set_camera(bool on) override { record_.camera = on ? 1 : 0; }
  void push_screen(Ref<GstSample>) override {}
  void set_screen(bool) override {}
  void set_name(std::string) override {}
  void set_return(std::shared_ptr<ReturnSink>) override {}

 private:
  unsigned index_;
  SlotRecord& record_;
};

// Every slot has the next number: a speaker is known by it.
class CountingProgram : public Program {
 public:
  Result<std::unique_ptr<ProgramSlot>> acquire(std::string, std::optional<unsigned>) override {
    const unsigned index = next_++;
    return std::make_unique<CountingSlot>(index, slots[index]);
  }
  void set_layout(layout::Mode) override {}
  void pin(std::optional<unsigned>) override {}
  [[nodiscard]] std::unique_ptr<ReturnSubscription> monitor(std::shared_ptr<ReturnSink>) override {
    return std::make_unique<ReturnSubscription>();
  }
  [[nodiscard]] Ref<GstClock> clock() const override { return clock_; }
  [[nodiscard]] GstClockTime base_time() const override { return base_time_; }
  [[nodiscard]] ProgramLosses losses() const override { return {}; }
  void end(Task done) override { done(); }

  // References into a map stay valid. Written by the control loop before it answers.
  std::map<unsigned, SlotRecord> slots;

 private:
  unsigned next_ = 0;
  Ref<GstClock> clock_ = adopt(gst_system_clock_obtain());
  GstClockTime base_time_ = gst_clock_get_time(clock_.get());
};

std::shared_ptr<const Clip> tone() {
  static const auto clip = load_audio_clip("tone", 0).value();
  return clip;
}

std::shared_ptr<const Clip> picture() {
  static const auto clip = load_video_clip("test", 0).value();
  return clip;
}

// A peer that offers; lives on the control loop.
struct Peer {
  std::shared_ptr<SimulatedSpeaker> speaker;
  std::string offer;
};

class Stage {
 public:
  explicit Stage(Space::Options options = {}) {
    options.id = "test";
    options.ice.address = "127.0.0.1";
    options.tick = 20ms;
    server = std::move(*http::Server::create({}));
    on_loop([&] { space = Space::create(std::move(options), loop, program); });
    counters = space->counters();
    add_stage_routes(*server, loop, space,
                     std::make_shared<Entrance>(open_access(), space->ice_servers()));
    add_api_routes(*server, loop, space, open_access());
    server->start();
  }
  ~Stage() {
    on_loop([&] {
      peers_.clear();
      space.reset();
    });
    loop->quit_and_join();
  }

  void on_loop(std::function<void()> action) {
    std::promise<void> ran;
    loop->post([&] {
      action();
      ran.set_value();
    });
    ran.get_future().wait();
  }

  // A peer with its offer made.
  Peer& offer(bool camera) {
    std::promise<std::string> made;
    auto peer = std::make_unique<Peer>();
    on_loop([&] {
      peer->speaker = SimulatedSpeaker::create(
                          {.audio = tone(),
                           .video = camera ? picture() : nullptr,
                           .receive = false,
                           .ice_address = "127.0.0.1"},
                          loop,
                          {.on_offer = [&](std::string sdp) { made.set_value(std::move(sdp)); },
                           .on_connected = [] {},
                           .on_error = [](const Error&) {}})
                          .value();
    });
    peer->offer = made.get_future().get();
    peers_.push_back(std::move(peer));
    return *peers_.back();
  }

  RawResponse request(const std::string& method, const std::string& target,
                      const std::string& headers = "", const std::string& body = "") {
    RawClient client(server->port());
    client.request(method + " " + target,
                   headers + "Content-Length: " + std::to_string(body.size()) + "\r\n", body);
    return client.response();
  }
  RawResponse post(const std::string& offer, const std::string& target = "/spaces/test/stage") {
    return request("POST", target, "Content-Type: application/sdp\r\n", offer);
  }

  // Joins whole: the peer has the answer.
  RawResponse join(Peer& peer, const std::string& name, const std::string& offer) {
    const auto answer = post(offer, "/spaces/test/stage?name=" + name);
    REQUIRE(answer.status == 201);
    on_loop([&] { CHECK(peer.speaker->accept(answer.body)); });
    return answer;
  }
  RawResponse join(Peer& peer, const std::string& name) { return join(peer, name, peer.offer); }

  json roster() {
    const auto answer = request("GET", "/spaces/test/api/stage");
    REQUIRE(answer.status == 200);
    return json::parse(answer.body, nullptr, false);
  }
  // What a new listener is told.
  json hint() {
    RawClient listener(server->port());
    listener.request("GET /spaces/test/api/events");
    static_cast<void>(listener.read_to("event: hint\ndata: "));
    return json::parse(listener.read_to("\n"), nullptr, false);
  }
  // The first speaker; null where there is none.
  json speaker() {
    const auto all = roster()["speakers"];
    return all.empty() ? json() : all[0];
  }

  std::shared_ptr<Loop> loop = Loop::spawn("control");
  CountingProgram program;
  std::unique_ptr<http::Server> server;
  std::shared_ptr<Space> space;
  std::shared_ptr<SpaceCounters> counters;

 private:
  std::vector<std::unique_ptr<Peer>> peers_;
};

std::string secret_of(const RawResponse& joined) {
  const auto location = joined.header("location");
  return location.substr(location.rfind('/') + 1);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a speaker joins, is heard and seen, and leaves") {
  Stage stage;
  auto& peer = stage.offer(true);
  const auto joined = stage.join(peer, "Ada%20L");
  CHECK(joined.header("content-type") == "application/sdp");
  CHECK(joined.header("location").starts_with("/spaces/test/stage/"));
  CHECK(secret_of(joined).size() >= 22);
  CHECK(joined.header("etag").starts_with("\""));
  const auto id = joined.header("spacecast-speaker");
  CHECK_FALSE(id.empty());
  CHECK(id != secret_of(joined));

  auto& slot = stage.program.slots[0];
  REQUIRE(eventually([&] { return slot.audio > 20 && stage.speaker()["videoPackets"] > 20; }));
  CHECK(slot.video == 0);
  stage.on_loop([&] { stage.space->set_watched({0}); });
  REQUIRE(eventually([&] { return slot.video > 5; }));
  stage.on_loop([&] { stage.space->set_talking({0}); });
  const auto roster = stage.roster();
  CHECK(roster["space"] == "test");
  CHECK(roster["state"] == "live");
  CHECK(roster["onAir"].is_null());
  const auto speaker = roster["speakers"][0];
  CHECK(speaker["id"] == id);
  CHECK(speaker["name"] == "Ada L");
  CHECK(speaker["role"] == "speaker");
  CHECK(speaker["camera"] == true);
  CHECK(speaker["muted"] == false);
  CHECK(speaker["talking"] == true);
  CHECK(speaker["onAir"] == false);
  CHECK(speaker["connection"] == "connected");
  CHECK(speaker["audioPackets"] > 20);
  CHECK(speaker["videoPackets"] > 5);
  CHECK(stage.roster().dump().find(secret_of(joined)) == std::string::npos);

  CHECK(stage.request("GET", joined.header("location")).status == 204);
  CHECK(stage.request("DELETE", joined.header("location")).status == 200);
  CHECK(slot.taken == 0);
  CHECK(stage.roster()["speakers"].empty());
  CHECK(stage.request("DELETE", joined.header("location")).status == 404);
  CHECK(stage.request("GET", joined.header("location")).status == 404);
  CHECK(stage.counters->joins == 1);
  CHECK(eventually([&] { return stage.space->teardown()->running() == 0; }));
}

TEST_CASE("what cannot be answered is refused and leaves nothing behind") {
  Stage stage;
  const std::string good = stage.offer(true).offer;
  struct Case {
    const char* name;
    std::string offer;
    int status;
  };
  const Case cases[] = {
      {"empty", "", 400},
      {"junk", "\x01\x02junk", 400},
      {"text", "please let me in\r\n", 400},
      {"oversized", good + std::string(70'000, 'x'), 413},
      {"truncated in a line", good.substr(0, good.size() - 1), 400},
      {"truncated in a section", good.substr(0, good.find("m=video")), 400},
      {"no H.264", replaced(good, "H264/90000", "VP8/90000"), 422},
      {"no fingerprint", replaced(good, "sha-256", "sha-1"), 422},
  };
  for (const auto& c : cases) {
    INFO(c.name);
    const auto answer = stage.post(c.offer);
    CHECK(answer.status == c.status);
    CHECK(answer.header("content-type") == "application/problem+json");
  }
  CHECK(stage.post(cases[6].offer).body.find("no H.264 video") != std::string::npos);
  CHECK(stage.request("POST", "/spaces/test/stage", "Content-Type: text/plain\r\n", good).status ==
        415);
  CHECK(stage.request("POST", "/spaces/test/stage", "", good).status == 415);
  CHECK(stage.post(good, "/spaces/other/stage").status == 404);
  CHECK(stage.post(good, "/spaces/test/stage?name=%01").status == 400);
  CHECK(stage.roster()["speakers"].empty());
  CHECK(stage.program.slots.empty());
  CHECK(stage.space->teardown()->running() == 0);
  CHECK(stage.counters->joins == 0);
}

TEST_CASE("WHIP's other verbs") {
  Stage stage;
  CHECK(stage.request("GET", "/spaces/test/whip").status == 204);
  CHECK(stage.request("OPTIONS", "/spaces/test/whip").header("accept-post") == "application/sdp");
  CHECK(stage.request("PUT", "/spaces/test/whip").status == 405);
  auto& peer = stage.offer(false);
  const auto joined = stage.join(peer, "");
  CHECK(stage.speaker()["name"] == "Guest");
  CHECK(stage.speaker()["camera"] == false);

  const auto patch = [&](const std::string& headers, const std::string& body) {
    return stage.request("PATCH", joined.header("location"), headers, body).status;
  };
  const std::string type = "Content-Type: application/trickle-ice-sdpfrag\r\n";
  const std::string match = type + "If-Match: " + joined.header("etag") + "\r\n";
  const std::string candidate = "a=candidate:1 1 udp 1 127.0.0.1 50000 typ host\r\n";
  CHECK(patch("If-Match: *\r\n", candidate) == 415);
  CHECK(patch(type, candidate) == 428);
  CHECK(patch(type + "If-Match: \"other\"\r\n", candidate) == 412);
  CHECK(patch(match, "junk") == 400);
  CHECK(patch(match, std::string(20'000, 'x')) == 413);
  CHECK(patch(match, candidate) == 204);
  std::string many;
  for (int port = 50000; port < 50065; ++port) {
    many += "a=candidate:1 1 udp 1 127.0.0.1 " + std::to_string(port) + " typ host\r\n";
  }
  CHECK(patch(match, many) == 400);
  const std::string restart = "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n";
  CHECK(patch(type + "If-Match: *\r\n", restart) == 422);
  // The session goes on.
  const auto heard = stage.program.slots[0].audio.load();
  CHECK(eventually([&] { return stage.program.slots[0].audio > heard + 10; }));
  CHECK(stage.request("PATCH", "/spaces/test/stage/unknown", match, candidate).status == 404);
}

TEST_CASE("speakers say what they do, of themselves only") {
  Stage stage;
  const auto joined = stage.join(stage.offer(true), "Ada");
  const auto other = stage.join(stage.offer(false), "Bob");
  const auto url = "/spaces/test/api/speakers/" + joined.header("spacecast-speaker");
  const auto bearer = [](const RawResponse& of) {
    return "Authorization: Bearer " + secret_of(of) + "\r\n";
  };
  const auto tell = [&](const std::string& headers, const std::string& body) {
    return stage.request("PATCH", url, headers, body).status;
  };
  CHECK(tell("", "{\"muted\":true}") == 401);
  CHECK(tell(bearer(other), "{\"muted\":true}") == 403);
  CHECK(tell("Authorization: Bearer nobody\r\n", "{\"muted\":true}") == 401);
  CHECK(tell("Authorization: Bearer a.b.c\r\n", "{\"muted\":true}") == 401);
  CHECK(tell(bearer(joined), "{\"muted\":true,\"pinned\":true}") == 403);
  for (const char* bad : {"", "[]", "{}", "{\"muted\":1}", "{\"muted\":true,\"on\":true}", "{"}) {
    INFO(bad);
    CHECK(tell(bearer(joined), bad) == 400);
  }
  CHECK(tell(bearer(joined), std::string(2000, ' ')) == 413);
  CHECK(tell(bearer(joined), "{\"camera\":false,\"muted\":true}") == 204);
  CHECK(stage.speaker()["camera"] == false);
  CHECK(stage.speaker()["muted"] == true);
  CHECK(stage.program.slots[0].camera == 0);
  CHECK(tell(bearer(joined), "{\"camera\":true}") == 204);
  CHECK(stage.program.slots[0].camera == 1);
  CHECK(stage.speaker()["muted"] == true);

  const auto others = "/spaces/test/api/speakers/" + other.header("spacecast-speaker");
  CHECK(stage.request("PATCH", others, bearer(other), "{\"camera\":true}").status == 409);
  CHECK(stage.request("DELETE", others, bearer(joined)).status == 403);
  CHECK(stage.request("DELETE", others, bearer(other)).status == 200);
  CHECK(stage.request("DELETE", others, bearer(other)).status == 401);
  CHECK(stage.request("DELETE", others, bearer(joined)).status == 404);
  CHECK(stage.roster()["speakers"].size() == 1);
}

TEST_CASE("listeners hear of every change, and of the end") {
  Stage stage;
  RawClient listener(stage.server->port());
  listener.request("GET /spaces/test/api/events");
  CHECK_FALSE(listener.read_to("event: stage").empty());
  CHECK_FALSE(listener.read_to("{\"name\":null,\"speaker\":null}").empty());

  const auto joined = stage.join(stage.offer(false), "Ada");
  CHECK_FALSE(listener.read_to("\"name\":\"Ada\"").empty());
  CHECK_FALSE(listener.read_to("\"connection\":\"connected\"").empty());
  stage.on_loop([&] { stage.space->set_on_air({.slot = 0, .reason = "test"}); });
  CHECK_FALSE(listener.read_to("event: on-air").empty());
  CHECK_FALSE(
      listener.read_to("\"speaker\":\"" + joined.header("spacecast-speaker") + "\"").empty());
  CHECK(stage.roster()["onAir"] == joined.header("spacecast-speaker"));
  CHECK(stage.speaker()["onAir"] == true);

  std::promise<void> over;
  stage.on_loop([&] { stage.space->end([&] { over.set_value(); }); });
  CHECK_FALSE(listener.read_to("event: ended").empty());
  CHECK(listener.closed_by_server());
  CHECK(over.get_future().wait_for(10s) == std::future_status::ready);
  CHECK(stage.space->teardown()->running() == 0);
  CHECK(stage.roster()["state"] == "ended");
  CHECK(stage.roster()["speakers"].empty());
  CHECK(stage.post(stage.offer(false).offer).status == 409);
  RawClient late(stage.server->port());
  late.request("GET /spaces/test/api/events");
  CHECK_FALSE(late.read_to("event: ended").empty());
  CHECK(late.closed_by_server());
}

TEST_CASE("speakers are told what quality to send") {
  Stage stage;
  const auto hint = [](const RawResponse& joined, const std::string& quality) {
    return "\"" + joined.header("spacecast-speaker") + "\":\"" + quality + "\"";
  };
  RawClient listener(stage.server->port());
  listener.request("GET /spaces/test/api/events");
  CHECK_FALSE(listener.read_to("event: hint\ndata: {\"speakers\":{}}").empty());
  stage.on_loop([&] { stage.space->set_watched({0}); });
  const auto ada = stage.join(stage.offer(false), "Ada");
  CHECK_FALSE(listener.read_to(hint(ada, "full")).empty());
  const auto bob = stage.join(stage.offer(false), "Bob");
  CHECK_FALSE(listener.read_to(hint(bob, "full")).empty());
  // Nobody sees Bob; Ada stays on air.
  CHECK_FALSE(listener.read_to(hint(bob, "low")).empty());
  CHECK(stage.hint()["speakers"][ada.header("spacecast-speaker")] == "full");
  stage.on_loop([&] { stage.space->set_watched({0, 1}); });
  CHECK_FALSE(listener.read_to(hint(bob, "full")).empty());
  CHECK(stage.request("DELETE", bob.header("location")).status == 200);
  CHECK_FALSE(listener.read_to("{\"speakers\":{" + hint(ada, "full") + "}}").empty());
}

TEST_CASE("stage and events are bounded") {
  Stage stage({.speakers_max = 1, .listeners_max = 1});
  const auto joined = stage.join(stage.offer(false), "Ada");
  const auto full = stage.post(stage.offer(false).offer);
  CHECK(full.status == 503);
  CHECK_FALSE(full.header("retry-after").empty());
  CHECK(full.body.find("full") != std::string::npos);
  CHECK(stage.request("DELETE", joined.header("location")).status == 200);
  stage.join(stage.offer(false), "Bob");

  auto first = std::make_unique<RawClient>(stage.server->port());
  first->request("GET /spaces/test/api/events");
  CHECK_FALSE(first->read_to("event: stage").empty());
  CHECK(stage.request("GET", "/spaces/test/api/events").status == 503);
  first.reset();
  // The place of one who is gone is free.
  CHECK(eventually([&] {
    RawClient next(stage.server->port());
    next.request("GET /spaces/test/api/events");
    return next.read_to("\r\n").find("200") != std::string::npos;
  }));
}

TEST_CASE("media come in where they may, and a full range of ports is said to be") {
  Stage stage({.ice = {.public_address = "203.0.113.7", .port_min = 40'000, .port_max = 40'001}});
  for (int i = 0; i < 2; ++i) {
    const auto joined = stage.post(stage.offer(false).offer);
    REQUIRE(joined.status == 201);
    const auto at = joined.body.find("a=candidate:");
    REQUIRE(at != std::string::npos);
    const auto candidate = joined.body.substr(at, joined.body.find('\r', at) - at);
    INFO(candidate);
    CHECK((candidate.contains(" 203.0.113.7 40000 ") || candidate.contains(" 203.0.113.7 40001 ")));
  }
  const auto refused = stage.post(stage.offer(false).offer);
  CHECK(refused.status == 503);
  CHECK(refused.body.contains("no UDP port from 40000 to 40001 is free"));
  CHECK(stage.roster()["speakers"].size() == 2);
}

TEST_CASE("a peer with another certificate is shut out") {
  Stage stage;
  auto& peer = stage.offer(true);
  const auto at = peer.offer.find("sha-256 ") + 8;
  std::string altered = peer.offer;
  const std::string real = altered.substr(at, 2);
  for (auto found = altered.find("sha-256 " + real); found != std::string::npos;
       found = altered.find("sha-256 " + real, found + 1)) {
    altered[found + 8] = altered[found + 8] == 'A' ? 'B' : 'A';
  }
  stage.join(peer, "Mallory", altered);
  REQUIRE(eventually([&] { return stage.counters->fingerprint_mismatches == 1; }));
  CHECK(eventually([&] { return stage.roster()["speakers"].empty(); }));
  CHECK(stage.program.slots[0].taken == 0);
  CHECK(stage.program.slots[0].audio == 0);
  CHECK(stage.program.slots[0].video == 0);
}

TEST_CASE("who never connects, or falls silent, is removed") {
  Stage stage({.liveness = {.connect = 1500ms, .unstable = 200ms, .lost = 1000ms}});
  stage.post(stage.offer(false).offer);
  CHECK(stage.speaker()["connection"] == "connecting");
  CHECK(eventually([&] { return stage.counters->lost == 1; }));
  CHECK(stage.roster()["speakers"].empty());

  auto& peer = stage.offer(false);
  stage.join(peer, "Ada");
  REQUIRE(eventually([&] { return stage.program.slots[1].audio > 10; }));
  CHECK(stage.speaker()["connection"] == "connected");
  // Gone without a word.
  stage.on_loop([&] { peer.speaker.reset(); });
  CHECK(eventually([&] {
    const auto speaker = stage.speaker();
    return speaker.is_null() || speaker["connection"] == "unstable";
  }));
  CHECK(eventually([&] { return stage.roster()["speakers"].empty(); }));
  CHECK(stage.program.slots[1].taken == 0);
}
