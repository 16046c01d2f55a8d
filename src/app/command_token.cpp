#include "app/command_token.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "app/arguments.h"
#include "app/token_key_file.h"
#include "base/ids.h"
#include "studio/display_name.h"

namespace spacecast {
namespace {

constexpr int kBadUsage = 2;
constexpr std::uint32_t kDayS = 86400;
constexpr std::uint32_t kLifeMaxS = 365 * kDayS;

struct TokenOptions {
  std::string space;
  std::string role;
  std::string name;
  std::string secret_file;
  std::string algorithm;
  std::uint32_t life_s = 3600;
};

Result<std::string> make_token(const TokenOptions& options) {
  const auto key =
      read_token_key(options.secret_file, studio::parse_token_algorithm(options.algorithm));
  if (!key) return std::unexpected(key.error());
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return key->sign({.space = options.space,
                    .role = *studio::parse_role(options.role),
                    .name = *studio::read_display_name(options.name),
                    .id = random_id(),
                    .expires = now + std::chrono::seconds(options.life_s),
                    .not_before = now});
}

}  // namespace

void add_token_command(CLI::App& app, int& status) {
  auto options = std::make_shared<TokenOptions>();
  CLI::App* command = app.add_subcommand("token", "Makes a join token and prints it");
  command->add_option("--space", options->space, "The Space's id")
      ->required()
      ->check(parsed_by(parse_space_id, "ID"));
  command->add_option("--role", options->role, "What its bearer may do")
      ->required()
      ->check(CLI::IsMember({"host", "cohost", "speaker"}));
  command->add_option("--name", options->name, "What the stage calls its bearer")
      ->required()
      ->check(parsed_by(studio::read_display_name, "NAME"));
  command
      ->add_option("--secret-file", options->secret_file,
                   "A line of 32 characters or more (HS256), or a private P-256 key in PEM (ES256)")
      ->required();
  command
      ->add_option("--ttl", options->life_s,
                   "How long it serves: 90s, 15m, 1h or 7d; default: 1h; at most 365d")
      ->transform(CLI::AsNumberWithUnit(
          std::map<std::string, std::uint32_t>{{"s", 1}, {"m", 60}, {"h", 3600}, {"d", kDayS}}))
      ->check(CLI::Range(std::uint32_t{1}, kLifeMaxS));
  command->add_option("--algorithm", options->algorithm, "Only with a key for it")
      ->check(CLI::IsMember({"HS256", "ES256"}));
  command->callback([options, &status] {
    const auto token = make_token(*options);
    if (token) {
      fmt::print("{}\n", *token);
    } else {
      fmt::print(stderr, "spacecast: --secret-file: {}\n", token.error().message);
    }
    status = token ? 0 : kBadUsage;
  });
}

}  // namespace spacecast
