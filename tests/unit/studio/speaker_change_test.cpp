// Goal: what is said of a speaker is read strictly, and who may say it is kept apart. Method:
// tables.
#include "studio/speaker_change.h"

#include <catch2/catch.hpp>
#include <string>

#include "studio/layout_change.h"

using namespace spacecast;
using namespace spacecast::studio;

TEST_CASE("changes that are read") {
  const auto both = read_speaker_change("{\"camera\":false,\"muted\":true}");
  REQUIRE(both);
  CHECK(both->camera == false);
  CHECK(both->muted == true);
  CHECK_FALSE(both->name);
  const auto one = read_speaker_change(" {\"camera\" : true} ");
  REQUIRE(one);
  CHECK(one->camera == true);
  CHECK_FALSE(one->muted);
  const auto rest =
      read_speaker_change("{\"hand\":true,\"screen\":false,\"pinned\":true,\"name\":\" Ada \"}");
  REQUIRE(rest);
  CHECK(rest->hand == true);
  CHECK(rest->screen == false);
  CHECK(rest->pinned == true);
  CHECK(rest->name == "Ada");
}

TEST_CASE("changes that are refused") {
  for (const std::string& text : {std::string(),
                                  std::string("null"),
                                  std::string("true"),
                                  std::string("[]"),
                                  std::string("{}"),
                                  std::string("{\"camera\":null}"),
                                  std::string("{\"camera\":1}"),
                                  std::string("{\"camera\":\"true\"}"),
                                  std::string("{\"Camera\":true}"),
                                  std::string("{\"camera\":true,\"role\":\"host\"}"),
                                  std::string("{\"camera\":true"),
                                  std::string("{\"camera\":true}}"),
                                  std::string("\xff"),
                                  std::string("{\"name\":\"\"}"),
                                  std::string("{\"name\":true}"),
                                  std::string("{\"name\":\"a\\u0000b\"}"),
                                  "{\"name\":\"" + std::string(65, 'x') + "\"}",
                                  std::string("{\"pinned\":\"yes\"}"),
                                  std::string(kChangeBytesMax, '['),
                                  std::string(kChangeBytesMax + 1, ' ')}) {
    INFO(text.substr(0, 40));
    const auto change = read_speaker_change(text);
    REQUIRE_FALSE(change);
    CHECK(change.error().code == ErrorCode::kInvalidArgument);
  }
}

TEST_CASE("who may change what of whom") {
  constexpr auto kSpeaker = Role::kSpeaker, kCoHost = Role::kCoHost, kHost = Role::kHost;
  struct Case {
    const char* name;
    SpeakerChange change;
    bool of_oneself;
    Role by, whom;
    bool allowed;
  };
  const Case cases[] = {
      {"a speaker's own",
       {.camera = true, .muted = false, .hand = true, .screen = true},
       true,
       kSpeaker,
       kSpeaker,
       true},
      {"a speaker's pin", {.pinned = true}, true, kSpeaker, kSpeaker, false},
      {"a speaker's name", {.name = "x"}, true, kSpeaker, kSpeaker, false},
      {"one's own with more", {.muted = true, .pinned = true}, true, kSpeaker, kSpeaker, false},
      {"a co-host's own", {.pinned = true, .name = "x"}, true, kCoHost, kCoHost, true},
      {"a host's own", {.muted = false, .pinned = true, .name = "x"}, true, kHost, kHost, true},
      {"speaker on speaker", {.muted = true}, false, kSpeaker, kSpeaker, false},
      {"speaker on host", {.muted = true}, false, kSpeaker, kHost, false},
      {"speaker's pin of another", {.pinned = true}, false, kSpeaker, kSpeaker, false},
      {"host on speaker",
       {.muted = true, .pinned = true, .name = "x"},
       false,
       kHost,
       kSpeaker,
       true},
      {"host on host", {.muted = true, .name = "x"}, false, kHost, kHost, true},
      {"host unmutes", {.muted = false}, false, kHost, kSpeaker, false},
      {"host's hand of another", {.hand = false}, false, kHost, kSpeaker, false},
      {"host's camera of another", {.camera = false}, false, kHost, kSpeaker, false},
      {"host's screen of another", {.screen = false}, false, kHost, kSpeaker, false},
      {"co-host on speaker", {.muted = true, .name = "x"}, false, kCoHost, kSpeaker, true},
      {"co-host on co-host", {.muted = true, .name = "x"}, false, kCoHost, kCoHost, true},
      {"co-host pins host", {.pinned = false}, false, kCoHost, kHost, true},
      {"co-host mutes host", {.muted = true}, false, kCoHost, kHost, false},
      {"co-host renames host", {.name = "x"}, false, kCoHost, kHost, false},
  };
  for (const auto& c : cases) {
    INFO(c.name);
    const auto allowed = check_allowed(c.change, c.of_oneself, c.by, c.whom);
    CHECK(allowed.has_value() == c.allowed);
    if (!allowed) CHECK(allowed.error().code == ErrorCode::kForbidden);
  }
}

TEST_CASE("layouts") {
  CHECK(read_layout_change("{\"layout\":\"gallery\"}") == layout::Mode::kGallery);
  CHECK(read_layout_change(" {\"layout\":\"speaker\"}") == layout::Mode::kSpeaker);
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("[]"), std::string("{\"layout\":1}"),
        std::string("{\"layout\":\"grid\"}"), std::string("{\"layout\":\"gallery\",\"x\":1}"),
        std::string("{\"layout\":\"gallery\""), std::string(kChangeBytesMax + 1, ' ')}) {
    INFO(text.substr(0, 40));
    CHECK_FALSE(read_layout_change(text).has_value());
  }
}

TEST_CASE("roles") {
  CHECK(parse_role("host") == Role::kHost);
  CHECK(parse_role("cohost") == Role::kCoHost);
  CHECK(parse_role("speaker") == Role::kSpeaker);
  for (const char* text : {"", "Host", "co-host", "admin", "host "}) CHECK_FALSE(parse_role(text));
  CHECK(may_end(Role::kHost));
  CHECK_FALSE(may_end(Role::kCoHost));
  CHECK_FALSE(may_end(Role::kSpeaker));
}
