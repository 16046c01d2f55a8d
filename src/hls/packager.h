// Encoded frames in, a presentation in the Store out: the order between renditions.
//
// Frames of all renditions are taken in order of their time, so that parts are published in step: a
// player needs picture and sound of the same time, and RFC 8216bis §6.2.4 wants all playlists
// within one part of each other. A rendition waits for the others. Where the sources are live it
// does not wait for ever: one that brings nothing while another has kPatience of media waiting is
// left behind, and its own playlist goes on with GAP parts (§6.2.1). Where nothing comes from
// anybody, advance() does the same by the clock for all. All memory is bounded by that.
//
// The presentation starts with the first IDR of what leads (video where there is any); what other
// renditions have from before is dropped. It is announced when the first segment of every rendition
// is complete: a player could not start earlier, and by then its bit rate is known. A store that
// goes on from an earlier run has players already and knows the bit rate: it has the first parts at
// once.
//
// An encoder may change in mid-stream. Its frames then begin with a segment, in all renditions
// alike, behind EXT-X-DISCONTINUITY and with an init section of their own. The multivariant
// playlist goes on to say what it said of the first encoder, as players do not read it again.
//
// Not thread-safe. Errors are final: the element above reports them and stops.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/media_time.h"
#include "hls/bandwidth.h"
#include "hls/encoding.h"
#include "hls/part_cutter.h"
#include "hls/segment_clock.h"
#include "hls/store.h"

namespace spacecast::hls {

class Packager {
 public:
  // How much media waits for a live rendition that brings nothing, beyond what it is usually
  // behind. It is what players hold back at the usual part target (three parts): with less, media
  // would be given up for lost that they could still have played; with more, the renditions that
  // are well would stall too. Encoders of one pipeline are rarely more than a few hundred ms apart;
  // at the start they fill their look-ahead.
  static constexpr MediaTime kPatience = std::chrono::seconds(1);
  static constexpr MediaTime kPatienceAtStart = std::chrono::seconds(5);
  // How far a rendition may usually be behind the others.
  static constexpr MediaTime kLargestSkew = std::chrono::seconds(3);
  // A jump beyond this is refused rather than filled, unless advance() has filled it on the way.
  static constexpr MediaTime kLargestGap = std::chrono::minutes(10);

  explicit Packager(std::shared_ptr<Store> store);

  // Declares a rendition; before any frame. Returns its index. A source that is not live can wait:
  // nothing is given up for lost as long as it heeds is_full().
  std::size_t add_rendition(MediaKind kind, std::string name);
  void set_live(std::size_t rendition, bool live) { renditions_[rendition].live = live; }
  // Wall time of media time 0 (EXT-X-PROGRAM-DATE-TIME); before the first frame.
  void set_wall_zero(WallTime wall_zero) { wall_zero_ = wall_zero; }

  // The codec data of the frames that follow. The same again changes nothing.
  [[nodiscard]] Result<void> set_track(std::size_t rendition, VideoTrack track);
  [[nodiscard]] Result<void> set_track(std::size_t rendition, AudioTrack track);
  // What its encoder was told, in bit/s. Counts until the presentation is announced.
  void set_bit_rate(std::size_t rendition, std::uint32_t nominal);

  [[nodiscard]] Result<void> push(std::size_t rendition, AccessUnit unit);
  // No more frames of this rendition. The last one ends the presentation.
  [[nodiscard]] Result<void> end(std::size_t rendition);
  // It is `now` on the clock that live sources go by, which never goes back. Where none of them has
  // brought anything for kPatience, all playlists go on with GAP parts at the clock's pace, so far
  // behind it as the frames were and kPatience more. To be called several times a part.
  [[nodiscard]] Result<void> advance(MediaTime now);

  // Whether this rendition has as much waiting for the others as it may.
  [[nodiscard]] bool is_full(std::size_t rendition) const;
  // When the next two segments should start: each wants the first frame from that time on to be an
  // IDR. Nothing before the presentation starts.
  [[nodiscard]] std::vector<MediaTime> key_frame_lines() const;
  // Whether this picture needs an IDR now, to go on after a loss or a change.
  [[nodiscard]] bool needs_key_frame(std::size_t rendition) const;
  // What people should know, each kind once for each rendition.
  [[nodiscard]] std::vector<std::string> take_warnings();

