#ifndef KNOBSCOPE_EMULATED_STUBS_ACCESSES_H
#define KNOBSCOPE_EMULATED_STUBS_ACCESSES_H
// What -fsanitize=thread calls at every access to memory: g++'s set and clang's, with volatile accesses told apart
// (--param tsan-distinguish-volatile=1, -mllvm -tsan-distinguish-volatile=1).
#pragma GCC system_header

#define KNOBSCOPE_PC __builtin_return_address(0)
#define KNOBSCOPE_TOLD extern "C" KNOBSCOPE_NOT_SEEN __attribute__((visibility("hidden"), used))
#define KNOBSCOPE_HOOKS knobscope::emulated::call::table

#define KNOBSCOPE_ACCESSES(bytes, at)                                                                           \
  KNOBSCOPE_TOLD void __tsan_read##bytes(void* address) { KNOBSCOPE_HOOKS->read[at](address, KNOBSCOPE_PC); }   \
  KNOBSCOPE_TOLD void __tsan_write##bytes(void* address) { KNOBSCOPE_HOOKS->write[at](address, KNOBSCOPE_PC); } \
  KNOBSCOPE_TOLD void __tsan_volatile_read##bytes(void* address) {                                              \
    KNOBSCOPE_HOOKS->read_volatile[at](address, KNOBSCOPE_PC);                                                  \
  }                                                                                                             \
  KNOBSCOPE_TOLD void __tsan_volatile_write##bytes(void* address) {                                             \
    KNOBSCOPE_HOOKS->write_volatile[at](address, KNOBSCOPE_PC);                                                 \
  }
KNOBSCOPE_ACCESSES(1, 0)
KNOBSCOPE_ACCESSES(2, 1)
KNOBSCOPE_ACCESSES(4, 2)
KNOBSCOPE_ACCESSES(8, 3)
KNOBSCOPE_ACCESSES(16, 4)
#undef KNOBSCOPE_ACCESSES

#if defined(__clang__)
// Of which only clang tells: a read and a write in one, and accesses of which it knows that they need not be aligned.
#define KNOBSCOPE_READ_WRITE(bytes, at)                         \
  KNOBSCOPE_TOLD void __tsan_read_write##bytes(void* address) { \
    KNOBSCOPE_HOOKS->read[at](address, KNOBSCOPE_PC);           \
    KNOBSCOPE_HOOKS->write[at](address, KNOBSCOPE_PC);          \
  }
#define KNOBSCOPE_UNALIGNED(name, hook, bytes)                        \
  KNOBSCOPE_TOLD void __tsan_unaligned_##name##bytes(void* address) { \
    KNOBSCOPE_HOOKS->hook(address, bytes, KNOBSCOPE_PC);              \
  }
#define KNOBSCOPE_UNALIGNED_ACCESSES(bytes)                               \
  KNOBSCOPE_UNALIGNED(read, read_range, bytes)                            \
  KNOBSCOPE_UNALIGNED(write, write_range, bytes)                          \
  KNOBSCOPE_UNALIGNED(volatile_read, read_range, bytes)                   \
  KNOBSCOPE_UNALIGNED(volatile_write, write_range, bytes)                 \
  KNOBSCOPE_TOLD void __tsan_unaligned_read_write##bytes(void* address) { \
    KNOBSCOPE_HOOKS->read_range(address, bytes, KNOBSCOPE_PC);            \
    KNOBSCOPE_HOOKS->write_range(address, bytes, KNOBSCOPE_PC);           \
  }
KNOBSCOPE_READ_WRITE(1, 0)
KNOBSCOPE_READ_WRITE(2, 1)
KNOBSCOPE_READ_WRITE(4, 2)
KNOBSCOPE_READ_WRITE(8, 3)
KNOBSCOPE_READ_WRITE(16, 4)
KNOBSCOPE_UNALIGNED_ACCESSES(2)
KNOBSCOPE_UNALIGNED_ACCESSES(4)
KNOBSCOPE_UNALIGNED_ACCESSES(8)
KNOBSCOPE_UNALIGNED_ACCESSES(16)
#undef KNOBSCOPE_READ_WRITE
#undef KNOBSCOPE_UNALIGNED
#undef KNOBSCOPE_UNALIGNED_ACCESSES
#endif

KNOBSCOPE_TOLD void __tsan_init() {}
KNOBSCOPE_TOLD void __tsan_func_entry(void*) {}
KNOBSCOPE_TOLD void __tsan_func_exit() {}
KNOBSCOPE_TOLD void __tsan_ignore_thread_begin() {}
KNOBSCOPE_TOLD void __tsan_ignore_thread_end() {}
KNOBSCOPE_TOLD void __tsan_read_range(void* address, unsigned long bytes) {
  KNOBSCOPE_HOOKS->read_range(address, bytes, KNOBSCOPE_PC);
}
KNOBSCOPE_TOLD void __tsan_write_range(void* address, unsigned long bytes) {
  KNOBSCOPE_HOOKS->write_range(address, bytes, KNOBSCOPE_PC);
}
// Pointers to tables of virtual functions.
KNOBSCOPE_TOLD void __tsan_vptr_read(void** address) { KNOBSCOPE_HOOKS->read[3](address, KNOBSCOPE_PC); }
KNOBSCOPE_TOLD void __tsan_vptr_update(void** address, void*) { KNOBSCOPE_HOOKS->write[3](address, KNOBSCOPE_PC); }

#endif
