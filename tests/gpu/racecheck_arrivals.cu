// Does compute-sanitizer's racecheck follow an arrival that one lane makes for its warp? A ring of slots as the kernels
// have it, and nothing else: one lane fills slots by bulk copies, warps read them and hand them back, in one of three
// ways.
//
//   nvcc -std=c++17 -gencode=arch=compute_90a,code=sm_90a -lineinfo -I kernels/include -DKNOBSCOPE_DEVICE_CUDA=1 \
//     -DKNOBSCOPE_ELEMENT_F32=1 tests/gpu/racecheck_arrivals.cu -o racecheck_arrivals
//   compute-sanitizer --tool racecheck ./racecheck_arrivals lanes   # every lane arrives when it has read
//   compute-sanitizer --tool racecheck ./racecheck_arrivals warp    # __syncwarp(), then the first lane arrives for all
//   compute-sanitizer --tool racecheck ./racecheck_arrivals early   # every lane arrives before it reads: a race
//
// On an H200 with CUDA 13.0: `lanes` has no hazards, `early` has, and so has `warp`. But __syncwarp() orders what all
// lanes did before it ahead of what any does behind it, the first lane's arrival too, and who waits for the barrier
// sees all that was ahead of the arrival: `warp` is no race.

#include <cstdio>
#include <cstring>

#include <knobscope/bulk_copy.h>
#include <knobscope/reduce.h>

using namespace knobscope;

enum class Arrival { lanes, warp, early };

constexpr int kReaders = 4;  // warps; one more copies
constexpr int kSlots = 4;
constexpr int kSlotPacks = kReaders * kWarp;
constexpr int kRounds = 40;  // slots that are filled, one after the other

template <Arrival kArrival>
__global__ void ring(const uint4* from, uint4* to) {
  __shared__ __align__(128) uint4 slots[kSlots][kSlotPacks];
  __shared__ Barrier full[kSlots];
  __shared__ Barrier empty[kSlots];
  const int thread = threadIdx.x;
  if (thread < kSlots) {
    full[thread].init(1);
    empty[thread].init(kArrival == Arrival::warp ? kReaders : kReaders * kWarp);
  }
  __syncthreads();

  if (thread > kReaders * kWarp) return;
  for (int round = 0; round < kRounds; ++round) {
    const int slot = round % kSlots;
    const unsigned parity = round / kSlots % 2;
    if (thread == kReaders * kWarp) {
      empty[slot].wait(parity ^ 1U);
      full[slot].arrive_and_expect(sizeof slots[slot]);
      copy_to_shared(slots[slot], from + round * kSlotPacks, sizeof slots[slot], full[slot]);
      continue;
    }
    full[slot].wait(parity);
    if (kArrival == Arrival::early) empty[slot].arrive();
    to[round * kSlotPacks + thread] = slots[slot][thread];
    if (kArrival == Arrival::lanes) empty[slot].arrive();
    if (kArrival == Arrival::warp) {
      __syncwarp();
      if (thread % kWarp == 0) empty[slot].arrive();
    }
  }
}

int main(int arguments, char** words) {
  const char* const word = arguments == 2 ? words[1] : "";
  auto* kernel = std::strcmp(word, "lanes") == 0   ? ring<Arrival::lanes>
                 : std::strcmp(word, "warp") == 0  ? ring<Arrival::warp>
                 : std::strcmp(word, "early") == 0 ? ring<Arrival::early>
                                                   : nullptr;
  if (kernel == nullptr) {
    std::fprintf(stderr, "racecheck_arrivals: say lanes, warp or early\n");
    return 2;
  }
  constexpr std::size_t kBytes = sizeof(uint4) * kRounds * kSlotPacks;
  uint4* memory = nullptr;
  cudaMalloc(&memory, 2 * kBytes);
  cudaMemset(memory, 1, 2 * kBytes);
  kernel<<<1, (kReaders + 1) * kWarp>>>(memory, memory + kRounds * kSlotPacks);
  const cudaError_t error = cudaDeviceSynchronize();
  if (error != cudaSuccess) std::fprintf(stderr, "racecheck_arrivals: %s\n", cudaGetErrorString(error));
  return error == cudaSuccess ? 0 : 1;
}
