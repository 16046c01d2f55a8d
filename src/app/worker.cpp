#include "app/worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "app/admin.h"
#include "app/log.h"
#include "app/paths.h"
#include "app/worker_metrics.h"
#include "hls/store.h"
#include "http/server.h"
#include "http/static_files.h"
#include "origin/origin.h"
#include "pipelines/program.h"
#include "studio/api_http.h"
#include "studio/space.h"
#include "studio/stage_http.h"

namespace spacecast {
namespace {

constexpr std::uintmax_t kProgramFileBytesMax = 65536;
constexpr unsigned kPlacesOnStage = 13;
constexpr auto kAnswersCheck = std::chrono::milliseconds(20);

// No inline script or style; media and workers are hls.js's. Playlists may come from a CDN.
constexpr const char* kPagePolicy =
    "default-src 'self'; connect-src *; media-src 'self' blob: https:; img-src 'self' data: blob:; "
    "worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

Result<std::string> read_description(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error)
    return fail(ErrorCode::kIo, fmt::format("program {}: {}", file.string(), error.message()));
  if (size > kProgramFileBytesMax) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("program {}: {} bytes; at most {} are read", file.string(), size,
                            kProgramFileBytesMax));
  }
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

// Running time and wall time as the playlists map them; before the first segment nobody can tell
// the difference.
WallTime wall_time(const hls::Snapshot& snapshot, MediaTime running_time) {
  for (const auto& rendition : snapshot.renditions) {
    if (rendition.segments.empty()) continue;
    const auto& segment = *rendition.segments.front();
    return segment.wall_start +
           std::chrono::duration_cast<WallTime::duration>(running_time - segment.start);
  }
  return std::chrono::system_clock::now();
}

class SpaceWorker final : public Worker {
 public:
  SpaceWorker(WorkerOptions options, std::shared_ptr<Loop> loop)
      : options_(std::move(options)), loop_(std::move(loop)) {}

  ~SpaceWorker() override {
    // Nobody asks any more, then nobody speaks, then nothing is made.
    admin_.reset();
    server_.reset();
    space_.reset();
    program_.reset();
  }

  Result<void> start(std::function<void(Error)> failed) {
    auto store = hls::Store::create({});
    if (!store) return std::unexpected(store.error());
    store_ = std::move(*store);
    if (auto listening = listen(); !listening) return listening;
    if (auto built = build_program(std::move(failed)); !built) return built;
    build_space();
    origin_ =
        origin::Origin::mount(*server_, store_, fmt::format("/spaces/{}/hls", options_.space));
    return serve_admin();
  }

  std::uint16_t port() const override { return server_->port(); }
  std::uint16_t admin_port() const override { return admin_->port(); }

  void end(std::function<void()> ended) override {
    ended_ = std::move(ended);
    ready_->store(false);
    drain_timer_ = loop_->after(options_.drain, [this] {
      log_event(LogLevel::kWarning, "drain time is over", {{"space", options_.space}});
      finish();
    });
    space_->end([this] { program_->end([this] { wait_for_answers(); }); });
  }

 private:
  // First of all: an address in use is the commonest reason not to start.
  Result<void> listen() {
    auto server =
        http::Server::create({.host = options_.listen.host, .port = options_.listen.port});
    if (!server) return std::unexpected(server.error());
    server_ = std::move(*server);
    auto pages = http::StaticFiles::load({web_dir()}, {.content_security_policy = kPagePolicy});
    if (!pages) return std::unexpected(pages.error());
    const auto get = [this](std::string pattern, http::Handler handler) {
      server_->add({.method = "GET", .pattern = std::move(pattern), .handler = std::move(handler)});
    };
    get("/", (*pages)->page("viewer.html"));
    get("/studio", (*pages)->page("studio.html"));
    get("/assets/{file...}", (*pages)->handler());
    // What a page has to know: whose Space this is.
    const std::string about =
        nlohmann::json{{"space", options_.space}, {"open", true}, {"maxSpeakers", kPlacesOnStage}}
            .dump();
    get("/api/space", [about](http::Request, http::Responder responder) {
      responder.respond(http::json(200, about));
    });
    return {};
  }

