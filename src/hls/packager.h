// Encoded frames in, a presentation in the Store out: cutter, muxer and the order between
// renditions.
//
// Frames of all renditions are taken in order of their time, so that parts are published in step: a
// player needs picture and sound of the same time, and RFC 8216bis §6.2.4 wants all playlists
// within one part of each other. A rendition waits for the others, but not for ever: one that
// brings nothing while another has kPatience of media waiting is left behind, and its own playlist
// goes on with GAP parts. All memory is bounded by that.
//
// The presentation starts with the first IDR of what leads (video where there is any); what other
// renditions have from before is dropped. It is announced when the first segment of every rendition
// is complete: a player could not start earlier, and by then its bit rate is known.
//
// BANDWIDTH is what the encoder was told, where its tags say so, or what the first segment was,
// whichever is more: a still picture at the start does not promise that it stays one. Container
// overhead is added. Where only a nominal rate is known the peak is taken to be half above it, the
// most that an encoder with a one-second buffer makes of a two-second segment.
//
// Not thread-safe. Errors are final: the element above reports them and stops.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/media_time.h"
#include "hls/frame_timeline.h"
#include "hls/part_cutter.h"
#include "hls/segment_clock.h"
#include "hls/store.h"
#include "media/aac.h"
#include "media/avc.h"
#include "media/cmaf_muxer.h"

namespace spacecast::hls {

struct AccessUnit {
  // On the presentation's time line; `dts` is not after `pts`.
  MediaTime pts{}, dts{};
  ByteVector data;
};

struct VideoTrack {
  media::AvcConfig config;
  std::uint32_t width = 0, height = 0;
  // Frames a second as a fraction; 0 where not known (taken to be 30).
  std::uint32_t rate_num = 0, rate_den = 1;
};

struct AudioTrack {
  media::AacConfig config;
  std::uint32_t channels = 2;
};

// What an encoder says of itself, in bit/s; 0 where it does not.
struct BitRate {
  std::uint32_t nominal = 0, peak = 0;
};

class Packager {
 public:
  // How much media waits for a rendition that brings nothing: longer at the start, when encoders
  // fill their look-ahead.
  static constexpr MediaTime kPatience = std::chrono::seconds(2);
  static constexpr MediaTime kPatienceAtStart = std::chrono::seconds(5);
  // A jump beyond this is refused rather than filled.
  static constexpr MediaTime kLargestGap = std::chrono::minutes(10);

  explicit Packager(std::shared_ptr<Store> store);

  // Declares a rendition; before any frame. Returns its index.
  std::size_t add_rendition(MediaKind kind, std::string name);
  // Wall time of media time 0 (EXT-X-PROGRAM-DATE-TIME); before the first frame.
  void set_wall_zero(WallTime wall_zero) { wall_zero_ = wall_zero; }

  // The codec data. The same again changes nothing; a change is kUnsupported: it would need a new
  // EXT-X-MAP, and encoders here are configured once.
  [[nodiscard]] Result<void> set_track(std::size_t rendition, VideoTrack track);
  [[nodiscard]] Result<void> set_track(std::size_t rendition, AudioTrack track);
  // Counts until the presentation is announced.
  void set_bit_rate(std::size_t rendition, BitRate rate);

  [[nodiscard]] Result<void> push(std::size_t rendition, AccessUnit unit);
  // No more frames of this rendition. The last one ends the presentation.
  [[nodiscard]] Result<void> end(std::size_t rendition);

  // How much this rendition has waiting for the others. A caller whose source can wait keeps it
  // below kPatience, and so no rendition is ever left behind.
  [[nodiscard]] MediaTime waiting(std::size_t rendition) const;
  // When the next two segments should start: each wants the first frame from that time on to be an
  // IDR. Nothing before the presentation starts.
  [[nodiscard]] std::vector<MediaTime> key_frame_lines() const;
  // What people should know, each kind once for each rendition.
  [[nodiscard]] std::vector<std::string> take_warnings();

 private:
  struct Waiting {
    MediaTime time{};  // Of decoding, moved so that the first frame's is that of its presentation.
    AccessUnit unit;
    bool independent = false;
  };
  struct FinishedPart {
    Part part;
    MediaTime start{};
    bool last_of_segment = false;
  };
  struct Rendition {
    RenditionInfo info;
    BitRate bit_rate;
    std::optional<VideoTrack> video;
    std::optional<AudioTrack> audio;
    std::optional<media::CmafMuxer> muxer;
    std::optional<FrameTimeline> timeline;
    std::optional<PartCutter> cutter;
    std::optional<MediaTime> reorder;  // pts - dts of the first IDR.
    std::deque<Waiting> queue;
    std::optional<Waiting> pending;    // What the cutter's next kFrame is about.
    std::deque<FinishedPart> backlog;  // Until announced.
    std::optional<MediaTime> fed;      // Time of the last frame the cutter was given.
    std::uint64_t first_segment_bytes = 0;
    MediaTime first_segment_duration{};
    bool first_segment_done = false;
    bool ended = false;
    bool gone = false;      // Ended, and the others have gone on without it.
    bool left_out = false;  // Had nothing when the presentation was announced.
    std::size_t index = 0;  // In the store, once announced.
    unsigned warned = 0;    // Bits of what take_warnings() has told.
  };

  [[nodiscard]] Result<void> set_muxer(Rendition& rendition, Result<media::CmafMuxer> muxer,
                                       PartCutter::Config config);
  [[nodiscard]] Result<void> pump();
  [[nodiscard]] bool may_go(const Rendition& rendition) const;
  [[nodiscard]] Result<void> feed(Rendition& rendition);
  [[nodiscard]] Result<void> advance_others(const Rendition& fed, MediaTime now, bool lead);
  [[nodiscard]] Result<void> carry_out(Rendition& rendition, const std::vector<Step>& steps);
  [[nodiscard]] Result<void> write_sample(Rendition& rendition, const Step& step);
  void publish(Rendition& rendition, FinishedPart part);
  [[nodiscard]] Result<void> announce_if_ready();
  void append(const Rendition& rendition, FinishedPart part);
  [[nodiscard]] const Rendition* leader() const;
  [[nodiscard]] bool leads(const Rendition& rendition) const;
  void set_bandwidth(Rendition& rendition) const;
  void note(Rendition& rendition, unsigned kind, bool happened, const char* text);

  std::shared_ptr<Store> store_;
  StoreConfig config_;
  SegmentClock clock_;
  WallTime wall_zero_{};
  std::deque<Rendition> renditions_;  // Elements stay where they are.
  bool announced_ = false;
  bool over_ = false;
  std::vector<std::string> warnings_;
};

}  // namespace spacecast::hls
