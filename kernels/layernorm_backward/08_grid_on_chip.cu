/* knobscope
title = "Few huge rows, most columns on chip"
idea = """
A huge row must be seen whole before any dx of it is known, so without a place to keep it x and dy are read twice. \
The registers and shared memory of all multiprocessors together are such a place, but not for everything: for each \
column they would have to hold x and dy of the row at hand, and dgamma and dbeta of all rows. They hold it for two \
thirds of four million columns. Those pass once: a ring brings them row by row, eight warps add them up, and write dx \
when the blocks have exchanged the row's sums. The other columns are added up first, all rows at once as in the column \
slabs, and five more warps read them again, a row behind, while the next row comes in. The knob that matters is kept: \
how much is read only once, as long as registers and ring hold it."""
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
default = 2
help = "units of the other columns in the ring of each warp that reads them again"

[knobs.unit]
values = [8, 16, 32]
default = 8
help = "columns of such a unit for each lane"

[knobs.in_flight]
values = [4, 6, 8, 12, 16, 32]
default = 8
help = "chunks that are on their way to the ring at a time"

[knobs.ahead]
values = [2, 4, 6, 8]
default = 4
help = "chunks by which the loads of gamma run ahead"

[knobs.registers]
values = [200, 208, 216, 224]
default = 216
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
(2 - kept * sm_count * min(256, floor(columns / (max(kept, 1) * sm_count))) / columns) * 2 * elements \
* element_size + columns * element_size + 8 * rows + (ceil_div(rows, 16) - 1) * 8 \
* (columns - kept * sm_count * min(256, floor(columns / (max(kept, 1) * sm_count))))"""
writes = """
elements * element_size + 2 * columns * element_size + (ceil_div(rows, 16) - 1) * 8 \
* (columns - kept * sm_count * min(256, floor(columns / (max(kept, 1) * sm_count))))"""
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
constexpr int kKeepers = 8;        // warps 0 to 7 work on the kept columns, dgamma and dbeta in registers
constexpr int kBringsKept = 8;     // fills the ring of kept columns
constexpr int kExchanges = 9;      // talks to the other blocks
constexpr int kBringsAgain = 10;   // fills the rings of the other columns
constexpr int kFirstApplier = 11;  // warps 11 to 15 write dx of those
constexpr int kAppliers = kThreads / kWarp - kFirstApplier;
constexpr int kOtherRegisters = 256 - KNOB_REGISTERS;  // the launch gives 16 warps 128 each
constexpr int kMostBlocks = 160;
constexpr int kRowsAtOnce = 16;  // in the first look at the other columns

constexpr int kChunk = kKeepers * kWarp;   // packs of a chunk, one for each thread that keeps
constexpr int kPacks = KNOB_KEPT / kPack;  // chunks of a row
constexpr int kUnitPacks = KNOB_UNIT / kPack;
constexpr int kUnit = kUnitPacks * kWarp;             // packs that a warp applies at a time
constexpr bool kScaledInRing = sizeof(Element) == 4;  // else dy * gamma would have to be rounded

// Packs that a thread reads before it writes the first: a read could not overtake a write that is written before it.
constexpr int kTogether = kPacks % 2 == 0 ? 2 : 1;

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
  int width;     // of a chunk: every block has kPacks chunks of a row, narrow ones of a short row
  int kept_end;  // the kept ones come first, in chunks that go to the blocks in turn
  int units;     // of this block, from kept_end on
  int block;
  int blocks;

  __device__ void work_out(Index columns) {
    block = static_cast<int>(blockIdx.x);
    blocks = static_cast<int>(gridDim.x);
    row = static_cast<int>(columns / kPack);
    width = kPacks == 0 ? 0 : min(kChunk, row / max(kPacks * blocks, 1));
    kept_end = kPacks * blocks * width;
    units = max((row - kept_end + kUnit - 1) / kUnit - block + blocks - 1, 0) / blocks;
  }
  __device__ int chunks() const { return width > 0 ? kPacks : 0; }
  __device__ int chunk(int number) const { return (number * blocks + block) * width; }
  __device__ int unit(int number) const { return kept_end + (number * blocks + block) * kUnit; }
};

// When the blocks have exchanged a row's sums. The next row's scale comes along: a load from memory would wait behind
// all that is written.
struct Answer {
  RowTerms terms;
  RowScale next_scale;
};

// What the roles tell each other.
struct Board {
  Barrier loaded[KNOB_SLOTS];
  Barrier applied[KNOB_SLOTS];
  Barrier again_loaded[kAppliers][KNOB_AGAIN];
  Barrier again_applied[kAppliers][KNOB_AGAIN];
  Barrier summed;           // of_keepers are those of the next row
  Barrier answered[2];      // rows in turn, as what follows
  Barrier answer_taken[2];  // by the appliers; the keepers have taken theirs when they send the next sums
  Answer answers[2];
  float2 of_keepers[kKeepers];
  Share share;
};

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

__device__ void bring_kept(const Backward& job, int begin, int end) {
  const unsigned bytes = board.share.width * 16;
#pragma unroll 1
  for (int i = begin; i < end; ++i) {
    if (KNOB_IN_FLIGHT < KNOB_SLOTS && i >= KNOB_SLOTS) {
      const int landing = i - KNOB_IN_FLIGHT;
      board.loaded[landing % KNOB_SLOTS].wait(landing / KNOB_SLOTS % 2);
    }
    const int slot = i % KNOB_SLOTS;
    const int row = i / max(kPacks, 1);
    const Index at = row * job.columns + Index{board.share.chunk(i - row * kPacks)} * kPack;
    board.applied[slot].wait((i / KNOB_SLOTS % 2) ^ 1);  // the slot's last content; at first there is none
    Barrier& loaded = board.loaded[slot];
    loaded.arrive_and_expect(2 * bytes);
    copy_to_shared<kStream>(rings().kept[slot].x, job.x + at, bytes, loaded);
    copy_to_shared<kStream>(rings().kept[slot].dy, job.dy + at, bytes, loaded);
  }
}

// ---- One lane fills the rings of the other columns: units go to the appliers in turn, on and on through all rows.

__device__ void bring_again(const Backward& job) {
  const int units = board.share.units;
  Turn<KNOB_AGAIN> turn;
  int warp = 0;
  for (int row = 0; row < static_cast<int>(job.rows); ++row) {
#pragma unroll 1
    for (int unit = 0; unit < units; ++unit) {
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

// ---- What those have in common who write dx.

__device__ PackBytes pack_at(const uint4& words) {
  PackBytes bytes;
  bytes.words = words;
  return bytes;
}

__device__ PackValues scaled(PackValues dy, PackBytes gamma) {
  stay_packed(gamma);
  const PackValues scales = values_of(gamma);
#pragma unroll
  for (int k = 0; k < kPack; ++k) dy.at[k] *= scales.at[k];
  return dy;
}

__device__ PackValues dx_of(const RowTerms& terms, const PackValues& x, const PackValues& w) {
  PackValues dx;
#pragma unroll
  for (int k = 0; k < kPack; ++k) dx.at[k] = terms.dx(x.at[k], w.at[k]);
  return dx;
}

// Waits for the answer to a row's sums. Only the first lane reads it and hands it on: when it arrives somewhere, its
// warp has it.
__device__ Answer answer_of(int row) {
  board.answered[row % 2].wait(row / 2 % 2);
  Answer answer{};
  if (threadIdx.x % kWarp == 0) answer = board.answers[row % 2];
  const auto first_lanes = [](float value) { return __shfl_sync(kWholeWarp, value, 0); };
  const auto handed_on = [&](const RowScale& scale) {
    return RowScale{first_lanes(scale.mean), first_lanes(scale.rstd)};
  };
  const RowTerms& terms = answer.terms;
  return Answer{RowTerms{handed_on(terms.scale), first_lanes(terms.offset), first_lanes(terms.slope)},
                handed_on(answer.next_scale)};
}

// ---- Five warps write dx of the other columns, each unit by unit, while the ring is filled with the next row.

__device__ void apply_again(const Backward& job) {
  const L2Policy stream = l2_policy<kStream>();
  const L2Policy gamma_policy = l2_policy<kGamma>();
  const int warp = threadIdx.x / kWarp - kFirstApplier;
  const int lane = threadIdx.x % kWarp;
  Turn<KNOB_AGAIN> turn;
  int unit = warp;
  for (int row = 0; row < static_cast<int>(job.rows); ++row) {
    const RowTerms terms = answer_of(row).terms;
    if (lane == 0) board.answer_taken[row % 2].arrive();

    for (; unit < board.share.units; unit += kAppliers) {
      const int pack = board.share.unit(unit) + lane;
      const int left = board.share.row - pack;
      const Element* const gamma_at = job.gamma + Index{pack} * kPack;
      Element* const dx_at = job.dx + row * job.columns + Index{pack} * kPack;
      PackBytes gamma[kUnitPacks];
#pragma unroll
      for (int i = 0; i < kUnitPacks; ++i) {
        if (i * kWarp < left) gamma[i] = load_bytes(gamma_at + i * kWarp * kPack, gamma_policy);
      }
      const AgainSlot& slot = rings().again[warp][turn.slot];
      board.again_loaded[warp][turn.slot].wait(turn.parity);
#pragma unroll
      for (int i = 0; i < kUnitPacks; ++i) {
        if (i * kWarp >= left) break;
        const PackValues x = values_of(pack_at(slot.x[i * kWarp + lane]));
        const PackValues dy = values_of(pack_at(slot.dy[i * kWarp + lane]));
        store_pack(dx_at + i * kWarp * kPack, dx_of(terms, x, scaled(dy, gamma[i])), stream);
      }
      __syncwarp();  // the stores need what was read from the slot, so it has been read
      if (lane == 0) board.again_applied[warp][turn.slot].arrive();
      turn.advance();
    }
    unit -= board.share.units;
  }
}

// ---- One warp of each block sends the block's sums to all others and adds up theirs.

// The sums of the whole row, for the first lane: the same bits in every block.
__device__ float2 add_up_blocks(float2 of_block, unsigned number) {
  const int lane = threadIdx.x % kWarp;
  const int blocks = board.share.blocks;
  BlockSums* const sums_of_row = sums_of[number % 2];
  if (lane == 0) sums_of_row[board.share.block].message.send(of_block, number);
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
  const unsigned number = const_cast<volatile unsigned&>(rows_exchanged) + 1;
  const bool first_lane = threadIdx.x % kWarp == 0;
  const int rows = static_cast<int>(job.rows);
  RowScale scale{job.mean[0], job.rstd[0]};
  for (int row = 0; row < rows; ++row) {
    const int next = min(row + 1, rows - 1);
    const RowScale next_scale{job.mean[next], job.rstd[next]};
    float2 sums = again_sums[Index{row} * board.share.blocks + board.share.block];
    board.summed.wait(row % 2);
    if (first_lane) {
      for (const float2 of_keeper : board.of_keepers) sums = merge(sums, of_keeper);
    }
    sums = add_up_blocks(sums, number + row);
    if (first_lane) {
      board.answer_taken[row % 2].wait((row / 2 % 2) ^ 1U);
      board.answers[row % 2] = Answer{RowTerms::of(scale, sums, job.columns), next_scale};
      board.answered[row % 2].arrive();
    }
    scale = next_scale;
    __syncwarp();
  }
  // All blocks have sent the last row's sums, so they have read where the numbers of this launch start.
  if (board.share.block == 0 && first_lane) {
    const_cast<volatile unsigned&>(rows_exchanged) = number - 1 + static_cast<unsigned>(rows);
  }
}

// ---- Eight warps add up the kept columns of a row as they arrive, and write dx when the whole row's sums are known.

__device__ void keep_columns(const Backward& job) {
  const L2Policy stream = l2_policy<kStream>();
  const L2Policy gamma_policy = l2_policy<kGamma>();
  const int chunks = board.share.chunks();
  const int thread = static_cast<int>(threadIdx.x);
  const int warp = thread / kWarp;
  const int lane = thread % kWarp;
  // The thread has a pack of each chunk, but of narrow ones the last threads have none: they go along with zeros.
  const bool mine = thread < board.share.width;
  const auto first = [&] { return Index{board.share.chunk(0) + (mine ? thread : 0)} * kPack; };
  const int stride = board.share.blocks * board.share.width * kPack;

  ColumnSums sums[kPacks + 1]{};
  // gamma comes from the L2 cache, and is asked for some chunks before it is needed.
  PackBytes gamma[KNOB_AHEAD];
  const Element* gamma_at = job.gamma;
  const auto load_gamma = [&](int chunk) {
    gamma[chunk % KNOB_AHEAD] = load_bytes(gamma_at, gamma_policy);
    gamma_at += stride;
    work_out_later(gamma_at);
  };
  const auto load_first_gamma = [&] {
    gamma_at = job.gamma + first();
#pragma unroll
    for (int chunk = 0; chunk < min(KNOB_AHEAD, kPacks); ++chunk) load_gamma(chunk);
  };

  if (chunks > 0) load_first_gamma();
  RowScale scale{job.mean[0], job.rstd[0]};
  Turn<KNOB_SLOTS> turn;
  Turn<KNOB_SLOTS> applying;
#pragma unroll 1
  for (int row = 0; row < static_cast<int>(job.rows); ++row) {
    float2 row_sums{};
    if (chunks > 0) {
#pragma unroll
      for (int chunk = 0; chunk < kPacks; ++chunk) {
        Slot& slot = rings().kept[turn.slot];
        board.loaded[turn.slot].wait(turn.parity);
        const PackValues x = values_of(pack_at(slot.x[thread]));
        PackValues values = values_of(pack_at(slot.dy[thread]));
        stay_packed(gamma[chunk % KNOB_AHEAD]);
        const PackValues scales = values_of(gamma[chunk % KNOB_AHEAD]);
#pragma unroll
        for (int k = 0; k < kPack; ++k) {
          values.at[k] = sums[chunk].add(k, values.at[k], scale.xhat(x.at[k]), scales.at[k], row_sums);
        }
        if (kScaledInRing) store_pack(reinterpret_cast<Element*>(slot.dy + thread), values);
        if (chunk + KNOB_AHEAD < kPacks) load_gamma(chunk + KNOB_AHEAD);
        turn.advance();
      }
    }
    if (kScaledInRing) publish_to_copies();  // for those that will fill the slots again
    row_sums = warp_reduce(mine ? row_sums : float2{});
    if (lane == 0) {
      board.of_keepers[warp] = row_sums;
      board.summed.arrive();
    }
    if (chunks > 0) load_first_gamma();

    const Answer answer = answer_of(row);
    scale = answer.next_scale;
    Element* dx_at = job.dx + row * job.columns + first();
    if (chunks > 0) {
#pragma unroll(kScaledInRing ? 2 : kPacks)
      for (int from = 0; from < kPacks; from += kTogether) {
        PackValues dx[kTogether];
        Turn<KNOB_SLOTS> reading = applying;
#pragma unroll
        for (int k = 0; k < kTogether; ++k) {
          const Slot& slot = rings().kept[reading.slot];
          const PackValues dy = values_of(pack_at(slot.dy[thread]));
          dx[k] = dx_of(answer.terms, values_of(pack_at(slot.x[thread])),
                        kScaledInRing ? dy : scaled(dy, gamma[(from + k) % KNOB_AHEAD]));
          if (!kScaledInRing && from + k + KNOB_AHEAD < kPacks) load_gamma(from + k + KNOB_AHEAD);
          reading.advance();
        }
#pragma unroll
        for (int k = 0; k < kTogether; ++k) {
          if (mine) store_pack(dx_at, dx[k], stream);
          dx_at += stride;
        }
        // The stores need what was read from the slots, so it has been read; then the first lane arrives for all.
        // compute-sanitizer's racecheck does not follow what other lanes read before an earlier wait through this.
        __syncwarp();
#pragma unroll
        for (int k = 0; k < kTogether; ++k) {
          if (lane == 0) board.applied[applying.slot].arrive();
          applying.advance();
        }
      }
      if (!kScaledInRing) load_first_gamma();
    }
  }

  if (!mine) return;
  Element* dgamma_at = job.dgamma + first();
  Element* dbeta_at = job.dbeta + first();
#pragma unroll
  for (int chunk = 0; chunk < kPacks; ++chunk) {
    store_pack(dgamma_at, sums[chunk].dgamma, stream);
    store_pack(dbeta_at, sums[chunk].dbeta, stream);
    dgamma_at += stride;
    dbeta_at += stride;
  }
}

extern "C" __global__ __launch_bounds__(kThreads, 1) void layernorm_backward(
    const Element* x, const Element* dy, const Element* gamma, const float* mean, const float* rstd, Element* dx,
    Element* dgamma, Element* dbeta, float2* again_sums, float* carried, Index rows, Index columns) {
  const Backward job{x, dy, gamma, mean, rstd, dx, dgamma, dbeta, rows, columns};
  const int warp = threadIdx.x / kWarp;
  const bool first_lane = threadIdx.x % kWarp == 0;

  if (threadIdx.x == 0) {
    for (int i = 0; i < KNOB_SLOTS; ++i) {
      board.loaded[i].init(1);
      board.applied[i].init(kKeepers);
    }
    for (int i = 0; i < kAppliers * KNOB_AGAIN; ++i) {
      board.again_loaded[i / KNOB_AGAIN][i % KNOB_AGAIN].init(1);
      board.again_applied[i / KNOB_AGAIN][i % KNOB_AGAIN].init(1);
    }
    board.summed.init(kKeepers);
    for (int i = 0; i < 2; ++i) {
      board.answered[i].init(1);
      board.answer_taken[i].init(kAppliers);
    }
    board.share.work_out(columns);
  }
  __syncthreads();

  // The ring fills while all warps look at the columns that are not kept.
  const int width = board.share.width;
  const auto all_chunks = [&] { return static_cast<int>(rows) * board.share.chunks(); };
  if (warp == kBringsKept && first_lane) bring_kept(job, 0, min(all_chunks(), KNOB_SLOTS));
  for (int i = width + static_cast<int>(threadIdx.x); i < kChunk; i += kThreads) {
    for (Slot& slot : rings().kept) slot.x[i] = slot.dy[i] = make_uint4(0, 0, 0, 0);
  }
  sum_columns<kThreads, kRowsAtOnce, 4, kStreamHint, kStreamHint>(
      job, Index{board.share.kept_end} * kPack, tiles_of_block<kThreads>(board.share.row - board.share.kept_end, true),
      l2_policy<kGamma>(), carried, again_sums);

  if (warp < kKeepers) {
    take_registers<KNOB_REGISTERS>();
    keep_columns(job);
  } else {
    give_back_registers<kOtherRegisters>();
    if (warp == kBringsKept) {
      if (first_lane) bring_kept(job, min(all_chunks(), KNOB_SLOTS), all_chunks());
    } else if (warp == kExchanges) {
      exchange_sums(job, again_sums);
    } else if (warp == kBringsAgain) {
      if (first_lane) bring_again(job);
    } else {
      apply_again(job);
    }
  }
}
