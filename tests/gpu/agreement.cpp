#include "gpu/agreement.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>

#include <fmt/format.h>

#include "device/numerics/element.h"
#include "measure/verify.h"

namespace knobscope::agreement {
namespace {

namespace numerics = device::numerics;

/// No power of two, the usual, one warp.
constexpr std::array kBlocks = {96, 256, 32};

/// With it no short row's mean is large against its spread, which costs a single pass its digits on any device.
constexpr std::uint64_t kSeed = 2;

std::string words_of(const measure::Verification& found) {
  std::string words;
  for (const OutputError& error : found.report.outputs) {
    if (error.failing == 0) continue;
    words += fmt::format(" {} of {} elements of {} are wrong, the first at {}: {} instead of {};", error.failing,
                         error.elements, error.output, error.first_bad.value_or(-1), error.first_bad_value,
                         error.first_bad_reference);
  }
  for (const std::string& name : found.report.damaged_guards) words += fmt::format(" wrote outside {};", name);
  for (const std::string& name : found.changed_inputs) words += fmt::format(" changed {};", name);
  return words;
}

std::vector<std::byte> bytes_of(device::Device& device, const device::Buffer& buffer) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(buffer.size()));
  device.read_back(buffer, 0, bytes);
  return bytes;
}

// Distance in units in the last place at a number of this size.
double ulps(double distance, double size, ElementType type) {
  if (distance == 0.0) return 0.0;
  if (!std::isfinite(distance) || !std::isfinite(size)) return std::numeric_limits<double>::infinity();
  return distance / numerics::unit_in_last_place(size, static_cast<numerics::Element>(type));
}

// "2x3x5x7", "2x3x5x7 nhwc", "3x1000 gelu"
std::string shape_text(const Problem& problem) {
  std::string text = format_shape(problem.shape);
  if (problem.layout != Layout::nchw) text += fmt::format(" {}", name_of(problem.layout));
  if (problem.activation != Activation::none) text += fmt::format(" {}", name_of(problem.activation));
  return text;
}

// The largest number of an output, for each of its elements.
std::vector<double> largest_of_each(const StoredOutput& output) {
  const auto type = static_cast<numerics::Element>(output.type);
  const std::int64_t elements = static_cast<std::int64_t>(output.bytes.size()) / numerics::element_bytes(type);
  double largest = 0.0;
  for (std::int64_t i = 0; i < elements; ++i) {
    const auto value =
        static_cast<double>(numerics::value_of_bits(numerics::load_bits(output.bytes.data(), type, i), type));
    largest = std::max(largest, std::abs(value));
  }
  return std::vector<double>(static_cast<std::size_t>(elements), largest);
}

}  // namespace

Runner::Runner(device::Device& device, const DeviceFacts& planned_for)
    : device_(device), facts_(device.facts()), memory_(device), run_{device_, observer_, stop_, clocks_} {
  facts_.multiprocessors = planned_for.multiprocessors;
}

device::ProgramPtr Runner::compile(const Variant& variant, const Problem& form, const KnobValues& knobs) {
  device::CompileRequest request;
  request.variant = &variant;
  request.macros = catalog::compile_macros(variant, form, knobs);
  for (const LaunchSpec& launch : variant.launches) request.entries.push_back(launch.entry);
  return device_.compile(request);
}

std::optional<Answer> Runner::run(const Variant& variant, const Problem& problem, const KnobValues& knobs,
                                  device::ProgramPtr& program) {
  const auto evaluated = catalog::evaluate(variant, problem, knobs, facts_);
  if (const auto* misfit = std::get_if<catalog::Misfit>(&evaluated)) {
    if (misfit->is_mistake) throw device::DeviceError(misfit->reason);
    return std::nullopt;
  }
  const measure::PreparedProblem& prepared = memory_.get(run_, problem);
  measure::BoundVariant bound =
      measure::bind_variant(memory_, prepared, std::get<catalog::EvaluatedVariant>(evaluated), std::move(program));
  measure::poison_extras(run_, bound, problem.type);
  Answer answer;
  answer.wrong = words_of(measure::verify(run_, prepared, bound, {}));
  for (const Finding& finding : device_.take_findings()) answer.wrong += ' ' + format_finding(finding) + ';';
  for (const measure::BoundOutput& output : bound.outputs) {
    answer.outputs.push_back({std::string(output.tensor->name), output.type, bytes_of(device_, *output.buffer)});
  }
  program = std::move(bound.program);
  return answer;
}

std::vector<std::uint64_t> Runner::input_hashes(const Problem& problem) {
  std::vector<std::uint64_t> hashes;
  for (const measure::PreparedInput& input : memory_.get(run_, problem).inputs) hashes.push_back(input.hash);
  return hashes;
}

std::vector<double> Runner::shift_of_each(const Problem& problem) {
  const measure::PreparedInput* beta = memory_.get(run_, problem).find("beta");
  if (beta == nullptr) throw std::logic_error("an operation without beta");
  const std::vector<std::byte> bytes = bytes_of(device_, *beta->buffer);
  const Extents extents = extents_of(problem);
  std::vector<double> shifts(static_cast<std::size_t>(extents.elements));
  for (std::int64_t i = 0; i < extents.elements; ++i) {
    const bool by_plane = family_of(problem.operation) == Family::batchnorm && problem.layout == Layout::nchw;
    const std::int64_t at = by_plane ? i / extents.plane % extents.channels : i % extents.columns;
    const auto type = static_cast<numerics::Element>(problem.type);
    shifts[static_cast<std::size_t>(i)] =
        static_cast<double>(numerics::value_of_bits(numerics::load_bits(bytes.data(), type, at), type));
  }
  return shifts;
}

