// Ref<T> for GStreamer's mini objects, and the Owned<T> of its plain structures.
#pragma once

#include <gst/gst.h>

#include "glibx/ref.h"

namespace spacecast {

SPACECAST_REF_TRAITS(GstBuffer, gst_buffer_ref, gst_buffer_unref);
SPACECAST_REF_TRAITS(GstCaps, gst_caps_ref, gst_caps_unref);
SPACECAST_REF_TRAITS(GstSample, gst_sample_ref, gst_sample_unref);
SPACECAST_REF_TRAITS(GstMessage, gst_message_ref, gst_message_unref);
SPACECAST_REF_TRAITS(GstEvent, gst_event_ref, gst_event_unref);
SPACECAST_REF_TRAITS(GstPromise, gst_promise_ref, gst_promise_unref);

// GstObject's own functions, so that GST_DEBUG=GST_REFCOUNTING and the leaks tracer see them.
#define SPACECAST_GST_OBJECT_REF(Type) \
  template <>                          \
  struct RefTraits<Type> {             \
    static void ref(Type* object) {    \
      gst_object_ref_sink(object);     \
    }                                  \
    static void unref(Type* object) {  \
      gst_object_unref(object);        \
    }                                  \
  }
SPACECAST_GST_OBJECT_REF(GstElement);
SPACECAST_GST_OBJECT_REF(GstPad);
SPACECAST_GST_OBJECT_REF(GstBus);
SPACECAST_GST_OBJECT_REF(GstClock);
SPACECAST_GST_OBJECT_REF(GstPipeline);
SPACECAST_GST_OBJECT_REF(GstBin);
#undef SPACECAST_GST_OBJECT_REF

using OwnedStructure = Owned<GstStructure, gst_structure_free>;

}  // namespace spacecast
