#include "worker/supervisor.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <uv.h>

#include "worker/failed_point.h"

namespace knobscope::worker {
namespace {

/// Phases in which none of the user's code runs (a compiler, our own fills and references) may be silent this long.
constexpr double kOwnWorkLimit_s = 120.0;
/// A cancelled point that does not stop within this time costs the worker its life.
constexpr double kCancelLimit_s = 3.0;
constexpr double kStartLimit_s = 60.0;
constexpr int kMostEarlyDeaths = 5;
/// A worker that dies sooner than this without a point to blame would die again at once.
constexpr double kShortestLife_s = 2.0;
constexpr double kFirstRestartDelay_s = 0.1;
constexpr std::size_t kMostLogLines = 2000;
constexpr int kMostWorkerLinesPerSecond = 200;

double now_s() { return static_cast<double>(uv_hrtime()) * 1e-9; }

bool runs_user_code(Phase phase) {
  return phase == Phase::warm_up || phase == Phase::verify || timing_of(phase).has_value();
}

double silence_limit_s(const PointRequest& request, Phase phase) {
  const double limit = std::max(request.method.launch_limit_s, 0.1);
  return runs_user_code(phase) ? limit : std::max(limit, kOwnWorkLimit_s);
}

template <typename T>
std::shared_ptr<const std::vector<T>> share(const std::vector<T>& list) {
  return std::make_shared<const std::vector<T>>(list);
}

}  // namespace

Supervisor::Supervisor(uv_loop_s* loop, const ClientOptions& options)
    : loop_(loop), options_(options), queue_(options.first_point_id) {
  set_state(WorkerState::starting, "starting the worker");
  start_worker();
}

// The process. ------------------------------------------------------------------------------------------------------

void Supervisor::start_worker() {
  restart_s_.reset();
  ready_ = false;
  ahead_.reset();
  withdrawn_.clear();
  started_s_ = heard_s_ = now_s();
  Process::Events events;
  events.on_message = [this](FromWorker message) { on_message(std::move(message)); };
  events.on_error_line = [this](std::string line) { log_worker_line(std::move(line)); };
  events.on_end = [this](const Death& death) { on_end(death); };
  std::string error;
  process_ = Process::start(loop_, options_.command, std::move(events), error);
  if (!process_) give_up(error);
}

void Supervisor::on_end(const Death& death) {
  const std::string what = describe_death(death);
  const Phase phase = phase_;
  const bool was_ready = ready_;
  process_.reset();
  ready_ = false;
  ahead_.reset();
  withdrawn_.clear();
  if (shutting_down_) return;

  const bool was_looking = looks_.running().has_value();
  const bool was_busy = queue_.running().has_value() || was_looking;
  if (was_looking) {
    looks_.fail(fmt::format("{} during {}", what, name_of(phase)));
    finish_look();
  }
  if (queue_.running()) {
    if (queue_.running()->cancelled) {
      finish_running(false);
    } else if (death.exit_status == kExitDeviceLost) {
      // The result of the point that lost the device came before; this one was sent to a worker about to end.
      queue_.put_back();
    } else {
      fail_running(fmt::format("{} during {}", what, name_of(phase)));
    }
  }
  if (death.wrong_language && !was_ready) {
    give_up(what);  // another start would say the same
    return;
  }
  const bool did_something = was_ready && (was_busy || now_s() - started_s_ > kShortestLife_s);
  if (did_something) {
    early_deaths_ = 0;
  } else if (++early_deaths_ >= kMostEarlyDeaths) {
    give_up(fmt::format("the worker ended {} times before it did anything, the last time: {}; the log says more",
                        early_deaths_, what));
    return;
  }
  retry_later(what);
}

void Supervisor::retry_later(const std::string& why) {
  ++now_.worker_restarts;
  log(LogLevel::warning, "the worker ended: " + why + "; starting another");
  set_state(WorkerState::restarting, why);
  const double delay_s = early_deaths_ > 0 ? kFirstRestartDelay_s * std::exp2(early_deaths_ - 1) : 0.0;
  restart_s_ = now_s() + delay_s;
  if (delay_s == 0.0) start_worker();
}

/// Points that wait would wait for ever: each is told why it cannot be measured.
void Supervisor::give_up(const std::string& why) {
  log(LogLevel::error, why);
  restart_s_.reset();
  if (queue_.running()) fail_running(why);
  do {
    looks_.fail(why);
  } while (looks_.start() != nullptr);
  finish_look();
  while (queue_.start(now_s()) != nullptr) fail_running(why);
  set_state(WorkerState::gone, why);
}

void Supervisor::shut_down() {
  shutting_down_ = true;
  restart_s_.reset();
  queue_.clear();
  looks_.clear();
  if (!process_) return;
  process_->send(Shutdown{});
  process_->close_input();
}

void Supervisor::kill() { process_.reset(); }

void Supervisor::tick() {
  const double now = now_s();
  if (shutting_down_) return;
  if (restart_s_ && now >= *restart_s_) start_worker();
  if (process_ && !ready_ && now - heard_s_ > kStartLimit_s) {
    process_->kill(fmt::format("the worker did not answer within {:.0f} s of its start", kStartLimit_s));
  }
  if (process_ && (queue_.running() || looks_.running())) watch_silence(now);
  if (queue_.running()) {
    now_.progress = queue_.progress(now);
    changed_ = true;
  }
}

void Supervisor::watch_silence(double now) {
  const bool cancelled = queue_.running() && queue_.running()->cancelled;
  if (cancelled && now - cancelled_s_ > kCancelLimit_s) {
    process_->kill("the cancelled kernel did not stop");
    return;
  }
  const PointRequest& request = queue_.running() ? queue_.running()->request : looks_.running()->point;
  const double limit_s = silence_limit_s(request, phase_);
  if (now - heard_s_ <= limit_s) return;
  if (runs_user_code(phase_)) {
    process_->kill(fmt::format("no answer for {:.3g} s; the kernel hangs", limit_s));
  } else {
    process_->kill(fmt::format("no answer for {:.3g} s", limit_s));
  }
}

// What the user wants. ----------------------------------------------------------------------------------------------

void Supervisor::obey(Command command) {
  changed_ = true;
  if (auto* measure = std::get_if<MeasurePoints>(&command)) {
    if (queue_.add(std::move(measure->points), measure->tag, measure->first)) cancel_running();
    if (now_.worker == WorkerState::gone && !process_ && !queue_.empty()) {
      // Whoever asks again wants another try.
      early_deaths_ = 0;
      set_state(WorkerState::restarting, "starting the worker again");
      start_worker();
    }
  } else if (std::holds_alternative<CancelAll>(command)) {
    queue_.clear();
    cancel_running();
  } else if (const auto* pause = std::get_if<SetPaused>(&command)) {
    now_.paused = pause->paused;
  } else if (auto* look = std::get_if<LookAtErrors>(&command)) {
    if (looks_.add(std::move(look->request)) && process_) process_->send(CancelPoint{looks_.running()->id});
    if (now_.worker == WorkerState::gone) {
      while (looks_.start() != nullptr) looks_.fail(now_.worker_message);
      finish_look();
    }
  } else if (std::holds_alternative<ClearPoints>(command)) {
    points_.clear();
    points_changed_ = true;
    if (showing_recorded_) {
      showing_recorded_ = false;
      now_.devices = own_devices_;
      now_.ceilings.clear();
    }
  } else if (auto* show = std::get_if<ShowPoints>(&command)) {
    show_points(std::move(*show));
  } else if (auto* window = std::get_if<SetWindow>(&command)) {
    window_ = std::move(*window);
    window_was_live_ = window_was_live_ || window_.live;
  } else if (auto* line = std::get_if<AddLogLine>(&command)) {
    log(line->level, std::move(line->text));
  }
  feed();
}

void Supervisor::cancel_running() {
  if (!queue_.running() || queue_.running()->cancelled) return;
  queue_.running()->cancelled = true;
  cancelled_s_ = now_s();
  if (process_) process_->send(CancelPoint{queue_.running()->request.id});
}

bool Supervisor::feed_look() {
  if (looks_.running()) return true;
  if (!ready_ || !process_ || queue_.running()) return false;
  const ErrorRequest* next = looks_.start();
  if (next == nullptr) return false;
  ErrorRequest request = *next;
  if (request.point.device.empty() && !own_devices_.empty()) request.point.device = own_devices_.front().id;
  phase_ = Phase::queued;
  heard_s_ = now_s();
  if (process_->send(FindErrors{std::move(request)})) return true;
  looks_.fail("the request is too large to send");
  finish_look();
  return false;
}

void Supervisor::finish_look() {
  now_.error_regions = looks_.seen();
  changed_ = true;
}

bool Supervisor::is_of_look(std::int64_t id) {
  if (!looks_.is_running(id)) return false;
  heard_s_ = now_s();
  return true;
}

/// Looks come first: they take moments, and somebody waits for them.
void Supervisor::feed() {
  if (feed_look()) return;
  while (ready_ && process_ && !queue_.running() && !now_.paused) {
    const PointRequest* next = queue_.start(now_s());
    if (next == nullptr) break;
    PointRequest request = with_device(*next);
    queue_.running()->request.device = request.device;
    phase_ = Phase::queued;
    heard_s_ = now_s();
    live_series_.clear();
    live_done_.reset();
    live_changed_ = true;
    window_was_live_ = window_.live;
    if (ahead_ == request.id) {
      ahead_.reset();  // it is there already
    } else if (!process_->send(MeasurePoint{std::move(request)})) {
      fail_running("the request is too large to send");
    }
  }
  send_ahead();
  if (process_ && ready_) {
    set_state(queue_.running() ? WorkerState::measuring : WorkerState::idle, now_.worker_message);
  }
  now_.progress = queue_.progress(now_s());
  changed_ = true;
}

/// The worker has the next point before it is done with this one, and need not wait for the client between them. One
/// that is no longer next is called back.
void Supervisor::send_ahead() {
  if (!process_ || !ready_) return;
  const PointRequest* next = queue_.next();
  const bool wanted = next != nullptr && queue_.running() && !queue_.running()->cancelled && !now_.paused &&
                      looks_.empty();  // somebody who looks comes before it
  if (ahead_ && !(wanted && next->id == *ahead_)) {
    process_->send(CancelPoint{*ahead_});
    withdrawn_.push_back(*ahead_);
    ahead_.reset();
  }
  if (wanted && !ahead_ && process_->send(MeasurePoint{with_device(*next)})) ahead_ = next->id;
}

/// Whether this is the worker's last word on a point that was called back. It says one for each time it was sent, in
/// the order sent, so the same point may be on its way again.
bool Supervisor::forget_withdrawn(std::int64_t id) {
  const auto found = std::ranges::find(withdrawn_, id);
  if (found == withdrawn_.end()) return false;
  withdrawn_.erase(found);
  return true;
}

/// No device asked for: the best there is.
PointRequest Supervisor::with_device(PointRequest request) const {
  if (request.device.empty() && !own_devices_.empty()) request.device = own_devices_.front().id;
  return request;
}

bool Supervisor::is_running(std::int64_t id) const {
  const bool is_old = std::ranges::find(withdrawn_, id) != withdrawn_.end();
  return !is_old && queue_.running() && queue_.running()->request.id == id;
}

// What the worker says. ---------------------------------------------------------------------------------------------

void Supervisor::on_message(FromWorker message) {
  if (shutting_down_) return;
  changed_ = true;
  std::visit([this](auto& each) { on(std::move(each)); }, message);
}

void Supervisor::on(Hello message) {
  heard_s_ = now_s();
  if (message.program_version != KNOBSCOPE_VERSION) {
    log(LogLevel::warning,
        fmt::format("the worker is Knobscope {}, this is {}", message.program_version, KNOBSCOPE_VERSION));
  }
}

void Supervisor::on(CatalogChanged message) { now_.catalog = std::move(message.catalog); }

void Supervisor::on(DevicesFound message) {
  own_devices_ = std::move(message.devices);
  if (!showing_recorded_) now_.devices = own_devices_;
  ready_ = true;
  set_state(WorkerState::idle, now_.worker_restarts > 0 ? "the worker was replaced" : "");
  for (const KnownCeilings& known : options_.known_ceilings) process_->send(KnowCeilings{known});
  feed();
}

void Supervisor::on(PhaseChanged message) {
  if (is_of_look(message.id)) phase_ = message.phase;
  if (!is_running(message.id)) return;
  heard_s_ = now_s();
  if (message.phase != phase_) live_done_.reset();
  phase_ = message.phase;
  live_changed_ = true;
}

void Supervisor::on(SamplesTaken message) {
  if (!is_running(message.id)) return;
  heard_s_ = now_s();
  if (live_series_.take(message.phase, message.step)) live_changed_ = true;
}

void Supervisor::on(Alive message) {
  if (is_of_look(message.id)) return;
  if (!is_running(message.id)) return;
  heard_s_ = now_s();
  if (!message.done || message.done == live_done_) return;
  live_done_ = message.done;
  live_changed_ = true;
}

void Supervisor::on(CeilingMeasured message) {
  heard_s_ = now_s();
  if (showing_recorded_) return;
  std::erase_if(now_.ceilings, [&](const Ceiling& each) { return each.device == message.ceiling.device; });
  now_.ceilings.push_back(std::move(message.ceiling));
}

void Supervisor::on(PointDone message) {
  if (forget_withdrawn(message.point->request.id)) return;
  if (!is_running(message.point->request.id)) return;
  message.point = completed(message.point);
  // The worker goes on before the result is written to a file.
  finish_running(true);
  feed();
  add_point(std::move(message.point));
}

void Supervisor::on(PointCancelled message) {
  if (forget_withdrawn(message.id)) return;
  if (is_of_look(message.id)) {
    looks_.finish(nullptr);
    feed();
  }
  if (!is_running(message.id)) return;
  finish_running(false);
  feed();
}

void Supervisor::on(LogMessage message) { log(message.level, std::move(message.text)); }

void Supervisor::on(ErrorsFound message) {
  if (!looks_.is_running(message.region->request.id)) return;
  looks_.finish(std::move(message.region));
  finish_look();
  feed();
}

// The picture. ------------------------------------------------------------------------------------------------------

void Supervisor::add_point(PointPtr point) {
  if (options_.on_point) options_.on_point(point);
  points_.push_back(std::move(point));
  points_changed_ = true;
  changed_ = true;
}

PointPtr Supervisor::completed(const PointPtr& point) const {
  auto told = std::make_shared<Point>(*point);
  if (told->spent) {
    (*told->spent)[Expense::between] = std::max(now_s() - queue_.running()->since_s - told->spent->total(), 0.0);
  }
  if (!point->headline()) return told;
  const bool draws_there = std::ranges::find(window_.devices, point->request.device) != window_.devices.end();
  told->window = draws_there ? (window_was_live_ ? WindowState::live : WindowState::paused) : WindowState::none;
  return told;
}

void Supervisor::fail_running(const std::string& reason) {
  const PointRequest& request = queue_.running()->request;
  add_point(failed_point(request, reason, *now_.catalog, device(request.device)));
  finish_running(true);
}

void Supervisor::finish_running(bool has_result) {
  queue_.finish(has_result, now_s());
  now_.progress = queue_.progress(now_s());
  live_changed_ = true;
  changed_ = true;
}

const DeviceFacts* Supervisor::device(const std::string& id) const {
  const auto found = std::ranges::find(own_devices_, id, &DeviceFacts::id);
  return found == own_devices_.end() ? nullptr : &*found;
}

void Supervisor::set_state(WorkerState state, std::string message) {
  now_.worker = state;
  now_.worker_message = std::move(message);
  changed_ = true;
}

void Supervisor::log(LogLevel level, std::string text) {
  log_.push_back({std::chrono::system_clock::now(), level, std::move(text)});
  if (log_.size() > kMostLogLines) log_.pop_front();
  log_changed_ = true;
  changed_ = true;
}

/// A kernel that prints from every thread must not drown everything else.
void Supervisor::log_worker_line(std::string line) {
  const double now = now_s();
  if (now - lines_since_s_ >= 1.0) {
    lines_since_s_ = now;
    lines_in_second_ = 0;
  }
  ++lines_in_second_;
  if (lines_in_second_ == kMostWorkerLinesPerSecond) {
    line = fmt::format("more than {} lines in a second: the rest of them are left out", kMostWorkerLinesPerSecond);
  } else if (lines_in_second_ > kMostWorkerLinesPerSecond) {
    return;
  }
  log(LogLevel::info, std::move(line));
}

SnapshotPtr Supervisor::take_snapshot() {
  if (points_changed_) now_.points = share(points_);
  if (log_changed_) now_.log = std::make_shared<const std::vector<LogLine>>(log_.begin(), log_.end());
  if (live_changed_) {
    if (const auto& running = queue_.running()) {
      auto live = std::make_shared<LivePoint>();
      live->request = running->request;
      live->phase = phase_;
      live_series_.put_into(*live);
      live->done = live_done_;
      now_.live = std::move(live);
    } else {
      now_.live.reset();
    }
  }
  now_.waiting = queue_.waiting();
  points_changed_ = log_changed_ = live_changed_ = changed_ = false;
  ++now_.revision;
  return std::make_shared<const Snapshot>(now_);
}

}  // namespace knobscope::worker
