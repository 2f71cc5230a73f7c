#include "measure/spare_buffers.h"

#include <algorithm>

namespace knobscope::measure {

std::shared_ptr<device::Buffer> SpareBuffers::take(std::int64_t bytes) {
  const auto found = std::ranges::find_if(buffers_, [bytes](const auto& each) { return each->size() == bytes; });
  if (found == buffers_.end()) return nullptr;
  std::shared_ptr<device::Buffer> buffer = std::move(*found);
  buffers_.erase(found);
  bytes_ -= bytes;
  return buffer;
}

void SpareBuffers::give(std::shared_ptr<device::Buffer> buffer) {
  if (buffer == nullptr || buffer.use_count() > 1) return;
  const std::int64_t most = device_.facts().memory.count / kShareOfMemory;
  bytes_ += buffer->size();
  buffers_.push_front(std::move(buffer));
  while (buffers_.size() > kMost || (bytes_ > most && !buffers_.empty())) {
    bytes_ -= buffers_.back()->size();
    buffers_.pop_back();
  }
}

void SpareBuffers::clear() {
  buffers_.clear();
  bytes_ = 0;
}

}  // namespace knobscope::measure
