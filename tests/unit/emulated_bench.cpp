#include "emulated_bench.h"

#include <algorithm>
#include <csetjmp>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include "device/child_process.h"
#include "device/cuda_folders.h"
#include "device/emulated/unplayable.h"

namespace knobscope::emulated {
namespace {

constexpr const char* kHeaders = KNOBSCOPE_SOURCE_DIR "/app/device/emulated";

using Bytes = std::array<unsigned char, kMostShuffledBytes>;

// What is played now. Hooks are plain functions, so they find it here.
struct Stage {
  unsigned threads = 1;
  unsigned thread = 0;
  std::size_t meeting = 0;                          // of this thread, so far
  std::vector<std::array<Bytes, kWarpSize>> given;  // at each meeting, by lane
  std::vector<Event> events;
  bool is_last_round = true;
  std::jmp_buf out;
  unsigned long long time = 1000;
};
thread_local Stage* stage = nullptr;
const unsigned char* watched = nullptr;
unsigned long watched_bytes = 0;

void note(Event event) {
  if (stage->is_last_round) stage->events.push_back(std::move(event));
}

void note_access(const char* what, const void* address, unsigned long bytes, const void* pc) {
  const auto* at = static_cast<const unsigned char*>(address);
  if (at + bytes <= watched || at >= watched + watched_bytes) return;
  note({what, address, bytes, {}, 0, 0, pc});
}

template <unsigned size>
void read(const void* address, const void* pc) {
  note_access("read", address, 1u << size, pc);
}
template <unsigned size>
void write(void* address, const void* pc) {
  note_access("write", address, 1u << size, pc);
}
template <unsigned size>
void read_volatile(const void* address, const void* pc) {
  note_access("read volatile", address, 1u << size, pc);
}
template <unsigned size>
void write_volatile(void* address, const void* pc) {
  note_access("write volatile", address, 1u << size, pc);
}

const std::array<Bytes, kWarpSize>& meet(const void* value, unsigned bytes) {
  if (stage->given.size() <= stage->meeting) stage->given.resize(stage->meeting + 1);
  auto& all = stage->given[stage->meeting++];
  std::memcpy(all[stage->thread % kWarpSize].data(), value, bytes);
  return all;
}

void note_call(const char* what, const char* name, long long number, const Place& place) {
  note({what, nullptr, 0, name, number, place.line, place.pc});
}

int barrier(unsigned first, unsigned count, BarrierKind kind, int predicate, Place place) {
  note({"barrier", nullptr, count, {}, first, place.line, place.pc});
  if (kind == BarrierKind::plain) return 0;
  const auto& all = meet(&predicate, sizeof predicate);
  int yes = 0;
  for (unsigned i = 0; i < stage->threads; ++i) {
    int one = 0;
    std::memcpy(&one, all[i].data(), sizeof one);
    yes += one != 0 ? 1 : 0;
  }
  if (kind == BarrierKind::all) return yes == static_cast<int>(stage->threads) ? 1 : 0;
  return kind == BarrierKind::any ? (yes > 0 ? 1 : 0) : yes;
}

void shuffle(unsigned mask, unsigned source, const void* value, void* result, unsigned bytes, const char* name,
             Place place) {
  note_call("shuffle", name, mask, place);
  std::memcpy(result, meet(value, bytes)[source].data(), bytes);
}

unsigned ballot(unsigned mask, int predicate, const char* name, Place place) {
  note_call("ballot", name, mask, place);
  const auto& all = meet(&predicate, sizeof predicate);
  unsigned lanes = 0;
  for (unsigned i = 0; i < kWarpSize; ++i) {
    int one = 0;
    std::memcpy(&one, all[i].data(), sizeof one);
    if (one != 0 && (mask >> i & 1u) != 0) lanes |= 1u << i;
  }
  return lanes;
}

unsigned gather(unsigned mask, const void* value, void* results, unsigned bytes, const char* name, Place place) {
  note_call("gather", name, mask, place);
  const auto& all = meet(value, bytes);
  for (unsigned i = 0; i < kWarpSize; ++i) {
    std::memcpy(static_cast<unsigned char*>(results) + i * bytes, all[i].data(), bytes);
  }
  return mask;
}

[[noreturn]] void leave(Event event) {
  note(std::move(event));
  std::longjmp(stage->out, 1);
}

// Comes back too when a hook leaves the thread.
__attribute__((noinline)) void play(const std::function<void(unsigned)>& body) {
  if (setjmp(stage->out) == 0) body(stage->thread);
}

Hooks make_hooks() {
  Hooks hooks{};
  const auto fill = [&]<unsigned... size>(std::integer_sequence<unsigned, size...>) {
    ((hooks.read[size] = read<size>, hooks.write[size] = write<size>, hooks.read_volatile[size] = read_volatile<size>,
      hooks.write_volatile[size] = write_volatile<size>),
     ...);
  };
  fill(std::make_integer_sequence<unsigned, kAccessSizes>());
  hooks.read_range = [](const void* address, unsigned long bytes, const void* pc) {
    note_access("read range", address, bytes, pc);
  };
  hooks.write_range = [](void* address, unsigned long bytes, const void* pc) {
    note_access("write range", address, bytes, pc);
  };
  hooks.thread_index = [] { return Index3{stage->thread, 0, 0}; };
  hooks.block_index = [] { return Index3{2, 1, 0}; };
  hooks.block_size = [] { return Index3{stage->threads, 1, 1}; };
  hooks.grid_size = [] { return Index3{4, 3, 1}; };
  hooks.dynamic_shared_bytes = [] { return 0u; };
  hooks.barrier = barrier;
  hooks.grid_barrier = [](Place place) { note_call("grid barrier", "", 0, place); };
  hooks.sync_warp = [](unsigned mask, Place place) { note_call("sync warp", "", mask, place); };
  hooks.shuffle = shuffle;
  hooks.ballot = ballot;
  hooks.gather = gather;
  hooks.active_mask = [](Place) { return ~0u; };
  hooks.yield = [] { note({"yield", nullptr, 0, {}, 0, 0, nullptr}); };
  hooks.atomic_begin = [](void* address, unsigned bytes, Place place) {
    note({"atomic", address, bytes, {}, 0, place.line, place.pc});
  };
  hooks.atomic_end = [](void* address, int changed) { note({"atomic end", address, 0, {}, changed, 0, nullptr}); };
  hooks.fence = [](FenceScope scope, Place place) { note_call("fence", "", static_cast<int>(scope), place); };
  hooks.clock = [] { return ++stage->time; };
  hooks.trap = [](TrapKind kind, const char* text, Place place) {
    leave({kind == TrapKind::trap ? "trap" : "assertion", nullptr, 0, text, 0, place.line, place.pc});
  };
  hooks.arithmetic = [](ArithmeticFault fault, const char* text, Place place) {
    note_call(fault == ArithmeticFault::overflow ? "overflow" : "shift", text, 0, place);
  };
  hooks.bad_division = [](const char* text, Place place) {
    leave({"bad division", nullptr, 0, text, 0, place.line, place.pc});
  };
  hooks.bad_index = [](long long index, long long size, const char* type, Place place) {
    leave({"bad index", nullptr, static_cast<unsigned long>(size), type, index, place.line, place.pc});
  };
  hooks.misaligned = [](const void* address, unsigned alignment, const char* type, Place place) {
    leave({"misaligned", address, alignment, type, 0, place.line, place.pc});
  };
  return hooks;
}

const Hooks& hooks() {
  static const Hooks table = make_hooks();
  return table;
}

std::vector<std::string> options_for(const std::string& compiler) {
  std::vector<std::string> options = {"-std=c++20",
                                      "-O1",
                                      "-g1",
                                      "-march=native",
                                      "-fPIC",
                                      "-fvisibility=hidden",
                                      "-ffp-contract=fast",
                                      "-fno-exceptions",
                                      "-fno-strict-aliasing",
                                      "-fdiagnostics-color=never",
                                      "-fsanitize=thread,signed-integer-overflow,shift,integer-divide-by-zero,bounds,"
                                      "alignment",
                                      "-DKNOBSCOPE_DEVICE_CUDA=1",
                                      "-DKNOBSCOPE_DEVICE_EMULATED=1",
                                      "-Wno-unknown-pragmas",
                                      "-isystem",
                                      fmt::format("{}/include", kHeaders),
                                      "-isystem",
                                      kHeaders,
                                      fmt::format("-I{}/kernels/include", KNOBSCOPE_SOURCE_DIR)};
  for (const std::string& folder : device::cuda_include_folders({})) {
    options.insert(options.end(), {"-isystem", folder});
  }
  if (compiler.find("clang") != std::string::npos) {
    options.insert(options.end(), {"-mllvm", "-tsan-distinguish-volatile=1", "-Wno-pass-failed"});
  } else {
    options.emplace_back("--param=tsan-distinguish-volatile=1");
  }
  return options;
}

std::string unit_of(const std::string& text, const std::string& name) {
  return fmt::format(
      "#include \"knobscope_emulated.h\"\n#line 1 \"{}\"\n{}\n#line 1 \"behind\"\n"
      "#include \"knobscope_stubs.h\"\n",
      name, text);
}

}  // namespace

const std::vector<std::string>& compilers() {
  static const std::vector<std::string> found = [] {
    std::vector<std::string> names;
    for (const char* name : {"g++", "clang++"}) {
      if (device::run_child({name, "--version"}).succeeded()) names.emplace_back(name);
    }
    return names;
  }();
  return found;
}

bool has_cuda_headers() { return !device::cuda_include_folders({}).empty(); }

CompileResult compile(const std::string& compiler, const std::string& text, const std::string& to,
                      const std::vector<std::string>& extra) {
  std::ofstream(to + ".cpp") << unit_of(text, "test.cu");
  std::vector<std::string> command = options_for(compiler);
  command.insert(command.begin(), compiler);
  command.insert(command.end(), extra.begin(), extra.end());
  if (std::ranges::find(extra, "-fsyntax-only") != extra.end()) {
    command.push_back(to + ".cpp");
    const device::ChildResult checked = device::run_child(command);
    return {checked.succeeded(), checked.start_fault + checked.output, {}};
  }
  command.insert(command.end(), {"-c", to + ".cpp", "-o", to + ".o"});
  device::ChildResult said = device::run_child(command);
  if (!said.succeeded()) return {false, said.start_fault + said.output, {}};
  std::string log = said.output;
  said = device::run_child({compiler, "-shared", "-Wl,--no-undefined", "-o", to + ".so", to + ".o"});
  return {said.succeeded(), log + said.start_fault + said.output, to + ".so"};
}

CompileResult check_syntax(const std::string& compiler, const std::string& file,
                           const std::vector<std::string>& extra) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  std::string name = (std::filesystem::temp_directory_path() / "knobscope-syntax-XXXXXX.cpp").string();
  const int made = ::mkstemps(name.data(), 4);
  if (made < 0) throw std::system_error(errno, std::generic_category(), name);
  ::close(made);
  std::ofstream(name) << unit_of(text.str(), file);
  std::vector<std::string> command = options_for(compiler);
  command.insert(command.begin(), compiler);
  command.insert(command.end(), extra.begin(), extra.end());
  command.insert(command.end(), {"-Werror", "-fsyntax-only", name});
  const device::ChildResult said = device::run_child(command);
  std::filesystem::remove(name);
  return {said.succeeded(), said.start_fault + said.output, {}};
}

