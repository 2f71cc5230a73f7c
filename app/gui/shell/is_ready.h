#pragma once
// Whether work in another thread is done.

#include <chrono>
#include <future>

namespace knobscope::gui {

/// Whether there is a value, or an exception, to take; false also where there is no work.
template <class Value>
bool is_ready(const std::future<Value>& future) {
  return future.valid() && future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

}  // namespace knobscope::gui
