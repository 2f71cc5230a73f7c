#pragma once
// What kernels need whose blocks stay for the whole launch and hold a channel in shared memory until its statistics are
// known: which slices are a warp's, what a warp does with a slot that holds one, and how the blocks of a group find out
// about a channel while their warps go on.

#include "bulk_copy.h"
#include "cache_hints.h"
#include "channel.h"
#include "grid_flags.h"

namespace knobscope {

/// A warp's slices of every channel: first, first + step, ... as many as `mine`; no warp has more than `most`.
struct WarpSlices {
  int first;
  int step;
  int mine;
  int most;

  KNOBSCOPE_INLINE WarpSlices(const Slices& slices, int warp, int warps) : first(warp), step(warps) {
    const Index all = slices.of_channel();
    mine = static_cast<int>((all - warp + warps - 1) / warps);
    most = static_cast<int>((all + warps - 1) / warps);
  }
  KNOBSCOPE_INLINE Index at(int i) const { return first + static_cast<Index>(i) * step; }
};

/// A slice as those see it who have few registers to spare: some elements, whole packs, some elements.
struct Piece {
  Index begin;
  int head;
  int packs;
  int tail;

  KNOBSCOPE_INLINE Piece(const Slices& slices, Index channel, Index slice) {
    // Planes of several slices are so long that there are fewer than 2^32 of those in any memory.
    const Index image =
        slices.per_plane == 1 ? slice : static_cast<unsigned>(slice) / static_cast<unsigned>(slices.per_plane);
    const Index inside = (slice - image * slices.per_plane) * slices.length;
    begin = (image * slices.channels + channel) * slices.plane + inside;
    const int length = static_cast<int>(min(slices.length, slices.plane - inside));
    head = min(-static_cast<int>(begin) & (kPack - 1), length);
    packs = (length - head) / kPack;
    tail = length - head - packs * kPack;
  }
  KNOBSCOPE_INLINE Index packs_begin() const { return begin + head; }
  KNOBSCOPE_INLINE int edges() const { return head + tail; }
  KNOBSCOPE_INLINE Index edge(int i) const { return begin + i + (i < head ? 0 : packs * kPack); }
};

/// Slots of a warp's own, each with room for kPacks packs of every lane. Whole packs come by bulk copy; the elements at
/// a slice's edges, if any, are read from memory by whoever needs them.
template <int kPacks>
struct WarpSlots {
  static constexpr int kSlotPacks = kWarp * kPacks;
  static constexpr Index kSliceLength = kSlotPacks * kPack;
  uint4* first;
  Barrier* loaded;

  KNOBSCOPE_INLINE uint4* at(int slot) const { return first + slot * kSlotPacks; }

  /// By one lane, when no lane reads the slot any more.
  template <Evict kEvict = Evict::normally>
  KNOBSCOPE_INLINE void fill(int slot, const Element* x, const Piece& piece) const {
    const unsigned bytes = piece.packs * 16U;
    loaded[slot].arrive_and_expect(bytes);
    if (bytes != 0) copy_to_shared<kEvict>(at(slot), x + piece.packs_begin(), bytes, loaded[slot]);
  }
};

/// The lane's packs of a slice.
template <int kPacks>
KNOBSCOPE_INLINE ThreadPacks<kPacks> read_slot(const uint4* slot, const Piece& piece) {
  ThreadPacks<kPacks> packs;
#pragma unroll
  for (int i = 0; i < kPacks; ++i) {
    const int pack = i * kWarp + static_cast<int>(threadIdx.x) % kWarp;
    if (pack < piece.packs) packs.at[i].words = slot[pack];
  }
  return packs;
}

/// The moments of what this lane has of a slice.
template <int kPacks>
KNOBSCOPE_INLINE Moments moments_about(float centre, const ThreadPacks<kPacks>& packs, const Element* x,
                                       const Piece& piece) {
  const int lane = threadIdx.x % kWarp;
  Moments moments{};
  if (piece.packs == kWarp * kPacks) {
    moments = moments_about(centre, packs);
  } else {
#pragma unroll
    for (int i = 0; i < kPacks; ++i) {
      if (i * kWarp + lane < piece.packs) moments = merge(moments, moments_about(centre, values_of(packs.at[i])));
    }
  }
  if (lane < piece.edges()) moments = with_value(moments, to_float(x[piece.edge(lane)]) - centre);
  return moments;
}

/// Writes y for a slice whose packs the lanes have.
template <Hint kHint, int kPacks>
KNOBSCOPE_INLINE void normalize_packs(const Normalization& normalize, const ThreadPacks<kPacks>& packs,
                                      const Element* x, Element* y, const Piece& piece) {
  const int lane = threadIdx.x % kWarp;
  Element* const to = y + piece.packs_begin() + lane * kPack;
#pragma unroll
  for (int i = 0; i < kPacks; ++i) {
    PackValues values = values_of(packs.at[i]);
    for (float& value : values.at) value = normalize(value);
    if (i * kWarp + lane < piece.packs) store_pack<kHint>(to + i * kWarp * kPack, values);
  }
  if (lane < piece.edges()) {
    const Index at = piece.edge(lane);
    y[at] = from_float<Element>(normalize(to_float(x[at])));
  }
}

/// The channels of a group of blocks, all of which work on the same one at about the same time.
struct GroupChannels {
  Index first;
  Index step;
  Index count;

