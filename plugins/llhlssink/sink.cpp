#include "plugins/llhlssink/sink.h"

#include <fmt/format.h>
#include <gst/video/video.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "gstx/ref.h"
#include "plugins/llhlssink/llhlssink.h"
#include "plugins/llhlssink/tracks.h"

#define GST_CAT_DEFAULT spacecast_ll_hls_sink_debug

namespace spacecast {
namespace {

// How long an encoder has for an IDR that was asked for, before it is asked again.
constexpr MediaTime kAskAgain = std::chrono::milliseconds(500);
// Segments of a rendition that stay in memory where they can be read from files: half a minute.
constexpr std::uint32_t kInMemory = 15;
// How many segments a source that can wait is ahead of the disk: fewer than memory holds.
constexpr std::uint64_t kMayBeUnwritten = 4;

bool is_live(GstPad* pad) {
  GstQuery* query = gst_query_new_latency();
  gboolean live = FALSE;
  if (gst_pad_peer_query(pad, query)) gst_query_parse_latency(query, &live, nullptr, nullptr);
  gst_query_unref(query);
  return live != FALSE;
}

}  // namespace

Result<void> Sink::open(Settings settings) {
  auto archive = open_archive(settings);
  if (!archive) return std::unexpected(archive.error());
  auto store = settings.store;
  if (!store) {
    hls::StoreConfig config = settings.config;
    if (*archive && config.window_segments > kInMemory) config.memory_segments = kInMemory;
    auto made =
        hls::Store::create(config, settings.archive ? (*archive)->take_history() : hls::History{});
    if (!made) return std::unexpected(made.error());
    store = std::move(*made);
  }
  std::shared_ptr<void> server;
  if (settings.http_port != 0) {
    auto made = serve(store, settings.http_port);
    if (!made) return std::unexpected(made.error());
    server = std::move(*made);
    const std::string url = fmt::format("http://127.0.0.1:{}/master.m3u8", settings.http_port);
    GST_INFO_OBJECT(element_, "serving %s", url.c_str());
    gst_element_post_message(
        element_, gst_message_new_element(
                      GST_OBJECT(element_),
                      gst_structure_new("serving", "url", G_TYPE_STRING, url.c_str(), nullptr)));
  }
  if (*archive) (*archive)->start(store);
  const MutexLock lock(mutex_);
  settings_ = std::move(settings);
  store_ = std::move(store);
  archive_ = std::move(*archive);
  written_msn_ = 0;
  server_ = std::move(server);
  packager_ = std::make_unique<hls::Packager>(store_);
  interrupted_ = failed_ = started_ = false;
  // In order of their names, not of where pads happen to lie in memory: the first picture leads.
  std::map<std::pair<std::size_t, std::string>, Track*> by_name;
  for (auto& [pad, track] : tracks_) by_name[{track.name.size(), track.name}] = &track;
  for (const auto& [name, track] : by_name) declare(*track);
  return {};
}

Result<std::shared_ptr<hls::Archive>> Sink::open_archive(const Settings& settings) {
  if (settings.archive && settings.location.empty()) {
    return fail(ErrorCode::kInvalidArgument, "archive: needs a location");
  }
  if (settings.archive && settings.store) {
    return fail(ErrorCode::kConflict,
                "archive: goes on with the store that it finds at its location, and cannot have "
                "another one set");
  }
  if (settings.location.empty()) return nullptr;
  using Keep = hls::Archive::Keep;
  return hls::Archive::open({.directory = settings.location,
                             .keep = settings.archive ? Keep::kAll : Keep::kWindow,
                             .on_error = [this](const Error& error) {
                               GST_ELEMENT_WARNING(element_, RESOURCE, WRITE,
                                                   ("%s", error.message.c_str()), (nullptr));
                             }});
}

void Sink::play() {
  MediaTime part_target{};
  {
    const MutexLock lock(mutex_);
    part_target = store_->snapshot()->config.part_target;
  }
  ticker_.start(element_, part_target / 2, [this](MediaTime now) { tick(now); });
}

void Sink::pause() {
  ticker_.stop();
}

void Sink::tick(MediaTime now) {
  Afterwards afterwards;
  {
    const MutexLock lock(mutex_);
    if (!packager_ || failed_ || interrupted_) return;
    afterwards.result = packager_->advance(now);
    settle(afterwards);
  }
  carry_out(afterwards);
}

void Sink::interrupt() {
  const MutexLock lock(mutex_);
  interrupted_ = true;
  changed_.notify_all();
}

void Sink::close() {
  std::shared_ptr<hls::Archive> archive;
  std::shared_ptr<void> server;
  {
    const MutexLock lock(mutex_);
    if (packager_) {
      for (auto& [pad, track] : tracks_) (void)packager_->end(track.index);
    }
    packager_.reset();
    store_.reset();
    archive = std::move(archive_);
    server = std::move(server_);
  }
  // Both wait for threads of theirs.
}

std::shared_ptr<hls::Store> Sink::store() const {
  const MutexLock lock(mutex_);
  return store_;
}

void Sink::add_pad(GstPad* pad, hls::MediaKind kind, unsigned number) {
  const MutexLock lock(mutex_);
  Track& track = tracks_[pad];
  track.kind = kind;
  track.name = fmt::format("{}{}", kind == hls::MediaKind::kVideo ? 'v' : 'a', number);
  if (packager_) declare(track);
}

void Sink::release(GstPad* pad) {
  const MutexLock lock(mutex_);
  tracks_[pad].flushing = true;
  changed_.notify_all();
}

void Sink::remove_pad(GstPad* pad) {
  Afterwards afterwards;
  {
    const MutexLock lock(mutex_);
    if (packager_ && !failed_) afterwards.result = packager_->end(tracks_[pad].index);
    tracks_.erase(pad);
    settle(afterwards);
  }
  carry_out(afterwards);
}

void Sink::declare(Track& track) {
  track.index = packager_->add_rendition(track.kind, track.name);
  gst_segment_init(&track.segment, GST_FORMAT_UNDEFINED);
  track.live.reset();
  track.flushing = track.eos = false;
  track.earlier = track.asked = track.newest = {};
  track.asked_now.reset();
}

GstFlowReturn Sink::chain(GstPad* pad, GstBuffer* buffer) {
  const auto owned = adopt(buffer);
  bool live_known = false;
  {
    const MutexLock lock(mutex_);
    live_known = tracks_[pad].live.has_value();
  }
  const bool live = live_known || is_live(pad);
  Afterwards afterwards;
  std::shared_ptr<hls::Archive> behind;
  {
    const MutexLock lock(mutex_);
    Track& track = tracks_[pad];
    if (!track.live) {
      track.live = live;
      if (packager_) packager_->set_live(track.index, live);
    }
    wait_for_others(pad);
    if (interrupted_ || track.flushing) return GST_FLOW_FLUSHING;
    if (failed_) return GST_FLOW_ERROR;
    if (track.eos) return GST_FLOW_EOS;
    afterwards.result = push(track, buffer);
    if (afterwards.result) ask_ahead(pad, track, afterwards);
    if (!*track.live) behind = archive_behind();
    settle(afterwards);
  }
  carry_out(afterwards);
  if (behind) behind->wait_until_written();
  return afterwards.result ? GST_FLOW_OK : GST_FLOW_ERROR;
}

void Sink::wait_for_others(GstPad* pad) {
  const auto may_go = [&]() SPACECAST_REQUIRES(mutex_) {
    const Track& track = tracks_[pad];
    return *track.live || interrupted_ || failed_ || track.flushing || track.eos ||
           !packager_->is_full(track.index);
  };
  while (!may_go()) changed_.wait(mutex_);
}

std::shared_ptr<hls::Archive> Sink::archive_behind() {
  if (!archive_) return nullptr;
  const auto snapshot = store_->snapshot();
  std::uint64_t msn = 0;
  for (std::size_t i = 0; i < snapshot->renditions.size(); ++i) {
    msn = std::max(msn, snapshot->next_part(i).msn);
  }
  if (msn < written_msn_ + kMayBeUnwritten) return nullptr;
  written_msn_ = msn;
  return archive_;
}

Result<void> Sink::push(Track& track, GstBuffer* buffer) {
  if (track.segment.format != GST_FORMAT_TIME) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: frames without a time segment", track.name));
  }
  const auto pts = running_time(track.segment, GST_BUFFER_PTS(buffer));
  if (!pts) {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("{}: a frame without a timestamp; a parser in front adds it", track.name));
  }
  const auto dts = running_time(track.segment, GST_BUFFER_DTS(buffer));
  if (!std::exchange(started_, true)) packager_->set_wall_zero(wall_zero(*pts));
  track.newest = *pts;
  return packager_->push(
      track.index, {*pts - track.earlier, dts.value_or(*pts) - track.earlier, copy_bytes(buffer)});
}

