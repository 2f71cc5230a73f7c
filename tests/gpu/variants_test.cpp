// Every CUDA kernel file is right: all types, all values of all knobs, awkward shapes, memory around and inputs
// unharmed.

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "catalog/catalog.h"
#include "core/plan.h"
#include "device/cuda/cached_compile.h"
#include "gpu_device.h"

namespace knobscope::device {
namespace {

using Shapes = std::vector<std::pair<std::vector<std::int64_t>, int>>;  ///< shape and normalized dims

const Shapes kLayerNormShapes = {{{1, 1}, 1},       {{1, 7}, 1},        {{5, 1}, 1},           {{3, 1000}, 1},
                                 {{7, 1025}, 1},    {{131, 257}, 1},    {{2, 3, 5, 7, 11}, 3}, {{33, 4096}, 1},
                                 {{2, 100'003}, 1}, {{4, 8, 16, 64}, 2}};
const Shapes kBatchNormShapes = {{{2, 1, 1, 1}, 1},  {{2, 3, 5, 7}, 1},    {{4, 17, 9, 31}, 1},
                                 {{3, 5, 1, 13}, 1}, {{2, 64, 56, 56}, 1}, {{1, 3, 64, 1028}, 1}};

// Every value of every knob, one at a time. Knobs change the flow of work, which is the same for all types, so the
// smallest and the largest value will do for those that are not f32.
std::vector<KnobValues> choices_of(const Variant& variant, ElementType type) {
  const KnobValues defaults = default_knobs(variant);
  std::set<KnobValues> choices{defaults};
  for (const Knob& knob : variant.knobs) {
    const auto [least, most] = std::ranges::minmax(knob.values);
    for (const std::int64_t value : knob.values) {
      if (type != ElementType::f32 && value != least && value != most) continue;
      KnobValues one = defaults;
      one[knob.name] = value;
      choices.insert(one);
    }
  }
  return {choices.begin(), choices.end()};
}

struct Choice {
  const Variant* variant = nullptr;
  Problem form;  ///< its type, layout and activation
  KnobValues knobs;

  // Known to miss the tolerance, and the front matter says so: GELU of a result that was rounded to 16 bits before, and
  // a variance from sums of floats.
  bool is_known_to_miss() const {
    const auto is = [&](const char* knob, std::int64_t value) {
      const auto found = knobs.find(knob);
      return found != knobs.end() && found->second == value;
    };
    return (form.activation == Activation::gelu && form.type != ElementType::f32 && is("rounded", 1)) ||
           (variant->name == "global_atomics" && is("bits", 32));
  }

  CompileRequest request() const {
    CompileRequest result;
    result.variant = variant;
    result.macros = catalog::compile_macros(*variant, form, knobs);
    for (const LaunchSpec& launch : variant->launches) result.entries.push_back(launch.entry);
    return result;
  }
};

// Inputs and reference of one problem, shared by all variants.
struct Prepared {
  Problem problem;
  std::map<std::string, BufferPtr> inputs;
  std::map<std::string, std::uint64_t> hashes;
  ReferencePtr reference;
};

class GpuVariants : public GpuTest {
 protected:
  static void SetUpTestSuite() {
    GpuTest::SetUpTestSuite();
    catalog_ = std::make_unique<Catalog>(catalog::scan(gpu_options().kernels_dir));
    for (const CatalogFault& fault : catalog_->faults) ADD_FAILURE() << fault.file << ": " << fault.message;
  }
  static void TearDownTestSuite() {
    catalog_.reset();
    GpuTest::TearDownTestSuite();
  }

  std::vector<Choice> choices(Operation operation, bool all_knobs) const {
    std::vector<Choice> result;
    for (const Variant& variant : catalog_->variants) {
      if (variant.operation != operation || !is_chosen(variant)) continue;
      for (const Problem& form : forms_of(variant)) {
        const auto all = all_knobs ? choices_of(variant, form.type) : std::vector<KnobValues>{default_knobs(variant)};
        for (const KnobValues& knobs : all) {
          if (Choice choice{&variant, form, knobs}; !choice.is_known_to_miss()) result.push_back(std::move(choice));
        }
      }
    }
    return result;
  }

  // Fills the cache on all cores: compiling is nearly all the time there is.
  void compile_in_advance(const std::vector<Choice>& all) const {
    const auto nvrtc = cuda::NvrtcLibrary::load(nullptr);
    const Options options = gpu_options();
    const CompileCache cache(options.cache_dir, options.cache_limit_bytes);
    const std::string architecture = nvrtc->architecture_for(gpu().facts().compute_capability);
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      for (std::size_t i = next++; i < all.size(); i = next++) {
        try {
          cuda::compile_cached(*nvrtc, cache, cuda::request_for(all[i].request(), options.kernels_dir, architecture),
                               all[i].variant->source_hash);
        } catch (const std::exception&) {
          // Reported when it is compiled to run.
        }
      }
    };
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < std::clamp(std::thread::hardware_concurrency(), 1U, 16U); ++i) threads.emplace_back(work);
  }

  Prepared prepare(const Problem& form, const std::vector<std::int64_t>& shape, int normalized_dims,
                   DistributionKind kind) const {
    Prepared prepared;
    prepared.problem = form;
    prepared.problem.shape = shape;
    prepared.problem.normalized_dims = normalized_dims;
    prepared.problem.distribution.kind = kind;
    NamedBuffers named;
    for (const TensorInfo& tensor : info_of(form.operation).tensors) {
      if (tensor.role != TensorRole::input) continue;
      const std::string name(tensor.name);
      BufferPtr made = gpu().allocate(bytes_of(tensor, prepared.problem));
      gpu().fill_input(*made, prepared.problem, tensor, named);
      prepared.hashes[name] = gpu().hash(*made);
      named[name] = made.get();
      prepared.inputs[name] = std::move(made);
    }
    prepared.reference = gpu().make_reference(prepared.problem, named);
    return prepared;
  }

  static std::int64_t bytes_of(const TensorInfo& tensor, const Problem& problem) {
    return elements_of(tensor, extents_of(problem)) * element_size_of(tensor, problem.type);
  }

  // What is wrong with the choice on the problem; empty when nothing is. Nothing at all when it does not fit.
  std::optional<std::string> run(const Choice& choice, Program& program, const Prepared& prepared) const {
    const auto evaluated = catalog::evaluate(*choice.variant, prepared.problem, choice.knobs, gpu().facts());
    if (const auto* misfit = std::get_if<catalog::Misfit>(&evaluated)) {
      if (misfit->is_mistake) return misfit->reason;
      return std::nullopt;
    }
    const auto& variant = std::get<catalog::EvaluatedVariant>(evaluated);
    std::map<std::string, BufferPtr> owned;
    std::vector<const TensorInfo*> outputs;
    Work work;
    work.program = &program;
    for (const catalog::EvaluatedBuffer& extra : variant.buffers) {
      BufferPtr made = gpu().allocate(std::max<std::int64_t>(extra.count * extra.element_bytes, 4));
      gpu().poison(*made, ElementType::f32);
      if (extra.clear) work.clears.push_back(made.get());
      owned[extra.name] = std::move(made);
    }
    const auto find = [&](const std::string& name) -> const Buffer* {
      if (const auto input = prepared.inputs.find(name); input != prepared.inputs.end()) return input->second.get();
      if (const auto found = owned.find(name); found != owned.end()) return found->second.get();
      const TensorInfo& tensor = tensor_of(prepared.problem.operation, name);
      BufferPtr made = gpu().allocate(bytes_of(tensor, prepared.problem));
      gpu().poison(*made, tensor.always_f32 ? ElementType::f32 : prepared.problem.type);
      outputs.push_back(&tensor);
      return (owned[name] = std::move(made)).get();
    };
    for (std::size_t entry = 0; entry < variant.launches.size(); ++entry) {
      const catalog::EvaluatedLaunch& from = variant.launches[entry];
      Launch launch;
      launch.entry = entry;
      launch.grid = from.grid;
      launch.block = from.block;
      launch.shared_bytes = from.shared_bytes;
      launch.cooperative = from.cooperative;
      launch.cluster = from.cluster;
      for (std::size_t i = 0; i < from.arguments.size(); ++i) {
        const std::string& text = from.argument_texts[i];
        if (const auto* named = std::get_if<catalog::BufferArgument>(&from.arguments[i])) {
          launch.arguments.push_back(buffer(*find(named->name), text));
        } else if (const auto* number = std::get_if<std::int64_t>(&from.arguments[i])) {
          launch.arguments.push_back(integer(*number, text));
        } else {
          launch.arguments.push_back(real(std::get<double>(from.arguments[i]), text));
        }
      }
      work.launches.push_back(std::move(launch));
    }
    gpu().inspect(work);
    gpu().enqueue(work);
    gpu().enqueue(work);  // a second run must not see what the first left in its buffers
    gpu().synchronize();

    std::string wrong;
    if (choice.variant->deterministic) {
      // The same bits in five runs, into memory that is poisoned anew.
      std::map<std::string, std::uint64_t> first;
      for (int repeat = 0; repeat < 5; ++repeat) {
        if (repeat > 0) {
          for (const TensorInfo* tensor : outputs) {
            gpu().poison(*owned.at(std::string(tensor->name)),
                         tensor->always_f32 ? ElementType::f32 : prepared.problem.type);
          }
          gpu().enqueue(work);
          gpu().synchronize();
        }
        for (const TensorInfo* tensor : outputs) {
          const std::string name(tensor->name);
          const std::uint64_t hash = gpu().hash(*owned.at(name));
          if (first.try_emplace(name, hash).first->second == hash) continue;
          wrong += fmt::format(" {}: other bits in run {};", name, repeat + 1);
        }
      }
    }
    for (const TensorInfo* tensor : outputs) {
      const OutputError error =
          gpu().compare(*prepared.reference, *tensor, *owned.at(std::string(tensor->name)), {}).error;
      if (error.failing == 0) continue;
      wrong += fmt::format(" {}: {} of {} fail ({} unwritten, {} non-finite), first at {}: {} instead of {};",
                           tensor->name, error.failing, error.elements, error.unwritten, error.nonfinite,
                           error.first_bad.value_or(-1), error.first_bad_value, error.first_bad_reference);
    }
    for (const auto& [name, held] : owned) {
      if (!gpu().guards_intact(*held)) wrong += fmt::format(" wrote outside {};", name);
    }
    for (const auto& [name, held] : prepared.inputs) {
      if (!gpu().guards_intact(*held)) wrong += fmt::format(" wrote outside {};", name);
      if (gpu().hash(*held) != prepared.hashes.at(name)) wrong += fmt::format(" changed {};", name);
    }
    return wrong;
  }

  void expect_right(Operation operation, const Shapes& shapes, DistributionKind kind, bool all_knobs,
                    std::optional<ElementType> only = std::nullopt) const {
    std::vector<Choice> all = choices(operation, all_knobs);
    if (only) std::erase_if(all, [&](const Choice& choice) { return choice.form.type != *only; });
    ASSERT_FALSE(all.empty()) << "no CUDA kernel in " << gpu_options().kernels_dir;
    compile_in_advance(all);
    std::map<std::string, int> runs;  // of each variant, so that none slips through as unfit
    int failures = 0;
    std::vector<Problem> forms;  // that any of them is written for
    for (const Choice& choice : all) {
      if (std::ranges::find(forms, choice.form) == forms.end()) forms.push_back(choice.form);
    }
    for (const Problem& form : forms) {
      std::vector<Prepared> problems;
      for (const auto& [shape, dims] : shapes) problems.push_back(prepare(form, shape, dims, kind));
      for (const Choice& choice : all) {
        if (choice.form != form) continue;
        const std::string title =
            fmt::format("{} {} {} {} {}", choice.variant->id, name_of(form.type), name_of(form.layout),
                        name_of(form.activation), format_knobs(choice.knobs));
        runs[choice.variant->id] += 0;
        try {
          const ProgramPtr program = gpu().compile(choice.request());
          for (const Prepared& prepared : problems) {
            const auto wrong = run(choice, *program, prepared);
            if (!wrong) continue;
            ++runs[choice.variant->id];
            if (wrong->empty() || ++failures > 20) continue;
            ADD_FAILURE() << title << " on " << format_shape(prepared.problem.shape) << ":" << *wrong;
          }
        } catch (const DeviceLost& lost) {
          FAIL() << title << ": " << lost.what();  // nothing more can run
        } catch (const std::exception& error) {
          ++failures;
          ADD_FAILURE() << title << ": " << error.what();
        }
      }
    }
    int total = 0;
    for (const auto& [id, count] : runs) {
      if (!only) {
        EXPECT_GT(count, 0) << id << " fits none of the shapes";
      }
      total += count;
    }
    std::printf("  %zu programs of %zu variants, %d runs, %d wrong\n", all.size(), runs.size(), total, failures);
  }

 private:
  static std::unique_ptr<Catalog> catalog_;
};

std::unique_ptr<Catalog> GpuVariants::catalog_;

TEST_F(GpuVariants, LayerNormForwardIsRightForAllKnobs) {
  expect_right(Operation::layernorm_forward, kLayerNormShapes, DistributionKind::normal, true);
}

TEST_F(GpuVariants, LayerNormBackwardIsRightForAllKnobs) {
  expect_right(Operation::layernorm_backward, kLayerNormShapes, DistributionKind::normal, true);
}

TEST_F(GpuVariants, BatchNormTrainingIsRightForAllKnobs) {
  expect_right(Operation::batchnorm_training, kBatchNormShapes, DistributionKind::normal, true);
}

TEST_F(GpuVariants, BatchNormInferenceIsRightForAllKnobs) {
  expect_right(Operation::batchnorm_inference, kBatchNormShapes, DistributionKind::normal, true);
}

TEST_F(GpuVariants, OneBadRowHarmsNoOther) {
  expect_right(Operation::layernorm_forward, {{{7, 1025}, 1}, {{64, 768}, 1}}, DistributionKind::nonfinite, false);
  expect_right(Operation::layernorm_backward, {{{7, 1025}, 1}, {{64, 768}, 1}}, DistributionKind::nonfinite, false);
  expect_right(Operation::batchnorm_inference, {{{4, 17, 9, 31}, 1}}, DistributionKind::nonfinite, false);
  expect_right(Operation::batchnorm_training, {{{4, 17, 9, 31}, 1}}, DistributionKind::nonfinite, false);
}

TEST_F(GpuVariants, ConstantRowsAreRight) {
  expect_right(Operation::layernorm_forward, {{{7, 1024}, 1}, {{3, 4096}, 1}}, DistributionKind::constant_rows, false);
  expect_right(Operation::layernorm_backward, {{{7, 1024}, 1}, {{3, 4096}, 1}}, DistributionKind::constant_rows, false);
}

// Offsets that a 32-bit number does not hold: a little more than 2^31 elements, in the type that takes least memory.
TEST_F(GpuVariants, MoreThanTwoToThe31ElementsAreRight) {
  if (gpu().facts().memory.count < (std::int64_t{40} << 30)) GTEST_SKIP() << "needs a GPU with 40 GiB of memory";
  const Shapes rows = {{{2049, 1 << 20}, 1}, {{65'537, 32'768}, 1}};
  const Shapes planes = {{{2, 1025, 1024, 1024}, 1}};
  expect_right(Operation::layernorm_forward, rows, DistributionKind::normal, false, ElementType::bf16);
  expect_right(Operation::layernorm_backward, rows, DistributionKind::normal, false, ElementType::bf16);
  expect_right(Operation::batchnorm_inference, planes, DistributionKind::normal, false, ElementType::bf16);
  expect_right(Operation::batchnorm_training, planes, DistributionKind::normal, false, ElementType::bf16);
}

TEST_F(GpuVariants, AnOffsetAThousandTimesTheSpreadIsRightForGradients) {
  expect_right(Operation::layernorm_backward, {{{7, 1025}, 1}, {{64, 768}, 1}}, DistributionKind::offset, false);
}

}  // namespace
}  // namespace knobscope::device
