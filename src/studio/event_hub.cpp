#include "studio/event_hub.h"

#include <algorithm>

namespace spacecast::studio {

bool EventHub::full() {
  if (listeners_.size() >= listeners_max_) forget_closed();
  return listeners_.size() >= listeners_max_;
}

void EventHub::add(std::shared_ptr<http::EventStream> listener) {
  listeners_.push_back(std::move(listener));
}

void EventHub::send(std::string_view event, std::string_view data) {
  forget_closed();
  for (const auto& listener : listeners_) listener->send(event, data);
}

void EventHub::close() {
  for (const auto& listener : listeners_) listener->close();
  listeners_.clear();
}

void EventHub::forget_closed() {
  std::erase_if(listeners_, [](const auto& listener) { return listener->closed(); });
}

}  // namespace spacecast::studio
