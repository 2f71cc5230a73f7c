/* knobscope
title = "Row held on chip by the whole grid"
idea = """
A row of 16 MB fits into no multiprocessor, but into all of them together. So all work on one row: each block owns the \
same columns of every row, keeps its slice in shared memory until the row's mean and variance are known, and x is read \
once. Only two floats per block and row have to be told to the others. The row after it is copied in meanwhile, so \
memory never waits for the answer. gamma and beta are as long as a row and would be read again for every one: a thread \
keeps what its registers hold, and asks the L2 cache to keep the rest and to give up x and y, which nobody reads \
again. The knob that matters is hints: without them x and y wash beta out of the cache; then slots and parked, how \
far the copies may run ahead."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]

[knobs.hints]
values = [0, 1]
default = 1
help = "1: the L2 cache is to keep the part of beta that no register holds, and to give up x and y first"

[knobs.slots]
values = [8, 16, 24, 32, 40, 48, 56]
default = 56
help = "chunks of 4 KB that a block's ring in shared memory holds"

[knobs.parked]
values = [0, 4, 6, 8, 10]
default = 8
help = "chunks of the next row that wait in registers, so that their slots are free earlier"

[knobs.in_flight]
values = [4, 8, 10, 12, 14, 16, 20, 24, 32, 48]
default = 14
help = "copies of a block that are under way at the same time"

[knobs.columns_kept]
values = [32, 64, 96, 112, 120, 124, 128]
default = 128
help = "columns of which a thread keeps gamma in registers, and of 16 bits beta too; the rest is read for every row"

[knobs.ahead]
values = [1, 2, 4, 7, 8]
default = 7
help = "chunks of beta on their way from the L2 cache"

[knobs.team]
values = [1, 2, 3, 4, 6, 8, 11, 12, 16, 22, 33, 44, 66, 128, 132, 148]
default = 128
help = "blocks that share a row, if the GPU has so many multiprocessors; it has several teams if they are small"

[[requires]]
condition = "compute_capability >= 90"
reason = "Bulk asynchronous copies came with compute capability 9.0 (Hopper)."

[[requires]]
condition = "in_flight < slots"
reason = "copies cannot be further ahead than the ring has slots"

[[requires]]
condition = "sm_count <= 512"
reason = "there are messages for 512 blocks"

# One block on each multiprocessor, in teams that share a row.
[[launches]]
entry = "layernorm"
cooperative = true
grid = ["min(team, sm_count)", "min(rows, floor(sm_count / min(team, sm_count)))"]
block = "512"
shared = "slots * 4096"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "rows", "columns", "epsilon",
  "ceil_div(columns * element_size, min(team, sm_count) * 4096)"]

[traffic]
reads = """
(columns * element_size % 16 == 0 && ceil_div(columns * element_size, min(team, sm_count) * 4096) <= slots + parked \
? 1 : 2) * elements * element_size + 2 * columns * element_size"""
writes = "elements * element_size + 8 * rows"
note = """
Everything once, if the L2 cache keeps beta (and gamma, where not all columns are kept). Rows that the team's rings \
do not hold, or that do not start on 16 bytes, are read twice, straight from memory."""

[numerics]
accumulate = "f32"
note = """
Each warp sums distances, and their squares, from the mean of the first values it sees, and everything above is \
merged by Chan in an order that only the team's size decides: right for any mean, and the same bits in every run. The \
mean is rounded to a float, which shows in y from a hundred times the spread on."""
deterministic = true

[source]
note = "The merge: Chan, Golub and LeVeque, The American Statistician 37 (1983)."
*/

#include <knobscope/grid_message.h>
#include <knobscope/l2_policy.h>
#include <knobscope/read_slot.h>
#include <knobscope/row_parts.h>
#include <knobscope/warp_roles.h>

using namespace knobscope;