Difference difference_of(const StoredOutput& a, const StoredOutput& b, const std::vector<double>& shift) {
  const auto type = static_cast<numerics::Element>(a.type);
  Difference difference;
  difference.elements = static_cast<std::int64_t>(a.bytes.size()) / numerics::element_bytes(type);
  if (a.type != b.type || a.bytes.size() != b.bytes.size() ||
      (!shift.empty() && shift.size() != static_cast<std::size_t>(difference.elements))) {
    throw std::logic_error("outputs that cannot be compared");
  }
  for (std::int64_t i = 0; i < difference.elements; ++i) {
    const std::uint32_t first = numerics::load_bits(a.bytes.data(), type, i);
    const std::uint32_t second = numerics::load_bits(b.bytes.data(), type, i);
    if (first == second) continue;
    ++difference.differing;
    const auto x = static_cast<double>(numerics::value_of_bits(first, type));
    const auto y = static_cast<double>(numerics::value_of_bits(second, type));
    const double distance = std::abs(x - y);
    const double size = std::max(std::abs(x), std::abs(y));
    double term = size;
    if (!shift.empty()) {
      const double addend = shift[static_cast<std::size_t>(i)];
      term = std::max({size, std::abs(addend), std::abs(x - addend), std::abs(y - addend)});
    }
    difference.max_ulp = std::max(difference.max_ulp, ulps(distance, size, a.type));
    difference.max_term_ulp = std::max(difference.max_term_ulp, ulps(distance, term, a.type));
  }
  return difference;
}

std::vector<Problem> problems_of(const Problem& form) {
  using Shapes = std::vector<std::pair<std::vector<std::int64_t>, int>>;
  const Shapes layernorm = {{{1, 1}, 1}, {{5, 31}, 1}, {{2, 3, 5, 77}, 2}, {{3, 1000}, 1}, {{2, 4097}, 1}};
  const Shapes batchnorm = {{{2, 1, 1, 1}, 1}, {{2, 3, 5, 7}, 1}, {{2, 17, 3, 11}, 1}, {{1, 2, 33, 31}, 1}};
  std::vector<Problem> problems;
  for (const auto& [shape, dims] : family_of(form.operation) == Family::layernorm ? layernorm : batchnorm) {
    Problem problem = form;
    problem.shape = shape;
    problem.normalized_dims = dims;
    problem.distribution.kind = DistributionKind::normal;
    problem.seed = kSeed;
    problems.push_back(problem);
  }
  return problems;
}

std::vector<KnobValues> choices_of(const Variant& variant, ElementType type) {
  const bool is_f32 = type == ElementType::f32;
  std::vector<KnobValues> choices;
  const bool has_block = default_knobs(variant).contains("block");
  for (const int block : std::span(kBlocks).first(is_f32 ? 3 : 2)) {
    choices.push_back(default_knobs(variant));
    if (!has_block) break;
    choices.back()["block"] = block;
  }
  if (!is_f32) return choices;
  const KnobValues first = choices.front();
  for (const Knob& knob : variant.knobs) {
    if (knob.name == "block" || knob.values.size() < 2) continue;
    choices.push_back(first);
    choices.back()[knob.name] = knob.values.front() != knob.initial ? knob.values.front() : knob.values.back();
  }
  return choices;
}

std::vector<Row> compare(Runner& gpu, Runner& emulated, const Variant& variant, const Problem& problem,
                         const KnobValues& knobs, std::array<device::ProgramPtr, 2>& programs,
                         std::vector<std::string>& faults) {
  const std::string title =
      fmt::format("{} {} on {}, {}", variant.id, name_of(problem.type), shape_text(problem), format_knobs(knobs));
  if (gpu.input_hashes(problem) != emulated.input_hashes(problem)) {
    faults.push_back(title + ": the devices' inputs differ, so their outputs cannot be compared");
    return {};
  }
  const std::optional<Answer> on_gpu = gpu.run(variant, problem, knobs, programs[0]);
  const std::optional<Answer> on_emulated = emulated.run(variant, problem, knobs, programs[1]);
  if (!on_gpu || !on_emulated) return {};
  if (!on_gpu->wrong.empty()) faults.push_back(title + ": on the GPU" + on_gpu->wrong);
  if (!on_emulated->wrong.empty()) faults.push_back(title + ": emulated" + on_emulated->wrong);

  std::vector<Row> rows;
  for (std::size_t i = 0; i < on_gpu->outputs.size(); ++i) {
    const StoredOutput& output = on_gpu->outputs[i];
    const std::vector<double> terms = output.name == "y"         ? gpu.shift_of_each(problem)
                                      : is_gradient(output.name) ? largest_of_each(output)
                                                                 : std::vector<double>{};
    const Difference difference = difference_of(output, on_emulated->outputs.at(i), terms);
    Row row{.variant = variant.id,
            .source = variant.source_hash.substr(0, 12),
            .type = std::string(name_of(problem.type)),
            .shape = shape_text(problem),
            .normalized_dims = problem.normalized_dims,
            .knobs = format_knobs(knobs),
            .output = output.name,
            .elements = difference.elements,
            .differing = difference.differing,
            .max_ulp = difference.max_ulp,
            .max_term_ulp = difference.max_term_ulp};
    if (std::string fault = fault_of(row, variant); !fault.empty()) faults.push_back(std::move(fault));
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace knobscope::agreement
