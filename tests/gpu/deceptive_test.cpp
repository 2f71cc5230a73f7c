// Kernels that are right at first only, timed on a GPU: judging again after timing finds them out. And what it costs.

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "catalog/catalog.h"
#include "device/cuda/cuda_device.h"
#include "gpu_device.h"
#include "measure/engine.h"
#include "silent.h"

namespace knobscope::device {
namespace {

struct Deceptive {
  const char* file;
  KnobValues knobs;
  const char* reason;  ///< "": it is right
};

class GpuDeceptive : public GpuTest {
 protected:
  const Variant& variant(const std::string& file) const {
    const Variant* found = catalog_.find("layernorm_forward/" + file + ".cu");
    if (found == nullptr) throw std::runtime_error("there is no " + file);
    return *found;
  }
  PointPtr measure(const std::string& file, const KnobValues& knobs, bool recheck,
                   std::vector<std::int64_t> shape = {1024, 768}) {
    PointRequest request;
    request.id = ++points_;
    request.device = "cuda:0";
    request.problem.shape = std::move(shape);
    request.variant = variant(file).id;
    request.knobs = knobs;
    request.method.recheck = recheck;
    request.method.max_samples = 30;
    request.method.time_limit_s = 0.1;
    if (!engine_) engine_ = std::make_unique<measure::Engine>(device(), nullptr, "test");
    return engine_->measure(request, variant(file), observer_);
  }
  void TearDown() override { engine_.reset(); }

 private:
  /// One that finds the headers of these kernels.
  Device& device() {
    if (!device_) {
      Options options = gpu_options();
      options.kernels_dir = root_folder() + "/tests/deceptive/kernels";
      device_ = cuda::open(0, options);
    }
    return *device_;
  }

  DevicePtr device_;
  Catalog catalog_ = catalog::scan(root_folder() + "/tests/deceptive/kernels");
  std::unique_ptr<measure::Engine> engine_;
  Silent observer_;
  std::int64_t points_ = 0;
};

TEST_F(GpuDeceptive, KernelsThatAreRightAtFirstAreFoundOut) {
  const std::string after = "right before timing, wrong after ";
  const std::vector<Deceptive> kernels = {
      {"01_skips_later", {{"right", 20}}, "(the last timed run): y was never written"},
      {"02_keeps_results", {}, "(on inputs of seed 2): y differs in "},
      {"03_first_inputs_only", {}, "(on inputs of seed 2): y differs in 1 of 786 432 elements"},
      {"04_wrong_when_new", {}, "(on inputs of seed 2, loaded anew): y differs in 1 of 786 432 elements"},
  };
  for (const Deceptive& each : kernels) {
    const PointPtr point = measure(each.file, each.knobs, true);
    EXPECT_EQ(point->verdict, Verdict::wrong) << each.file << ": " << point->reason;
    EXPECT_TRUE(point->reason.starts_with(after + each.reason)) << each.file << ": " << point->reason;
    fmt::print("{}: {}\n", each.file, point->reason);
  }
  EXPECT_NE(measure("05_honest", {}, true)->verdict, Verdict::wrong);
}

TEST_F(GpuDeceptive, WhatJudgingAgainCosts) {
  constexpr int kTurns = 7;
  for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{64, 768}, {1024, 768}, {8192, 1024}}) {
    std::vector<double> without;
    std::vector<double> with;
    measure("05_honest", {}, true, shape);  // compiles, fills and solves
    for (int turn = 0; turn < kTurns; ++turn) {
      for (const bool recheck : {false, true}) {
        const auto begin = std::chrono::steady_clock::now();
        const PointPtr point = measure("05_honest", {}, recheck, shape);
        const std::chrono::duration<double, std::milli> all = std::chrono::steady_clock::now() - begin;
        double timed_ms = 0.0;
        for (const Timing timing : kTimings) {
          if (const auto& samples = point->samples(timing)) {
            for (const double sample : *samples) timed_ms += sample * 1e-6;
          }
        }
        (recheck ? with : without).push_back(all.count() - timed_ms);
      }
    }
    std::ranges::sort(with);
    std::ranges::sort(without);
    fmt::print("{}: {:.2f} ms a point beyond its samples without judging again, {:.2f} ms with (medians of {})\n",
               format_shape(shape), without[kTurns / 2], with[kTurns / 2], kTurns);
  }
}

}  // namespace
}  // namespace knobscope::device
