#include "hls/file_writer.h"

#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <span>
#include <system_error>
#include <utility>

#include "hls/atomic_file.h"
#include "hls/media_playlist.h"
#include "hls/multivariant_playlist.h"
#include "hls/names.h"

namespace spacecast::hls {
namespace {

namespace fs = std::filesystem;

// What is on disk, and how it becomes what a snapshot says.
class Tree {
 public:
  Tree(fs::path directory, FileWriter::OnError on_error)
      : directory_(std::move(directory)), on_error_(std::move(on_error)) {}

  void update(const Snapshot& snapshot) {
    renditions_.resize(snapshot.renditions.size());
    bool complete = !renditions_.empty();
    for (std::size_t i = 0; i < renditions_.size(); ++i) {
      complete = update_rendition(snapshot, i) && complete;
    }
    // Last, so that all it names is there.
    if (complete) write_text(kMultivariantName, render_multivariant_playlist(snapshot), master_);
  }

 private:
  struct Rendition {
    bool init_written = false;
    std::uint64_t next_msn = 0;              // The first segment not written yet.
    std::optional<std::uint64_t> first_msn;  // The first segment not removed yet.
    std::string playlist;                    // As written last.
  };

  // False where a player would miss something yet.
  bool update_rendition(const Snapshot& snapshot, std::size_t index) {
    const RenditionState& state = snapshot.renditions[index];
    Rendition& written = renditions_[index];
    if (!write_init(state, written)) return false;
    const auto listed = std::span(state.segments).subspan(state.first_listed);
    if (listed.empty() || !listed.front()->complete) return false;
    for (const auto& segment : listed) {
      if (!segment->complete || segment->msn < written.next_msn) continue;
      // The playlist has to wait for what it would list (§6.2.1).
      if (!write_segment(*state.info, *segment)) return false;
      written.next_msn = segment->msn + 1;
    }
    const bool done = write_text(
        playlist_name(*state.info),
        render_media_playlist(snapshot, index, MediaPlaylistForm::kSegmentsOnly), written.playlist);
    if (done) remove_old_segments(state, written);
    return done;
  }

  bool write_init(const RenditionState& state, Rendition& written) {
    if (written.init_written) return true;
    std::error_code error;
    fs::create_directories(directory_ / state.info->name, error);
    if (error) {
      report({ErrorCode::kIo,
              "making " + (directory_ / state.info->name).string() + ": " + error.message()});
      return false;
    }
    written.init_written =
        write(init_name(*state.info, *state.init), {as_text(*state.init->bytes)});
    return written.init_written;
  }

  bool write_segment(const RenditionInfo& info, const Segment& segment) {
    // Listed with EXT-X-GAP: there is no file.
    if (segment.gap()) return true;
    std::vector<std::string_view> pieces;
    pieces.reserve(segment.parts.size());
    for (const Part& part : segment.parts) pieces.push_back(as_text(*part.bytes));
    return write(segment_name(info, segment.msn), pieces);
  }

  // `last` is what the file holds by now.
  bool write_text(std::string_view name, std::string text, std::string& last) {
    if (text == last) return true;
    if (!write(name, {text})) return false;
    last = std::move(text);
    return true;
  }

  void remove_old_segments(const RenditionState& state, Rendition& written) {
    const std::uint64_t oldest = state.segments.front()->msn;
    // A writer that starts late never wrote what was gone by then.
    std::uint64_t msn = written.first_msn.value_or(oldest);
    written.first_msn = oldest;
    for (; msn < oldest; ++msn) {
      std::error_code error;
      const fs::path path = directory_ / segment_name(*state.info, msn);
      fs::remove(path, error);
      if (error) report({ErrorCode::kIo, "removing " + path.string() + ": " + error.message()});
    }
  }

  bool write(std::string_view name, const std::vector<std::string_view>& pieces) {
    const Result<void> result = write_file_atomically(directory_ / name, pieces);
    if (!result) report(result.error());
    return result.has_value();
  }

  void report(const Error& error) {
    if (on_error_) std::exchange(on_error_, nullptr)(error);
  }

  const fs::path directory_;
  FileWriter::OnError on_error_;
  std::vector<Rendition> renditions_;
  std::string master_;
};

}  // namespace

// Shared with the store's listener, which may still run when the writer is gone.
class FileWriter::Mailbox {
 public:
  void post(Store::SnapshotPtr snapshot) {
    {
      const MutexLock lock(mutex_);
      // The first one, put in by the constructor, may come after a newer one.
      if (!newest_ || newest_->version < snapshot->version) newest_ = std::move(snapshot);
    }
    changed_.notify_one();
  }

  void stop() {
    {
      const MutexLock lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
  }

  // The newest snapshot after `version`; null once stopped and there is none.
  Store::SnapshotPtr wait_for_newer(std::uint64_t version) {
    const MutexLock lock(mutex_);
    while (!stopping_ && newest_->version <= version) changed_.wait(mutex_);
    return newest_->version > version ? newest_ : nullptr;
  }

 private:
  Mutex mutex_;
  std::condition_variable_any changed_;
  Store::SnapshotPtr newest_ SPACECAST_GUARDED_BY(mutex_);
  bool stopping_ SPACECAST_GUARDED_BY(mutex_) = false;
};

Result<std::unique_ptr<FileWriter>> FileWriter::create(Store& store, fs::path directory,
                                                       OnError on_error) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) {
    return fail(ErrorCode::kIo, "making " + directory.string() + ": " + error.message());
  }
  if (access(directory.c_str(), W_OK | X_OK) != 0) {
    return fail(ErrorCode::kIo,
                "writing to " + directory.string() + ": " + std::generic_category().message(errno));
  }
  return std::unique_ptr<FileWriter>(
      new FileWriter(store, std::move(directory), std::move(on_error)));
}

FileWriter::FileWriter(Store& store, fs::path directory, OnError on_error)
    : mailbox_(std::make_shared<Mailbox>()) {
  subscription_ = store.subscribe(
      [mailbox = mailbox_](const Store::SnapshotPtr& snapshot) { mailbox->post(snapshot); });
  mailbox_->post(store.snapshot());
  thread_ = std::thread(
      [mailbox = mailbox_, tree = Tree(std::move(directory), std::move(on_error))]() mutable {
        std::uint64_t version = 0;
        while (const Store::SnapshotPtr snapshot = mailbox->wait_for_newer(version)) {
          version = snapshot->version;
          tree.update(*snapshot);
        }
      });
}

FileWriter::~FileWriter() {
  subscription_.reset();
  mailbox_->stop();
  thread_.join();
}

}  // namespace spacecast::hls
