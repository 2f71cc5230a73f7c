#include "worker/point_queue.h"

#include <algorithm>

namespace knobscope::worker {
namespace {

bool same_but_for_id(const PointRequest& a, const PointRequest& b) {
  // Cheap ones first: this is asked for every point of a sweep.
  return a.variant == b.variant && a.knobs == b.knobs && a.device == b.device && a.problem == b.problem &&
         a.method == b.method && a.against == b.against;
}

/// How long a point takes, as a share of the others: most are measured until they are known well enough, but the
/// emulated device plays every element, and compiling a kernel takes as long as playing some ten thousand.
double weight_of(const PointRequest& request) {
  if (request.device != name_of(DeviceKind::emulated)) return 1.0;
  double elements = 1.0;
  for (const std::int64_t extent : request.problem.shape) elements *= static_cast<double>(extent);
  return 1.0 + elements / 65'536.0;
}

}  // namespace

bool PointQueue::add(std::vector<PointRequest> points, const std::string& tag) {
  if (waiting_.empty() && !running_) {
    done_ = 0;
    busy_s_ = done_weight_ = 0.0;
  }
  bool cancel = false;
  if (!tag.empty()) {
    std::erase_if(waiting_, [&tag](const Waiting& each) { return each.tag == tag; });
    if (running_ && running_->tag == tag && !running_->cancelled) {
      const auto again = std::ranges::find_if(
          points, [&](const PointRequest& each) { return same_but_for_id(each, running_->request); });
      if (again == points.end()) {
        cancel = true;
      } else {
        points.erase(again);
      }
    }
  }
  for (PointRequest& request : points) {
    if (request.id == 0) request.id = next_id_;
    skip_ids_to(request.id);
    waiting_.push_back({std::move(request), tag});
  }
  return cancel;
}

void PointQueue::clear() { waiting_.clear(); }

const PointRequest* PointQueue::start(double now_s) {
  if (waiting_.empty()) return nullptr;
  running_ = Running{std::move(waiting_.front().request), std::move(waiting_.front().tag), now_s, false};
  waiting_.pop_front();
  return &running_->request;
}

void PointQueue::finish(bool has_result, double now_s) {
  if (running_ && has_result) {
    ++done_;
    busy_s_ += now_s - running_->since_s;
    done_weight_ += weight_of(running_->request);
  }
  running_.reset();
}

void PointQueue::put_back() {
  if (!running_) return;
  waiting_.push_front({std::move(running_->request), std::move(running_->tag)});
  running_.reset();
}

Progress PointQueue::progress(double now_s) const {
  Progress progress;
  progress.done = done_;
  const auto left = static_cast<std::int64_t>(waiting_.size()) + (running_ && !running_->cancelled ? 1 : 0);
  progress.total = done_ + left;
  if (done_ > 0) {
    const bool runs = running_ && !running_->cancelled;
    const double running = runs ? weight_of(running_->request) : 0.0;
    const double spent_s = runs ? now_s - running_->since_s : 0.0;
    double mean_s = busy_s_ / done_weight_;
    // One that takes longer than it should have says that the others may, too.
    if (spent_s > mean_s * running) mean_s = (busy_s_ + spent_s) / (done_weight_ + running);
    double waiting = 0.0;
    for (const Waiting& each : waiting_) waiting += weight_of(each.request);
    progress.seconds_left = mean_s * waiting + std::max(mean_s * running - spent_s, 0.0);
  }
  return progress;
}

void PointQueue::skip_ids_to(std::int64_t used) { next_id_ = std::max(next_id_, used + 1); }

}  // namespace knobscope::worker
