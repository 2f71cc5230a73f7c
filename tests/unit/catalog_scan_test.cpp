// Scanning folders of kernels, the program's own among them.

#include <algorithm>

#include <gtest/gtest.h>

#include "catalog_files.h"
#include "core/plan.h"

namespace knobscope::catalog {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> ids(const Catalog& catalog) {
  std::vector<std::string> ids;
  for (const Variant& variant : catalog.variants) ids.push_back(variant.id);
  return ids;
}

TEST(CatalogScan, StoryOrderIsOperationDeviceNumberName) {
  const ScratchFolder kernels;
  kernels.write("layernorm_forward/10_late.cu", replaced(kWholeFile, "Block", "B"));
  kernels.write("layernorm_forward/2_early.cu", kWholeFile);
  kernels.write("layernorm_forward/mine.cu", kWholeFile);
  kernels.write("layernorm_forward/1_plain.cpp", kCpuFile);
  kernels.write("batchnorm_inference/1_b.cpp", kCpuFile);
  kernels.write("layernorm_forward/notes.md", "not a kernel");
  kernels.write("layernorm_forward/.#2_early.cu", "an editor's lock");
  kernels.write("layernorm_forward/#2_early.cu#", "an editor's copy");
  kernels.write(".git/x.cu", "not a kernel");
  kernels.write("include/knobscope/reduce.h", "// header");
  const Catalog catalog = scan(kernels.path());
  EXPECT_EQ(ids(catalog), (std::vector<std::string>{"layernorm_forward/2_early.cu", "layernorm_forward/10_late.cu",
                                                    "layernorm_forward/mine.cu", "layernorm_forward/1_plain.cpp",
                                                    "batchnorm_inference/1_b.cpp"}));
  EXPECT_TRUE(catalog.faults.empty());
}

TEST(CatalogScan, BadFilesBecomeFaultsBesideTheGoodOnes) {
  const ScratchFolder kernels;
  kernels.write("layernorm_forward/1_good.cu", kWholeFile);
  kernels.write("layernorm_forward/2_bad.cu", replaced(kWholeFile, "default = 256", "default = 1"));
  kernels.write("layernorm_forward/3_good.cu", kWholeFile);
  kernels.write("layernorm_forward/4_good.cpp", kCpuFile);
  kernels.write("lost.cu", kWholeFile);
  kernels.write("softmax/1_a.cu", kWholeFile);
  fs::create_directory(kernels.path() / "layernorm_forward/5_folder.cu");
  fs::create_symlink("nowhere", kernels.path() / "layernorm_forward/6_gone.cu");
  const Catalog catalog = scan(kernels.path());
  EXPECT_EQ(ids(catalog), (std::vector<std::string>{"layernorm_forward/1_good.cu", "layernorm_forward/4_good.cpp"}));
  ASSERT_EQ(catalog.faults.size(), 5U);
  EXPECT_EQ(catalog.faults[0].file, "layernorm_forward/2_bad.cu");
  EXPECT_EQ(catalog.faults[0].line, 11);
  EXPECT_EQ(catalog.faults[1].file, "layernorm_forward/3_good.cu");
  EXPECT_NE(catalog.faults[1].message.find("is taken by layernorm_forward/1_good.cu"), std::string::npos);
  EXPECT_EQ(catalog.faults[2].file, "layernorm_forward/6_gone.cu");
  EXPECT_NE(catalog.faults[2].message.find("cannot be read"), std::string::npos);
  EXPECT_EQ(catalog.faults[3].file, "lost.cu");
  EXPECT_NE(catalog.faults[3].message.find("kernels/<operation>/"), std::string::npos);
  EXPECT_EQ(catalog.faults[4].file, "softmax/1_a.cu");
  EXPECT_NE(catalog.faults[4].message.find("no operation 'softmax'"), std::string::npos);
}

TEST(CatalogScan, LoneFilesLieAnywhere) {
  const ScratchFolder kernels;
  const ScratchFolder elsewhere;
  const std::string without = replaced(kWholeFile, "operation = \"layernorm_forward\"\n", "");
  kernels.write("layernorm_forward/01_welford.cu", kWholeFile);
  elsewhere.write("01_welford.cu", kWholeFile);                     // a changed copy keeps its name
  elsewhere.write("batchnorm_inference/my try (2).cpp", kCpuFile);  // the folder says the operation
  elsewhere.write("silent.cu", without);
  elsewhere.write("kernel.cuh", kWholeFile);
  elsewhere.write("plain.cu", "__global__ void f() {}");
  const fs::path there = elsewhere.path();
  const Catalog catalog =
      scan(kernels.path(), {there / "01_welford.cu", there / "batchnorm_inference/my try (2).cpp", there / "silent.cu",
                            there / "kernel.cuh", there / "plain.cu", there / "missing.cu"});
  EXPECT_EQ(ids(catalog), (std::vector<std::string>{"layernorm_forward/01_welford.cu", there / "01_welford.cu",
                                                    there / "batchnorm_inference/my try (2).cpp"}));
  EXPECT_EQ(catalog.find((there / "01_welford.cu").string())->name, "welford");
  EXPECT_EQ(catalog.variants[2].name, "my try (2)");
  EXPECT_EQ(catalog.variants[2].operation, Operation::batchnorm_inference);
  const auto fault = [&](const char* name) {
    const auto found = std::ranges::find(catalog.faults, (there / name).string(), &CatalogFault::file);
    return found == catalog.faults.end() ? "no fault" : found->message;
  };
  EXPECT_NE(fault("silent.cu").find("operation = \"layernorm_forward\""), std::string::npos) << fault("silent.cu");
  EXPECT_NE(fault("kernel.cuh").find("ends in .cu"), std::string::npos);
  EXPECT_NE(fault("plain.cu").find("front matter"), std::string::npos);
  EXPECT_NE(fault("missing.cu").find("cannot be read"), std::string::npos);
}

TEST(CatalogScan, AMissingFolderIsAFault) {
  const Catalog catalog = scan("/no/such/folder");
  ASSERT_EQ(catalog.faults.size(), 1U);
  EXPECT_EQ(catalog.faults[0].file, "/no/such/folder");
}

TEST(CatalogScan, HeadersGoIntoEveryHash) {
  const ScratchFolder kernels;
  kernels.write("layernorm_forward/1_a.cu", kWholeFile);
  const auto hash = [&] { return scan(kernels.path()).variants.at(0).source_hash; };
  const std::string bare = hash();
  kernels.write("include/knobscope/reduce.h", "one");
  const std::string one = hash();
  kernels.write("include/knobscope/reduce.h", "two");
  const std::string two = hash();
  fs::rename(kernels.path() / "include/knobscope/reduce.h", kernels.path() / "include/knobscope/sum.h");
  const std::string renamed = hash();
  EXPECT_NE(bare, one);
  EXPECT_NE(one, two);
  EXPECT_NE(two, renamed);
  EXPECT_EQ(renamed, hash());
}

// The library that comes with the program: every file reads, and fits an ordinary problem at its defaults.
TEST(CatalogScan, OwnKernelsAreRight) {
  const fs::path kernels = fs::path(KNOBSCOPE_SOURCE_DIR) / "kernels";
  const Catalog catalog = scan(kernels);
  for (const CatalogFault& fault : catalog.faults) {
    ADD_FAILURE() << fault.file << ":" << fault.line << ": " << fault.message;
  }
  ASSERT_FALSE(catalog.variants.empty());
  for (const Variant& variant : catalog.variants) {
    DeviceFacts device = variant.device == DeviceKind::cpu ? test_cpu() : test_gpu();
    for (Problem problem : forms_of(variant)) {
      problem.shape = {16, 64, 256, 256};
      problem.normalized_dims = family_of(variant.operation) == Family::layernorm ? 3 : 1;
      const auto result = evaluate(variant, problem, default_knobs(variant), device);
      const auto* misfit = std::get_if<Misfit>(&result);
      if (misfit == nullptr) continue;
      // Rows of four million fit no chip: who keeps them there may say so, and must take shorter ones.
      EXPECT_FALSE(misfit->is_mistake) << variant.id << ": " << misfit->reason;
      EXPECT_FALSE(variant.requirements.empty()) << variant.id << ": " << misfit->reason;
      problem.shape = family_of(variant.operation) == Family::layernorm ? std::vector<std::int64_t>{8192, 768}
                                                                        : std::vector<std::int64_t>{64, 64, 28, 28};
      problem.normalized_dims = 1;
      const auto shorter = evaluate(variant, problem, default_knobs(variant), device);
      EXPECT_FALSE(std::holds_alternative<Misfit>(shorter)) << variant.id << " does not fit short rows either";
    }
  }
}

}  // namespace
}  // namespace knobscope::catalog
