/* knobscope
title = "Few huge rows, most columns on chip"
idea = """
A huge row must be seen whole before any dx of it is known, so without a place to keep it x and dy are read twice. \
The registers and shared memory of all multiprocessors together are such a place, but not for everything: for each \
column they would have to hold x and dy of the row at hand, and dgamma and dbeta of all rows. They hold it for two \
thirds of four million columns. Those pass once: a ring brings them row by row, eight warps add them up, five write \
dx when the blocks have exchanged the row's sums. The other columns are added up first, all rows at once as in the \
column slabs, and read again behind the kept ones of each row, while the next row's sums are under way. The knob that \
matters is kept: how much is read only once, as long as registers and ring hold it."""
operation = "layernorm_backward"
types = ["f32", "f16", "bf16"]

[knobs.kept]
values = [0, 16, 32, 48, 64, 72, 80, 88]
default = 80
help = "columns of which a thread keeps dgamma and dbeta in registers; all columns beyond are read twice"

[knobs.slots]
values = [4, 8, 12, 16, 18, 20, 21, 22, 23, 24, 25]
default = 25
help = "chunks of x and dy in the ring, 8 KB each; they must hold the kept part of a row"

[knobs.again]
values = [1, 2, 3, 4, 6]
default = 1
help = "units of the other columns in a ring of each warp that writes dx"

[knobs.unit]
values = [8, 16, 32]
default = 16
help = "columns of such a unit for each lane"

[knobs.gate]
values = [0, 2, 4, 6, 7, 8]
default = 0
help = "eighths of the next row's kept part that must be here before the rings of the other columns are filled anew"

[knobs.ahead]
values = [2, 4, 6, 8]
default = 4
help = "chunks by which the loads of gamma run ahead"

[knobs.registers]
values = [200, 208, 216, 224]
default = 208
help = "of a thread that keeps sums; a thread of the other roles gets what is left of 256"

[knobs.evict_first]
values = [0, 1]
default = 1
help = "1: the L2 cache gives up first what streams past, x, dy and dx"

[knobs.gamma_last]
values = [0, 1]
default = 1
help = "1: and gamma, which every row needs again, last"

[[requires]]
condition = "compute_capability >= 90"
reason = "Bulk asynchronous copies came with compute capability 9.0 (Hopper)."

[[requires]]
condition = "columns * element_size % 16 == 0"
reason = "Bulk copies move whole packs of 16 bytes, so every row must start on one: take the column slabs."

[[requires]]
condition = "slots * 16 >= kept * element_size"
reason = "The ring does not hold the kept part of a row: take more slots or keep less."

[[requires]]
condition = "slots * 8192 + 5 * again * unit * element_size * 64 + 4096 <= shared_per_block_optin"
reason = "Both rings together are larger than the shared memory: take fewer slots, or less of the other ring."

[[requires]]
condition = "sm_count <= 160"
reason = "There are message slots for 160 blocks."

[[buffers]]
name = "again_sums"
type = "f32"
count = "2 * rows * sm_count"

[[buffers]]
name = "carried"
type = "f32"
count = "rows > 16 ? 2 * columns : 1"

[[launches]]
entry = "layernorm_backward"
cooperative = true
grid = "sm_count"
block = "512"
shared = "slots * 8192 + 5 * again * unit * element_size * 64"
arguments = [
  "x", "dy", "gamma", "mean", "rstd", "dx", "dgamma", "dbeta", "again_sums", "carried", "rows", "columns",
]

[traffic]
reads = """
(2 - min(1, kept * 256 * sm_count / columns)) * 2 * elements * element_size + columns * element_size + 8 * rows \
+ (ceil_div(rows, 16) - 1) * 8 * max(columns - kept * 256 * sm_count, 0)"""
writes = """
elements * element_size + 2 * columns * element_size \
+ (ceil_div(rows, 16) - 1) * 8 * max(columns - kept * 256 * sm_count, 0)"""
note = """
x and dy once for the kept columns and twice for the others. gamma once from DRAM, and again for every row from the L2 \
cache."""

[numerics]
accumulate = "f32"
note = """
dy * gamma is added up as it comes and, of f32, written over dy in shared memory, where dx finds it. Sums of threads, \
warps and blocks are added in a fixed order, so the bits are the same in every run."""
deterministic = true

[source]
note = "Warps with roles of their own: persistent kernels of CUTLASS."
*/

