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
#include "app/recording.h"
#include "app/worker_metrics.h"
#include "hls/store.h"
#include "http/server.h"
#include "http/static_files.h"
#include "origin/origin.h"
#include "pipelines/program.h"
#include "studio/api_http.h"
#include "studio/space.h"
#include "studio/stage_http.h"
#include "studio/whep_http.h"

namespace spacecast {
namespace {

constexpr std::uintmax_t kProgramFileBytesMax = 65536;
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

// The moment at which the program's running time is zero: what llhlssink maps it by too.
WallTime wall_zero(const Program& program) {
  const auto now = std::chrono::system_clock::now();
  const MediaTime running(
      static_cast<MediaTime::rep>(gst_clock_get_time(program.clock().get()) - program.base_time()));
  return now - std::chrono::duration_cast<WallTime::duration>(running);
}

// An archive is gone on with by the same pictures only. Told before the program runs, where it can
// be told: codecs are known with the first segment.
Result<void> check_same_pictures(const hls::Snapshot& history, const WorkerOptions& options) {
  std::vector<std::string> before;
  std::optional<Size> size;
  for (const auto& rendition : history.renditions) {
    if (rendition.info->kind != hls::MediaKind::kVideo) continue;
    const Size own{static_cast<int>(rendition.info->width),
                   static_cast<int>(rendition.info->height)};
    before.push_back(fmt::format("{}p", std::min(own.width, own.height)));
    if (!size) size = own;
  }
  if (before.empty()) return {};
  const auto& ladder = options.ladder;
  const bool same = ladder.size() > 1 ? std::ranges::equal(before, ladder, {}, {}, &Rung::name)
                                      : before.size() == 1;
  if (!same) {
    return fail(
        ErrorCode::kConflict,
        fmt::format("archive {}: it was begun with the pictures {} and can be gone on with by "
                    "the same --ladder only",
                    options.archive.string(), fmt::join(before, ",")));
  }
  if (options.size && options.size != size) {
    return fail(ErrorCode::kConflict,
                fmt::format("archive {}: it was begun with a picture of {}x{} and can be gone on "
                            "with by the same --size only",
                            options.archive.string(), size->width, size->height));
  }
  return {};
}

class SpaceWorker final : public Worker {
 public:
  SpaceWorker(WorkerOptions options, std::shared_ptr<Loop> loop)
      : options_(std::move(options)), loop_(std::move(loop)) {}

  ~SpaceWorker() override {
    // Nobody asks any more; then nothing is recorded, so that a Space that was not ended in order
    // can be gone on with; then nobody speaks, and nothing is made.
    admin_.reset();
    server_.reset();
    recording_.reset();
    space_.reset();
    program_.reset();
  }

  Result<void> start(Events events) {
    auto recording = Recording::open(
        {.space = options_.space, .archive = options_.archive, .dvr = options_.dvr});
    if (!recording) return std::unexpected(recording.error());
    recording_ = std::move(*recording);
    store_ = recording_->store();
    auto same = check_same_pictures(*store_->snapshot(), options_);
    if (!same) return same;
    if (auto listening = listen(); !listening) return listening;
    if (auto built = build_program(std::move(events.failed)); !built) return built;
    build_space(std::move(events.end_wanted));
    return serve_admin();
  }

  std::uint16_t port() const override { return server_->port(); }
  std::uint16_t admin_port() const override { return admin_->port(); }

  void end(std::function<void(bool)> ended) override {
    ended_ = std::move(ended);
    ready_->store(false);
    drain_timer_ = loop_->after(options_.drain, [this] {
      log_event(LogLevel::kWarning, "drain time is over",
                {{"space", options_.space}, {"unfinished", unfinished_}});
      // Clients that do not take their answers are no fault of ours.
      finish(recorded_);
    });
    unfinished_ = "stage and program";
    space_->end([this] {
      program_->end([this] {
        unfinished_ = "recording";
        recording_->close(loop_, [this] {
          unfinished_ = "answers";
          recorded_ = true;
        });
        wait_for_answers();
      });
    });
  }

