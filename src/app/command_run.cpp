#include "app/command_run.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "app/address.h"
#include "app/arguments.h"
#include "app/end_signals.h"
#include "app/log.h"
#include "app/secret_file.h"
#include "app/token_key_file.h"
#include "app/worker.h"
#include "base/ids.h"
#include "studio/ice_servers.h"

namespace spacecast {
namespace {

constexpr int kEnded = 0;
constexpr int kFault = 1;
constexpr int kBadUsage = 2;
// Three hours are a playlist of half a megabyte.
constexpr unsigned kDvrMax = 180;
// Each costs the program's whole bit rate.
constexpr unsigned kMonitorsMax = 200;
// Of STUN and of TURN servers: a client asks all of them.
constexpr int kServersMax = 8;

struct RunOptions {
  std::string space;
  std::string listen = "127.0.0.1:8080";
  std::string admin = "127.0.0.1:9100";
  std::string program;
  std::string layout = "speaker";
  std::string size;
  std::string ladder;
  std::string archive;
  std::string edge_secret_file;
  std::string ice_address;
  std::string ice_public_address;
  std::string ice_ports;
  std::vector<std::string> stun;
  std::vector<std::string> turn;
  std::string turn_secret_file;
  std::string secret_file;
  std::string token_algorithm;
  unsigned stage_size = kPlacesOnStage;
  std::string log = "text";
  std::string config;
  unsigned drain_s = 10;
  unsigned dvr_min = 30;
  unsigned monitors = 20;
  bool open = false;
};

Result<std::string> parse_ip(const std::string& text) {
  in6_addr address{};
  if (inet_pton(AF_INET, text.c_str(), &address) == 1 ||
      inet_pton(AF_INET6, text.c_str(), &address) == 1) {
    return text;
  }
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("\"{}\": allowed is a numeric IPv4 or IPv6 address", text));
}

// Where media come in.
Result<IceNetwork> ice_network(const RunOptions& options) {
  IceNetwork network;
  network.address = options.ice_address;
  network.public_address = options.ice_public_address;
  if (!options.ice_ports.empty()) {
    std::tie(network.port_min, network.port_max) = *parse_port_range(options.ice_ports);
  }
  if (!network.public_address.empty() && network.address.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "--ice-public-address needs --ice-address: the local address that it stands for");
  }
  return network;
}

// What clients are told of.
Result<studio::IceServers> ice_servers(const RunOptions& options) {
  studio::IceServers servers;
  if (!options.turn_secret_file.empty()) {
    auto secret = read_secret_file(options.turn_secret_file);
    if (!secret) return fail(secret.error().code, "--turn-secret-file: " + secret.error().message);
    servers.turn_secret = std::move(*secret);
  }
  for (const auto& url : options.stun) {
    servers.servers.push_back(*studio::parse_stun_server(url));
  }
  for (const auto& url : options.turn) {
    auto server = *studio::parse_turn_server(url);
    if (server.username.empty() && servers.turn_secret.empty()) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("--turn {}: needs USER:PASSWORD@ before the host, or "
                              "--turn-secret-file",
                              server.url));
    }
    servers.servers.push_back(std::move(server));
  }
  return servers;
}