#include <knobscope/bulk_store.h>
#include <knobscope/column_slabs.h>
#include <knobscope/grid_message.h>
#include <knobscope/read_slot.h>
#include <knobscope/warp_roles.h>

using namespace knobscope;

constexpr Hint kStreamHint = KNOB_EVICT_FIRST ? Hint::evict_first : Hint::none;
constexpr Evict kStream = KNOB_EVICT_FIRST ? Evict::first : Evict::normally;
constexpr Evict kGamma = KNOB_GAMMA_LAST ? Evict::last : Evict::normally;

// The warps of a block and their roles, once the first look at the other columns is over.
constexpr int kThreads = 512;
constexpr int kKeepers = 8;        // warps 0 to 7 add up the kept columns, dgamma and dbeta in registers
constexpr int kBringsKept = 8;     // fills the ring of kept columns
constexpr int kExchanges = 9;      // talks to the other blocks
constexpr int kBringsAgain = 10;   // fills the rings of the other columns
constexpr int kFirstApplier = 11;  // warps 11 to 15 write dx
constexpr int kAppliers = kThreads / kWarp - kFirstApplier;
constexpr int kOtherRegisters = 256 - KNOB_REGISTERS;  // the launch gives 16 warps 128 each
constexpr int kMostBlocks = 160;
constexpr int kRowsAtOnce = 16;  // in the first look at the other columns

constexpr int kChunk = kKeepers * kWarp;                    // packs of a chunk, one for each thread that keeps
constexpr int kPacks = KNOB_KEPT / kPack;                   // chunks of a row
constexpr int kInFlight = KNOB_SLOTS < 8 ? KNOB_SLOTS : 8;  // chunks on their way to the full ring; more is slower
constexpr int kUnitPacks = KNOB_UNIT / kPack;
constexpr int kUnit = kUnitPacks * kWarp;             // packs that a warp applies at a time
constexpr int kUnits = kChunk / kUnit;                // of a chunk
constexpr bool kScaledInRing = sizeof(Element) == 4;  // else dy * gamma would have to be rounded

struct Slot {
  uint4 x[kChunk];
  uint4 dy[kChunk];
};
struct AgainSlot {
  uint4 x[kUnit];
  uint4 dy[kUnit];
};
struct Rings {
  Slot kept[KNOB_SLOTS];
  AgainSlot again[kAppliers][KNOB_AGAIN];
};

// Which columns are whose, in packs. In shared memory, so that no role has to keep more of it than it needs.
struct Share {
  int row;       // all columns
  int kept_end;  // the kept ones come first, in chunks that go to the blocks in turn
  int chunks;    // of this block
  int units;     // of this block, from kept_end on
  int block;
  int blocks;

  __device__ void work_out(Index columns) {
    block = static_cast<int>(blockIdx.x);
    blocks = static_cast<int>(gridDim.x);
    row = static_cast<int>(columns / kPack);
    kept_end = min(kPacks * blocks * kChunk, row);
    chunks = in_turn((kept_end + kChunk - 1) / kChunk);
    units = in_turn((row - kept_end + kUnit - 1) / kUnit);
  }
  __device__ int in_turn(int pieces) const { return max(pieces - block + blocks - 1, 0) / blocks; }
  __device__ int chunk(int number) const { return (number * blocks + block) * kChunk; }
  __device__ int unit(int number) const { return kept_end + (number * blocks + block) * kUnit; }
};

// What the roles tell each other. Every lane arrives for what it has itself read or written: one could for its warp,
// behind a __syncwarp(), but compute-sanitizer's racecheck does not follow that, and it is no faster.
struct Board {
  Barrier loaded[KNOB_SLOTS];
  Barrier applied[KNOB_SLOTS];
  Barrier again_loaded[kAppliers][KNOB_AGAIN];
  Barrier again_applied[kAppliers][KNOB_AGAIN];
  Barrier summed[2];  // rows in turn: of_keepers are those of the row
  Barrier sums_taken[2];
  Barrier answered[2];  // rows in turn: terms are those of the row
  Barrier answer_taken[2];
  float2 of_keepers[2][kKeepers];
  RowTerms terms[2];
  int rows_here;  // of so many rows KNOB_GATE eighths of the kept part have been added up
  Share share;
};

