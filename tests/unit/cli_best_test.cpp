// The search for the best knobs, and what the launch chooser says.

#include <gtest/gtest.h>

#include "cli/best_text.h"
#include "cli/knob_search.h"

namespace knobscope::cli {
namespace {

Variant variant_with(const std::string& name, std::vector<Knob> knobs) {
  Variant variant;
  variant.id = "layernorm_forward/" + name + ".cu";
  variant.name = name;
  variant.knobs = std::move(knobs);
  return variant;
}

/// Lets a search run on made-up times; how many points it wanted.
template <class Time>
std::size_t play(KnobSearch& search, Time&& time) {
  std::size_t asked = 0;
  for (auto wanted = search.next(); !wanted.empty(); wanted = search.next()) {
    for (const KnobSearch::Candidate& candidate : wanted) search.tell(candidate, time(candidate));
    asked += wanted.size();
    if (asked > 10'000) break;
  }
  return asked;
}

const KnobSearch::Fits kAllFit = [](const Variant&, const KnobValues&) { return true; };

TEST(KnobSearch, FindsTheValleyWithoutVisitingEverything) {
  const std::vector<std::int64_t> values = {1, 2, 3, 4, 5, 6, 7, 8};
  const Variant variant = variant_with("v", {{"a", values, 1, ""}, {"b", values, 8, ""}, {"c", values, 4, ""}});
  KnobSearch search({&variant}, kAllFit);
  Nanoseconds least{1e9};
  const std::size_t asked = play(search, [&](const KnobSearch::Candidate& candidate) -> std::optional<Nanoseconds> {
    const auto off = [&](const char* knob, double at) {
      return std::abs(static_cast<double>(candidate.knobs.at(knob)) - at);
    };
    const Nanoseconds median(100.0 + off("a", 6) * 10 + off("b", 3) * 10 + off("c", 7) * 10);
    least = std::min(least, median);
    return median;
  });
  EXPECT_EQ(least.count(), 100.0);
  EXPECT_LE(asked, 1U + 6 * 7);  // two rounds of three knobs, of 512 combinations
}

TEST(KnobSearch, OnlyTheBestFewAreTuned) {
  std::vector<Variant> variants;
  for (int i = 0; i < 6; ++i) variants.push_back(variant_with("v" + std::to_string(i), {{"a", {1, 2, 3}, 1, ""}}));
  std::vector<const Variant*> pointers;
  for (const Variant& variant : variants) pointers.push_back(&variant);
  KnobSearch search(pointers, kAllFit, 2);
  std::map<std::string, int> asked;
  play(search, [&](const KnobSearch::Candidate& candidate) -> std::optional<Nanoseconds> {
    ++asked[candidate.variant->name];
    if (candidate.variant->name == "v0") return std::nullopt;  // the fastest, but wrong
    return Nanoseconds(100.0 * (candidate.variant->name[1] - '0'));
  });
  EXPECT_EQ(asked, (std::map<std::string, int>{{"v0", 1}, {"v1", 3}, {"v2", 3}, {"v3", 1}, {"v4", 1}, {"v5", 1}}));
}

TEST(KnobSearch, NothingIsAskedTwiceAndNothingThatDoesNotFit) {
  const Variant variant = variant_with("v", {{"a", {1, 2, 4}, 1, ""}, {"b", {1, 2, 4}, 1, ""}});
  const Variant never = variant_with("never", {{"a", {1}, 1, ""}});
  const auto fits = [&](const Variant& asked, const KnobValues& knobs) {
    return &asked == &variant && knobs.at("a") * knobs.at("b") >= 4;
  };
  KnobSearch search({&variant, &never}, fits);
  std::set<KnobValues> seen;
  play(search, [&](const KnobSearch::Candidate& candidate) -> std::optional<Nanoseconds> {
    EXPECT_TRUE(fits(*candidate.variant, candidate.knobs)) << format_knobs(candidate.knobs);
    EXPECT_TRUE(seen.insert(candidate.knobs).second) << format_knobs(candidate.knobs);
    return Nanoseconds(10.0);
  });
  EXPECT_GE(seen.size(), 3U);
  EXPECT_EQ(search.unfit(), std::vector<const Variant*>{&never});
}

TEST(KnobSearch, VariantsWithoutKnobsAndNoVariantsEnd) {
  const Variant plain = variant_with("plain", {});
  KnobSearch search({&plain}, kAllFit);
  EXPECT_EQ(play(search, [](const auto&) { return std::optional(Nanoseconds(1.0)); }), 1U);
  KnobSearch nothing({}, kAllFit);
  EXPECT_EQ(play(nothing, [](const auto&) { return std::optional(Nanoseconds(1.0)); }), 0U);
}

PointPtr point(const std::string& variant, std::int64_t block, double median_us, Verdict verdict = Verdict::pass) {
  auto made = std::make_shared<Point>();
  made->request.device = "cuda:0";
  made->request.problem.shape = {64, 1024};
  made->request.variant = "layernorm_forward/" + variant + ".cu";
  made->request.knobs = {{"block", block}};
  made->variant_name = variant;
  made->verdict = verdict;
  made->bytes = Bytes{524288};
  made->ceiling = Ceiling{"cuda:0", {100e9}, {110e9}, Bytes{1}, {}};
  made->environment.device_name = "A GPU";
  made->environment.started_at = "2026-01-02T03:04:05.678Z";
  made->environment.program_version = "0.1.0";
  Summary summary;
  summary.count = 20;
  summary.median = Nanoseconds(median_us * 1e3);
  summary.ci_low = summary.median * 0.999;
  summary.ci_high = summary.median * 1.001;
  made->cold_summary = summary;
  return made;
}

TEST(BestText, NamesWinnerTiesRunnerUpAndWhere) {
  const std::vector<PointPtr> points = {point("fast", 256, 10.0), point("fast", 128, 10.05), point("slow", 64, 20.0),
                                        point("wrong", 64, 1.0, Verdict::wrong)};
  const auto tables = make_best_tables(points);
  session::BestAnswer answer;
  answer.asked = points.front()->request.problem;
  answer.choice = choose_best(tables.front(), answer.asked, [](const Point&, const Problem&) { return std::nullopt; });
  answer.wrong = {{DistributionKind::offset, 1000.0}};
  const std::string text = best_text(tables.front(), answer, [](const Point&) { return "lab.session"; }, {"one note"});
  EXPECT_EQ(text, R"(A GPU · layernorm_forward · 64x1024 · f32 · normal

best       fast block=256
           10.00 µs · 52.43 GB/s · 52.4 % of copy
           95 % interval 9.990 µs to 10.01 µs, 20 cold samples
ties with  fast block=128 · 10.05 µs
runner-up  slow block=64 · 20.00 µs, 100.0 % slower

variant  knobs        median   bandwidth  of copy   slower
fast     block=256  10.00 µs  52.43 GB/s   52.4 %
slow     block=64   20.00 µs  26.21 GB/s   26.2 %  100.0 %

measured   2026-01-02 · Knobscope 0.1.0 · lab.session
           3 choices of 2 variants; 1 more did not fit, failed, were wrong or noisy
note       fast was wrong with inputs offset 1000
note       one note
)");
  answer.asked.shape = {64, 2048};
  answer.choice = choose_best(tables.front(), answer.asked, [](const Point&, const Problem&) { return std::nullopt; });
  EXPECT_NE(best_text(tables.front(), answer, [](const Point&) { return ""; }, {})
                .find("not measured; the nearest measured shape is 64x1024 (rows 64, columns 1024), 1 octaves away"),
            std::string::npos);
  answer.choice = choose_best(tables.front(), answer.asked, [](const Point&, const Problem&) { return "too long"; });
  const std::string none = best_text(tables.front(), answer, [](const Point&) { return ""; }, {});
  EXPECT_NE(none.find("fast block=256 at 64x1024: too long"), std::string::npos) << none;
  EXPECT_NE(none.find("best       none"), std::string::npos) << none;
}

TEST(BestText, AVariantThatTiesIsNotCalledSlower) {
  const std::vector<PointPtr> points = {point("fast", 256, 10.0), point("other", 128, 10.05),
                                        point("third", 128, 10.06)};
  const auto tables = make_best_tables(points);
  session::BestAnswer answer;
  answer.asked = points.front()->request.problem;
  answer.choice = choose_best(tables.front(), answer.asked, [](const Point&, const Problem&) { return std::nullopt; });
  const std::string text = best_text(tables.front(), answer, [](const Point&) { return ""; }, {});
  EXPECT_NE(text.find("other    block=128  10.05 µs  52.17 GB/s   52.2 %     tie\n"), std::string::npos) << text;
  EXPECT_NE(best_table_text(tables.front(), {}).find("other block=128 and 1 more"), std::string::npos);
}

TEST(BestText, TheTableHasALineAShape) {
  const std::vector<PointPtr> points = {point("fast", 256, 10.0), point("fast", 128, 10.05)};
  EXPECT_EQ(best_table_text(make_best_tables(points).front(), {}), R"(A GPU · layernorm_forward · f32 · normal

shape    best  knobs        median   bandwidth  of copy       ties with
64x1024  fast  block=256  10.00 µs  52.43 GB/s   52.4 %  fast block=128
)");
}

}  // namespace
}  // namespace knobscope::cli
