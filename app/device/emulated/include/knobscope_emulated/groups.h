#ifndef KNOBSCOPE_EMULATED_GROUPS_H
#define KNOBSCOPE_EMULATED_GROUPS_H
// Groups of threads: see ../cooperative_groups.h. A group of lanes of one warp is its mask; a tile of more than a warp
// is a stretch of ranks in the block.
#pragma GCC system_header

namespace knobscope::emulated {

KNOBSCOPE_INLINED unsigned lane_of_thread() { return call::thread_rank() % kWarpSize; }
KNOBSCOPE_INLINED constexpr unsigned first_lanes(unsigned count) { return count >= 32 ? ~0u : (1u << count) - 1; }

/// How many lanes of the mask come before this one.
KNOBSCOPE_INLINED unsigned rank_in(unsigned mask, unsigned lane) {
  return static_cast<unsigned>(__builtin_popcount(mask & ((1u << lane) - 1)));
}
/// The lane of the mask that so many come before; 32 when there are not that many.
inline unsigned lane_of_rank(unsigned mask, unsigned rank) {
  for (; mask != 0 && rank > 0; --rank) mask &= mask - 1;
  return mask == 0 ? 32u : static_cast<unsigned>(__builtin_ctz(mask));
}
/// Of the lanes' bits, those of the mask, side by side in the order of rank.
inline unsigned packed(unsigned mask, unsigned bits) {
  unsigned result = 0;
  for (unsigned rank = 0; mask != 0; ++rank, mask &= mask - 1) {
    if ((bits & mask & (0u - mask)) != 0) result |= 1u << rank;
  }
  return result;
}

/// A value of any size that can be copied, from another lane: as many shuffles as it has words of 8 bytes.
template <typename T>
KNOBSCOPE_CALL T shuffled_value(unsigned mask, const T& value, call::Shuffle kind, unsigned operand, unsigned width,
                                const char* file, unsigned line) {
  static_assert(__is_trivially_copyable(T) && sizeof(T) <= 32, "a group shuffles what can be copied and has 32 bytes");
  constexpr unsigned kWords = (sizeof(T) + 7) / 8;
  call::Bits words[kWords] = {};
  __builtin_memcpy(words, &value, sizeof(T));
  for (call::Bits& word : words) {
    word = call::shuffle(mask, word, operand, 8u | static_cast<unsigned>(kind) << 8 | width << 16, file, line);
  }
  T result = value;
  __builtin_memcpy(&result, words, sizeof(T));
  return result;
}

/// The same from any thread among `count` of the block from `first` on: through memory that the block shares.
template <typename T>
KNOBSCOPE_CALL T exchanged_value(unsigned first, unsigned count, const T& value, unsigned source, const char* file,
                                 unsigned line) {
  static thread_local __attribute__((aligned(16))) unsigned char slots[1024 * sizeof(T)];
  __builtin_memcpy(slots + call::thread_rank() * sizeof(T), &value, sizeof(T));
  call::barrier(first, count, BarrierKind::plain, 0, file, line);
  T result = value;
  __builtin_memcpy(&result, slots + (first + source) * sizeof(T), sizeof(T));
  call::barrier(first, count, BarrierKind::plain, 0, file, line);
  return result;
}

template <typename T>
struct Plain {
  using Type = T;
};
template <typename T>
struct Plain<const T> {
  using Type = T;
};
template <typename T>
struct Plain<T&> : Plain<T> {};
template <typename T>
struct Plain<T&&> : Plain<T> {};

}  // namespace knobscope::emulated

