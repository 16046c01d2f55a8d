// Goal: every offer is either refused with a reason or reduced to what we know how to answer.
// Method: real offers of Chromium, changed in one place at a time, cut at every byte, and
// replaced by junk.
#include "studio/offer.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "chromium_monitor_offer.h"
#include "chromium_offer.h"
#include "chromium_stage_offer.h"

using namespace spacecast;
using namespace spacecast::studio;

namespace {

Result<SpeakerOffer> read_stage(std::string_view text) {
  return read_offer(text, Endpoint::kStage);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  REQUIRE(text.find(from) != std::string::npos);
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// Without the lines that start with `prefix`.
std::string without(const std::string& text, const std::string& prefix) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at) + 1;
    const std::string line = text.substr(at, end - at);
    if (!line.starts_with(prefix)) out += line;
    at = end;
  }
  REQUIRE(out.size() < text.size());
  return out;
}

std::string audio_only() {
  std::string text = replaced(kChromiumOffer, "a=group:BUNDLE 0 1", "a=group:BUNDLE 0");
  return text.substr(0, text.find("m=video"));
}

}  // namespace

TEST_CASE("Chromium's offer is reduced to what is used") {
  const auto offer = read_stage(kChromiumOffer);
  REQUIRE(offer);
  REQUIRE(offer->media.size() == 2);
  const auto& audio = offer->media[0];
  CHECK(audio.kind == MediaKind::kAudio);
  CHECK(audio.direction == MediaDirection::kSendReceive);
  CHECK(audio.mid == "0");
  CHECK(audio.payload == 111);
  CHECK(audio.format_parameters == "minptime=10;useinbandfec=1");
  CHECK(audio.feedback == std::vector<std::string>{"transport-cc"});
  CHECK(audio.extensions.size() == 2);
  CHECK(audio.sources == std::vector<std::uint32_t>{534326699});
  const auto& video = offer->media[1];
  CHECK(video.kind == MediaKind::kVideo);
  CHECK(video.direction == MediaDirection::kSendOnly);
  CHECK(video.payload == 108);  // The constrained baseline one, although others come first.
  CHECK(video.profile_level_id == "42e01f");
  CHECK(video.retransmission_payload == 109);
  CHECK(video.feedback == std::vector<std::string>{"nack", "nack pli", "ccm fir", "transport-cc"});
  CHECK(video.extensions.size() == 1);
  CHECK(video.sources.size() == 2);
  CHECK(offer->setup == "actpass");
  CHECK(offer->ufrag == "74pR");
  REQUIRE(offer->fingerprints.size() == 1);
  CHECK(offer->fingerprints[0].starts_with("CB:BA:9B:"));
  // Not the TCP and not the ".local" one.
  CHECK(offer->candidates ==
        std::vector<std::string>{"candidate:3278939837 1 UDP 2122260223 127.0.0.1 54137 typ host"});
}

TEST_CASE("a stage's offer may have a camera and a screen, and takes back what is asked for") {
  const auto offer = read_stage(kChromiumStageOffer);
  REQUIRE(offer);
  REQUIRE(offer->media.size() == 3);
  CHECK(offer->media[0].kind == MediaKind::kAudio);
  CHECK(offer->media[1].kind == MediaKind::kVideo);
  CHECK(offer->media[2].kind == MediaKind::kScreen);
  CHECK(offer->media[0].direction == MediaDirection::kSendReceive);
  CHECK(offer->media[1].direction == MediaDirection::kSendReceive);
  CHECK(offer->media[2].direction == MediaDirection::kSendOnly);
  CHECK(offer->find(MediaKind::kScreen)->mid == "2");
  for (const std::size_t section : {1U, 2U}) {
    CHECK(offer->media[section].payload == 108);
    CHECK(offer->media[section].retransmission_payload == 109);
    CHECK(offer->media[section].sources.size() == 2);
  }
  // Nothing goes back on a screen's section, whatever it says.
  const auto greedy = read_stage(replaced(kChromiumStageOffer, "a=sendonly", "a=sendrecv"));
  REQUIRE(greedy);
  CHECK(greedy->media[2].direction == MediaDirection::kSendOnly);
}

