#ifndef KNOBSCOPE_EMULATED_ATOMICS_H
#define KNOBSCOPE_EMULATED_ATOMICS_H
// Atomic functions: between atomic_begin and atomic_end nobody else touches the address. The half types' are with the
// half types.
#pragma GCC system_header

namespace knobscope::emulated {

struct AddTo {
  template <typename T>
  KNOBSCOPE_NOT_SEEN static constexpr T apply(T old, T value) {
    if constexpr (requires { old.w; }) {
      return T{old.x + value.x, old.y + value.y, old.z + value.z, old.w + value.w};
    } else if constexpr (requires { old.y; }) {
      return T{old.x + value.x, old.y + value.y};
    } else if constexpr (T(0.5F) == T(0)) {
      return static_cast<T>(static_cast<unsigned long long>(old) + static_cast<unsigned long long>(value));
    } else {
      return old + value;
    }
  }
};
struct SubtractFrom {
  template <typename T>
  KNOBSCOPE_NOT_SEEN static constexpr T apply(T old, T value) {
    return static_cast<T>(static_cast<unsigned>(old) - static_cast<unsigned>(value));
  }
};
struct Exchange {
  template <typename T>
  KNOBSCOPE_NOT_SEEN static constexpr T apply(T, T value) {
    return value;
  }
};
struct Smaller {
  template <typename T>
  KNOBSCOPE_NOT_SEEN static constexpr T apply(T old, T value) {
    return value < old ? value : old;
  }
};
struct Larger {
  template <typename T>
  KNOBSCOPE_NOT_SEEN static constexpr T apply(T old, T value) {
    return value > old ? value : old;
  }
};
struct And {
  template <typename T>
  KNOBSCOPE_NOT_SEEN static constexpr T apply(T old, T value) {
    return old & value;
  }
};
struct Or {
  template <typename T>
  KNOBSCOPE_NOT_SEEN static constexpr T apply(T old, T value) {
    return old | value;
  }
};
struct ExclusiveOr {
  template <typename T>
  KNOBSCOPE_NOT_SEEN static constexpr T apply(T old, T value) {
    return old ^ value;
  }
};
struct CountUp {
  KNOBSCOPE_NOT_SEEN static constexpr unsigned apply(unsigned old, unsigned last) { return old >= last ? 0 : old + 1; }
};
struct CountDown {
  KNOBSCOPE_NOT_SEEN static constexpr unsigned apply(unsigned old, unsigned first) {
    return old == 0 || old > first ? first : old - 1;
  }
};

// As bytes: the toolkit's half types have copy functions of their own, which would count as plain accesses.

/// Puts Change::apply(old, value) in the place of what is at the address, and returns what was there.
template <typename Change, typename T>
KNOBSCOPE_CALL T atomic_change(T* address, T value, const char* file, unsigned line) {
  call::atomic_begin(address, sizeof(T), file, line, __builtin_return_address(0));
  T old;
  __builtin_memcpy(&old, address, sizeof(T));
  const T now = Change::apply(old, value);
  __builtin_memcpy(static_cast<void*>(address), &now, sizeof(T));
  call::atomic_end(address, __builtin_memcmp(&old, &now, sizeof(T)) != 0);
  return old;
}

template <typename T>
KNOBSCOPE_CALL T atomic_compare_exchange(T* address, T expected, T value, const char* file, unsigned line) {
  call::atomic_begin(address, sizeof(T), file, line, __builtin_return_address(0));
  T old;
  __builtin_memcpy(&old, address, sizeof(T));
  const bool changes = __builtin_memcmp(&old, &expected, sizeof(T)) == 0;
  if (changes) __builtin_memcpy(static_cast<void*>(address), &value, sizeof(T));
  call::atomic_end(address, changes && __builtin_memcmp(&old, &value, sizeof(T)) != 0);
  return old;
}

}  // namespace knobscope::emulated