 private:
  // Before the program, which takes its time: players that come back after a restart have their
  // playlists at once.
  Result<void> listen() {
    auto server =
        http::Server::create({.host = options_.listen.host, .port = options_.listen.port});
    if (!server) return std::unexpected(server.error());
    server_ = std::move(*server);
    origin_ = origin::Origin::mount(
        *server_, store_, fmt::format("/spaces/{}/hls", options_.space),
        {.edge_secret = options_.edge_secret, .on_read_error = [](const Error& error) {
           log_event(LogLevel::kWarning, "rewind window cannot be read",
                     {{"reason", error.message}});
         }});
    auto pages = http::StaticFiles::load({web_dir()}, {.content_security_policy = kPagePolicy});
    if (!pages) return std::unexpected(pages.error());
    const auto get = [this](std::string pattern, http::Handler handler) {
      server_->add({.method = "GET", .pattern = std::move(pattern), .handler = std::move(handler)});
    };
    get("/", (*pages)->page("viewer.html"));
    get("/studio", (*pages)->page("studio.html"));
    get("/assets/{file...}", (*pages)->handler());
    // What a page has to know: whose Space this is.
    const std::string about = nlohmann::json{
        {"space", options_.space},
        {"open", !options_.token_key},
        {"maxSpeakers",
         options_.stage_size}}.dump();
    get("/api/space", [about](http::Request, http::Responder responder) {
      responder.respond(http::json(200, about));
    });
    server_->start();
    return {};
  }

  Result<void> build_program(std::function<void(Error)> failed) {
    const auto description = read_description(
        options_.program_file.empty() ? program_description().string() : options_.program_file);
    if (!description) return std::unexpected(description.error());
    auto program = Program::create(
        {.description = *description,
         .slots = options_.stage_size,
         .size = options_.size,
         .ladder = options_.ladder},
        loop_, store_,
        {.on_air = [this](const Program::OnAir& on_air) { set_on_air(on_air); },
         .talking = [this](const std::vector<unsigned>& slots) { space_->set_talking(slots); },
         .watch = [this](const std::vector<unsigned>& slots) { space_->set_watched(slots); },
         .failed = std::move(failed)});
    if (!program) return std::unexpected(program.error());
    program_ = std::move(*program);
    program_->set_layout(options_.layout);
    wall_zero_ = wall_zero(*program_);
    return {};
  }

  void build_space(std::function<void()> end_wanted) {
    space_ = studio::Space::create({.id = options_.space,
                                    .ice = options_.ice,
                                    .ice_servers = options_.ice_servers,
                                    .speakers_max = options_.stage_size,
                                    .monitors_max = options_.monitors,
                                    .layout = options_.layout,
                                    .log =
                                        [](const studio::SpaceEvent& event) {
                                          log_event(LogLevel::kInfo, event.what,
                                                    {{"speaker", std::string(event.speaker)},
                                                     {"name", std::string(event.name)},
                                                     {"detail", std::string(event.detail)}});
                                        },
                                    .end_wanted = std::move(end_wanted)},
                                   loop_, *program_);
    const auto access = options_.token_key ? studio::token_access(*options_.token_key,
                                                                  options_.space, space_->revoked())
                                           : studio::open_access();
    const auto entrance = std::make_shared<studio::Entrance>(access, space_->ice_servers());
    studio::add_stage_routes(*server_, loop_, space_, entrance);
    studio::add_whep_routes(*server_, loop_, space_, entrance);
    studio::add_api_routes(*server_, loop_, space_, access);
  }

  Result<void> serve_admin() {
    const WorkerParts parts{
        *server_,           origin_, space_->counters(), space_->monitors().counters(),
        space_->teardown(), store_,  recording_,         program_->losses()};
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
    store_->set_on_air(speaker, name,
                       wall_zero_ + std::chrono::duration_cast<WallTime::duration>(on_air.cut));
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
      if (recorded_ && server_->pending() == 0) finish(true);
    });
  }

  void finish(bool in_order) {
    answers_timer_.stop();
    drain_timer_.stop();
    if (ended_) std::exchange(ended_, {})(in_order);
  }

  WorkerOptions options_;
  std::shared_ptr<Loop> loop_;
  std::shared_ptr<Recording> recording_;
  std::shared_ptr<hls::Store> store_;
  std::unique_ptr<Program> program_;
  WallTime wall_zero_{};
  std::shared_ptr<studio::Space> space_;
  std::shared_ptr<origin::Origin> origin_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::Server> admin_;
  std::shared_ptr<std::atomic<bool>> ready_ = std::make_shared<std::atomic<bool>>(true);
  Timer drain_timer_;
  Timer answers_timer_;
  std::function<void(bool)> ended_;
  const char* unfinished_ = "";
  bool recorded_ = false;
};

}  // namespace

Result<std::unique_ptr<Worker>> Worker::create(WorkerOptions options, std::shared_ptr<Loop> loop,
                                               Events events) {
  auto worker = std::make_unique<SpaceWorker>(std::move(options), std::move(loop));
  if (auto started = worker->start(std::move(events)); !started) {
    return std::unexpected(started.error());
  }
  return worker;
}

}  // namespace spacecast
