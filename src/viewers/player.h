// One viewer, as hls.js 1.7 behaves in low-latency mode: the multivariant playlist, then a media
// playlist of picture and of sound, each reloaded with a blocking request as soon as the last one
// was answered (RFC 8216bis §6.2.5.2), with a delta update where there are any; parts one after the
// other and as they are listed; playback from the last independent part that is PART-HOLD-BACK
// behind the end. What is loaded is not decoded: a clock plays it.
//
// Pure: it says what to ask for, and is told what came and when. All times are in seconds of one
// clock, the origin's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "viewers/playlist.h"
#include "viewers/tally.h"

namespace spacecast::viewers {

struct Request {
  enum class Kind { kMultivariant, kPlaylist, kInit, kPart };
  Kind kind = Kind::kMultivariant;
  std::size_t track = 0;
  std::string base;  // What `uri` is relative to; empty: `uri` is a URL.
  std::string uri;
  std::string query;
  double duration = 0;  // Of a part, in seconds.
  // When a part was published; NaN where that is not known.
  double published_at = std::numeric_limits<double>::quiet_NaN();
};

struct Answer {
  int status = 0;    // 0: none came.
  std::string url;   // Where the answer came from, for what is relative to it.
  std::string body;  // Of playlists.
  std::size_t bytes = 0;
  // When the origin published it, on the clock of `now`; NaN where it does not say.
  double published_at = std::numeric_limits<double>::quiet_NaN();
};

class Player {
 public:
  // `tally` outlives the player; `begin` is where its seconds begin.
  Player(std::string url, Tally& tally, double begin)
      : url_(std::move(url)), tally_(&tally), begin_(begin) {}

  [[nodiscard]] std::vector<Request> join(double now);
  // An answer has come to `request`; returns what to ask for next.
  [[nodiscard]] std::vector<Request> take(const Request& request, const Answer& answer, double now);
  // Several times a second: plays, and asks again for what failed.
  [[nodiscard]] std::vector<Request> tick(double now);
  // Everything has been played, or there is nothing to play.
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  static constexpr std::size_t kTracks = 2;

  struct Place {
    std::uint64_t segment = 0;
    std::size_t part = 0;
    auto operator<=>(const Place&) const = default;
  };
  struct Track {
    bool used = false;
    std::string url;  // Of the playlist.
    std::string init;
    bool reloaded = false;
    bool loading = false;       // A part or an init section.
    std::optional<Place> next;  // The part after the last one taken up.
    std::deque<Request> wanted;
    double loaded = 0;  // Seconds of media.
    bool ended = false;
  };
  struct Retry {
    double at = 0;
    Request request;
  };

  void take_multivariant(const Answer& answer, std::vector<Request>& next);
  void take_playlist(const Request& request, const Answer& answer, double now,
                     std::vector<Request>& next);
  // What is new in the playlist from the track's place on, in order.
  void want_new_parts(std::size_t index, const MediaPlaylist& playlist, double published_at);
  void want(std::size_t index, const Part& part, double published_at);
  [[nodiscard]] static Place start_of(const MediaPlaylist& playlist);
  [[nodiscard]] Request reload(std::size_t index, const MediaPlaylist& playlist) const;
  void fetch_next(std::size_t index, std::vector<Request>& next);
  void failed(const Request& request, const Answer& answer, double now);
  void play(double now);
  // Of picture and sound, what less is there of.
  [[nodiscard]] double loaded() const;

  std::string url_;
  Tally* tally_;
  double begin_;
  std::array<Track, kTracks> tracks_;
  std::vector<Retry> retries_;
  double joined_at_ = 0;
  double played_at_ = 0;  // When played_ was right.
  double played_ = 0;
  double part_target_ = 0;
  std::optional<double> stalled_at_;
  bool playing_ = false;
  bool ended_ = false;
};

}  // namespace spacecast::viewers
