#pragma once
// The same kernels on the same inputs on two devices: what each leaves in its outputs, and how far apart that is.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "device/device.h"
#include "emulated/bench.h"
#include "gpu/agreement_table.h"
#include "measure/bound_variant.h"

namespace knobscope::agreement {

/// An output as it lies in memory.
struct StoredOutput {
  std::string name;
  ElementType type = ElementType::f32;  ///< as stored
  std::vector<std::byte> bytes;
};

struct Answer {
  std::vector<StoredOutput> outputs;  ///< in the operation's order
  std::string wrong;  ///< what the check against the reference, or the emulated device, has to say; else empty
};

/// A device that runs kernels and gives back all they wrote.
class Runner {
 public:
  /// Launches are planned for as many multiprocessors as `planned_for` has, whatever the device has: a file that gives
  /// each multiprocessor its share then adds up the same numbers in the same order on both.
  Runner(device::Device& device, const DeviceFacts& planned_for);

  /// Throws as device::Device::compile does.
  device::ProgramPtr compile(const Variant& variant, const Problem& form, const KnobValues& knobs);
  /// Runs once, forwards where that can be chosen, on the problem's seeded inputs. `program` was compiled for the same
  /// variant, form and knobs, and is given back. Nothing when the variant does not fit the problem; throws DeviceError
  /// when its front matter is wrong.
  std::optional<Answer> run(const Variant& variant, const Problem& problem, const KnobValues& knobs,
                            device::ProgramPtr& program);
  /// Hashes of the problem's inputs, in the operation's order.
  std::vector<std::uint64_t> input_hashes(const Problem& problem);
  /// What the last step of y adds, for each element of y.
  std::vector<double> shift_of_each(const Problem& problem);

  device::Device& device() { return device_; }

 private:
  device::Device& device_;
  DeviceFacts facts_;
  measure::PreparedProblems memory_;
  emulated_tests::QuietObserver observer_;
  std::atomic<bool> stop_{false};
  measure::ClockWatch clocks_;
  measure::Run run_;
};

struct Difference {
  std::int64_t elements = 0;
  std::int64_t differing = 0;
  double max_ulp = 0.0;       ///< as Row::max_ulp; infinite where one is finite and the other not
  double max_term_ulp = 0.0;  ///< as Row::max_term_ulp
};

/// `shift`: the last addend of each element's sum; empty when the elements are no such sums. Both outputs have the same
/// type and size.
Difference difference_of(const StoredOutput& a, const StoredOutput& b, const std::vector<double>& shift);

/// Small and awkward, of the form, filled from the normal distribution.
std::vector<Problem> problems_of(const Problem& form);
/// The knob `block` at two values. For f32, whose arithmetic is that of the other types, also at a third, and every
/// other knob once at a value that is not its default.
std::vector<KnobValues> choices_of(const Variant& variant, ElementType type);

/// All outputs of one compiled variant on one problem, on both; none when it does not fit on one of them. What is wrong
/// goes to `faults`, a sentence each.
std::vector<Row> compare(Runner& gpu, Runner& emulated, const Variant& variant, const Problem& problem,
                         const KnobValues& knobs, std::array<device::ProgramPtr, 2>& programs,
                         std::vector<std::string>& faults);

}  // namespace knobscope::agreement
