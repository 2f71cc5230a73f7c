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
default = 6
help = "chunks of the next row that wait in registers, so that their slots are free earlier"

[knobs.in_flight]
values = [4, 8, 10, 12, 14, 16, 20, 24, 32, 48]
default = 14
help = "copies of a block that are under way at the same time"

[knobs.paced]
values = [0, 16, 24, 32, 40, 48]
default = 0
help = "a chunk of y is written when the copy that many chunks ahead has come; 0: as early as possible"

[knobs.columns_kept]
values = [0, 64, 96, 120, 124, 128]
default = 124
help = "columns of which a thread keeps gamma in registers; the rest is read for every row"

[knobs.registers]
values = [0, 96, 124, 128, 136, 144, 152]
default = 136
help = "for gamma and beta together: what gamma leaves keeps beta"

[knobs.ahead]
values = [1, 2, 4, 7, 8]
default = 7
help = "chunks of beta on their way from the L2 cache"

[knobs.team]
values = [1, 2, 3, 4, 6, 8, 11, 12, 16, 22, 33, 44, 66, 132, 148, 256]
default = 132
help = "blocks that share a row, if the GPU has so many multiprocessors; it has several teams if they are small"

[[requires]]
condition = "compute_capability >= 90"
reason = "Bulk asynchronous copies came with compute capability 9.0 (Hopper)."

[[requires]]
condition = "in_flight < slots && paced < slots"
reason = "copies cannot be further ahead than the ring has slots"

[[requires]]
condition = "columns_kept * element_size <= 512 && ceil_div(columns_kept * element_size, 16) * 4 <= registers"
reason = "gamma of the kept columns takes more registers than there are for gamma and beta"

[[requires]]
condition = "sm_count <= 512"
reason = "there are messages for 512 blocks"

