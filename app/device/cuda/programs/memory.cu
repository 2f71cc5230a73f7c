// Guard bands, the traffic that ceilings are made of, and a kernel that holds the stream.

using Bytes8 = unsigned char;
using Count = long long;

namespace {

/// Cycles and nanoseconds of one moment, as SmClock reads them.
struct Stamp {
  unsigned long long cycles;
  unsigned long long nanoseconds;
  unsigned multiprocessor;
  unsigned ticket;
};

constexpr int kBlock = 256;
constexpr int kReadsInFlight = 4;

__device__ Count thread_number() { return static_cast<Count>(blockIdx.x) * blockDim.x + threadIdx.x; }

__device__ Count thread_count() { return static_cast<Count>(gridDim.x) * blockDim.x; }

// The ticket last, so that a host that sees it sees the rest.
__device__ void write_stamp(volatile Stamp* stamp, unsigned ticket) {
  unsigned long long nanoseconds = 0;
  unsigned multiprocessor = 0;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(nanoseconds));
  stamp->cycles = static_cast<unsigned long long>(clock64());
  stamp->nanoseconds = nanoseconds;
  asm volatile("mov.u32 %0, %%smid;" : "=r"(multiprocessor));
  stamp->multiprocessor = multiprocessor;
  __threadfence_system();
  stamp->ticket = ticket;
}

// A band's bytes alternate from the start of the data in both directions; & works for negative offsets too.
__device__ Bytes8 band_byte(Count offset, unsigned half) {
  return static_cast<Bytes8>((offset & 1) == 0 ? half & 0xFFu : half >> 8);
}

}  // namespace

/// Writes the bands of an allocation: bytes [0, data) and [after, total), the pattern counted from `data`.
extern "C" __global__ void __launch_bounds__(kBlock)
    fill_guards(Bytes8* allocation, Count data, Count after, Count total, unsigned half) {
  const Count band = data + total - after;
  for (Count i = thread_number(); i < band; i += thread_count()) {
    const Count at = i < data ? i : after + (i - data);
    allocation[at] = band_byte(at - data, half);
  }
}

/// Adds to `*damaged` the number of bytes of the bands that changed.
extern "C" __global__ void __launch_bounds__(kBlock)
    count_damage(const Bytes8* allocation, Count data, Count after, Count total, unsigned half,
                 unsigned long long* damaged) {
  const Count band = data + total - after;
  unsigned long long mine = 0;
  for (Count i = thread_number(); i < band; i += thread_count()) {
    const Count at = i < data ? i : after + (i - data);
    if (allocation[at] != band_byte(at - data, half)) ++mine;
  }
  if (mine != 0) atomicAdd(damaged, mine);
}

/// One float4 a thread; the last bytes, less than a float4, are copied by the first threads.
extern "C" __global__ void __launch_bounds__(kBlock) copy(float4* to, const float4* from, Count bytes) {
  const Count packs = bytes / 16;
  const Count i = thread_number();
  if (i < packs) to[i] = from[i];
  const Count tail = bytes - 16 * packs;
  if (i < tail) reinterpret_cast<Bytes8*>(to)[16 * packs + i] = reinterpret_cast<const Bytes8*>(from)[16 * packs + i];
}

/// Writes zeros, one float4 a thread; the last bytes, less than a float4, are written by the first threads.
extern "C" __global__ void __launch_bounds__(kBlock) write(float4* to, Count bytes) {
  const Count packs = bytes / 16;
  const Count i = thread_number();
  if (i < packs) to[i] = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
  if (i < bytes - 16 * packs) reinterpret_cast<Bytes8*>(to)[16 * packs + i] = 0;
}

/// Reads whole float4s, kReadsInFlight for each thread. Nothing is written unless the data are made for it, which the
/// compiler cannot know, so it must read them.
extern "C" __global__ void __launch_bounds__(kBlock) read(const uint4* from, Count packs, unsigned* never) {
  const Count first = static_cast<Count>(blockIdx.x) * (kBlock * kReadsInFlight) + threadIdx.x;
  uint4 pack[kReadsInFlight];
#pragma unroll
  for (int i = 0; i < kReadsInFlight; ++i) {
    const Count at = first + i * kBlock;
    pack[i] = at < packs ? from[at] : make_uint4(0, 0, 0, 0);
  }
  unsigned all = 0;
#pragma unroll
  for (int i = 0; i < kReadsInFlight; ++i) all |= pack[i].x | pack[i].y | pack[i].z | pack[i].w;
  if (all == 0x5A17C0DEu && from[0].x == 0x0DDB1A5Eu) *never = all;
}

/// What is left of a time by events when the kernel does nothing.
extern "C" __global__ void nothing(unsigned) {}

/// Holds the stream until the host has written `ticket`, or a later one, to `*released`, so that what is enqueued
/// meanwhile runs without gaps. `longest_ns` of the GPU's clock later it ends all the same, and says so by writing the
/// ticket to `*given_up`: whatever the host does, the stream goes on. Its last moment is the first stamp of what is
/// timed behind it. One thread.
extern "C" __global__ void hold(const volatile unsigned* released, unsigned ticket, unsigned long long longest_ns,
                                volatile unsigned* given_up, volatile Stamp* stamp, unsigned stamp_ticket) {
  unsigned long long begin = 0;
  unsigned long long now = 0;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(begin));
  while (static_cast<int>(*released - ticket) < 0) {
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
    if (now - begin >= longest_ns) {
      *given_up = ticket;
      __threadfence_system();
      break;
    }
    __nanosleep(200);
  }
  write_stamp(stamp, stamp_ticket);
}

/// One thread.
extern "C" __global__ void stamp_clock(volatile Stamp* stamp, unsigned ticket) { write_stamp(stamp, ticket); }
