// What cannot be played is a compile error at its own line that says what it is.

#include <algorithm>
#include <filesystem>

#include <unistd.h>

#include "device/emulated/unplayable.h"
#include "emulated_bench.h"

namespace knobscope::emulated {
namespace {

struct Refused {
  const char* title;
  const char* include;  ///< line 1 of the kernel
  const char* code;     ///< line 3
  const char* name;
};

constexpr Refused kRefused[] = {
    {"asm", "", "asm volatile(\"bar.sync 0;\" ::: \"memory\");", "inline_ptx"},
    {"asm_with_operands", "", "if (x[0] > 1) asm(\"mov.u32 %0, %laneid;\" : \"=r\"(i));", "inline_ptx"},
    {"asm_underscores", "", "__asm__ __volatile__(\"membar.gl;\");", "inline_ptx"},
    {"address_space", "", "i = static_cast<int>(__cvta_generic_to_shared(x));", "address_spaces"},
    {"is_shared", "", "i = __isShared(x);", "address_spaces"},
    {"named_barrier", "", "__barrier_sync(1);", "named_barriers"},
    {"texture", "", "x[0] = tex1Dfetch<float>(static_cast<cudaTextureObject_t>(i), 1);", "textures"},
    {"surface", "", "surf2Dwrite(1.0f, static_cast<cudaSurfaceObject_t>(i), 1, 2);", "textures"},
    {"cuda_malloc", "", "cudaMalloc(&x, 4);", "host_api"},
    {"synchronize", "#include <cuda_runtime.h>", "cudaDeviceSynchronize();", "host_api"},
    {"multicast", "", "uint2 all = __cluster_map_shared_multicast(x, 3u);", "cluster_multicast"},
    {"multi_grid", "#include <cooperative_groups.h>", "cooperative_groups::this_multi_grid();", "multi_grid"},
    {"group_copy", "#include <cooperative_groups/memcpy_async.h>",
     "cooperative_groups::memcpy_async(cooperative_groups::this_thread_block(), x, x + 8, 32);", "pipelines"},
    {"pipeline", "#include <cuda_pipeline.h>", "__pipeline_memcpy_async(x, x + 4, 16);", "pipelines"},
    {"cuda_pipeline", "#include <cuda/pipeline>", "auto p = cuda::make_pipeline();", "pipelines"},
    {"cuda_barrier", "#include <cuda/barrier>", "using B = cuda::barrier<1>;", "cuda_barrier"},
    {"cuda_ptx", "#include <cuda/ptx>", "cuda::ptx::fence_proxy_async();", "cuda_ptx"},
    {"wmma", "#include <mma.h>", "nvcuda::wmma::fill_fragment(x, 0.0f);", "wmma"},
    {"cub", "#include <cub/cub.cuh>", "using R = cub::BlockReduce<float, 128>;", "cub"},
    {"thrust", "#include <thrust/reduce.h>", "i = thrust::reduce(x, x + 3);", "thrust"},
    {"curand", "#include <curand_kernel.h>", "curandState state;", "curand"},
    {"tensor_map", "", "const CUtensorMap* map = nullptr;", "tensor_map"},
};

class EmulatedRefusals : public testing::TestWithParam<std::tuple<std::string, Refused>> {};

TEST_P(EmulatedRefusals, NamedAtItsOwnLine) {
  const auto& [compiler, refused] = GetParam();
  const std::string folder = testing::TempDir() + "knobscope-refused-" + std::to_string(::getpid());
  std::filesystem::create_directories(folder);
  const std::string before = std::string(refused.include) + "\nextern \"C\" __global__ void k(float* x, int i) {\n";
  const std::string code = refused.code;
  const CompileResult used = compile(compiler, before + code + "\n}\n", folder + "/used", {"-fsyntax-only"});
  EXPECT_FALSE(used.is_good);
  EXPECT_EQ(refusal_in(used.log), std::string("3: ") + refused.name);
  // The same where it is left out.
  const CompileResult left_out =
      compile(compiler, before + "#if !KNOBSCOPE_DEVICE_EMULATED\n" + code + "\n#endif\nx[i] = 1.0f;\n}\n",
              folder + "/left_out", {"-fsyntax-only"});
  EXPECT_TRUE(left_out.is_good) << left_out.log;
  std::filesystem::remove_all(folder);
  EXPECT_NE(words_of_unplayable(refused.name), refused.name) << "not in the table";
}

std::string refusal_test_name(const testing::TestParamInfo<std::tuple<std::string, Refused>>& which) {
  const std::string& compiler = std::get<0>(which.param);
  return compiler.substr(0, compiler.find('+')) + "_" + std::get<1>(which.param).title;
}

INSTANTIATE_TEST_SUITE_P(Compilers, EmulatedRefusals,
                         testing::Combine(testing::ValuesIn(compilers()), testing::ValuesIn(kRefused)),
                         refusal_test_name);

class EmulatedExceptions : public OnEachCompiler {};

TEST_P(EmulatedExceptions, AreAnErrorThatIsKnown) {
  const std::string to = testing::TempDir() + "knobscope-exceptions-" + std::to_string(::getpid());
  for (const std::string code : {"if (x[0] > 1) throw 3;", "try { x[0] = 1; } catch (...) { x[0] = 2; }"}) {
    const std::string text = "extern \"C\" __global__ void k(float* x) {\n" + code + "\n}\n";
    const CompileResult made = compile(GetParam(), text, to, {"-fsyntax-only"});
    EXPECT_NE(made.log.find("test.cu:2:"), std::string::npos) << made.log;
    EXPECT_TRUE(std::ranges::any_of(kExceptionErrors, [&](std::string_view error) {
      return made.log.find(error) != std::string::npos;
    })) << made.log;
  }
  std::filesystem::remove(to + ".cpp");
}

INSTANTIATE_TEST_SUITE_P(Compilers, EmulatedExceptions, testing::ValuesIn(compilers()), test_name);

class EmulatedHeap : public OnEachCompiler {
 protected:
  /// The library's inline functions call malloc and new too: only a call that is left in the code is an error.
  CompileResult made_of(const std::string& before, const std::string& code) {
    const std::string to = testing::TempDir() + "knobscope-heap-" + std::to_string(::getpid());
    CompileResult made =
        compile(GetParam(), before + "\nextern \"C\" __global__ void k(float* x, int i) {\n" + code + "\n}\n", to);
    for (const char* ending : {".cpp", ".o", ".so"}) std::filesystem::remove(to + ending);
    return made;
  }
};

TEST_P(EmulatedHeap, IsNamedAtTheLineThatAsksForIt) {
  EXPECT_EQ(refusal_in(made_of("", "x[0] = static_cast<float*>(malloc(4))[i];").log), "3: heap");
  EXPECT_EQ(refusal_in(made_of("#include <stdlib.h>", "free(x);").log), "3: heap");
  if (GetParam().find("clang") != std::string::npos) return;
  EXPECT_EQ(refusal_in(made_of("", "x[0] = (new float(1.0f))[i];").log), "3: heap");
  EXPECT_EQ(refusal_in(made_of("#include <new>", "x[0] = (new float[4])[i];").log), "3: heap");
}

TEST_P(EmulatedHeap, WhatNeedsNoneIsNotRefused) {
  const CompileResult made = made_of(
      "#include <new>\n#include <vector>\n"
      "struct S { virtual ~S() {} float value = 1; };\n"
      "struct T { float free = 2, malloc = 3; };",
      "S s;\nx[0] = s.value + T().free + (new (x + 1) float(2))[0];");
  EXPECT_TRUE(made.is_good) << made.log;
}

INSTANTIATE_TEST_SUITE_P(Compilers, EmulatedHeap, testing::ValuesIn(compilers()), test_name);

class EmulatedClusterAttribute : public OnEachCompiler {};

TEST_P(EmulatedClusterAttribute, IsNamed) {
  const std::string to = testing::TempDir() + "knobscope-cluster-" + std::to_string(::getpid());
  const CompileResult made =
      compile(GetParam(), "extern \"C\" __global__ void\n__cluster_dims__(2, 1, 1)\nk(float* x) { x[0] = 1; }\n", to,
              {"-fsyntax-only"});
  EXPECT_EQ(refusal_in(made.log), "2: cluster_dims");
  // A launch from a kernel is a line that says so in an error.
  const CompileResult launch = compile(
      GetParam(), "__global__ void f(int) {}\nextern \"C\" __global__ void k(float* x) {\n  f<<<1, 2>>>(3);\n}\n", to,
      {"-fsyntax-only"});
  EXPECT_NE(launch.log.find("test.cu:3:"), std::string::npos) << launch.log;
  std::filesystem::remove(to + ".cpp");
}

INSTANTIATE_TEST_SUITE_P(Compilers, EmulatedClusterAttribute, testing::ValuesIn(compilers()), test_name);

}  // namespace
}  // namespace knobscope::emulated
