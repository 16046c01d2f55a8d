#include "pipelines/clip_player.h"

#include <utility>

namespace spacecast {
namespace {

// Read-only memory that keeps the clip.
GstBuffer* lend(const ByteVector& bytes, std::shared_ptr<const Clip> clip) {
  return gst_buffer_new_wrapped_full(
      GST_MEMORY_FLAG_READONLY, const_cast<std::uint8_t*>(bytes.data()), bytes.size(), 0,
      bytes.size(), new std::shared_ptr<const Clip>(std::move(clip)),
      [](gpointer data) { delete static_cast<std::shared_ptr<const Clip>*>(data); });
}

}  // namespace

ClipPlayer::ClipPlayer(GstAppSrc* source, std::shared_ptr<const Clip> clip)
    : source_(source), clip_(std::move(clip)) {}

std::shared_ptr<ClipPlayer> ClipPlayer::create(const Ref<GstElement>& source,
                                               std::shared_ptr<const Clip> clip) {
  std::shared_ptr<ClipPlayer> player(new ClipPlayer(GST_APP_SRC(source.get()), std::move(clip)));
  GstAppSrcCallbacks callbacks{};
  callbacks.need_data = [](GstAppSrc*, guint, gpointer data) {
    (*static_cast<std::shared_ptr<ClipPlayer>*>(data))->push();
  };
  gst_app_src_set_callbacks(
      player->source_, &callbacks, new std::shared_ptr<ClipPlayer>(player),
      [](gpointer data) { delete static_cast<std::shared_ptr<ClipPlayer>*>(data); });
  return player;
}

void ClipPlayer::start(MediaTime origin, MediaTime period, MediaTime phase) {
  {
    MutexLock lock(mutex_);
    origin_ = origin;
    loop_ = std::make_unique<ClipLoop>(clip_, period, phase);
  }
  push();
}

void ClipPlayer::repeat_group() {
  MutexLock lock(mutex_);
  if (loop_) loop_->repeat_group();
}

// The lock is held while pushing, so that start() and the streaming thread cannot swap two frames.
// It never waits: the appsrc's queue does not block.
void ClipPlayer::push() {
  MutexLock lock(mutex_);
  if (!loop_) return;
  const ClipLoop::Item item = loop_->next();
  GstBuffer* buffer = lend(item.frame->bytes, clip_);
  GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>((origin_ + item.pts).count());
  GST_BUFFER_DURATION(buffer) = static_cast<GstClockTime>(item.frame->duration.count());
  if (!item.frame->key) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  gst_app_src_push_buffer(source_, buffer);
}

}  // namespace spacecast
