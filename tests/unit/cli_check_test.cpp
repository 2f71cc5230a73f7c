// From a check's flags to its points, and from its points to what is said of them.

#include <filesystem>
#include <fstream>
#include <map>

#include <gtest/gtest.h>

#include "cli/awkward_shapes.h"
#include "cli/check_plan.h"
#include "cli/check_text.h"
#include "cli/given_files.h"
#include "session_samples.h"

namespace knobscope::cli {
namespace {

namespace fs = std::filesystem;

std::string fault_of(const auto& result) {
  const auto* fault = std::get_if<UsageFault>(&result);
  return fault != nullptr ? fault->message : "no fault";
}

DeviceFacts device(DeviceKind kind) {
  DeviceFacts facts;
  facts.id = name_of(kind);
  facts.kind = kind;
  return facts;
}

Catalog catalog() {
  Catalog made;
  const auto add = [&made](const std::string& id, Operation operation, DeviceKind kind, std::vector<ElementType> types,
                           std::vector<std::int64_t> blocks) {
    Variant& variant = made.variants.emplace_back();
    variant.id = variant.name = id;
    variant.operation = operation;
    variant.device = kind;
    variant.types = std::move(types);
    if (!blocks.empty()) variant.knobs = {{"block", blocks, blocks[1], ""}};
  };
  using enum ElementType;
  add("layernorm_forward/01_a.cu", Operation::layernorm_forward, DeviceKind::cuda, {f32, f16}, {32, 64, 96});
  add("layernorm_forward/02_b.cu", Operation::layernorm_forward, DeviceKind::cuda, {f32}, {32, 1024});
  add("layernorm_forward/01_c.cpp", Operation::layernorm_forward, DeviceKind::cpu, {f32}, {});
  add("/elsewhere/bn.cu", Operation::batchnorm_inference, DeviceKind::cuda, {bf16}, {});
  made.faults = {{"/elsewhere/bad.cu", 3, "There is no title."}};
  return made;
}

struct Planned {
  CheckPlan plan;
  std::string fault = "no fault";
};

/// As `knobscope check …` does it, with `files` already found.
Planned planned(CheckArguments arguments, const std::vector<GivenFile>& files, DeviceKind kind = DeviceKind::emulated) {
  const Catalog all = catalog();
  arguments.all = files.empty();
  const auto drafted = draft_plan(arguments.plan, arguments.sweep);
  if (std::holds_alternative<UsageFault>(drafted)) return {{}, fault_of(drafted)};
  const PlanDraft draft = std::get<PlanDraft>(drafted);
  const auto chosen = choose_variants(arguments, files, draft, device(kind), all);
  if (std::holds_alternative<UsageFault>(chosen)) return {{}, fault_of(chosen)};
  const auto plan = plan_check(arguments, draft, std::get<std::vector<const Variant*>>(chosen), device(kind), all);
  if (std::holds_alternative<UsageFault>(plan)) return {{}, fault_of(plan)};
  return {std::get<CheckPlan>(plan), "no fault"};
}

GivenFile file(const std::string& id) { return {id, id, id[0] != '/'}; }

TEST(CheckPlan, EveryTypeAndAwkwardShapeAtTheDefaultKnobs) {
  const Planned check = planned({}, {file("layernorm_forward/01_a.cu")});
  EXPECT_EQ(check.fault, "no fault");
  const std::size_t shapes = awkward_shapes(Operation::layernorm_forward).size();
  EXPECT_EQ(check.plan.points.size(), 2 * (shapes + 2));
  std::map<std::vector<std::int64_t>, std::int64_t> blocks;
  for (const PointRequest& point : check.plan.points) {
    EXPECT_EQ(point.device, "emulated");
    EXPECT_TRUE(point.method.thorough);
    EXPECT_FALSE(point.method.time_cold || point.method.time_hot);
    blocks[point.problem.shape] = point.knobs.at("block");
  }
  // Many rows are taken with small blocks: more than one of them, and the last one not full.
  EXPECT_EQ(blocks.at(tall_shape(Operation::layernorm_forward)), 32);
  EXPECT_EQ(blocks.at(long_shape(Operation::layernorm_forward)), 96);
  for (const auto& shape : awkward_shapes(Operation::layernorm_forward)) EXPECT_EQ(blocks.at(shape), 64);
  CheckArguments asked;
  asked.plan.knobs = {"block=96"};
  for (const PointRequest& point : planned(asked, {file("layernorm_forward/01_a.cu")}).plan.points) {
    EXPECT_EQ(point.knobs, (KnobValues{{"block", 96}}));
  }
}

TEST(CheckPlan, AllIsEveryFileOfTheDeviceWithShapesOfItsOperation) {
  const Planned check = planned({}, {});
  EXPECT_EQ(check.plan.plans.size(), 3U + 2U + 2U) << "only one has a block that is no power of two";
  for (const PointRequest& point : check.plan.points) EXPECT_EQ(find_fault(point.problem), std::nullopt);
  EXPECT_EQ(planned({}, {}, DeviceKind::cpu).plan.plans.size(), 2U);
  CheckArguments only;
  only.plan.operation = "batchnorm_inference";
  EXPECT_EQ(planned(only, {}).plan.plans.size(), 2U);
}

TEST(CheckPlan, KnobsAreTakenByTheFilesThatAllowThem) {
  CheckArguments arguments;
  arguments.plan.shapes = {"3x7"};
  arguments.plan.knobs = {"block=all"};
  const std::vector<GivenFile> both = {file("layernorm_forward/01_a.cu"), file("layernorm_forward/02_b.cu")};
  EXPECT_EQ(planned(arguments, both).plan.points.size(), 2U * 3U + 2U);
  arguments.plan.knobs = {"block=1024"};
  const Planned one = planned(arguments, both);
  EXPECT_EQ(one.plan.points.size(), 1U);
  ASSERT_EQ(one.plan.notes.size(), 1U);
  EXPECT_NE(one.plan.notes[0].find("01_a.cu is not checked"), std::string::npos);
  arguments.plan.knobs = {"block=100"};
  EXPECT_NE(planned(arguments, both).fault.find("32, 64, 96, 1024"), std::string::npos);
  arguments.plan.knobs = {"blok=32"};
  EXPECT_NE(planned(arguments, both).fault.find("Did you mean 'block'"), std::string::npos);
  arguments.plan.knobs.clear();
  arguments.sweep = true;
  EXPECT_EQ(planned(arguments, both).plan.points.size(), 2U * 3U + 2U);
}

TEST(CheckPlan, AShapeServesTheOperationsItSuits) {
  CheckArguments arguments;
  arguments.plan.shapes = {"3x7", "2x3x5x7"};
  arguments.plan.types = {"f32"};
  const Planned check = planned(arguments, {});
  EXPECT_EQ(check.plan.points.size(), 2U + 2U + 1U);
  arguments.plan.shapes = {"3x7"};
  EXPECT_NE(planned(arguments, {}).fault.find("none suits batchnorm_inference"), std::string::npos);
}

TEST(CheckPlan, FilesThatCannotBeCheckedAreAllSaid) {
  const Planned check = planned(
      {}, {file("layernorm_forward/01_c.cpp"), file("/elsewhere/bad.cu"), file("layernorm_forward/09_gone.cu")});
  EXPECT_NE(check.fault.find("01_c.cpp is a .cpp file for the CPU device"), std::string::npos) << check.fault;
  EXPECT_NE(check.fault.find("--device cpu"), std::string::npos);
  EXPECT_NE(check.fault.find("\n/elsewhere/bad.cu:3: There is no title."), std::string::npos) << check.fault;
  EXPECT_NE(check.fault.find("09_gone.cu has just gone"), std::string::npos) << check.fault;
  EXPECT_NE(planned({}, {file("layernorm_forward/01_a.cu")}, DeviceKind::cpu).fault.find("leave --device out"),
            std::string::npos);
  CheckArguments arguments;
  arguments.plan.operation = "layernorm_forward";
  EXPECT_NE(planned(arguments, {file("/elsewhere/bn.cu")}).fault.find("leave --op out"), std::string::npos);
}

TEST(GivenFiles, InsideTheKernelsFolderOrAnywhereElse) {
  const testing::TestFolder folder("knobscope-given");
  const fs::path kernels = folder / "kernels";
  fs::create_directories(kernels / "layernorm_forward");
  for (const char* name : {"kernels/layernorm_forward/01_a.cu", "kernels/stray.cu", "mine.cu"}) {
    std::ofstream(folder / name) << "text";
  }
  const auto read = [&](const std::vector<fs::path>& files) {
    const auto result = read_given_files(files, kernels);
    const auto* given = std::get_if<std::vector<GivenFile>>(&result);
    return given != nullptr ? *given : std::vector<GivenFile>{};
  };
  const auto given = read({kernels / "layernorm_forward/../layernorm_forward/01_a.cu", folder / "mine.cu",
                           kernels / "layernorm_forward/01_a.cu", kernels / "stray.cu"});
  ASSERT_EQ(given.size(), 3U);
  EXPECT_EQ(given[0].id, "layernorm_forward/01_a.cu");
  EXPECT_TRUE(given[0].inside);
  EXPECT_EQ(given[1].id, folder / "mine.cu");
  EXPECT_FALSE(given[1].inside);
  EXPECT_FALSE(given[2].inside);
  EXPECT_NE(fault_of(read_given_files({folder / "no.cu"}, kernels)).find("no such file"), std::string::npos);
  EXPECT_NE(fault_of(read_given_files({kernels}, kernels)).find("--all"), std::string::npos);
}

TEST(CheckText, ReadsLikeACompiler) {
  auto racing = std::make_shared<Point>();
  racing->request.variant = "/home/me/mine.cu";
  racing->request.problem.shape = {4, 257};
  racing->request.knobs = {{"block", 256}};
  racing->verdict = Verdict::wrong;
  Finding race;
  race.kind = FindingKind::race;
  race.message = "writes row_sum, which another thread has read";
  race.at = {"/home/me/mine.cu", 57};
  race.other_at = {"/home/me/mine.cu", 52};
  race.who = ThreadPlace{{4, 0, 0}, {37, 0, 0}};
  race.other_who = ThreadPlace{{4, 0, 0}, {5, 0, 0}};
  racing->findings = {race};
  auto broken = std::make_shared<Point>();
  broken->request.variant = "layernorm_forward/02_b.cu";
  broken->request.problem.shape = {3, 7};
  broken->request.problem.type = ElementType::bf16;
  broken->verdict = Verdict::failed;
  broken->reason = "does not compile";
  broken->compile_log = "02_b.cu:3: error: \x1b[31mno";
  auto unplayable = std::make_shared<Point>();
  unplayable->request.variant = "/home/me/mine.cu";
  unplayable->request.problem.shape = {4, 257};
  unplayable->verdict = Verdict::unfit;
  unplayable->reason = "/home/me/mine.cu:38: inline PTX cannot be played";
  auto fine = std::make_shared<Point>();
  fine->verdict = Verdict::pass;
  const std::vector<PointPtr> points = {racing, broken, fine, unplayable};
  const auto shown = [](const std::string& id) { return id == "/home/me/mine.cu" ? "mine.cu" : id; };
  EXPECT_EQ(check_text(make_check_report(points), device(DeviceKind::emulated), shown, false),
            "mine.cu:57: race: writes row_sum, which another thread has read (block 4, thread 37; earlier: line 52, "
            "block 4, thread 5)\n"
            "    first seen with shape 4x257, f32, block=256; in 1 of 1 points\n"
            "layernorm_forward/02_b.cu: failed: does not compile\n"
            "    02_b.cu:3: error: [31mno\n"
            "    first seen with shape 3x7, bf16; in 1 of 1 points\n"
            "mine.cu:38: does not fit: inline PTX cannot be played\n"
            "    first seen with shape 4x257, f32; in 1 of 2 points\n"
            "1 finding and 1 failure in 2 of 3 points; 1 more does not fit\n"
            "emulated: errors are real, times are not measured\n");
}

}  // namespace
}  // namespace knobscope::cli
