#pragma once
// A vector register of floats on a CPU, by the compiler's own vectors: + - * / work on all lanes at once, on whatever
// processor the file is compiled for. And stores that go past the caches: an ordinary store first reads the line that
// it is about to write over, which for a result that nobody reads soon is a third of all the traffic.

#include <cstdint>
#include <cstring>

#include "element.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace knobscope {

/// Floats in the widest register.
#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif

using Lanes = float __attribute__((vector_size(4 * kLanes)));

// From a register straight to memory and back. A loop over the lanes, which compilers turn into vectors too, may be
// made of narrower ones that meet on the stack: the wide load then waits until the narrow stores before it are done,
// and they wait for all stores before them.

#if defined(KNOBSCOPE_ELEMENT_F32)

/// kLanes elements as they lie in memory.
using PackedLanes = Lanes;
inline Lanes unpack(PackedLanes packed) { return packed; }
inline PackedLanes pack(Lanes lanes) { return lanes; }

#else

/// kLanes elements as they lie in memory.
using PackedLanes = std::uint16_t __attribute__((vector_size(2 * kLanes)));

#if defined(KNOBSCOPE_ELEMENT_BF16)

using LaneBits = std::uint32_t __attribute__((vector_size(4 * kLanes)));

inline Lanes unpack(PackedLanes packed) {
  return reinterpret_cast<Lanes>(__builtin_convertvector(packed, LaneBits) << 16);
}
inline PackedLanes pack(Lanes lanes) {  // bfloat16_of_float(), for all lanes
  const LaneBits bits = reinterpret_cast<LaneBits>(lanes);
  const LaneBits rounded = (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
  const LaneBits quiet_nan = (bits >> 16) | 0x40u;
  return __builtin_convertvector((bits & 0x7FFFFFFFu) > 0x7F800000u ? quiet_nan : rounded, PackedLanes);
}

#elif defined(__AVX512F__)

inline Lanes unpack(PackedLanes packed) { return _mm512_cvtph_ps(reinterpret_cast<__m256i>(packed)); }
inline PackedLanes pack(Lanes lanes) {
  return reinterpret_cast<PackedLanes>(_mm512_cvtps_ph(lanes, _MM_FROUND_TO_NEAREST_INT));
}

#elif defined(__F16C__)

inline Lanes unpack(PackedLanes packed) { return _mm256_cvtph_ps(reinterpret_cast<__m128i>(packed)); }
inline PackedLanes pack(Lanes lanes) {
  return reinterpret_cast<PackedLanes>(_mm256_cvtps_ph(lanes, _MM_FROUND_TO_NEAREST_INT));
}

#else

inline Lanes unpack(PackedLanes packed) {
  Lanes lanes;
  for (int i = 0; i < kLanes; ++i) lanes[i] = float_of_half(packed[i]);
  return lanes;
}
inline PackedLanes pack(Lanes lanes) {
  PackedLanes packed;
  for (int i = 0; i < kLanes; ++i) packed[i] = half_of_float(lanes[i]);
  return packed;
}

#endif

#endif

/// kLanes elements from anywhere.
inline Lanes load_lanes(const Element* from) {
  PackedLanes packed;
  std::memcpy(&packed, from, sizeof packed);
  return unpack(packed);
}

/// kLanes elements to anywhere.
inline void store_lanes(Element* to, Lanes lanes) {
  const PackedLanes packed = pack(lanes);
  std::memcpy(to, &packed, sizeof packed);
}

/// The same from floats, whatever the type of elements.
inline Lanes load_floats(const float* from) {
  Lanes lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}

/// A register's bytes past the caches, to an address that is a multiple of its size.
template <typename Register>
inline void stream_register(void* to, const Register& bytes) {
#if defined(__AVX512F__)
  if constexpr (sizeof bytes == 64) {
    _mm512_stream_si512(static_cast<__m512i*>(to), reinterpret_cast<const __m512i&>(bytes));
    return;
  }
#endif
#if defined(__AVX__)
  if constexpr (sizeof bytes == 32) {
    _mm256_stream_si256(static_cast<__m256i*>(to), reinterpret_cast<const __m256i&>(bytes));
    return;
  }
#endif
#if defined(__SSE2__)
  if constexpr (sizeof bytes == 16) {
    _mm_stream_si128(static_cast<__m128i*>(to), reinterpret_cast<const __m128i&>(bytes));
    return;
  }
#endif
  std::memcpy(to, &bytes, sizeof bytes);
}

/// store_lanes() past the caches, to an address that is a multiple of kLanes elements. Others see it after
/// finish_streams().
inline void stream_lanes(Element* to, Lanes lanes) { stream_register(to, pack(lanes)); }

/// stream_lanes() or store_lanes(), as a knob says.
template <bool kStream>
inline void put_lanes(Element* to, Lanes lanes) {
  if constexpr (kStream) {
    stream_lanes(to, lanes);
  } else {
    store_lanes(to, lanes);
  }
}

/// Before a function that has streamed returns: its stores come before whatever the thread stores next.
inline void finish_streams() {
#if defined(__SSE2__)
  _mm_sfence();
#endif
}

inline double sum_of_lanes(const Lanes& lanes) {
  double sum = 0.0;
  for (int i = 0; i < kLanes; ++i) sum += lanes[i];
  return sum;
}

}  // namespace knobscope