// What one thread writes while another looks at it again and again.
template <typename T>
__device__ volatile T& watched(T& variable) {
  return const_cast<volatile T&>(variable);
}

extern __shared__ __align__(128) uint4 memory[];
__shared__ Board board;
__device__ Rings& rings() { return *reinterpret_cast<Rings*>(memory); }

// A message has a line of memory to itself, for all blocks look at all messages at once: in few lines, they wait for
// each other. Rows take turns: who sends the sums of a row has received those of the last one from everybody, and they
// sent them when they had received the row before that.
struct alignas(128) BlockSums {
  GridMessage message;
};
__device__ BlockSums sums_of[2][kMostBlocks];
__device__ unsigned rows_exchanged;  // in all launches so far

// ---- One lane fills the ring of kept columns, chunk by chunk, row by row: the chunks [begin, end) of all rows'.

__device__ void bring_kept(const Backward& job, Index begin, Index end) {
  const int chunks = board.share.chunks;
  const int kept_end = board.share.kept_end;
  int row = static_cast<int>(begin / max(chunks, 1));
  int chunk = static_cast<int>(begin - Index{row} * chunks);
  Turn<KNOB_SLOTS> turn{static_cast<int>(begin % KNOB_SLOTS), static_cast<unsigned>(begin / KNOB_SLOTS % 2)};
  Turn<KNOB_SLOTS> landing{KNOB_SLOTS - kInFlight, 0};
#pragma unroll 1
  for (Index i = begin; i < end; ++i) {
    if (i >= KNOB_SLOTS) {
      board.loaded[landing.slot].wait(landing.parity);
      landing.advance();
    }
    const int pack = board.share.chunk(chunk);
    const unsigned bytes = min(kChunk, kept_end - pack) * 16;
    const Index at = row * job.columns + Index{pack} * kPack;
    board.applied[turn.slot].wait(turn.parity ^ 1U);  // the slot's last content; at first there is none
    Barrier& loaded = board.loaded[turn.slot];
    Slot& slot = rings().kept[turn.slot];
    loaded.arrive_and_expect(2 * bytes);
    copy_to_shared<kStream>(slot.x, job.x + at, bytes, loaded);
    copy_to_shared<kStream>(slot.dy, job.dy + at, bytes, loaded);
    turn.advance();
    if (++chunk == chunks) {
      chunk = 0;
      ++row;
    }
  }
}

// ---- One lane fills the rings of the other columns: units go to the appliers in turn, on and on through all rows.

__device__ void bring_again(const Backward& job) {
  const int units = board.share.units;
  const int rows = static_cast<int>(job.rows);
  Turn<KNOB_AGAIN> turn;
  int warp = 0;
  for (int row = 0; row < rows; ++row) {
    // What fits the rings is brought at once.
    const int gated = KNOB_GATE == 0 ? units : min(units, kAppliers * KNOB_AGAIN);
    for (int unit = 0; unit < units; ++unit) {
      if (unit == gated) {
        const int next = min(row + 2, rows);
        while (watched(board.rows_here) < next) GridMessage::take_a_breath();
      }
      const int pack = board.share.unit(unit);
      const unsigned bytes = min(kUnit, board.share.row - pack) * 16;
      const Index at = row * job.columns + Index{pack} * kPack;
      board.again_applied[warp][turn.slot].wait(turn.parity ^ 1U);
      Barrier& loaded = board.again_loaded[warp][turn.slot];
      AgainSlot& slot = rings().again[warp][turn.slot];
      loaded.arrive_and_expect(2 * bytes);
      copy_to_shared<kStream>(slot.x, job.x + at, bytes, loaded);
      copy_to_shared<kStream>(slot.dy, job.dy + at, bytes, loaded);
      if (++warp == kAppliers) {
        warp = 0;
        turn.advance();
      }
    }
  }
}

// ---- Five warps write dx: of each row first the kept columns, which frees the ring, then the others.

__device__ PackBytes pack_at(const uint4& words) {
  PackBytes bytes;
  bytes.words = words;
  return bytes;
}

