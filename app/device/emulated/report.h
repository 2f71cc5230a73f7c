#pragma once
// Collects what is found while kernels are played, each place once, and turns code addresses into lines at the end.

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "core/finding.h"
#include "device/emulated/hooks.h"

namespace knobscope::device::emulated {

using knobscope::emulated::Place;

/// Offsets of return addresses in the kernel's code, innermost first; 0 ends the list.
inline constexpr std::size_t kMostFrames = 12;
using Frames = std::array<std::uint32_t, kMostFrames>;

struct RawFinding {
  FindingKind kind = FindingKind::out_of_bounds;
  std::string message;
  std::uint32_t launch = 0;  ///< index of the launch in the work
  std::uint32_t pc = 0;      ///< of the access or of the call; 0: not known
  Frames frames{};           ///< the calls around it
  std::string file;          ///< of the built-in that was called; empty for plain accesses
  int line = 0;
  std::optional<ThreadPlace> who;
  std::uint32_t other_pc = 0;
  std::string other_file;
  int other_line = 0;
  std::optional<ThreadPlace> other_who;
  std::int64_t count = 1;
};

/// What makes two findings the same: kind, launch, place, and what it was about (a buffer's name).
struct FindingKey {
  FindingKind kind{};
  std::uint32_t launch = 0;
  std::uint32_t pc = 0;
  std::uint32_t line = 0;
  std::string subject;
  auto operator<=>(const FindingKey&) const = default;
};

/// Thread-safe.
class Report {
 public:
  /// Distinct findings kept; later ones are dropped.
  static constexpr std::size_t kMost = 64;

  /// True when this place is new: the caller then fills in the message by add().
  bool is_new(const FindingKey& key);
  void add(const FindingKey& key, RawFinding finding);

  bool empty() const;
  /// In the order they were met, and nothing is left. With several cores that order is sorted by thread.
  std::vector<RawFinding> take();

 private:
  mutable std::mutex mutex_;
  std::map<FindingKey, std::size_t> places_;
  std::vector<RawFinding> findings_;
};

}  // namespace knobscope::device::emulated
