// Those who follow a Space by server-sent events. Lives on the control loop.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "http/server.h"

namespace spacecast::studio {

class EventHub {
 public:
  explicit EventHub(std::size_t listeners_max) : listeners_max_(listeners_max) {}

  // Ask before adding: an answer can be refused only while it is not a stream yet.
  [[nodiscard]] bool full();
  void add(std::shared_ptr<http::EventStream> listener);
  void send(std::string_view event, std::string_view data);
  void close();

 private:
  void forget_closed();

  std::size_t listeners_max_;
  std::vector<std::shared_ptr<http::EventStream>> listeners_;
};

}  // namespace spacecast::studio
