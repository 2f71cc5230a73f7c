#include "measure/recheck.h"

#include <fmt/format.h>

#include "measure/verify.h"

namespace knobscope::measure {

LaterCheck check_last_run(Run& run, const PreparedProblem& problem, const BoundVariant& bound, device::MapSize map) {
  run.observer.phase(Phase::verify);
  poison_outputs(run, bound);
  run.check();
  run.device.time_cold([&] { run.device.enqueue(bound.work); });
  run.device.synchronize();
  return {"the last timed run", inspect(run, *problem.reference, problem.inputs, bound, map)};
}

LaterCheck recheck(Run& run, PreparedProblems& memory, PreparedProblem& problem, BoundVariant& bound,
                   const std::function<device::ProgramPtr()>& load, device::MapSize map, ProgressOfPlays* progress) {
  bound.work.play = {};
  memory.fill_other(run, problem);
  const std::string inputs = fmt::format("on inputs of seed {}", problem.other->problem.seed);
  if (progress != nullptr) progress->next();
  LaterCheck check{inputs, verify(run, problem, bound, map)};
  if (is_wrong(check.found)) return check;

  run.check();
  run.observer.phase(Phase::compile);
  bound.work.program = nullptr;
  bound.program.reset();  // before the new one: a loader may give back what is still loaded
  bound.program = load();
  bound.work.program = bound.program.get();
  poison_extras(run, bound, problem.problem.type);
  if (progress != nullptr) progress->next();
  return {inputs + ", loaded anew", verify(run, problem, bound, map)};
}

}  // namespace knobscope::measure