// dx of a unit: `pack` is this lane's first one in the row. x and dy are this lane's first in shared memory, from when
// wait() returns; dy may be multiplied by gamma already.
template <bool kScaled, typename Wait>
__device__ void apply_unit(const Backward& job, Index row, int pack, const RowTerms& terms, const uint4* x,
                           const uint4* dy, Wait wait) {
  const L2Policy stream = l2_policy<kStream>();
  const L2Policy gamma_policy = l2_policy<kGamma>();
  const int left = board.share.row - pack;
  const Index column = Index{pack} * kPack;
  PackBytes gamma[kUnitPacks];
  if (!kScaled) {
#pragma unroll
    for (int i = 0; i < kUnitPacks; ++i) {
      if (i * kWarp < left) gamma[i] = load_bytes(job.gamma + column + i * kWarp * kPack, gamma_policy);
    }
  }
  wait();
  Element* to = job.dx + row * job.columns + column;
#pragma unroll
  for (int i = 0; i < kUnitPacks; ++i) {
    if (i * kWarp >= left) break;
    const PackValues x_values = values_of(pack_at(x[i * kWarp]));
    PackValues values = values_of(pack_at(dy[i * kWarp]));
    if (!kScaled) {
      stay_packed(gamma[i]);
      const PackValues scale = values_of(gamma[i]);
#pragma unroll
      for (int k = 0; k < kPack; ++k) values.at[k] *= scale.at[k];
    }
#pragma unroll
    for (int k = 0; k < kPack; ++k) values.at[k] = terms.dx(x_values.at[k], values.at[k]);
    store_pack(to + i * kWarp * kPack, values, stream);
  }
}

// Only the first lane reads, and may arrive for what all have.
__device__ RowTerms from_first_lane(const RowTerms& from) {
  RowTerms terms{};
  if (threadIdx.x % kWarp == 0) terms = from;
  const auto first = [](float value) { return __shfl_sync(kWholeWarp, value, 0); };
  return RowTerms{{first(terms.scale.mean), first(terms.scale.rstd)}, first(terms.offset), first(terms.slope)};
}

__device__ void apply(const Backward& job) {
  const int warp = threadIdx.x / kWarp - kFirstApplier;
  const int lane = threadIdx.x % kWarp;
  Turn<KNOB_AGAIN> turn;
  int again_unit = warp;
  int first_chunk = 0;  // of the row, since the launch began
  for (int row = 0; row < static_cast<int>(job.rows); ++row) {
    board.answered[row % 2].wait(row / 2 % 2);
    const RowTerms terms = from_first_lane(board.terms[row % 2]);
    arrive_when_read(board.answer_taken[row % 2], __float_as_uint(terms.slope));

    for (int unit = warp; unit < board.share.chunks * kUnits; unit += kAppliers) {
      const int in_slot = unit % kUnits * kUnit + lane;
      const int slot = (first_chunk + unit / kUnits) % KNOB_SLOTS;
      const Slot& from = rings().kept[slot];
      apply_unit<kScaledInRing>(
          job, row, board.share.chunk(unit / kUnits) + in_slot, terms, from.x + in_slot, from.dy + in_slot, [] {});
      board.applied[slot].arrive();  // the stores need what was read from the slot, so it has been read
    }
    first_chunk = (first_chunk + board.share.chunks) % KNOB_SLOTS;

    for (; again_unit < board.share.units; again_unit += kAppliers) {
      const AgainSlot& from = rings().again[warp][turn.slot];
      apply_unit<false>(job, row, board.share.unit(again_unit) + lane, terms, from.x + lane, from.dy + lane, [&] {
        board.again_loaded[warp][turn.slot].wait(turn.parity);
      });
      board.again_applied[warp][turn.slot].arrive();
      turn.advance();
    }
    again_unit -= board.share.units;
  }
}

// ---- One warp of each block sends the block's sums to all others and adds up theirs.