// The warps of a block and their work. The first eight take over registers of the others.
constexpr int kApplyWarps = 8;   // wait for a row's mean and rstd, and write y
constexpr int kCopies = 8;       // copies the block's slice
constexpr int kExchanges = 9;    // tells the moments of the slice to the team, and finds the row's mean and rstd
constexpr int kStatistics = 10;  // this one and the rest take the moments
constexpr int kWarps = 16;
constexpr int kThreads = kWarps * kWarp;
constexpr int kStatisticsWarps = kWarps - kStatistics;
constexpr int kApplyThreads = kApplyWarps * kWarp;

// A chunk is what the ring moves: 256 packs of 16 bytes, one for each thread that applies.
constexpr int kChunk = kApplyThreads;

// Of so many chunks a thread keeps gamma. beta fits beside it only if elements are small; else it comes for every row,
// a few chunks ahead. The registers that are left park the first chunks of the next row.
constexpr int kKept = (KNOB_COLUMNS_KEPT + kPack - 1) / kPack;
constexpr bool kKeepsBeta = sizeof(Element) == 2;
constexpr int kAhead = kKeepsBeta || KNOB_AHEAD > kKept ? kKept : KNOB_AHEAD;
constexpr int kParked = KNOB_PARKED < kKept ? KNOB_PARKED : kKept;

// The chunks of gamma that come before the first row is written; each of the others comes when one of x has gone.
constexpr int kSoon = kKept < 16 ? kKept : 16;

// Of a thread that applies, and of the others.
constexpr int kApplyRegisters = kKeepsBeta ? 200 : 208;
constexpr int kOtherRegisters = 256 - kApplyRegisters;

constexpr int kTurns = 4;  // rows for which there are barriers, and moments of warps

// Messages for two rows are in memory at a time. A block tells the moments of a row when it knows mean and rstd of the
// row before: by then all messages for the row before that have been received.
constexpr int kMostBlocks = 512;
constexpr int kMostMembers = 160;                         // of a team
__device__ GridMessage moments_of_slice[2][kMostBlocks];  // to the leader of the team: mean and m2
__device__ GridMessage answer[2][kMostBlocks];            // from the leader: mean and rstd

// Rows that a team has worked on in all launches so far, so that a message's number never comes back. Two launches of
// this kernel at a time would mix up theirs.
__device__ unsigned rows_before[kMostBlocks];

extern __shared__ __align__(128) uint4 ring[];  // KNOB_SLOTS chunks
__shared__ Barrier full[KNOB_SLOTS];            // the copy has come
__shared__ Barrier empty[KNOB_SLOTS];           // nobody needs it any more
__shared__ Barrier summed[kTurns];              // the statistics warps have read all of the row, here are its moments
__shared__ Barrier answered[kTurns];            // mean and rstd are here
__shared__ Barrier used[kTurns];                // and have been read
__shared__ Moments moments_of_warp[kTurns][kStatisticsWarps];
__shared__ float2 mean_and_rstd[kTurns];
__shared__ float columns_of_member[kMostMembers];  // of the team, for its leader

// The packs of one block, the same in every row. A row's chunks are dealt out to the team in turn; the last one may be
// short.
struct Slice {
  int first;
  int stride;
  int end;  // of the row
  int chunks;

  KNOBSCOPE_INLINE int begin(int chunk) const { return first + chunk * stride; }
  KNOBSCOPE_INLINE int packs(int chunk) const { return min(end - begin(chunk), kChunk); }
  KNOBSCOPE_INLINE int columns() const { return chunks == 0 ? 0 : ((chunks - 1) * kChunk + packs(chunks - 1)) * kPack; }
};

struct Job {
  const Element* x;
  const Element* gamma;
  const Element* beta;
  Element* y;
  float* mean;
  float* rstd;
  Index rows;
  Index columns;
  float epsilon;
  int most_chunks;  // of a block; others have one less

