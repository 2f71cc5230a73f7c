// The command line as values, and the plan it means.

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "cli/arguments.h"
#include "cli/percent.h"
#include "cli/plan_from_arguments.h"
#include "session/plan_file.h"
#include "session_samples.h"

namespace knobscope::cli {
namespace {

template <class T>
T parsed_as(const std::vector<std::string>& arguments) {
  const auto result = parse(arguments);
  if (const auto* ending = std::get_if<Ending>(&result)) {
    ADD_FAILURE() << ending->text;
    return {};
  }
  const auto* command = std::get_if<T>(&std::get<Invocation>(result).command);
  if (command == nullptr) {
    ADD_FAILURE() << "another command";
    return {};
  }
  return *command;
}

std::string usage_fault(const std::vector<std::string>& arguments) {
  const auto result = parse(arguments);
  const auto* ending = std::get_if<Ending>(&result);
  if (ending == nullptr) return "no fault";
  EXPECT_EQ(ending->exit_code, 2);
  EXPECT_EQ(ending->text.find('\n'), ending->text.size() - 1) << "more than one line: " << ending->text;
  return ending->text;
}

Plan plan_of(const std::vector<std::string>& arguments, bool sweep = false) {
  std::vector<std::string> all = {sweep ? "sweep" : "run"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const auto drafted = draft_plan(parsed_as<MeasureArguments>(all).plan, sweep);
  if (const auto* fault = std::get_if<UsageFault>(&drafted)) {
    ADD_FAILURE() << fault->message;
    return {};
  }
  return std::get<PlanDraft>(drafted).plan;
}

std::string plan_fault(const std::vector<std::string>& arguments) {
  std::vector<std::string> all = {"run"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const auto drafted = draft_plan(parsed_as<MeasureArguments>(all).plan, false);
  const auto* fault = std::get_if<UsageFault>(&drafted);
  return fault != nullptr ? fault->message : "no fault";
}

TEST(Arguments, NoCommandIsTheWindow) {
  EXPECT_FALSE(parsed_as<GuiArguments>({}).open);
  EXPECT_EQ(parsed_as<GuiArguments>({"--size", "1280x720"}).size, (PixelSize{1280, 720}));
  EXPECT_EQ(parsed_as<GuiArguments>({"gui", "a.session"}).open, "a.session");
  const testing::TestFolder folder("knobscope-cli");
  const std::string file = folder / "b.session";
  std::ofstream(file) << "x";
  EXPECT_EQ(parsed_as<GuiArguments>({file}).open, file);
}

TEST(Arguments, TheWholeLineOfTheManual) {
  const auto measure = parsed_as<MeasureArguments>({"sweep",
                                                    "--op",
                                                    "layernorm_forward",
                                                    "--shape",
                                                    "16x64x256x256",
                                                    "--normalized-dims",
                                                    "3",
                                                    "--dtype",
                                                    "f32",
                                                    "--distribution",
                                                    "normal",
                                                    "--offset",
                                                    "1000",
                                                    "--seed",
                                                    "1",
                                                    "--variant",
                                                    "welford",
                                                    "float4",
                                                    "-a",
                                                    "block=[64,128,256]",
                                                    "--device",
                                                    "cuda:1",
                                                    "--json",
                                                    "-",
                                                    "--csv",
                                                    "a.csv",
                                                    "--md",
                                                    "a.md",
                                                    "--session",
                                                    "a.session"});
  EXPECT_TRUE(measure.sweep);
  EXPECT_EQ(measure.output.json, "-");
  EXPECT_EQ(measure.output.csv, "a.csv");
  EXPECT_EQ(measure.output.markdown, "a.md");
  EXPECT_EQ(measure.session, "a.session");
  const auto drafted = draft_plan(measure.plan, measure.sweep);
  ASSERT_TRUE(std::holds_alternative<PlanDraft>(drafted));
  const PlanDraft& draft = std::get<PlanDraft>(drafted);
  Plan expected;
  expected.device = "cuda:1";
  expected.shapes = {{16, 64, 256, 256}};
  expected.normalized_dims = 3;
  expected.variants = {"welford", "float4"};
  expected.sweep_unlisted_knobs = true;
  EXPECT_EQ(draft.plan, expected);
  EXPECT_EQ(draft.knobs, (std::vector<session::KnobChoice>{{"block", {64, 128, 256}}}));
  EXPECT_FALSE(draft.default_shape);
}

TEST(Arguments, ListsByCommaAndByRepetition) {
  const Plan plan = plan_of({"--dtype", "f32,bf16", "--variant", "a,b", "--variant", "c", "--shape", "8x4", "--shape",
                             "2,3", "--distribution", "normal", "offset", "--offset", "10,-5"});
  EXPECT_EQ(plan.types, (std::vector{ElementType::f32, ElementType::bf16}));
  EXPECT_EQ(plan.variants, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(plan.shapes, (std::vector<std::vector<std::int64_t>>{{8, 4}, {2, 3}}));
  EXPECT_EQ(plan.distributions,
            (std::vector<Distribution>{
                {DistributionKind::normal, 10.0}, {DistributionKind::offset, 10.0}, {DistributionKind::offset, -5.0}}));
}

TEST(Arguments, OffsetAloneAsksForItsDistribution) {
  EXPECT_EQ(plan_of({"--offset", "-3e4"}).distributions, (std::vector<Distribution>{{DistributionKind::offset, -3e4}}));
}

TEST(Arguments, MethodFlags) {
  const Method method = plan_of({"--no-hot", "--time-limit", "0.125", "--min-samples", "3", "--max-samples", "9",
                                 "--target-rse", "0.01", "--noisy-rse", "0.1", "--launch-limit", "5"})
                            .method;
  EXPECT_EQ(method, (Method{.time_hot = false,
                            .target_relative_error = 0.01,
                            .noisy_relative_error = 0.1,
                            .min_samples = 3,
                            .max_samples = 9,
                            .time_limit_s = 0.125,
                            .launch_limit_s = 5.0}));
  // One bound alone moves the other.
  EXPECT_EQ(plan_of({"--max-samples", "5"}).method.min_samples, 5);
  EXPECT_EQ(plan_of({"--min-samples", "5000"}).method.max_samples, 5000);
}

TEST(Arguments, CountersAreAskedForByTheirFlag) {
  EXPECT_FALSE(plan_of({}).method.counters);
  EXPECT_TRUE(plan_of({"--counters"}).method.counters);
}

TEST(Arguments, StoppingCriteriaAreThoseOfNvbench) {
  const Method method = plan_of({"--stopping-criterion", "stdrel", "--max-noise", "0.3"}).method;
  Method expected;
  set_defaults_of(StoppingCriterion::stdrel, expected);
  expected.cold_stopping = expected.hot_stopping = StoppingCriterion::stdrel;
  expected.max_noise = 0.003;
  EXPECT_EQ(method, expected);
  EXPECT_EQ(plan_of({"--stopping-criterion", "stdrel", "--max-noise", "0.3%"}).method, expected);

  const Method entropy = plan_of({"--max-angle", "0.1", "--min-r2", "0.5", "--stopping-criterion", "entropy",
                                  "--min-samples", "20", "--timeout", "3", "--min-time", "0.1"})
                             .method;
  EXPECT_EQ(entropy.cold_stopping, StoppingCriterion::entropy);
  EXPECT_EQ(entropy.max_angle, 0.1);
  EXPECT_EQ(entropy.min_r2, 0.5);
  EXPECT_EQ(entropy.min_samples, 20);
  EXPECT_EQ(entropy.time_limit_s, 3.0);
  EXPECT_EQ(entropy.min_time_s, 0.1);

  const Method mixed =
      plan_of({"--stopping-criterion", "cold=stdrel,hot=sample-count", "--target-samples", "50"}).method;
  EXPECT_EQ(mixed.cold_stopping, StoppingCriterion::stdrel);
  EXPECT_EQ(mixed.hot_stopping, StoppingCriterion::sample_count);
  EXPECT_EQ(mixed.target_samples, 50);
  EXPECT_EQ(plan_of({"--stopping-criterion", "rse"}).method, Method{});
}

TEST(Arguments, StoppingFaultsAreOneSentence) {
  const std::pair<std::vector<std::string>, const char*> faults[] = {
      {{"--stopping-criterion", "stdev"}, "choose one of rse, stdrel, entropy, sample-count"},
      {{"--stopping-criterion", "warm=stdrel"}, "there is no stopping criterion 'warm=stdrel'"},
      {{"--max-angle", "0.1"}, "give --stopping-criterion entropy"},
      {{"--max-noise", "0.5"}, "give --stopping-criterion stdrel"},
      {{"--target-samples", "5", "--stopping-criterion", "entropy"}, "give --stopping-criterion sample-count"},
      {{"--target-rse", "0.01", "--stopping-criterion", "stdrel"}, "give --stopping-criterion rse"},
      {{"--stopping-criterion", "stdrel", "--max-noise", "much"}, "'much' is no percentage"},
      {{"--stopping-criterion", "stdrel", "--max-noise", "0"}, "'0' is no percentage"},
      {{"--stopping-criterion", "entropy", "--min-r2", "2"}, "from 0 to 1"},
      {{"--stopping-criterion", "entropy", "--max-angle", "-1"}, "above 0"},
      {{"--stopping-criterion", "sample-count", "--target-samples", "0"}, "1 or more"},
      {{"--min-time", "-1"}, "0 or more"},
      {{"--min-time", "3"}, "give a longer --timeout"},
      {{"--stopping-criterion", "stdrel", "--timeout", "0.1"}, "give a longer --timeout"},
  };
  for (const auto& [arguments, words] : faults) {
    const std::string fault = plan_fault(arguments);
    EXPECT_NE(fault.find(words), std::string::npos) << words << ": " << fault;
    EXPECT_EQ(fault.find('\n'), std::string::npos) << fault;
  }
}

TEST(Arguments, CompareTakesTwoSessions) {
  const auto compare = parsed_as<CompareArguments>(
      {"compare", "a.session", "b.session", "--threshold", "1.5%", "--fail-on-regression", "--json", "-"});
  EXPECT_EQ(compare.base, "a.session");
  EXPECT_EQ(compare.next, "b.session");
  EXPECT_EQ(compare.threshold, "1.5%");
  EXPECT_TRUE(compare.fail_on_regression);
  EXPECT_EQ(compare.output.json, "-");
  EXPECT_NE(usage_fault({"compare", "a.session"}).find("NEW"), std::string::npos);
  EXPECT_NE(usage_fault({"compare", "a", "b", "--json", "-", "--csv", "-"}).find("only one"), std::string::npos);
  const auto help = parse({"compare", "--help"});
  for (const char* says : {"UNDECIDED", "BROKEN", "Exit code", "--threshold"}) {
    EXPECT_NE(std::get<Ending>(help).text.find(says), std::string::npos) << says;
  }
}

TEST(Arguments, SharesArePercentOrNot) {
  EXPECT_EQ(read_share("2%", BareNumber::is_share), 0.02);
  EXPECT_EQ(read_share("2 %", BareNumber::is_percent), 0.02);
  EXPECT_EQ(read_share("0.02", BareNumber::is_share), 0.02);
  EXPECT_EQ(read_share("2", BareNumber::is_percent), 0.02);
  for (const char* bad : {"", "%", "2", "-1%", "0", "1", "nan", "2%%", "2x", "inf", "100%"}) {
    EXPECT_FALSE(read_share(bad, BareNumber::is_share)) << bad;
  }
}

TEST(Arguments, TechniquesAreNamed) {
  const auto timings = [](std::vector<std::string> flags) { return plan_of(std::move(flags)).method.timings(); };
  EXPECT_EQ(timings({}), (std::vector<Timing>{Timing::cold, Timing::hot}));
  EXPECT_EQ(timings({"--timing", "wall,graph"}), (std::vector<Timing>{Timing::graph, Timing::wall}));
  EXPECT_EQ(timings({"--timing", "rotating", "--timing", "hot"}), (std::vector<Timing>{Timing::rotating, Timing::hot}));
  EXPECT_EQ(timings({"--timing", "all"}), std::vector<Timing>(kTimings.begin(), kTimings.end()));
  EXPECT_EQ(timings({"--timing", "all", "--no-cold"}).front(), Timing::rotating);
  EXPECT_TRUE(timings({"--no-cold", "--no-hot"}).empty());
  const auto measure = parsed_as<MeasureArguments>({"run", "--timing", "warm"});
  const auto drafted = draft_plan(measure.plan, false);
  ASSERT_TRUE(std::holds_alternative<UsageFault>(drafted));
  EXPECT_NE(std::get<UsageFault>(drafted).message.find("--timing: there is no way to time 'warm'"), std::string::npos);
}

TEST(Arguments, KnobFlagsOfOneNameAddUp) {
  const auto measure =
      parsed_as<MeasureArguments>({"run", "-a", "block=64", "--knob", "block=128..256", "-a", "lanes=2"});
  const auto drafted = draft_plan(measure.plan, false);
  EXPECT_EQ(std::get<PlanDraft>(drafted).knobs,
            (std::vector<session::KnobChoice>{{"block", {64, session::KnobRange{128, 256}}}, {"lanes", {2}}}));
}

TEST(Arguments, AllIsEveryValueThatIsAllowed) {
  Variant variant;
  variant.knobs = {{"block", {32, 64, 96}, 64, ""}};
  const auto choice = session::read_knob_choice("block=all");
  ASSERT_TRUE(std::holds_alternative<session::KnobChoice>(choice));
  const auto values = session::resolve(std::get<session::KnobChoice>(choice), {&variant});
  EXPECT_EQ(std::get<0>(values), (std::vector<std::int64_t>{32, 64, 96}));
}

TEST(Arguments, CheckTakesFilesOrAll) {
  // A file after a flag that may be repeated is a file.
  const auto check = parsed_as<CheckArguments>(
      {"check",   "--shape",       "3x7",    "--shape", "1x1000",   "-a",        "block=all", "a.cu",
       "--dist",  "offset,normal", "b/c.cu", "--dtype", "f16,bf16", "--device",  "cpu",       "--quick",
       "--sweep", "--seed",        "5",      "--json",  "-",        "--session", "s.session"});
  EXPECT_EQ(check.files, (std::vector<std::filesystem::path>{"a.cu", "b/c.cu"}));
  EXPECT_FALSE(check.all);
  EXPECT_TRUE(check.sweep);
  EXPECT_EQ(check.json, "-");
  EXPECT_EQ(check.session, "s.session");
  const auto drafted = draft_plan(check.plan, check.sweep);
  ASSERT_TRUE(std::holds_alternative<PlanDraft>(drafted));
  const PlanDraft& draft = std::get<PlanDraft>(drafted);
  EXPECT_EQ(draft.plan.device, "cpu");
  EXPECT_EQ(draft.plan.shapes, (std::vector<std::vector<std::int64_t>>{{3, 7}, {1, 1000}}));
  EXPECT_EQ(draft.plan.types, (std::vector{ElementType::f16, ElementType::bf16}));
  EXPECT_EQ(draft.plan.distributions.size(), 2U);
  EXPECT_EQ(draft.plan.seed, 5U);
  EXPECT_FALSE(draft.plan.method.thorough);
  EXPECT_TRUE(parsed_as<CheckArguments>({"check", "--all"}).all);
  EXPECT_NE(usage_fault({"check"}).find("--all"), std::string::npos);
  EXPECT_NE(usage_fault({"check", "--all", "a.cu"}).find("not both"), std::string::npos);
  EXPECT_NE(usage_fault({"check", "a.cu", "--no-hot"}).find("--no-hot"), std::string::npos);
  EXPECT_NE(usage_fault({"check", "--shap", "3x3"}).find("Did you mean '--shape'"), std::string::npos);
  const auto help = parse({"check", "--help"});
  const std::string& text = std::get<Ending>(help).text;
  for (const char* says : {"41x12", "3x901", "2x3x5x7", "--quick", "Exit code", "block=all"}) {
    EXPECT_NE(text.find(says), std::string::npos) << says << "\n" << text;
  }
}

TEST(Arguments, QuickIsForRunAndSweepToo) {
  EXPECT_TRUE(plan_of({}).method.thorough);
  EXPECT_FALSE(plan_of({"--device", "emulated", "--quick"}).method.thorough);
  EXPECT_FALSE(plan_of({"--quick"}, true).method.thorough);
}

TEST(Arguments, RootMayStandBeforeOrAfterTheCommand) {
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"--root", "/r", "list"}, {"list", "--root", "/r"}}) {
    const auto result = parse(arguments);
    ASSERT_TRUE(std::holds_alternative<Invocation>(result));
    EXPECT_EQ(std::get<Invocation>(result).root, "/r");
  }
}

TEST(Arguments, BadUsageIsOneLineWithTheNearestName) {
  EXPECT_NE(usage_fault({"swep"}).find("Did you mean 'sweep'"), std::string::npos);
  EXPECT_NE(usage_fault({"trace"}).find("no command"), std::string::npos);
  EXPECT_NE(usage_fault({"run", "--shap", "3x3"}).find("Did you mean '--shape'"), std::string::npos);
  EXPECT_NE(usage_fault({"run", "--tme-limit=3"}).find("Did you mean '--time-limit'"), std::string::npos);
  EXPECT_NE(usage_fault({"run", "extra"}).find("extra"), std::string::npos);
  EXPECT_NE(usage_fault({"run", "--size", "100x100"}).find("--size"), std::string::npos);  // the window's flag
  EXPECT_NE(usage_fault({"--size", "100"}).find("1920x1080"), std::string::npos);
  EXPECT_NE(usage_fault({"run", "--json", "-", "--md", "-"}).find("only one"), std::string::npos);
  EXPECT_NE(usage_fault({"show", "a", "--json", "-", "--csv", "-"}).find("only one"), std::string::npos);
  EXPECT_NE(usage_fault({"show"}).find("SESSION"), std::string::npos);
  EXPECT_NE(usage_fault({"screenshot"}).find("--out"), std::string::npos);
  EXPECT_NE(usage_fault({"run", "--normalized-dims", "x"}).find("--normalized-dims"), std::string::npos);
}

TEST(Arguments, HelpAndVersionAreNoErrors) {
  for (const char* flag : {"--help", "--version", "-h"}) {
    const auto result = parse({flag});
    ASSERT_TRUE(std::holds_alternative<Ending>(result));
    EXPECT_EQ(std::get<Ending>(result).exit_code, 0);
  }
  const auto result = parse({"run", "--help"});
  const std::string& text = std::get<Ending>(result).text;
  for (const char* flag : {"--shape", "--plan", "--write-plan", "--time-limit", "--session", "knobscope run"}) {
    EXPECT_NE(text.find(flag), std::string::npos) << flag;
  }
}

TEST(Arguments, BadValuesSayWhatToWrite) {
  EXPECT_NE(plan_fault({"--shape", "8x"}).find("16x64x256x256"), std::string::npos);
  EXPECT_NE(plan_fault({"--op", "layernom_forward"}).find("Did you mean 'layernorm_forward'"), std::string::npos);
  EXPECT_NE(plan_fault({"--dtype", "f64"}).find("f32, f16, bf16"), std::string::npos);
  EXPECT_NE(plan_fault({"--distribution", "gauss"}).find("normal"), std::string::npos);
  EXPECT_NE(plan_fault({"--seed", "-1"}).find("18446744073709551615"), std::string::npos);
  EXPECT_NE(plan_fault({"-a", "block"}).find("block=256"), std::string::npos);
  EXPECT_NE(plan_fault({"--time-limit", "0"}).find("above 0"), std::string::npos);
  EXPECT_NE(plan_fault({"--epsilon", "nan"}).find("above 0"), std::string::npos);
  EXPECT_NE(plan_fault({"--min-samples", "9", "--max-samples", "3"}).find("--max-samples"), std::string::npos);
  EXPECT_NE(plan_fault({"--plan", "/nonexistent/plan.toml"}).find("cannot be read"), std::string::npos);
}

TEST(Arguments, FlagsAndTheFileTheyWriteMeanTheSamePlan) {
  const testing::TestFolder folder("knobscope-cli");
  const std::string file = folder / "plan.toml";
  const Plan plan =
      plan_of({"--device", "cpu", "--shape", "32x48", "--dtype", "bf16,f16", "--offset", "7,1e5", "--seed",
               "0xffffffffffffffff", "--variant", "welford", "--no-cold", "--time-limit", "0.3"},
              true);
  std::ofstream(file) << session::write_plan(plan);
  EXPECT_EQ(plan_of({"--plan", file}), plan);
  // A flag changes what the file says, and only that.
  Plan changed = plan;
  changed.types = {ElementType::f32};
  EXPECT_EQ(plan_of({"--plan", file, "--dtype", "f32"}), changed);
  std::ofstream(file) << "seed = 1\nshaps = [[1, 2]]\n";
  EXPECT_NE(plan_fault({"--plan", file}).find("plan.toml:2: there is no 'shaps'"), std::string::npos);
}

DeviceFacts device(const std::string& id, DeviceKind kind) {
  DeviceFacts facts;
  facts.id = id;
  facts.kind = kind;
  return facts;
}

TEST(PlanFromArguments, ChoosesTheDevice) {
  const std::vector<DeviceFacts> devices = {device("cuda:0", DeviceKind::cuda), device("cuda:1", DeviceKind::cuda),
                                            device("cpu", DeviceKind::cpu)};
  EXPECT_EQ(std::get<DeviceFacts>(choose_device("", devices)).id, "cuda:0");
  EXPECT_EQ(std::get<DeviceFacts>(choose_device("cuda", devices)).id, "cuda:0");
  EXPECT_EQ(std::get<DeviceFacts>(choose_device("cuda:1", devices)).id, "cuda:1");
  EXPECT_EQ(std::get<DeviceFacts>(choose_device("cpu", devices)).id, "cpu");
  const auto fault = choose_device("cuda:7", devices);
  EXPECT_NE(std::get<UsageFault>(fault).message.find("cuda:0, cuda:1, cpu"), std::string::npos);
}

TEST(PlanFromArguments, DeviceAndCatalogFillTheGaps) {
  Catalog catalog;
  Variant& variant = catalog.variants.emplace_back();
  variant.id = "layernorm_forward/01_a.cpp";
  variant.name = "a";
  variant.device = DeviceKind::cpu;
  variant.knobs = {{"block", {32, 64, 96, 128}, 64, ""}};
  PlanDraft draft;
  draft.default_shape = true;
  draft.knobs = {{"block", {session::KnobRange{60, 100}}}};
  const auto cpu = complete_plan(draft, device("cpu", DeviceKind::cpu), catalog);
  EXPECT_EQ(std::get<Plan>(cpu).shapes, (std::vector<std::vector<std::int64_t>>{{2048, 4096}}));
  EXPECT_EQ(std::get<Plan>(cpu).knobs.at("block"), (std::vector<std::int64_t>{64, 96}));
  draft.plan.operation = Operation::batchnorm_inference;
  draft.knobs.clear();
  const auto gpu = complete_plan(draft, device("cuda:0", DeviceKind::cuda), catalog);
  draft.plan.operation = Operation::layernorm_forward;
  const auto emulated = complete_plan(draft, device("emulated", DeviceKind::emulated), catalog);
  EXPECT_EQ(std::get<Plan>(emulated).shapes, (std::vector<std::vector<std::int64_t>>{{64, 4096}}));
  EXPECT_EQ(std::get<Plan>(gpu).shapes[0].size(), 4U);  // BatchNorm needs N, C, H, W
}

}  // namespace
}  // namespace knobscope::cli
