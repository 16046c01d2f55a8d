#include "pipelines/return_desk.h"

#include <fmt/format.h>

#include <utility>

#include "gstx/probe.h"

namespace spacecast {

namespace {

// A slot that never has a speaker: without them, the mix is everybody's. Not `src`, whose thread is
// the program's.
constexpr unsigned kNobody = 999'999;

bool is_sum(GstPad* minus) {
  gboolean shared = FALSE;
  g_object_get(minus, "shared", &shared, nullptr);
  return shared;
}

}  // namespace

class ReturnDesk::Subscription final : public ReturnSubscription {
 public:
  Subscription(std::shared_ptr<ReturnDesk> desk, Listeners& sounds,
               const std::shared_ptr<ReturnSink>& sink)
      : desk_(std::move(desk)),
        sounds_(sounds),
        listener_(std::make_shared<ReturnListener>(sink, desk_->shared_)),
        viewer_(std::make_shared<PictureTap::Viewer>(sink)) {
    sounds_.add(listener_);
    desk_->picture_->viewers().add(viewer_);
  }
  ~Subscription() override {
    sounds_.remove(listener_);
    desk_->picture_->viewers().remove(viewer_);
  }
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

 private:
  const std::shared_ptr<ReturnDesk> desk_;
  Listeners& sounds_;
  const std::shared_ptr<ReturnListener> listener_;
  const std::shared_ptr<PictureTap::Viewer> viewer_;
};

Result<std::shared_ptr<ReturnDesk>> ReturnDesk::create(GstElement* pipeline, GstElement* mix,
                                                       GstPad* picture, unsigned slots) {
  std::shared_ptr<ReturnDesk> desk(new ReturnDesk(slots));
  for (unsigned slot = 0; slot < slots; ++slot) {
    auto ended =
        desk->end_outlet(pipeline, mix, fmt::format("minus_{}", slot), desk->sounds_of(slot));
    if (!ended) return std::unexpected(ended.error());
  }
  auto ended = desk->end_outlet(pipeline, mix, fmt::format("minus_{}", kNobody),
                                desk->sounds_of(std::nullopt));
  if (!ended) return std::unexpected(ended.error());
  if (picture) desk->picture_->attach(picture);
  return desk;
}

Result<void> ReturnDesk::end_outlet(GstElement* pipeline, GstElement* mix, const std::string& name,
                                    Listeners& listeners) {
  const auto minus = adopt(gst_element_request_pad_simple(mix, name.c_str()));
  Ref<GstElement> end(gst_element_factory_make("fakesink", ("return_" + name).c_str()));
  if (!minus || !end) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("program: 'mix' must be a stagemix whose pad {} is free", name));
  }
  g_object_set(end.get(), "sync", FALSE, "async", FALSE, "enable-last-sample", FALSE, nullptr);
  gst_bin_add(GST_BIN(pipeline), end.get());
  const auto sink = adopt(gst_element_get_static_pad(end.get(), "sink"));
  if (!GST_PAD_LINK_SUCCESSFUL(gst_pad_link(minus.get(), sink.get()))) {
    return fail(ErrorCode::kInternal, fmt::format("program: {} cannot be linked", name));
  }
  add_probe(minus.get(), GST_PAD_PROBE_TYPE_BUFFER,
            [self = shared_from_this(), &listeners](GstPad* pad, GstPadProbeInfo* info) {
              const auto present = listeners.items();
              if (present->empty()) return GST_PAD_PROBE_OK;
              const bool sum = is_sum(pad);
              for (const auto& listener : *present) {
                listener->take(GST_PAD_PROBE_INFO_BUFFER(info), sum);
              }
              return GST_PAD_PROBE_OK;
            });
  return {};
}

std::unique_ptr<ReturnSubscription> ReturnDesk::subscribe(std::optional<unsigned> slot,
                                                          const std::shared_ptr<ReturnSink>& sink) {
  return std::make_unique<Subscription>(shared_from_this(), sounds_of(slot), sink);
}

}  // namespace spacecast
