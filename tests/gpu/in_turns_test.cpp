// Two kernels timed in turns on a GPU: a kernel beside itself is the same, and a slower one is found.

#include "core/in_turns.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "catalog/catalog.h"
#include "gpu_device.h"
#include "measure/engine.h"
#include "silent.h"

namespace knobscope::device {
namespace {

/// $KNOBSCOPE_AA_TRIALS pairs of a kernel with itself, or this many; they end after $KNOBSCOPE_AA_SECONDS, too.
constexpr int kTrials = 100;
constexpr double kMost_s = 20.0;

double number_in(const char* variable, double otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr ? std::strtod(text, nullptr) : otherwise;
}

class GpuInTurns : public GpuTest {
 protected:
  const Variant& variant(const std::string& name) const {
    for (const Variant& each : catalog_.variants) {
      if (each.name == name && each.operation == Operation::layernorm_forward && each.device == DeviceKind::cuda) {
        return each;
      }
    }
    throw std::runtime_error("there is no " + name);
  }
  PointPtr pair(const Variant& base, const KnobValues& base_knobs, const Variant& next, const KnobValues& next_knobs,
                std::vector<std::int64_t> shape) {
    PointRequest request;
    request.id = ++points_;
    request.device = "cuda:0";
    request.problem.shape = std::move(shape);
    request.variant = base.id;
    request.knobs = base_knobs;
    request.against = Against{next.id, next_knobs};
    request.method.set_timings({Timing::cold});
    request.method.recheck = false;
    request.method.max_samples = 120;
    request.method.time_limit_s = 0.05;
    if (!engine_) engine_ = std::make_unique<measure::Engine>(gpu(), nullptr, "test");
    return engine_->measure_in_turns(request, base, next, observer_);
  }
  void TearDown() override { engine_.reset(); }

 private:
  Catalog catalog_ = catalog::scan(root_folder() + "/kernels");
  std::unique_ptr<measure::Engine> engine_;
  Silent observer_;
  std::int64_t points_ = 0;
};

TEST_F(GpuInTurns, AKernelBesideItselfIsTheSame) {
  const int trials = static_cast<int>(number_in("KNOBSCOPE_AA_TRIALS", kTrials));
  const double most_s = number_in("KNOBSCOPE_AA_SECONDS", kMost_s);
  const std::vector<std::string> names = {"block_per_row", "welford", "float4"};
  const std::vector<std::vector<std::int64_t>> shapes = {{64, 768}, {1024, 1024}, {8192, 1024}, {8192, 4096}};
  std::map<Change, int> said;
  std::vector<double> off;
  int done = 0;
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  for (; done < trials && seconds() < most_s; ++done) {
    const auto at = static_cast<std::size_t>(done);
    const Variant& kernel = variant(names[at % names.size()]);
    const KnobValues knobs = default_knobs(kernel);
    const PointPtr point = pair(kernel, knobs, kernel, knobs, shapes[at / names.size() % shapes.size()]);
    ASSERT_TRUE(point->rival && point->rival->samples) << point->reason;
    const ComparedPoint compared = compare_in_turns(point);
    ++said[compared.comparison.change];
    if (!compared.comparison.ratio) continue;
    off.push_back(std::abs(compared.comparison.ratio->estimate - 1.0));
    if (compared.comparison.change == Change::faster || compared.comparison.change == Change::slower) {
      fmt::print("{} on {}: {:.4f} ({:.4f} to {:.4f}), {} pairs\n", kernel.name,
                 format_shape(point->request.problem.shape), compared.comparison.ratio->estimate,
                 compared.comparison.ratio->low, compared.comparison.ratio->high, point->cold->size());
    }
  }
  const int wrong = said[Change::faster] + said[Change::slower];
  std::ranges::sort(off);
  fmt::print(
      "A/A in turns: {} trials in {:.1f} s: {} false ({:.2f} %), {} SAME, {} UNDECIDED; the ratio is off by "
      "{:.3f} % (median), {:.3f} % (95 % of trials)\n",
      done, seconds(), wrong, 100.0 * wrong / done, said[Change::same], said[Change::undecided],
      100.0 * off[off.size() / 2], 100.0 * off[off.size() * 95 / 100]);
  EXPECT_LE(wrong, std::max(1, done / 100));
  EXPECT_GE(said[Change::same], done / 4) << "never to decide would be no art";
}

TEST_F(GpuInTurns, AThreadARowIsSlowerThanABlockARow) {
  const Variant& slow = variant("thread_per_row");
  const Variant& fast = variant("block_per_row");
  const PointPtr point = pair(fast, default_knobs(fast), slow, default_knobs(slow), {8192, 1024});
  EXPECT_EQ(compare_in_turns(point).comparison.change, Change::slower) << point->reason << point->rival->reason;
  const PointPtr turned = pair(slow, default_knobs(slow), fast, default_knobs(fast), {8192, 1024});
  EXPECT_EQ(compare_in_turns(turned).comparison.change, Change::faster);
}

}  // namespace
}  // namespace knobscope::device
