// A GObject signal connected to a C++ callable. The connection ends with the object this returns;
// after that the callable is not called any more, and is destroyed once a call under way returns.
//
//   signal_ = Signal::connect(webrtc, "pad-added", [this](GstElement*, GstPad* pad) { ... });
//
// The callable's parameters are the signal's own, the emitting instance first.
#pragma once

#include <glib-object.h>

#include <functional>
#include <memory>
#include <utility>

#include "glibx/ref.h"

namespace spacecast {

class Signal {
 public:
  Signal() = default;
  Signal(Signal&& other) noexcept
      : instance_(std::move(other.instance_)), id_(std::exchange(other.id_, 0)) {}
  Signal& operator=(Signal&& other) noexcept {
    disconnect();
    instance_ = std::move(other.instance_);
    id_ = std::exchange(other.id_, 0);
    return *this;
  }
  ~Signal() { disconnect(); }

  template <typename R, typename... Args>
  [[nodiscard]] static Signal connect_typed(gpointer instance, const char* name,
                                            std::function<R(Args...)> handler) {
    using Handler = std::function<R(Args...)>;
    // The generated C callback has the signal's own signature with the closure data last.
    auto* callback =
        +[](Args... args, gpointer data) -> R { return (*static_cast<Handler*>(data))(args...); };
    Signal signal;
    signal.instance_ = Ref<GObject>(G_OBJECT(instance));
    signal.id_ = g_signal_connect_data(
        instance, name, reinterpret_cast<GCallback>(callback), new Handler(std::move(handler)),
        [](gpointer data, GClosure*) { delete static_cast<Handler*>(data); }, GConnectFlags(0));
    return signal;
  }

  template <typename F>
  [[nodiscard]] static Signal connect(gpointer instance, const char* name, F&& handler) {
    return connect_typed(instance, name, std::function(std::forward<F>(handler)));
  }

  void disconnect() {
    if (id_ != 0) g_signal_handler_disconnect(instance_.get(), std::exchange(id_, 0));
    instance_.reset();
  }

 private:
  Ref<GObject> instance_;
  gulong id_ = 0;
};

}  // namespace spacecast
