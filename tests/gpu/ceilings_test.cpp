// What the memory reaches by size and technique, and a kernel that is faster than that because it does nothing.

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "catalog/catalog.h"
#include "emulated/bench.h"
#include "gpu_device.h"
#include "measure/engine.h"

namespace knobscope::device {
namespace {

class GpuCeilings : public GpuTest {
 protected:
  PointPtr measure(const Variant& variant, const std::vector<std::int64_t>& shape, const std::vector<Timing>& timings) {
    PointRequest request;
    request.device = "cuda:0";
    request.problem.shape = shape;
    request.variant = variant.id;
    request.knobs = default_knobs(variant);
    request.method.set_timings(timings);
    return engine().measure(request, variant, deaf_);
  }

  measure::Engine& engine() {
    if (!engine_) engine_ = std::make_unique<measure::Engine>(gpu(), nullptr, "test");
    return *engine_;
  }

 private:
  std::unique_ptr<measure::Engine> engine_;
  emulated_tests::QuietObserver deaf_;
};

Variant skips_what_is_done() {
  std::ostringstream text;
  text << std::ifstream(root_folder() + "/tests/gpu/kernels/skips_what_is_done.cu").rdbuf();
  auto parsed = catalog::parse_variant("layernorm_forward/01_skips_what_is_done.cu", text.str(),
                                       catalog::hash_headers(root_folder() + "/kernels"));
  if (const auto* fault = std::get_if<CatalogFault>(&parsed)) throw std::runtime_error(fault->message);
  return std::get<Variant>(std::move(parsed));
}

double gigabytes(std::optional<BytesPerSecond> rate) { return rate ? rate->value * 1e-9 : 0.0; }

TEST_F(GpuCeilings, SizesHaveTheirOwnByEachTechnique) {
  const Catalog catalog = catalog::scan(root_folder() + "/kernels");
  const auto found = std::ranges::find(catalog.variants, "layernorm_forward/06_row_in_registers.cu", &Variant::id);
  ASSERT_NE(found, catalog.variants.end());
  for (const std::int64_t rows : {64, 512, 4096, 16384}) {
    const PointPtr point = measure(*found, {rows, 4096}, {kTimings.begin(), kTimings.end()});
    ASSERT_TRUE(point->verdict == Verdict::pass || point->verdict == Verdict::noisy) << point->reason;
    ASSERT_EQ(point->size_ceilings.size(), kTimings.size());
    const BytesPerSecond peak = gpu().facts().peak_bandwidth.value();
    for (const SizeCeiling& each : point->size_ceilings) {
      std::printf("  %8.2f MB %-8s memcpy %6.0f  copy %6.0f  read %6.0f  write %6.0f GB/s, kernel %6.0f\n",
                  static_cast<double>(each.bytes.count) * 1e-6, std::string(name_of(each.timing)).c_str(),
                  gigabytes(each.memcpy), gigabytes(each.copy), gigabytes(each.read), gigabytes(each.write),
                  gigabytes(point->bytes / point->summary(each.timing)->median));
      EXPECT_GE(each.copy, each.memcpy);
      ASSERT_TRUE(each.read && each.write);
      if (reads_memory(each.timing)) {
        EXPECT_LE(each.copy, peak) << rows << " rows, " << name_of(each.timing);
        EXPECT_LE(*each.read, peak) << rows << " rows, " << name_of(each.timing);
      }
    }
    if (rows <= 512) {
      EXPECT_GT(*point->size_ceiling(Timing::hot)->read, *point->size_ceiling(Timing::cold)->read) << "the cache";
    }
  }
}

TEST_F(GpuCeilings, AKernelThatDoesNothingWhileItIsTimedIsInvalid) {
  const Variant variant = skips_what_is_done();
  const PointPtr large = measure(variant, {8192, 4096}, {Timing::cold, Timing::rotating});
  std::printf("  %s\n", large->reason.c_str());
  EXPECT_EQ(large->verdict, Verdict::invalid) << name_of(large->verdict) << ": " << large->reason;
  EXPECT_TRUE(large->reason.starts_with("cold: ")) << large->reason;
  EXPECT_NE(large->reason.find("faster than the memory's peak"), std::string::npos) << large->reason;
  for (const OutputError& output : large->error->outputs) EXPECT_EQ(output.failing, 0) << output.output;
}

TEST_F(GpuCeilings, DataInTheCacheMayBeFasterThanTheMemory) {
  const Catalog catalog = catalog::scan(root_folder() + "/kernels");
  const auto found = std::ranges::find(catalog.variants, "layernorm_forward/06_row_in_registers.cu", &Variant::id);
  ASSERT_NE(found, catalog.variants.end());
  const PointPtr point = measure(*found, {1024, 4096}, {Timing::graph});
  std::printf("  32 MiB by graph: %.0f GB/s, %s\n", gigabytes(point->bandwidth()),
              std::string(name_of(point->verdict)).c_str());
  EXPECT_NE(point->verdict, Verdict::invalid) << point->reason;
}

}  // namespace
}  // namespace knobscope::device
