#include "device/emulated/fibres.h"

#include <algorithm>

#include <fmt/format.h>
#include <sys/mman.h>

namespace knobscope::device::emulated {
namespace {

constexpr std::size_t kStacksAtOnce = 64;
// Tops of stacks at equal distances would fall on the same few lines of the caches.
constexpr std::size_t kColours = 64;
constexpr std::size_t kColourBytes = 17 * 64;

}  // namespace

void Fibre::run(boost::context::detail::transfer_t from) {
  auto* self = static_cast<Fibre*>(from.data);
  self->caller_ = from.fctx;
  self->notes_.at_entry();
  while (true) {
    self->body_(self->argument_);
    self->idle_ = true;
    self->pause();
  }
}

void Fibre::resume(Body body, void* argument) {
  if (context_ == nullptr || idle_) {
    body_ = body;
    argument_ = argument;
    idle_ = false;
  }
  if (context_ == nullptr) {
    forget_past(reinterpret_cast<void*>(stack_low_), stack_top_ - stack_low_);
    context_ = boost::context::detail::make_fcontext(reinterpret_cast<void*>(stack_top_), stack_top_ - stack_low_,
                                                     &Fibre::run);
  }
  notes_.before_entering(reinterpret_cast<const void*>(stack_low_), stack_top_ - stack_low_);
  context_ = boost::context::detail::jump_fcontext(context_, this).fctx;
  notes_.after_leaving();
}

void Fibre::pause() {
  notes_.before_leaving();
  const boost::context::detail::transfer_t from = boost::context::detail::jump_fcontext(caller_, this);
  caller_ = from.fctx;
  notes_.after_entering();
}

void FibrePool::reserve(std::size_t count) {
  while (fibres_.size() < count) {
    Mapping stacks(kStacksAtOnce * (kStackBytes + kGuardBytes));
    for (std::size_t i = 0; i < kStacksAtOnce; ++i) {
      std::byte* guard = stacks.get() + i * (kStackBytes + kGuardBytes);
      if (::mprotect(guard, kGuardBytes, PROT_NONE) != 0) {
        throw DeviceError(
            "the emulated device cannot protect its stacks: raise the limit of memory maps "
            "(vm.max_map_count)");
      }
      auto fibre = std::make_unique<Fibre>();
      fibre->stack_low_ = reinterpret_cast<std::uintptr_t>(guard) + kGuardBytes;
      fibre->stack_top_ = fibre->stack_low_ + kStackBytes - fibres_.size() % kColours * kColourBytes;
      fibres_.push_back(std::move(fibre));
    }
    stacks_.push_back(std::move(stacks));
  }
}

bool FibrePool::owns(std::uintptr_t address) const {
  return std::ranges::any_of(stacks_, [address](const Mapping& stacks) {
    return address - reinterpret_cast<std::uintptr_t>(stacks.get()) < stacks.size();
  });
}

}  // namespace knobscope::device::emulated
