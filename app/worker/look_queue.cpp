#include "worker/look_queue.h"

#include <algorithm>
#include <utility>

namespace knobscope::worker {

bool LookQueue::add(ErrorRequest request) {
  request.slot = std::clamp(request.slot, 0, kErrorSlots - 1);
  request.id = next_id_--;
  const bool in_vain = running_ && running_->slot == request.slot && !running_->same_run(request);
  waiting_[static_cast<std::size_t>(request.slot)] = std::move(request);
  return in_vain;
}

const ErrorRequest* LookQueue::start() {
  for (std::optional<ErrorRequest>& waiting : waiting_) {
    if (!waiting) continue;
    running_ = std::exchange(waiting, std::nullopt);
    return &*running_;
  }
  return nullptr;
}

void LookQueue::finish(ErrorRegionPtr seen) {
  if (running_ && seen) seen_[static_cast<std::size_t>(running_->slot)] = std::move(seen);
  running_.reset();
}

void LookQueue::fail(std::string why) {
  if (!running_) return;
  auto region = std::make_shared<ErrorRegion>();
  region->request = *running_;
  region->fault = std::move(why);
  finish(std::move(region));
}

void LookQueue::clear() { waiting_.fill(std::nullopt); }

bool LookQueue::empty() const {
  return std::ranges::none_of(waiting_, [](const auto& waiting) { return waiting.has_value(); });
}

}  // namespace knobscope::worker
