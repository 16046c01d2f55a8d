#include "app/command_speaker.h"

#include <fmt/format.h>
#include <gio/gio.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/end_signals.h"
#include "app/whip_client.h"
#include "base/ids.h"
#include "glibx/loop.h"
#include "pipelines/clip_loader.h"
#include "pipelines/simulated_speaker.h"

namespace spacecast {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;
using OwnedUri = Owned<GUri, g_uri_unref>;

constexpr auto kUriFlags =
    GUriFlags(G_URI_FLAGS_ENCODED_PATH | G_URI_FLAGS_ENCODED_QUERY | G_URI_FLAGS_SCHEME_NORMALIZE);
// From the start of the session to its first media, and for the way out.
constexpr std::chrono::seconds kJoinMax{30};
constexpr std::chrono::seconds kLeaveMax{3};

struct SpeakerOptions {
  std::string url;
  std::string audio = "tone";
  std::string video = "test";
  std::string name = "Simulated speaker";
  std::string token;
  std::string report;
  std::string ice_address;
  double duration_s = 0;
  double loop_every_s = 0;
  unsigned pattern = 0;
};

// Where to POST, and as what.
struct Target {
  std::string url;
  bool stage = true;
};

// A path that ends in /whip is a WHIP endpoint, which takes media one way and no name; anything
// else is a stage. CLI11 has checked that it is an http URL.
Target target_of(const SpeakerOptions& options) {
  const OwnedUri uri(g_uri_parse(options.url.c_str(), kUriFlags, nullptr));
  if (std::string_view(g_uri_get_path(uri.get())).ends_with("/whip")) return {options.url, false};
  const OwnedString name(g_uri_escape_string(options.name.c_str(), nullptr, FALSE));
  const char* given = g_uri_get_query(uri.get());
  const std::string query =
      fmt::format("{}{}name={}", given ? given : "", given ? "&" : "", name.get());
  const OwnedUri with_name(g_uri_build(kUriFlags, g_uri_get_scheme(uri.get()), nullptr,
                                       g_uri_get_host(uri.get()), g_uri_get_port(uri.get()),
                                       g_uri_get_path(uri.get()), query.c_str(), nullptr));
  return {OwnedString(g_uri_to_string(with_name.get())).get(), true};
}

MediaTime media_time(double seconds) {
  return std::chrono::duration_cast<MediaTime>(Seconds(seconds));
}

MediaTime wall_time_now() {
  return std::chrono::duration_cast<MediaTime>(std::chrono::system_clock::now().time_since_epoch());
}

nlohmann::ordered_json to_json(const Traffic& traffic) {
  return {{"packets", traffic.packets},
          {"bytes", traffic.bytes},
          {"missing", traffic.missing},
          {"longestGapMs", traffic.longest_gap / std::chrono::milliseconds(1)}};
}

// One session from the first media to DELETE; lives on the loop.
class SpeakerRun {
 public:
  SpeakerRun(SpeakerOptions options, std::shared_ptr<Loop> loop)
      : options_(std::move(options)), loop_(std::move(loop)), target_(target_of(options_)) {}

  // Blocks until the media are ready, before anything else happens.
  Result<void> load() {
    if (options_.audio != "none") {
      auto clip = load_audio_clip(options_.audio, options_.pattern);
      if (!clip) return std::unexpected(clip.error());
      audio_ = *clip;
    }
    if (options_.video != "none") {
      auto clip = load_video_clip(options_.video, options_.pattern);
      if (!clip) return std::unexpected(clip.error());
      video_ = *clip;
    }
    mark("media");
    return {};
  }

