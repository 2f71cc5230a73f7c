#include "gui/views/point_columns.h"

#include <algorithm>
#include <functional>

#include "core/mix_hash.h"

namespace knobscope::gui {
namespace {

std::size_t hash_of(const Problem& problem) {
  auto hash = static_cast<std::size_t>(problem.operation);
  for (const std::int64_t extent : problem.shape) mix_hash(hash, static_cast<std::size_t>(extent));
  mix_hash(hash, static_cast<std::size_t>(problem.type));
  mix_hash(hash, static_cast<std::size_t>(problem.distribution.kind));
  mix_hash(hash, std::hash<double>()(problem.distribution.offset));
  return hash;
}

template <class Key>
std::uint32_t number_in(std::map<Key, std::uint32_t>& numbers, const Key& key) {
  return numbers.try_emplace(key, static_cast<std::uint32_t>(numbers.size())).first->second;
}

}  // namespace

void PointColumns::add(const Point& point) {
  const PointRequest& request = point.request;
  problem_.push_back(number_of(request.problem));
  origin_.push_back(number_of(
      Origin{request.device, request.variant, point.source_hash, request.method.thorough, point.is_baseline()}));
  for (const auto& [name, value] : request.knobs) knobs_.push_back({number_of(name), value});
  first_knob_.push_back(knobs_.size());
  choice_.push_back(number_of_choice());
}

std::uint32_t PointColumns::number_of(const Problem& problem) {
  const std::size_t hash = hash_of(problem);
  const auto [begin, end] = problem_numbers_.equal_range(hash);
  const auto same = std::find_if(begin, end, [&](const auto& each) { return problems_[each.second] == problem; });
  if (same != end) return same->second;
  const auto number = static_cast<std::uint32_t>(problems_.size());
  problems_.push_back(problem);
  problem_numbers_.emplace(hash, number);
  return number;
}

std::uint32_t PointColumns::number_of(const Origin& origin) {
  const std::uint32_t number = number_in(origin_numbers_, origin);
  if (number == origins_.size()) {
    origins_.push_back(origin);
    makers_.push_back(number_in(maker_numbers_, std::pair(origin.device, origin.variant)));
  }
  return number;
}

std::uint32_t PointColumns::number_of(const std::string& knob_name) {
  const std::uint32_t number = number_in(knob_numbers_, knob_name);
  if (number == knob_names_.size()) knob_names_.push_back(knob_name);
  return number;
}

std::uint32_t PointColumns::number_of_choice() {
  const std::size_t point = problem_.size() - 1;
  const std::uint32_t maker = makers_[origin_[point]];
  std::size_t hash = problem_[point];
  mix_hash(hash, maker);
  for (const KnobSetting& knob : knobs(point)) mix_hash(hash, static_cast<std::size_t>(knob.value));
  const auto [begin, end] = first_of_choice_.equal_range(hash);
  const auto same = std::find_if(begin, end, [&](const auto& each) {
    return problem_[each.second] == problem_[point] && makers_[origin_[each.second]] == maker &&
           std::ranges::equal(knobs(each.second), knobs(point));
  });
  if (same != end) return choice_[same->second];
  first_of_choice_.emplace(hash, static_cast<std::uint32_t>(point));
  return static_cast<std::uint32_t>(choice_count_++);
}

}  // namespace knobscope::gui