TEST_CASE("WHIP takes what is sent and sends nothing back") {
  const auto offer = read_offer(kChromiumOffer, Endpoint::kWhip);
  REQUIRE(offer);
  for (const auto& media : offer->media) CHECK(media.direction == MediaDirection::kSendOnly);
  CHECK(read_offer(audio_only(), Endpoint::kWhip));
}

TEST_CASE("WHEP sends, in the program's own profile where the monitor has it") {
  const auto offer = read_offer(kChromiumMonitorOffer, Endpoint::kWhep);
  REQUIRE(offer);
  REQUIRE(offer->media.size() == 2);
  for (const auto& media : offer->media) {
    CHECK(media.direction == MediaDirection::kReceiveOnly);
    CHECK(media.sources.empty());
  }
  const auto& video = offer->media[1];
  CHECK(video.payload == 116);
  CHECK(video.profile_level_id == "4d001f");
  CHECK(video.retransmission_payload == 117);
  const auto payload_without_main = [](const std::string& instead) {
    return read_offer(replaced(kChromiumMonitorOffer, "4d001f", instead), Endpoint::kWhep)
        ->find(MediaKind::kVideo)
        ->payload;
  };
  CHECK(payload_without_main("64001f") == 116);  // High contains main.
  CHECK(payload_without_main("58001f") == 108);  // Constrained baseline: everybody decodes main.

  const auto both = replaced(kChromiumMonitorOffer, "a=recvonly", "a=sendrecv");
  REQUIRE(read_offer(both, Endpoint::kWhep));
  CHECK(read_offer(both, Endpoint::kWhep)->media[0].direction == MediaDirection::kReceiveOnly);
  const auto picture_only =
      replaced(kChromiumMonitorOffer, "a=group:BUNDLE 0 1", "a=group:BUNDLE 1");
  const auto audio = picture_only.find("m=audio");
  CHECK(read_offer(std::string(picture_only).erase(audio, picture_only.find("m=video") - audio),
                   Endpoint::kWhep));
}

TEST_CASE("what is refused at one endpoint") {
  struct Case {
    const char* name;
    std::string text;
    Endpoint endpoint;
    const char* says;
  };
  const std::string& stage = kChromiumStageOffer;
  const std::string& monitor = kChromiumMonitorOffer;
  const Case cases[] = {
      {"a screen over WHIP", stage, Endpoint::kWhip,
       "has 2 video sections; allowed here is at most 1"},
      {"receiving over WHIP", monitor, Endpoint::kWhip,
       "has audio as recvonly; allowed are sendonly and sendrecv"},
      {"picture without sound over WHIP", replaced(kChromiumOffer, "m=audio", "m=video"),
       Endpoint::kWhip, "has 0 audio sections; exactly one is allowed"},
      {"receiving on stage", monitor, Endpoint::kStage,
       "has audio as recvonly; allowed are sendonly and sendrecv"},
      {"two sounds on stage", replaced(kChromiumOffer, "m=video", "m=audio"), Endpoint::kStage,
       "has 2 audio sections; exactly one is allowed"},
      {"sending over WHEP", kChromiumOffer, Endpoint::kWhep,
       "has video as sendonly; allowed are recvonly and sendrecv"},
      {"two sounds over WHEP", replaced(monitor, "m=video", "m=audio"), Endpoint::kWhep,
       "has 2 audio sections; at most one is allowed"},
      {"two pictures over WHEP", replaced(monitor, "m=audio", "m=video"), Endpoint::kWhep,
       "has 2 video sections; allowed here is at most 1"},
      {"pictures that nothing tells apart", without(stage, "a=ssrc"), Endpoint::kStage,
       "has two video sections and not an \"a=ssrc\" in each"},
      {"one SSRC in two sections", replaced(stage, "2364144138", "2608313393"), Endpoint::kStage,
       "announces one SSRC in two sections"},
  };
  for (const auto& c : cases) {
    INFO(c.name);
    const auto offer = read_offer(c.text, c.endpoint);
    REQUIRE_FALSE(offer);
    CHECK(offer.error().message == std::string("offer ") + c.says);
  }
}

