#pragma once
// The bar on standard error while points are measured.

#include <cstdint>
#include <optional>
#include <string>

#include "core/snapshot.h"

namespace knobscope::cli {

/// "[=====>    ] 3/12  cold  welford block=256  12 s left", at most `width` columns.
std::string progress_text(const Snapshot& snapshot, std::int64_t done, std::int64_t total, int width);

/// Writes over its own line; nothing at all when standard error is no terminal.
class ProgressLine {
 public:
  ProgressLine(bool enabled, int width) : enabled_(enabled), width_(width) {}
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const std::string& text);
  void clear();
  int width() const { return width_; }

 private:
  bool enabled_;
  int width_;
  std::string shown_;
};

}  // namespace knobscope::cli
