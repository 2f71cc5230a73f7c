#include "cli/collecting.h"

#include <fmt/format.h>

#include "cli/output.h"

namespace knobscope::cli {
namespace {

constexpr double kLook_s = 0.05;
/// A cancelled kernel has this long to end before results are written without it.
constexpr double kCancelLimit_s = 5.0;

}  // namespace

void Collector::add(const PointPtr& point) {
  const std::lock_guard lock(mutex_);
  points_.push_back(point);
  if (writer_ == nullptr || !fault_.empty()) return;
  const auto begin = std::chrono::steady_clock::now();
  try {
    writer_->add(*point);
  } catch (const session::SessionError& error) {
    fault_ = error.what();
  }
  writing_s_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::int64_t Collector::count() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::int64_t>(points_.size());
}

std::vector<PointPtr> Collector::points() const {
  const std::lock_guard lock(mutex_);
  return points_;
}

std::string Collector::fault() const {
  const std::lock_guard lock(mutex_);
  return fault_;
}

double Collector::writing_s() const {
  const std::lock_guard lock(mutex_);
  return writing_s_;
}

Course wait_for_points(worker::Client& client, const Collector& collector, std::int64_t total, Interrupt& interrupt,
                       ProgressLine& progress, std::chrono::steady_clock::time_point end) {
  Course course;
  while (collector.count() < total && collector.fault().empty()) {
    client.wait([&](const Snapshot&) { return collector.count() >= total; }, kLook_s);
    const SnapshotPtr snapshot = client.snapshot();
    progress.show(progress_text(*snapshot, collector.count(), total, progress.width()));
    course.signal = interrupt.take();
    if (course.signal != 0) break;
    // A worker that is given up answers for every waiting point before it says so.
    if (snapshot->worker == WorkerState::gone && collector.count() < total) {
      course.worker_gone = true;
      break;
    }
    course.out_of_time = std::chrono::steady_clock::now() >= end;
    if (course.out_of_time) break;
  }
  progress.clear();
  if (course.signal != 0 || course.out_of_time || !collector.fault().empty()) {
    if (!course.out_of_time) interrupt.stop_waiting();
    client.post(worker::CancelAll{});
    client.wait([](const Snapshot& snapshot) { return snapshot.worker != WorkerState::measuring && !snapshot.live; },
                kCancelLimit_s);
  }
  return course;
}

std::optional<int> complain_of_course(const Course& course, const Collector& collector, std::int64_t total,
                                      const worker::Client& client) {
  const std::int64_t done = collector.count();
  if (const std::string fault = collector.fault(); !fault.empty()) return complain(fault, kExitUsage);
  if (course.signal != 0) {
    return complain(fmt::format("stopped after {} of {} points; their results are kept", done, total),
                    128 + course.signal);
  }
  if (course.worker_gone) {
    return complain(
        fmt::format("the worker is gone after {} of {} points: {}", done, total, client.snapshot()->worker_message),
        kExitBadResult);
  }
  return std::nullopt;
}

}  // namespace knobscope::cli
