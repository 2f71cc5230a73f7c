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
  Memory statistics;        ///< numerics::GroupStatistics, one for each group; empty for operations without, as below
  Memory row_gradients;     ///< numerics::RowGradient
  Memory column_gradients;  ///< numerics::ColumnGradient
};

/// All calls wait for the GPU. Long ones look at `stop` between chunks and end with Cancelled.
class Judge {
 public:
  /// `program` is judge.cu; `stop` must outlive the judge.
  Judge(ContextPtr context, std::shared_ptr<const OwnProgram> program, int multiprocessors,
        const std::atomic<bool>& stop);

  void fill(const numerics::FillTask& task) const;
  /// One float for each group of x: its mean or its rstd.
  void derive(const Buffer& buffer, const numerics::ReferenceInputs& inputs, numerics::Formula formula) const;
  void poison(const Buffer& buffer, ElementType type) const;
  std::uint64_t hash(const Buffer& buffer) const;
  ReferencePtr make_reference(const Problem& problem, const NamedBuffers& inputs) const;
  Comparison compare(const CudaReference& reference, const TensorInfo& output, const Buffer& actual, MapSize map) const;

 private:
  Memory statistics_of(const numerics::ReferenceInputs& inputs) const;
  Memory gradients_of_rows(const numerics::ReferenceInputs& inputs) const;
  Memory gradients_of_columns(const numerics::ReferenceInputs& inputs) const;
  template <typename Sum, typename Merge>
  void sum_groups(std::string_view kernel, const numerics::ReferenceInputs& inputs, std::int64_t groups,
                  std::int64_t size, Merge merge) const;
  std::int64_t blocks_for(std::int64_t threads, int blocks_per_multiprocessor) const;
  void check_stop() const;

  ContextPtr context_;
  std::shared_ptr<const OwnProgram> program_;
  int multiprocessors_;
  const std::atomic<bool>& stop_;
};

}  // namespace knobscope::device::cuda
