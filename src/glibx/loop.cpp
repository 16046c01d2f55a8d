#include "glibx/loop.h"

#include <pthread.h>

namespace spacecast {
namespace {

Ref<GSource> attach(GMainContext* context, GSource* source, GSourceFunc function, gpointer data,
                    GDestroyNotify destroy) {
  Ref<GSource> owned = adopt(source);
  g_source_set_callback(source, function, data, destroy);
  g_source_attach(source, context);
  return owned;
}

gboolean run_once(gpointer data) {
  (*static_cast<Task*>(data))();
  return G_SOURCE_REMOVE;
}

void delete_task(gpointer data) {
  delete static_cast<Task*>(data);
}

}  // namespace

void Timer::stop() {
  if (source_) g_source_destroy(source_.get());
  source_.reset();
}

Loop::Loop()
    : context_(adopt(g_main_context_new())), loop_(adopt(g_main_loop_new(context_.get(), FALSE))) {}

Loop::~Loop() {
  quit_and_join();
}

std::shared_ptr<Loop> Loop::create() {
  return std::shared_ptr<Loop>(new Loop());
}

std::shared_ptr<Loop> Loop::spawn(const std::string& thread_name) {
  auto loop = create();
  // The thread holds the C objects, not the Loop: the last owner of the Loop joins the thread.
  loop->thread_ = std::thread([context = loop->context_, main_loop = loop->loop_] {
    g_main_context_push_thread_default(context.get());
    g_main_loop_run(main_loop.get());
    g_main_context_pop_thread_default(context.get());
  });
  pthread_setname_np(loop->thread_.native_handle(), thread_name.substr(0, 15).c_str());
  return loop;
}

void Loop::post(Task task) {
  GSource* source = g_idle_source_new();
  g_source_set_priority(source, G_PRIORITY_DEFAULT);
  attach(context_.get(), source, run_once, new Task(std::move(task)), delete_task);
}

Timer Loop::every(std::chrono::milliseconds period, std::function<void()> task) {
  return Timer(attach(
      context_.get(), g_timeout_source_new(static_cast<guint>(period.count())),
      [](gpointer data) -> gboolean {
        (*static_cast<std::function<void()>*>(data))();
        return G_SOURCE_CONTINUE;
      },
      new std::function<void()>(std::move(task)),
      [](gpointer data) { delete static_cast<std::function<void()>*>(data); }));
}

Timer Loop::after(std::chrono::milliseconds delay, Task task) {
  return Timer(attach(context_.get(), g_timeout_source_new(static_cast<guint>(delay.count())),
                      run_once, new Task(std::move(task)), delete_task));
}

bool Loop::on_thread() const {
  return g_main_context_is_owner(context_.get());
}

void Loop::run() {
  g_main_context_push_thread_default(context_.get());
  g_main_loop_run(loop_.get());
  g_main_context_pop_thread_default(context_.get());
}

void Loop::quit() {
  // Posted, so that a quit before run() is not lost and what was posted earlier still runs.
  post([loop = loop_] { g_main_loop_quit(loop.get()); });
}

void Loop::quit_and_join() {
  if (!thread_.joinable()) return;
  quit();
  thread_.join();
}

}  // namespace spacecast
