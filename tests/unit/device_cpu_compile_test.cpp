// Kernel files on the CPU: from text to a running function, and what goes wrong on the way.

#include <chrono>
#include <cmath>
#include <thread>

#include "device/host/compiler.h"
#include "device_workshop.h"

namespace knobscope::device {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class DeviceCpuCompile : public Workshop {};

constexpr const char* kScale = R"(/* title = "scale" */
#include <cstdint>
void scale(const float* x, float* y, std::int64_t columns, float factor, std::int64_t block) {
  for (std::int64_t i = 0; i < columns; ++i) y[block * columns + i] = factor * x[block * columns + i];
}
)";

TEST_F(DeviceCpuCompile, RunsTheFunctionForEveryBlock) {
  const ProgramPtr program = compile(kScale, {"scale"});
  EXPECT_TRUE(program->compile_ms());
  EXPECT_EQ(program->log(), "");
  std::vector<float> values(30);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  const BufferPtr x = buffer_of(values);
  const BufferPtr y = buffer_of(std::vector<float>(30, -1.0F));
  device_->enqueue(work(program, {pointer(x), pointer(y), integer(3), real(0.5), block_index()}, {5, 2, 1}));
  device_->synchronize();
  const std::vector<float> results = values_of<float>(y);
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(results[i], 0.5F * values[i]);
}

TEST_F(DeviceCpuCompile, EveryParameterTypeGetsItsValue) {
  const ProgramPtr program = compile(R"(
#include <cstdint>
namespace kernels {
void take(double* out, int a, unsigned b, std::int64_t c, std::uint8_t d, float e, double f, bool g, int block, long blocks) {
  double* o = out + 9 * block;
  o[0] = a; o[1] = b; o[2] = double(c); o[3] = d; o[4] = e; o[5] = f; o[6] = g; o[7] = block; o[8] = double(blocks);
}
})",
                                     {"kernels::take"});
  const BufferPtr out = device_->allocate(18 * 8);
  device_->enqueue(work(program,
                        {pointer(out), integer(-5), integer(4'000'000'000), integer(-(1LL << 40)), integer(255),
                         real(0.1), real(0.1), integer(1), block_index(), grid_size()},
                        {2, 1, 1}));
  const std::vector<double> values = values_of<double>(out);
  const double single = static_cast<double>(0.1F);
  EXPECT_EQ(values, (std::vector<double>{-5, 4e9, -std::ldexp(1.0, 40), 255, single, 0.1, 1, 0, 2, -5, 4e9,
                                         -std::ldexp(1.0, 40), 255, single, 0.1, 1, 1, 2}));
}

TEST_F(DeviceCpuCompile, FunctionsOfAnyKindCanBeEntries) {
  const ProgramPtr program = compile(R"(
namespace { void hidden(int* out) noexcept { *out += 1; } }
extern "C" int plain(int* out) { return *out += 10; }
template <class T> static void generic(T* out) { *out += 100; }
)",
                                     {"hidden", "plain", "generic<int>"});
  const BufferPtr out = buffer_of(std::vector<int>{0});
  Work all = work(program, {pointer(out)});
  for (const std::size_t entry : {1, 2}) {
    all.launches.push_back(all.launches.front());
    all.launches.back().entry = entry;
  }
  device_->enqueue(all);
  EXPECT_EQ(values_of<int>(out), std::vector<int>{111});
}

TEST_F(DeviceCpuCompile, MacrosAndIncludesReachTheKernel) {
  write("include/knobscope/answer.h", "inline int answer() { return KNOB_ANSWER; }\n");
  write("layernorm_forward/beside.h", "inline int beside() { return 1000; }\n");
  const std::string text =
      "#include <knobscope/answer.h>\n#include \"beside.h\"\nvoid f(int* out) { *out = answer() + beside(); }\n";
  const BufferPtr out = device_->allocate(4);
  for (const int knob : {42, 43}) {
    const ProgramPtr program = compile(text, {"f"}, {{"KNOB_ANSWER", std::to_string(knob)}});
    device_->enqueue(work(program, {pointer(out)}));
    EXPECT_EQ(values_of<int>(out).at(0), 1000 + knob);
  }
}

TEST_F(DeviceCpuCompile, CacheServesEqualRequestsAndNoOthers) {
  write("include/knobscope/answer.h", "inline int answer() { return 1; }\n");
  const std::string text = "#include <knobscope/answer.h>\nvoid f(int* out) { *out = answer(); }\n";
  const BufferPtr out = device_->allocate(4);
  EXPECT_TRUE(compile(text, {"f"})->compile_ms());
  EXPECT_FALSE(compile(text, {"f"})->compile_ms());
  device_ = cpu::open(options());  // as in the next session
  const ProgramPtr cached = compile(text, {"f"});
  EXPECT_FALSE(cached->compile_ms());
  device_->enqueue(work(cached, {pointer(out)}));
  EXPECT_EQ(values_of<int>(out).at(0), 1);

  write("include/knobscope/answer.h", "inline int answer() { return 2; }\n");
  const ProgramPtr changed = compile(text, {"f"});
  EXPECT_TRUE(changed->compile_ms());
  device_->enqueue(work(changed, {pointer(out)}));
  EXPECT_EQ(values_of<int>(out).at(0), 2);
  EXPECT_TRUE(compile(text, {"f"}, {{"KNOB_A", "1"}})->compile_ms());

  // Nothing but entries stays in the cache's folder.
  for (const auto& file : std::filesystem::directory_iterator(options().cache_dir)) {
    EXPECT_EQ(file.path().extension(), ".code") << file.path();
  }
}