namespace cooperative_groups {

namespace emu = knobscope::emulated;

/// Lanes of one warp, given by a mask: what tiles, coalesced groups and their parts have in common.
class LanesOfWarp {
 public:
  void sync(KNOBSCOPE_AT) const { emu::call::sync_warp(mask_, file, line); }
  unsigned size() const { return static_cast<unsigned>(__builtin_popcount(mask_)); }
  unsigned num_threads() const { return size(); }
  unsigned thread_rank() const { return emu::rank_in(mask_, emu::lane_of_thread()); }
  int any(int predicate, KNOBSCOPE_AT) const {
    return static_cast<int>(emu::call::vote(mask_, predicate, emu::call::Vote::any, file, line));
  }
  int all(int predicate, KNOBSCOPE_AT) const {
    return static_cast<int>(emu::call::vote(mask_, predicate, emu::call::Vote::all, file, line));
  }
  unsigned ballot(int predicate, KNOBSCOPE_AT) const {
    return emu::packed(mask_, emu::call::vote(mask_, predicate, emu::call::Vote::ballot, file, line));
  }
  template <typename T>
  unsigned match_any(T value, KNOBSCOPE_AT) const {
    return emu::packed(mask_, emu::call::match(mask_, emu::bits_of(value), sizeof(T), false, file, line));
  }
  template <typename T>
  unsigned match_all(T value, int& predicate, KNOBSCOPE_AT) const {
    const unsigned same = emu::call::match(mask_, emu::bits_of(value), sizeof(T), true, file, line);
    predicate = same != 0;
    return emu::packed(mask_, same);
  }
  unsigned lanes() const { return mask_; }

 protected:
  explicit LanesOfWarp(unsigned mask) : mask_(mask) {}

  /// From the thread of the group with this rank; one's own value when there is none.
  template <typename T>
  T from_rank(const T& value, unsigned rank, const char* file, unsigned line) const {
    const unsigned lane = emu::lane_of_rank(mask_, rank);
    return emu::shuffled_value(mask_, value, emu::call::Shuffle::from, lane < 32 ? lane : emu::lane_of_thread(), 32,
                               file, line);
  }

  unsigned mask_;
};

/// Threads that came here together, or a part of them.
class coalesced_group : public LanesOfWarp {
 public:
  explicit coalesced_group(unsigned mask, unsigned part = 0, unsigned parts = 1)
      : LanesOfWarp(mask), part_(part), parts_(parts) {}
  unsigned meta_group_rank() const { return part_; }
  unsigned meta_group_size() const { return parts_; }
  template <typename T>
  T shfl(T value, unsigned rank, KNOBSCOPE_AT) const {
    return from_rank(value, rank % size(), file, line);
  }
  template <typename T>
  T shfl_up(T value, unsigned delta, KNOBSCOPE_AT) const {
    const unsigned rank = thread_rank();
    return from_rank(value, rank >= delta ? rank - delta : rank, file, line);
  }
  template <typename T>
  T shfl_down(T value, unsigned delta, KNOBSCOPE_AT) const {
    return from_rank(value, thread_rank() + delta, file, line);
  }