// What may be asked of the addresses only together.
Result<WorkerOptions> worker_options(const RunOptions& options) {
  WorkerOptions worker;
  worker.space = options.space;
  worker.listen = *parse_address(options.listen);
  worker.admin = *parse_address(options.admin);
  worker.program_file = options.program;
  worker.layout = *layout::parse_mode(options.layout);
  if (!options.size.empty()) worker.size = *parse_size(options.size);
  if (!options.ladder.empty()) worker.ladder = *parse_ladder(options.ladder);
  worker.archive = options.archive;
  if (!options.edge_secret_file.empty()) {
    auto secret = read_secret_file(options.edge_secret_file);
    if (!secret) {
      return fail(secret.error().code, "--edge-secret-file: " + secret.error().message);
    }
    worker.edge_secret = std::move(*secret);
  }
  worker.dvr = std::chrono::minutes(options.dvr_min);
  auto network = ice_network(options);
  if (!network) return std::unexpected(network.error());
  worker.ice = std::move(*network);
  auto servers = ice_servers(options);
  if (!servers) return std::unexpected(servers.error());
  worker.ice_servers = std::move(*servers);
  worker.monitors = options.monitors;
  worker.drain = std::chrono::seconds(options.drain_s);
  worker.stage_size = options.stage_size;
  if (options.open == !options.secret_file.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "one of the two is needed: --secret-file FILE, the key of join tokens, or --open, "
                "by which anybody who reaches the address may go on stage");
  }
  if (!options.secret_file.empty()) {
    auto key =
        read_token_key(options.secret_file, studio::parse_token_algorithm(options.token_algorithm));
    if (!key) return fail(key.error().code, "--secret-file: " + key.error().message);
    worker.token_key = std::move(*key);
  } else if (!worker.listen.loopback()) {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("--open with --listen {}: without join tokens only a loopback address is "
                    "allowed (127.0.0.1, [::1])",
                    options.listen));
  }
  return worker;
}

int run(const RunOptions& options) {
  set_log_format(options.log == "json" ? LogFormat::kJson : LogFormat::kText);
  const auto settings = worker_options(options);
  if (!settings) {
    std::fprintf(stderr, "spacecast: %s\n", settings.error().message.c_str());
    return kBadUsage;
  }
  const auto loop = Loop::create();
  int status = kEnded;
  Result<std::unique_ptr<Worker>> worker;
  // By a signal or by a host, whoever is first.
  auto end = [&, ending = false](const char* why) mutable {
    if (std::exchange(ending, true)) return;
    log_event(LogLevel::kInfo, "ending", {{"reason", why}});
    (*worker)->end([&](bool in_order) {
      if (!in_order) status = kFault;
      loop->quit();
    });
  };
  worker = Worker::create(*settings, loop,
                          {.failed =
                               [&](const Error& error) {
                                 log_event(LogLevel::kError, "program failed",
                                           {{"reason", error.message}});
                                 status = kFault;
                                 loop->quit();
                               },
                           .end_wanted = [&] { end("a host"); }});
  if (!worker) {
    log_event(LogLevel::kError, "not started", {{"reason", worker.error().message}});
    return kFault;
  }
  const std::string authority = settings->listen.authority((*worker)->port());
  log_event(
      LogLevel::kInfo, "started",
      {{"space", options.space}, {"admin", settings->admin.authority((*worker)->admin_port())}});
  // Standard output is for whoever started us: where to go, one line each.
  fmt::print(
      "viewer http://{}/\nstudio http://{}/studio\nstage http://{}/spaces/{}/stage\n"
      "admin http://{}/\n",
      authority, authority, authority, options.space,
      settings->admin.authority((*worker)->admin_port()));
  std::fflush(stdout);
  const EndSignals signals(*loop, [&] { end("a signal"); });
  loop->run();
  // After a fault nothing is ended in order: the next run on the same archive goes on. What hangs
  // would hang the destructors too.
  if (status != kEnded) std::_Exit(status);
  worker->reset();
  log_event(LogLevel::kInfo, "ended");
  return status;
}

}  // namespace

