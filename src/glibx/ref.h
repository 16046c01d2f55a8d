// Ownership of reference-counted C objects. The C API stays as it is; only who owns what is
// visible:
//
//   Ref<GstPad> pad = adopt(gst_element_get_static_pad(bin, "src"));  // transfer full: taken over
//   Ref<GstElement> element(raw);                                     // transfer none: one more
//   reference;
//                                                                     // a floating one is sunk
//   gst_thing(pad.get());                                             // lend
//   gst_takes(pad.leak());                                            // give away
//   g_thing(&x, error.out());                                         // receive
//
// Ref<T> works for every T with a RefTraits<T>; GObject types get theirs here, GStreamer's mini
// objects in gstx/ref.h. Owned<T> is for things with one owner and a free function.
#pragma once

#include <glib-object.h>

#include <memory>
#include <utility>

namespace spacecast {

// Every GObject type: ref_sink takes a floating reference over and adds one to any other.
template <typename T>
struct RefTraits {
  static void ref(T* object) { g_object_ref_sink(object); }
  static void unref(T* object) { g_object_unref(object); }
};

#define SPACECAST_REF_TRAITS(Type, ref_function, unref_function) \
  template <>                                                    \
  struct RefTraits<Type> {                                       \
    static void ref(Type* object) {                              \
      ref_function(object);                                      \
    }                                                            \
    static void unref(Type* object) {                            \
      unref_function(object);                                    \
    }                                                            \
  }

SPACECAST_REF_TRAITS(GMainLoop, g_main_loop_ref, g_main_loop_unref);
SPACECAST_REF_TRAITS(GMainContext, g_main_context_ref, g_main_context_unref);
SPACECAST_REF_TRAITS(GSource, g_source_ref, g_source_unref);
SPACECAST_REF_TRAITS(GBytes, g_bytes_ref, g_bytes_unref);

template <typename T>
class Ref {
 public:
  Ref() = default;
  Ref(std::nullptr_t) {}
  explicit Ref(T* object) : object_(object) {
    if (object_) RefTraits<T>::ref(object_);
  }
  Ref(const Ref& other) : Ref(other.object_) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_) RefTraits<T>::unref(object_);
  }

  [[nodiscard]] T* get() const { return object_; }
  [[nodiscard]] T* leak() { return std::exchange(object_, nullptr); }
  // For a C out-parameter that is transfer full; what was held is released first.
  [[nodiscard]] T** out() {
    *this = Ref();
    return &object_;
  }
  void reset() { *this = Ref(); }
  explicit operator bool() const { return object_ != nullptr; }
  bool operator==(const Ref& other) const = default;

 private:
  template <typename U>
  friend Ref<U> adopt(U* object);

  T* object_ = nullptr;
};

// Takes over a transfer-full reference.
template <typename T>
[[nodiscard]] Ref<T> adopt(T* object) {
  Ref<T> ref;
  ref.object_ = object;
  return ref;
}

// Deleter made of a C free function.
template <auto free_function>
struct CFree {
  template <typename T>
  void operator()(T* thing) const {
    free_function(thing);
  }
};

template <typename T, auto free_function>
using Owned = std::unique_ptr<T, CFree<free_function>>;

using OwnedString = Owned<char, g_free>;

// A GError as an out-parameter: `g_call(..., error.out())`, then `error.message()`.
class ErrorOut {
 public:
  ErrorOut() = default;
  ErrorOut(const ErrorOut&) = delete;
  ErrorOut& operator=(const ErrorOut&) = delete;
  ~ErrorOut() { g_clear_error(&error_); }
  [[nodiscard]] GError** out() {
    g_clear_error(&error_);
    return &error_;
  }
  explicit operator bool() const { return error_ != nullptr; }
  [[nodiscard]] const char* message() const { return error_ ? error_->message : "no error given"; }

 private:
  GError* error_ = nullptr;
};

}  // namespace spacecast