  KNOBSCOPE_INLINE int team() const { return gridDim.x; }
  KNOBSCOPE_INLINE int member() const { return blockIdx.x; }  // 0 leads
  KNOBSCOPE_INLINE int block() const { return blockIdx.y * gridDim.x + blockIdx.x; }
  KNOBSCOPE_INLINE bool on_chip() const { return columns % kPack == 0 && most_chunks <= KNOB_SLOTS + kParked; }
  KNOBSCOPE_INLINE bool has(int round) const { return row(round) < rows; }
  KNOBSCOPE_INLINE Index row(int round) const { return blockIdx.y + static_cast<Index>(round) * gridDim.y; }
  KNOBSCOPE_INLINE Slice slice(int of_member) const {
    Slice slice{of_member * kChunk, team() * kChunk, static_cast<int>(columns / kPack), most_chunks};
    if (slice.begin(most_chunks - 1) >= slice.end) --slice.chunks;
    return slice;
  }
  KNOBSCOPE_INLINE Stretch part(int round, int of_member) const {
    return part_of_row(row(round) * columns, columns, of_member, team());
  }
  KNOBSCOPE_INLINE float columns_of(int of_member) const {
    if (on_chip()) return static_cast<float>(slice(of_member).columns());
    const Stretch its = part(0, of_member);
    return static_cast<float>(its.end - its.begin);
  }
};

// ---- One lane: copies slices, row after row, as far ahead as there are slots.

__device__ void copy_slices(const Job& job, const Slice& slice) {
  Turn<KNOB_SLOTS> turn;
  Turn<KNOB_SLOTS> oldest;  // copy under way
  int copies = 0;
#pragma unroll 1
  for (int round = 0; job.has(round); ++round) {
    const Element* from = job.x + job.row(round) * job.columns + slice.first * kPack;
#pragma unroll 1
    for (int chunk = 0; chunk < slice.chunks; ++chunk, turn.advance(), from += slice.stride * kPack) {
      if (copies++ >= KNOB_IN_FLIGHT) {
        full[oldest.slot].wait(oldest.parity);
        oldest.advance();
      }
      empty[turn.slot].wait(turn.parity ^ 1u);  // of the round before; there is none before the first
      const unsigned bytes = slice.packs(chunk) * 16;
      full[turn.slot].arrive_and_expect(bytes);
      copy_to_shared<(KNOB_HINTS ? Evict::first : Evict::normally)>(
          ring + turn.slot * kChunk, from, bytes, full[turn.slot]);
    }
  }
}

KNOBSCOPE_INLINE PackBytes in_ring(int place) {
  PackBytes bytes;
  bytes.words = ring[place];
  return bytes;
}

// ---- Six warps: the moments of the slice. They take its chunks in turn.

// Sums of distances from a value near the mean: no division and no long wait for the value before.
struct Distances {
  static constexpr int kChains = 4;
  float near;
  int packs;
  float2 sums[kChains];  // of the distances, and of their squares

  // By a warp. The mean of the first packs that it sees is near enough, even if there is an outlier in them.
  KNOBSCOPE_INLINE void add_chunk(int begin, int packs_of_chunk) {
    const int lane = threadIdx.x % kWarp;
    if (packs == 0) {
      float sum = 0.0F;
      if (lane < packs_of_chunk) {
        for (const float value : values_of(in_ring(begin + lane)).at) sum += value;
      }
      near = reduce_to_all(sum) / static_cast<float>(min(packs_of_chunk, kWarp) * kPack);
    }
    packs += packs_of_chunk;
    if (packs_of_chunk == kChunk) {
#pragma unroll
      for (int i = 0; i < kChunk; i += kWarp) add(values_of(in_ring(begin + lane + i)));
    } else {
      for (int i = lane; i < packs_of_chunk; i += kWarp) add(values_of(in_ring(begin + i)));
    }
  }
  KNOBSCOPE_INLINE void add(const PackValues& values) {
#pragma unroll
    for (int i = 0; i < kPack; ++i) {
      const float distance = values.at[i] - near;
      sums[i % kChains].x += distance;
      sums[i % kChains].y = fmaf(distance, distance, sums[i % kChains].y);
    }
  }
  // Of all lanes together.
  KNOBSCOPE_INLINE Moments moments() const {
    if (packs == 0) return Moments{};
    const float2 sum = reduce_to_all(merge(merge(sums[0], sums[1]), merge(sums[2], sums[3])));
    const float count = static_cast<float>(packs * kPack);
    return Moments{count, near + sum.x / count, sum.y - sum.x * (sum.x / count)};
  }
};

