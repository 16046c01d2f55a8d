#include "viewers/fleet.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <queue>
#include <vector>

#include "viewers/transfers.h"

namespace spacecast::viewers {
namespace {

constexpr double kTick = 0.25;  // Seconds between two looks at each viewer.
constexpr int kEventsAtOnce = 512;

std::int64_t steady_ms() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::milliseconds(1);
}

// Seconds since the epoch: the clock that the origin names.
double wall_s() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

class EpollFleet final : public Fleet {
 public:
  EpollFleet(Options options, int epoll) : options_(std::move(options)), epoll_(epoll) {}
  ~EpollFleet() override {
    viewers_.clear();
    close(epoll_);
    curl_global_cleanup();
  }

  void run(const std::function<void(const Progress&)>& progress) override {
    begin_ = wall_s();
    viewers_.resize(options_.count);
    double next_tick = 0;
    double next_report = 1;
    while (!stopped_) {
      const double elapsed = wall_s() - begin_;
      if (elapsed >= options_.duration_s) break;
      keep_count(elapsed);
      if (joined_ == options_.count && watching_ == 0) break;
      if (elapsed >= next_tick) {
        tick_all();
        next_tick = elapsed + kTick;
      }
      if (elapsed >= next_report) {
        tally_.viewers(elapsed - 1, watching_);
        progress({elapsed, watching_});
        next_report += 1;
      }
      wait();
    }
  }

  void stop() override { stopped_ = true; }
  const Tally& tally() const override { return tally_; }

 private:
  struct Viewer {
    Viewer(EpollFleet& fleet, std::uint32_t key)
        : player(fleet.options_.urls[key % fleet.options_.urls.size()], fleet.tally_, fleet.begin_),
          transfers({fleet.options_.http2, fleet.options_.any_certificate}, fleet.epoll_, key,
                    [this, &fleet](const Request& request, const Answer& answer) {
                      fleet.ask(*this, player.take(request, answer, wall_s()));
                    }) {}
    Player player;
    Transfers transfers;
    std::int64_t scheduled_ms = -1;
  };
  struct Deadline {
    std::int64_t at_ms;
    std::uint32_t key;
    bool operator>(const Deadline& other) const { return at_ms > other.at_ms; }
  };

  // Who is to have joined and left by now.
  void keep_count(double elapsed) {
    const auto share = [this](double time) {
      const double part = options_.ramp_s > 0 ? std::clamp(time / options_.ramp_s, 0.0, 1.0) : 1.0;
      return static_cast<std::size_t>(part * static_cast<double>(options_.count));
    };
    for (const std::size_t wanted = std::max<std::size_t>(1, share(elapsed)); joined_ < wanted;
         ++joined_) {
      const auto key = static_cast<std::uint32_t>(joined_);
      viewers_[joined_] = std::make_unique<Viewer>(*this, key);
      ++watching_;
      ask(*viewers_[joined_], viewers_[joined_]->player.join(wall_s()));
      schedule(key);
    }
    const double leaving = elapsed - (options_.duration_s - options_.ramp_s);
    if (options_.ramp_s <= 0 || leaving <= 0) return;
    for (const std::size_t wanted = share(leaving); left_ < wanted && left_ < joined_; ++left_)
      leave(left_);
  }

  void leave(std::size_t index) {
    if (!viewers_[index]) return;
    viewers_[index].reset();
    --watching_;
  }

  void tick_all() {
    for (std::size_t i = 0; i < joined_; ++i) {
      if (!viewers_[i]) continue;
      ask(*viewers_[i], viewers_[i]->player.tick(wall_s()));
      if (viewers_[i]->player.ended())
        leave(i);
      else
        schedule(static_cast<std::uint32_t>(i));
    }
  }

  void ask(Viewer& viewer, std::vector<Request> requests) {
    for (Request& request : requests) {
      tally_.request();
      viewer.transfers.start(std::move(request));
    }
  }

  // libcurl's timers, of all viewers. One that was moved is found out when it is due.
  void schedule(std::uint32_t key) {
    Viewer& viewer = *viewers_[key];
    const std::int64_t at = viewer.transfers.deadline_ms();
    if (at < 0 || (viewer.scheduled_ms >= 0 && viewer.scheduled_ms <= at)) return;
    viewer.scheduled_ms = at;
    deadlines_.push({at, key});
  }

  void serve_deadlines() {
    while (!deadlines_.empty() && deadlines_.top().at_ms <= steady_ms()) {
      const std::uint32_t key = deadlines_.top().key;
      deadlines_.pop();
      if (!viewers_[key]) continue;
      Viewer& viewer = *viewers_[key];
      viewer.scheduled_ms = -1;
      const std::int64_t at = viewer.transfers.deadline_ms();
      if (at >= 0 && at <= steady_ms()) viewer.transfers.serve(CURL_SOCKET_TIMEOUT, 0);
      schedule(key);
    }
  }

  void wait() {
    serve_deadlines();
    std::int64_t most = static_cast<std::int64_t>(kTick * 1000 / 4);
    if (!deadlines_.empty())
      most = std::clamp<std::int64_t>(deadlines_.top().at_ms - steady_ms(), 0, most);
    std::array<epoll_event, kEventsAtOnce> events;
    const int count = epoll_wait(epoll_, events.data(), kEventsAtOnce, static_cast<int>(most));
    for (int i = 0; i < count; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      const auto key = static_cast<std::uint32_t>(event.data.u64 >> 32);
      // Who has just left may have had events waiting.
      if (!viewers_[key]) continue;
      viewers_[key]->transfers.serve(static_cast<curl_socket_t>(event.data.u64 & 0xffffffffu),
                                     event.events);
      schedule(key);
    }
  }

  Options options_;
  int epoll_;
  Tally tally_;
  double begin_ = 0;
  std::vector<std::unique_ptr<Viewer>> viewers_;
  std::size_t joined_ = 0, left_ = 0, watching_ = 0;
  std::priority_queue<Deadline, std::vector<Deadline>, std::greater<>> deadlines_;
  std::atomic<bool> stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<Fleet>> Fleet::create(Options options) {
  if (options.urls.empty()) return fail(ErrorCode::kInvalidArgument, "a URL is needed");
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return fail(ErrorCode::kInternal, "libcurl does not start");
  }
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) return fail(ErrorCode::kIo, std::string("epoll: ") + std::strerror(errno));
  return std::make_unique<EpollFleet>(std::move(options), epoll);
}

}  // namespace spacecast::viewers
