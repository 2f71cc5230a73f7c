#include "measure/verdict.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "measure/stopping.h"

namespace knobscope::measure {
namespace {

/// Without a known peak: how far above the best of the measured ceilings a rate may be before it is not believed.
constexpr double kBeyondCeiling = 1.5;

/// The sign of a NaN says nothing about the mistake that made it.
std::string format_value(double value, int digits) {
  return std::isnan(value) ? "nan" : fmt::format("{:.{}g}", value, digits);
}

std::string place_of(const Problem& problem, const std::string& output, std::int64_t flat) {
  for (const TensorInfo& tensor : info_of(problem.operation).tensors) {
    if (tensor.name == output) return place_in_words(problem, tensor, flat);
  }
  return fmt::format("[{}]", flat);
}

std::optional<std::string> wrong_output(const Problem& problem, const OutputError& output) {
  if (output.unwritten > 0) {
    if (output.unwritten == output.elements) return fmt::format("{} was never written", output.output);
    return fmt::format("{} element{} of {} never written", format_count(output.unwritten),
                       output.unwritten == 1 ? "" : "s", output.output);
  }
  if (output.failing <= 0) return std::nullopt;
  std::string sentence;
  const bool finite_value = std::isfinite(output.first_bad_value);
  const bool finite_reference = std::isfinite(output.first_bad_reference);
  if (output.first_bad && !finite_value && finite_reference) {
    sentence = fmt::format("{} where a number is expected: {} of {} elements of {}",
                           std::isnan(output.first_bad_value) ? "NaN" : "infinity", format_count(output.failing),
                           format_count(output.elements), output.output);
  } else {
    sentence = fmt::format("{} differs in {} of {} elements", output.output, format_count(output.failing),
                           format_count(output.elements));
  }
  if (!output.first_bad) return sentence;
  const auto [value, expected] = tell_apart(output.first_bad_value, output.first_bad_reference);
  return sentence + fmt::format("; first at {}: {}, expected {}", place_of(problem, output.output, *output.first_bad),
                                value, expected);
}

/// Four digits, and never as a power of ten: 30190, not 3.019e+04.
std::string gigabytes(BytesPerSecond rate) {
  const double value = rate.value / 1e9;
  return value >= 1000.0 ? fmt::format("{:.0f} GB/s", value) : fmt::format("{:.4g} GB/s", value);
}

std::string megabytes(Bytes bytes) { return fmt::format("{:.4g} MB", static_cast<double>(bytes.count) * 1e-6); }

/// The bytes that cannot but pass the memory's pins: all of them where the technique sees to it that none are in the
/// cache, else what the cache cannot hold.
Bytes bytes_from_memory(const Evidence& evidence, Timing timing) {
  if (reads_memory(timing)) return evidence.bytes;
  return {std::max<std::int64_t>(evidence.bytes.count - evidence.last_level_cache.count, 0)};
}

/// The best rate measured of copies, reads and writes of large buffers and of the point's size by the same technique,
/// and which of them it is.
std::pair<BytesPerSecond, std::string> best_measured(const Evidence& evidence, Timing timing) {
  std::pair<BytesPerSecond, std::string> best;
  const auto offer = [&best](std::optional<BytesPerSecond> rate, const char* kind) {
    if (rate && *rate > best.first) best = {*rate, kind};
  };
  if (evidence.ceiling) {
    offer(evidence.ceiling->copy, "copy");
    offer(evidence.ceiling->read, "read");
    offer(evidence.ceiling->write, "write");
  }
  for (const SizeCeiling& each : evidence.size_ceilings) {
    if (each.timing != timing) continue;
    offer(each.copy, "copy");
    offer(each.read, "read");
    offer(each.write, "write");
  }
  return best;
}

/// What makes an impossible rate, as far as can be told from here, and how to find out.
std::string probable_cause(const Evidence& evidence, Timing timing) {
  const std::string does_less = fmt::format(
      "does not read and write all of the {} that the problem compels, or they are overstated; count its memory "
      "traffic with ncu",
      megabytes(evidence.bytes));
  if (evidence.bytes > evidence.last_level_cache || evidence.last_level_cache.count <= 0) return "it " + does_less;
  return fmt::format("its data fit the cache of {} and were in it in spite of the {}, or it {}",
                     megabytes(evidence.last_level_cache), timing == Timing::rotating ? "rotation" : "flush",
                     does_less);
}

std::optional<std::string> find_impossible(const Evidence& evidence, Timing timing, const Summary& summary) {
  if (summary.median.count() <= 0.0) return "the clock did not advance while it ran";
  const BytesPerSecond reached = bytes_from_memory(evidence, timing) / summary.median;
  if (evidence.peak) {
    if (reached <= *evidence.peak) return std::nullopt;
    return fmt::format("{}: {} is faster than the memory's peak of {}: {}", name_of(timing), gigabytes(reached),
                       gigabytes(*evidence.peak), probable_cause(evidence, timing));
  }
  const auto [measured, kind] = best_measured(evidence, timing);
  if (measured.value <= 0.0 || reached.value <= measured.value * kBeyondCeiling) return std::nullopt;
  return fmt::format("{}: {} is more than {} times the measured {} rate of {}: {}", name_of(timing), gigabytes(reached),
                     kBeyondCeiling, kind, gigabytes(measured), probable_cause(evidence, timing));
}

/// Faster than the memory can be. What is timed with its data in the cache may rightly be.
std::optional<std::string> find_impossible(const Evidence& evidence) {
  if (!evidence.headline) return std::nullopt;
  const Timing timing = evidence.headline_timing.value_or(Timing::hot);
  if (auto impossible = find_impossible(evidence, timing, *evidence.headline)) return impossible;
  if (!evidence.rotating || timing == Timing::rotating) return std::nullopt;
  return find_impossible(evidence, Timing::rotating, *evidence.rotating);
}

/// Two digits, and never as a power of ten: 380, not 3.8e+02.
std::string format_percent(double share) {
  return share < 0.995 ? fmt::format("{:.2g}", share * 100.0) : fmt::format("{:.0f}", share * 100.0);
}

std::optional<std::string> find_noise(const Evidence& evidence) {
  const std::optional<Summary>& headline = evidence.headline;
  if (!headline) return std::nullopt;
  if (headline->count < static_cast<std::int64_t>(kSamplesForAnInterval)) {
    const std::string taken = fmt::format("{} sample{}", headline->count, headline->count == 1 ? "" : "s");
    const Method& method = evidence.method;
    const std::size_t most = most_samples(method, method.stopping(evidence.headline_timing.value_or(Timing::cold)));
    if (headline->count >= static_cast<std::int64_t>(most)) {
      return fmt::format("only {} asked for, too few to know the spread", taken);
    }
    return fmt::format("only {} fitted into the time limit of {:.3g} s, too few to know the spread", taken,
                       evidence.method.time_limit_s);
  }
  const double error = headline->relative_standard_error();
  if (error <= evidence.method.noisy_relative_error) return std::nullopt;
  return fmt::format("the median is known to {} % after {} samples; {:.2g} % is wanted", format_percent(error),
                     format_count(headline->count), evidence.method.noisy_relative_error * 100.0);
}

}  // namespace

std::string format_count(std::int64_t count) {
  const std::string digits = fmt::format("{}", count);
  const std::size_t sign = digits.starts_with('-') ? 1 : 0;
  std::string grouped;
  for (std::size_t at = 0; at < digits.size(); ++at) {
    if (at > sign && (digits.size() - at) % 3 == 0) grouped.push_back(' ');
    grouped.push_back(digits[at]);
  }
  return grouped;
}

std::string place_in_words(const Problem& problem, const TensorInfo& tensor, std::int64_t flat) {
  const Extents extents = extents_of(problem);
  switch (tensor.extent) {
    case TensorExtent::rows:
      return fmt::format("[row {}]", flat);
    case TensorExtent::columns:
      return fmt::format("[column {}]", flat);
    case TensorExtent::channels:
      return fmt::format("[channel {}]", flat);
    case TensorExtent::elements:
      break;
  }
  const std::int64_t columns = std::max<std::int64_t>(extents.columns, 1);
  const std::int64_t row = flat / columns;
  const std::int64_t column = flat % columns;
  if (family_of(problem.operation) == Family::batchnorm && extents.channels > 0 && extents.width > 0) {
    const bool planes = problem.layout == Layout::nchw;
    const std::int64_t image = planes ? row / extents.channels : row / extents.plane;
    const std::int64_t channel = planes ? row % extents.channels : column;
    const std::int64_t pixel = planes ? column : row % extents.plane;
    return fmt::format("[n {}, c {}, h {}, w {}]", image, channel, pixel / extents.width, pixel % extents.width);
  }
  return fmt::format("[row {}, column {}]", row, column);
}

std::pair<std::string, std::string> tell_apart(double a, double b) {
  for (const int digits : {6, 9, 17}) {
    std::string first = format_value(a, digits);
    std::string second = format_value(b, digits);
    if (first != second) return {std::move(first), std::move(second)};
  }
  return {fmt::format("{}", a), fmt::format("{}", b)};
}

std::optional<std::string> find_wrong(const std::vector<Finding>& findings) {
  if (findings.empty()) return std::nullopt;
  // The whole of it stands in the list of findings; a reason is read at a glance.
  Finding first = findings.front();
  first.within = {};
  first.other_who.reset();
  first.count = 1;
  std::string sentence = format_finding(first);
  if (findings.size() > 1) {
    sentence += fmt::format("; and {} more finding{}", findings.size() - 1, findings.size() == 2 ? "" : "s");
  }
  return sentence;
}

std::optional<std::string> find_wrong(const Problem& problem, const Verification& found) {
  if (!found.report.damaged_guards.empty()) {
    return fmt::format("wrote outside the bounds of {}", fmt::join(found.report.damaged_guards, ", "));
  }
  if (!found.changed_inputs.empty()) {
    return fmt::format("{} {} changed by the kernel", fmt::join(found.changed_inputs, ", "),
                       found.changed_inputs.size() == 1 ? "was" : "were");
  }
  if (found.report.inputs_changed) return "an input was changed by the kernel";
  for (const OutputError& output : found.report.outputs) {
    if (auto sentence = wrong_output(problem, output)) return sentence;
  }
  return std::nullopt;
}

Judgement judge(const Evidence& evidence) {
  if (evidence.failure) return {Verdict::failed, *evidence.failure};
  if (evidence.misfit) return {Verdict::unfit, *evidence.misfit};
  if (auto wrong = find_wrong(evidence.findings)) return {Verdict::wrong, *wrong};
  if (!evidence.first) return {Verdict::failed, "its outputs were never checked"};
  if (auto wrong = find_wrong(evidence.problem, *evidence.first)) return {Verdict::wrong, *wrong};
  if (evidence.later) {
    if (auto wrong = find_wrong(evidence.problem, evidence.later->found)) {
      return {Verdict::wrong, fmt::format("right {}, wrong {} ({}): {}", evidence.timed ? "before timing" : "at first",
                                          evidence.timed ? "after" : "later", evidence.later->circumstance, *wrong)};
    }
  }
  if (evidence.copies) {
    if (auto wrong = find_wrong(evidence.problem, *evidence.copies)) {
      return {Verdict::wrong, "right at first, but on another copy of its tensors " + *wrong};
    }
  }
  if (auto impossible = find_impossible(evidence)) return {Verdict::invalid, *impossible};
  if (evidence.all_discarded) return {Verdict::throttled, *evidence.all_discarded};
  if (auto noise = find_noise(evidence)) return {Verdict::noisy, *noise};
  return {Verdict::pass, {}};
}

}  // namespace knobscope::measure
