// Warp functions and groups of threads: which lane a value comes from, what votes and reductions make of 32 lanes.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>

#include "emulated_bench.h"

namespace knobscope::emulated {
namespace {

constexpr const char* kKernels = R"(
#define EXPORT extern "C" __attribute__((visibility("default"))) __global__ void
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
#include <cooperative_groups/scan.h>
namespace cg = cooperative_groups;

EXPORT shuffles(int* out, int operand, int width) {
  const int lane = threadIdx.x;
  out[lane] = __shfl_sync(~0u, lane, operand, width);
  out[32 + lane] = __shfl_up_sync(~0u, lane, operand, width);
  out[64 + lane] = __shfl_down_sync(~0u, lane, operand, width);
  out[96 + lane] = __shfl_xor_sync(~0u, lane, operand, width);
}
template <typename T> __device__ bool goes_through(T value) {
  const T other = __shfl_xor_sync(~0u, value, 1);
  return other == __shfl_sync(~0u, value, threadIdx.x ^ 1);
}
EXPORT types(int* out) {
  const int lane = threadIdx.x;
  const long long wide = 0x123456789ABCDEFll * (lane + 1);
  long long got[8];
  got[0] = __shfl_xor_sync(~0u, static_cast<int>(wide), 1);
  got[1] = __shfl_xor_sync(~0u, static_cast<unsigned>(wide), 1);
  got[2] = __shfl_xor_sync(~0u, static_cast<long>(wide), 1);
  got[3] = static_cast<long long>(__shfl_xor_sync(~0u, static_cast<unsigned long>(wide), 1));
  got[4] = __shfl_xor_sync(~0u, wide, 1);
  got[5] = static_cast<long long>(__shfl_xor_sync(~0u, static_cast<unsigned long long>(wide), 1));
  got[6] = __float_as_int(__shfl_xor_sync(~0u, __int_as_float(static_cast<int>(wide >> 8) & 0x7F7FFFFF), 1));
  got[7] = __double_as_longlong(__shfl_xor_sync(~0u, __longlong_as_double(wide & 0x7FEFFFFFFFFFFFFFll), 1));
  const long long theirs = 0x123456789ABCDEFll * ((lane ^ 1) + 1);
  out[lane] = got[0] == static_cast<int>(theirs) && got[1] == static_cast<unsigned>(theirs) && got[2] == theirs &&
              got[3] == theirs && got[4] == theirs && got[5] == theirs &&
              got[6] == (static_cast<int>(theirs >> 8) & 0x7F7FFFFF) && got[7] == (theirs & 0x7FEFFFFFFFFFFFFFll);
}
EXPORT votes(unsigned* out, unsigned mask, unsigned yes) {
  const unsigned lane = threadIdx.x;
  const int predicate = yes >> lane & 1;
  if ((mask >> lane & 1) == 0) return;
  out[lane] = __all_sync(mask, predicate);
  out[32 + lane] = __any_sync(mask, predicate);
  out[64 + lane] = __ballot_sync(mask, predicate);
  out[96 + lane] = __uni_sync(mask, predicate);
}
EXPORT matches(unsigned* out) {
  const unsigned lane = threadIdx.x;
  int all_same, all_equal;
  out[lane] = __match_any_sync(~0u, lane / 5);
  out[32 + lane] = __match_any_sync(~0u, 1.5 * (lane % 3));
  out[64 + lane] = __match_all_sync(~0u, lane / 5, &all_same);
  out[96 + lane] = __match_all_sync(~0u, 7ll, &all_equal);
  out[128 + lane] = static_cast<unsigned>(2 * all_same + all_equal);
}
EXPORT reductions(int* out, const int* in) {
  const int lane = threadIdx.x;
  const unsigned u = static_cast<unsigned>(in[lane]);
  out[lane] = __reduce_add_sync(~0u, in[lane]);
  out[32 + lane] = __reduce_min_sync(~0u, in[lane]);
  out[64 + lane] = __reduce_max_sync(~0u, in[lane]);
  out[96 + lane] = static_cast<int>(__reduce_min_sync(~0u, u));
  out[128 + lane] = static_cast<int>(__reduce_max_sync(~0u, u));
  out[160 + lane] = static_cast<int>(__reduce_and_sync(~0u, u));
  out[192 + lane] = static_cast<int>(__reduce_or_sync(~0u, u));
  out[224 + lane] = static_cast<int>(__reduce_xor_sync(~0u, u));
}
EXPORT barriers(int* out) {
  const int lane = threadIdx.x;
  out[lane] = __syncthreads_count(lane % 3 == 0);
  out[32 + lane] = __syncthreads_and(lane < 31);
  out[64 + lane] = __syncthreads_or(lane == 7);
}
struct Pair { float a; double b; int c; };
EXPORT tiles(int* out, int* scans) {
  const int lane = threadIdx.x;
  auto block = cg::this_thread_block();
  auto tile = cg::tiled_partition<8>(block);
  out[lane] = tile.shfl(lane, 3);
  out[32 + lane] = tile.shfl_down(lane, 2);
  out[64 + lane] = static_cast<int>(tile.meta_group_rank() * 100 + tile.thread_rank());
  out[96 + lane] = static_cast<int>(tile.ballot(lane % 2));
  out[128 + lane] = cg::reduce(tile, lane, cg::plus<int>());
  const Pair pair = tile.shfl_xor(Pair{lane * 0.5f, lane * 0.25, lane}, 1);
  out[160 + lane] = pair.c * 4 + (pair.a == pair.c * 0.5f) * 2 + (pair.b == pair.c * 0.25);
  auto half = cg::tiled_partition<4>(tile);
  out[192 + lane] = static_cast<int>(half.meta_group_rank() * 10 + half.meta_group_size());
  auto odd = cg::binary_partition(tile, lane % 2 == 1);
  out[224 + lane] = static_cast<int>(odd.size() * 10 + odd.thread_rank()) + 1000 * odd.shfl(lane, 1);
  scans[lane] = cg::inclusive_scan(tile, lane);
  scans[32 + lane] = cg::exclusive_scan(tile, lane, cg::plus<int>());
  scans[64 + lane] = cg::reduce(odd, lane, cg::greater<int>());
  auto third = cg::labeled_partition(tile, lane % 3);
  scans[96 + lane] = static_cast<int>(third.meta_group_rank() * 10 + third.meta_group_size());
  auto dynamic = cg::tiled_partition(block, 16);
  scans[128 + lane] = static_cast<int>(dynamic.thread_rank() * 100 + dynamic.size());
  scans[160 + lane] = static_cast<int>(cg::coalesced_threads().size());
}
EXPORT grid(unsigned long long* out) {
  auto grid = cg::this_grid();
  grid.sync();
  cg::tiled_partition<64>(cg::this_thread_block()).sync();
  out[0] = grid.thread_rank();
  out[1] = grid.size();
  out[2] = blockIdx.x * 1000 + blockDim.x * 100 + gridDim.y * 10 + warpSize / 32;
  const uint3 at = threadIdx;
  const dim3 size = gridDim;
  out[3] = at.x + size.x;
}
)";

class EmulatedWarp : public OnEachCompiler {
 protected:
  static Unit& unit() {
    static std::vector<std::pair<std::string, std::unique_ptr<Unit>>> made;
    for (auto& [compiler, unit] : made) {
      if (compiler == GetParam()) return *unit;
    }
    return *made.emplace_back(GetParam(), std::make_unique<Unit>(GetParam(), kKernels)).second;
  }
};

TEST_P(EmulatedWarp, ShufflesFetchFromTheLaneThatTheGuideSays) {
  for (const int width : {1, 2, 4, 8, 16, 32}) {
    for (const int operand : {0, 1, 2, 3, 5, 7, 8, 15, 16, 17, 31}) {
      std::array<int, 128> out{};
      unit().call_warp("shuffles", out.data(), operand, width);
      for (int lane = 0; lane < 32; ++lane) {
        const int first = lane / width * width;
        const auto at = [&](int which) { return out[static_cast<std::size_t>(32 * which + lane)]; };
        SCOPED_TRACE(testing::Message() << "width " << width << ", operand " << operand << ", lane " << lane);
        EXPECT_EQ(at(0), first + operand % width);
        EXPECT_EQ(at(1), lane - operand >= first ? lane - operand : lane);
        EXPECT_EQ(at(2), lane + operand < first + width ? lane + operand : lane);
        EXPECT_EQ(at(3), (lane ^ operand) < first + width ? lane ^ operand : lane);
      }
    }
  }
}

TEST_P(EmulatedWarp, EveryTypeKeepsItsBits) {
  std::array<int, 32> out{};
  const std::vector<Event> events = unit().call_warp("types", out.data());
  for (const int good : out) EXPECT_EQ(good, 1);
  ASSERT_EQ(events.size(), 8u * 32u);
  EXPECT_EQ(events[0].text, "__shfl_xor_sync");
  EXPECT_EQ(events[0].number, 0xFFFFFFFFll);
}

TEST_P(EmulatedWarp, VotesCountTheLanesOfTheMask) {
  for (const auto& [mask, yes] : std::vector<std::pair<unsigned, unsigned>>{
           {~0u, 0u}, {~0u, ~0u}, {~0u, 0x10u}, {0xFFFFu, 0xFFFFu}, {0xF0F0u, 0xF000u}, {1u, 1u}}) {
    std::array<unsigned, 128> out{};
    unit().call_warp("votes", out.data(), mask, yes);
    for (unsigned lane = 0; lane < 32; ++lane) {
      if ((mask >> lane & 1u) == 0) continue;
      EXPECT_EQ(out[lane] != 0, (yes & mask) == mask);
      EXPECT_EQ(out[32 + lane] != 0, (yes & mask) != 0);
      EXPECT_EQ(out[64 + lane], yes & mask);
      EXPECT_EQ(out[96 + lane] != 0, (yes & mask) == mask || (yes & mask) == 0);
    }
  }
}

TEST_P(EmulatedWarp, MatchesFindTheLanesWithTheSameValue) {
  std::array<unsigned, 160> out{};
  unit().call_warp("matches", out.data());
  for (unsigned lane = 0; lane < 32; ++lane) {
    unsigned fifth = 0;
    unsigned third = 0;
    for (unsigned other = 0; other < 32; ++other) {
      if (other / 5 == lane / 5) fifth |= 1u << other;
      if (other % 3 == lane % 3) third |= 1u << other;
    }
    EXPECT_EQ(out[lane], fifth);
    EXPECT_EQ(out[32 + lane], third);
    EXPECT_EQ(out[64 + lane], 0u);
    EXPECT_EQ(out[96 + lane], ~0u);
    EXPECT_EQ(out[128 + lane], 1u);
  }
}

TEST_P(EmulatedWarp, ReductionsFoldAllLanes) {
  std::array<int, 32> in{};
  for (std::size_t i = 0; i < 32; ++i) in[i] = static_cast<int>(i * 2654435761u);
  std::array<int, 256> out{};
  unit().call_warp("reductions", out.data(), in.data());
  unsigned sum = 0, all = ~0u, any = 0, odd = 0;
  for (const int each : in) {
    const auto u = static_cast<unsigned>(each);
    sum += u, all &= u, any |= u, odd ^= u;
  }
  const auto as_unsigned = [](int a, int b) { return static_cast<unsigned>(a) < static_cast<unsigned>(b); };
  const std::array<int, 8> expected = {static_cast<int>(sum),
                                       *std::ranges::min_element(in),
                                       *std::ranges::max_element(in),
                                       *std::ranges::min_element(in, as_unsigned),
                                       *std::ranges::max_element(in, as_unsigned),
                                       static_cast<int>(all),
                                       static_cast<int>(any),
                                       static_cast<int>(odd)};
  for (std::size_t which = 0; which < 8; ++which) {
    for (std::size_t lane = 0; lane < 32; ++lane) EXPECT_EQ(out[32 * which + lane], expected[which]) << which;
  }
}

TEST_P(EmulatedWarp, BarriersCombinePredicates) {
  std::array<int, 96> out{};
  const std::vector<Event> events = unit().call_warp("barriers", out.data());
  for (std::size_t lane = 0; lane < 32; ++lane) {
    EXPECT_EQ(out[lane], 11);
    EXPECT_EQ(out[32 + lane], 0);
    EXPECT_EQ(out[64 + lane], 1);
  }
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events[0].what, "barrier");
  EXPECT_EQ(events[0].bytes, 32u);  // threads
}

