#include "measure/environment.h"

#include <array>
#include <chrono>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

namespace knobscope::measure {

std::string utc_now() {
  using namespace std::chrono;
  const auto now = system_clock::now();
  const auto milliseconds_past = duration_cast<milliseconds>(now.time_since_epoch()).count() % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(system_clock::to_time_t(now)), milliseconds_past);
}

Environment describe_environment(const DeviceFacts& facts, const std::string& program_version) {
  Environment environment;
  environment.device_name = facts.name;
  environment.driver_version = facts.driver_version;
  environment.toolkit_version = facts.toolkit_version;
  environment.program_version = program_version;
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) == 0) environment.host = host.data();
  environment.started_at = utc_now();
  return environment;
}

void add_surroundings(Environment& environment, const device::Surroundings& found) {
  environment.expected_sm_clock_mhz = found.expected_sm_clock_mhz;
  environment.other_processes = found.other_processes;
  environment.ecc = found.ecc;
  environment.mig = found.mig;
  environment.untold = found.untold;
}

void add_clocks(Environment& environment, const device::Telemetry& seen) {
  environment.sm_clock_mhz = seen.sm_clock_mhz;
  environment.memory_clock_mhz = seen.memory_clock_mhz;
  environment.temperature_c = seen.temperature_c;
  environment.power_w = seen.power_w;
  environment.throttle_reasons = seen.throttle_reasons;
}

}  // namespace knobscope::measure
