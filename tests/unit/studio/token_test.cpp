// Goal: a join token lets in whom its maker meant, and nothing else of what looks like one does.
// Method: tokens by the library's own hand, and by hand (signing.h) with one thing wrong with each.
#include "studio/token.h"

#include <catch2/catch.hpp>
#include <string>

#include "signing.h"
#include "studio/revoked_passes.h"

using namespace spacecast;
using namespace spacecast::studio;
using namespace std::chrono_literals;
using std::chrono::sys_seconds;
using test::base64url;
using test::KeyPair;
using test::sign_hs256;

namespace {

constexpr const char* kHeader = R"({"alg":"HS256","typ":"JWT"})";
const std::string kSecret(32, 's');
const sys_seconds kNow{1'800'000'000s};

TokenKey secret_key() {
  return TokenKey::from_secret(kSecret).value();
}

TokenClaims claims() {
  return {.space = "demo",
          .role = Role::kCoHost,
          .name = "Ada \"é\" L",
          .id = "token-1",
          .expires = kNow + 1h,
          .not_before = kNow};
}

// All that is needed, and `more` (", \"x\": 1"), which wins over what is there by coming first or
// is a name twice.
std::string claims_with(const std::string& without, const std::string& more = {}) {
  std::string text;
  for (const auto& [name, value] : {std::pair<std::string, std::string>{"space", "\"demo\""},
                                    {"role", "\"host\""},
                                    {"name", "\"Ada\""},
                                    {"jti", "\"1\""},
                                    {"exp", "1800003600"}}) {
    if (name != without) text += (text.empty() ? "\"" : ",\"") + name + "\":" + value;
  }
  return "{" + text + more + "}";
}

std::string why_not(const TokenKey& key, std::string_view token, sys_seconds now = kNow) {
  const auto verified = key.verify(token, now);
  if (verified) return "accepted";
  CHECK(verified.error().code == ErrorCode::kInvalidArgument);
  return verified.error().message;
}

}  // namespace

TEST_CASE("a token says what its maker said") {
  const KeyPair pair;
  const auto secret = secret_key();
  const auto signing = TokenKey::from_pem(pair.private_pem).value();
  const auto verifying = TokenKey::from_pem(pair.public_pem).value();
  CHECK(secret.algorithm() == TokenAlgorithm::kHs256);
  CHECK(verifying.algorithm() == TokenAlgorithm::kEs256);
  for (const auto& [maker, reader] :
       {std::pair{secret, secret}, std::pair{signing, signing}, std::pair{signing, verifying}}) {
    const auto token = maker.sign(claims());
    REQUIRE(token);
    const auto read = reader.verify(*token, kNow);
    REQUIRE(read);
    CHECK(read->space == "demo");
    CHECK(read->role == Role::kCoHost);
    CHECK(read->name == "Ada \"é\" L");
    CHECK(read->id == "token-1");
    CHECK(read->expires == kNow + 1h);
    CHECK(read->not_before == kNow);
  }
  CHECK_FALSE(verifying.sign(claims()));
  CHECK(why_not(secret, signing.sign(claims()).value()) ==
        "the token's algorithm is not this Space's; allowed is HS256");
}

TEST_CASE("tokens of other makers are read") {
  const auto key = secret_key();
  CHECK(why_not(key, sign_hs256(kHeader, claims_with(""), kSecret)) == "accepted");
  for (const char* more :
       {",\"sub\":\"ada\"", ",\"iat\":1", ",\"nbf\":1799999999.5", ",\"aud\":\"spacecast\"",
        ",\"aud\":[\"other\",\"spacecast\"]", ",\"x\":{\"exp\":1,\"y\":{\"exp\":2}}"}) {
    INFO(more);
    CHECK(why_not(key, sign_hs256(kHeader, claims_with("", more), kSecret)) == "accepted");
  }
  for (const char* header : {R"({"alg":"HS256"})", R"({"typ":"jwt","alg":"HS256","kid":"1"})"}) {
    CHECK(why_not(key, sign_hs256(header, claims_with(""), kSecret)) == "accepted");
  }
}

TEST_CASE("a token serves for as long as it says, with a little leeway") {
  const auto key = secret_key();
  const auto token = key.sign(claims()).value();
  CHECK(why_not(key, token, kNow - kTokenLeeway) == "accepted");
  CHECK(why_not(key, token, kNow - kTokenLeeway - 1s) == "the token is not valid yet");
  CHECK(why_not(key, token, kNow + 1h + kTokenLeeway - 1s) == "accepted");
  CHECK(why_not(key, token, kNow + 1h + kTokenLeeway) == "the token has expired");
}

TEST_CASE("the algorithm is the key's, whatever a header says") {
  const KeyPair pair;
  const auto ec = TokenKey::from_pem(pair.public_pem).value();
  const auto hs = secret_key();
  const std::string other = "the token's algorithm is not this Space's; allowed is ";
  // The public key is no secret: whoever takes it for one makes tokens that a reader who goes by
  // the header believes (RFC 8725 §2.1).
  CHECK(why_not(ec, sign_hs256(kHeader, claims_with(""), pair.public_pem)) == other + "ES256");
  for (const char* algorithm :
       {"\"none\"", "\"None\"", "\"NONE\"", "\"\"", "null", "1", "[\"HS256\"]", "\"hs256\"",
        "\"HS512\"", "\"RS256\"", "\"ES256\""}) {
    INFO(algorithm);
    const std::string header = std::string(R"({"typ":"JWT","alg":)") + algorithm + "}";
    const auto token = sign_hs256(header, claims_with(""), kSecret);
    CHECK(why_not(hs, token) == other + "HS256");
    CHECK(why_not(hs, token.substr(0, token.rfind('.') + 1)) != "accepted");
  }
  CHECK(why_not(hs, sign_hs256(R"({"typ":"JWT"})", claims_with(""), kSecret)) == other + "HS256");
  CHECK(why_not(hs, sign_hs256(R"({"alg":"none","alg":"HS256"})", claims_with(""), kSecret)) ==
        "the token's header is no JSON object, or has a name twice");
  CHECK(why_not(hs, sign_hs256(R"({"alg":"HS256","crit":["b64"],"b64":false})", claims_with(""),
                               kSecret)) == "the token's header has a crit; none is known here");
  CHECK(why_not(hs, sign_hs256(R"({"alg":"HS256","typ":"at+jwt"})", claims_with(""), kSecret)) ==
        "the token's typ is not JWT");
}

TEST_CASE("what is altered, or by another key, is refused") {
  const KeyPair pair, other_pair;
  const auto hs = secret_key();
  const auto ec = TokenKey::from_pem(pair.private_pem).value();
  const std::string altered = "the token was altered, or is signed with another key";
  CHECK(why_not(hs, sign_hs256(kHeader, claims_with(""), std::string(32, 'x'))) == altered);
  CHECK(why_not(ec, TokenKey::from_pem(other_pair.private_pem).value().sign(claims()).value()) ==
        altered);
  for (const auto& key : {hs, ec}) {
    const auto token = key.sign(claims()).value();
    REQUIRE(why_not(key, token) == "accepted");
    const auto end_of_header = token.find('.');
    const auto end_of_claims = token.rfind('.');
    for (const auto at : {end_of_header + 5, end_of_claims - 5, end_of_claims + 5}) {
      std::string changed = token;
      changed[at] = changed[at] == 'A' ? 'B' : 'A';
      CHECK(why_not(key, changed) == altered);
    }
    CHECK(why_not(key, token.substr(0, token.size() - 4)) == altered);
    CHECK(why_not(key, token + "AAAA") == altered);
    // A signature of zeros (CVE-2022-21449's).
    CHECK(why_not(key, token.substr(0, end_of_claims + 1) + base64url(std::string(64, '\0'))) ==
          altered);
    CHECK(why_not(key, token.substr(0, end_of_header) + "." + base64url(claims_with("")) +
                           token.substr(end_of_claims)) == altered);
  }
}

TEST_CASE("what is no token at all is refused before it is decoded") {
  const auto key = secret_key();
  const auto good = key.sign(claims()).value();
  const std::string shape = "the token is not three parts of base64url with dots between them";
  for (const std::string& text : {std::string(),
                                  std::string("."),
                                  std::string(".."),
                                  std::string("..."),
                                  std::string("a.b"),
                                  std::string("a.b.c"),
                                  "." + good,
                                  good + ".",
                                  good + ".AAAA",
                                  " " + good,
                                  good + " ",
                                  good + "=",
                                  good + "\n",
                                  good + "%",
                                  good + std::string(1, '\0'),
                                  good.substr(0, good.rfind('.')),
                                  good.substr(0, good.rfind('.') + 1),
                                  good.substr(good.find('.')),
                                  std::string("\xff\xfe.\x80.\x81"),
                                  std::string(kTokenBytesMax, '.'),
                                  std::string(kTokenBytesMax, 'A')}) {
    INFO(text.substr(0, 80));
    CHECK(why_not(key, text) == shape);
  }
  CHECK(why_not(key, std::string(kTokenBytesMax + 1, 'A')) ==
        "the token is longer than 4096 bytes");
  CHECK(why_not(key, std::string(10'000'000, '.')) == "the token is longer than 4096 bytes");
  const auto huge = claims_with("", ",\"x\":\"" + std::string(5000, 'x') + "\"");
  CHECK(why_not(key, sign_hs256(kHeader, huge, kSecret)) == "the token is longer than 4096 bytes");
  const auto padded = claims_with("", ",\"x\":\"" + std::string(2000, 'x') + "\"");
  CHECK(why_not(key, sign_hs256(kHeader, padded, kSecret)) == "accepted");

  const std::string header = "the token's header is no JSON object, or has a name twice";
  for (const std::string& text :
       {std::string("x"), std::string("[]"), std::string("{"), std::string("\"HS256\""),
        std::string(2000, '['), std::string("{\"alg\":\"HS256\"}\0", 16), std::string("{\xff}")}) {
    CHECK(why_not(key, sign_hs256(text, claims_with(""), kSecret)) == header);
  }
}

TEST_CASE("a token lacks nothing and says nothing twice") {
  const auto key = secret_key();
  const auto refusal = [&](const std::string& text) {
    return why_not(key, sign_hs256(kHeader, text, kSecret));
  };
  const std::string no_object = "the token's claims are no JSON object, or have a name twice";
  // Those that libjwt's own reader does not take are "altered" before they get so far.
  for (const std::string& text :
       {std::string("[]"), claims_with("", ",\"exp\":1900000000"),
        claims_with("", ",\"role\":\"speaker\""), claims_with("") + std::string("\0", 1)}) {
    INFO(text);
    CHECK(refusal(text) == no_object);
  }
  for (const std::string& text :
       {std::string("1"), std::string("null"), std::string("{"), std::string("\xff"),
        std::string(2900, '['), claims_with("") + "x"}) {
    CHECK(refusal(text) != "accepted");
  }
  const std::string exp = "the token's exp is missing or no time in seconds";
  CHECK(refusal("{}") == exp);
  CHECK(refusal(claims_with("exp")) == exp);
  for (const char* value :
       {"\"1800003600\"", "null", "true", "-1", "[1800003600]", "1e300", "9223372036854775807"}) {
    INFO(value);
    CHECK(refusal(claims_with("exp", std::string(",\"exp\":") + value)) == exp);
  }
  CHECK(refusal(claims_with("", ",\"nbf\":\"0\"")) == "the token's nbf is no time in seconds");
  CHECK(refusal(claims_with("space")) == "the token's space is missing or no text");
  CHECK(refusal(claims_with("space", ",\"space\":[\"demo\"]")) ==
        "the token's space is missing or no text");
  for (const char* role :
       {"", ",\"role\":\"admin\"", ",\"role\":\"HOST\"", ",\"role\":[\"host\"]"}) {
    CHECK(refusal(claims_with("role", role)) ==
          "the token's role is missing; allowed are host, cohost and speaker");
  }
  for (const char* name : {"", ",\"name\":\"\"", ",\"name\":1", ",\"name\":\"a\\u0007\""}) {
    CHECK_THAT(refusal(claims_with("name", name)), Catch::StartsWith("the token's name: allowed"));
  }
  for (const std::string& id :
       {std::string(), std::string(",\"jti\":\"\""), std::string(",\"jti\":7"),
        ",\"jti\":\"" + std::string(129, 'x') + "\""}) {
    CHECK(refusal(claims_with("jti", id)) == "the token's jti is missing or longer than 128 bytes");
  }
  for (const char* audience : {"\"other\"", "[]", "null", "[\"other\"]", "{\"spacecast\":1}"}) {
    CHECK(refusal(claims_with("", std::string(",\"aud\":") + audience)) ==
          "the token's aud does not name spacecast");
  }
}

TEST_CASE("keys that are none") {
  CHECK_FALSE(TokenKey::from_secret(std::string(31, 'k')));
  CHECK(TokenKey::from_secret(std::string(32, 'k')));
  const KeyPair good, large("P-384");
  const Owned<EVP_PKEY, EVP_PKEY_free> rsa(EVP_RSA_gen(1024));
  const auto rsa_pem = KeyPair::written([&](BIO* bio) { PEM_write_bio_PUBKEY(bio, rsa.get()); });
  const Owned<EVP_PKEY, EVP_PKEY_free> locked_key(EVP_EC_gen("P-256"));
  const auto locked = KeyPair::written([&](BIO* bio) {
    PEM_write_bio_PrivateKey(bio, locked_key.get(), EVP_aes_128_cbc(),
                             reinterpret_cast<const unsigned char*>("pass"), 4, nullptr, nullptr);
  });
  REQUIRE(locked.contains("ENCRYPTED"));
  for (const std::string& pem :
       {std::string(), std::string("-----BEGIN PUBLIC KEY-----"), large.private_pem,
        large.public_pem, rsa_pem, locked, good.public_pem.substr(0, good.public_pem.size() / 2)}) {
    INFO(pem);
    const auto key = TokenKey::from_pem(pem);
    REQUIRE_FALSE(key);
    CHECK(key.error().message == "not an unencrypted P-256 key in PEM, private or public");
  }
  CHECK(parse_token_algorithm("HS256") == TokenAlgorithm::kHs256);
  CHECK(parse_token_algorithm("ES256") == TokenAlgorithm::kEs256);
  CHECK_FALSE(parse_token_algorithm("none"));
}

TEST_CASE("revoked tokens are remembered until they expire, within a bound") {
  RevokedPasses revoked(2);
  CHECK_FALSE(revoked.contains("a"));
  revoked.add("a", kNow + 10s, kNow);
  revoked.add("b", kNow + 20s, kNow);
  CHECK(revoked.contains("a"));
  CHECK(revoked.contains("b"));
  // Not before nobody takes it any more.
  revoked.add("b", kNow + 20s, kNow + 10s + kTokenLeeway - 1s);
  CHECK(revoked.contains("a"));
  revoked.add("c", kNow + 30s, kNow);
  CHECK_FALSE(revoked.contains("a"));
  CHECK(revoked.contains("b"));
  CHECK(revoked.contains("c"));
  revoked.add("d", kNow + 40s, kNow + 25s + kTokenLeeway);
  CHECK_FALSE(revoked.contains("b"));
  CHECK(revoked.contains("d"));
}
