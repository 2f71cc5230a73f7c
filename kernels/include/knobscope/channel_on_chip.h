#pragma once
// What kernels need whose blocks stay for the whole launch and hold a channel in shared memory until its statistics are
// known: what a warp does with a slice of it, and how the blocks of a group find out about a channel while their warps
// go on.

#include "bulk_copy.h"
#include "channel.h"
#include "grid_flags.h"
#include "l2_policy.h"
#include "read_slot.h"

namespace knobscope {

/// A slice as it lies in a slot: whole packs, which a bulk copy has brought. The elements at its edges, if any, stay in
/// memory.
struct SlotContent {
  Index begin;  ///< offset of the first element
  int head;     ///< elements before the first pack
  int packs;
  int tail;

  static KNOBSCOPE_INLINE SlotContent of(const Slices& slices, Index channel, Index image, Index piece) {
    const Index inside = piece * slices.length;
    SlotContent content;
    content.begin = (image * slices.channels + channel) * slices.plane + inside;
    const int length = static_cast<int>(min(slices.length, slices.plane - inside));
    content.head = min(-static_cast<int>(content.begin) & (kPack - 1), length);
    content.packs = (length - content.head) / kPack;
    content.tail = length - content.head - content.packs * kPack;
    return content;
  }
  KNOBSCOPE_INLINE Index packs_begin() const { return begin + head; }
  KNOBSCOPE_INLINE int edges() const { return head + tail; }
  KNOBSCOPE_INLINE Index edge(int i) const { return begin + i + (i < head ? 0 : packs * kPack); }
};

/// A block's slices of every channel: first, first + step, ... as many as `count`. Forwards and backwards without a
/// division: a step is so many images, and so many slices more.
class SliceWalk {
 public:
  Index count;

  KNOBSCOPE_INLINE SliceWalk(const Slices& slices, Index first, Index step)
      : count((slices.of_channel() - first + step - 1) / step),
        first_image_(first / slices.per_plane),
        first_piece_(first % slices.per_plane),
        images_(step / slices.per_plane),
        pieces_(step % slices.per_plane) {}

  KNOBSCOPE_INLINE void start() {
    image_ = first_image_;
    piece_ = first_piece_;
  }
  KNOBSCOPE_INLINE void forwards(const Slices& slices) {
    image_ += images_;
    piece_ += pieces_;
    if (piece_ >= slices.per_plane) {
      piece_ -= slices.per_plane;
      ++image_;
    }
  }
  KNOBSCOPE_INLINE void backwards(const Slices& slices) {
    image_ -= images_;
    piece_ -= pieces_;
    if (piece_ < 0) {
      piece_ += slices.per_plane;
      --image_;
    }
  }
  KNOBSCOPE_INLINE SlotContent content(const Slices& slices, Index channel) const {
    return SlotContent::of(slices, channel, image_, piece_);
  }