  void join() {
    client_ = std::make_unique<WhipClient>(options_.token);
    auto speaker = SimulatedSpeaker::create(
        {.audio = audio_,
         .video = video_,
         .receive = target_.stage,
         .ice_address = options_.ice_address,
         .period = media_time(options_.loop_every_s),
         .phase = [this] { return options_.loop_every_s > 0 ? wall_time_now() : MediaTime(); }},
        loop_,
        {.on_offer = [this](const std::string& sdp) { send_offer(sdp); },
         .on_connected = [this] { on_connected(); },
         .on_error = [this](const Error& error) { fail_with(error); }});
    if (!speaker) {
      fail_with(speaker.error());
      return;
    }
    speaker_ = *speaker;
    timer_ = loop_->after(kJoinMax, [this] {
      fail_with({ErrorCode::kIo, fmt::format("not connected within {} s", kJoinMax.count())});
    });
  }

  // Ends the session in order; twice is once. An offer under way is waited for, so that its session
  // does not stay behind on the server.
  void leave() {
    if (std::exchange(leaving_, true)) return;
    timer_ = loop_->after(kLeaveMax, [this] { loop_->quit(); });
    if (!posting_) end_session();
  }

  // After the loop's end, on the same thread.
  Result<void> finish() {
    const nlohmann::ordered_json report = make_report();
    client_.reset();
    speaker_.reset();
    const bool written = options_.report.empty() || write(report);
    if (fault_) return std::unexpected(*fault_);
    if (written) return {};
    return fail(ErrorCode::kIo, fmt::format("report {}: cannot be written", options_.report));
  }

 private:
  void mark(const char* step) {
    times_ms_[step] =
        std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - started_)
            .count();
  }

  [[nodiscard]] bool write(const nlohmann::ordered_json& report) const {
    std::ofstream file(options_.report);
    // A server's words may be no UTF-8.
    file << report.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    file.close();
    return !file.fail();
  }

  void fail_with(Error error) {
    if (leaving_) return;
    fault_ = std::move(error);
    leave();
  }

  void send_offer(const std::string& sdp) {
    mark("offer");
    posting_ = true;
    client_->post(target_.url, sdp, [this](Result<WhipClient::Session> session) {
      posting_ = false;
      if (session) session_ = std::move(*session);
      if (leaving_) {
        end_session();
      } else if (!session) {
        fail_with(session.error());
      } else {
        mark("answer");
        if (auto accepted = speaker_->accept(session_.answer); !accepted) {
          fail_with(accepted.error());
        }
      }
    });
  }

  void end_session() {
    if (session_.url.empty()) {
      loop_->quit();
      return;
    }
    client_->remove(session_.url, [this](const Result<void>& removed) {
      // The media ended well; that the server has not heard of it is worth a line, not a status.
      if (!removed) fmt::print(stderr, "spacecast: {}\n", removed.error().message);
      loop_->quit();
    });
  }

  void on_connected() {
    mark("connected");
    fmt::print("connected {}\n", session_.url);
    static_cast<void>(std::fflush(stdout));
    timer_.stop();
    if (options_.duration_s > 0) {
      timer_ = loop_->after(
          std::chrono::duration_cast<std::chrono::milliseconds>(Seconds(options_.duration_s)),
          [this] { leave(); });
    }
  }

  [[nodiscard]] nlohmann::ordered_json make_report() const {
    const auto traffic = speaker_ ? speaker_->report() : SimulatedSpeaker::Report{};
    return {
        {"url", options_.url},
        {"name", options_.name},
        {"session", session_.url},
        {"status", session_.status},
        {"error", fault_ ? fault_->message : ""},
        // Since the start of the command.
        {"milliseconds", times_ms_},
        {"sent", {{"audio", to_json(traffic.audio_sent)}, {"video", to_json(traffic.video_sent)}}},
        {"received",
         {{"audio", to_json(traffic.audio_received)}, {"video", to_json(traffic.video_received)}}}};
  }

  const SpeakerOptions options_;
  const std::shared_ptr<Loop> loop_;
  const Target target_;
  const SteadyClock::time_point started_ = SteadyClock::now();
  nlohmann::ordered_json times_ms_;
  std::shared_ptr<const Clip> audio_;
  std::shared_ptr<const Clip> video_;
  std::unique_ptr<WhipClient> client_;
  std::shared_ptr<SimulatedSpeaker> speaker_;
  WhipClient::Session session_;
  Timer timer_;  // Of joining, of the duration, of leaving: one after the other.
  std::optional<Error> fault_;
  bool posting_ = false;
  bool leaving_ = false;
};

