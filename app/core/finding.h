#pragma once
// What the emulated device saw a kernel do that a GPU would hide: where in the file, by which thread, and against whom.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace knobscope {

enum class FindingKind : std::uint8_t {
  out_of_bounds,    ///< an access outside every buffer, past a shared array, or through a pointer to nothing
  misaligned,       ///< an access whose address is no multiple of its size
  uninitialised,    ///< a read of memory that nobody has written
  race,             ///< two threads, one address, at least one write, and nothing that orders them
  input_written,    ///< a write into one of the operation's inputs
  barrier,          ///< a barrier that not all threads of its group reach, or that they reach at different places
  lane,             ///< a warp function whose mask or source lane names a lane that is not there
  deadlock,         ///< threads that wait for each other, or for a value that nobody will write
  overflow,         ///< a signed integer that left its type's range, a shift by too much, a division by zero
  trap,             ///< assert() failed, or __trap() was called
  order_dependent,  ///< outputs that change with the order in which threads and blocks run
};

inline constexpr std::array kFindingKinds = {
    FindingKind::out_of_bounds, FindingKind::misaligned,      FindingKind::uninitialised,
    FindingKind::race,          FindingKind::input_written,   FindingKind::barrier,
    FindingKind::lane,          FindingKind::deadlock,        FindingKind::overflow,
    FindingKind::trap,          FindingKind::order_dependent,
};

/// The word in files and on screen.
constexpr std::string_view name_of(FindingKind kind) {
  switch (kind) {
    case FindingKind::out_of_bounds:
      return "out of bounds";
    case FindingKind::misaligned:
      return "misaligned";
    case FindingKind::uninitialised:
      return "uninitialised";
    case FindingKind::race:
      return "race";
    case FindingKind::input_written:
      return "input written";
    case FindingKind::barrier:
      return "barrier";
    case FindingKind::lane:
      return "lane";
    case FindingKind::deadlock:
      return "deadlock";
    case FindingKind::overflow:
      return "overflow";
    case FindingKind::trap:
      return "trap";
    case FindingKind::order_dependent:
      return "order-dependent";
  }
  return "?";
}

constexpr std::optional<FindingKind> finding_kind_named(std::string_view name) {
  for (const FindingKind kind : kFindingKinds) {
    if (name_of(kind) == name) return kind;
  }
  return std::nullopt;
}

/// A line of a file as the catalog names files: "layernorm_forward/05_welford.cu", "include/knobscope/reduce.h".
struct SourcePlace {
  std::string file;  ///< empty: not known
  int line = 0;      ///< counted from 1; 0: not known
  bool operator==(const SourcePlace&) const = default;
};

/// One thread of a launch, as CUDA counts them (x, y, z).
struct ThreadPlace {
  std::array<std::int64_t, 3> block{};
  std::array<std::int64_t, 3> thread{};
  bool operator==(const ThreadPlace&) const = default;
};

struct Finding {
  FindingKind kind = FindingKind::out_of_bounds;
  std::string message;  ///< one sentence without the place: "reads 4 bytes past the end of gamma (element 768 of 768)"
  std::string launch;   ///< the kernel function; empty when no single launch is to blame
  SourcePlace at;       ///< in the kernel's own file where the access was reached from there
  SourcePlace within;   ///< the line of a header that `at` calls; empty when `at` is the access itself
  std::optional<ThreadPlace> who;
  SourcePlace other_at;  ///< the earlier access of a race; empty when there is none
  std::optional<ThreadPlace> other_who;
  std::int64_t count = 1;  ///< how often the same happened at the same place
  bool operator==(const Finding&) const = default;
};

/// "block (4, 0, 0), thread (37, 0, 0)"; zeros at the end are left out: "block 4, thread 37".
std::string format_thread(const ThreadPlace& place);

/// "layernorm_forward/05_welford.cu:57: race: writes … (block 4, thread 37; earlier: line 52, block 4, thread 5; 12
/// times)": all of it in one line.
std::string format_finding(const Finding& finding);

}  // namespace knobscope