 private:
  Index first_image_, first_piece_;
  Index images_, pieces_;
  Index image_, piece_;
};

/// The moments of a slice, of which every lane of the warp takes kPacks packs of the slot.
template <int kPacks>
KNOBSCOPE_INLINE Moments moments_about(float centre, const uint4* slot, const SlotContent& content, const Element* x) {
  const int lane = threadIdx.x % kWarp;
  Moments moments{};
  if (content.packs == kWarp * kPacks) {
    ThreadPacks<kPacks> packs;
#pragma unroll
    for (int i = 0; i < kPacks; ++i) packs.at[i].words = slot[i * kWarp + lane];
    moments = moments_about(centre, packs);
  } else {
#pragma unroll 1
    for (int i = lane; i < content.packs; i += kWarp) {
      PackBytes bytes;
      bytes.words = slot[i];
      moments = merge(moments, moments_about(centre, values_of(bytes)));
    }
  }
  if (lane < content.edges()) moments = with_value(moments, to_float(x[content.edge(lane)]) - centre);
  return moments;
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

/// Where the blocks of a group tell each other what they know of a channel: in device memory, for all launches of the
/// kernel. The first block of a group gathers the others' moments and answers.
template <int kBlocks, int kTurns>
struct GroupMessages {
  GridMessage moments[2 * kTurns][kBlocks];  ///< mean and m2
  GridMessage answers[2 * kTurns][kBlocks];  ///< mean and rstd
  GridMessage counts[kBlocks];               ///< elements, the same of every channel
  unsigned sent[kBlocks];                    ///< by a group, in all launches before
};

/// What the warps of a block learn about the group's channels, turn by turn; lives in shared memory. kGather warps take
/// moments and may be kTurns channels ahead of the kApply warps that need the result. Of two more warps, one tells the
/// group's first block what was found, and one listens.
template <int kGather, int kApply, int kTurns>
class ChannelMeeting {
 public:
  /// By all threads, of which there are at least kTurns; then they meet.
  KNOBSCOPE_INLINE void init(const Element* x, const Slices& slices, const GroupChannels& channels) {
    const int turn = threadIdx.x;
    if (turn >= kTurns) return;
    gathered_[turn].init(kGather * kWarp);
    known_[turn].init(1 + kWarp);
    used_[turn].init(kApply);
    if (turn < channels.count) centres_[turn] = slices.centre(x, channels.at(turn));
  }

  /// By a warp that is about to gather from a channel.
  KNOBSCOPE_INLINE float centre(Index turn) {
    const int here = static_cast<int>(turn % kTurns);
    used_[here].wait(parity_of(turn) ^ 1U);
    return centres_[here];
  }

  /// By the same warp when it is done: lane 0 with the warp's moments, its number among kGather.
  KNOBSCOPE_INLINE void hand_in(Index turn, int warp, const Moments& of_warp) {
    const int here = static_cast<int>(turn % kTurns);
    if (threadIdx.x % kWarp == 0) moments_[here][warp] = of_warp;
    gathered_[here].arrive();
  }

  /// By a warp that applies; waits until the channel's statistics are known.
  KNOBSCOPE_INLINE Normalization wait_for(Index turn) {
    const int here = static_cast<int>(turn % kTurns);
    known_[here].wait(parity_of(turn));
    const Normalization result = normalizations_[here];
    arrive_when_read(used_[here], __float_as_uint(result.mean));
    return result;
  }

  /// What one warp does, from the first channel to the last: it merges what the block's warps hand in.
  template <int kBlocks>
  KNOBSCOPE_INLINE void tell(GroupMessages<kBlocks, kTurns>& messages, int first_block, const GroupChannels& channels) {
    const int lane = threadIdx.x % kWarp;
    const unsigned sent = sent_before(messages, first_block);
    for (Index turn = 0; turn < channels.count; ++turn) {
      const int here = static_cast<int>(turn % kTurns);
      const unsigned number = sent + 1 + static_cast<unsigned>(turn);
      gathered_[here].wait(parity_of(turn));
      const Moments of_block = warp_reduce(lane < kGather ? moments_[here][lane] : Moments{});
      if (lane == 0) {
        if (turn == 0) messages.counts[blockIdx.x].send(make_float2(of_block.count, 0.0F), number);
        messages.moments[number % (2 * kTurns)][blockIdx.x].send(make_float2(of_block.mean, of_block.m2), number);
      }
      known_[here].arrive();  // what the warps have handed in is read, and may be written over when all is known
    }
  }

  /// And what another one does: it waits for the answer, or in the group's first block finds it, merging what all
  /// blocks say always in the same order, and hands it out.
  template <int kBlocks>
  KNOBSCOPE_INLINE void listen(GroupMessages<kBlocks, kTurns>& messages, int first_block, int blocks, const Element* x,
                               const Slices& slices, const GroupChannels& channels, const ChannelVectors& vectors) {
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
    float counts[kLooks];
    for (Index turn = 0; turn < channels.count; ++turn) {
      const int here = static_cast<int>(turn % kTurns);
      const unsigned number = sent + 1 + static_cast<unsigned>(turn);
      const int row = static_cast<int>(number % (2 * kTurns));
      const Inputs inputs = next;
      next = ask(turn + 1);

      float2 answer{};
      if (is_first) {
        const Moments moments =
            gather(messages.moments[row] + first_block, messages.counts + first_block, counts, blocks, turn, number);
        answer = make_float2(moments.mean, rstd_of(moments, vectors.epsilon));
        answer.x = __shfl_sync(kWholeWarp, answer.x, 0);
        answer.y = __shfl_sync(kWholeWarp, answer.y, 0);
        for (int i = lane; i < blocks; i += kWarp) {
          if (i != 0) messages.answers[row][first_block + i].send(answer, number);
        }
        if (lane == 0) {
          vectors.write(channels.at(turn), centres_[here], moments, inputs.running_mean, inputs.running_var);
        }
      } else if (lane == 0) {
        answer = messages.answers[row][blockIdx.x].wait_for(number);
      }
      if (lane == 0) {
        const float scale = answer.y * to_float(inputs.gamma);
        normalizations_[here] = Normalization{centres_[here], answer.x, scale, to_float(inputs.beta)};
        if (turn + kTurns < channels.count) centres_[here] = inputs.samples.middle();
        known_[here].arrive();
      }
      __syncwarp();
    }
    // All blocks of the group have sent a message, so they have read the number.
    if (is_first && lane == 0) messages.sent[first_block] = sent + static_cast<unsigned>(channels.count);
  }

 private:
  static constexpr int kLooks = 6;  // messages that a lane looks at together

  static KNOBSCOPE_INLINE unsigned parity_of(Index turn) { return static_cast<unsigned>(turn / kTurns) & 1U; }

  template <int kBlocks>
  static KNOBSCOPE_INLINE unsigned sent_before(GroupMessages<kBlocks, kTurns>& messages, int first_block) {
    return *const_cast<volatile unsigned*>(&messages.sent[first_block]);
  }

  // Lane 0 receives the moments of all blocks together.
  static KNOBSCOPE_INLINE Moments gather(GridMessage* moments, GridMessage* count_messages, float* counts, int blocks,
                                         Index turn, unsigned number) {
    const int lane = threadIdx.x % kWarp;
    float2 others[kLooks];
    bool complete = false;
    while (!complete) {
      complete = true;
#pragma unroll
      for (int i = 0; i < kLooks; ++i) {
        const int other = i * kWarp + lane;
        if (other < blocks && !moments[other].receive(others[i], number)) complete = false;
      }
      if (!complete) GridMessage::take_a_breath();
    }
    if (turn == 0) {
#pragma unroll
      for (int i = 0; i < kLooks; ++i) {
        const int other = i * kWarp + lane;
        counts[i] = other < blocks ? count_messages[other].wait_for(number).x : 0.0F;
      }
    }
    __syncwarp();
    Moments all{};
#pragma unroll
    for (int i = 0; i < kLooks; ++i) {
      if (i * kWarp + lane < blocks) all = merge(all, Moments{counts[i], others[i].x, others[i].y});
    }
    return warp_reduce(all);
  }

  Moments moments_[kTurns][kGather];
  Normalization normalizations_[kTurns];
  float centres_[kTurns];
  Barrier gathered_[kTurns];
  Barrier known_[kTurns];
  Barrier used_[kTurns];
};

}  // namespace knobscope
