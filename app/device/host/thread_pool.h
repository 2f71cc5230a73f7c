#pragma once
// Threads that stay: a launch on the CPU must not pay for starting them.

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace knobscope::device::host {

class ThreadPool {
 public:
  /// `threads` counts the calling thread; at least 1.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const { return static_cast<int>(workers_.size()) + 1; }

  using Body = std::function<void(std::int64_t begin, std::int64_t end)>;

  /// Calls body(begin, end) for pieces of at most `chunk` that cover [0, count), each once, on whichever thread is
  /// free; the calling thread takes part. Returns when all are done. The first exception is passed on after the running
  /// pieces ended; when `*stop` becomes true, pieces not yet begun are left out and Cancelled is thrown. Call from one
  /// thread.
  void run(std::int64_t count, std::int64_t chunk, const Body& body, const std::atomic<bool>* stop = nullptr);

  /// A chunk that gives every thread several pieces of `count`, of at least `least` each.
  std::int64_t chunk_for(std::int64_t count, std::int64_t least = 1) const;

 private:
  void work(std::uint32_t seen);
  void take_pieces();

  // Each on a cache line of its own: all threads look at them all the time.
  alignas(64) std::atomic<std::int64_t> next_{0};
  alignas(64) std::atomic<std::uint32_t> state_{0};  ///< bit 0: open; the rest: twice the workers inside
  alignas(64) std::atomic<std::uint32_t> generation_{0};

  // The job: written while it is closed, read by those who entered while it is open.
  std::int64_t count_ = 0;
  std::int64_t chunk_ = 1;
  const Body* body_ = nullptr;
  const std::atomic<bool>* stop_ = nullptr;
  std::exception_ptr failure_;
  std::mutex failure_mutex_;
  std::atomic<bool> abandoned_{false};

  std::atomic<bool> ending_{false};
  std::vector<std::thread> workers_;
};

/// Processors this process may use.
int usable_processors();

}  // namespace knobscope::device::host
