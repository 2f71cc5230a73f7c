#ifndef KNOBSCOPE_EMULATED_STUBS_LIBC_H
#define KNOBSCOPE_EMULATED_STUBS_LIBC_H
// Functions of the C library that kernels call and that mean something else in a kernel: hidden, so that they stand in
// for the library's in this object only.
#pragma GCC system_header

namespace knobscope::emulated::call {

/// No sooner than the compiler sees that a loop copies does it call memcpy, which is what is being written here.
#define KNOBSCOPE_ONE_BY_ONE __asm__ volatile("" ::: "memory")

KNOBSCOPE_NOT_SEEN inline void* move_bytes(void* to, const void* from, unsigned long bytes) {
  unsigned char* const out = static_cast<unsigned char*>(to);
  const unsigned char* const in = static_cast<const unsigned char*>(from);
  if (out <= in || out >= in + bytes) {
    for (unsigned long i = 0; i < bytes; ++i) {
      out[i] = in[i];
      KNOBSCOPE_ONE_BY_ONE;
    }
  } else {
    for (unsigned long i = bytes; i > 0; --i) {
      out[i - 1] = in[i - 1];
      KNOBSCOPE_ONE_BY_ONE;
    }
  }
  return to;
}

KNOBSCOPE_NOT_SEEN inline void* set_bytes(void* to, int value, unsigned long bytes) {
  unsigned char* const out = static_cast<unsigned char*>(to);
  for (unsigned long i = 0; i < bytes; ++i) {
    out[i] = static_cast<unsigned char>(value);
    KNOBSCOPE_ONE_BY_ONE;
  }
  return to;
}

KNOBSCOPE_CALL inline void* tell_and_copy(void* to, const void* from, unsigned long bytes, const void* pc) {
  if (bytes == 0) return to;
  table->read_range(from, bytes, pc);
  table->write_range(to, bytes, pc);
  return move_bytes(to, from, bytes);
}

KNOBSCOPE_CALL inline void* tell_and_fill(void* to, int value, unsigned long bytes, const void* pc) {
  if (bytes == 0) return to;
  table->write_range(to, bytes, pc);
  return set_bytes(to, value, bytes);
}

void* copy(void* to, const void* from, unsigned long bytes) { return tell_and_copy(to, from, bytes, KNOBSCOPE_PC); }
void* fill(void* to, int value, unsigned long bytes) { return tell_and_fill(to, value, bytes, KNOBSCOPE_PC); }
void copy_behind(void* to, const void* from, unsigned long bytes, void* counter, const char* file, unsigned line) {
  table->copy_behind(to, from, bytes, counter, Place{file, line, KNOBSCOPE_PC});
  move_bytes(to, from, bytes);
}

}  // namespace knobscope::emulated::call

// The library's own declarations may say that these are visible, and to g++ some are built in and so always are: the
// assembler is told instead.
#define KNOBSCOPE_STANDS_IN extern "C" KNOBSCOPE_NOT_SEEN __attribute__((used))
__asm__(".hidden memcpy\n.hidden memmove\n.hidden memset\n.hidden clock\n.hidden __assert_fail");

// By these names for calls with void pointers and those that the compiler makes up, and by clang's for the same.
#define KNOBSCOPE_COPY(declared, name, qualifier)                                   \
  declared void* name(void* to, const void* from, unsigned long bytes) qualifier {  \
    return knobscope::emulated::call::tell_and_copy(to, from, bytes, KNOBSCOPE_PC); \
  }
#define KNOBSCOPE_FILL(declared, name, qualifier)                                    \
  declared void* name(void* to, int value, unsigned long bytes) qualifier {          \
    return knobscope::emulated::call::tell_and_fill(to, value, bytes, KNOBSCOPE_PC); \
  }
KNOBSCOPE_COPY(KNOBSCOPE_STANDS_IN, memcpy, noexcept)
KNOBSCOPE_COPY(KNOBSCOPE_STANDS_IN, memmove, noexcept)
KNOBSCOPE_FILL(KNOBSCOPE_STANDS_IN, memset, noexcept)
#if defined(__clang__)
KNOBSCOPE_COPY(KNOBSCOPE_TOLD, __tsan_memcpy, )
KNOBSCOPE_COPY(KNOBSCOPE_TOLD, __tsan_memmove, )
KNOBSCOPE_FILL(KNOBSCOPE_TOLD, __tsan_memset, )
#endif
#undef KNOBSCOPE_COPY
#undef KNOBSCOPE_FILL

KNOBSCOPE_STANDS_IN long clock() noexcept { return static_cast<long>(KNOBSCOPE_HOOKS->clock()); }

/// What assert() calls when it fails.
KNOBSCOPE_STANDS_IN __attribute__((noreturn)) void __assert_fail(const char* assertion, const char* file, unsigned line,
                                                                 const char*) noexcept {
  char text[knobscope::emulated::mistakes::kText];
  __builtin_snprintf(text, sizeof text, "assert(%s) failed", assertion);
  KNOBSCOPE_HOOKS->trap(knobscope::emulated::TrapKind::assertion, text,
                        knobscope::emulated::Place{file, line, KNOBSCOPE_PC});
}

#endif