TEST_CASE("what webrtcbin gets to read is an offer of the same content") {
  for (const auto& [text, endpoint] : {std::pair(kChromiumOffer, Endpoint::kStage),
                                       std::pair(kChromiumStageOffer, Endpoint::kStage),
                                       std::pair(kChromiumOffer, Endpoint::kWhip),
                                       std::pair(kChromiumMonitorOffer, Endpoint::kWhep)}) {
    const auto offer = read_offer(text, endpoint);
    REQUIRE(offer);
    const auto again = read_offer(render_offer(*offer), endpoint);
    REQUIRE(again);
    CHECK(render_offer(*again) == render_offer(*offer));
  }
}

TEST_CASE("an answer gets what webrtcbin leaves out, once") {
  const auto offer = read_stage(kChromiumOffer);
  REQUIRE(offer);
  const std::string answer =
      "v=0\r\nm=audio\r\na=sendrecv\r\na=ssrc:1 msid:x y\r\na=ssrc:1 cname:z\r\n"
      "m=video\r\na=recvonly\r\na=rtcp-mux\r\na=fmtp:108 packetization-mode=1\r\n"
      "a=fmtp:109 apt=108";
  CHECK(complete_answer(answer, *offer, Playout::kApart) ==
        "v=0\r\nm=audio\r\na=sendrecv\r\na=msid:stage sound\r\na=ssrc:1 cname:z\r\n"
        "m=video\r\na=recvonly\r\na=rtcp-mux\r\na=rtcp-mux-only\r\n"
        "a=fmtp:108 packetization-mode=1;x-google-start-bitrate=4000\r\na=fmtp:109 apt=108\r\n");
  CHECK(complete_answer("m=audio\r\na=sendonly\r\nm=video\r\na=sendonly\r\n", *offer,
                        Playout::kInStep) ==
        "m=audio\r\na=sendonly\r\na=msid:program sound\r\n"
        "m=video\r\na=sendonly\r\na=msid:program picture\r\n");
}

TEST_CASE("offers that are accepted all the same") {
  CHECK(read_stage(replaced(kChromiumOffer, "\n", "\r\n")));
  CHECK(read_stage(without(kChromiumOffer, "a=ssrc")));
  CHECK(read_stage(without(kChromiumOffer, "a=candidate")));
  CHECK(read_stage(without(kChromiumOffer, "a=extmap")));
  CHECK(read_stage(replaced(kChromiumOffer, "a=setup:actpass", "a=setup:active")));
  CHECK(read_stage(replaced(kChromiumOffer, "m=video 9 ", "m=video 0 ") + "a=bundle-only\n"));

  const auto no_camera = read_stage(audio_only());
  REQUIRE(no_camera);
  CHECK(no_camera->media.size() == 1);
  CHECK(no_camera->find(MediaKind::kVideo) == nullptr);

  std::string digits = "ab";
  for (int i = 1; i < 32; ++i) digits += ":0f";
  const auto session_level =
      read_stage(replaced(without(without(kChromiumOffer, "a=fingerprint"), "a=setup"), "t=0 0\n",
                          "t=0 0\na=setup:actpass\na=fingerprint:SHA-256 " + digits + "\n"));
  REQUIRE(session_level);
  CHECK(session_level->fingerprints.front().starts_with("AB:0F:"));

  const auto main_profile =
      read_stage(replaced(replaced(kChromiumOffer, "42e01f", "640c1f"), "42001f", "4d001f"));
  REQUIRE(main_profile);
  CHECK(main_profile->find(MediaKind::kVideo)->payload == 102);
}

