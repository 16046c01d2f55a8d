// The inside of llhlssink: pads' frames into the packager, and what becomes of the presentation.
//
// Streaming threads (one a pad), the application's thread (state changes) and the archive's
// thread meet here. One mutex guards everything; nothing is posted, pushed or waited for with it
// held, but for one thing: a frame of a source that is not live waits on it until the other pads
// have come as far, as such a source would otherwise run minutes ahead of its partner. Live sources
// never wait.
#pragma once

#include <gst/gst.h>

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/mutex.h"
#include "hls/archive.h"
#include "hls/packager.h"
#include "hls/store.h"
#include "plugins/llhlssink/ticker.h"

namespace spacecast {

class Sink {
 public:
  struct Settings {
    hls::StoreConfig config;
    std::shared_ptr<hls::Store> store;   // Null: one is made from `config`.
    std::string location;                // Empty: no files.
    bool archive = false;                // All of it, to be gone on with.
    std::uint16_t http_port = 0;         // 0: not served.
    std::uint32_t encoder_delay = 1024;  // Samples of audio.
  };

  explicit Sink(GstElement* element) : element_(element) {}
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  // From READY to PAUSED: everything that can fail is tried here.
  [[nodiscard]] Result<void> open(Settings settings) SPACECAST_EXCLUDES(mutex_);
  // While the element is in PLAYING, live sources that stall are made up for.
  void play() SPACECAST_EXCLUDES(mutex_);
  void pause() SPACECAST_EXCLUDES(mutex_);
  // Frames that wait return, and all that come are refused.
  void interrupt() SPACECAST_EXCLUDES(mutex_);
  // No streaming thread is left: ends the presentation and closes what open() opened.
  void close() SPACECAST_EXCLUDES(mutex_);
  // The presentation's, or the one to come's; null in between.
  [[nodiscard]] std::shared_ptr<hls::Store> store() const SPACECAST_EXCLUDES(mutex_);

  void add_pad(GstPad* pad, hls::MediaKind kind, unsigned number) SPACECAST_EXCLUDES(mutex_);
  // Its frames are refused from now on, and one that waits returns; then, with its thread gone, it
  // ends like at EOS.
  void release(GstPad* pad) SPACECAST_EXCLUDES(mutex_);
  void remove_pad(GstPad* pad) SPACECAST_EXCLUDES(mutex_);

  GstFlowReturn chain(GstPad* pad, GstBuffer* buffer) SPACECAST_EXCLUDES(mutex_);
  gboolean event(GstPad* pad, GstEvent* event) SPACECAST_EXCLUDES(mutex_);

 private:
  struct Track {
    hls::MediaKind kind = hls::MediaKind::kVideo;
    std::string name;       // "v0": the rendition's.
    std::size_t index = 0;  // In the packager.
    GstSegment segment{};
    MediaTime earlier{};  // What its encoder adds in front.
    std::optional<bool> live;
    bool flushing = false;
    bool eos = false;
    MediaTime asked{};                   // For an IDR, up to here.
    std::optional<MediaTime> asked_now;  // The newest frame when one was asked for at once.
    MediaTime newest{};
  };
  // What is to be done once the mutex is free.
  struct Afterwards {
    Result<void> result;
    std::vector<std::string> warnings;
    std::vector<std::pair<Ref<GstPad>, GstClockTime>> key_frames;  // GST_CLOCK_TIME_NONE: now.
  };

  [[nodiscard]] Result<std::shared_ptr<hls::Archive>> open_archive(const Settings& settings);
  void declare(Track& track) SPACECAST_REQUIRES(mutex_);
  [[nodiscard]] Result<void> push(Track& track, GstBuffer* buffer) SPACECAST_REQUIRES(mutex_);
  [[nodiscard]] Result<void> set_caps(Track& track, const GstCaps* caps) SPACECAST_REQUIRES(mutex_);
  [[nodiscard]] Result<void> end_of_stream(Track& track) SPACECAST_REQUIRES(mutex_);
  void wait_for_others(GstPad* pad) SPACECAST_REQUIRES(mutex_);
  // Null where a source that can wait does not have to, by now.
  [[nodiscard]] std::shared_ptr<hls::Archive> archive_behind() SPACECAST_REQUIRES(mutex_);
  [[nodiscard]] bool all_ended() const SPACECAST_REQUIRES(mutex_);
  [[nodiscard]] WallTime wall_zero(MediaTime first) const;
  void tick(MediaTime now) SPACECAST_EXCLUDES(mutex_);
  void ask_ahead(GstPad* pad, Track& track, Afterwards& afterwards) SPACECAST_REQUIRES(mutex_);
  void ask_now(Afterwards& afterwards) SPACECAST_REQUIRES(mutex_);
  // To be called after whatever the packager was told.
  void settle(Afterwards& afterwards) SPACECAST_REQUIRES(mutex_);
  void carry_out(const Afterwards& afterwards) const SPACECAST_EXCLUDES(mutex_);

  GstElement* const element_;  // Owns this.
  Ticker ticker_;              // The application's thread's.

  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  Settings settings_ SPACECAST_GUARDED_BY(mutex_);
  std::map<GstPad*, Track> tracks_ SPACECAST_GUARDED_BY(mutex_);
  std::unique_ptr<hls::Packager> packager_ SPACECAST_GUARDED_BY(mutex_);
  std::shared_ptr<hls::Store> store_ SPACECAST_GUARDED_BY(mutex_);
  std::shared_ptr<hls::Archive> archive_ SPACECAST_GUARDED_BY(mutex_);
  std::uint64_t written_msn_ SPACECAST_GUARDED_BY(mutex_) = 0;  // What was waited for last.
  std::shared_ptr<void> server_ SPACECAST_GUARDED_BY(mutex_);
  bool interrupted_ SPACECAST_GUARDED_BY(mutex_) = true;
  bool failed_ SPACECAST_GUARDED_BY(mutex_) = false;
  bool started_ SPACECAST_GUARDED_BY(mutex_) = false;
};

// What open() serves with; empty where the plugin was given none.
[[nodiscard]] Result<std::shared_ptr<void>> serve(std::shared_ptr<hls::Store> store,
                                                  std::uint16_t port);

}  // namespace spacecast