 private:
  unsigned part_;
  unsigned parts_;
};

/// All threads of the block.
class thread_block {
 public:
  static void sync(KNOBSCOPE_AT) { emu::call::barrier(0, 0, emu::BarrierKind::plain, 0, file, line); }
  static unsigned size() { return emu::call::block_threads(); }
  static unsigned num_threads() { return emu::call::block_threads(); }
  static unsigned thread_rank() { return emu::call::thread_rank(); }
  static dim3 group_index() { return dim3(blockIdx.x, blockIdx.y, blockIdx.z); }
  static dim3 thread_index() { return dim3(threadIdx.x, threadIdx.y, threadIdx.z); }
  static dim3 group_dim() { return blockDim; }
  static dim3 dim_threads() { return blockDim; }
  KNOBSCOPE_REFUSED(barrier_arrive, cuda_barrier);
  KNOBSCOPE_REFUSED(barrier_wait, cuda_barrier);
};

/// Memory that a tile of more than a warp would need on a GPU.
template <unsigned threads = 1024>
struct block_tile_memory {};

KNOBSCOPE_INLINED thread_block this_thread_block() { return {}; }
template <unsigned threads>
KNOBSCOPE_INLINED thread_block this_thread_block(block_tile_memory<threads>&) {
  return {};
}

/// All blocks of a cooperative launch.
class grid_group {
 public:
  bool is_valid() const { return true; }
  void sync(KNOBSCOPE_AT) const { emu::call::grid_barrier(file, line); }
  static unsigned long long size() { return num_blocks() * emu::call::block_threads(); }
  static unsigned long long num_threads() { return size(); }
  static unsigned long long num_blocks() { return static_cast<unsigned long long>(gridDim.x) * gridDim.y * gridDim.z; }
  static unsigned long long block_rank() {
    const unsigned long long row = blockIdx.y + static_cast<unsigned long long>(blockIdx.z) * gridDim.y;
    return blockIdx.x + row * gridDim.x;
  }
  static unsigned long long thread_rank() {
    return block_rank() * emu::call::block_threads() + emu::call::thread_rank();
  }
  static dim3 group_dim() { return gridDim; }
  static dim3 dim_blocks() { return gridDim; }
  static dim3 block_index() { return dim3(blockIdx.x, blockIdx.y, blockIdx.z); }
  KNOBSCOPE_REFUSED(barrier_arrive, cuda_barrier);
  KNOBSCOPE_REFUSED(barrier_wait, cuda_barrier);
};
KNOBSCOPE_INLINED grid_group this_grid() { return {}; }

/// All blocks of a cluster.
class cluster_group {
 public:
  /// What barrier_arrive() leaves for barrier_wait().
  struct arrival_token {};

  static void sync(KNOBSCOPE_AT) {
    emu::call::cluster_arrive(file, line);
    emu::call::cluster_wait(file, line);
  }
  static arrival_token barrier_arrive(KNOBSCOPE_AT) {
    emu::call::cluster_arrive(file, line);
    return {};
  }
  static void barrier_wait(KNOBSCOPE_AT) { emu::call::cluster_wait(file, line); }
  static void barrier_wait(arrival_token&&, KNOBSCOPE_AT) { emu::call::cluster_wait(file, line); }
  template <typename T>
  static T* map_shared_rank(T* address, int rank, KNOBSCOPE_AT) {
    return static_cast<T*>(emu::call::map_shared(address, static_cast<unsigned>(rank), file, line));
  }
  static unsigned query_shared_rank(const void* address, KNOBSCOPE_AT) {
    return emu::call::shared_rank(address, file, line);
  }
  static dim3 block_index() { return __clusterRelativeBlockIdx(); }
  static unsigned block_rank() { return __clusterRelativeBlockRank(); }
  static dim3 thread_index() {
    const dim3 block = block_index();
    return dim3(block.x * blockDim.x + threadIdx.x, block.y * blockDim.y + threadIdx.y,
                block.z * blockDim.z + threadIdx.z);
  }
  static unsigned thread_rank() { return block_rank() * emu::call::block_threads() + emu::call::thread_rank(); }
  static dim3 dim_blocks() { return __clusterDim(); }
  static unsigned num_blocks() { return __clusterSizeInBlocks(); }
  static dim3 dim_threads() {
    const dim3 blocks = __clusterDim();
    return dim3(blocks.x * blockDim.x, blocks.y * blockDim.y, blocks.z * blockDim.z);
  }
  static unsigned num_threads() { return num_blocks() * emu::call::block_threads(); }
  static unsigned size() { return num_threads(); }
};
KNOBSCOPE_INLINED cluster_group this_cluster() { return {}; }

/// `count` threads of the block that follow each other, of a warp or less.
template <unsigned count, typename Parent = void, bool within_warp = (count <= 32)>
class thread_block_tile : public LanesOfWarp {
  static_assert(count != 0 && (count & (count - 1)) == 0, "a tile has a power of two of threads");

