#ifndef KNOBSCOPE_EMULATED_WARP_H
#define KNOBSCOPE_EMULATED_WARP_H
// Shuffles, votes, matches and reductions of a warp, for the types that CUDA has them for. What the mask may be, and
// what a lane that is not there means, is for the program that plays the kernel to say.
#pragma GCC system_header

namespace knobscope::emulated {

template <typename T>
KNOBSCOPE_INLINED call::Bits bits_of(T value) {
  if constexpr (sizeof(T) == 2) return __builtin_bit_cast(unsigned short, value);
  if constexpr (sizeof(T) == 4) return __builtin_bit_cast(unsigned, value);
  if constexpr (sizeof(T) == 8) return __builtin_bit_cast(unsigned long long, value);
}

template <typename T>
KNOBSCOPE_INLINED T from_bits(call::Bits bits) {
  if constexpr (sizeof(T) == 2) return __builtin_bit_cast(T, static_cast<unsigned short>(bits));
  if constexpr (sizeof(T) == 4) return __builtin_bit_cast(T, static_cast<unsigned>(bits));
  if constexpr (sizeof(T) == 8) return __builtin_bit_cast(T, bits);
}

template <typename T>
KNOBSCOPE_INLINED T shuffled(call::Shuffle kind, unsigned mask, T value, unsigned operand, int width, const char* file,
                             unsigned line) {
  const unsigned what = static_cast<unsigned>(sizeof(T)) | static_cast<unsigned>(kind) << 8 |
                        (static_cast<unsigned>(width) & 0xFFu) << 16;
  return from_bits<T>(call::shuffle(mask, bits_of(value), operand, what, file, line));
}

}  // namespace knobscope::emulated

#define KNOBSCOPE_SHUFFLES(T)                                                                                          \
  KNOBSCOPE_INLINED T __shfl_sync(unsigned mask, T var, int lane, int width = 32, KNOBSCOPE_AT) {                      \
    return knobscope::emulated::shuffled(knobscope::emulated::call::Shuffle::from, mask, var,                          \
                                         static_cast<unsigned>(lane), width, file, line);                              \
  }                                                                                                                    \
  KNOBSCOPE_INLINED T __shfl_up_sync(unsigned mask, T var, unsigned delta, int width = 32, KNOBSCOPE_AT) {             \
    return knobscope::emulated::shuffled(knobscope::emulated::call::Shuffle::up, mask, var, delta, width, file, line); \
  }                                                                                                                    \
  KNOBSCOPE_INLINED T __shfl_down_sync(unsigned mask, T var, unsigned delta, int width = 32, KNOBSCOPE_AT) {           \
    return knobscope::emulated::shuffled(knobscope::emulated::call::Shuffle::down, mask, var, delta, width, file,      \
                                         line);                                                                        \
  }                                                                                                                    \
  KNOBSCOPE_INLINED T __shfl_xor_sync(unsigned mask, T var, int lanes, int width = 32, KNOBSCOPE_AT) {                 \
    return knobscope::emulated::shuffled(knobscope::emulated::call::Shuffle::butterfly, mask, var,                     \
                                         static_cast<unsigned>(lanes), width, file, line);                             \
  }
KNOBSCOPE_SHUFFLES(int)
KNOBSCOPE_SHUFFLES(unsigned)
KNOBSCOPE_SHUFFLES(long)
KNOBSCOPE_SHUFFLES(unsigned long)
KNOBSCOPE_SHUFFLES(long long)
KNOBSCOPE_SHUFFLES(unsigned long long)
KNOBSCOPE_SHUFFLES(float)
KNOBSCOPE_SHUFFLES(double)
#undef KNOBSCOPE_SHUFFLES

KNOBSCOPE_INLINED int __all_sync(unsigned mask, int predicate, KNOBSCOPE_AT) {
  return static_cast<int>(
      knobscope::emulated::call::vote(mask, predicate, knobscope::emulated::call::Vote::all, file, line));
}
KNOBSCOPE_INLINED int __any_sync(unsigned mask, int predicate, KNOBSCOPE_AT) {
  return static_cast<int>(
      knobscope::emulated::call::vote(mask, predicate, knobscope::emulated::call::Vote::any, file, line));
}
KNOBSCOPE_INLINED int __uni_sync(unsigned mask, int predicate, KNOBSCOPE_AT) {
  return static_cast<int>(
      knobscope::emulated::call::vote(mask, predicate, knobscope::emulated::call::Vote::uniform, file, line));
}
KNOBSCOPE_INLINED unsigned __ballot_sync(unsigned mask, int predicate, KNOBSCOPE_AT) {
  return knobscope::emulated::call::vote(mask, predicate, knobscope::emulated::call::Vote::ballot, file, line);
}
KNOBSCOPE_INLINED unsigned __activemask(KNOBSCOPE_AT) { return knobscope::emulated::call::active_mask(file, line); }

#define KNOBSCOPE_MATCHES(T)                                                                                          \
  KNOBSCOPE_INLINED unsigned __match_any_sync(unsigned mask, T value, KNOBSCOPE_AT) {                                 \
    return knobscope::emulated::call::match(mask, knobscope::emulated::bits_of(value), sizeof(T), false, file, line); \
  }                                                                                                                   \
  KNOBSCOPE_INLINED unsigned __match_all_sync(unsigned mask, T value, int* pred, KNOBSCOPE_AT) {                      \
    const unsigned same =                                                                                             \
        knobscope::emulated::call::match(mask, knobscope::emulated::bits_of(value), sizeof(T), true, file, line);     \
    *pred = same != 0;                                                                                                \
    return same;                                                                                                      \
  }
KNOBSCOPE_MATCHES(int)
KNOBSCOPE_MATCHES(unsigned)
KNOBSCOPE_MATCHES(long)
KNOBSCOPE_MATCHES(unsigned long)
KNOBSCOPE_MATCHES(long long)
KNOBSCOPE_MATCHES(unsigned long long)
KNOBSCOPE_MATCHES(float)
KNOBSCOPE_MATCHES(double)
#undef KNOBSCOPE_MATCHES

#define KNOBSCOPE_REDUCTION(name, T, kind, is_signed)                                                            \
  KNOBSCOPE_INLINED T name(unsigned mask, T value, KNOBSCOPE_AT) {                                               \
    return static_cast<T>(knobscope::emulated::call::reduce(                                                     \
        mask, static_cast<unsigned>(value), knobscope::emulated::call::Reduction::kind, is_signed, file, line)); \
  }
KNOBSCOPE_REDUCTION(__reduce_add_sync, unsigned, add, false)
KNOBSCOPE_REDUCTION(__reduce_add_sync, int, add, true)
KNOBSCOPE_REDUCTION(__reduce_min_sync, unsigned, smallest, false)
KNOBSCOPE_REDUCTION(__reduce_min_sync, int, smallest, true)
KNOBSCOPE_REDUCTION(__reduce_max_sync, unsigned, largest, false)
KNOBSCOPE_REDUCTION(__reduce_max_sync, int, largest, true)
KNOBSCOPE_REDUCTION(__reduce_and_sync, unsigned, bits_and, false)
KNOBSCOPE_REDUCTION(__reduce_or_sync, unsigned, bits_or, false)
KNOBSCOPE_REDUCTION(__reduce_xor_sync, unsigned, bits_xor, false)
#undef KNOBSCOPE_REDUCTION

#endif