# One block on each multiprocessor, in teams that share a row.
[[launches]]
entry = "layernorm"
cooperative = true
grid = "min(team, sm_count) * min(rows, floor(sm_count / min(team, sm_count)))"
block = "384"
shared = "slots * 4096"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "rows", "columns", "epsilon", "min(team, sm_count)"]

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
Each thread sums distances, and their squares, from the mean of the first values it sees, and everything above is \
merged by Chan in a fixed order: right for any mean, and the same bits in every run. The mean is rounded to a float, \
which shows in y from a hundred times the spread on."""
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

// The warps of a block and their work. The order matters: registers go from four warps to four others.
constexpr int kApplyWarps = 8;       // wait for a row's mean and rstd, and write y
constexpr int kStatisticsWarps = 2;  // take the moments of the block's slice
constexpr int kApplyThreads = kApplyWarps * kWarp;
constexpr int kThreads = kApplyThreads + 4 * kWarp;  // the other two: one copies, one exchanges moments

// A chunk is what the ring moves: 256 packs of 16 bytes, one for each thread that applies.
constexpr int kChunk = kApplyThreads;

// Of the chunks that have gamma in registers, the first have beta there too, and those of the others that come next are
// on their way.
constexpr int kGammaKept = (KNOB_COLUMNS_KEPT + kPack - 1) / kPack;
constexpr int kBetaLeft = KNOB_REGISTERS / 4 - kGammaKept;
constexpr int kBetaKept = kBetaLeft < kGammaKept ? kBetaLeft : kGammaKept;
constexpr int kStreamed = kGammaKept - kBetaKept;
constexpr int kAhead = KNOB_AHEAD < kStreamed ? KNOB_AHEAD : kStreamed;
constexpr int kParked = KNOB_PARKED < kGammaKept ? KNOB_PARKED : kGammaKept;

// Messages for as many rows are in memory at a time. A block sends its moments of a row when its threads have used the
// answer for the row kTurns before: by then all messages of that row have been received.
constexpr int kTurns = 4;
constexpr int kMostBlocks = 512;
__device__ GridMessage moments_of_slice[kTurns][kMostBlocks];  // to the leader of the team: mean and m2
__device__ GridMessage answer[kTurns][kMostBlocks];            // from the leader: mean and rstd

// Rows that a team has worked on in all launches so far, so that a message's number never comes back. Two launches of
// this kernel at a time would mix up theirs.
__device__ unsigned rows_before[kMostBlocks];

extern __shared__ __align__(128) uint4 ring[];  // KNOB_SLOTS chunks
__shared__ Barrier full[KNOB_SLOTS];            // the copy has come
__shared__ Barrier empty[KNOB_SLOTS];           // nobody needs it any more
__shared__ Barrier summed[kTurns];              // the other statistics warp has its moments
__shared__ Barrier answered[kTurns];            // mean and rstd are here
__shared__ Barrier used[kTurns];                // and have been read, like the other warp's moments
__shared__ Moments other_moments[kTurns];
__shared__ float2 mean_and_rstd[kTurns];
__shared__ float columns_of_member[kMostBlocks / 2];  // of the team, for its leader

// The columns of one block, the same in every row, in packs. Chunks are dealt out to the team in turn as long as each
// gets a whole one, and of what is then left each gets an even share: its last, short chunk, or none.
struct Slice {
  int first;
  int stride;
  int whole;
  int short_first;
  int short_packs;

  static KNOBSCOPE_INLINE Slice of(Index columns, int member, int team) {
    const int packs = static_cast<int>(columns / kPack);
    const int stride = team * kChunk;
    const int whole = packs / stride;
    const int left = packs % stride;
    const int share = (left + team * 8 - 1) / (team * 8) * 8;  // multiples of 128 bytes
    const int short_first = whole * stride + member * share;
    return Slice{member * kChunk, stride, whole, short_first, max(min(share, packs - short_first), 0)};
  }
  KNOBSCOPE_INLINE int chunks() const { return whole + (short_packs > 0 ? 1 : 0); }
  KNOBSCOPE_INLINE int begin(int chunk) const { return chunk < whole ? first + chunk * stride : short_first; }
  KNOBSCOPE_INLINE int packs(int chunk) const { return chunk < whole ? kChunk : short_packs; }
  KNOBSCOPE_INLINE float columns() const { return static_cast<float>((whole * kChunk + short_packs) * kPack); }
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
  int member;  // of a team; 0 leads
  int team;
  int teams;
  int number_of_team;
  unsigned rows_before;
  bool on_chip;

  KNOBSCOPE_INLINE int rounds() const { return static_cast<int>((rows - number_of_team + teams - 1) / teams); }
  KNOBSCOPE_INLINE Index row(int round) const { return number_of_team + static_cast<Index>(round) * teams; }
  KNOBSCOPE_INLINE unsigned message(int round) const { return rows_before + 1 + round; }
  KNOBSCOPE_INLINE Slice slice(int of_member) const { return Slice::of(columns, of_member, team); }
  KNOBSCOPE_INLINE Stretch part(int round, int of_member) const {
    return part_of_row(row(round) * columns, columns, of_member, team);
  }
  KNOBSCOPE_INLINE float columns_of(int of_member) const {
    if (on_chip) return slice(of_member).columns();
    const Stretch its = part(0, of_member);
    return static_cast<float>(its.end - its.begin);
  }
};

// ---- One lane: copies slices, row after row, as far ahead as there are slots.

__device__ void copy_slices(const Job& job, const Slice& slice) {
  Turn<KNOB_SLOTS> turn;
  Turn<KNOB_SLOTS> oldest;  // copy under way
  int copies = 0;
  for (int round = 0; round < job.rounds(); ++round) {
    const Element* const row = job.x + job.row(round) * job.columns;
    for (int chunk = 0; chunk < slice.chunks(); ++chunk, turn.advance()) {
      if (copies++ >= KNOB_IN_FLIGHT) {
        full[oldest.slot].wait(oldest.parity);
        oldest.advance();
      }
      empty[turn.slot].wait(turn.parity ^ 1u);  // of the round before; there is none before the first
      const unsigned bytes = slice.packs(chunk) * 16;
      full[turn.slot].arrive_and_expect(bytes);
      copy_to_shared<(KNOB_HINTS ? Evict::first : Evict::normally)>(
          ring + turn.slot * kChunk, row + static_cast<Index>(slice.begin(chunk)) * kPack, bytes, full[turn.slot]);
    }
  }
}

// ---- Two warps: the moments of the slice. They take its chunks in turn.

// Sums of distances from a value near the mean: no division and no long wait for the value before. The mean of what
// came first is near enough, even if that had an outlier in it.
struct NearMean {
  static constexpr int kChains = 4;
  float near;
  float count;
  float sums[kChains];
  float squares[kChains];

  static KNOBSCOPE_INLINE PackValues values_at(const uint4* pack) {
    PackBytes bytes;
    bytes.words = *pack;
    return values_of(bytes);
  }
  // By the first pack that the thread is going to add.
  KNOBSCOPE_INLINE void start(const uint4* pack) {
    float sum = 0.0F;
    for (const float value : values_at(pack).at) sum += value;
    near = sum / kPack;
  }
  KNOBSCOPE_INLINE void add(const uint4* pack) {
    const PackValues values = values_at(pack);
    count += kPack;
#pragma unroll
    for (int i = 0; i < kPack; ++i) {
      const float distance = values.at[i] - near;
      sums[i % kChains] += distance;
      squares[i % kChains] += distance * distance;
    }
  }

  KNOBSCOPE_INLINE Moments moments() const {
    if (count == 0.0F) return Moments{};
    const float sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    const float square = (squares[0] + squares[1]) + (squares[2] + squares[3]);
    return Moments{count, near + sum / count, square - sum * (sum / count)};
  }
};

// The moments of all lanes together, in every lane. Chan's merge of 32 at once: the means as distances from the first.
__device__ __forceinline__ Moments merge_warp(Moments moments) {
  const float count = reduce_to_all(moments.count);
  const float first = __shfl_sync(kWholeWarp, moments.mean, 0);
  const float distance = moments.mean - first;
  const float mean = reduce_to_all(moments.count * distance) / count;
  const float m2 = reduce_to_all(moments.m2 + moments.count * (distance - mean) * (distance - mean));
  return count == 0.0F ? Moments{} : Moments{count, first + mean, m2};
}

__device__ void take_moments(const Job& job, const Slice& slice, int warp) {
  const int lane = threadIdx.x % kWarp;
  Turn<KNOB_SLOTS> turn;
  Turn<kTurns> message;
  for (int round = 0; round < job.rounds(); ++round, message.advance()) {
    NearMean sums{};
    for (int chunk = 0; chunk < slice.chunks(); ++chunk, turn.advance()) {
      if (chunk % kStatisticsWarps != warp) continue;
      full[turn.slot].wait(turn.parity);
      const uint4* const packs = ring + turn.slot * kChunk + lane;
      if (chunk == warp && lane < slice.packs(chunk)) sums.start(packs);
      if (chunk < slice.whole) {
#pragma unroll
        for (int i = 0; i < kChunk; i += kWarp) sums.add(packs + i);
      } else {
        for (int i = 0; lane + i < slice.short_packs; i += kWarp) sums.add(packs + i);
      }
      arrive_when_read(empty[turn.slot], __float_as_uint(sums.squares[0]));
    }
    Moments moments = merge_warp(sums.moments());

    used[message.slot].wait(message.parity ^ 1u);
    if (lane != 0) continue;
    if (warp != 0) {
      other_moments[message.slot] = moments;
      summed[message.slot].arrive();
    } else {
      summed[message.slot].wait(message.parity);
      moments = merge(moments, other_moments[message.slot]);
      used[message.slot].arrive();
      moments_of_slice[message.slot][blockIdx.x].send(make_float2(moments.mean, moments.m2), job.message(round));
    }
  }
}

// ---- One warp: the exchange. The leader of a team gathers the moments of all and answers with the row's mean and
// rstd.

__device__ __forceinline__ Moments gather_moments(const Job& job, int turn, int round) {
  constexpr int kLooks = 5;  // messages that a lane looks at together
  Moments moments{};
  for (int begin = threadIdx.x % kWarp; begin < job.team; begin += kLooks * kWarp) {
    float2 values[kLooks];
    bool complete;
    do {
      complete = true;
#pragma unroll
      for (int i = 0; i < kLooks; ++i) {
        const int member = begin + i * kWarp;
        if (member >= job.team) continue;
        complete &= moments_of_slice[turn][blockIdx.x + member].receive(values[i], job.message(round));
      }
      if (!complete) GridMessage::take_a_breath();
    } while (!complete);
#pragma unroll
    for (int i = 0; i < kLooks; ++i) {
      const int member = begin + i * kWarp;
      if (member >= job.team) continue;
      moments = merge(moments, Moments{columns_of_member[member], values[i].x, values[i].y});
    }
  }
  __syncwarp();
  return merge_warp(moments);
}

__device__ float2 lead(const Job& job, int turn, int round) {
  const Moments moments = gather_moments(job, turn, round);
  const float2 result = make_float2(moments.mean, rsqrtf(moments.m2 / job.columns + job.epsilon));
  const int lane = threadIdx.x % kWarp;
  for (int member = lane; member < job.team; member += kWarp) {
    if (member != 0) answer[turn][blockIdx.x + member].send(result, job.message(round));
  }
  if (lane == 0) {
    job.mean[job.row(round)] = result.x;
    job.rstd[job.row(round)] = result.y;
    // All members have sent their last moments, so all have read where the numbers of this launch start.
    if (round == job.rounds() - 1) rows_before[job.number_of_team] = job.message(round);
  }
  return result;
}

// By one warp, when its block has sent its moments; lane 0 receives the row's mean and rstd.
__device__ __forceinline__ float2 ask_for_mean_and_rstd(const Job& job, int turn, int round) {
  if (job.member == 0) return lead(job, turn, round);
  if (threadIdx.x % kWarp == 0) return answer[turn][blockIdx.x].wait_for(job.message(round));
  return float2{};
}

__device__ void exchange(const Job& job) {
  Turn<kTurns> turn;
  for (int round = 0; round < job.rounds(); ++round, turn.advance()) {
    const float2 result = ask_for_mean_and_rstd(job, turn.slot, round);
    if (threadIdx.x % kWarp == 0) {
      // Over for long, or else the block had not sent its moments of this row; said once more where it is needed.
      used[turn.slot].wait(turn.parity ^ 1u);
      mean_and_rstd[turn.slot] = result;
      answered[turn.slot].arrive();
    }
    __syncwarp();
  }
}

// ---- Eight warps: y.

__device__ void apply(const Job& job, const Slice& slice) {
  const int thread = threadIdx.x;
  const int rounds = job.rounds();
  const int chunks = slice.chunks();
  const int kept = min(chunks, kGammaKept);
  const int mine = slice.whole + (thread < slice.short_packs ? 1 : 0);  // chunks that have a pack for this thread
  const L2Policy once = l2_policy<(KNOB_HINTS ? Evict::first : Evict::normally)>();
  const L2Policy again = l2_policy<(KNOB_HINTS ? Evict::last : Evict::normally)>();

  // Where the thread's packs are in a row. A thread without a pack in the short chunk reads what the first one reads.
  const int first = (slice.first + thread) * kPack;
  const int stride = slice.stride * kPack;
  const int short_first = (slice.short_first + (slice.whole < mine ? thread : 0)) * kPack;
  const auto at = [&](int chunk) { return chunk < slice.whole ? first + chunk * stride : short_first; };

  // x of the first row comes first, or else the copies would share the memory with what nobody needs yet.
  if (chunks > 0) full[min(chunks * 3 / 4, KNOB_SLOTS - 1)].wait(0);

  PackBytes scale[kGammaKept + 1];
  PackBytes shift[kBetaKept + 1];
  PackBytes streamed[kAhead + 1];
#pragma unroll
  for (int c = 0; c < kGammaKept; ++c) {
    if (c < kept) scale[c] = load_bytes(job.gamma + at(c), once);
  }
#pragma unroll
  for (int c = 0; c < kBetaKept; ++c) {
    if (c < kept) shift[c] = load_bytes(job.beta + at(c), once);
  }
#pragma unroll
  for (int i = 0; i < kAhead; ++i) {
    if (kBetaKept + i < kept) streamed[i] = load_bytes(job.beta + at(kBetaKept + i), again);
  }

  Turn<KNOB_SLOTS> turn;
  const auto read_slot = [&](bool has_pack) {
    full[turn.slot].wait(turn.parity);
    PackBytes bytes;
    bytes.words = ring[turn.slot * kChunk + (has_pack ? thread : 0)];
    return bytes;
  };
  const auto leave_slot = [&](const PackBytes& bytes) {
    arrive_when_read(empty[turn.slot], bytes.words.x);
    turn.advance();
  };

  // Until the copy has come that is so many chunks ahead of the one that is read next, if there are so many.
  int chunks_left = rounds * chunks;
  const auto keep_pace = [&](int ahead) {
    if (KNOB_PACED == 0 || chunks_left-- <= KNOB_PACED) return;
    const int slot = turn.slot + ahead;
    const bool wraps = slot >= KNOB_SLOTS;
    full[wraps ? slot - KNOB_SLOTS : slot].wait(turn.parity ^ (wraps ? 1u : 0u));
  };

  for (int round = 0; round < rounds; ++round) {
    PackBytes parked[kParked + 1];
#pragma unroll
    for (int c = 0; c < kParked; ++c) {
      if (c >= kept) break;
      parked[c] = read_slot(c < mine);
      leave_slot(parked[c]);
    }

    const int message = round % kTurns;
    answered[message].wait(round / kTurns % 2);
    const float row_mean = mean_and_rstd[message].x;
    const float row_rstd = mean_and_rstd[message].y;
    arrive_when_read(used[message], __float_as_uint(row_rstd));

    const auto normalized = [&](const PackBytes& bytes, const PackBytes& scales, const PackBytes& shifts) {
      PackValues values = values_of(bytes);
      const PackValues scale_values = values_of(scales);
      const PackValues shift_values = values_of(shifts);
#pragma unroll
      for (int i = 0; i < kPack; ++i) {
        values.at[i] = (values.at[i] - row_mean) * row_rstd * scale_values.at[i] + shift_values.at[i];
      }
      return values;
    };
    // The last time that beta is read, the cache need not keep it any more.
    const L2Policy this_row = round + 1 < rounds ? again : once;
    const L2Policy next_row = round + 2 < rounds ? again : once;

    Element* const row = job.y + job.row(round) * job.columns;
    Element* y = row + first;
    const Element* beta = job.beta + first + (kBetaKept + kAhead) * stride;
    constexpr int kStreamedRound = kAhead > 0 ? (kStreamed + kAhead - 1) / kAhead * kAhead : 0;
#pragma unroll
    for (int c = 0; c < kBetaKept + kStreamedRound; ++c) {
      const bool is_kept = c < kGammaKept;
      if (is_kept && c < kept) {
        const bool is_parked = c < kParked;
        keep_pace(is_parked ? KNOB_PACED - kParked + c : KNOB_PACED);  // the parked ones have been read
        const PackBytes bytes = is_parked ? parked[is_parked ? c : 0] : read_slot(c < mine);
        if (c == slice.whole) y = row + short_first;
        PackBytes& scales = scale[is_kept ? c : 0];
        PackBytes& shifts = c < kBetaKept ? shift[c < kBetaKept ? c : 0]
                                          : streamed[c < kBetaKept ? 0 : (c - kBetaKept) % (kAhead + !kAhead)];
        stay_packed(scales);
        stay_packed(shifts);
        if (c < mine) store_pack(y, normalized(bytes, scales, shifts), once);
        if (!is_parked) leave_slot(bytes);
        y += stride;
      }
      if (c < kBetaKept) continue;
      // The place is free: for a chunk that is kAhead later, of this row or of the next.
      const int later = c - kBetaKept + kAhead;
      const bool wraps = later >= kStreamedRound;
      const int coming = kBetaKept + (wraps ? later - kStreamedRound : later);
      if (later == kStreamedRound) beta = job.beta + first + kBetaKept * stride;
      if (coming == slice.whole) beta = job.beta + short_first;
      if (coming < kGammaKept && coming < kept && (!wraps || round + 1 < rounds)) {
        streamed[(c - kBetaKept) % (kAhead + !kAhead)] = load_bytes(beta, wraps ? next_row : this_row);
      }
      beta += stride;
    }

    // Chunks of which nothing is kept.
    for (int c = kept; c < chunks; ++c) {
      keep_pace(KNOB_PACED);
      const bool has_pack = c < mine;
      const PackBytes bytes = read_slot(has_pack);
      if (has_pack) {
        const PackBytes scales = load_bytes(job.gamma + at(c), this_row);
        const PackBytes shifts = load_bytes(job.beta + at(c), this_row);
        store_pack(row + at(c), normalized(bytes, scales, shifts), once);
      }
      leave_slot(bytes);
    }
  }
}

// ---- Rows that the ring does not hold, or that do not start on 16 bytes: each block reads its part twice.

__device__ void read_twice(const Job& job) {
  __shared__ float2 of_row;
  Turn<kTurns> turn;
  for (int round = 0; round < job.rounds(); ++round, turn.advance()) {
    const Stretch part = job.part(round, job.member);
    const Moments moments = moments_of<kThreads>(job.x, part);
    if (threadIdx.x < kWarp) {
      if (threadIdx.x == 0) {
        moments_of_slice[turn.slot][blockIdx.x].send(make_float2(moments.mean, moments.m2), job.message(round));
      }
      const float2 result = ask_for_mean_and_rstd(job, turn.slot, round);
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
    float epsilon, int team) {
  Job job{x, gamma, beta, y, mean, rstd, rows, columns, epsilon};
  job.team = team;
  job.teams = gridDim.x / team;
  job.member = blockIdx.x % team;
  job.number_of_team = blockIdx.x / team;
  job.rows_before = rows_before[job.number_of_team];

  const int thread = threadIdx.x;
  const Index team_chunk = Index{team} * kChunk * kPack;
  job.on_chip = columns % kPack == 0 && (columns + team_chunk - 1) / team_chunk <= KNOB_SLOTS + kParked;
  if (job.member == 0) {
    for (int member = thread; member < team; member += kThreads) columns_of_member[member] = job.columns_of(member);
  }
  if (!job.on_chip) {
    read_twice(job);
    return;
  }

  for (int slot = thread; slot < KNOB_SLOTS; slot += kThreads) {
    full[slot].init(1);
    empty[slot].init(kApplyWarps + 1);  // and the warp that has taken its moments
  }
  if (thread < kTurns) {
    summed[thread].init(1);
    answered[thread].init(1);
    used[thread].init(kApplyWarps + 1);
  }
  __syncthreads();

  const Slice slice = job.slice(job.member);
  if (thread < kApplyThreads) {
    take_registers<224>();
    apply(job, slice);
  } else {
    give_back_registers<56>();
    const int warp = (thread - kApplyThreads) / kWarp;
    if (warp < kStatisticsWarps) {
      take_moments(job, slice, warp);
    } else if (warp == kStatisticsWarps) {
      exchange(job);
    } else if (thread % kWarp == 0) {
      copy_slices(job, slice);
    }
  }
}
