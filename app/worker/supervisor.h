#pragma once
// The client's mind: feeds the worker from the queue, notices when it is silent or dead, replaces it, and keeps the
// picture that is published. Lives on the client's loop thread.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "worker/client.h"
#include "worker/live_series.h"
#include "worker/look_queue.h"
#include "worker/point_queue.h"
#include "worker/process.h"

struct uv_loop_s;

namespace knobscope::worker {

class Supervisor {
 public:
  /// `options.command` must not be empty.
  Supervisor(uv_loop_s* loop, const ClientOptions& options);

  void obey(Command command);
  /// To be called about every 50 ms.
  void tick();
  /// Asks the worker to end; the queue is forgotten.
  void shut_down();
  /// By force, after shut_down() was not heard.
  void kill();
  bool has_process() const { return process_ != nullptr; }

  /// Whether take_snapshot() would differ from the last one.
  bool changed() const { return changed_; }
  /// The picture now.
  SnapshotPtr take_snapshot();

 private:
  void start_worker();
  void feed();
  /// Whether the worker now looks at errors.
  bool feed_look();
  void finish_look();
  void send_ahead();
  bool forget_withdrawn(std::int64_t id);
  PointRequest with_device(PointRequest request) const;
  void cancel_running();
  void on_message(FromWorker message);
  void on(Hello message);
  void on(CatalogChanged message);
  void on(DevicesFound message);
  void on(PhaseChanged message);
  void on(SamplesTaken message);
  void on(Alive message);
  void on(CeilingMeasured message);
  void on(PointDone message);
  void on(PointCancelled message);
  void on(LogMessage message);
  void on(ErrorsFound message);
  void on_end(const Death& death);
  void give_up(const std::string& why);
  void retry_later(const std::string& why);
  void watch_silence(double now_s);

  void show_points(ShowPoints show);
  void add_point(PointPtr point);
  /// The point with what only the client knows: what the window did while it was timed, and what it cost to wait for.
  PointPtr completed(const PointPtr& point) const;
  void fail_running(const std::string& reason);
  void finish_running(bool has_result);
  void log(LogLevel level, std::string text);
  void log_worker_line(std::string line);
  void set_state(WorkerState state, std::string message);
  const DeviceFacts* device(const std::string& id) const;
  bool is_running(std::int64_t id) const;
  /// A sign of life while the worker looks at errors: nothing else is to be done about it.
  bool is_of_look(std::int64_t id);

  uv_loop_s* loop_;
  const ClientOptions& options_;
  PointQueue queue_;
  LookQueue looks_;
  std::unique_ptr<Process> process_;

  // The worker.
  bool ready_ = false;  ///< it takes requests
  bool shutting_down_ = false;
  int early_deaths_ = 0;  ///< in a row, of workers that did nothing
  double started_s_ = 0.0;
  double heard_s_ = 0.0;      ///< when the worker last got further
  double cancelled_s_ = 0.0;  ///< when the running point was cancelled
  std::optional<double> restart_s_;
  Phase phase_ = Phase::queued;
  std::optional<std::int64_t> ahead_;    ///< the next point, sent already: the worker goes on with it by itself
  std::vector<std::int64_t> withdrawn_;  ///< sent ahead and called back; the worker's last word on it is still to come

  // The picture, and which of its shared lists are to be made anew.
  Snapshot now_;
  std::vector<DeviceFacts> own_devices_;  ///< what the worker has, while recorded ones are shown
  bool showing_recorded_ = false;
  std::vector<PointPtr> points_;
  bool points_changed_ = false;
  std::deque<LogLine> log_;
  bool log_changed_ = false;
  double lines_since_s_ = 0.0;
  int lines_in_second_ = 0;
  LiveSeries live_series_;
  std::optional<double> live_done_;
  bool live_changed_ = false;
  bool changed_ = true;

  SetWindow window_;
  bool window_was_live_ = false;  ///< at any time since the running point was sent
};

}  // namespace knobscope::worker