// Where the clock runs, the moment at which running time was 0; else the first frame is from now. A
// base time says that it runs, not the state: on the way to PLAYING a mixer further up may already
// push what is overdue.
WallTime Sink::wall_zero(MediaTime first) const {
  const WallTime now = std::chrono::system_clock::now();
  const auto clock = adopt(gst_element_get_clock(element_));
  const GstClockTime base = gst_element_get_base_time(element_);
  MediaTime running = first;
  if (clock && base > 0 && GST_CLOCK_TIME_IS_VALID(base)) {
    const GstClockTime time = gst_clock_get_time(clock.get());
    if (time > base) running = MediaTime(static_cast<std::int64_t>(time - base));
  }
  return now - std::chrono::duration_cast<WallTime::duration>(running);
}

gboolean Sink::event(GstPad* pad, GstEvent* event) {
  const auto owned = adopt(event);
  Afterwards afterwards;
  bool post_eos = false;
  {
    const MutexLock lock(mutex_);
    Track& track = tracks_[pad];
    Result<void>& result = afterwards.result;
    switch (GST_EVENT_TYPE(event)) {
      case GST_EVENT_CAPS: {
        GstCaps* caps = nullptr;
        gst_event_parse_caps(event, &caps);
        if (packager_ && !failed_) result = set_caps(track, caps);
        break;
      }
      case GST_EVENT_SEGMENT:
        gst_event_copy_segment(event, &track.segment);
        break;
      case GST_EVENT_TAG: {
        GstTagList* tags = nullptr;
        gst_event_parse_tag(event, &tags);
        if (packager_) packager_->set_bit_rate(track.index, nominal_bit_rate(tags));
        break;
      }
      case GST_EVENT_EOS:
        if (packager_ && !failed_) result = end_of_stream(track);
        post_eos = result.has_value() && all_ended();
        break;
      case GST_EVENT_FLUSH_START:
        track.flushing = true;
        break;
      case GST_EVENT_FLUSH_STOP:
        // What was published stays; frames from before its end are dropped as late.
        track.flushing = false;
        gst_segment_init(&track.segment, GST_FORMAT_UNDEFINED);
        break;
      default:
        break;
    }
    settle(afterwards);
  }
  carry_out(afterwards);
  if (post_eos) {
    GstMessage* message = gst_message_new_eos(GST_OBJECT(element_));
    gst_message_set_seqnum(message, gst_event_get_seqnum(event));
    gst_element_post_message(element_, message);
  }
  return afterwards.result.has_value();
}