TEST_CASE("offers that are refused, with what is wrong") {
  struct Case {
    const char* name;
    std::string text;
    ErrorCode code;
    const char* says;
  };
  const std::string& good = kChromiumOffer;
  const auto kMalformed = ErrorCode::kInvalidArgument;
  const auto kUnsupported = ErrorCode::kUnsupported;
  std::string many;
  for (int i = 0; i < 65; ++i) many += "a=candidate:1 1 udp 1 127.0.0.1 5000 typ host\n";
  const Case cases[] = {
      {"empty", "", kMalformed, "empty"},
      {"too long", std::string(kOfferBytesMax, 'v') + "\n", kMalformed, "allowed are 65536"},
      {"not SDP", "hello\n", kMalformed, "line 1"},
      {"JSON", "{\"sdp\":\"v=0\"}\n", kMalformed, "not SDP"},
      {"no version", replaced(good, "v=0\n", "v=1\n"), kMalformed, "v=0"},
      {"control characters", replaced(good, "s=-", std::string("s=\0", 3)), kMalformed, "line 3"},
      {"no media", good.substr(0, good.find("m=audio")), kMalformed, "no media section"},
      {"no H.264", replaced(good, "H264/90000", "VP9/90000"), kUnsupported,
       "no H.264 video with packetization-mode=1; offered are VP8, VP9"},
      {"H.264 in single NAL mode only",
       replaced(good, "packetization-mode=1", "packetization-mode=0"), kUnsupported, "H.264"},
      {"no Opus", replaced(good, "opus/48000/2", "speex/16000"), kUnsupported, "no Opus"},
      {"no audio", replaced(good, "m=audio", "m=video"), kUnsupported, "0 audio sections"},
      {"two audios", replaced(good, "m=video", "m=audio"), kUnsupported, "2 audio sections"},
      {"data channel", replaced(good, "m=video", "m=application"), kUnsupported, "data channels"},
      {"short m-line", good + "m=video 9\n", kMalformed, "m="},
      {"four sections", good + "m=a 9 b 0\nm=a 9 b 0\n", kUnsupported, "more than 3"},
      {"broken m-line", replaced(good, "m=video 9 UDP", "m=video x UDP"), kMalformed, "port"},
      {"plain RTP", replaced(good, "UDP/TLS/RTP/SAVPF", "RTP/AVP"), kUnsupported, "SAVPF"},
      {"rejected section", replaced(good, "m=video 9 ", "m=video 0 "), kUnsupported, "port 0"},
      {"receives only", replaced(good, "a=sendonly", "a=recvonly"), kUnsupported, "recvonly"},
      {"inactive", replaced(good, "a=sendrecv", "a=inactive"), kUnsupported, "inactive"},
      {"no rtcp-mux", without(good, "a=rtcp-mux"), kUnsupported, "rtcp-mux"},
      {"no bundle", without(good, "a=group"), kUnsupported, "BUNDLE"},
      {"bundle names a stranger", replaced(good, "BUNDLE 0 1", "BUNDLE 0 1 2"), kMalformed,
       "no section has"},
      {"bundle leaves one out", replaced(good, "BUNDLE 0 1", "BUNDLE 0"), kUnsupported,
       "mid \"1\""},
      {"bundle out of order", replaced(good, "BUNDLE 0 1", "BUNDLE 1 0"), kUnsupported, "start"},
      {"no mid", without(good, "a=mid:1"), kMalformed, "a=mid"},
      {"mid twice", replaced(good, "a=mid:1", "a=mid:0"), kMalformed, "twice"},
      {"mid with a space", replaced(good, "a=mid:1", "a=mid:1 2"), kMalformed, "a=mid"},
      {"no ufrag", without(good, "a=ice-ufrag"), kMalformed, "ice-ufrag"},
      {"short ufrag", replaced(good, "ufrag:74pR", "ufrag:74p"), kMalformed, "ice-ufrag"},
      {"ufrag of other characters", replaced(good, "ufrag:74pR", "ufrag:74-R"), kMalformed, ""},
      {"long ufrag", replaced(good, "ufrag:74pR", "ufrag:" + std::string(257, 'a')), kMalformed,
       ""},
      {"short password", replaced(good, "u2LX5izoMdi+bttCdFVE4Vm0", "u2LX5"), kMalformed,
       "ice-pwd"},
      {"no fingerprint", without(good, "a=fingerprint"), kUnsupported, "sha-256 fingerprint"},
      {"weaker hash", replaced(good, "fingerprint:sha-256", "fingerprint:sha-1"), kUnsupported, ""},
      {"short fingerprint", replaced(good, ":00:A6:10\n", ":00:A6\n"), kMalformed, "fingerprint"},
      {"fingerprint of other digits", replaced(good, ":00:A6:10\n", ":00:A6:1G\n"), kMalformed, ""},
      {"passive", replaced(good, "a=setup:actpass", "a=setup:passive"), kUnsupported, "setup"},
      {"no setup", without(good, "a=setup"), kUnsupported, "setup"},
      {"65 candidates", replaced(good, "a=mid:1\n", "a=mid:1\n" + many), kMalformed, "64"},
      {"broken candidate", replaced(good, "typ host", "typ hosts"), kMalformed, "candidate"},
      {"candidate of letters", replaced(good, " 54137 typ", " port typ"), kMalformed, "candidate"},
      {"one payload type twice", replaced(good, "108", "111"), kMalformed, "payload type"},
      {"one extension id twice", replaced(good, "a=extmap:3 http", "a=extmap:1 http"), kMalformed,
       "extension id"},
      {"broken ssrc", replaced(good, "a=ssrc:534326699 ", "a=ssrc:x "), kMalformed, "ssrc"},
  };
  for (const auto& c : cases) {
    const auto offer = read_stage(c.text);
    INFO(c.name);
    REQUIRE_FALSE(offer);
    INFO(offer.error().message);
    CHECK(offer.error().code == c.code);
    CHECK(offer.error().message.find(c.says) != std::string::npos);
  }
}

