#include "measure/size_ceilings.h"

#include <algorithm>
#include <array>
#include <utility>

#include "measure/cold.h"
#include "measure/graph.h"
#include "measure/hot.h"
#include "measure/rotating.h"
#include "measure/series.h"
#include "measure/wall.h"
#include "measure/warm_up.h"

namespace knobscope::measure {
namespace {

/// Ceilings are no point's: who watches hears only that there is progress.
class SignsOfLife final : public Observer {
 public:
  explicit SignsOfLife(Observer& to) : to_(to) {}
  void phase(Phase) override { to_.alive(); }
  void samples(Phase, const SeriesStep&) override { to_.alive(); }
  void alive() override { to_.alive(); }
  void progress(double) override { to_.alive(); }
  void ceiling(const Ceiling&) override {}
  void note(LogLevel level, const std::string& text) override { to_.note(level, text); }

 private:
  Observer& to_;
};

/// The same buffers every time; for the rotating technique as many sets as hold so many caches, taken in turn.
class Sets {
 public:
  Sets(Run& run, Timing timing, Bytes bytes_of_set, Bytes buffer) {
    std::int64_t count = 1;
    if (timing == Timing::rotating) {
      count = rotating_copies(bytes_of_set, run.device.facts().last_level_cache);
      if (count > kMostCopies) throw Untimeable("too many copies");
    }
    const std::int64_t buffers = count * (bytes_of_set.count / buffer.count);
    for (std::int64_t i = 0; i < buffers; ++i) {
      run.check();
      buffers_.push_back(run.device.allocate(buffer.count));
      // Memory that was never touched would be read from one shared page of zeros.
      run.device.poison(*buffers_.back(), ElementType::f32);
    }
    run.device.synchronize();
  }
  std::size_t size() const { return buffers_.size(); }
  device::Buffer& next() { return *buffers_[turn_++ % buffers_.size()]; }