Unit::Unit(const std::string& compiler, const std::string& text) {
  folder_ = (std::filesystem::temp_directory_path() / "knobscope-headers-XXXXXX").string();
  if (::mkdtemp(folder_.data()) == nullptr) throw std::system_error(errno, std::generic_category(), folder_);
  const CompileResult made = compile(compiler, text, folder_ + "/unit");
  EXPECT_TRUE(made.is_good) << made.log;
  EXPECT_EQ(made.log, "");
  if (!made.is_good) return;
  handle_ = ::dlopen(made.object.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle_ == nullptr) throw std::runtime_error(::dlerror());
  const auto attach = reinterpret_cast<int (*)(unsigned, const Hooks*)>(symbol("knobscope_emulated_attach"));
  EXPECT_EQ(attach(kHooksVersion + 1, &hooks()), static_cast<int>(kHooksVersion));
  EXPECT_EQ(attach(kHooksVersion, &hooks()), 0);
}

Unit::~Unit() {
  if (handle_ != nullptr) ::dlclose(handle_);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void* Unit::symbol(const char* name) const {
  void* found = handle_ != nullptr ? ::dlsym(handle_, name) : nullptr;
  if (found == nullptr) throw std::runtime_error(fmt::format("the unit has no function {}", name));
  return found;
}

void Unit::watch(const void* address, unsigned long bytes) {
  watched = static_cast<const unsigned char*>(address);
  watched_bytes = bytes;
}

std::vector<Event> Unit::run(unsigned threads, const std::function<void(unsigned)>& body) {
  Stage now;
  now.threads = threads;
  stage = &now;
  const int rounds = threads == 1 ? 1 : kRounds;
  for (int round = 1; round <= rounds; ++round) {
    now.is_last_round = round == rounds;
    for (now.thread = 0; now.thread < threads; ++now.thread) {
      now.meeting = 0;
      play(body);
    }
  }
  stage = nullptr;
  return std::move(now.events);
}

std::string refusal_in(const std::string& log) {
  const std::size_t mark = log.find(kUnplayableMarker);
  if (mark == std::string::npos) return "no marker in: " + log;
  const std::size_t begin = mark + kUnplayableMarker.size();
  const std::string name = log.substr(begin, log.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", begin) - begin);
  const std::size_t error = log.rfind("error:", log.find('\n', mark));
  const std::size_t start = log.rfind('\n', error) + 1;
  const std::string place = log.substr(start, error - start);
  const std::string file = "test.cu:";
  if (!place.starts_with(file)) return "not in the kernel: " + log;
  return place.substr(file.size(), place.find(':', file.size()) - file.size()) + ": " + name;
}

}  // namespace knobscope::emulated
