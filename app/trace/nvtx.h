#pragma once
// Ranges that NVIDIA's tools (Nsight Systems, Nsight Compute, CUPTI) show on their timelines. The only place that
// knows NVTX; without its headers, and without a tool attached, everything here costs next to nothing and does nothing.

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace knobscope::trace {

/// The one NVTX domain of the program ("knobscope"), with its registered strings and categories. Made once in the
/// worker and handed down by pointer; a null pointer everywhere means: no tracing. Thread-safe. Outlives its ranges.
class Domain {
 public:
  Domain();
  ~Domain();
  Domain(const Domain&) = delete;
  Domain& operator=(const Domain&) = delete;

  /// Whether the program was built with NVTX.
  static bool built_in();

 private:
  friend class Range;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A nested range of the calling thread, from construction to destruction, which must be on the same thread and in
/// reverse order. `name` and `category` are registered on first use and kept as long as the domain, so they must come
/// from a small set: a phase, a variant's name, never a running number; that is what `payload` is for.
class Range {
 public:
  /// `category`: the phase. `argb`: the variant's colour in plots; nothing leaves the tool's own choice.
  /// `payload`: the point's id, the same as in tables and session files.
  Range(Domain* domain, std::string_view name, std::string_view category,
        std::optional<std::uint32_t> argb = std::nullopt, std::optional<std::int64_t> payload = std::nullopt);
  ~Range();
  Range(const Range&) = delete;
  Range& operator=(const Range&) = delete;

 private:
  Domain* domain_;
};

}  // namespace knobscope::trace