__device__ void take_moments(const Job& job, const Slice& slice, int warp) {
  const bool first_lane = threadIdx.x % kWarp == 0;
  Turn<KNOB_SLOTS> turn{warp};
  Turn<kTurns> message;
  int chunk = warp;  // of the row
  for (int round = 0; job.has(round); ++round, message.advance()) {
    Distances distances{};
    for (; chunk < slice.chunks; chunk += kStatisticsWarps, turn.advance(kStatisticsWarps)) {
      full[turn.slot].wait(turn.parity);
      distances.add_chunk(turn.slot * kChunk, slice.packs(chunk));
      arrive_when_read(empty[turn.slot], __float_as_uint(distances.sums[0].y));
    }
    chunk -= slice.chunks;
    const Moments moments = distances.moments();
    if (first_lane) {
      used[message.slot].wait(message.parity ^ 1u);
      moments_of_warp[message.slot][warp] = moments;
      summed[message.slot].arrive();
    }
    __syncwarp();
  }
}

// ---- One warp: tells the moments of the slice to the leader of the team, and waits for the answer.

__device__ void learn_columns(const Job& job) {
  for (int member = threadIdx.x % kWarp; member < kMostMembers; member += kWarp) {
    columns_of_member[member] = member < job.team() ? job.columns_of(member) : 0.0F;
  }
  __syncwarp();
}

// By the leader: mean and rstd from the moments of all, to all.
__device__ float2 gather_and_answer(const Job& job, int round, unsigned number) {
  constexpr int kLooks = kMostMembers / kWarp;  // messages of a lane, which looks at all of them together
  int lane = threadIdx.x % kWarp;
  work_out_later(lane);
  GridMessage* const messages = &moments_of_slice[number % 2][job.block()];
  float2 mean_and_m2[kLooks];
  bool all;
  do {
    all = true;
    int from = lane;
    work_out_later(from);
#pragma unroll
    for (int i = 0; i < kLooks; ++i) {
      // Without a condition, or else one look would wait for the other: behind the last member, at the last one again.
      all &= messages[min(i * kWarp + from, job.team() - 1)].receive(mean_and_m2[i], number);
    }
    if (!all) GridMessage::take_a_breath();
  } while (!all);
  __syncwarp();

  // Chan's merge of all at once, the means as distances from the first.
  const float* const columns = columns_of_member + lane;
  const float first = __shfl_sync(kWholeWarp, mean_and_m2[0].x, 0);
  float sum = 0.0F;
#pragma unroll
  for (int i = 0; i < kLooks; ++i) sum = fmaf(columns[i * kWarp], mean_and_m2[i].x - first, sum);
  const float mean = reduce_to_all(sum) / job.columns;
  float m2 = 0.0F;
#pragma unroll
  for (int i = 0; i < kLooks; ++i) {
    const float distance = mean_and_m2[i].x - first - mean;
    if (i * kWarp + lane < job.team()) m2 += fmaf(columns[i * kWarp], distance * distance, mean_and_m2[i].y);
  }
  const float2 result = make_float2(first + mean, __frsqrt_rn(reduce_to_all(m2) / job.columns + job.epsilon));

#pragma unroll
  for (int i = 0; i < kLooks; ++i) {
    const int member = i * kWarp + lane;
    if (member > 0 && member < job.team()) answer[number % 2][job.block() + member].send(result, number);
  }
  if (lane == 0) {
    job.mean[job.row(round)] = result.x;
    job.rstd[job.row(round)] = result.y;
    // All members have told their last moments, so all have read where the numbers of this launch start.
    if (!job.has(round + 1)) rows_before[blockIdx.y] = number;
  }
  return result;
}

// By one warp; lane 0 tells the moments, and receives the row's mean and rstd.
__device__ __forceinline__ float2 exchange(const Job& job, const Moments& of_slice, int round, unsigned number) {
  const int lane = threadIdx.x % kWarp;
  if (lane == 0) moments_of_slice[number % 2][job.block()].send(make_float2(of_slice.mean, of_slice.m2), number);
  if (job.member() == 0) return gather_and_answer(job, round, number);
  if (lane == 0) return answer[number % 2][job.block()].wait_for(number);
  return float2{};
}

