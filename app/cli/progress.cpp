#include "cli/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>

namespace knobscope::cli {
namespace {

constexpr int kBarWidth = 24;

std::string seconds_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::ceil(std::min(seconds, 1e6)));
  if (whole < 90) return fmt::format("{} s left", whole);
  if (whole < 5400) return fmt::format("{} min left", (whole + 30) / 60);
  return fmt::format("{:.1f} h left", static_cast<double>(whole) / 3600.0);
}

std::string live_text(const Snapshot& snapshot) {
  switch (snapshot.worker) {
    case WorkerState::starting:
      return "starting";
    case WorkerState::restarting:
      return "starting another worker";
    case WorkerState::gone:
      return "no worker";
    case WorkerState::idle:
    case WorkerState::measuring:
      break;
  }
  if (!snapshot.live) return "";
  const PointRequest& request = snapshot.live->request;
  const Variant* variant = snapshot.catalog->find(request.variant);
  return fmt::format("{}  {} {}", name_of(snapshot.live->phase), variant != nullptr ? variant->name : request.variant,
                     format_knobs(request.knobs));
}

}  // namespace

std::string progress_text(const Snapshot& snapshot, std::int64_t done, std::int64_t total, int width) {
  const std::int64_t filled = total > 0 ? std::clamp<std::int64_t>(kBarWidth * done / total, 0, kBarWidth) : 0;
  std::string text = fmt::format("[{:=<{}}{: <{}}] {}/{}", "", filled, "", kBarWidth - filled, done, total);
  if (snapshot.progress.seconds_left && done < total) {
    text += "  " + seconds_text(*snapshot.progress.seconds_left);
  }
  if (const std::string live = live_text(snapshot); !live.empty()) text += "  " + live;
  // Names in files may be anything, but what does not fit would wrap and leave its first line behind.
  if (width > 1 && text.size() >= static_cast<std::size_t>(width)) text.resize(static_cast<std::size_t>(width) - 1);
  return text;
}

void ProgressLine::show(const std::string& text) {
  if (!enabled_ || text == shown_) return;
  fmt::print(stderr, "\r{}\x1b[K", text);
  std::fflush(stderr);
  shown_ = text;
}

void ProgressLine::clear() {
  if (shown_.empty()) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  shown_.clear();
}

}  // namespace knobscope::cli
