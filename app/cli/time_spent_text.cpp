#include "cli/time_spent_text.h"

#include <algorithm>

#include <fmt/format.h>

namespace knobscope::cli {
namespace {

std::string_view describe(Expense expense) {
  switch (expense) {
    case Expense::between:
      return "protocol, the client, waiting";
    case Expense::open:
      return "the device is opened, once a worker";
    case Expense::compile:
      return "the compiler; nothing for what is in the cache";
    case Expense::load:
      return "launch plan, code from the cache, loading it";
    case Expense::ceilings:
      return "the device's, once; a copy of the point's size, once a size";
    case Expense::fill:
      return "inputs, once a problem";
    case Expense::reference:
      return "once a problem";
    case Expense::allocate:
      return "outputs and extra buffers, taken and given back";
    case Expense::verify:
      return "before and after timing";
    case Expense::warm_up:
      return "runs that are not counted";
    case Expense::samples:
      return "what they add up to: the kernel";
    case Expense::timing:
      return "flush, launch, events, waiting, stopping rule";
    case Expense::counters:
      return "what the profiler counts";
    case Expense::other:
      return "summaries, environment, verdict";
  }
  return "";
}

}  // namespace

std::string time_spent_text(std::span<const PointPtr> points, std::optional<double> wall_s, double writing_s) {
  TimeSpent sum;
  std::size_t told = 0;
  for (const PointPtr& point : points) {
    if (!point->spent) continue;
    sum += *point->spent;
    ++told;
  }
  const double all_s = wall_s.value_or(sum.total());
  const auto count = static_cast<double>(std::max<std::size_t>(told, 1));
  std::string text = fmt::format("{:<16}{:>10}{:>14}{:>9}\n", "where time went", "total", "a point", "share");
  const auto line = [&](std::string_view name, double seconds, std::string_view what) {
    text += fmt::format("{:<16}{:>8.3f} s{:>11.3f} ms{:>7.1f} %  {}\n", name, seconds, seconds / count * 1e3,
                        all_s > 0.0 ? seconds / all_s * 100.0 : 0.0, what);
  };
  for (const Expense expense : kExpenses) line(name_of(expense), sum[expense], describe(expense));
  if (wall_s) line("outside", std::max(all_s - sum.total(), 0.0), "before the first point and after the last");
  line("all", all_s,
       told == points.size() ? fmt::format("{} points", told)
                             : fmt::format("{} points; {} do not say", told, points.size() - told));
  if (writing_s > 0.0) line("session file", writing_s, "written while the next point is measured");
  return text;
}

bool any_says_where_time_went(std::span<const PointPtr> points) {
  return std::ranges::any_of(points, [](const PointPtr& point) { return point->spent.has_value(); });
}

}  // namespace knobscope::cli
