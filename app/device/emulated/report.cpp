#include "device/emulated/report.h"

#include <utility>

namespace knobscope::device::emulated {

bool Report::is_new(const FindingKey& key) {
  const std::lock_guard lock(mutex_);
  const auto known = places_.find(key);
  if (known == places_.end()) return findings_.size() < kMost;
  ++findings_[known->second].count;
  return false;
}

void Report::add(const FindingKey& key, RawFinding finding) {
  const std::lock_guard lock(mutex_);
  const auto [place, is_new] = places_.try_emplace(key, findings_.size());
  if (is_new) {
    findings_.push_back(std::move(finding));
  } else {
    ++findings_[place->second].count;  // another core was faster
  }
}

bool Report::empty() const {
  const std::lock_guard lock(mutex_);
  return findings_.empty();
}

std::vector<RawFinding> Report::take() {
  const std::lock_guard lock(mutex_);
  places_.clear();
  return std::exchange(findings_, {});
}

}  // namespace knobscope::device::emulated
