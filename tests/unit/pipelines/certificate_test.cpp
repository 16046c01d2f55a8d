// Goal: a certificate's fingerprint is what SDP would say. Method: a certificate whose SHA-256
// openssl has computed, and what is none.
#include "pipelines/certificate.h"

#include <catch2/catch.hpp>
#include <string>

using namespace spacecast;

namespace {

constexpr const char* kCertificate = R"pem(-----BEGIN CERTIFICATE-----
MIIBeDCCAR+gAwIBAgIUHF6KWwWYqkPwLqRU7EZzu7V4O1AwCgYIKoZIzj0EAwIw
EjEQMA4GA1UEAwwHc3BlYWtlcjAeFw0yNjExMjIxNzAwNTJaFw0yNjExMjMxNzAw
NTJaMBIxEDAOBgNVBAMMB3NwZWFrZXIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AAS485Ay66fVMtH9Tu6sImIpazuSsf8tkIHyTFbHPJCXSA3miUl+wzoENISf+Tq9
vlKgD8wtpVuij4phvgCRdNPvo1MwUTAdBgNVHQ4EFgQU3SZrHuX09DDFAgK1M6gy
rieuYtIwHwYDVR0jBBgwFoAU3SZrHuX09DDFAgK1M6gyrieuYtIwDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiA2/z8JqBiaQj496FwK7fe+Y4lY+6El
8OIQGMLLUiUi/gIgM0FXabd7j7M9oZBtWcYH45+RjVh3p8LL/GavarOGFR0=
-----END CERTIFICATE-----
)pem";

constexpr const char* kFingerprint =
    "FE:94:96:0B:C8:65:3A:45:07:8B:A2:E0:03:93:41:52:"
    "BD:4A:F1:FE:38:36:4F:1F:78:56:44:9B:2E:D0:34:E4";

}  // namespace

TEST_CASE("the fingerprint of a certificate") {
  const auto fingerprint = certificate_fingerprint(kCertificate);
  REQUIRE(fingerprint);
  CHECK(*fingerprint == kFingerprint);
  // The first one counts.
  const auto chain =
      certificate_fingerprint(std::string(kCertificate) + "-----BEGIN CERTIFICATE-----\nAAAA\n");
  CHECK(chain.value_or("") == kFingerprint);
}

TEST_CASE("what is no certificate has none") {
  for (const char* text : {"", "hello", "-----BEGIN CERTIFICATE-----\nAAAA",
                           "-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----"}) {
    CHECK_FALSE(certificate_fingerprint(text));
  }
}
