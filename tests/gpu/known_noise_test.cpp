// A kernel whose times are known: it sleeps as long as the host drew for each run, and writes down by the GPU's own
// clock how long that was. What the tool says of mean and deviation must be what the kernel wrote. With
// $KNOBSCOPE_NOISE_TABLE the figures are added to that file, to be committed as assets/timing/h200-noise.csv.

#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iomanip>
#include <numeric>
#include <random>
#include <span>
#include <string>

#include <gtest/gtest.h>

#include "emulated/bench.h"
#include "gpu_device.h"
#include "measure/cold.h"
#include "measure/graph.h"
#include "measure/hot.h"
#include "measure/wall.h"

namespace knobscope::device {
namespace {

// Lengths are longer than a series with its warm-up, its untimed runs and its repeated ones.
constexpr int kLengths = 16384;
constexpr int kSamples = 400;
constexpr int kGraphSamples = 40;

// Each run takes the next length. `begin` and `end` are nanoseconds of the GPU's clock.
constexpr const char* kSleep = R"(
extern "C" __global__ void sleep(const long long* lengths, unsigned long long* runs, long long* truth, long long count) {
  unsigned long long begin, now;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(begin));
  const unsigned long long run = runs[0];
  const long long length = lengths[run % count];
  do asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now)); while ((long long)(now - begin) < length);
  truth[run % count] = now - begin;
  runs[0] = run + 1;
})";

struct Moments {
  double mean = 0.0;
  double deviation = 0.0;
};

Moments moments_of(std::span<const double> values) {
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double squares = 0.0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, std::sqrt(squares / (count - 1.0))};
}

struct Noise {
  const char* name;
  std::function<double(std::mt19937_64&)> draw_ns;
};

/// Nanoseconds: what kernels are like (steady), what machines are like (two speeds, a tail).
std::vector<Noise> noises() {
  return {
      {"steady, 50 us", [](std::mt19937_64&) { return 50e3; }},
      {"steady, 2 ms", [](std::mt19937_64&) { return 2e6; }},
      {"normal, 200 us, 1 %",
       [](std::mt19937_64& random) { return std::normal_distribution<double>(200e3, 2e3)(random); }},
      {"normal, 200 us, 15 %",
       [](std::mt19937_64& random) { return std::normal_distribution<double>(200e3, 30e3)(random); }},
      {"uniform, 100 to 900 us",
       [](std::mt19937_64& random) { return std::uniform_real_distribution<double>(100e3, 900e3)(random); }},
      {"two speeds, 150 and 450 us",
       [](std::mt19937_64& random) { return std::bernoulli_distribution(0.3)(random) ? 450e3 : 150e3; }},
      {"a tail, 100 us and exponential of 100 us",
       [](std::mt19937_64& random) { return 100e3 + std::exponential_distribution<double>(1e-5)(random); }},
  };
}

class KnownNoise : public GpuTest {
 protected:
  void SetUp() override {
    GpuTest::SetUp();
    if (IsSkipped()) return;
    program_ = std::make_unique<SmallProgram>(gpu(), kSleep, std::vector<std::string>{"sleep"});
    lengths_ = gpu().allocate(kLengths * 8);
    runs_ = gpu().allocate(8);
    truth_ = gpu().allocate(kLengths * 8);
    work_ = program_->work({buffer(*lengths_), buffer(*runs_), buffer(*truth_), integer(kLengths)});
  }

  void begin(const Noise& noise) {
    std::mt19937_64 random(20260301);
    std::vector<std::int64_t> lengths(kLengths);
    for (std::int64_t& length : lengths) length = std::llround(std::max(noise.draw_ns(random), 5e3));
    const std::int64_t zero = 0;
    upload(gpu(), *lengths_, lengths.data(), lengths.size() * 8);
    upload(gpu(), *runs_, &zero, 8);
  }

  std::size_t runs_so_far() { return static_cast<std::size_t>(read_values<std::int64_t>(gpu(), *runs_).front()); }

  /// What the kernel wrote of its runs from `first` on.
  std::vector<double> truth(std::size_t first) {
    const std::size_t end = runs_so_far();
    EXPECT_LE(end, static_cast<std::size_t>(kLengths)) << "lengths came round";
    const auto all = read_values<std::int64_t>(gpu(), *truth_);
    return {all.begin() + static_cast<std::ptrdiff_t>(first), all.begin() + static_cast<std::ptrdiff_t>(end)};
  }

  void expect_recovered(const Noise& noise, const char* technique, std::span<const double> samples,
                        std::span<const double> truth) {
    ASSERT_EQ(samples.size(), truth.size()) << technique << ": a run that is not in the samples";
    const Summary found = *summarize(samples);
    const double deviation = found.cv * found.mean.count();
    const Moments known = moments_of(truth);
    std::printf("  %-42s %-5s mean %8.2f of %8.2f us (%+6.2f)   deviation %7.2f of %7.2f us (%+6.2f)\n", noise.name,
                technique, found.mean.count() * 1e-3, known.mean * 1e-3, (found.mean.count() - known.mean) * 1e-3,
                deviation * 1e-3, known.deviation * 1e-3, (deviation - known.deviation) * 1e-3);
    write_row(noise, technique, samples.size(), {found.mean.count(), deviation}, known);
    EXPECT_NEAR(found.mean.count(), known.mean, std::max(0.025 * known.mean, 8e3)) << noise.name << ", " << technique;
    EXPECT_NEAR(deviation, known.deviation, std::max(0.05 * known.deviation, 5e3)) << noise.name << ", " << technique;
  }

