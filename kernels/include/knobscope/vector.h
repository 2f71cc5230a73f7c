#pragma once
// Sixteen bytes at a time: the widest load and store a thread has, and fewer instructions for the same bytes. They
// must be aligned to 16 bytes, and rows are not when their length is no multiple of a pack. So a stretch of a tensor is
// cut in three: single elements up to the first aligned one, whole packs, and the single elements that are left.

#include "element.h"
#include "reduce.h"

namespace knobscope {

/// Elements in 16 bytes: 4 of 32 bits, 8 of 16.
constexpr int kPack = 16 / static_cast<int>(sizeof(Element));

/// A pack's elements as floats.
struct PackValues {
  float at[kPack];
};

/// Sixteen bytes, seen as elements or as what the hardware loads.
union PackBytes {
  uint4 words;
  Element elements[kPack];
  KNOBSCOPE_INLINE PackBytes() {}
};

/// `from` is aligned to 16 bytes.
KNOBSCOPE_INLINE PackBytes load_bytes(const Element* from) {
  PackBytes bytes;
  bytes.words = *reinterpret_cast<const uint4*>(from);
  return bytes;
}

/// `to` is aligned to 16 bytes.
KNOBSCOPE_INLINE void store_bytes(Element* to, const PackBytes& bytes) { *reinterpret_cast<uint4*>(to) = bytes.words; }

#if defined(KNOBSCOPE_DEVICE_CUDA) && defined(KNOBSCOPE_ELEMENT_BF16)

// bfloat16 is the upper half of a float: one instruction takes it out of a pair, where the conversion of a single one
// needs two. And there is one that rounds two floats to a pair.
KNOBSCOPE_INLINE PackValues values_of(const PackBytes& bytes) {
  const unsigned pairs[] = {bytes.words.x, bytes.words.y, bytes.words.z, bytes.words.w};
  PackValues values;
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    values.at[2 * i] = __uint_as_float(pairs[i] << 16);
    values.at[2 * i + 1] = __uint_as_float(pairs[i] & 0xFFFF0000U);
  }
  return values;
}

KNOBSCOPE_INLINE unsigned pair_of(float low, float high) {
  const __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
  return __bfloat16_as_ushort(pair.x) | static_cast<unsigned>(__bfloat16_as_ushort(pair.y)) << 16;
}

#else

KNOBSCOPE_INLINE PackValues values_of(const PackBytes& bytes) {
  PackValues values;
#pragma unroll
  for (int i = 0; i < kPack; ++i) values.at[i] = to_float(bytes.elements[i]);
  return values;
}

#endif
#if defined(KNOBSCOPE_DEVICE_CUDA) && defined(KNOBSCOPE_ELEMENT_F16)

KNOBSCOPE_INLINE unsigned pair_of(float low, float high) {
  const __half2 pair = __floats2half2_rn(low, high);
  return __half_as_ushort(pair.x) | static_cast<unsigned>(__half_as_ushort(pair.y)) << 16;
}

#endif

/// The values rounded to elements.
KNOBSCOPE_INLINE PackBytes bytes_of(const PackValues& values) {
  PackBytes bytes;
#if defined(KNOBSCOPE_DEVICE_CUDA) && !defined(KNOBSCOPE_ELEMENT_F32)
  bytes.words = make_uint4(pair_of(values.at[0], values.at[1]), pair_of(values.at[2], values.at[3]),
                           pair_of(values.at[4], values.at[5]), pair_of(values.at[6], values.at[7]));
#else
#pragma unroll
  for (int i = 0; i < kPack; ++i) bytes.elements[i] = from_float<Element>(values.at[i]);
#endif
  return bytes;
}

/// `from` is aligned to 16 bytes.
KNOBSCOPE_INLINE PackValues load_pack(const Element* from) { return values_of(load_bytes(from)); }

