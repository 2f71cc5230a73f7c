/* knobscope
title = "By plane, with streaming hints"
idea = """
Every byte of x is read once and every byte of y written once: none is worth a place in a cache, and a load or a store \
can say so. Besides, a thread asks for all its packs before it looks at the channel's numbers, so that only the \
arithmetic waits for them. The knob that matters is stores: with several packs under way, lines of y that leave the L2 \
cache early cost the memory up to a fifth less time than lines that leave it when it is full. A hint on the loads \
saves nothing, for x would not be found in a cache anyway."""
operation = "batchnorm_inference"
types = ["f32", "f16", "bf16"]

[knobs.loads]
values = [0, 1, 2]
default = 0
help = "hint of the loads of x: 0 none, 1 streaming, 2 the L2 cache gives it up first"

[knobs.stores]
values = [0, 1, 2]
default = 1
help = "hint of the stores of y: 0 none, 1 streaming, 2 the L2 cache gives it up first"

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 256
help = "threads in a block"

[knobs.packs]
values = [1, 2, 3, 4, 6, 8]
default = 2
help = "16-byte packs of a thread, all under way together; block * packs of them are a block's part of a plane"

# Of a plane, a block each. One that does not start on a pack takes part of one more.
[values]
parts = "ceil_div(plane * element_size + (plane * element_size % 16 == 0 ? 0 : 16), block * packs * 16)"

[[requires]]
condition = "compute_capability >= 80 || (loads != 2 && stores != 2)"
reason = "Policies of the L2 cache came with compute capability 8.0 (Ampere): set loads and stores to 0 or 1."

[[launches]]
entry = "batchnorm"
grid = "batch * channels * parts"
block = "block"
arguments = ["x", "gamma", "beta", "running_mean", "running_var", "y", "channels", "plane", "parts", "epsilon"]

[traffic]
reads = "elements * element_size + channels * (2 * element_size + 8)"
writes = "elements * element_size"
note = "The channels' numbers come from a cache after the first time."

[numerics]
accumulate = "f32"
note = "The mean is subtracted before anything is multiplied, so a large mean costs no digits."
deterministic = true

[source]
note = "Cache operators and eviction priorities: PTX ISA."
*/

#include <knobscope/cache_hints.h>
#include <knobscope/vector.h>

using namespace knobscope;

constexpr Hint kLoads = static_cast<Hint>(KNOB_LOADS);
constexpr Hint kStores = static_cast<Hint>(KNOB_STORES);

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void batchnorm(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    const float* __restrict__ running_mean, const float* __restrict__ running_var, Element* __restrict__ y,
    unsigned channels, Index plane, unsigned parts, float epsilon) {
  // Parts are counted from the last pack boundary before the plane, so that only its first and last have edges.
  constexpr Index kPart = static_cast<Index>(KNOB_BLOCK) * KNOB_PACKS * kPack;
  const unsigned plane_number = blockIdx.x / parts;
  const Index first = plane_number * plane;
  const Index begin = first / kPack * kPack + blockIdx.x % parts * kPart;
  const Stretch stretch = cut(max(begin, first), min(begin + kPart, first + plane));

  const auto offset_of = [&](int i) { return begin + (i * KNOB_BLOCK + static_cast<int>(threadIdx.x)) * kPack; };
  const auto has = [&](Index at) { return at >= stretch.packs_begin && at < stretch.packs_end; };
  PackBytes packs[KNOB_PACKS];
#pragma unroll
  for (int i = 0; i < KNOB_PACKS; ++i) {
    if (has(offset_of(i))) packs[i] = load_bytes<kLoads>(x + offset_of(i));
  }

  const unsigned channel = plane_number % channels;
  const float scale = to_float(gamma[channel]) / sqrtf(running_var[channel] + epsilon);
  const float centre = running_mean[channel];
  const float shift = to_float(beta[channel]);
  const auto normalize = [&](float value) { return (value - centre) * scale + shift; };

#pragma unroll
  for (int i = 0; i < KNOB_PACKS; ++i) {
    if (!has(offset_of(i))) continue;
    PackValues values = values_of(packs[i]);
    for (float& value : values.at) value = normalize(value);
    store_pack<kStores>(y + offset_of(i), values);
  }
  for_each_edge<KNOB_BLOCK>(stretch, [&](Index at) { y[at] = from_float<Element>(normalize(to_float(x[at]))); });
}
