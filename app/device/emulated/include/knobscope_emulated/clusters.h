#ifndef KNOBSCOPE_EMULATED_CLUSTERS_H
#define KNOBSCOPE_EMULATED_CLUSTERS_H
// Clusters of blocks. In a launch without clusters every block is one, as on a GPU.
#pragma GCC system_header

KNOBSCOPE_INLINED dim3 __clusterDim() {
  return knobscope::emulated::as_dim3(knobscope::emulated::call::cluster_size());
}
KNOBSCOPE_INLINED unsigned __clusterSizeInBlocks() {
  const knobscope::emulated::Index3 size = knobscope::emulated::call::cluster_size();
  return size.x * size.y * size.z;
}
KNOBSCOPE_INLINED unsigned __clusterDimIsSpecified() { return __clusterSizeInBlocks() > 1; }
KNOBSCOPE_INLINED dim3 __clusterIdx() {
  const knobscope::emulated::Index3 size = knobscope::emulated::call::cluster_size();
  return dim3(blockIdx.x / size.x, blockIdx.y / size.y, blockIdx.z / size.z);
}
KNOBSCOPE_INLINED dim3 __clusterGridDimInClusters() {
  const knobscope::emulated::Index3 size = knobscope::emulated::call::cluster_size();
  return dim3(gridDim.x / size.x, gridDim.y / size.y, gridDim.z / size.z);
}
KNOBSCOPE_INLINED dim3 __clusterRelativeBlockIdx() {
  const knobscope::emulated::Index3 size = knobscope::emulated::call::cluster_size();
  return dim3(blockIdx.x % size.x, blockIdx.y % size.y, blockIdx.z % size.z);
}
KNOBSCOPE_INLINED unsigned __clusterRelativeBlockRank() {
  const knobscope::emulated::Index3 size = knobscope::emulated::call::cluster_size();
  return blockIdx.x % size.x + size.x * (blockIdx.y % size.y + size.y * (blockIdx.z % size.z));
}

KNOBSCOPE_INLINED void __cluster_barrier_arrive(KNOBSCOPE_AT) { knobscope::emulated::call::cluster_arrive(file, line); }
// Seen as if it ordered memory.
KNOBSCOPE_INLINED void __cluster_barrier_arrive_relaxed(KNOBSCOPE_AT) {
  knobscope::emulated::call::cluster_arrive(file, line);
}
KNOBSCOPE_INLINED void __cluster_barrier_wait(KNOBSCOPE_AT) { knobscope::emulated::call::cluster_wait(file, line); }
KNOBSCOPE_INLINED void __threadfence_cluster(KNOBSCOPE_AT) {
  knobscope::emulated::call::fence(knobscope::emulated::FenceScope::device, file, line);
}

KNOBSCOPE_INLINED void* __cluster_map_shared_rank(const void* address, unsigned rank, KNOBSCOPE_AT) {
  return knobscope::emulated::call::map_shared(address, rank, file, line);
}
KNOBSCOPE_INLINED unsigned __cluster_query_shared_rank(const void* address, KNOBSCOPE_AT) {
  return knobscope::emulated::call::shared_rank(address, file, line);
}

#endif
