// Every kernel file compiles for every type, and for old and new architectures, which NVRTC can tell without a GPU.

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/catalog.h"
#include "catalog/expression.h"
#include "core/plan.h"
#include "device/cuda/cached_compile.h"
#include "device/cuda/own_program.h"

namespace knobscope::device::cuda {
namespace {

using testing::HasSubstr;

const std::string kKernels = KNOBSCOPE_SOURCE_DIR "/kernels";
constexpr const char* kArchitectures[] = {"sm_80", "sm_90", "sm_120"};

/// Everything is compiled for one architecture; what is missing on the oldest may depend on the type, not on the
/// activation; and the newest takes what the two take, unless a file says that it does not take it at all.
bool is_worthwhile(const Variant& variant, const Problem& form, std::string_view architecture) {
  if (architecture == "sm_90") return true;
  if (form.activation != variant.activations.back()) return false;
  return architecture == "sm_80" || form.type == variant.types.back();
}

class CudaCompile : public testing::Test {
 protected:
  void SetUp() override {
    std::string problem;
    nvrtc_ = NvrtcLibrary::load(&problem);
    if (nvrtc_ == nullptr) GTEST_SKIP() << problem;
  }

  // The failures, each with the compiler's log.
  std::vector<std::string> compile_all(const std::vector<CubinRequest>& requests) const {
    std::vector<std::string> failures;
    std::mutex mutex;
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      for (std::size_t i = next++; i < requests.size(); i = next++) {
        std::string failure;
        try {
          const Cubin cubin = compile_to_cubin(*nvrtc_, requests[i]);
          if (cubin.image.size() < 100) failure = "the image is empty";
        } catch (const CompileError& error) {
          failure = fmt::format("{}\n{}", error.what(), error.log);
        } catch (const std::exception& error) {
          failure = error.what();
        }
        if (failure.empty()) continue;
        const std::lock_guard lock(mutex);
        failures.push_back(fmt::format("{} for {}: {}", requests[i].name, requests[i].architecture, failure));
      }
    };
    std::jthread second(work);
    work();
    second.join();
    return failures;
  }

  CubinRequest request(std::string source, std::vector<std::string> entries) const {
    CubinRequest result;
    result.name = "layernorm_forward/99_mine.cu";
    result.source = std::move(source);
    result.architecture = "sm_80";
    result.entries = std::move(entries);
    return result;
  }