  KNOBSCOPE_INLINE GroupChannels(Index channels, int group, int groups)
      : first(group), step(groups), count((channels - group + groups - 1) / groups) {}
  KNOBSCOPE_INLINE Index at(Index turn) const { return first + turn * step; }
};

/// Where the blocks of a group tell each other a channel's moments: in device memory, for all launches of the kernel.
template <int kBlocks, int kTurns>
struct GroupMessages {
  GridMessage moments[2 * kTurns][kBlocks];
  GridMessage counts[kBlocks];
  unsigned sent[kBlocks];  ///< by a group, in all launches before
};

/// What the warps of a block learn about the group's channels, turn by turn; lives in shared memory. kWarps have
/// slices; of two more, one tells the group's other blocks what they found, and one listens to all of them. Warps may
/// have handed in the moments of kTurns - 1 channels before they need to know about the first one.
template <int kWarps, int kTurns>
class ChannelMeeting {
 public:
  /// By one thread; then all threads meet.
  KNOBSCOPE_INLINE void init(const Element* x, const Slices& slices, const GroupChannels& channels) {
    for (int turn = 0; turn < kTurns; ++turn) {
      gathered_[turn].init(kWarps * kWarp);
      known_[turn].init(1 + kWarp);
      if (turn < channels.count) centres_[turn] = slices.centre(x, channels.at(turn));
    }
  }

  /// By each of the kWarps, lane 0 with the warp's moments. All lanes arrive: so it is known that all have read what
  /// they were told about earlier channels, which may be written over.
  KNOBSCOPE_INLINE void hand_in(Index turn, const Moments& of_warp) {
    const int here = static_cast<int>(turn % kTurns);
    if (threadIdx.x % kWarp == 0) moments_[here][threadIdx.x / kWarp] = of_warp;
    gathered_[here].arrive();
  }

  /// The centre of a channel, when the one kTurns before is known.
  KNOBSCOPE_INLINE float centre(Index turn) const { return centres_[turn % kTurns]; }

  /// Waits until the channel's statistics are known.
  KNOBSCOPE_INLINE Normalization wait_for(Index turn) {
    const int here = static_cast<int>(turn % kTurns);
    known_[here].wait(parity_of(turn));
    return normalizations_[here];
  }

  /// What one more warp does, from the first channel to the last: it merges what the block's warps hand in.
  template <int kBlocks>
  KNOBSCOPE_INLINE void tell(GroupMessages<kBlocks, kTurns>& messages, int first_block, const GroupChannels& channels) {
    const int lane = threadIdx.x % kWarp;
    const unsigned sent = sent_before(messages, first_block);
    for (Index turn = 0; turn < channels.count; ++turn) {
      const int here = static_cast<int>(turn % kTurns);
      const unsigned number = sent + 1 + static_cast<unsigned>(turn);
      gathered_[here].wait(parity_of(turn));
      const Moments of_block = warp_reduce(lane < kWarps ? moments_[here][lane] : Moments{});
      if (lane == 0) {
        messages.moments[number % (2 * kTurns)][blockIdx.x].send(make_float2(of_block.mean, of_block.m2), number);
        // How many elements a block has is the same for all channels.
        if (turn == 0) messages.counts[blockIdx.x].send(make_float2(of_block.count, 0.0F), number);
      }
      known_[here].arrive();  // what the warps have handed in is read, and may be written over when all is known
    }
  }