  static void write_row(const Noise& noise, const char* technique, std::size_t count, const Moments& found,
                        const Moments& known) {
    const char* const table = std::getenv("KNOBSCOPE_NOISE_TABLE");
    if (table == nullptr || *table == '\0') return;
    const bool is_new = !std::filesystem::exists(table);
    std::ofstream file(table, std::ios::app);
    if (is_new) file << "noise,technique,samples,mean_us,true_mean_us,deviation_us,true_deviation_us\n";
    file << '"' << noise.name << "\"," << technique << ',' << count << std::fixed << std::setprecision(3) << ','
         << found.mean * 1e-3 << ',' << known.mean * 1e-3 << ',' << found.deviation * 1e-3 << ','
         << known.deviation * 1e-3 << '\n';
  }

  Method counted(int samples) const {
    Method method;
    method.cold_stopping = method.hot_stopping = StoppingCriterion::sample_count;
    method.target_samples = samples;
    method.min_samples = 1;
    method.time_limit_s = 10.0;
    return method;
  }

  measure::Run run() { return {gpu(), deaf_, never_, clocks_}; }

  measure::Enqueue enqueue() {
    return [this] { gpu().enqueue(work_); };
  }

 private:
  std::unique_ptr<SmallProgram> program_;
  BufferPtr lengths_;
  BufferPtr runs_;
  BufferPtr truth_;
  Work work_;
  emulated_tests::QuietObserver deaf_;
  std::atomic<bool> never_ = false;
  measure::ClockWatch clocks_;
};

TEST_F(KnownNoise, IsRecoveredCold) {
  for (const Noise& noise : noises()) {
    begin(noise);
    measure::Run each = run();
    gpu().take_exposed_launches();
    const std::vector<double> samples = measure::sample_cold(each, enqueue(), counted(kSamples), Phase::cold);
    ASSERT_EQ(gpu().take_exposed_launches(), 0) << "a run was timed that was not held back";
    ASSERT_GE(samples.size(), static_cast<std::size_t>(kSamples));
    expect_recovered(noise, "cold", samples, truth(0));
  }
}

TEST_F(KnownNoise, IsRecoveredHot) {
  for (const Noise& noise : noises()) {
    begin(noise);
    // Batches as the technique takes them, with the run before each that is not timed.
    std::vector<double> samples;
    std::vector<double> known;
    while (samples.size() < kSamples) {
      std::vector<Nanoseconds> batch(measure::next_batch(samples, kSamples));
      const std::size_t first = runs_so_far();
      gpu().time_hot(enqueue(), batch);
      for (const Nanoseconds time : batch) samples.push_back(time.count());
      const std::vector<double> ran = truth(first);
      ASSERT_EQ(ran.size(), batch.size() + 1) << "one run is not timed";
      known.insert(known.end(), ran.begin() + 1, ran.end());
    }
    expect_recovered(noise, "hot", samples, known);
  }
}

TEST_F(KnownNoise, IsRecoveredByGraphs) {
  for (const Noise& noise : noises()) {
    begin(noise);
    measure::Run each = run();
    const std::vector<double> samples = measure::sample_graph(each, enqueue(), counted(kGraphSamples));
    ASSERT_GE(samples.size(), static_cast<std::size_t>(kGraphSamples));
    // A sample is the mean of kRunsPerGraph runs; those of the last samples are the last runs.
    const std::vector<double> ran = truth(0);
    const std::size_t timed = samples.size() * kRunsPerGraph;
    ASSERT_GE(ran.size(), timed);
    std::vector<double> known;
    for (std::size_t at = ran.size() - timed; at < ran.size(); at += kRunsPerGraph) {
      const auto replay = std::span(ran).subspan(at, kRunsPerGraph);
      known.push_back(std::accumulate(replay.begin(), replay.end(), 0.0) / kRunsPerGraph);
    }
    expect_recovered(noise, "graph", samples, known);
  }
}

TEST_F(KnownNoise, IsRecoveredInWallTimeWithTheLaunch) {
  for (const Noise& noise : noises()) {
    begin(noise);
    measure::Run each = run();
    const std::vector<double> samples = measure::sample_wall(each, enqueue(), counted(kSamples));
    const std::vector<double> ran = truth(0);
    ASSERT_GE(ran.size(), samples.size());
    ASSERT_LE(ran.size(), samples.size() + 1) << "one run may come before the first that is timed";
    const auto known = std::span(ran).last(samples.size());
    for (std::size_t i = 0; i < samples.size(); ++i) {
      ASSERT_GE(samples[i] + 1e3, known[i]) << "the host cannot see a run shorter than it was; the clock ticks in 1 us";
    }
    const Moments by_host = moments_of(samples);
    const Moments by_kernel = moments_of(known);
    std::printf("  %-42s wall  mean %8.2f, launch and notice of the end %6.2f us\n", noise.name, by_host.mean * 1e-3,
                (by_host.mean - by_kernel.mean) * 1e-3);
    EXPECT_LT(by_host.mean - by_kernel.mean, 60e3) << noise.name;
  }
}

}  // namespace
}  // namespace knobscope::device