// The sums of the whole row, for the first lane: the same bits in every block.
__device__ float2 add_up_blocks(float2 of_block, unsigned number) {
  const int lane = threadIdx.x % kWarp;
  const int blocks = static_cast<int>(gridDim.x);
  BlockSums* const sums_of_row = sums_of[number % 2];
  if (lane == 0) sums_of_row[blockIdx.x].message.send(of_block, number);
  float2 of_blocks[kMostBlocks / kWarp]{};
  bool all;
  do {
    all = true;
#pragma unroll
    for (int i = 0; i < kMostBlocks / kWarp; ++i) {
      const int block = i * kWarp + lane;
      if (block < blocks) all &= sums_of_row[block].message.receive(of_blocks[i], number);
    }
    if (!all) GridMessage::take_a_breath();
  } while (!all);
  float2 sums{};
  for (const float2 of_other : of_blocks) sums = merge(sums, of_other);
  __syncwarp();
  return warp_reduce(sums);
}

__device__ void exchange_sums(const Backward& job, const float2* again_sums) {
  const unsigned number = watched(rows_exchanged) + 1;
  const bool first_lane = threadIdx.x % kWarp == 0;
  for (int row = 0; row < static_cast<int>(job.rows); ++row) {
    const RowScale scale{job.mean[row], job.rstd[row]};
    float2 sums = again_sums[Index{row} * gridDim.x + blockIdx.x];
    board.summed[row % 2].wait(row / 2 % 2);
    __syncwarp();  // a lane that has not looked yet could miss this phase when the keepers go on
    if (first_lane) {
      for (const float2 of_keeper : board.of_keepers[row % 2]) sums = merge(sums, of_keeper);
      board.sums_taken[row % 2].arrive();
    }
    sums = add_up_blocks(sums, number + row);
    if (first_lane) {
      board.answer_taken[row % 2].wait((row / 2 % 2) ^ 1U);
      board.terms[row % 2] = RowTerms::of(scale, sums, job.columns);
      board.answered[row % 2].arrive();
    }
    __syncwarp();
  }
  // All blocks have sent the last row's sums, so they have read where the numbers of this launch start.
  if (blockIdx.x == 0 && first_lane) {
    watched(rows_exchanged) = number - 1 + static_cast<unsigned>(job.rows);
  }
}

// ---- Eight warps add up the kept columns of a row as they arrive.

__device__ void keep_columns(const Backward& job) {
  const L2Policy gamma_policy = l2_policy<kGamma>();
  const int thread = static_cast<int>(threadIdx.x);
  const int warp = thread / kWarp;
  const int lane = thread % kWarp;
  const int chunks = board.share.chunks;
  // The thread has a pack of each chunk, but the last chunk of all may be short.
  const Index first = Index{board.share.chunk(0) + thread} * kPack;
  const Index stride = Index{board.share.blocks} * kChunk * kPack;
  const int mine = chunks - (chunks > 0 && board.share.chunk(chunks - 1) + thread >= board.share.kept_end ? 1 : 0);

  const int opens_gate = max(chunks * KNOB_GATE / 8 - 1, 0);

  ColumnSums sums[kPacks + 1]{};
  // gamma comes from the L2 cache, and is asked for some chunks before it is needed.
  PackBytes gamma[KNOB_AHEAD];
  const Element* gamma_at = job.gamma + first;
  const auto load_gamma = [&](int chunk) {
    if (chunk < mine) gamma[chunk % KNOB_AHEAD] = load_bytes(gamma_at, gamma_policy);
    gamma_at += stride;
    work_out_later(gamma_at);
  };
  const auto load_first_gamma = [&] {
    gamma_at = job.gamma + first;
#pragma unroll
    for (int chunk = 0; chunk < KNOB_AHEAD; ++chunk) load_gamma(chunk);
  };

  load_first_gamma();
  RowScale next_scale{job.mean[0], job.rstd[0]};
  Turn<KNOB_SLOTS> turn;
  for (int row = 0; row < static_cast<int>(job.rows); ++row) {
    const RowScale scale = next_scale;
    if (row + 1 < job.rows) next_scale = RowScale{job.mean[row + 1], job.rstd[row + 1]};

    float2 row_sums{};
#pragma unroll
    for (int chunk = 0; chunk < kPacks; ++chunk) {
      if (chunk >= chunks) break;
      Slot& slot = rings().kept[turn.slot];
      board.loaded[turn.slot].wait(turn.parity);
      if (chunk < mine) {
        const PackValues x = values_of(pack_at(slot.x[thread]));
        PackValues values = values_of(pack_at(slot.dy[thread]));
        stay_packed(gamma[chunk % KNOB_AHEAD]);
        const PackValues scales = values_of(gamma[chunk % KNOB_AHEAD]);
#pragma unroll
        for (int k = 0; k < kPack; ++k) {
          values.at[k] = sums[chunk].add(k, values.at[k], scale.xhat(x.at[k]), scales.at[k], row_sums);
        }
        if (kScaledInRing) store_pack(reinterpret_cast<Element*>(slot.dy + thread), values);
      }
      if (chunk + KNOB_AHEAD < kPacks) load_gamma(chunk + KNOB_AHEAD);
      if (chunk == opens_gate && thread == 0) watched(board.rows_here) = row + 1;
      turn.advance();
    }
    if (kScaledInRing) publish_to_copies();  // for those that will fill the slots again
    row_sums = warp_reduce(row_sums);
    if (lane == 0) {
      board.sums_taken[row % 2].wait((row / 2 % 2) ^ 1U);
      board.of_keepers[row % 2][warp] = row_sums;
    }
    __syncwarp();
    board.summed[row % 2].arrive();
    load_first_gamma();
  }

  const L2Policy stream = l2_policy<kStream>();
  Element* dgamma_at = job.dgamma + first;
  Element* dbeta_at = job.dbeta + first;
#pragma unroll
  for (int chunk = 0; chunk < kPacks; ++chunk) {
    if (chunk >= mine) break;
    store_pack(dgamma_at, sums[chunk].dgamma, stream);
    store_pack(dbeta_at, sums[chunk].dbeta, stream);
    dgamma_at += stride;
    dbeta_at += stride;
  }
}

