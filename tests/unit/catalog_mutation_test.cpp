// Thousands of damaged kernel files: the parser must answer each with a variant or a fault that points into the file,
// never throw, never crash. The damage is the same on every run.

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "catalog_files.h"

namespace knobscope::catalog {
namespace {

class Damage {
 public:
  explicit Damage(std::uint32_t seed) : random_(seed) {}

  std::string apply(std::string text) {
    const std::size_t times = 1 + below(4);
    for (std::size_t i = 0; i < times && !text.empty(); ++i) once(text);
    return text;
  }

 private:
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_() % bound; }

  void once(std::string& text) {
    static constexpr std::string_view pieces[] = {
        "*/", "/*",  "\"",   "\"\"\"", "'''",      "[[",         "]]",     "{",      "}",       "=",   ",",
        "\n", "\r",  "(",    ")",      "%",        "?",          ":",      "&&",     "!",       "\\u", "\\",
        "#",  "nan", "-inf", "1e999",  "0x7fffff", "1979-05-27", "true",   "rows",   "epsilon", "x",   "block_index",
        ".",  "^",   "\xff", "\xc3",   "\xe2\x88", "[launches]", "knobs.", "a.b.c=", "min(",    "1/0", "{a={a={a={"};
    const std::size_t at = below(text.size());
    switch (below(7)) {
      case 0:
        text.erase(at, 1 + below(3));
        break;
      case 1:
        text.erase(at, 1 + below(60));
        break;
      case 2:
        text.insert(at, pieces[below(std::size(pieces))]);
        break;
      case 3:
        text[at] = static_cast<char>(below(256));
        break;
      case 4:
        text.insert(at, text.substr(below(text.size()), 1 + below(80)));
        break;
      case 5:
        text.resize(at);
        break;
      default:
        text.insert(at, std::string(1 + below(40), "([{%\"-9 ,"[below(9)]));
        break;
    }
  }

  std::mt19937 random_;
};

TEST(CatalogMutation, DamagedFilesNeverThrow) {
  int accepted = 0;
  int refused = 0;
  for (std::uint32_t seed = 0; seed < 12000; ++seed) {
    const bool cpu = seed % 4 == 0;
    const std::string text = Damage(seed).apply(cpu ? kCpuFile : kWholeFile);
    const std::string id = cpu ? "layernorm_forward/1_a.cpp" : "layernorm_forward/1_a.cu";
    SCOPED_TRACE(seed);
    std::variant<Variant, CatalogFault> result;
    ASSERT_NO_THROW(result = parse_variant(id, text, ""));
    if (const auto* fault = std::get_if<CatalogFault>(&result)) {
      ++refused;
      EXPECT_EQ(fault->file, id);
      EXPECT_FALSE(fault->message.empty());
      EXPECT_GE(fault->line, 0);
      EXPECT_LE(fault->line, std::ranges::count(text, '\n') + 1) << fault->message;
    } else {
      ++accepted;
      const Variant& variant = std::get<Variant>(result);
      Problem problem;
      problem.shape = {3, 770};
      ASSERT_NO_THROW(evaluate(variant, problem, default_knobs(variant), cpu ? test_cpu() : test_gpu()));
    }
  }
  // Both happen often, or the damage tests nothing.
  EXPECT_GT(accepted, 500);
  EXPECT_GT(refused, 5000);
}

TEST(CatalogMutation, DeepNestingIsRefused) {
  for (const char* open : {"[", "{a=", "("}) {
    std::string deep;
    for (int i = 0; i < 20000; ++i) deep += open;
    const bool expression = open[0] == '(';
    const std::string text = expression ? replaced(kWholeFile, "\"rows * 2\"", "\"" + deep + "1\"")
                                        : replaced(kWholeFile, "clear = true", "clear = " + deep);
    EXPECT_TRUE(std::holds_alternative<CatalogFault>(parse_variant("layernorm_forward/1_a.cu", text, ""))) << open;
  }
}

}  // namespace
}  // namespace knobscope::catalog
