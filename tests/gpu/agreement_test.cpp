// The emulated device gives a GPU's bits: every CUDA kernel file of the library, every type, small awkward shapes, a
// few knobs, run on both. $KNOBSCOPE_AGREEMENT names a file for the table of what was seen; with a part of their names
// in $KNOBSCOPE_AGREEMENT_OF, only those kernel files run.

#include "gpu/agreement.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/plan.h"
#include "device/cuda/cached_compile.h"
#include "device/emulated/compile.h"
#include "device/host/machine.h"
#include "device/host/work_folder.h"
#include "gpu_device.h"

namespace knobscope::agreement {
namespace {

struct Choice {
  const Variant* variant = nullptr;
  Problem form;
  KnobValues knobs;

  device::CompileRequest request() const {
    device::CompileRequest result;
    result.variant = variant;
    result.macros = catalog::compile_macros(*variant, form, knobs);
    for (const LaunchSpec& launch : variant->launches) result.entries.push_back(launch.entry);
    return result;
  }
};

std::vector<Choice> choices_in(const Catalog& library) {
  std::vector<Choice> choices;
  for (const Variant& variant : library.variants) {
    if (!device::is_chosen(variant)) continue;
    for (const Problem& form : forms_of(variant)) {
      for (const KnobValues& knobs : choices_of(variant, form.type)) choices.push_back({&variant, form, knobs});
    }
  }
  return choices;
}

// Fills the caches of both devices on all cores: compiling is nearly all the time there is. What fails is reported when
// it is compiled to run.
void compile_in_advance(const std::vector<Choice>& choices, const DeviceFacts& gpu) {
  const device::Options options = device::gpu_options();
  const device::CompileCache cache(options.cache_dir, options.cache_limit_bytes);
  const auto nvrtc = device::cuda::NvrtcLibrary::load(nullptr);
  const std::string architecture = nvrtc->architecture_for(gpu.compute_capability);
  const device::host::CompilerSearch search = device::host::find_compiler("kernels for the emulated GPU");
  const std::string machine = device::host::machine_identity();
  const device::host::WorkFolder headers(cache.folder());
  device::emulated::write_headers(headers.path());
  const std::atomic<bool> stop{false};
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < choices.size(); i = next++) {
      const device::CompileRequest request = choices[i].request();
      try {
        device::cuda::compile_cached(*nvrtc, cache,
                                     device::cuda::request_for(request, options.kernels_dir, architecture),
                                     choices[i].variant->source_hash);
        if (!search.compiler) continue;
        const device::host::WorkFolder folder(cache.folder());
        device::emulated::compile_for_emulation(
            *search.compiler, cache, {&request, options.kernels_dir, machine, headers.path(), folder.path()}, stop);
      } catch (const std::exception&) {
      }
    }
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < std::clamp(std::thread::hardware_concurrency(), 1U, 16U); ++i) threads.emplace_back(work);
}

void print_summary(const std::vector<Row>& rows, const Catalog& library) {
  struct Sum {
    std::int64_t elements = 0, differing = 0;
    double max_ulp = 0.0, max_term_ulp = 0.0, allowed = 0.0;
  };
  std::map<std::string, Sum> sums;
  for (const Row& row : rows) {
    Sum& sum = sums[fmt::format("{:44} {:4} {:4}", row.variant, row.type, row.output)];
    sum.elements += row.elements;
    sum.differing += row.differing;
    sum.max_ulp = std::max(sum.max_ulp, row.max_ulp);
    sum.max_term_ulp = std::max(sum.max_term_ulp, row.max_term_ulp);
    sum.allowed = allowed_ulp(*library.find(row.variant), row);
  }
  for (const auto& [name, sum] : sums) {
    std::printf("  %s %7lld elements, %6lld differ, max %g ulp, %g of the largest term, %g allowed\n", name.c_str(),
                static_cast<long long>(sum.elements), static_cast<long long>(sum.differing), sum.max_ulp,
                sum.max_term_ulp, sum.allowed);
  }
}

class GpuAgreement : public device::GpuTest {};

TEST_F(GpuAgreement, EmulatedGivesTheGpusBits) {
  const device::Options options = device::gpu_options();
  const Catalog library = catalog::scan(options.kernels_dir);
  for (const CatalogFault& fault : library.faults) ADD_FAILURE() << fault.file << ": " << fault.message;
  const std::vector<Choice> choices = choices_in(library);
  ASSERT_FALSE(choices.empty()) << "no CUDA kernel in " << options.kernels_dir;
  compile_in_advance(choices, gpu().facts());

  const device::DevicePtr emulated = device::open_device("emulated", options);
  Runner on_gpu(gpu(), emulated->facts());
  Runner on_emulated(*emulated, emulated->facts());
  std::vector<Row> rows;
  std::vector<std::string> faults;
  for (const Choice& choice : choices) {
    try {
      std::array<device::ProgramPtr, 2> programs = {on_gpu.compile(*choice.variant, choice.form, choice.knobs),
                                                    on_emulated.compile(*choice.variant, choice.form, choice.knobs)};
      for (const Problem& problem : problems_of(choice.form)) {
        for (Row& row : compare(on_gpu, on_emulated, *choice.variant, problem, choice.knobs, programs, faults)) {
          rows.push_back(std::move(row));
        }
      }
    } catch (const device::DeviceLost& lost) {
      FAIL() << choice.variant->id << ": " << lost.what();  // nothing more can run
    } catch (const std::exception& error) {
      faults.push_back(fmt::format("{} {} {}: {}", choice.variant->id, name_of(choice.form.type),
                                   format_knobs(choice.knobs), error.what()));
    }
  }
  // The table is written even when it shows disagreement: it then is what one wants to see.
  if (const char* file = std::getenv("KNOBSCOPE_AGREEMENT"); file != nullptr && *file != '\0') {
    const DeviceFacts& real = gpu().facts();
    const DeviceFacts& played = emulated->facts();
    write_table(file, {fmt::format("{}, driver {}, {}", real.name, real.driver_version, real.toolkit_version),
                       fmt::format("{}, {}", played.name, played.toolkit_version), rows});
  }
  print_summary(rows, library);
  for (const Choice& choice : choices) {
    // A value that its rules refuse on every one of these small problems is no fault; a variant that never ran is.
    if (choice.knobs != default_knobs(*choice.variant)) continue;
    const bool seen = std::ranges::any_of(rows, [&](const Row& row) {
      return row.variant == choice.variant->id && row.type == name_of(choice.form.type);
    });
    EXPECT_TRUE(seen) << choice.variant->id << ' ' << name_of(choice.form.type) << " ran on no problem";
  }
  std::map<std::string, int> told;  // by output, file and type: enough of one kind leaves room for the next
  for (const std::string& fault : faults) {
    if (told[fault.substr(0, fault.find(" on "))]++ < 2) ADD_FAILURE() << fault;
  }
  EXPECT_TRUE(faults.empty()) << faults.size() << " in all";
}

}  // namespace
}  // namespace knobscope::agreement