TEST_P(EmulatedWarp, TilesAreStretchesOfTheirBlock) {
  std::array<int, 256> out{};
  std::array<int, 192> scans{};
  unit().call_warp("tiles", out.data(), scans.data());
  for (int lane = 0; lane < 32; ++lane) {
    const int first = lane / 8 * 8;
    const auto at = [&](int which) { return out[static_cast<std::size_t>(32 * which + lane)]; };
    const auto scan = [&](int which) { return scans[static_cast<std::size_t>(32 * which + lane)]; };
    SCOPED_TRACE(lane);
    EXPECT_EQ(at(0), first + 3);
    EXPECT_EQ(at(1), lane + 2 < first + 8 ? lane + 2 : lane);
    EXPECT_EQ(at(2), lane / 8 * 100 + lane % 8);
    EXPECT_EQ(at(3), 0xAA);
    EXPECT_EQ(at(4), 8 * first + 28);
    EXPECT_EQ(at(5), (lane ^ 1) * 4 + 3);
    EXPECT_EQ(at(6), lane % 8 / 4 * 10 + 2);
    EXPECT_EQ(at(7), 40 + lane % 8 / 2 + 1000 * (first + 2 + lane % 2));
    int sum = 0;
    for (int other = first; other <= lane; ++other) sum += other;
    EXPECT_EQ(scan(0), sum);
    EXPECT_EQ(scan(1), sum - lane);
    EXPECT_EQ(scan(2), first + 6 + lane % 2);
    // The label of a tile's first lane has number 0, the next that comes up 1.
    EXPECT_EQ(scan(3), (lane % 3 - first % 3 + 3) % 3 * 10 + 3);
    EXPECT_EQ(scan(4), lane % 16 * 100 + 16);
    EXPECT_EQ(scan(5), 32);
  }
}

TEST_P(EmulatedWarp, TheGridAndItsNumbers) {
  std::array<unsigned long long, 4> out{};
  const std::vector<Event> events = unit().call("grid", out.data());
  EXPECT_EQ(out[0], 2u + 1u * 4u);
  EXPECT_EQ(out[1], 12u);
  EXPECT_EQ(out[2], 2131u);
  EXPECT_EQ(out[3], 4u);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].what, "grid barrier");
  EXPECT_EQ(events[1].what, "barrier");
  EXPECT_EQ(events[1].bytes, 64u);
}

INSTANTIATE_TEST_SUITE_P(Compilers, EmulatedWarp, testing::ValuesIn(compilers()), test_name);

}  // namespace
}  // namespace knobscope::emulated