/// The same from anywhere, one element at a time.
KNOBSCOPE_INLINE PackValues gather_pack(const Element* from) {
  PackValues values;
#pragma unroll
  for (int i = 0; i < kPack; ++i) values.at[i] = to_float(from[i]);
  return values;
}

/// `to` is aligned to 16 bytes.
KNOBSCOPE_INLINE void store_pack(Element* to, const PackValues& values) { store_bytes(to, bytes_of(values)); }

/// A pack's values as floats, whatever an element is: 16 bytes, or twice as many. Aligned to as many.
KNOBSCOPE_INLINE PackValues load_floats(const float* from) {
  PackValues values;
#pragma unroll
  for (int i = 0; i < kPack; i += 4) {
    const float4 four = *reinterpret_cast<const float4*>(from + i);
    values.at[i] = four.x;
    values.at[i + 1] = four.y;
    values.at[i + 2] = four.z;
    values.at[i + 3] = four.w;
  }
  return values;
}

KNOBSCOPE_INLINE void store_floats(float* to, const PackValues& values) {
#pragma unroll
  for (int i = 0; i < kPack; i += 4) {
    *reinterpret_cast<float4*>(to + i) =
        make_float4(values.at[i], values.at[i + 1], values.at[i + 2], values.at[i + 3]);
  }
}

/// A pack's moments. Two passes over values that are in registers cost no memory traffic, and one division serves all.
KNOBSCOPE_INLINE Moments moments_of(const PackValues& values) {
  float sum = 0.0F;
  for (const float value : values.at) sum += value;
  const float mean = sum / kPack;
  float m2 = 0.0F;
  for (const float value : values.at) m2 += (value - mean) * (value - mean);
  return Moments{kPack, mean, m2};
}

/// The elements [begin, end) of a tensor, with packs from packs_begin to packs_end. The tensor itself starts at an
/// aligned address, so an offset that is a multiple of kPack is aligned.
struct Stretch {
  Index begin;
  Index packs_begin;
  Index packs_end;
  Index end;
};

KNOBSCOPE_INLINE Stretch cut(Index begin, Index end) {
  const Index packs_begin = (begin + kPack - 1) / kPack * kPack;
  const Index packs_end = end / kPack * kPack;
  if (packs_begin >= packs_end) return Stretch{begin, end, end, end};
  return Stretch{begin, packs_begin, packs_end, end};
}

/// Calls visit(offset) for each single element at the stretch's two ends, shared out over the block.
template <int kBlock, typename Visit>
KNOBSCOPE_INLINE void for_each_edge(const Stretch& stretch, Visit visit) {
  const int head = static_cast<int>(stretch.packs_begin - stretch.begin);
  const int edges = head + static_cast<int>(stretch.end - stretch.packs_end);
  for (int i = threadIdx.x; i < edges; i += kBlock) {
    visit(i < head ? stretch.begin + i : stretch.packs_end + (i - head));
  }
}

/// Calls visit(offset) for each pack of the stretch, shared out over the block: neighbours in the block get neighbours
/// in memory. kUnroll calls are written out one after the other, so that their loads can be under way together.
template <int kBlock, int kUnroll, typename Visit>
KNOBSCOPE_INLINE void for_each_pack(const Stretch& stretch, Visit visit) {
  const Index step = static_cast<Index>(kBlock) * kPack;
#pragma unroll kUnroll
  for (Index at = stretch.packs_begin + threadIdx.x * kPack; at < stretch.packs_end; at += step) visit(at);
}

/// The same packs, folded into the thread's T by value = add(value, offset); see fold_in_chains.
template <typename T, int kBlock, int kUnroll, typename Add>
KNOBSCOPE_INLINE T fold_packs(const Stretch& stretch, Add add) {
  const Index step = static_cast<Index>(kBlock) * kPack;
  return fold_in_chains<T, kUnroll>(stretch.packs_begin + threadIdx.x * kPack, stretch.packs_end, step, add);
}

}  // namespace knobscope