__device__ void exchange_rows(const Job& job) {
  const int lane = threadIdx.x % kWarp;
  unsigned number = rows_before[blockIdx.y];
  learn_columns(job);
  for (int round = 0; job.has(round); ++round) {
    const int turn = round % kTurns;
    const unsigned parity = round / kTurns % 2;
    summed[turn].wait(parity);  // from here on, all of the row has been seen in the ring
    Moments moments{};
    if (lane == 0) {
      for (const Moments& of_warp : moments_of_warp[turn]) moments = merge(moments, of_warp);
      used[turn].arrive();
    }
    const float2 result = exchange(job, moments, round, ++number);
    if (lane == 0) {
      used[turn].wait(parity ^ 1u);
      mean_and_rstd[turn] = result;
      answered[turn].arrive();
    }
    __syncwarp();
  }
}

// ---- Eight warps: y.

KNOBSCOPE_INLINE PackValues normalized(const PackBytes& bytes, float2 row, PackBytes& scale, PackBytes& shift) {
  stay_packed(scale);
  stay_packed(shift);
  PackValues values = values_of(bytes);
  const PackValues scales = values_of(scale);
  const PackValues shifts = values_of(shift);
#pragma unroll
  for (int i = 0; i < kPack; ++i) values.at[i] = (values.at[i] - row.x) * row.y * scales.at[i] + shifts.at[i];
  return values;
}

__device__ void apply(const Job& job, const Slice& slice) {
  const int thread = threadIdx.x;
  const int chunks = slice.chunks;
  const L2Policy once = l2_policy<(KNOB_HINTS ? Evict::first : Evict::normally)>();
  const L2Policy again = l2_policy<(KNOB_HINTS ? Evict::last : Evict::normally)>();

  // The thread has a pack of each chunk, but for a short last one. gamma and beta are loaded without a condition, or
  // else they would be waited for at once: where there is no pack, the last one again.
  const int packs = chunks == 0 || slice.begin(chunks - 1) + thread < slice.end ? chunks : chunks - 1;
  const int first = packs > 0 ? (slice.first + thread) * kPack : 0;
  const int stride = slice.stride * kPack;
  const int last = first + max(packs - 1, 0) * stride;
  const auto step = [&](int& at) { at = min(at + stride, last); };

  // x of the first row comes first, or else the copies would share the memory with what nobody needs yet, and those who
  // take its moments would stand behind these loads. A row that the ring cannot hold comes to its end only when chunks
  // are parked, below.
  if (chunks <= KNOB_SLOTS) {
    summed[0].wait(0);
  } else {
    full[KNOB_SLOTS - 1].wait(0);
  }

  PackBytes scale[kKept];
  PackBytes shift[kAhead];  // of all chunks or, in turn, of those that come next
  int at = first;
  const auto load_kept = [&](int c) {
    scale[c] = load_bytes(job.gamma + at, once);
    if (kKeepsBeta) shift[c] = load_bytes(job.beta + at, once);
    step(at);
  };
#pragma unroll
  for (int c = 0; c < kSoon; ++c) load_kept(c);

  Turn<KNOB_SLOTS> turn;
  const auto in_slot = [&](int c) { return in_ring(turn.slot * kChunk + (c < packs ? thread : 0)); };
  for (int round = 0; job.has(round); ++round) {
    // The last time that something is read, the cache need not keep it any more.
    const L2Policy from_l2 = job.has(round + 1) ? again : once;
    int beta_at = first;
    Element* y = job.y + job.row(round) * job.columns + first;
    work_out_later(beta_at);
    work_out_later(y);

    // While the row's mean is not known yet: what the row begins with.
#pragma unroll
    for (int c = 0; c < kAhead && !kKeepsBeta; ++c, step(beta_at)) shift[c] = load_bytes(job.beta + beta_at, from_l2);
    PackBytes parked[kParked + 1];  // one too many: the knob may be 0, an array may not
#pragma unroll
    for (int c = 0; c < kParked; ++c) {
      if (c >= chunks) break;
      full[turn.slot].wait(turn.parity);
      parked[c] = in_slot(c);
      arrive_when_read(empty[turn.slot], parked[c].words.x);
      turn.advance();
    }

    // By one lane for its warp. From here on all of the row is in the ring.
    const int message = round % kTurns;
    answered[message].wait(round / kTurns % 2);
    float2 row{};
    if (thread % kWarp == 0) row = mean_and_rstd[message];
    row = make_float2(__shfl_sync(kWholeWarp, row.x, 0), __shfl_sync(kWholeWarp, row.y, 0));
    arrive_when_read(used[message], __float_as_uint(row.y));

#pragma unroll
    for (int c = 0; c < kKept; ++c, y += stride) {
      if (c >= chunks) break;
      const PackBytes bytes = c < kParked ? parked[c] : in_slot(c);
      const PackValues values = normalized(bytes, row, scale[c], shift[c % kAhead]);
      if (c < packs) store_pack(y, values, once);
      if (c >= kParked) {
        arrive_when_stored(empty[turn.slot]);
        turn.advance();
      }
      if (round == 0 && c + kSoon < kKept) load_kept(c + kSoon);
      if (c + kAhead < kKept) {
        shift[c % kAhead] = load_bytes(job.beta + beta_at, from_l2);
        step(beta_at);
      }
    }
    // Chunks of which nothing is kept.
    for (int c = kKept; c < chunks; ++c, y += stride) {
      if (c < packs) {
        PackBytes scales = load_bytes(job.gamma + first + c * stride, from_l2);
        PackBytes shifts = load_bytes(job.beta + first + c * stride, from_l2);
        store_pack(y, normalized(in_slot(c), row, scales, shifts), once);
      }
      arrive_when_stored(empty[turn.slot]);
      turn.advance();
    }
  }
}