extern "C" __global__ __launch_bounds__(kThreads, 1) void layernorm_backward(
    const Element* x, const Element* dy, const Element* gamma, const float* mean, const float* rstd, Element* dx,
    Element* dgamma, Element* dbeta, float2* again_sums, float* carried, Index rows, Index columns) {
  // Rows start on a pack (see above), and now the compiler knows it.
  const Backward job{x, dy, gamma, mean, rstd, dx, dgamma, dbeta, rows, columns & -Index{kPack}};
  const int thread = static_cast<int>(threadIdx.x);
  const int warp = threadIdx.x / kWarp;
  const bool first_lane = threadIdx.x % kWarp == 0;

  // A thread for each: one after the other they take microseconds, for there is a fence behind every one.
  if (thread < KNOB_SLOTS) {
    board.loaded[thread].init(1);
    board.applied[thread].init(kUnits * kWarp);
  }
  if (thread < kAppliers * KNOB_AGAIN) {
    board.again_loaded[thread / KNOB_AGAIN][thread % KNOB_AGAIN].init(1);
    board.again_applied[thread / KNOB_AGAIN][thread % KNOB_AGAIN].init(kWarp);
  }
  if (thread < 2) {
    board.summed[thread].init(kKeepers * kWarp);
    board.sums_taken[thread].init(1);
    board.answered[thread].init(1);
    board.answer_taken[thread].init(kAppliers);
  }
  if (thread == 0) {
    board.share.work_out(columns);
    board.rows_here = board.share.chunks == 0 ? static_cast<int>(rows) : 0;
  }
  __syncthreads();

  // The ring fills while all warps look at the columns that are not kept.
  const Index all_chunks = rows * board.share.chunks;
  const Index filled = min(all_chunks, Index{KNOB_SLOTS});
  if (warp == kBringsKept && first_lane) bring_kept(job, 0, filled);
  const int others = board.share.row - board.share.kept_end;
  sum_columns<kThreads, kRowsAtOnce, 4, kStreamHint, kStreamHint>(
      job, Index{board.share.kept_end} * kPack, tiles_of_block<kThreads>(others, true), l2_policy<kGamma>(), carried,
      again_sums);

  if (warp < kKeepers) {
    take_registers<KNOB_REGISTERS>();
    keep_columns(job);
  } else {
    give_back_registers<kOtherRegisters>();
    if (warp == kBringsKept) {
      if (first_lane) bring_kept(job, filled, all_chunks);
    } else if (warp == kExchanges) {
      exchange_sums(job, again_sums);
    } else if (warp == kBringsAgain) {
      if (first_lane) bring_again(job);
    } else {
      apply(job);
    }
  }
}
