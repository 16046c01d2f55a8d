// What GLib does to order threads, told to ThreadSanitizer. Debian's GLib 2.74 is not instrumented,
// and its mutexes and conditions are futexes of its own, so TSan sees none of that order and takes
// every object that two threads use in turns for a race. These functions stand before GLib's and
// GStreamer's: executables come first when names are bound, for our own calls and for those that
// one library makes to another. A library's calls to itself are bound already; what lies behind
// those is in races.txt.
//
// __tsan_release(address) ends what came before, __tsan_acquire(address) begins what comes after:
// no more order than each function's documentation promises.
#include <dlfcn.h>
#include <gst/gst.h>
#include <sanitizer/tsan_interface.h>

#define NEXT(name) \
  static const auto real = reinterpret_cast<decltype(&(name))>(dlsym(RTLD_NEXT, #name))

#define ACQUIRES(name, Type) \
  void name(Type* lock) {    \
    NEXT(name);              \
    real(lock);              \
    __tsan_acquire(lock);    \
  }
#define TRIES(name, Type)            \
  gboolean name(Type* lock) {        \
    NEXT(name);                      \
    const gboolean got = real(lock); \
    if (got) __tsan_acquire(lock);   \
    return got;                      \
  }
#define RELEASES(name, Type) \
  void name(Type* lock) {    \
    NEXT(name);              \
    __tsan_release(lock);    \
    real(lock);              \
  }
// Whoever lets go of the last reference frees what all the others have written.
#define UNREFS(name, Type)  \
  void name(Type* object) { \
    NEXT(name);             \
    __tsan_release(object); \
    __tsan_acquire(object); \
    real(object);           \
  }

extern "C" {

ACQUIRES(g_mutex_lock, GMutex)
TRIES(g_mutex_trylock, GMutex)
RELEASES(g_mutex_unlock, GMutex)
ACQUIRES(g_rec_mutex_lock, GRecMutex)
TRIES(g_rec_mutex_trylock, GRecMutex)
RELEASES(g_rec_mutex_unlock, GRecMutex)
ACQUIRES(g_rw_lock_writer_lock, GRWLock)
TRIES(g_rw_lock_writer_trylock, GRWLock)
RELEASES(g_rw_lock_writer_unlock, GRWLock)
ACQUIRES(g_rw_lock_reader_lock, GRWLock)
TRIES(g_rw_lock_reader_trylock, GRWLock)
RELEASES(g_rw_lock_reader_unlock, GRWLock)

void g_cond_wait(GCond* cond, GMutex* mutex) {
  NEXT(g_cond_wait);
  __tsan_release(mutex);
  real(cond, mutex);
  __tsan_acquire(mutex);
}
gboolean g_cond_wait_until(GCond* cond, GMutex* mutex, gint64 end_time) {
  NEXT(g_cond_wait_until);
  __tsan_release(mutex);
  const gboolean signalled = real(cond, mutex, end_time);
  __tsan_acquire(mutex);
  return signalled;
}

gboolean(g_once_init_enter)(volatile void* location) {
  NEXT(g_once_init_enter);
  const gboolean first = real(location);
  if (!first) __tsan_acquire(const_cast<void*>(location));
  return first;
}
void(g_once_init_leave)(volatile void* location, gsize result) {
  NEXT(g_once_init_leave);
  __tsan_release(const_cast<void*>(location));
  real(location, result);
}

void g_async_queue_push(GAsyncQueue* queue, gpointer data) {
  NEXT(g_async_queue_push);
  __tsan_release(queue);
  real(queue, data);
}
gpointer g_async_queue_pop(GAsyncQueue* queue) {
  NEXT(g_async_queue_pop);
  gpointer data = real(queue);
  __tsan_acquire(queue);
  return data;
}
gpointer g_async_queue_try_pop(GAsyncQueue* queue) {
  NEXT(g_async_queue_try_pop);
  gpointer data = real(queue);
  __tsan_acquire(queue);
  return data;
}
gpointer g_async_queue_timeout_pop(GAsyncQueue* queue, guint64 timeout) {
  NEXT(g_async_queue_timeout_pop);
  gpointer data = real(queue, timeout);
  __tsan_acquire(queue);
  return data;
}

UNREFS(g_object_unref, void)
UNREFS(gst_object_unref, void)
UNREFS(gst_mini_object_unref, GstMiniObject)
UNREFS(g_bytes_unref, GBytes)

// From setting a source's callback to its run, in the context's thread.
struct Callback {
  GSourceFunc function;
  gpointer data;
  GDestroyNotify notify;
};
static gboolean run_callback(gpointer data) {
  __tsan_acquire(data);
  auto* callback = static_cast<Callback*>(data);
  return callback->function(callback->data);
}
static void end_callback(gpointer data) {
  __tsan_acquire(data);
  auto* callback = static_cast<Callback*>(data);
  if (callback->notify) callback->notify(callback->data);
  delete callback;
}
void g_source_set_callback(GSource* source, GSourceFunc function, gpointer data,
                           GDestroyNotify notify) {
  NEXT(g_source_set_callback);
  // Only those that call a GSourceFunc: idle sources and timeouts.
  if (source->source_funcs != &g_idle_funcs && source->source_funcs != &g_timeout_funcs) {
    real(source, function, data, notify);
    return;
  }
  auto* callback = new Callback{function, data, notify};
  __tsan_release(callback);
  real(source, run_callback, callback, end_callback);
}
}  // extern "C"