  std::shared_ptr<const NvrtcLibrary> nvrtc_;
};

/// Whether a variant asks for a newer GPU, and so is never compiled for this one: "compute_capability >= 90".
bool is_refused(const Variant& variant, const std::string& architecture) {
  const catalog::Evaluator evaluator({{"compute_capability", std::stod(architecture.substr(3))}});
  return std::ranges::any_of(variant.requirements, [&](const Requirement& requirement) {
    const auto holds = evaluator.real(requirement.condition);  // of shapes it knows nothing
    return std::holds_alternative<double>(holds) && std::get<double>(holds) == 0.0;
  });
}

TEST_F(CudaCompile, EveryKernelFileForEveryTypeAndOnOldAndNewArchitectures) {
  const Catalog catalog = catalog::scan(kKernels);
  std::vector<CubinRequest> requests;
  for (const Variant& variant : catalog.variants) {
    if (variant.device != DeviceKind::cuda) continue;
    for (const Problem& form : forms_of(variant)) {
      CompileRequest request;
      request.variant = &variant;
      request.macros = catalog::compile_macros(variant, form, default_knobs(variant));
      for (const LaunchSpec& launch : variant.launches) request.entries.push_back(launch.entry);
      EXPECT_FALSE(is_refused(variant, "sm_120")) << variant.id << " is compiled for no GPU of this test's newest kind";
      for (const char* architecture : kArchitectures) {
        if (!is_worthwhile(variant, form, architecture) || is_refused(variant, architecture)) continue;
        requests.push_back(request_for(request, kKernels, architecture));
      }
    }
  }
  ASSERT_GE(requests.size(), 9U) << "no CUDA kernel was found in " << kKernels;
  for (const std::string& failure : compile_all(requests)) ADD_FAILURE() << failure;
}

TEST_F(CudaCompile, OurOwnProgramsForEveryArchitecture) {
  std::vector<CubinRequest> requests;
  for (const std::string& file : own_program_files()) {
    for (const char* architecture : kArchitectures) requests.push_back(own_program_request(file, architecture));
  }
  ASSERT_EQ(requests.size(), 9U);
  for (const CubinRequest& one : requests) EXPECT_FALSE(one.entries.empty()) << one.name;
  for (const std::string& failure : compile_all(requests)) ADD_FAILURE() << failure;
}

TEST_F(CudaCompile, AMistakeIsReportedOnItsOwnLine) {
  try {
    compile_to_cubin(*nvrtc_, request("\n\n__global__ void scale(float* x) {\n  x[0] = facter;\n}\n", {"scale"}));
    FAIL() << "compiled";
  } catch (const CompileError& error) {
    EXPECT_THAT(error.what(), HasSubstr("layernorm_forward/99_mine.cu(4): error: identifier \"facter\" is undefined"));
    EXPECT_THAT(error.log, HasSubstr("x[0] = facter;"));
  }
}

TEST_F(CudaCompile, AnEntryThatIsNotThereIsNamed) {
  try {
    compile_to_cubin(*nvrtc_, request("__global__ void scale(float* x) { x[0] = 1; }", {"scale", "shift"}));
    FAIL() << "compiled";
  } catch (const CompileError& error) {
    EXPECT_THAT(error.what(), HasSubstr("has no kernel named \"shift\""));
  }
}

TEST_F(CudaCompile, EntriesMayBeTemplatesOrC) {
  const Cubin cubin =
      compile_to_cubin(*nvrtc_, request("template <typename T> __global__ void fill(T* x, int n) { x[n] = T(1); }\n"
                                        "extern \"C\" __global__ void plain(float* x) { x[0] = 1; }\n",
                                        {"fill<float>", "plain", "fill<float>"}));
  ASSERT_EQ(cubin.lowered_names.size(), 3U);
  EXPECT_EQ(cubin.lowered_names[1], "plain");
  EXPECT_EQ(cubin.lowered_names[0], cubin.lowered_names[2]);
  EXPECT_THAT(parameter_types(cubin.lowered_names[0]),
              testing::ElementsAre(ParameterType::pointer, ParameterType::integer));
}

TEST_F(CudaCompile, WarningsComeWithTheCode) {
  const Cubin cubin =
      compile_to_cubin(*nvrtc_, request("__global__ void scale(float* x) {\n  int unused;\n  x[0] = 1;\n}", {"scale"}));
  EXPECT_THAT(cubin.log, HasSubstr("99_mine.cu(2): warning"));
}

TEST_F(CudaCompile, AStopCancels) {
  std::atomic<bool> stop{true};
  CubinRequest stopped = request("__global__ void scale(float* x) { x[0] = 1; }", {"scale"});
  stopped.stop = &stop;
  EXPECT_THROW(compile_to_cubin(*nvrtc_, stopped), Cancelled);
}

TEST_F(CudaCompile, TheCacheGivesBackTheSameCode) {
  const auto folder = std::filesystem::path(testing::TempDir()) / fmt::format("knobscope_cuda_cache_{}", getpid());
  std::filesystem::remove_all(folder);
  const CompileCache cache(folder, std::int64_t{64} << 20);
  const CubinRequest one = request("__global__ void scale(float* x) {\n  int unused;\n  x[0] = KNOB;\n}", {"scale"});
  CubinRequest two = one;
  two.macros["KNOB"] = "2";
  CubinRequest three = one;
  three.macros["KNOB"] = "3";

  const CachedCubin made = compile_cached(*nvrtc_, cache, two, "headers");
  const CachedCubin found = compile_cached(*nvrtc_, cache, two, "headers");
  EXPECT_TRUE(made.compile_ms.has_value());
  EXPECT_FALSE(found.compile_ms.has_value());
  EXPECT_EQ(made.cubin.image, found.cubin.image);
  EXPECT_EQ(made.cubin.lowered_names, found.cubin.lowered_names);
  EXPECT_EQ(made.cubin.log, found.cubin.log);
  EXPECT_TRUE(compile_cached(*nvrtc_, cache, three, "headers").compile_ms.has_value());
  EXPECT_TRUE(compile_cached(*nvrtc_, cache, two, "other headers").compile_ms.has_value());
  std::filesystem::remove_all(folder);
}

TEST_F(CudaCompile, PicksTheTargetForTheChip) {
  if (nvrtc_->major != 13) GTEST_SKIP() << "written for NVRTC 13";
  EXPECT_EQ(nvrtc_->architecture_for(80), "sm_80");
  EXPECT_EQ(nvrtc_->architecture_for(90), "sm_90a");
  EXPECT_TRUE(nvrtc_->architecture_for(990).starts_with("compute_"));
  EXPECT_THROW(nvrtc_->architecture_for(60), DeviceError);
}

}  // namespace
}  // namespace knobscope::device::cuda
