#pragma once
// Points as columns of numbers: what a plot asks of a hundred thousand of them, such as "of this problem, and at these
// knobs?", is answered without following a pointer for each.

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/point.h"

namespace knobscope::gui {

/// Where a point comes from.
struct Origin {
  std::string device;       ///< DeviceFacts::id
  std::string variant;      ///< Variant::id
  std::string source_hash;  ///< of the kernel file as it was then
  bool thorough = true;     ///< Method::thorough
  bool baseline = false;    ///< Point::is_baseline
  auto operator<=>(const Origin&) const = default;
};

/// A knob by the number of its name.
struct KnobSetting {
  std::uint32_t name = 0;
  std::int64_t value = 0;
  bool operator==(const KnobSetting&) const = default;
};

/// Every column has an entry a point, in the order in which they were added. Equal entries have equal numbers, from 0
/// on in order of appearance.
class PointColumns {
 public:
  void add(const Point& point);
  std::size_t size() const { return problem_.size(); }

  /// Index into problems().
  std::uint32_t problem(std::size_t point) const { return problem_[point]; }
  /// Index into origins().
  std::uint32_t origin(std::size_t point) const { return origin_[point]; }
  /// By name.
  std::span<const KnobSetting> knobs(std::size_t point) const {
    return std::span(knobs_).subspan(first_knob_[point], first_knob_[point + 1] - first_knob_[point]);
  }
  /// The same number for points of the same device, problem, variant and knobs.
  std::uint32_t choice(std::size_t point) const { return choice_[point]; }

  std::span<const Problem> problems() const { return problems_; }
  std::span<const Origin> origins() const { return origins_; }
  std::span<const std::string> knob_names() const { return knob_names_; }
  std::size_t choice_count() const { return choice_count_; }

 private:
  std::uint32_t number_of(const Problem& problem);
  std::uint32_t number_of(const Origin& origin);
  std::uint32_t number_of(const std::string& knob_name);
  /// Of the point whose entries of the other columns were just added.
  std::uint32_t number_of_choice();

  std::vector<std::uint32_t> problem_;
  std::vector<std::uint32_t> origin_;
  std::vector<std::uint32_t> choice_;
  std::vector<std::size_t> first_knob_ = {0};  ///< one entry more than there are points
  std::vector<KnobSetting> knobs_;

  std::vector<Problem> problems_;
  std::vector<Origin> origins_;
  std::vector<std::uint32_t> makers_;  ///< of each origin: the same number for the same device and variant
  std::vector<std::string> knob_names_;
  std::size_t choice_count_ = 0;

  std::unordered_multimap<std::size_t, std::uint32_t> problem_numbers_;  ///< by hash
  std::map<Origin, std::uint32_t> origin_numbers_;
  std::map<std::pair<std::string, std::string>, std::uint32_t> maker_numbers_;  ///< by device and variant
  std::map<std::string, std::uint32_t> knob_numbers_;
  std::unordered_multimap<std::size_t, std::uint32_t> first_of_choice_;  ///< by hash: a point of each
};

}  // namespace knobscope::gui
