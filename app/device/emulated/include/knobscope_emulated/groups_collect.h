#ifndef KNOBSCOPE_EMULATED_GROUPS_COLLECT_H
#define KNOBSCOPE_EMULATED_GROUPS_COLLECT_H
// reduce and scans over a group, in the order in which a GPU combines: within a warp a butterfly, or, for lanes that
// are no whole tile, doubling steps towards the higher ranks; then the warps of a larger tile by a butterfly of theirs.
#pragma GCC system_header

namespace cooperative_groups {

#define KNOBSCOPE_OPERATOR(name, expression)                          \
  template <typename T>                                               \
  struct name {                                                       \
    T operator()(const T& a, const T& b) const { return expression; } \
  };
KNOBSCOPE_OPERATOR(plus, a + b)
KNOBSCOPE_OPERATOR(less, b < a ? b : a)
KNOBSCOPE_OPERATOR(greater, a < b ? b : a)
KNOBSCOPE_OPERATOR(bit_and, a& b)
KNOBSCOPE_OPERATOR(bit_or, a | b)
KNOBSCOPE_OPERATOR(bit_xor, a ^ b)
#undef KNOBSCOPE_OPERATOR

template <unsigned count, typename Parent, typename V, typename Op>
inline auto reduce(const thread_block_tile<count, Parent>& group, V&& value, Op&& op, KNOBSCOPE_AT) {
  using T = typename emu::Plain<V>::Type;
  T folded = value;
  if constexpr (count <= 32) {
    for (unsigned lanes = count / 2; lanes > 0; lanes /= 2) {
      folded = op(folded, group.shfl_xor(folded, lanes, file, line));
    }
    return folded;
  } else {
    constexpr unsigned kWarps = count / 32;
    folded = reduce(thread_block_tile<32>(), folded, op, file, line);
    T of_warp[kWarps];
    for (unsigned i = 0; i < kWarps; ++i) of_warp[i] = group.shfl(folded, static_cast<int>(32 * i), file, line);
    for (unsigned half = kWarps / 2; half > 0; half /= 2) {
      for (unsigned i = 0; i < half; ++i) of_warp[i] = op(of_warp[i], of_warp[i + half]);
    }
    return of_warp[0];
  }
}

/// `group` numbers its threads; each fetches from 1, 2, 4, … ranks below.
template <typename Group, typename V, typename Op>
inline auto inclusive_scan(const Group& group, V&& value, Op&& op, KNOBSCOPE_AT) {
  using T = typename emu::Plain<V>::Type;
  T folded = value;
  for (unsigned below = 1; below < group.size(); below *= 2) {
    const T other = group.shfl_up(folded, below, file, line);
    if (below <= group.thread_rank()) folded = op(folded, other);
  }
  return folded;
}
template <typename Group, typename V>
inline auto inclusive_scan(const Group& group, V&& value, KNOBSCOPE_AT) {
  return inclusive_scan(group, value, plus<typename emu::Plain<V>::Type>(), file, line);
}

template <typename Group, typename V, typename Op>
inline auto exclusive_scan(const Group& group, V&& value, Op&& op, KNOBSCOPE_AT) {
  using T = typename emu::Plain<V>::Type;
  const T below = group.shfl_up(inclusive_scan(group, value, op, file, line), 1, file, line);
  return group.thread_rank() == 0 ? T{} : below;
}
template <typename Group, typename V>
inline auto exclusive_scan(const Group& group, V&& value, KNOBSCOPE_AT) {
  return exclusive_scan(group, value, plus<typename emu::Plain<V>::Type>(), file, line);
}

template <typename V, typename Op>
inline auto reduce(const coalesced_group& group, V&& value, Op&& op, KNOBSCOPE_AT) {
  if (group.size() == 32) return reduce(thread_block_tile<32>(), value, op, file, line);
  return group.shfl(inclusive_scan(group, value, op, file, line), group.size() - 1, file, line);
}

}  // namespace cooperative_groups

#endif
