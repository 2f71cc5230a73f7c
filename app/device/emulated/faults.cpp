#include "device/emulated/faults.h"

#include <array>
#include <cstdint>
#include <mutex>

#include <ucontext.h>

#include "device/emulated/player.h"

namespace knobscope::device::emulated {
namespace {

constexpr std::size_t kHandlersStack = std::size_t{64} << 10;
constexpr std::array kSignals = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP};

std::array<struct sigaction, kSignals.size()> handlers_before;

// Where the thread was, and where it is to go on.
struct Registers {
  std::uintptr_t pc = 0;
  std::uintptr_t stack = 0;
};

#if defined(__x86_64__)
Registers registers_of(const ucontext_t& context) {
  return {static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RIP]),
          static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RSP])};
}

void go_on_at(ucontext_t& context, std::uintptr_t pc, std::uintptr_t stack_top) {
  // As behind a call whose return address is nothing.
  const std::uintptr_t stack = stack_top / 16 * 16 - 8;
  *reinterpret_cast<std::uintptr_t*>(stack) = 0;
  context.uc_mcontext.gregs[REG_RIP] = static_cast<greg_t>(pc);
  context.uc_mcontext.gregs[REG_RSP] = static_cast<greg_t>(stack);
  context.uc_mcontext.gregs[REG_RBP] = 0;
}
#elif defined(__aarch64__)
Registers registers_of(const ucontext_t& context) { return {context.uc_mcontext.pc, context.uc_mcontext.sp}; }

void go_on_at(ucontext_t& context, std::uintptr_t pc, std::uintptr_t stack_top) {
  context.uc_mcontext.pc = pc;
  context.uc_mcontext.sp = stack_top / 16 * 16;
  context.uc_mcontext.regs[29] = context.uc_mcontext.regs[30] = 0;
}
#else
Registers registers_of(const ucontext_t&) { return {}; }
void go_on_at(ucontext_t&, std::uintptr_t, std::uintptr_t) {}
#endif

void on_fault(int signal, siginfo_t* info, void* argument) {
  auto& context = *static_cast<ucontext_t*>(argument);
  const Registers at = registers_of(context);
  Player* player = Player::playing();
  const bool is_access = signal == SIGSEGV || signal == SIGBUS;
  const std::uintptr_t address = is_access ? reinterpret_cast<std::uintptr_t>(info->si_addr) : 0;
  if (player != nullptr && player->take_fault(is_access, address, at.pc, at.stack)) {
    // The thread's own stack, from its top: what is on it belongs to a thread that does not come back.
    go_on_at(context, reinterpret_cast<std::uintptr_t>(&Player::end_at_fault), player->stack_top());
    return;
  }
  // Not the kernel's: it happens again, and what was to be done about it before is done.
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    if (kSignals[i] == signal) ::sigaction(signal, &handlers_before[i], nullptr);
  }
}

void install_handlers() {
  struct sigaction action = {};
  action.sa_sigaction = &on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ::sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &action, &handlers_before[i]);
}

}  // namespace

FaultWatch::FaultWatch() {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  static std::once_flag installed;
  std::call_once(installed, &install_handlers);
  stack_ = std::make_unique<std::byte[]>(kHandlersStack);
  stack_t stack{};
  stack.ss_sp = stack_.get();
  stack.ss_size = kHandlersStack;
  ::sigaltstack(&stack, &before_);
#endif
}

FaultWatch::~FaultWatch() {
  if (stack_ != nullptr) ::sigaltstack(&before_, nullptr);
}

}  // namespace knobscope::device::emulated
