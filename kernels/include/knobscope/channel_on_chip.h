#pragma once
// What kernels need whose blocks stay for the whole launch and hold a channel in shared memory until its statistics are
// known: what a warp does with a slice of it, and how the blocks of a group find out about a channel while their warps
// go on.

#include "bulk_copy.h"
#include "channel.h"
#include "grid_message.h"
#include "l2_policy.h"
#include "read_slot.h"

namespace knobscope {

/// A slice as it lies in a slot: whole packs, which a bulk copy has brought. The elements at its edges, if any, stay in
/// memory.
struct alignas(16) SlotContent {
  Index begin;  ///< offset of the first element
  int packs;
  short head;  ///< elements before the first pack
  short tail;

  static KNOBSCOPE_INLINE SlotContent cut(Index begin, int length) {
    const int head = min(-static_cast<int>(begin) & (kPack - 1), length);
    const int packs = (length - head) / kPack;
    return SlotContent{begin, packs, static_cast<short>(head), static_cast<short>(length - head - packs * kPack)};
  }
  /// The slice of the same length that begins `elements` further. Most planes have a multiple of kPack elements: the
  /// slices of all channels are then cut alike.
  KNOBSCOPE_INLINE SlotContent moved(Index elements) const {
    if (elements % kPack == 0) return SlotContent{begin + elements, packs, head, tail};
    return cut(begin + elements, head + packs * kPack + tail);
  }
  KNOBSCOPE_INLINE Index packs_begin() const { return begin + head; }
  KNOBSCOPE_INLINE int edges() const { return head + tail; }
  KNOBSCOPE_INLINE Index edge(int i) const { return begin + i + (i < head ? 0 : packs * kPack); }
};

/// Where a block is among its slices of a channel: first, first + step, ... Forwards and backwards without a division
/// or a product: who copies has little time for each slice.
class SliceWalk {
 public:
  KNOBSCOPE_INLINE SliceWalk(const Slices& slices, int first, int step)
      : plane_(slices.plane),
        slices_(static_cast<int>(slices.per_plane)),
        length_(static_cast<int>(slices.length)),
        last_length_(static_cast<int>(plane_ - (slices.per_plane - 1) * slices.length)),
        to_next_image_(slices.channels * plane_ - slices.per_plane * slices.length) {
    const Index image_stride = slices.channels * plane_;
    slice_ = first % slices_;
    offset_ = first / slices_ * image_stride + slice_ * slices.length;
    step_ = step % slices_;
    step_offset_ = step / slices_ * image_stride + step_ * slices.length;
  }
  KNOBSCOPE_INLINE void forwards() {
    slice_ += step_;
    offset_ += step_offset_;
    if (slice_ < slices_) return;
    slice_ -= slices_;
    offset_ += to_next_image_;
  }
  KNOBSCOPE_INLINE void backwards() {
    slice_ -= step_;
    offset_ -= step_offset_;
    if (slice_ >= 0) return;
    slice_ += slices_;
    offset_ -= to_next_image_;
  }
  KNOBSCOPE_INLINE SlotContent content(Index channel) const {
    return SlotContent::cut(offset_ + channel * plane_, slice_ == slices_ - 1 ? last_length_ : length_);
  }

