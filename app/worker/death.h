#pragma once
// How a worker process ended, in words.

#include <cstdint>
#include <string>

namespace knobscope::worker {

struct Death {
  std::int64_t exit_status = 0;
  int signal = 0;               ///< 0 when it ended by itself
  std::string own_reason;       ///< why the client itself ended it; empty when it did not
  bool wrong_language = false;  ///< it was ended because its bytes were not this protocol
};

/// "segmentation fault (SIGSEGV)", "illegal instruction (SIGILL)", "the kernel called exit(3)", …: the cause, without a
/// subject's name, to stand before "during verify".
std::string describe_death(const Death& death);

}  // namespace knobscope::worker
