#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/percent.h"
#include "cli/write_comparison.h"
#include "session/session.h"

namespace knobscope::cli {
int compare(const CompareArguments& arguments) {
  double threshold = kSameWithin;
  if (arguments.threshold) {
    const auto share = read_share(*arguments.threshold, BareNumber::is_share);
    if (!share) {
      return complain(fmt::format("--threshold: '{}' is not possible; write such as 2% or 0.02", *arguments.threshold),
                      kExitUsage);
    }
    threshold = *share;
  }
  if (const std::string fault = find_unwritable(arguments.output); !fault.empty()) return complain(fault, kExitUsage);
  try {
    const session::Recorded base = session::load(arguments.base);
    const session::Recorded next = session::load(arguments.next);
    const ComparedSessions compared = compare_sessions(base.points, next.points, threshold);
    const session::ComparedNames names{arguments.base.string(), arguments.next.string()};
    if (!write_comparison(compared, names, arguments.output)) return kExitUsage;
    if (compared.points.empty() && compared.right_in_neither == 0) {
      return complain("no point is in both sessions: the same device, problem, variant and knobs are compared",
                      kExitBadResult);
    }
    const std::int64_t regressions = compared.regressions();
    if (!arguments.fail_on_regression || regressions == 0) return kExitOk;
    return complain(fmt::format("{} of {} points are slower or broken", regressions, compared.points.size()),
                    kExitRegression);
  } catch (const session::SessionError& error) {
    return complain(error.what(), kExitUsage);
  }
}

}  // namespace knobscope::cli