void add_run_command(CLI::App& app, int& status) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "Hosts a Space: stage, program, LL-HLS");
  command->option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  command->add_option("--config", options->config, "TOML file with these options as keys");
  command->add_option("--space", options->space, "The Space's id, part of its URLs")
      ->required()
      ->check(parsed_by([](const std::string& text) { return parse_space_id(text); }, "ID"));
  command->add_option("--listen", options->listen, "Public address; port 0 picks one and prints it")
      ->capture_default_str()
      ->check(parsed_by([](const std::string& text) { return parse_address(text); }, "HOST:PORT"));
  command->add_option("--admin", options->admin, "Address of /healthz, /readyz and /metrics")
      ->capture_default_str()
      ->check(parsed_by([](const std::string& text) { return parse_address(text); }, "HOST:PORT"));
  command->add_flag("--open", options->open, "No join tokens; only on a loopback address");
  command->add_option("--secret-file", options->secret_file,
                      "Key of join tokens: a line of 32 characters or more (HS256), or a P-256 key "
                      "in PEM (ES256)");
  command
      ->add_option("--token-algorithm", options->token_algorithm,
                   "Refuse to start unless the key is for it")
      ->check(CLI::IsMember({"HS256", "ES256"}));
  command->add_option("--stage-size", options->stage_size, "How many people may be on stage")
      ->capture_default_str()
      ->check(CLI::Range(1u, kPlacesOnStage));
  command->add_option("--program", options->program, "Launch description to run as the program")
      ->check(CLI::ExistingFile);
  command->add_option("--layout", options->layout, "Who is on air, or everybody")
      ->capture_default_str()
      ->check(CLI::IsMember({"speaker", "gallery"}));
  command
      ->add_option("--size", options->size,
                   "The picture's size, 1280x720 or 720x1280; default: the program's own")
      ->check(parsed_by([](const std::string& text) { return parse_size(text); }, "WxH"));
  command
      ->add_option("--ladder", options->ladder,
                   "Pictures to encode, largest first: 720p,360p; default: the program's own only")
      ->check(parsed_by([](const std::string& text) { return parse_ladder(text); }, "NAMES"));
  command
      ->add_option("--dvr", options->dvr_min,
                   "Minutes that viewers can rewind; 0: the short live window")
      ->capture_default_str()
      ->check(CLI::Range(0u, kDvrMax));
  command
      ->add_option("--monitors", options->monitors,
                   "How many may watch the program without delay (WHEP); 0: nobody")
      ->capture_default_str()
      ->check(CLI::Range(0u, kMonitorsMax));
  command->add_option("--archive", options->archive,
                      "Directory for the recording; a Space that was cut off goes on from it");
  command->add_option("--edge-secret-file", options->edge_secret_file,
                      "Answer LL-HLS only to caches that send this file's line as Spacecast-Edge");
  command
      ->add_option("--ice-address", options->ice_address,
                   "The only local address for speakers' media; default: all interfaces")
      ->check(parsed_by(parse_ip, "IP"));
  command
      ->add_option("--ice-public-address", options->ice_public_address,
                   "What the outside knows --ice-address by (1:1 NAT)")
      ->check(parsed_by(parse_ip, "IP"));
  command
      ->add_option("--ice-ports", options->ice_ports,
                   "UDP ports for speakers' media; default: any that is free")
      ->check(parsed_by([](const std::string& text) { return parse_port_range(text); }, "MIN-MAX"));
  // Given once or more often, or with commas.
  const auto list = [&](const char* name, std::vector<std::string>& values, const char* help) {
    return command->add_option(name, values, help)
        ->delimiter(',')
        ->expected(1, kServersMax)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  };
  list("--stun", options->stun, "STUN server that clients are told of, stun:HOST[:PORT]")
      ->check(parsed_by([](const std::string& text) { return studio::parse_stun_server(text); },
                        "URL"));
  list("--turn", options->turn,
       "TURN server that clients are told of, turn:[USER:PASSWORD@]HOST[:PORT][?transport=tcp]")
      ->check(parsed_by([](const std::string& text) { return studio::parse_turn_server(text); },
                        "URL"));
  command->add_option("--turn-secret-file", options->turn_secret_file,
                      "File with the secret of coturn's use-auth-secret: clients get credentials "
                      "that expire");
  command->add_option("--log", options->log, "How events are written to standard error")
      ->capture_default_str()
      ->check(CLI::IsMember({"text", "json"}));
  command->add_option("--drain", options->drain_s, "Seconds that ending in order may take")
      ->capture_default_str()
      ->check(CLI::Range(1u, 300u));
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace spacecast