 private:
  struct Waiting {
    std::shared_ptr<Encoding> encoding;
    Encoding::Frame frame;
  };
  struct FinishedPart {
    Part part;
    MediaTime start{};
    bool last_of_segment = false, discontinuity = false;
    std::shared_ptr<Encoding> encoding;
  };
  // What has come lately, by the clock.
  struct Coming {
    MediaTime heard{}, now{};
  };
  struct Rendition {
    MediaKind kind = MediaKind::kVideo;
    std::string name;
    std::uint32_t nominal_bit_rate = 0;
    bool live = true;
    // Of the frames that come; of the one that the cutter was given last; of the part in progress;
    // of the init section that the store knows.
    std::shared_ptr<Encoding> incoming, cut, written, published;
    std::optional<PartCutter> cutter;
    std::deque<Waiting> queue;
    std::optional<Waiting> pending;    // What the cutter's next kFrame is about.
    std::deque<FinishedPart> backlog;  // Until announced.
    std::optional<MediaTime> fed;      // Time of the last frame the cutter was given.
    std::optional<MediaTime> reached;  // Time up to which nothing is waited for.
    std::optional<MediaTime> heard;    // Time of the newest frame that came in time.
    std::optional<Coming> coming;
    MediaTime behind{};  // How far behind the others the newest frame was.
    FirstSegment first_segment;
    bool first_segment_done = false;
    bool ended = false;
    bool gone = false;      // Ended, and the others have gone on without it.
    bool left_out = false;  // Had nothing when the presentation was announced.
    std::size_t index = 0;  // In the store, once announced.
    unsigned warned = 0;    // Bits of what take_warnings() has told.
  };

  template <typename Track>
  [[nodiscard]] Result<void> set_encoding(Rendition& rendition, Track track);
  void hear(Rendition& rendition, MediaTime time);
  [[nodiscard]] Rendition* earliest();
  [[nodiscard]] Result<void> pump();
  [[nodiscard]] bool may_go(const Rendition& rendition) const;
  [[nodiscard]] Result<void> feed(Rendition& rendition);
  [[nodiscard]] static bool outlived(const Rendition& rendition, const Waiting& waiting);
  [[nodiscard]] Result<void> bring_up(Rendition& rendition, MediaTime now);
  [[nodiscard]] Result<void> go_without(Rendition& rendition, MediaTime now, bool lead);
  [[nodiscard]] std::optional<MediaTime> lost_until(MediaTime now);
  [[nodiscard]] Result<void> carry_out(Rendition& rendition, const std::vector<Step>& steps);
  void publish(Rendition& rendition, FinishedPart part);
  [[nodiscard]] Result<void> announce_if_ready();
  [[nodiscard]] bool is_ready(const Rendition& rendition) const;
  [[nodiscard]] bool goes_on(const Rendition& rendition) const;
  [[nodiscard]] Result<void> add_to_store(Rendition& rendition);
  void publish_init(Rendition& rendition, const std::shared_ptr<Encoding>& encoding);
  void append(Rendition& rendition, FinishedPart part);
  [[nodiscard]] const Rendition* leader() const;
  [[nodiscard]] bool leads(const Rendition& rendition) const;
  [[nodiscard]] static MediaTime half_frame(const Rendition* rendition);
  void note(Rendition& rendition, unsigned kind, bool happened, std::string_view text);

  std::shared_ptr<Store> store_;
  StoreConfig config_;
  const std::size_t renditions_before_;  // In the store, from an earlier run.
  const MediaTime begin_;                // The end of that on the store's time line.
  SegmentClock clock_;
  WallTime wall_zero_{};
  std::deque<Rendition> renditions_;  // Elements stay where they are.
  bool announced_ = false;
  bool over_ = false;
  std::vector<std::string> warnings_;
};

}  // namespace spacecast::hls
