#pragma once
// A client, a real worker process, and a kernels folder of the test's own.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "worker/client.h"

namespace knobscope::worker {

/// Generous: the machine may be busy with the rest of the tests.
inline constexpr double kWait_s = 90.0;

class Bench {
 public:
  Bench() {
    std::string name = (std::filesystem::temp_directory_path() / "knobscope-worker-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no temporary folder";
    folder_ = name;
    std::filesystem::copy(KNOBSCOPE_SOURCE_DIR "/tests/worker/kernels", kernels(),
                          std::filesystem::copy_options::recursive);
  }
  ~Bench() {
    client.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  std::filesystem::path kernels() const { return folder_ / "kernels"; }
  std::filesystem::path file(const std::string& name) const { return folder_ / name; }

  /// With the real service, or with `arguments` for the test worker.
  void start(std::vector<std::string> arguments = {}) {
    ClientOptions options;
    if (arguments.empty()) {
      arguments = {"--serves", file("pid").string()};
      options.kernels_dir = kernels().string();
      // Compiled code is shared by all tests and runs: its name is its content.
      options.cache_dir = KNOBSCOPE_BINARY_DIR "/tests/worker/cache";
    }
    options.command = {KNOBSCOPE_TEST_WORKER};
    options.command.insert(options.command.end(), arguments.begin(), arguments.end());
    options.first_point_id = 1;
    options.on_point = [this](const PointPtr& point) {
      const std::lock_guard lock(mutex_);
      finished_.push_back(point);
    };
    client = std::make_unique<Client>(std::move(options));
  }

  bool wait(const std::function<bool(const Snapshot&)>& done, double timeout_s = kWait_s) const {
    const bool became = client->wait(done, timeout_s);
    if (!became) ADD_FAILURE() << "waited in vain; " << describe(*client->snapshot());
    return became;
  }
  bool wait_until_ready() const {
    return wait([](const Snapshot& now) { return now.worker == WorkerState::idle && !now.catalog->variants.empty(); });
  }
  bool wait_for_points(std::size_t count) const {
    return wait([count](const Snapshot& now) { return now.points->size() >= count; });
  }

  /// One point for each kernel name, checked and not timed unless `timed`.
  static PointRequest request(const std::string& file_stem, bool timed = false) {
    PointRequest request;
    request.device = "cpu";
    request.problem.shape = {32, 64};
    request.variant = "layernorm_forward/" + file_stem + ".cpp";
    request.knobs = {{"width", 1}};
    request.method.time_cold = request.method.time_hot = timed;
    request.method.time_limit_s = 0.1;
    return request;
  }
  void measure(std::vector<PointRequest> points, std::string tag = "") const {
    client->post(MeasurePoints{std::move(points), std::move(tag)});
  }
  /// Measures one and returns its point.
  PointPtr measured(const PointRequest& request) const {
    const std::size_t before = client->snapshot()->points->size();
    measure({request});
    if (!wait_for_points(before + 1)) return std::make_shared<Point>();
    return client->snapshot()->points->at(before);
  }

  std::vector<PointPtr> finished() const {
    const std::lock_guard lock(mutex_);
    return finished_;
  }
  pid_t worker_pid() const {
    pid_t pid = 0;
    std::ifstream(file("pid")) >> pid;
    return pid;
  }

  static std::string describe(const Snapshot& now) {
    std::ostringstream text;
    text << "state " << static_cast<int>(now.worker) << " '" << now.worker_message << "', " << now.points->size()
         << " points, " << now.progress.done << '/' << now.progress.total << ", log:\n";
    for (const LogLine& line : *now.log) text << "  " << line.text << '\n';
    for (const PointPtr& point : *now.points) {
      text << "  " << point->variant_name << ": " << name_of(point->verdict) << ' ' << point->reason << '\n'
           << point->compile_log;
    }
    for (const CatalogFault& fault : now.catalog->faults) {
      text << "  " << fault.file << ':' << fault.line << ": " << fault.message << '\n';
    }
    return text.str();
  }

  std::unique_ptr<Client> client;

 private:
  std::filesystem::path folder_;
  mutable std::mutex mutex_;
  std::vector<PointPtr> finished_;
};

inline bool has_log(const Snapshot& now, const std::string& text) {
  return std::ranges::any_of(*now.log,
                             [&text](const LogLine& line) { return line.text.find(text) != std::string::npos; });
}

}  // namespace knobscope::worker