  /// And what another one does: it merges what all blocks say, in the same order in each block, and hands that out.
  template <int kBlocks>
  KNOBSCOPE_INLINE void listen(GroupMessages<kBlocks, kTurns>& messages, int first_block, int blocks, const Element* x,
                               const Slices& slices, const GroupChannels& channels, const ChannelVectors& vectors) {
    constexpr int kOfLane = kBlocks / kWarp;
    const int lane = threadIdx.x % kWarp;
    const bool is_first = static_cast<int>(blockIdx.x) == first_block;
    const unsigned sent = sent_before(messages, first_block);

    // What memory has to say about a channel, asked for one turn early: it takes as long as a message.
    struct Inputs {
      Element gamma, beta;
      float running_mean, running_var;
      Samples samples;  // of the channel kTurns later
    };
    const auto ask = [&](Index turn) {
      const Index channel = channels.at(min(turn, channels.count - 1));
      const Index later = channels.at(min(turn + kTurns, channels.count - 1));
      return Inputs{vectors.gamma[channel], vectors.beta[channel], vectors.running_mean[channel],
                    vectors.running_var[channel], slices.samples(x, later)};
    };
    if (channels.count == 0) return;
    Inputs next = ask(0);
    float counts[kOfLane];
    for (Index turn = 0; turn < channels.count; ++turn) {
      const int here = static_cast<int>(turn % kTurns);
      const unsigned number = sent + 1 + static_cast<unsigned>(turn);
      GridMessage* const of_turn = messages.moments[number % (2 * kTurns)] + first_block;
      const Inputs inputs = next;
      next = ask(turn + 1);

      float2 others[kOfLane];
      bool complete = false;
      while (!complete) {
        complete = true;
#pragma unroll
        for (int i = 0; i < kOfLane; ++i) {
          const int other = i * kWarp + lane;
          if (other < blocks && !of_turn[other].receive(others[i], number)) complete = false;
        }
        if (!complete) GridMessage::take_a_breath();
      }
      if (turn == 0) {
#pragma unroll
        for (int i = 0; i < kOfLane; ++i) {
          const int other = i * kWarp + lane;
          counts[i] = other < blocks ? messages.counts[first_block + other].wait_for(number).x : 0.0F;
        }
      }
      __syncwarp();
      Moments moments{};
#pragma unroll
      for (int i = 0; i < kOfLane; ++i) {
        if (i * kWarp + lane < blocks) moments = merge(moments, Moments{counts[i], others[i].x, others[i].y});
      }
      moments = warp_reduce(moments);
      if (lane == 0) {
        const float centre = centres_[here];
        const float scale = rstd_of(moments, vectors.epsilon) * to_float(inputs.gamma);
        normalizations_[here] = Normalization{centre, moments.mean, scale, to_float(inputs.beta)};
        if (turn + kTurns < channels.count) centres_[here] = inputs.samples.middle();
        known_[here].arrive();
        if (is_first) {
          vectors.write(channels.at(turn), centre, moments, inputs.running_mean, inputs.running_var);
        }
      }
      __syncwarp();
    }
    // All blocks of the group have sent a message, so they have read the number.
    if (is_first && lane == 0) messages.sent[first_block] = sent + static_cast<unsigned>(channels.count);
  }

 private:
  static KNOBSCOPE_INLINE unsigned parity_of(Index turn) { return static_cast<unsigned>(turn / kTurns) & 1U; }

  template <int kBlocks>
  static KNOBSCOPE_INLINE unsigned sent_before(GroupMessages<kBlocks, kTurns>& messages, int first_block) {
    return *const_cast<volatile unsigned*>(&messages.sent[first_block]);
  }

  Moments moments_[kTurns][kWarps];
  Normalization normalizations_[kTurns];
  float centres_[kTurns];
  Barrier gathered_[kTurns];
  Barrier known_[kTurns];
};

}  // namespace knobscope