TEST_CASE("an offer cut off at any byte is refused, or is whole without what was cut") {
  const auto first_usable = kChromiumOffer.find("a=fmtp:102");
  std::size_t accepted = 0;
  for (std::size_t length = 0; length < kChromiumOffer.size(); ++length) {
    const auto offer = read_stage(std::string_view(kChromiumOffer).substr(0, length));
    if (!offer) continue;
    ++accepted;
    CHECK(kChromiumOffer[length - 1] == '\n');
    CHECK(length > first_usable);
    // The chosen payloads are complete: only what follows them, retransmission or SSRCs, is
    // missing.
    CHECK(offer->media.size() == 2);
    CHECK(offer->find(MediaKind::kVideo)->format_parameters.find("packetization-mode=1") !=
          std::string::npos);
    CHECK(read_stage(render_offer(*offer)));
  }
  CHECK(accepted > 0);
}

TEST_CASE("junk in the place of any byte neither crashes nor reaches what is rendered") {
  std::mt19937 random(1);
  std::uniform_int_distribution<int> byte(0, 255);
  for (std::size_t at = 0; at < kChromiumOffer.size(); ++at) {
    std::string text = kChromiumOffer;
    text[at] = static_cast<char>(byte(random));
    const auto offer = read_stage(text);
    if (offer) CHECK(read_stage(render_offer(*offer)));
  }
  for (int round = 0; round < 200; ++round) {
    std::string text(static_cast<std::size_t>(byte(random)) * 16, '\0');
    for (char& c : text) c = static_cast<char>(byte(random));
    CHECK_FALSE(read_stage(text));
    CHECK_FALSE(read_stage("v=0\n" + text + "\n"));
  }
}
