#pragma once
// Timing by CUDA events, with the L2 cache flushed before each run or left as the run before left it, and by the host's
// clock.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/units.h"
#include "device/cuda/blocker.h"
#include "device/cuda/context.h"
#include "device/cuda/graph.h"
#include "device/cuda/own_program.h"
#include "device/cuda/sm_clock.h"

namespace knobscope::device::cuda {

class Timer {
 public:
  /// Takes the memory to flush the cache with at once, so that a large problem cannot make timing impossible later.
  /// `program` is memory.cu. Throws DeviceError.
  Timer(ContextPtr context, std::shared_ptr<const OwnProgram> program, Bytes last_level_cache);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  Nanoseconds cold(const std::function<void()>& enqueue_work);
  void hot(const std::function<void()>& enqueue_work, std::span<Nanoseconds> times);
  Nanoseconds graph(const CudaGraph& graph);
  Nanoseconds wall(const std::function<void()>& enqueue_work);

  /// As cold(), and not timed.
  void run_cold(const std::function<void()>& enqueue_work);
  /// Leaves the cache full of lines of the timer's own that memory holds, too, and waits: a run that begins then brings
  /// all its data from memory, and makes nobody else's be written back.
  void fill_cache();
  /// Makes the cache write back what a run left in it, by reading other data, and waits.
  void drain_cache();
  /// Over what the last of these calls ran, the cold run's flush included.
  std::optional<double> sm_clock_mhz() const { return sm_clock_.mhz(); }

  /// Cold runs and graphs since the last call that were not held back until all of them was enqueued.
  std::int64_t take_exposed_launches();

 private:
  bool is_worth_holding();
  void flush();
  void wait_for(std::size_t event);
  CUevent event(std::size_t number);
  void record(std::size_t number);
  Nanoseconds between(std::size_t first, std::size_t second);

  ContextPtr context_;
  std::shared_ptr<const OwnProgram> program_;
  Blocker blocker_;
  SmClock sm_clock_;
  Memory flushed_;
  Memory sink_;  ///< what the read kernel writes to, which it never does
  bool has_persisting_lines_ = false;
  unsigned flush_value_ = 0;
  std::vector<CUevent> events_;  ///< made when first needed, then used again
  int given_up_in_a_row_ = 0;
  int not_held_ = 0;
  std::int64_t exposed_launches_ = 0;
};

}  // namespace knobscope::device::cuda
