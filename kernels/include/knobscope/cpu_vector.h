#pragma once
// A vector register of floats on a CPU, by the compiler's own vectors: + - * / work on all lanes at once, on whatever
// processor the file is compiled for. And stores that go past the caches: an ordinary store first reads the line that
// it is about to write over, which for a result that nobody reads soon is a third of all the traffic.

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

/// kLanes elements from anywhere.
inline Lanes load_lanes(const Element* from) {
  Lanes lanes;
#if defined(KNOBSCOPE_ELEMENT_F16) && defined(__AVX512F__)
  lanes = _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
#elif defined(KNOBSCOPE_ELEMENT_F16) && defined(__F16C__)
  lanes = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
#else
  float values[kLanes];
  for (int i = 0; i < kLanes; ++i) values[i] = to_float(from[i]);
  std::memcpy(&lanes, values, sizeof lanes);
#endif
  return lanes;
}

/// kLanes elements to anywhere.
inline void store_lanes(Element* to, Lanes lanes) {
#if defined(KNOBSCOPE_ELEMENT_F16) && defined(__AVX512F__)
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_cvtps_ph(lanes, _MM_FROUND_TO_NEAREST_INT));
#elif defined(KNOBSCOPE_ELEMENT_F16) && defined(__F16C__)
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm256_cvtps_ph(lanes, _MM_FROUND_TO_NEAREST_INT));
#else
  float values[kLanes];
  std::memcpy(values, &lanes, sizeof lanes);
  for (int i = 0; i < kLanes; ++i) to[i] = from_float<Element>(values[i]);
#endif
}

/// The same past the caches, to an address that is a multiple of kLanes elements. Others see it after finish_streams().
inline void stream_lanes(Element* to, Lanes lanes) {
#if defined(__SSE2__)
  constexpr int kBytes = kLanes * static_cast<int>(sizeof(Element));
  alignas(64) Element elements[kLanes];
  store_lanes(elements, lanes);
#if defined(__AVX512F__)
  if constexpr (kBytes == 64) _mm512_stream_si512(reinterpret_cast<__m512i*>(to), _mm512_load_si512(elements));
#endif
#if defined(__AVX__)
  if constexpr (kBytes == 32) {
    _mm256_stream_si256(reinterpret_cast<__m256i*>(to), _mm256_load_si256(reinterpret_cast<__m256i*>(elements)));
  }
#endif
  if constexpr (kBytes == 16) {
    _mm_stream_si128(reinterpret_cast<__m128i*>(to), _mm_load_si128(reinterpret_cast<__m128i*>(elements)));
  }
  if constexpr (kBytes == 8) {
    long long bits;
    std::memcpy(&bits, elements, sizeof bits);
    _mm_stream_si64(reinterpret_cast<long long*>(to), bits);
  }
#else
  store_lanes(to, lanes);
#endif
}

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

inline Lanes all_lanes(float value) { return Lanes{} + value; }

inline double sum_of_lanes(const Lanes& lanes) {
  double sum = 0.0;
  for (int i = 0; i < kLanes; ++i) sum += lanes[i];
  return sum;
}

}  // namespace knobscope
