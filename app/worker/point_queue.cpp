#include "worker/point_queue.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <set>
#include <unordered_map>
#include <utility>

#include "core/known_points.h"
#include "core/sweep_estimate.h"

namespace knobscope::worker {
std::vector<PointQueue::Entry> PointQueue::united(std::vector<PointRequest> points, const std::string& tag,
                                                  bool first) {
  std::unordered_multimap<std::size_t, std::size_t> waiting;
  for (std::size_t i = 0; i < waiting_.size(); ++i) waiting.emplace(hash_but_for_id(waiting_[i].request), i);
  std::vector<Entry> entries;
  std::set<std::size_t> moved;
  for (PointRequest& point : points) {
    const auto [begin, end] = waiting.equal_range(hash_but_for_id(point));
    const auto same = std::find_if(
        begin, end, [&](const auto& each) { return same_but_for_id(waiting_[each.second].request, point); });
    if (same == end) {
      entries.push_back({std::move(point), tag});
    } else if (first) {
      if (moved.insert(same->second).second) entries.push_back(waiting_[same->second]);
    } else {
      waiting_[same->second].tag = tag;
    }
  }
  std::size_t index = 0;
  if (!moved.empty()) std::erase_if(waiting_, [&](const Entry&) { return moved.contains(index++); });
  return entries;
}

bool PointQueue::add(std::vector<PointRequest> points, const std::string& tag, bool first) {
  shown_is_stale_ = true;
  if (waiting_.empty() && !running_) {
    done_ = 0;
    busy_s_ = done_weight_ = 0.0;
  }
  bool cancel = false;
  if (!tag.empty()) {
    std::erase_if(waiting_, [&tag](const Entry& each) { return each.tag == tag; });
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
  std::vector<Entry> entries = united(std::move(points), tag, first);
  for (Entry& entry : entries) {
    if (entry.request.id == 0) entry.request.id = next_id_;
    skip_ids_to(entry.request.id);
  }
  waiting_.insert(first ? waiting_.begin() : waiting_.end(), std::make_move_iterator(entries.begin()),
                  std::make_move_iterator(entries.end()));
  return cancel;
}

void PointQueue::clear() {
  waiting_.clear();
  shown_is_stale_ = true;
}

Waiting PointQueue::waiting() const {
  if (std::exchange(shown_is_stale_, false)) {
    std::vector<PointRequest> points;
    points.reserve(waiting_.size());
    for (const Entry& each : waiting_) points.push_back(each.request);
    shown_ = {std::make_shared<const std::vector<PointRequest>>(std::move(points)), 0};
  }
  return shown_;
}

const PointRequest* PointQueue::start(double now_s) {
  if (waiting_.empty()) return nullptr;
  running_ = Running{std::move(waiting_.front().request), std::move(waiting_.front().tag), now_s, false};
  waiting_.pop_front();
  ++shown_.begun;
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
  shown_is_stale_ = true;
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
    for (const Entry& each : waiting_) waiting += weight_of(each.request);
    progress.seconds_left = mean_s * waiting + std::max(mean_s * running - spent_s, 0.0);
  }
  return progress;
}

void PointQueue::skip_ids_to(std::int64_t used) { next_id_ = std::max(next_id_, used + 1); }

}  // namespace knobscope::worker
