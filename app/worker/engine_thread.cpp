#include "worker/engine_thread.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include <fmt/format.h>

#include "worker/failed_point.h"

namespace knobscope::worker {
namespace {

/// Passes what the engine sees on to the client, under the point's id.
class Reporter final : public measure::Observer {
 public:
  Reporter(Outbox& outbox, std::int64_t id) : outbox_(outbox), id_(id) {}
  void phase(Phase phase) override { outbox_.send(PhaseChanged{id_, phase}); }
  void samples(Phase phase, const SeriesStep& step) override { outbox_.send(SamplesTaken{id_, phase, step}); }
  void alive() override {
    // Steps can be very short: a sign of life now and then is enough.
    if (since_sent_.seconds() < 0.05) return;
    since_sent_ = measure::Stopwatch();
    outbox_.send(Alive{id_, {}});
  }
  void progress(double done) override {
    if (since_sent_.seconds() < 0.05) return;
    since_sent_ = measure::Stopwatch();
    outbox_.send(Alive{id_, done});
  }
  void ceiling(const Ceiling& ceiling) override { outbox_.send(CeilingMeasured{ceiling}); }
  void note(LogLevel level, const std::string& text) override { outbox_.log(level, text); }

 private:
  Outbox& outbox_;
  std::int64_t id_;
  measure::Stopwatch since_sent_;
};

ErrorRegionPtr unseen(const ErrorRequest& request, std::string why) {
  auto region = std::make_shared<ErrorRegion>();
  region->request = request;
  region->fault = std::move(why);
  return region;
}

std::int64_t id_of(const std::variant<PointRequest, ErrorRequest>& request) {
  return std::visit([](const auto& each) { return each.id; }, request);
}

std::string why_missing(const Catalog& catalog, const std::string& id) {
  const auto fault = std::ranges::find(catalog.faults, id, &CatalogFault::file);
  if (fault == catalog.faults.end()) {
    return fmt::format("there is no kernel file {}; it may have been renamed or deleted", id);
  }
  const std::string place = fault->line > 0 ? fmt::format("{}:{}", fault->file, fault->line) : fault->file;
  return fmt::format("{}: {}", place, fault->message);
}

PointPtr with_opening(Point point, double seconds) {
  if (point.spent) (*point.spent)[Expense::open] = seconds;
  return std::make_shared<const Point>(std::move(point));
}

}  // namespace

EngineThread::EngineThread(device::Options options, std::string program_version, Outbox& outbox)
    : options_(std::move(options)), program_version_(std::move(program_version)), outbox_(outbox) {
  thread_ = std::thread([this] { run(); });
}

EngineThread::~EngineThread() {
  if (thread_.joinable()) thread_.join();
}

void EngineThread::set_catalog(std::shared_ptr<const Catalog> catalog) {
  const std::lock_guard lock(mutex_);
  catalog_ = std::move(catalog);
}

void EngineThread::know(KnownCeilings ceilings) {
  const std::lock_guard lock(mutex_);
  known_ceilings_.push_back(std::move(ceilings));
}

void EngineThread::measure(PointRequest request) { enqueue(std::move(request)); }
void EngineThread::look(ErrorRequest request) { enqueue(std::move(request)); }

void EngineThread::enqueue(Request request) {
  const std::lock_guard lock(mutex_);
  queue_.push_back(std::move(request));
  changed_.notify_all();
}

void EngineThread::cancel(std::int64_t id) {
  const std::lock_guard lock(mutex_);
  if (running_ == id) {
    cancelled_ = true;
    if (stoppable_ != nullptr) stoppable_->stop(true);
    return;
  }
  if (std::erase_if(queue_, [id](const Request& each) { return id_of(each) == id; }) > 0) {
    outbox_.send(PointCancelled{id});
  }
}

bool EngineThread::end(bool drain, double within_s) {
  std::unique_lock lock(mutex_);
  if (drain) {
    draining_ = true;
  } else {
    ending_ = true;
    cancelled_ = running_.has_value();
    if (stoppable_ != nullptr) stoppable_->stop(true);
  }
  changed_.notify_all();
  return changed_.wait_for(lock, std::chrono::duration<double>(within_s), [this] { return ended_; });
}

std::optional<EngineThread::Request> EngineThread::wait_for_request() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ending_ || draining_ || !queue_.empty(); });
  if (ending_ || queue_.empty()) return std::nullopt;
  Request request = std::move(queue_.front());
  queue_.pop_front();
  running_ = id_of(request);
  cancelled_ = false;
  return request;
}