// Each also for the scopes of a block and of the system: played out, all are the same.
#define KNOBSCOPE_ATOMIC(name, T, Change)                                                               \
  KNOBSCOPE_INLINED T name(T* address, T value, KNOBSCOPE_AT) {                                         \
    return knobscope::emulated::atomic_change<knobscope::emulated::Change>(address, value, file, line); \
  }                                                                                                     \
  KNOBSCOPE_INLINED T name##_block(T* address, T value, KNOBSCOPE_AT) {                                 \
    return knobscope::emulated::atomic_change<knobscope::emulated::Change>(address, value, file, line); \
  }                                                                                                     \
  KNOBSCOPE_INLINED T name##_system(T* address, T value, KNOBSCOPE_AT) {                                \
    return knobscope::emulated::atomic_change<knobscope::emulated::Change>(address, value, file, line); \
  }
#define KNOBSCOPE_ATOMIC_CAS(T)                                                               \
  KNOBSCOPE_INLINED T atomicCAS(T* address, T compare, T value, KNOBSCOPE_AT) {               \
    return knobscope::emulated::atomic_compare_exchange(address, compare, value, file, line); \
  }                                                                                           \
  KNOBSCOPE_INLINED T atomicCAS_block(T* address, T compare, T value, KNOBSCOPE_AT) {         \
    return knobscope::emulated::atomic_compare_exchange(address, compare, value, file, line); \
  }                                                                                           \
  KNOBSCOPE_INLINED T atomicCAS_system(T* address, T compare, T value, KNOBSCOPE_AT) {        \
    return knobscope::emulated::atomic_compare_exchange(address, compare, value, file, line); \
  }

KNOBSCOPE_ATOMIC(atomicAdd, int, AddTo)
KNOBSCOPE_ATOMIC(atomicAdd, unsigned, AddTo)
KNOBSCOPE_ATOMIC(atomicAdd, unsigned long long, AddTo)
KNOBSCOPE_ATOMIC(atomicAdd, float, AddTo)
KNOBSCOPE_ATOMIC(atomicAdd, double, AddTo)
KNOBSCOPE_ATOMIC(atomicAdd, float2, AddTo)
KNOBSCOPE_ATOMIC(atomicAdd, float4, AddTo)
KNOBSCOPE_ATOMIC(atomicSub, int, SubtractFrom)
KNOBSCOPE_ATOMIC(atomicSub, unsigned, SubtractFrom)
KNOBSCOPE_ATOMIC(atomicExch, int, Exchange)
KNOBSCOPE_ATOMIC(atomicExch, unsigned, Exchange)
KNOBSCOPE_ATOMIC(atomicExch, unsigned long long, Exchange)
KNOBSCOPE_ATOMIC(atomicExch, float, Exchange)
KNOBSCOPE_ATOMIC(atomicMin, int, Smaller)
KNOBSCOPE_ATOMIC(atomicMin, unsigned, Smaller)
KNOBSCOPE_ATOMIC(atomicMin, long long, Smaller)
KNOBSCOPE_ATOMIC(atomicMin, unsigned long long, Smaller)
KNOBSCOPE_ATOMIC(atomicMax, int, Larger)
KNOBSCOPE_ATOMIC(atomicMax, unsigned, Larger)
KNOBSCOPE_ATOMIC(atomicMax, long long, Larger)
KNOBSCOPE_ATOMIC(atomicMax, unsigned long long, Larger)
KNOBSCOPE_ATOMIC(atomicAnd, int, And)
KNOBSCOPE_ATOMIC(atomicAnd, unsigned, And)
KNOBSCOPE_ATOMIC(atomicAnd, unsigned long long, And)
KNOBSCOPE_ATOMIC(atomicOr, int, Or)
KNOBSCOPE_ATOMIC(atomicOr, unsigned, Or)
KNOBSCOPE_ATOMIC(atomicOr, unsigned long long, Or)
KNOBSCOPE_ATOMIC(atomicXor, int, ExclusiveOr)
KNOBSCOPE_ATOMIC(atomicXor, unsigned, ExclusiveOr)
KNOBSCOPE_ATOMIC(atomicXor, unsigned long long, ExclusiveOr)
KNOBSCOPE_ATOMIC(atomicInc, unsigned, CountUp)
KNOBSCOPE_ATOMIC(atomicDec, unsigned, CountDown)
KNOBSCOPE_ATOMIC_CAS(int)
KNOBSCOPE_ATOMIC_CAS(unsigned)
KNOBSCOPE_ATOMIC_CAS(unsigned long long)
KNOBSCOPE_ATOMIC_CAS(unsigned short)

#endif