 private:
  std::vector<device::BufferPtr> buffers_;
  std::size_t turn_ = 0;
};

std::vector<double> sample(Run& run, Timing timing, const Enqueue& enqueue, const Method& method, std::size_t sets) {
  for (std::size_t i = 0; i < sets; ++i) enqueue();  // untimed: whatever ran before is no part of it
  run.device.synchronize();
  switch (timing) {
    case Timing::cold:
      break;
    case Timing::rotating:
      return sample_hot(run, enqueue, method, Phase::rotating);
    case Timing::hot:
      return sample_hot(run, enqueue, method);
    case Timing::graph:
      return sample_graph(run, enqueue, method);
    case Timing::wall:
      return sample_wall(run, enqueue, method);
  }
  return sample_cold(run, enqueue, method, std::nullopt);
}

/// The kinds take turns, so that a moment that is slow for one is slow for all.
template <std::size_t N>
std::array<BytesPerSecond, N> best_rates(Run& run, Bytes size, Timing timing, const Method& method, std::size_t sets,
                                         const std::array<Enqueue, N>& kinds) {
  std::array<BytesPerSecond, N> best{};
  const Stopwatch watch;
  for (int round = 0; round < kRounds && (round == 0 || watch.seconds() < kLongest_s); ++round) {
    for (std::size_t i = 0; i < N; ++i) {
      const auto median = quantile(sample(run, timing, kinds[i], method, sets), 0.5);
      if (median && *median > 0.0) best[i] = std::max(best[i], size / Nanoseconds(*median));
    }
  }
  return best;
}

std::optional<BytesPerSecond> known(BytesPerSecond rate) {
  return rate.value > 0.0 ? std::optional(rate) : std::nullopt;
}

/// Two tries of the same: of each kind the better one, and what either of them knows.
SizeCeilingFound better(const SizeCeilingFound& before, const SizeCeilingFound& now) {
  if (!before.ceiling) return now;
  if (!now.ceiling) return {before.ceiling, now.held_back};
  SizeCeiling both = *now.ceiling;
  both.memcpy = std::max(both.memcpy, before.ceiling->memcpy);
  both.copy = std::max(both.copy, before.ceiling->copy);
  both.read = std::max(both.read, before.ceiling->read);  // nothing is less than anything
  both.write = std::max(both.write, before.ceiling->write);
  return {both, now.held_back};
}

}  // namespace

Bytes rounded_size(Bytes bytes) {
  constexpr std::int64_t kPair = 32;  // a float4 read, a float4 written
  const std::int64_t whole = bytes.count - bytes.count % std::max<std::int64_t>(1, bytes.count / 64);
  return {std::max(whole / kPair * kPair, kPair)};
}

SizeCeilingFound measure_size_ceiling(Run& run, Bytes size, Timing timing, const Method& method) {
  SignsOfLife observer(run.observer);
  ClockWatch clocks;  // its own: a point is not throttled by what happened before it
  clocks.expect(run.clocks.expected_mhz());
  Run own{run.device, observer, run.stop, clocks};
  Method shorter = method;
  shorter.time_limit_s = std::min(method.time_limit_s, kLongestSeries_s);
  SizeCeiling ceiling;
  ceiling.timing = timing;
  ceiling.bytes = size;
  bool held_back = false;
  try {
    const Bytes half{size.count / 2};
    Sets sets(own, timing, size, half);
    const auto copy = [&](bool by_kernel) {
      return [&own, &sets, by_kernel] {
        const device::Buffer& from = sets.next();
        own.device.enqueue_copy(sets.next(), from, by_kernel);
      };
    };
    warm_up(own, copy(true), shorter);
    const auto [driver, kernel] = best_rates<2>(own, size, timing, shorter, sets.size() / 2, {copy(false), copy(true)});
    held_back = driver.value <= 0.0 || kernel.value <= 0.0;
    if (driver.value <= 0.0) return {std::nullopt, held_back};
    ceiling.memcpy = driver;
    ceiling.copy = std::max(driver, kernel);
  } catch (const Untimeable&) {
    return {};
  } catch (const device::DeviceError&) {
    return {};  // no room
  }
  try {
    Sets sets(own, timing, size, size);
    const auto [read, memset, write] = best_rates<3>(
        own, size, timing, shorter, sets.size(),
        {[&] { own.device.enqueue_read(sets.next()); },  //
         [&] { own.device.enqueue_write(sets.next(), false); }, [&] { own.device.enqueue_write(sets.next(), true); }});
    held_back = held_back || read.value <= 0.0 || memset.value <= 0.0 || write.value <= 0.0;
    ceiling.read = known(read);
    ceiling.write = known(std::max(memset, write));
  } catch (const Untimeable&) {
    // The copies stand without them.
  } catch (const device::DeviceError&) {
  }
  return {ceiling, held_back};
}

void SizeCeilings::know(std::span<const KnownSizeCeiling> recorded) {
  for (const KnownSizeCeiling& each : recorded) {
    known_.push_back({each.ceiling.bytes, each.ceiling.timing, each.rule, {each.ceiling, false}});
  }
}

std::vector<SizeCeiling> SizeCeilings::of(Run& run, Bytes bytes, const Method& method) {
  const Bytes size = rounded_size(bytes);
  const Method rule = ceiling_rule(method);
  std::vector<SizeCeiling> found;
  bool told = false;
  for (const Timing timing : method.timings()) {
    auto known = std::ranges::find_if(
        known_, [&](const Known& each) { return each.size == size && each.timing == timing && each.rule == rule; });
    const bool is_new = known == known_.end();
    if (is_new || (known->found.held_back && known->tries < kMostCeilingTries)) {
      if (!std::exchange(told, true)) run.observer.phase(Phase::ceiling);
      const SizeCeilingFound now = measure_size_ceiling(run, size, timing, method);
      if (is_new) {
        known = known_.insert(known_.end(), {size, timing, rule, now});
      } else {
        known->found = better(known->found, now);
        ++known->tries;
      }
    }
    if (known->found.ceiling) found.push_back(*known->found.ceiling);
  }
  return found;
}

}  // namespace knobscope::measure
