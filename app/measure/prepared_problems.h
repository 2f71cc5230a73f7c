#pragma once
// Inputs and references, made once per problem and used by every variant and knob measured on it.

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "measure/run.h"
#include "measure/spare_buffers.h"

namespace knobscope::measure {

struct PreparedInput {
  const TensorInfo* tensor = nullptr;
  device::BufferPtr buffer;
  std::uint64_t hash = 0;  ///< of the content as filled
};

/// The answer to a problem that differs in its seed only, and what its inputs hash to.
struct OtherInputs {
  Problem problem;
  device::ReferencePtr reference;
  std::vector<std::uint64_t> hashes;
};

struct PreparedProblem {
  Problem problem;
  std::vector<PreparedInput> inputs;
  device::ReferencePtr reference;
  std::optional<OtherInputs> other;
  bool holds_other = false;  ///< the inputs and the reference are those of `other`, which keeps the problem's own
  std::int64_t bytes = 0;    ///< an upper bound of what it holds
  bool suspect = false;      ///< a kernel ran on it and nobody has looked yet what it did to the inputs

  const PreparedInput* find(std::string_view name) const;
};

/// Problems in memory, the latest first. The oldest go when they take more than a quarter of the device's memory, or
/// when an allocation fails.
class PreparedProblems {
 public:
  explicit PreparedProblems(device::Device& device) : device_(device), spare_(device) {}

  /// Fills and solves the problem, or finds it ready. The reference stays valid until the next call of get(), forget()
  /// or clear(). Throws DeviceError when memory is short even with nothing else kept.
  PreparedProblem& get(Run& run, const Problem& problem);
  /// Fills a problem's inputs from another seed, in the same buffers: a kernel cannot tell them by their addresses. Its
  /// reference and hashes follow; get() brings its own back.
  void fill_other(Run& run, PreparedProblem& problem);
  /// A buffer, after giving up older problems if need be; the latest got problem stays.
  device::BufferPtr allocate(std::int64_t bytes);
  /// The same, or one that was given back.
  std::shared_ptr<device::Buffer> allocate_or_reuse(std::int64_t bytes);
  /// For the next who asks for as many bytes. Precondition: the bands around it are intact, as far as was looked.
  void give_back(std::shared_ptr<device::Buffer> buffer) { spare_.give(std::move(buffer)); }
  /// Drops a problem whose inputs were damaged.
  void forget(const Problem& problem);
  void clear() {
    problems_.clear();
    spare_.clear();
  }
  std::size_t size() const { return problems_.size(); }

 private:
  PreparedProblem make(Run& run, const Problem& problem);
  void fill_own(Run& run, PreparedProblem& problem);
  void fill(Run& run, const Problem& problem, std::vector<PreparedInput>& inputs);
  bool is_intact(const PreparedProblem& problem);
  bool give_up_oldest(std::size_t keep);

  device::Device& device_;
  std::list<PreparedProblem> problems_;
  SpareBuffers spare_;
};

}  // namespace knobscope::measure
