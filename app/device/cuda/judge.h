#pragma once
// Filling, hashing, the reference and the comparison, on the GPU by judge.cu.

#include <atomic>
#include <cstdint>
#include <memory>

#include "core/problem.h"
#include "device/cuda/context.h"
#include "device/cuda/own_program.h"
#include "device/judging.h"
#include "device/numerics/hash.h"

namespace knobscope::device::cuda {

/// The reference's inputs, which must outlive it, and what was computed from them.
class CudaReference final : public Reference {
 public:
  Problem problem;
  numerics::ReferenceInputs inputs;
  Memory statistics;  ///< numerics::RowStatistics, one for each row; empty for operations without
};

/// All calls wait for the GPU. Long ones look at `stop` between chunks and end with Cancelled.
class Judge {
 public:
  /// `program` is judge.cu; `stop` must outlive the judge.
  Judge(ContextPtr context, std::shared_ptr<const OwnProgram> program, int multiprocessors,
        const std::atomic<bool>& stop);

  void fill(const numerics::FillTask& task) const;
  void poison(const Buffer& buffer, ElementType type) const;
  std::uint64_t hash(const Buffer& buffer) const;
  ReferencePtr make_reference(const Problem& problem, const NamedBuffers& inputs) const;
  Comparison compare(const CudaReference& reference, const TensorInfo& output, const Buffer& actual, MapSize map) const;

 private:
  std::int64_t blocks_for(std::int64_t threads, int blocks_per_multiprocessor) const;
  void check_stop() const;

  ContextPtr context_;
  std::shared_ptr<const OwnProgram> program_;
  int multiprocessors_;
  const std::atomic<bool>& stop_;
};

}  // namespace knobscope::device::cuda