 private:
  Index plane_;
  int slices_;  // of a plane
  int length_;
  int last_length_;
  Index to_next_image_;
  int slice_;
  Index offset_;
  int step_;
  Index step_offset_;
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

/// The moments of what all lanes of a warp have, for every lane: two passes over values in registers, and one division.
/// Products are rounded before lanes exchange them, so that all come to the same bits.
KNOBSCOPE_INLINE Moments merged_by_warp(const Moments& own) {
  const float count = reduce_to_all(own.count);
  const float mean = reduce_to_all(__fmul_rn(own.count, own.mean)) / fmaxf(count, 1.0F);
  const float distance = own.mean - mean;
  return Moments{count, mean, reduce_to_all(fmaf(__fmul_rn(own.count, distance), distance, own.m2))};
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
/// kernel. If channels are long, the first block of the group reads what all say, and sends each an answer of its own.
/// If they are short, all read what all say: nobody waits for a second message then, which many channels would add up,
/// while for long ones so much looking, when memory is busy, makes the kernel 1 % slower.
template <int kBlocks, int kTurns>
struct GroupMessages {
  struct alignas(32) Answer {  // as much as the L2 cache moves: nobody looks into a neighbour's
    GridMessage message;
  };

  GridMessage moments[2 * kTurns][kBlocks];  ///< mean and m2
  Answer answers[2 * kTurns][kBlocks];       ///< mean and rstd of the channel
  GridMessage counts[kBlocks];               ///< elements, the same of every channel
  unsigned sent[kBlocks];                    ///< by a group, in all launches before
};

/// What the warps of a block learn about the group's channels, turn by turn; lives in shared memory. kGather warps take
/// moments and may be kTurns channels ahead of the kApply warps that need the result.
template <int kGather, int kApply, int kTurns>
class ChannelMeeting {
  static_assert(kTurns <= kWarp, "a lane for each of the first centres");

 public:
  /// By all threads, of which there are at least kTurns warps; then they meet.
  KNOBSCOPE_INLINE void init() {
    if (threadIdx.x % kWarp != 0) return;
    const int turn = threadIdx.x / kWarp;
    if (turn == 0) centred_.init(kWarp);
    if (turn >= kTurns) return;
    gathered_[turn].init(kGather * kWarp);
    known_[turn].init(1 + kWarp);
    used_[turn].init(kApply);
  }

  /// By a warp that is about to gather from a channel.
  KNOBSCOPE_INLINE float centre(Index turn) {
    const int here = static_cast<int>(turn % kTurns);
    if (turn == 0) centred_.wait(0);
    used_[here].wait(parity_of(turn) ^ 1U);
    return centres_[here];
  }

  /// By the same warp when it is done: lane 0 with the warp's moments, its number among kGather. The first of these
  /// warps waits for the others, and tells the group's first block what they have found together.
  ///
  /// It may write over its message of 2 * kTurns turns ago. A block gathers from a channel when the one kTurns before
  /// is known, so when all blocks had gathered from that; and they had when the one 2 * kTurns before was known to
  /// them. The same goes for the answers.
  template <int kBlocks>
  KNOBSCOPE_INLINE void hand_in(GroupMessages<kBlocks, kTurns>& messages, unsigned sent, Index turn, int warp,
                                const Moments& of_warp) {
    const int here = static_cast<int>(turn % kTurns);
    const int lane = threadIdx.x % kWarp;
    if (lane == 0) moments_[here][warp] = of_warp;
    gathered_[here].arrive();
    if (warp != 0) return;
    gathered_[here].wait(parity_of(turn));
    const Moments of_block = merged_by_warp(lane < kGather ? moments_[here][lane] : Moments{});
    if (lane == 0) {
      const unsigned number = sent + 1 + static_cast<unsigned>(turn);
      if (turn == 0) messages.counts[blockIdx.x].send(make_float2(of_block.count, 0.0F), number);
      messages.moments[number % (2 * kTurns)][blockIdx.x].send(make_float2(of_block.mean, of_block.m2), number);
    }
    known_[here].arrive();  // what the warps have handed in is read, and may be written over when all is known
  }

  /// By a warp that applies; waits until the channel's statistics are known.
  KNOBSCOPE_INLINE Normalization wait_for(Index turn) {
    const int here = static_cast<int>(turn % kTurns);
    known_[here].wait(parity_of(turn));
    const Normalization result = normalizations_[here];
    arrive_when_read(used_[here], __float_as_uint(result.mean));
    return result;
  }

  /// How many channels the group has sent messages about, in all launches before.
  template <int kBlocks>
  static KNOBSCOPE_INLINE unsigned sent_before(GroupMessages<kBlocks, kTurns>& messages, int first_block) {
    return *const_cast<volatile unsigned*>(&messages.sent[first_block]);
  }

  /// What one more warp does, from the first channel to the last: it waits for what all blocks say, merges it, which
  /// comes to the same bits in every block, and hands out what follows. If there are answers, only the first block
  /// does, and the others wait for its answer.
  template <int kBlocks>
  KNOBSCOPE_INLINE void listen(GroupMessages<kBlocks, kTurns>& messages, bool answers, int first_block, int blocks,
                               const Element* x, const Slices& slices, const GroupChannels& channels,
                               const ChannelVectors& vectors) {
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
    // The first centres. The copies are under way already.
    if (lane < min(Index{kTurns}, channels.count)) centres_[lane] = slices.centre(x, channels.at(lane));
    centred_.arrive();
    __syncwarp();
    Inputs next = ask(0);
    float2 counts[kLooks];  // in x
    const bool reads_all = is_first || !answers;
    if (reads_all) look_until_here(messages.counts + first_block, blocks, sent + 1, counts);
    __syncwarp();
    for (Index turn = 0; turn < channels.count; ++turn) {
      const int here = static_cast<int>(turn % kTurns);
      const unsigned number = sent + 1 + static_cast<unsigned>(turn);
      const int row = static_cast<int>(number % (2 * kTurns));
      const Inputs inputs = next;
      next = ask(turn + 1);

      // This block's warps have done with what is about to be written over: those that apply with the statistics of
      // kTurns channels ago, those that gather with the centre. Its own message says so as well, but through memory,
      // and that orders nothing in shared memory.
      used_[here].wait(parity_of(turn) ^ 1U);
      gathered_[here].wait(parity_of(turn));
      Moments moments{};
      float2 answer;  // mean, as a distance from the centre, and rstd
      if (reads_all) {
        moments = gather(messages.moments[row] + first_block, counts, blocks, number);
        answer = make_float2(moments.mean, rstd_of(moments, vectors.epsilon));
        for (int member = 1 + lane; answers && member < blocks; member += kWarp) {
          messages.answers[row][first_block + member].message.send(answer, number);
        }
      } else {
        answer = messages.answers[row][blockIdx.x].message.wait_for(number);
      }
      if (lane == 0) {
        const float scale = answer.y * to_float(inputs.gamma);
        normalizations_[here] = Normalization{centres_[here], answer.x, scale, to_float(inputs.beta)};
        if (is_first) {
          vectors.write(channels.at(turn), centres_[here], moments, inputs.running_mean, inputs.running_var);
        }
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

  // One message of each block, number i * kWarp + lane in others[i].
  static KNOBSCOPE_INLINE void look_until_here(GridMessage* messages, int blocks, unsigned number,
                                               float2 (&others)[kLooks]) {
    const int lane = threadIdx.x % kWarp;
    bool complete = false;
    while (!complete) {
      // Looks behind conditions would wait for each other, so lanes without a message look at the last one.
      bool here[kLooks];
#pragma unroll
      for (int i = 0; i < kLooks; ++i) here[i] = messages[min(i * kWarp + lane, blocks - 1)].receive(others[i], number);
      complete = true;
#pragma unroll
      for (int i = 0; i < kLooks; ++i) complete = complete && here[i];
      if (!complete) GridMessage::take_a_breath();
    }
  }

  // The moments of all blocks together.
  static KNOBSCOPE_INLINE Moments gather(GridMessage* moments, const float2* counts, int blocks, unsigned number) {
    const int lane = threadIdx.x % kWarp;
    float2 others[kLooks];
    look_until_here(moments, blocks, number, others);
    __syncwarp();
    Moments own{};
#pragma unroll
    for (int i = 0; i < kLooks; ++i) {
      if (i * kWarp + lane < blocks) own = merge(own, Moments{counts[i].x, others[i].x, others[i].y});
    }
    return merged_by_warp(own);
  }

  Moments moments_[kTurns][kGather];
  Normalization normalizations_[kTurns];
  float centres_[kTurns];
  Barrier gathered_[kTurns];
  Barrier known_[kTurns];
  Barrier used_[kTurns];
  Barrier centred_;
};

}  // namespace knobscope
