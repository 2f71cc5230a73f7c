#ifndef KNOBSCOPE_STUBS_H
#define KNOBSCOPE_STUBS_H
// Included behind a kernel's text: what the built-ins call, what the compiler's instrumentation calls, and the function
// through which the program hands over its hooks. Nothing in here is instrumented itself, nothing but
// knobscope_emulated_attach is seen from outside the object, and no function needs a sanitizer's runtime.
#pragma GCC system_header

// clang-format off
#include "knobscope_emulated/asm_given_back.inc"
#include "knobscope_emulated/stubs_builtins.h"
#include "knobscope_emulated/stubs_accesses.h"
#include "knobscope_emulated/stubs_mistakes.h"
#include "knobscope_emulated/stubs_libc.h"
// clang-format on
#if defined(KNOBSCOPE_CXX_ATOMICS) || defined(_GLIBCXX_ATOMIC) || defined(_LIBCPP_ATOMIC)
#include "knobscope_emulated/stubs_atomics.h"
#endif

/// Called once, before the first kernel runs. The table must stay where it is. Returns 0, or the version that this
/// object was compiled for when it is another: then nothing is attached.
extern "C" __attribute__((visibility("default"))) KNOBSCOPE_NOT_SEEN int knobscope_emulated_attach(
    unsigned version, const knobscope::emulated::Hooks* hooks) {
  if (version != knobscope::emulated::kHooksVersion) return static_cast<int>(knobscope::emulated::kHooksVersion);
  knobscope::emulated::call::table = hooks;
  return 0;
}

#endif
