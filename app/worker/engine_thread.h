#pragma once
// The worker's second thread: owns the devices and measures what is asked for, in order.

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "device/device.h"
#include "measure/engine.h"
#include "worker/outbox.h"
#include "worker/protocol.h"

namespace knobscope::worker {

/// Lists the devices at once, opens each when it is first asked for. All public functions are for another thread.
class EngineThread {
 public:
  /// `outbox` must outlive it. Ends the process with kExitDeviceLost, after the result was sent, when a device is lost.
  EngineThread(device::Options options, std::string program_version, Outbox& outbox);
  EngineThread(const EngineThread&) = delete;
  EngineThread& operator=(const EngineThread&) = delete;
  ~EngineThread();  ///< waits for the thread; call end() first

  void set_catalog(std::shared_ptr<const Catalog> catalog);
  /// For the engine of a device that is opened later.
  void know(KnownCeilings ceilings);
  void measure(PointRequest request);
  /// Looks at errors, in its turn.
  void look(ErrorRequest request);
  /// Drops the request, or cuts it short when it runs.
  void cancel(std::int64_t id);
  /// Stops after the queue is empty (`drain`) or as soon as possible. Returns whether it has stopped within the time.
  bool end(bool drain, double within_s);

 private:
  struct OpenDevice {
    device::DevicePtr device;
    std::unique_ptr<measure::Engine> engine;
  };

  void run();
  using Request = std::variant<PointRequest, ErrorRequest>;
  void enqueue(Request request);
  std::optional<Request> wait_for_request();
  FromWorker answer(const Request& request);
  PointPtr measure_point(const PointRequest& request);
  ErrorRegionPtr look_at_errors(const ErrorRequest& request);
  measure::Engine& start_engine(const std::string& device_id);
  PointPtr failed(const PointRequest& request, std::string reason);
  std::shared_ptr<const Catalog> catalog();
  measure::Engine& engine_for(const std::string& device_id);

  const device::Options options_;
  const std::string program_version_;
  Outbox& outbox_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Request> queue_;
  std::shared_ptr<const Catalog> catalog_ = std::make_shared<const Catalog>();
  std::vector<KnownCeilings> known_ceilings_;
  std::optional<std::int64_t> running_;
  bool cancelled_ = false;                ///< the running one is unwanted
  measure::Engine* stoppable_ = nullptr;  ///< the engine that measures now
  bool draining_ = false;
  bool ending_ = false;
  bool ended_ = false;

  // Only the thread's own.
  std::vector<DeviceFacts> listed_;
  std::map<std::string, OpenDevice> devices_;
  trace::Domain domain_;

  std::thread thread_;
};

}  // namespace knobscope::worker
