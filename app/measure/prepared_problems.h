#pragma once
// Inputs and references, made once per problem and used by every variant and knob measured on it.

#include <cstdint>
#include <list>
#include <string_view>
#include <vector>

#include "measure/run.h"

namespace knobscope::measure {

struct PreparedInput {
  const TensorInfo* tensor = nullptr;
  device::BufferPtr buffer;
  std::uint64_t hash = 0;  ///< of the content as filled
};

struct PreparedProblem {
  Problem problem;
  std::vector<PreparedInput> inputs;
  device::ReferencePtr reference;
  std::int64_t bytes = 0;  ///< an upper bound of what it holds
  bool suspect = false;    ///< a kernel ran on it and nobody has looked yet what it did to the inputs

  const PreparedInput* find(std::string_view name) const;
};

/// Problems in memory, the latest first. The oldest go when they take more than a quarter of the device's memory, or
/// when an allocation fails.
class PreparedProblems {
 public:
  explicit PreparedProblems(device::Device& device) : device_(device) {}

  /// Fills and solves the problem, or finds it ready. The reference stays valid until the next call of get(), forget()
  /// or clear(). Throws DeviceError when memory is short even with nothing else kept.
  PreparedProblem& get(Run& run, const Problem& problem);
  /// A buffer, after giving up older problems if need be; the latest got problem stays.
  device::BufferPtr allocate(std::int64_t bytes);
  /// Drops a problem whose inputs were damaged.
  void forget(const Problem& problem);
  void clear() { problems_.clear(); }
  std::size_t size() const { return problems_.size(); }

 private:
  PreparedProblem make(Run& run, const Problem& problem);
  bool is_intact(const PreparedProblem& problem);
  bool give_up_oldest(std::size_t keep);

  device::Device& device_;
  std::list<PreparedProblem> problems_;
};

}  // namespace knobscope::measure
