// A GstPromise that calls a C++ closure with its reply, on whatever thread replies.
#pragma once

#include <gst/gst.h>

#include <functional>

#include "gstx/ref.h"

namespace spacecast {

// The reply is null where the promise was interrupted or expired. A failed operation replies with a
// structure that has an "error" field.
using PromiseHandler = std::move_only_function<void(const GstStructure*)>;

// Signals that take a promise keep a reference of their own until they have replied.
[[nodiscard]] inline Ref<GstPromise> make_promise(PromiseHandler handler) {
  return adopt(gst_promise_new_with_change_func(
      [](GstPromise* promise, gpointer data) {
        const bool replied = gst_promise_wait(promise) == GST_PROMISE_RESULT_REPLIED;
        (*static_cast<PromiseHandler*>(data))(replied ? gst_promise_get_reply(promise) : nullptr);
      },
      new PromiseHandler(std::move(handler)),
      [](gpointer data) { delete static_cast<PromiseHandler*>(data); }));
}

}  // namespace spacecast
