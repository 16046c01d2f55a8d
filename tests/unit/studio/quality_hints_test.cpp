// Goal: who may be seen is asked for a good picture at once, and who is not for a small one after a
// while. Method: a clock made by hand.
#include "studio/quality_hints.h"

#include <catch2/catch.hpp>
#include <vector>

using namespace spacecast::studio;
using namespace std::chrono_literals;

namespace {

using Senders = std::vector<Sender>;

QualityHints::Time at(std::chrono::milliseconds time) {
  return QualityHints::Time(time);
}

}  // namespace

TEST_CASE("raised at once, lowered after a while") {
  QualityHints hints;
  CHECK(hints.to_json() == R"({"speakers":{}})");
  const Senders nobody_watched{{"a", false}, {"b", false}};
  CHECK(hints.update(nobody_watched, at(10s)));
  CHECK(hints.to_json() == R"({"speakers":{"a":"full","b":"full"}})");
  CHECK_FALSE(hints.update(nobody_watched, at(14999ms)));
  CHECK(hints.update(nobody_watched, at(15s)));
  CHECK(hints.to_json() == R"({"speakers":{"a":"low","b":"low"}})");

  CHECK(hints.update(Senders{{"a", false}, {"b", true}}, at(16s)));
  CHECK(hints.to_json() == R"({"speakers":{"a":"low","b":"full"}})");
  CHECK_FALSE(hints.update(Senders{{"a", false}, {"b", true}}, at(60s)));
  CHECK_FALSE(hints.update(nobody_watched, at(64999ms)));
  // Seen again for a moment: the while begins anew.
  CHECK_FALSE(hints.update(Senders{{"a", false}, {"b", true}}, at(64999ms)));
  CHECK_FALSE(hints.update(nobody_watched, at(69s)));
  CHECK(hints.update(nobody_watched, at(70s)));
  CHECK(hints.to_json() == R"({"speakers":{"a":"low","b":"low"}})");
}

TEST_CASE("who comes is new, and so is who goes") {
  QualityHints hints;
  CHECK(hints.update(Senders{{"a", false}}, at(10s)));
  CHECK(hints.update(Senders{{"a", false}, {"b", false}}, at(14s)));
  CHECK(hints.update(Senders{{"a", false}, {"b", false}}, at(15s)));
  CHECK(hints.to_json() == R"({"speakers":{"a":"low","b":"full"}})");
  CHECK(hints.update(Senders{{"b", false}}, at(16s)));
  CHECK(hints.to_json() == R"({"speakers":{"b":"full"}})");
  CHECK_FALSE(hints.update(Senders{{"b", false}}, at(17s)));
}