 public:
  thread_block_tile() : LanesOfWarp(emu::first_lanes(count) << (emu::lane_of_thread() & ~(count - 1))) {}
  thread_block_tile(unsigned part, unsigned parts) : thread_block_tile() { part_ = part, parts_ = parts; }
  static constexpr unsigned size() { return count; }
  static constexpr unsigned num_threads() { return count; }
  static unsigned thread_rank() { return emu::call::thread_rank() & (count - 1); }
  unsigned meta_group_rank() const { return part_; }
  unsigned meta_group_size() const { return parts_; }
  template <typename T>
  T shfl(T value, int rank, KNOBSCOPE_AT) const {
    return emu::shuffled_value(mask_, value, emu::call::Shuffle::from, static_cast<unsigned>(rank), count, file, line);
  }
  template <typename T>
  T shfl_up(T value, unsigned delta, KNOBSCOPE_AT) const {
    return emu::shuffled_value(mask_, value, emu::call::Shuffle::up, delta, count, file, line);
  }
  template <typename T>
  T shfl_down(T value, unsigned delta, KNOBSCOPE_AT) const {
    return emu::shuffled_value(mask_, value, emu::call::Shuffle::down, delta, count, file, line);
  }
  template <typename T>
  T shfl_xor(T value, unsigned lanes, KNOBSCOPE_AT) const {
    return emu::shuffled_value(mask_, value, emu::call::Shuffle::butterfly, lanes, count, file, line);
  }

 private:
  unsigned part_ = emu::call::thread_rank() / count;
  unsigned parts_ = (emu::call::block_threads() + count - 1) / count;
};

/// The same of several warps.
template <unsigned count, typename Parent>
class thread_block_tile<count, Parent, false> {
  static_assert((count & (count - 1)) == 0 && count <= 1024, "a tile has a power of two of threads");

 public:
  void sync(KNOBSCOPE_AT) const { emu::call::barrier(first(), count, emu::BarrierKind::plain, 0, file, line); }
  static constexpr unsigned size() { return count; }
  static constexpr unsigned num_threads() { return count; }
  static unsigned thread_rank() { return emu::call::thread_rank() & (count - 1); }
  static unsigned meta_group_rank() { return emu::call::thread_rank() / count; }
  static unsigned meta_group_size() { return (emu::call::block_threads() + count - 1) / count; }
  int any(int predicate, KNOBSCOPE_AT) const {
    return emu::call::barrier(first(), count, emu::BarrierKind::any, predicate, file, line);
  }
  int all(int predicate, KNOBSCOPE_AT) const {
    return emu::call::barrier(first(), count, emu::BarrierKind::all, predicate, file, line);
  }
  template <typename T>
  T shfl(T value, int rank, KNOBSCOPE_AT) const {
    return emu::exchanged_value(first(), count, value, static_cast<unsigned>(rank) & (count - 1), file, line);
  }

 private:
  static unsigned first() { return emu::call::thread_rank() & ~(count - 1); }
};

/// The calling thread alone.
KNOBSCOPE_INLINED thread_block_tile<1> this_thread() { return {}; }

template <unsigned count, typename Parent>
KNOBSCOPE_INLINED thread_block_tile<count, Parent> tiled_partition(const Parent&) {
  return {};
}
template <unsigned count, unsigned of, typename Parent>
KNOBSCOPE_INLINED thread_block_tile<count, thread_block_tile<of, Parent>> tiled_partition(
    const thread_block_tile<of, Parent>& parent) {
  static_assert(count <= of, "a tile's part is no larger than the tile");
  if constexpr (count <= 32) return {parent.thread_rank() / count, of / count};
  if constexpr (count > 32) return {};
}

/// A group whose kind and size are known only when it runs.
class thread_group {
 public:
  thread_group(const thread_block&) : mask_(0), count_(emu::call::block_threads()) {}
  thread_group(const LanesOfWarp& lanes) : mask_(lanes.lanes()), count_(lanes.size()) {}
  void sync(KNOBSCOPE_AT) const {
    if (mask_ != 0) return emu::call::sync_warp(mask_, file, line);
    emu::call::barrier(0, 0, emu::BarrierKind::plain, 0, file, line);
  }
  unsigned size() const { return count_; }
  unsigned num_threads() const { return count_; }
  unsigned thread_rank() const {
    return mask_ != 0 ? emu::rank_in(mask_, emu::lane_of_thread()) : emu::call::thread_rank();
  }
  unsigned lanes() const { return mask_; }