Result<void> Sink::set_caps(Track& track, const GstCaps* caps) {
  const auto named = [&](const Error& error) {
    return fail(error.code, fmt::format("{}: {}", track.name, error.message));
  };
  if (track.kind == hls::MediaKind::kVideo) {
    auto video = video_track(caps);
    if (!video) return named(video.error());
    return packager_->set_track(track.index, std::move(*video));
  }
  auto audio = audio_track(caps);
  if (!audio) return named(audio.error());
  track.earlier = media::to_media_time(settings_.encoder_delay, audio->config.rate);
  return packager_->set_track(track.index, std::move(*audio));
}

Result<void> Sink::end_of_stream(Track& track) {
  if (std::exchange(track.eos, true)) return {};
  return packager_->end(track.index);
}

bool Sink::all_ended() const {
  return std::ranges::all_of(tracks_, [](const auto& entry) { return entry.second.eos; });
}

void Sink::settle(Afterwards& afterwards) {
  failed_ = failed_ || !afterwards.result;
  if (packager_) {
    afterwards.warnings = packager_->take_warnings();
    if (!failed_) ask_now(afterwards);
  }
  changed_.notify_all();
}

// Ahead of time, so that whatever encodes puts an IDR on the first frame of every segment.
void Sink::ask_ahead(GstPad* pad, Track& track, Afterwards& afterwards) {
  if (track.kind != hls::MediaKind::kVideo) return;
  for (const MediaTime time : packager_->key_frame_lines()) {
    if (time <= track.asked) continue;
    track.asked = time;
    if (time < MediaTime{}) continue;
    afterwards.key_frames.emplace_back(Ref<GstPad>(pad), static_cast<GstClockTime>(time.count()));
  }
}

// Once, and again where frames have gone on without one.
void Sink::ask_now(Afterwards& afterwards) {
  for (auto& [pad, track] : tracks_) {
    if (!packager_->needs_key_frame(track.index)) {
      track.asked_now.reset();
    } else if (!track.asked_now || track.newest - *track.asked_now >= kAskAgain) {
      track.asked_now = track.newest;
      afterwards.key_frames.emplace_back(Ref<GstPad>(pad), GST_CLOCK_TIME_NONE);
    }
  }
}

void Sink::carry_out(const Afterwards& afterwards) const {
  for (const std::string& warning : afterwards.warnings) {
    GST_ELEMENT_WARNING(element_, STREAM, MUX, ("%s", warning.c_str()), (nullptr));
  }
  for (const auto& [pad, time] : afterwards.key_frames) {
    gst_pad_push_event(pad.get(), gst_video_event_new_upstream_force_key_unit(time, FALSE, 0));
  }
  if (afterwards.result) return;
  const Error& error = afterwards.result.error();
  if (error.code == ErrorCode::kUnsupported) {
    GST_ELEMENT_ERROR(element_, STREAM, WRONG_TYPE, ("%s", error.message.c_str()), (nullptr));
  } else {
    GST_ELEMENT_ERROR(element_, STREAM, MUX, ("%s", error.message.c_str()), (nullptr));
  }
}

}  // namespace spacecast