Result<void> speak(const SpeakerOptions& options) {
  const auto loop = Loop::create();
  SpeakerRun run(options, loop);
  if (auto loaded = run.load(); !loaded) return loaded;
  const EndSignals signals(*loop, [&] { run.leave(); });
  loop->post([&] { run.join(); });
  loop->run();
  return run.finish();
}

std::string check_url(const std::string& url) {
  const OwnedUri uri(g_uri_parse(url.c_str(), kUriFlags, nullptr));
  const std::string scheme = uri ? g_uri_get_scheme(uri.get()) : "";
  const char* host = uri ? g_uri_get_host(uri.get()) : nullptr;
  if ((scheme == "http" || scheme == "https") && host && *host) return {};
  return fmt::format("\"{}\": allowed is an http or https URL", url);
}

// A file that is there, or one of `words`.
CLI::Validator file_or(const std::vector<std::string>& words, const std::string& type_name) {
  return CLI::Validator(
      [words](const std::string& value) -> std::string {
        std::error_code error;
        if (std::ranges::find(words, value) != words.end() ||
            std::filesystem::is_regular_file(value, error)) {
          return {};
        }
        return fmt::format("\"{}\": allowed is a file or one of {}", value, fmt::join(words, ", "));
      },
      type_name);
}

std::string check_name(const std::string& name) {
  const auto parsed = parse_display_name(name);
  return parsed ? std::string() : parsed.error().message;
}

std::string check_address(const std::string& address) {
  if (g_hostname_is_ip_address(address.c_str())) return {};
  return fmt::format("\"{}\": allowed is a numeric IPv4 or IPv6 address", address);
}

}  // namespace

void add_speaker_command(CLI::App& app, int& status) {
  auto options = std::make_shared<SpeakerOptions>();
  CLI::App* command =
      app.add_subcommand("speaker", "Joins a stage or WHIP URL as a simulated speaker");
  command->option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  command->add_option("url", options->url, "Stage, or WHIP endpoint where it ends in /whip")
      ->required()
      ->check(CLI::Validator(check_url, "URL"));
  command->add_option("--audio", options->audio, "What to say")
      ->capture_default_str()
      ->check(file_or({"tone", "silence", "none"}, "FILE|tone|silence|none"));
  command->add_option("--video", options->video, "What to show")
      ->capture_default_str()
      ->check(file_or({"test", "none"}, "FILE|test|none"));
  command->add_option("--name", options->name, "The name that the stage shows")
      ->capture_default_str()
      ->check(CLI::Validator(check_name, "NAME"));
  command->add_option("--token", options->token, "Join token, sent as Authorization: Bearer");
  command
      ->add_option("--duration", options->duration_s, "Seconds to speak; default: until a signal")
      ->check(CLI::Range(0.1, 864000.0));
  command->add_option("--report", options->report, "JSON file for what was sent and received");
  command
      ->add_option("--ice-address", options->ice_address,
                   "The only local address for media; 127.0.0.1 stays on this machine")
      ->check(CLI::Validator(check_address, "IP"));
  command
      ->add_option("--pattern", options->pattern,
                   "Colours of \"test\" and pitch of \"tone\", so that speakers differ")
      ->capture_default_str()
      ->check(CLI::Range(0u, kClipPatterns - 1));
  command
      ->add_option("--loop-every", options->loop_every_s,
                   "Start the media anew at every multiple of so many seconds of the wall clock: "
                   "speakers with the same value stay in step; default: when the longer one ends")
      ->check(CLI::Range(1.0, 3600.0));
  command->callback([options, &status] {
    if (options->audio == "none" && options->video == "none") {
      throw CLI::ValidationError("--audio none and --video none leave nothing to send");
    }
    const auto spoken = speak(*options);
    if (!spoken) fmt::print(stderr, "spacecast: {}\n", spoken.error().message);
    status = spoken ? 0 : 1;
  });
}

}  // namespace spacecast