 private:
  unsigned mask_;  // 0: the whole block
  unsigned count_;
};

/// Parts of at most `count` lanes, in the order of rank.
inline coalesced_group part_of_lanes(unsigned mask, unsigned count) {
  const unsigned rank = emu::rank_in(mask, emu::lane_of_thread());
  const unsigned of_all = static_cast<unsigned>(__builtin_popcount(mask));
  unsigned part = 0;
  for (unsigned i = rank / count * count; i < of_all && i < (rank / count + 1) * count; ++i) {
    part |= 1u << emu::lane_of_rank(mask, i);
  }
  return coalesced_group(part, rank / count, (of_all + count - 1) / count);
}
KNOBSCOPE_INLINED unsigned lanes_of_own_warp() {
  const unsigned before = emu::call::thread_rank() & ~31u;
  return emu::first_lanes(emu::call::block_threads() - before);
}
KNOBSCOPE_INLINED thread_group tiled_partition(const thread_block&, unsigned count) {
  return part_of_lanes(lanes_of_own_warp(), count);
}
KNOBSCOPE_INLINED thread_group tiled_partition(const thread_group& parent, unsigned count) {
  return part_of_lanes(parent.lanes() != 0 ? parent.lanes() : lanes_of_own_warp(), count);
}
KNOBSCOPE_INLINED coalesced_group tiled_partition(const coalesced_group& parent, unsigned count) {
  return part_of_lanes(parent.lanes(), count);
}

KNOBSCOPE_INLINED coalesced_group coalesced_threads(KNOBSCOPE_AT) {
  return coalesced_group(emu::call::active_mask(file, line));
}

/// The threads of the group with the same label.
template <typename T>
inline coalesced_group labeled_partition(const LanesOfWarp& group, T label, KNOBSCOPE_AT) {
  const unsigned same = emu::call::match(group.lanes(), emu::bits_of(label), sizeof(T), false, file, line);
  // Groups are numbered by their first lanes.
  const unsigned own = static_cast<unsigned>(__builtin_ctz(same));
  const unsigned is_first =
      emu::call::vote(group.lanes(), own == emu::lane_of_thread(), emu::call::Vote::ballot, file, line);
  return coalesced_group(same, emu::rank_in(is_first, own), static_cast<unsigned>(__builtin_popcount(is_first)));
}
inline coalesced_group binary_partition(const LanesOfWarp& group, bool predicate, KNOBSCOPE_AT) {
  const unsigned yes = emu::call::vote(group.lanes(), predicate, emu::call::Vote::ballot, file, line);
  return coalesced_group(predicate ? yes : group.lanes() & ~yes, predicate ? 1 : 0, 2);
}

template <typename Group>
inline void sync(const Group& group, KNOBSCOPE_AT) {
  group.sync(file, line);
}
template <typename Group>
inline auto group_size(const Group& group) {
  return group.size();
}
template <typename Group>
inline auto thread_rank(const Group& group) {
  return group.thread_rank();
}

/// One thread of the group does it: here that of rank 0.
template <typename Group, typename Function, typename... Arguments>
KNOBSCOPE_INLINED void invoke_one(const Group& group, Function&& function, Arguments&&... arguments) {
  if (group.thread_rank() == 0) function(static_cast<Arguments&&>(arguments)...);
}
/// The same, and all of them receive what it returned.
template <typename Group, typename Function, typename... Arguments>
KNOBSCOPE_INLINED auto invoke_one_broadcast(const Group& group, Function&& function, Arguments&&... arguments) {
  decltype(function(static_cast<Arguments&&>(arguments)...)) result{};
  if (group.thread_rank() == 0) result = function(static_cast<Arguments&&>(arguments)...);
  return group.shfl(result, 0);
}

}  // namespace cooperative_groups

#endif
