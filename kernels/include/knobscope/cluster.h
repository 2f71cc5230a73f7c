#pragma once
// Clusters of blocks, from compute capability 9.0 on. The blocks of a cluster run at the same time on neighbouring
// multiprocessors, and each can read and write the shared memory of the others: a row that is too long for one block's
// shared memory lies in that of several, and what they have to tell one another does not go through memory.
//
// A launch says how large its clusters are, in the front matter, and its grid is a multiple of that:
//
//   [[launches]]
//   cluster = "4"                     # or a knob; 8 are always possible, 16 on some GPUs
//
// To read another block's shared memory takes two meetings, one before (it is written) and one after (it is read, so
// its block may end or write it again):
//
//   __shared__ float sum;
//   if (threadIdx.x == 0) sum = sum_of_block;
//   cluster_sync();
//   float total = 0;
//   for (int block = 0; block < cluster_size(); ++block) total += *in_block(block, &sum);
//   cluster_sync();                   // also right before the end: a block that has ended has no shared memory
//
// Quicker, for everything that is repeated: send() the value to those who need it, who count its bytes on a Barrier as
// if a bulk copy had brought it. Nobody waits for those who are late to read:
//
//   __shared__ float2 sums[2][kCluster];     // one of each block, in two rounds: while some still read the last ...
//   __shared__ Barrier received[2];          // ... the first ones send already for the next
//   if (threadIdx.x == 0) {
//     for (Barrier& barrier : received) {
//       barrier.init(1);
//       barrier.arrive_and_expect(sizeof(sums[0]));
//     }
//   }
//   cluster_sync();                          // nobody sends to a barrier that is not there yet
//   for (Turn<2> turn; ...; turn.advance()) {
//     const float2 sum = block_reduce<KNOB_BLOCK>(...);   // its __syncthreads: all have read the round before
//     if (threadIdx.x < cluster_size()) {
//       send(threadIdx.x, &sums[turn.slot][cluster_rank()], sum, received[turn.slot]);
//     }
//     received[turn.slot].wait(turn.parity);
//     ... sums[turn.slot][0] and all others ...           // always in the same order, for the same bits
//     if (threadIdx.x == 0) received[turn.slot].arrive_and_expect(sizeof(sums[0]));   // two rounds on
//   }
//   cluster_sync();                          // nobody ends while another may send to it
//
// Two rounds are enough because nobody can be two ahead: it would have to wait for what the slowest sends, and that
// one sends only when its block has read the round before. Where each warp sends its own value, a __syncwarp() before
// send() says the same of the warp's lanes.

#include "bulk_copy.h"

namespace knobscope {

/// Which of its cluster's blocks this is, from 0.
KNOBSCOPE_INLINE int cluster_rank() { return static_cast<int>(__clusterRelativeBlockRank()); }

/// How many blocks the cluster has; 1 in a launch without clusters.
KNOBSCOPE_INLINE int cluster_size() { return static_cast<int>(__clusterSizeInBlocks()); }

/// What a pointer into this block's shared memory is in that of block `rank`, the same variable there.
template <typename T>
KNOBSCOPE_INLINE T* in_block(int rank, T* here) {
  return static_cast<T*>(__cluster_map_shared_rank(here, rank));
}

#if !defined(KNOBSCOPE_DEVICE_EMULATED)

/// First half of a meeting of all threads of all blocks: what this thread has written is seen by those who wait. The
/// threads of a warp call it together, and each calls cluster_wait() before it arrives again.
KNOBSCOPE_INLINE void cluster_arrive() { asm volatile("barrier.cluster.arrive.release.aligned;" ::: "memory"); }

/// Second half: until all threads of the cluster have arrived.
KNOBSCOPE_INLINE void cluster_wait() { asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory"); }

/// As instructions take a place in the shared memory of block `rank`.
KNOBSCOPE_INLINE unsigned address_in_block(int rank, const void* here) {
  unsigned there;
  asm("mapa.shared::cluster.u32 %0, %1, %2;"
      : "=r"(there)
      : "r"(static_cast<unsigned>(__cvta_generic_to_shared(here))), "r"(rank));
  return there;
}

/// Writes `value` to the place in block `rank` that `to` is in this one, and counts its bytes (8 or 16) on the same
/// Barrier there, which whoever reads expects and waits for. Returns at once. Also for one's own block.
KNOBSCOPE_INLINE void send(int rank, float2* to, float2 value, Barrier& counted) {
  asm volatile("st.async.shared::cluster.mbarrier::complete_tx::bytes.v2.f32 [%0], {%1, %2}, [%3];" ::"r"(
                   address_in_block(rank, to)),
               "f"(value.x), "f"(value.y), "r"(address_in_block(rank, &counted))
               : "memory");
}
KNOBSCOPE_INLINE void send(int rank, uint4* to, uint4 value, Barrier& counted) {
  asm volatile("st.async.shared::cluster.mbarrier::complete_tx::bytes.v4.b32 [%0], {%1, %2, %3, %4}, [%5];" ::"r"(
                   address_in_block(rank, to)),
               "r"(value.x), "r"(value.y), "r"(value.z), "r"(value.w), "r"(address_in_block(rank, &counted))
               : "memory");
}

/// Barrier::arrive() on the same Barrier of block `rank`: a slot of its may be written again, say. It takes
/// wait_for_cluster() to see what the thread has done before.
KNOBSCOPE_INLINE void arrive_in_block(int rank, Barrier& barrier) {
  asm volatile("mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%0];" ::"r"(address_in_block(rank, &barrier))
               : "memory");
}

#else

KNOBSCOPE_INLINE void cluster_arrive() { __cluster_barrier_arrive(); }

KNOBSCOPE_INLINE void cluster_wait() { __cluster_barrier_wait(); }

KNOBSCOPE_INLINE void send(int rank, float2* to, float2 value, Barrier& counted) {
  in_block(rank, &counted)->copy(*in_block(rank, to), value, sizeof(value));
}
KNOBSCOPE_INLINE void send(int rank, uint4* to, uint4 value, Barrier& counted) {
  in_block(rank, &counted)->copy(*in_block(rank, to), value, sizeof(value));
}

KNOBSCOPE_INLINE void arrive_in_block(int rank, Barrier& barrier) { in_block(rank, &barrier)->arrive(); }

#endif

/// All threads of all blocks of the cluster meet: what each wrote before is seen by all behind it.
KNOBSCOPE_INLINE void cluster_sync() {
  cluster_arrive();
  cluster_wait();
}

}  // namespace knobscope