// ---- Rows that the ring does not hold, or that do not start on 16 bytes: each block reads its part twice.

__device__ void read_twice(const Job& job) {
  __shared__ float2 of_row;
  unsigned number = rows_before[blockIdx.y];
  if (threadIdx.x < kWarp) learn_columns(job);
  for (int round = 0; job.has(round); ++round) {
    const Stretch part = job.part(round, job.member());
    const Moments moments = moments_of<kThreads>(job.x, part);
    if (threadIdx.x < kWarp) {
      const float2 result = exchange(job, moments, round, ++number);
      if (threadIdx.x == 0) of_row = result;
    }
    __syncthreads();
    const float2 result = of_row;
    apply_to<kThreads>(job.x, job.gamma, job.beta, job.y, job.row(round) * job.columns, part, result.x, result.y);
  }
}

extern "C" __global__ __launch_bounds__(kThreads, 1) void layernorm(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    Element* __restrict__ y, float* __restrict__ mean, float* __restrict__ rstd, Index rows, Index columns,
    float epsilon, int most_chunks) {
  const Job job{x, gamma, beta, y, mean, rstd, rows, columns, epsilon, most_chunks};
  if (!job.on_chip()) {
    read_twice(job);
    return;
  }
  const Slice slice = job.slice(job.member());
  const int thread = threadIdx.x;
  const int warp = thread / kWarp;
  // Of the threads of a warp, one after the other makes its barriers: so all warps make some.
  const int slot = thread % kWarp * kWarps + warp;
  if (slot < KNOB_SLOTS) {
    full[slot].init(1);
    empty[slot].init(kApplyWarps + 1);  // and the warp that has taken its moments
  }
  if (thread % kWarp == 0 && warp < kTurns) {
    summed[warp].init(kStatisticsWarps);
    answered[warp].init(1);
    used[warp].init(kApplyWarps + 1);  // and the lane that tells the moments
  }
  __syncthreads();

  if (warp < kApplyWarps) {
    take_registers<kApplyRegisters>();
    apply(job, slice);
    return;
  }
  give_back_registers<kOtherRegisters>();
  if (warp == kCopies && thread % kWarp == 0) copy_slices(job, slice);
  if (warp == kExchanges) exchange_rows(job);
  if (warp >= kStatistics) take_moments(job, slice, warp - kStatistics);
}