TEST_F(DeviceCpuCompile, WarningsAreKeptWithTheEntry) {
  const std::string text = "#warning \"look here\"\nvoid f() {}\n";
  for (int i = 0; i < 2; ++i) {
    const ProgramPtr program = compile(text, {"f"});
    EXPECT_NE(program->log().find("50_test.cpp:1:"), std::string::npos) << program->log();
    EXPECT_NE(program->log().find("look here"), std::string::npos);
  }
}

TEST_F(DeviceCpuCompile, ErrorsShowFileAndLine) {
  const std::string text = "/* front\n   matter */\nvoid f(float* x) {\n  x[0] = 1.0f;\n  x[1] = undeclared_name;\n}\n";
  for (const bool on_disk : {false, true}) {
    if (on_disk) write("layernorm_forward/50_test.cpp", text);
    try {
      compile(text, {"f"});
      ADD_FAILURE() << "compiled";
    } catch (const CompileError& error) {
      EXPECT_NE(error.log.find("layernorm_forward/50_test.cpp:5:"), std::string::npos) << error.log;
      EXPECT_EQ(error.log.find("knobscope_kernel.cpp"), std::string::npos) << error.log;
      EXPECT_EQ(error.log.find(folder_.path().string()), std::string::npos) << error.log;
      EXPECT_NE(std::string(error.what()).find("layernorm_forward/50_test.cpp:5:"), std::string::npos) << error.what();
      if (on_disk) {
        EXPECT_NE(error.log.find("x[1] = undeclared_name;"), std::string::npos) << error.log;
      }
    }
  }
}

TEST_F(DeviceCpuCompile, ErrorsInHeadersShowTheHeader) {
  write("include/knobscope/bad.h", "\n\nint broken = ;\n");
  try {
    compile("#include <knobscope/bad.h>\nvoid f() {}\n", {"f"});
    ADD_FAILURE() << "compiled";
  } catch (const CompileError& error) {
    EXPECT_NE(error.log.find("include/knobscope/bad.h:3:"), std::string::npos) << error.log;
  }
}

TEST_F(DeviceCpuCompile, AMissingEntryIsNamed) {
  const std::string what = message_of<CompileError>([&] { compile("void g() {}\n", {"no_such_entry"}); });
  EXPECT_NE(what.find("launch entry no_such_entry"), std::string::npos) << what;
}

TEST_F(DeviceCpuCompile, AFunctionWithoutBodyIsACompileError) {
  const std::string what =
      message_of<CompileError>([&] { compile("void missing();\nvoid f() { missing(); }\n", {"f"}); });
  EXPECT_NE(what.find("undefined reference"), std::string::npos) << what;
}

TEST_F(DeviceCpuCompile, CompilingCanBeCancelled) {
  // Loops in a constant expression: many seconds of work for any compiler.
  const std::string text = R"(
constexpr unsigned spin(unsigned n) { unsigned s = 0; for (unsigned i = 0; i < 200000; ++i) s += i * n; return s; }
template <unsigned n> struct Slow { static constexpr unsigned value = spin(n) + Slow<n - 1>::value; };
template <> struct Slow<0> { static constexpr unsigned value = 0; };
void f(unsigned* out) { *out = Slow<800>::value; }
)";
  std::thread stopper([&] {
    std::this_thread::sleep_for(300ms);
    device_->request_stop(true);
  });
  const auto begin = Clock::now();
  EXPECT_THROW(compile(text, {"f"}), Cancelled);
  const auto took = Clock::now() - begin;
  stopper.join();
  EXPECT_GE(took, 250ms);
  EXPECT_LT(took, 8s);
  EXPECT_THROW(compile(kScale, {"scale"}), Cancelled);  // until it is taken back
  device_->request_stop(false);
  EXPECT_NO_THROW(compile(kScale, {"scale"}));
}

TEST_F(DeviceCpuCompile, ACompilerThatDoesNotExistIsSaid) {
  const char* before = std::getenv("CXX");
  const std::string kept = before == nullptr ? "" : before;
  ::setenv("CXX", "no-such-compiler --flag", 1);
  const host::CompilerSearch search = host::find_compiler("kernels for the CPU");
  std::vector<std::string> notes;
  EXPECT_EQ(cpu::list(&notes).toolkit_version, "");
  device_ = cpu::open(options());
  before == nullptr ? ::unsetenv("CXX") : ::setenv("CXX", kept.c_str(), 1);
  EXPECT_FALSE(search.compiler);
  EXPECT_NE(search.fault.find("no-such-compiler"), std::string::npos);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes[0].find("CXX"), std::string::npos);
  EXPECT_NE(message_of<CompileError>([&] { compile(kScale, {"scale"}); }).find("CXX"), std::string::npos);
}

TEST_F(DeviceCpuCompile, FoundCompilerHasATitle) {
  const host::CompilerSearch search = host::find_compiler("kernels for the CPU");
  ASSERT_TRUE(search.compiler) << search.fault;
  EXPECT_NE(search.compiler->title.find_first_of("0123456789"), std::string::npos) << search.compiler->title;
  EXPECT_EQ(device_->facts().toolkit_version, search.compiler->title);
}

}  // namespace
}  // namespace knobscope::device