  Result<void> build_program(std::function<void(Error)> failed) {
    const auto description = read_description(
        options_.program_file.empty() ? program_description().string() : options_.program_file);
    if (!description) return std::unexpected(description.error());
    auto program = Program::create(
        {.description = *description, .slots = kPlacesOnStage}, loop_, store_,
        {.on_air = [this](const Program::OnAir& on_air) { set_on_air(on_air); },
         .talking = [this](const std::vector<unsigned>& slots) { space_->set_talking(slots); },
         .failed = std::move(failed)});
    if (!program) return std::unexpected(program.error());
    program_ = std::move(*program);
    return {};
  }

  void build_space() {
    space_ = studio::Space::create({.id = options_.space,
                                    .ice_address = options_.ice_address,
                                    .speakers_max = kPlacesOnStage,
                                    .log =
                                        [](const studio::SpaceEvent& event) {
                                          log_event(LogLevel::kInfo, event.what,
                                                    {{"speaker", std::string(event.speaker)},
                                                     {"name", std::string(event.name)},
                                                     {"detail", std::string(event.detail)}});
                                        }},
                                   loop_, *program_);
    studio::add_stage_routes(*server_, loop_, space_, studio::open_access());
    studio::add_api_routes(*server_, loop_, space_);
  }

  Result<void> serve_admin() {
    const WorkerParts parts{*server_, origin_, space_->counters(), space_->teardown(), store_};
    auto admin = start_admin(
        options_.admin,
        [store = store_, ready = ready_] { return ready->load() && store->snapshot()->playable(); },
        worker_metrics(parts));
    if (!admin) return std::unexpected(admin.error());
    admin_ = std::move(*admin);
    return {};
  }

  // The roster changes now; the viewers' timeline says from which frame on.
  void set_on_air(const Program::OnAir& on_air) {
    space_->set_on_air(on_air);
    std::string speaker;
    std::string name;
    for (const auto& entry : space_->roster().speakers) {
      if (!entry.on_air) continue;
      speaker = entry.id;
      name = entry.name;
    }
    store_->set_on_air(speaker, name, wall_time(*store_->snapshot(), on_air.cut));
    log_event(LogLevel::kInfo, "on air",
              {{"speaker", speaker},
               {"name", name},
               {"reason", on_air.reason},
               {"onset_ms", fmt::to_string(on_air.onset / std::chrono::milliseconds(1))},
               {"cut_ms", fmt::to_string(on_air.cut / std::chrono::milliseconds(1))}});
  }

  // The stream has ended; those who waited for its next part have their answer when nothing is
  // pending any more.
  void wait_for_answers() {
    answers_timer_ = loop_->every(kAnswersCheck, [this] {
      if (server_->pending() == 0) finish();
    });
  }

  void finish() {
    answers_timer_.stop();
    drain_timer_.stop();
    if (ended_) std::exchange(ended_, {})();
  }

  WorkerOptions options_;
  std::shared_ptr<Loop> loop_;
  std::shared_ptr<hls::Store> store_;
  std::unique_ptr<Program> program_;
  std::shared_ptr<studio::Space> space_;
  std::shared_ptr<origin::Origin> origin_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::Server> admin_;
  std::shared_ptr<std::atomic<bool>> ready_ = std::make_shared<std::atomic<bool>>(true);
  Timer drain_timer_;
  Timer answers_timer_;
  std::function<void()> ended_;
};

}  // namespace

Result<std::unique_ptr<Worker>> Worker::create(WorkerOptions options, std::shared_ptr<Loop> loop,
                                               std::function<void(Error)> failed) {
  auto worker = std::make_unique<SpaceWorker>(std::move(options), std::move(loop));
  if (auto started = worker->start(std::move(failed)); !started) {
    return std::unexpected(started.error());
  }
  return worker;
}

}  // namespace spacecast