void EngineThread::run() {
  std::vector<std::string> notes;
  listed_ = device::list_devices(&notes);
  for (std::string& note : notes) outbox_.log(LogLevel::warning, std::move(note));
  outbox_.send(DevicesFound{listed_});

  {
    const trace::Range session(&domain_, "session", "session");
    while (const std::optional<Request> request = wait_for_request()) {
      const FromWorker answered = answer(*request);
      bool lost = false;
      {
        const std::lock_guard lock(mutex_);
        lost = stoppable_ != nullptr && stoppable_->device_lost();
        running_.reset();
        stoppable_ = nullptr;
      }
      outbox_.send(answered);
      // Every further call into a lost context would fail, destructors included.
      if (lost) std::_Exit(kExitDeviceLost);
    }
    devices_.clear();
  }
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

FromWorker EngineThread::answer(const Request& request) {
  const auto* look = std::get_if<ErrorRequest>(&request);
  try {
    if (look != nullptr) return ErrorsFound{look_at_errors(*look)};
    return PointDone{measure_point(std::get<PointRequest>(request))};
  } catch (const device::Cancelled&) {
    return PointCancelled{id_of(request)};  // nothing was found out, so there is nothing to show
  } catch (const std::exception& error) {
    if (look != nullptr) return ErrorsFound{unseen(*look, error.what())};
    return PointDone{failed(std::get<PointRequest>(request), error.what())};
  }
}

std::shared_ptr<const Catalog> EngineThread::catalog() {
  const std::lock_guard lock(mutex_);
  return catalog_;
}

PointPtr EngineThread::failed(const PointRequest& request, std::string reason) {
  const auto device = std::ranges::find(listed_, request.device, &DeviceFacts::id);
  return failed_point(request, std::move(reason), *catalog(), device != listed_.end() ? &*device : nullptr);
}

PointPtr EngineThread::measure_point(const PointRequest& request) {
  Reporter reporter(outbox_, request.id);
  const std::shared_ptr<const Catalog> catalog = this->catalog();
  const Variant* variant = catalog->find(request.variant);
  if (variant == nullptr) return failed(request, why_missing(*catalog, request.variant));
  const Variant* rival = request.against ? catalog->find(request.against->variant) : nullptr;
  if (request.against && rival == nullptr) return failed(request, why_missing(*catalog, request.against->variant));
  reporter.phase(Phase::queued);
  const measure::Stopwatch opening;
  const bool is_open = devices_.contains(request.device);
  measure::Engine& engine = start_engine(request.device);
  const double opening_s = is_open ? 0.0 : opening.seconds();
  if (rival != nullptr) return engine.measure_in_turns(request, *variant, *rival, reporter);
  PointPtr point = engine.measure(request, *variant, reporter);
  return is_open ? point : with_opening(*point, opening_s);
}

ErrorRegionPtr EngineThread::look_at_errors(const ErrorRequest& request) {
  Reporter reporter(outbox_, request.id);
  const std::shared_ptr<const Catalog> catalog = this->catalog();
  const Variant* variant = catalog->find(request.point.variant);
  if (variant == nullptr) return unseen(request, why_missing(*catalog, request.point.variant));
  reporter.phase(Phase::queued);
  return start_engine(request.point.device).look(request, *variant, reporter);
}

measure::Engine& EngineThread::start_engine(const std::string& device_id) {
  measure::Engine& engine = engine_for(device_id);
  const std::lock_guard lock(mutex_);
  if (cancelled_) throw device::Cancelled();
  engine.stop(false);
  stoppable_ = &engine;
  return engine;
}

measure::Engine& EngineThread::engine_for(const std::string& device_id) {
  const auto known = devices_.find(device_id);
  // The one not in use gives back what it keeps: devices may share the host's memory.
  for (auto& [id, open] : devices_) {
    if (id != device_id) open.engine->release_memory();
  }
  if (known != devices_.end()) return *known->second.engine;
  OpenDevice open;
  open.device = device::open_device(device_id, options_);
  open.engine = std::make_unique<measure::Engine>(*open.device, &domain_, program_version_);
  {
    const std::lock_guard lock(mutex_);
    for (const KnownCeilings& each : known_ceilings_) {
      if (each.device == device_id) open.engine->know(each);
    }
  }
  return *devices_.emplace(device_id, std::move(open)).first->second.engine;
}

}  // namespace knobscope::worker
