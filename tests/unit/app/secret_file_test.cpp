// Goal: a secret is taken from a file as people write them, and nothing else is taken for one.
// Method: files of all kinds.
#include "app/secret_file.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "base/ids.h"
#include "base/secret.h"

using namespace spacecast;

TEST_CASE("a secret is the one line of its file") {
  const auto file = std::filesystem::temp_directory_path() / ("secret-" + random_id());
  const auto read = [&](const std::string& text) {
    std::ofstream(file, std::ios::binary) << text;
    return read_secret_file(file.string());
  };
  const std::string good(16, 'k');
  CHECK(read(good).value() == good);
  CHECK(read("  " + good + "\r\n").value() == good);
  CHECK(read(std::string(256, '~')).value().size() == 256);
  for (const std::string& bad :
       {std::string(), std::string("\n"), std::string(15, 'k'), std::string(257, 'k'),
        good + "\n" + good, good + " k", good + "\x80", good + std::string(1, '\0'),
        std::string(8000, 'k')}) {
    const auto refused = read(bad);
    REQUIRE_FALSE(refused.has_value());
    CHECK_THAT(refused.error().message, Catch::Contains("16 to 256"));
    CHECK_THAT(refused.error().message, !Catch::Contains("kk"));
  }
  CHECK_FALSE(read(std::string(100'000, '\n') + good).has_value());
  std::filesystem::remove(file);
  CHECK_FALSE(read_secret_file(file.string()).has_value());
  CHECK_FALSE(read_secret_file(std::filesystem::temp_directory_path().string()).has_value());
}

TEST_CASE("a guess is the secret only where all of it is") {
  CHECK(same_secret("sesame", "sesame"));
  for (const char* guess : {"", "sesam", "sesame ", "Sesame", "sesamE", "sesame\xff"}) {
    CHECK_FALSE(same_secret("sesame", guess));
  }
}
