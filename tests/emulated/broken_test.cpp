// Kernels with one mistake each: the emulated device finds it, names it and its line, and finds nothing once it is
// repaired.

#include <algorithm>

#include <gtest/gtest.h>

#include "emulated/bench.h"
#include "emulated/broken_kernels.h"

namespace knobscope::emulated_tests {
namespace {

const Variant& variant_of(const Catalog& catalog, const Broken& broken) {
  const Variant* variant = catalog.find(broken.file);
  if (variant == nullptr) throw std::runtime_error("there is no kernel " + broken.file);
  return *variant;
}

TEST(BrokenKernels, folder_and_table_agree) {
  const Catalog catalog = catalog::scan(kBrokenKernels);
  for (const CatalogFault& fault : catalog.faults) {
    ADD_FAILURE() << fault.file << ':' << fault.line << ": " << fault.message;
  }
  const std::vector<Broken> table = read_broken();
  EXPECT_EQ(table.size(), catalog.variants.size()) << "each kernel has one entry";
  std::set<std::string> files;
  for (const Broken& broken : table) {
    EXPECT_TRUE(files.insert(broken.file).second) << broken.file << " is there twice";
    const Variant& variant = variant_of(catalog, broken);
    EXPECT_FALSE(find_fault(variant, broken.knobs)) << broken.file << ": " << find_fault(variant, broken.knobs).value();
    EXPECT_FALSE(marked_lines(variant.source).empty()) << broken.file << " marks no line";
    EXPECT_NE(std::ranges::find(variant.types, broken.problem.type), variant.types.end()) << broken.file;
    EXPECT_NO_THROW(static_cast<void>(repaired(variant, broken))) << broken.file;
  }
}

TEST(BrokenKernels, there_is_one_for_each_kind_of_finding) {
  std::set<FindingKind> kinds;
  for (const Broken& broken : read_broken()) {
    if (broken.kinds.size() == 1) kinds.insert(*broken.kinds.begin());
  }
  for (const FindingKind kind : kFindingKinds) EXPECT_TRUE(kinds.contains(kind)) << name_of(kind);
}

class BrokenKernel : public testing::TestWithParam<Broken> {
 protected:
  BrokenKernel() : catalog_(catalog::scan(kBrokenKernels)), variant_(variant_of(catalog_, GetParam())) {}

  PointPtr play(const Variant& variant, bool thorough) {
    return bench_.play(variant, GetParam().problem, GetParam().knobs, thorough);
  }

  bool is_marked(const SourcePlace& place) const {
    return place.file == variant_.id && marked_lines(variant_.source).contains(place.line);
  }

  // Outputs that depend on the order have no line of their own.
  bool is_at_the_mistake(const Finding& finding) const {
    return finding.kind == FindingKind::order_dependent || is_marked(finding.at) || is_marked(finding.other_at);
  }

  void expect_found(const Point& point) const {
    const Broken& broken = GetParam();
    EXPECT_EQ(point.verdict, Verdict::wrong);
    ASSERT_FALSE(point.findings.empty());
    EXPECT_NE(point.reason.find(point.findings.front().message), std::string::npos)
        << "the first finding is the reason";
    EXPECT_TRUE(std::ranges::any_of(point.findings, [&](const Finding& finding) {
      return broken.kinds.contains(finding.kind) && is_at_the_mistake(finding);
    })) << "no finding of the kind that was expected, at a marked line";
    for (const Finding& finding : point.findings) {
      const std::string sentence = format_finding(finding);
      EXPECT_TRUE(broken.kinds.contains(finding.kind) || broken.besides.contains(finding.kind)) << sentence;
      EXPECT_TRUE(is_at_the_mistake(finding)) << sentence;
      EXPECT_FALSE(finding.message.empty()) << sentence;
      EXPECT_GE(finding.count, 1) << sentence;
      if (finding.kind == FindingKind::order_dependent) continue;
      EXPECT_TRUE(finding.who) << sentence;
      EXPECT_FALSE(finding.launch.empty()) << sentence;
      if (finding.kind != FindingKind::race) continue;
      // Of what its own thread has done nothing is in its way but a copy, which goes on by itself.
      const bool is_copys = finding.message.find("which a copy") != std::string::npos;
      EXPECT_TRUE(finding.other_who && (is_copys || finding.other_who != finding.who)) << sentence;
      EXPECT_GT(finding.other_at.line, 0) << sentence;
    }
  }

  Bench bench_{kBrokenKernels};
  Catalog catalog_;
  const Variant& variant_;
};

TEST_P(BrokenKernel, is_found) {
  const Broken& broken = GetParam();
  const PointPtr thorough = play(variant_, true);
  SCOPED_TRACE("thorough: " + describe(*thorough));
  EXPECT_FALSE(bench_.device_lost());
  if (!broken.refused.empty()) {
    EXPECT_EQ(thorough->verdict, Verdict::unfit);
    EXPECT_NE(thorough->reason.find(broken.refused), std::string::npos);
    EXPECT_TRUE(thorough->findings.empty());
    return;
  }
  expect_found(*thorough);
  if (!broken.quick) return;
  const PointPtr quick = play(variant_, false);
  SCOPED_TRACE("quick: " + describe(*quick));
  expect_found(*quick);
}

class RepairedKernel : public BrokenKernel {};

TEST_P(RepairedKernel, is_right) {
  const Variant sound = repaired(variant_, GetParam());
  for (const bool thorough : {true, false}) {
    const PointPtr point = play(sound, thorough);
    EXPECT_EQ(point->verdict, Verdict::pass) << (thorough ? "thorough: " : "quick: ") << describe(*point);
    EXPECT_TRUE(point->findings.empty()) << (thorough ? "thorough: " : "quick: ") << describe(*point);
  }
}

std::vector<Broken> read_repairable() {
  std::vector<Broken> all = read_broken();
  std::erase_if(all, [](const Broken& broken) { return !broken.refused.empty(); });
  return all;
}

std::string name_of_case(const testing::TestParamInfo<Broken>& each) { return each.param.name(); }

INSTANTIATE_TEST_SUITE_P(All, BrokenKernel, testing::ValuesIn(read_broken()), name_of_case);
INSTANTIATE_TEST_SUITE_P(All, RepairedKernel, testing::ValuesIn(read_repairable()), name_of_case);

}  // namespace

// What GoogleTest says of a parameter.
void PrintTo(const Broken& broken, std::ostream* out) { *out << broken.file; }  // NOLINT: GoogleTest's name

}  // namespace knobscope::emulated_tests
