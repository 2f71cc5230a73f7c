#pragma once
// Kernels compiled against the emulated device's headers and run with a stand-in for the program: one OS thread plays
// 32 lanes one after the other, which is enough to see what the headers ask for and what they make of the answers.

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "device/emulated/hooks.h"

namespace knobscope::emulated {

/// What a hook was told.
struct Event {
  std::string what;  ///< "read", "write", "read volatile", "barrier", "bad index", ...
  const void* address = nullptr;
  unsigned long bytes = 0;
  std::string text;
  long long number = 0;  ///< of a barrier: first thread; of a bad index: the index
  unsigned line = 0;
  const void* pc = nullptr;
};

struct CompileResult {
  bool is_good = false;
  std::string log;
  std::string object;  ///< the shared object's path
};

/// The compilers of this machine: g++ and clang++, those that are there.
const std::vector<std::string>& compilers();
/// False where no CUDA headers were found: half types cannot be tried then.
bool has_cuda_headers();

/// `text` as a kernel file named test.cu. `extra`: more options; with -fsyntax-only nothing is made. `to`: a path
/// without ending for what is made.
CompileResult compile(const std::string& compiler, const std::string& text, const std::string& to,
                      const std::vector<std::string>& extra = {});
/// A kernel file of the library as it stands, warnings being errors; nothing is made.
CompileResult check_syntax(const std::string& compiler, const std::string& file, const std::vector<std::string>& extra);

/// A compiled unit, loaded and attached.
class Unit {
 public:
  /// Fails the test that runs when the text does not compile.
  Unit(const std::string& compiler, const std::string& text);
  ~Unit();
  Unit(const Unit&) = delete;
  Unit& operator=(const Unit&) = delete;

  void* symbol(const char* name) const;

  /// Calls the function `name` once as the thread (x, 0, 0) of block (2, 1, 0); block of (threads, 1, 1), grid (4, 3,
  /// 1). Returns what its hooks were told, except for reads and writes of memory outside [watched, watched + bytes).
  template <typename... Arguments>
  std::vector<Event> call(const char* name, Arguments... arguments) {
    return run(1, [&](unsigned) { call_function(name, arguments...); });
  }
  /// Calls it as each of 32 lanes, as often as it takes for every lane to know what the others give. Lanes that are not
  /// in `lanes` are left out.
  template <typename... Arguments>
  std::vector<Event> call_warp(const char* name, Arguments... arguments) {
    return run(32, [&](unsigned) { call_function(name, arguments...); });
  }

  void watch(const void* address, unsigned long bytes);

 private:
  template <typename... Arguments>
  void call_function(const char* name, Arguments... arguments) {
    reinterpret_cast<void (*)(Arguments...)>(symbol(name))(arguments...);
  }
  std::vector<Event> run(unsigned threads, const std::function<void(unsigned)>& body);

  std::string folder_;
  void* handle_ = nullptr;
};

/// How often call_warp plays all lanes: a value may pass through so many lanes on its way.
inline constexpr int kRounds = 10;

/// For each compiler of the machine.
class OnEachCompiler : public ::testing::TestWithParam<std::string> {};

inline std::string test_name(const ::testing::TestParamInfo<std::string>& info) {
  return info.param.substr(0, info.param.find('+'));
}

/// Line and name of what a failed compilation refuses, found as unplayable.h says: "3: inline_ptx".
std::string refusal_in(const std::string& log);

}  // namespace knobscope::emulated
