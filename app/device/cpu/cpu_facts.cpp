#include "device/cpu/cpu_facts.h"

#include "device/host/machine.h"
#include "device/host/thread_pool.h"

namespace knobscope::device::cpu {

DeviceFacts facts_of_machine(const std::string& toolkit) {
  DeviceFacts facts;
  facts.id = "cpu";
  facts.kind = DeviceKind::cpu;
  facts.name = host::processor_name();
  facts.driver_version = host::system_name();
  facts.toolkit_version = toolkit;
  facts.memory = host::total_memory();
  facts.last_level_cache = host::last_level_cache();
  facts.multiprocessors = host::usable_processors();
  // A block is one call on one thread.
  facts.warp_size = 1;
  facts.max_threads_per_block = 1;
  facts.max_threads_per_multiprocessor = 1;
  facts.registers_per_multiprocessor = 0;
  return facts;
}

}  // namespace knobscope::device::cpu
