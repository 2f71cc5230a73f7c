#include "worker/death.h"

#include <csignal>

#include <fmt/format.h>

#include "worker/protocol.h"

namespace knobscope::worker {

std::string describe_death(const Death& death) {
  if (!death.own_reason.empty()) return death.own_reason;
  switch (death.signal) {
    case 0:
      break;
    case SIGSEGV:
      return "segmentation fault (SIGSEGV)";
    case SIGBUS:
      return "bus error (SIGBUS)";
    case SIGILL:
      return "illegal instruction (SIGILL)";
    case SIGFPE:
      return "floating-point exception (SIGFPE): integer divide error";
    case SIGABRT:
      return "aborted (SIGABRT)";
    case SIGTRAP:
      return "trap (SIGTRAP)";
    case SIGKILL:
      return "killed (SIGKILL), most likely by the system for lack of memory; choose a smaller shape or close other "
             "programs";
    case SIGTERM:
      return "terminated (SIGTERM) by another program";
    default:
      return fmt::format("ended by signal {}", death.signal);
  }
  if (death.exit_status == kExitDeviceLost) return "the device was lost";
  if (death.exit_status == kExitProtocol) return "the worker could not read what it was sent";
  if (death.exit_status == 127) return "the worker's command was not found (exit code 127)";
  return fmt::format("the worker ended with exit code {}", death.exit_status);
}

}  // namespace knobscope::worker
