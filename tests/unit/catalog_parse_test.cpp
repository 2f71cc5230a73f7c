// Front matter: a file that uses every key, and one test for every way to get it wrong, with the exact line.

#include <algorithm>

#include <gtest/gtest.h>

#include "catalog_files.h"

namespace knobscope::catalog {
namespace {

constexpr const char* kId = "layernorm_forward/05_block_per_row.cu";

Variant parsed(const std::string& text, const std::string& id = kId) {
  auto result = parse_variant(id, text, "headers");
  if (const auto* fault = std::get_if<CatalogFault>(&result)) {
    ADD_FAILURE() << fault->file << ":" << fault->line << ": " << fault->message;
    return {};
  }
  return std::get<Variant>(std::move(result));
}

CatalogFault fault_of(const std::string& text, const std::string& id = kId) {
  auto result = parse_variant(id, text, "headers");
  if (std::holds_alternative<Variant>(result)) {
    ADD_FAILURE() << "accepted:\n" << text;
    return {};
  }
  return std::get<CatalogFault>(std::move(result));
}

/// The line (from 1) of the first occurrence.
int line_with(const std::string& text, const std::string& what) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n')) + 1;
}

TEST(CatalogParse, EveryKeyArrives) {
  const Variant variant = parsed(kWholeFile);
  EXPECT_EQ(variant.id, kId);
  EXPECT_EQ(variant.name, "block_per_row");
  EXPECT_EQ(variant.order, 5);
  EXPECT_EQ(variant.device, DeviceKind::cuda);
  EXPECT_EQ(variant.operation, Operation::layernorm_forward);
  EXPECT_EQ(variant.title, "Block per row");
  EXPECT_EQ(variant.idea, "Each block reduces one row.");
  EXPECT_EQ(variant.types, (std::vector{ElementType::f32, ElementType::f16, ElementType::bf16}));
  ASSERT_EQ(variant.knobs.size(), 2U);  // in the file's order, not the alphabet's
  EXPECT_EQ(variant.knobs[0], (Knob{"width", {1, 2, 4}, 1, ""}));
  EXPECT_EQ(variant.knobs[1], (Knob{"block", {32, 64, 96, 128, 256, 512, 768, 1024}, 256, "threads in a block"}));
  ASSERT_EQ(variant.requirements.size(), 1U);
  EXPECT_EQ(variant.requirements[0], (Requirement{"columns % width == 0", "rows must divide into vectors"}));
  ASSERT_EQ(variant.buffers.size(), 1U);
  EXPECT_EQ(variant.buffers[0], (ExtraBuffer{"row_sums", "f32", "rows * 2", true}));
  ASSERT_EQ(variant.launches.size(), 2U);
  const LaunchSpec& reduce = variant.launches[0];
  EXPECT_EQ(reduce.entry, "reduce");
  EXPECT_EQ(reduce.grid, (std::array<std::string, 3>{"rows", "ceil_div(columns, block * 4)", "1"}));
  EXPECT_EQ(reduce.block, (std::array<std::string, 3>{"block", "1", "1"}));
  EXPECT_EQ(reduce.shared, "block * 4");
  EXPECT_FALSE(reduce.cooperative);
  EXPECT_FALSE(reduce.cluster);
  EXPECT_EQ(reduce.arguments, (std::vector<std::string>{"x", "row_sums", "rows", "columns"}));
  const LaunchSpec& normalize = variant.launches[1];
  EXPECT_EQ(normalize.shared, "0");
  EXPECT_TRUE(normalize.cooperative);
  EXPECT_EQ(normalize.cluster, (std::array<std::string, 3>{"1", "1", "1"}));
  EXPECT_EQ(normalize.arguments.size(), 13U);
  EXPECT_EQ(normalize.arguments[9], "0.5");
  EXPECT_EQ(normalize.arguments[10], "7");
  EXPECT_EQ(normalize.arguments[12], "3 * (2 * (columns / width) + 4)");  // values are written out
  EXPECT_EQ(variant.traffic.note, "x is read twice, half of it from the cache");
  EXPECT_EQ(variant.accumulate, "f32");
  EXPECT_EQ(variant.numerics_note, "none to speak of");
  EXPECT_FALSE(variant.deterministic);
  EXPECT_EQ(variant.source_note, "own work");
  EXPECT_EQ(variant.source, kWholeFile);
}

TEST(CatalogParse, CpuFilesNeedNoBlock) {
  const Variant variant = parsed(kCpuFile, "layernorm_forward/plain.cpp");
  EXPECT_EQ(variant.device, DeviceKind::cpu);
  EXPECT_EQ(variant.name, "plain");
  EXPECT_EQ(variant.order, kUnnumberedOrder);
  EXPECT_EQ(variant.launches[0].block, (std::array<std::string, 3>{"1", "1", "1"}));
  EXPECT_TRUE(variant.deterministic);
}

TEST(CatalogParse, WindowsLinesAndByteOrderMark) {
  std::string text = "\xEF\xBB\xBF\r\n";
  for (const char c : kWholeFile) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(parsed(text).knobs.size(), 2U);
  const std::string wrong = replaced(text, "default = 256", "default = 257");
  EXPECT_EQ(fault_of(wrong).line, line_with(wrong, "default = 257"));
}

TEST(CatalogParse, TheHashCoversTextAndHeaders) {
  const auto hash = [](const std::string& text, const std::string& headers) {
    return std::get<Variant>(parse_variant(kId, text, headers)).source_hash;
  };
  const std::string first = hash(kWholeFile, "a");
  EXPECT_EQ(first.size(), 32U);
  EXPECT_EQ(first.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(first, hash(kWholeFile, "a"));
  EXPECT_NE(first, hash(kWholeFile, "b"));
  EXPECT_NE(first, hash(kWholeFile + " ", "a"));
}

TEST(CatalogParse, Paths) {
  EXPECT_EQ(parsed(kWholeFile, "layernorm_forward/007-x-2.cu").name, "x-2");
  EXPECT_EQ(parsed(kWholeFile, "layernorm_forward/007-x-2.cu").order, 7);
  EXPECT_EQ(parsed(kWholeFile, "layernorm_forward/2pass.cu").name, "2pass");
  for (const char* bad : {"05_welford.cu", "a/b/c.cu", "layernorm_forward/05_welford.txt", "layernorm_forward/05_.cu",
                          "layernorm_forward/a b.cu", "layernorm_forward/.cu", "layernorm_forward/99999999999_a.cu", "",
                          "/x.cu", "layernorm_forward/x"}) {
    const CatalogFault fault = fault_of(kWholeFile, bad);
    EXPECT_EQ(fault.line, 0) << bad;
    EXPECT_EQ(fault.file, bad);
    EXPECT_FALSE(fault.message.empty());
  }
  EXPECT_NE(fault_of(kWholeFile, "layernorm_foward/a.cu").message.find("Did you mean 'layernorm_forward'?"),
            std::string::npos);
}

/// A change that spoils the file, where the fault must point, and what it must say.
struct Spoiled {
  const char* name;
  std::string from;
  std::string to;
  std::string at;  ///< text on the line the fault must name
  std::string says;
};

void PrintTo(const Spoiled& spoiled, std::ostream* out) { *out << spoiled.name; }

class CatalogParseFault : public testing::TestWithParam<Spoiled> {};

TEST_P(CatalogParseFault, NamesLineAndRemedy) {
  const Spoiled& spoiled = GetParam();
  // A blank line and a comment line more, so that offsets count.
  const std::string text = "\n\n" + replaced(kWholeFile, spoiled.from, spoiled.to);
  const CatalogFault fault = fault_of(text);
  EXPECT_EQ(fault.file, kId);
  EXPECT_EQ(fault.line, line_with(text, spoiled.at)) << fault.message;
  EXPECT_NE(fault.message.find(spoiled.says), std::string::npos) << fault.message;
}

std::vector<Spoiled> spoiled_files() {
  return {
      {"no_title", "title = \"Block per row\"\n", "", "/* knobscope", "'title' is missing"},
      {"empty_title", "\"Block per row\"", "\"  \"", "title =", "is empty"},
      {"title_no_string", "\"Block per row\"", "7", "title =", "must be a string, and is an integer"},
      {"no_idea", "idea = \"Each block reduces one row.\"\n", "", "/* knobscope", "'idea' is missing"},
      {"unknown_key", "title =", "titel =", "titel", "Did you mean 'title'?"},
      {"unknown_key_far", "title =", "colour = 1\ntitle =", "colour", "Known are: title"},
      {"unknown_operation", "\"layernorm_forward\"", "\"layernorm_foward\"", "operation =", "Did you mean"},
      {"other_operation", "\"layernorm_forward\"", "\"batchnorm_inference\"",
       "operation =", "lies in kernels/layernorm"},
      {"no_types", "types = [\"f32\", \"f16\", \"bf16\"]\n", "", "/* knobscope", "'types' is missing"},
      {"empty_types", "[\"f32\", \"f16\", \"bf16\"]", "[]", "types =", "is empty"},
      {"types_no_list", "[\"f32\", \"f16\", \"bf16\"]", "\"f32\"", "types =", "must be a list"},
      {"unknown_type", "\"f16\", \"bf16\"", "\n\"fp16\"", "\"fp16\"", "there are f32, f16 and bf16"},
      {"type_no_string", "\"bf16\"]", "16]", "types =", "an integer"},
      {"type_twice", "\"bf16\"]", "\"f32\"]", "types =", "twice"},
      {"knobs_no_table", "[knobs.width]\nvalues = [1, 2, 4]\ndefault = 1\n[knobs.block]", "knobs = 3\n[other]",
       "[other]", "Unknown key 'other'"},
      {"knob_no_table", "[knobs.width]\nvalues = [1, 2, 4]\ndefault = 1\n", "[knobs]\nwidth = 4\n", "width = 4",
       "[knobs.width]"},
      {"knob_bad_name", "[knobs.width]", "[knobs.Width]", "[knobs.Width]", "lower-case"},
      {"knob_named_as_scalar", "[knobs.width]", "[knobs.rows]", "[knobs.rows]", "name of a scalar"},
      {"knob_named_as_tensor", "[knobs.width]", "[knobs.gamma]", "[knobs.gamma]", "name of a tensor"},
      {"knob_named_as_function", "[knobs.width]", "[knobs.min]", "[knobs.min]", "name of a function"},
      {"knob_twice", "[knobs.width]", "[knobs.block]", "[knobs.block]\nvalues = [32", "redefine"},
      {"knob_no_values", "values = [1, 2, 4]\n", "", "[knobs.width]", "'values' is missing"},
      {"knob_empty_values", "[1, 2, 4]", "[]", "values = []", "is empty"},
      {"knob_values_no_list", "[1, 2, 4]", "\"1-4\"", "values = \"1-4\"", "must be a list"},
      {"knob_value_no_integer", "[1, 2, 4]", "[1, 2.5, 4]", "2.5", "knobs are integers"},
      {"knob_value_twice", "[1, 2, 4]", "[1, 2,\n 1]", " 1]", "twice"},
      {"knob_value_too_large", "[1, 2, 4]", "[1, 9223372036854775807]", "9223372036854775807", "2^53"},
      {"knob_no_default", "default = 1\n", "", "[knobs.width]", "'default' is missing"},
      {"knob_default_not_allowed", "default = 256", "default = 257", "default = 257", "not among its values: 32, 64"},
      {"knob_default_no_integer", "default = 256", "default = \"256\"", "default = \"256\"", "must be an integer"},
      {"knob_unknown_key", "help = ", "hlep = ", "hlep", "Did you mean 'help'?"},
      {"knob_help_no_string", "help = \"threads in a block\"", "help = 3", "help = 3", "put it in quotes"},
      {"requires_no_condition", "condition = \"columns % width == 0\"\n", "", "[[requires]]", "'condition' is missing"},
      {"requires_no_reason", "reason = \"rows must divide into vectors\"\n", "", "[[requires]]", "'reason' is missing"},
      {"value_list", "vectors = \"columns / width\"", "vectors = [1]", "vectors = [1]", "is a list"},
      {"value_empty", "vectors = \"columns / width\"", "vectors = \"\"", "vectors = \"\"", "is empty"},
      {"value_broken", "2 * vectors + 4", "2 * vectors +", "bytes = ", "'bytes' in [values]: '2 * vectors +' is not"},
      {"value_real_number", "vectors = \"columns / width\"", "vectors = 1.5", "vectors = 1.5", "is a real number"},
      {"value_unknown_name", "2 * vectors + 4", "2 * vector + 4", "bytes = ", "Did you mean 'vectors'?"},
      {"value_misspelt", "\"3 * bytes\"", "\"3 * byte\"", "\"3 * byte\"", "Did you mean 'bytes'?"},
      {"value_misspelt_argument", "\"3 * bytes\"", "\"byte\"", "\"byte\"", "Did you mean 'bytes'?"},
      {"value_before_its_turn", "columns / width", "columns / bytes", "vectors = ", "may use those above it"},
      {"value_of_itself", "2 * vectors + 4", "2 * bytes + 4", "bytes = ", "may use those above it"},
      {"value_of_a_tensor", "columns / width", "columns / x", "vectors = ", "'x' is a tensor"},
      {"value_named_as_scalar", "vectors = \"columns", "columns = \"columns", "columns = ", "name of a scalar"},
      {"value_named_as_device_fact", "vectors = \"columns", "sm_count = \"columns", "sm_count = ", "name of a scalar"},
      {"value_named_as_knob", "vectors = \"columns", "width = \"columns", "width = ", "name of a knob"},
      {"value_named_as_tensor", "vectors = \"columns", "gamma = \"columns", "gamma = ", "name of a tensor"},
      {"value_named_as_buffer", "vectors = \"columns", "row_sums = \"columns", "row_sums = ", "name of a buffer"},
      {"value_named_as_function", "vectors = \"columns", "min = \"columns", "min = ", "name of a function"},
      {"value_no_name", "vectors = \"columns", "Vectors = \"columns", "Vectors = ", "lower-case"},
      {"value_called", "\"3 * bytes\"", "\"bytes(3)\"", "\"bytes(3)\"", "Unknown function 'bytes'"},
      {"values_no_table", "[values]", "[[values]]", "[[values]]", "write [values]"},
      {"requires_single_table", "[[requires]]", "[requires]", "[requires]", "[[requires]]"},
      {"requires_unknown_name", "columns % width == 0", "columns % with == 0", "% with", "Did you mean 'width'?"},
      {"requires_broken", "columns % width == 0", "columns % == 0", "columns % == 0", "not a formula"},
      {"requires_assigns", "columns % width == 0", "columns % width = 0", "% width = 0", "write '=='"},
      {"buffer_no_name", "name = \"row_sums\"\n", "", "[[buffers]]", "'name' is missing"},
      {"buffer_named_as_tensor", "name = \"row_sums\"", "name = \"mean\"", "name = \"mean\"", "name of a tensor"},
      {"buffer_named_as_knob", "name = \"row_sums\"", "name = \"width\"", "name = \"width\"", "name of a knob"},
      {"buffer_twice", "[[buffers]]\n", "[[buffers]]\nname = \"row_sums\"\ntype = \"f32\"\ncount = 1\n[[buffers]]\n",
       "name = \"row_sums\"\ntype = \"f32\"\ncount = \"rows", "another buffer"},
      {"buffer_no_type", "type = \"f32\"\n", "", "[[buffers]]", "'type' is missing"},
      {"buffer_unknown_type", "type = \"f32\"", "type = \"float\"", "type = \"float\"", "f32, f64, i32"},
      {"buffer_no_count", "count = \"rows * 2\"\n", "", "[[buffers]]", "'count' is missing"},
      {"buffer_count_real", "count = \"rows * 2\"", "count = 2.5", "count = 2.5", "an integer, and is a real number"},
      {"buffer_count_tensor", "count = \"rows * 2\"", "count = \"x * 2\"", "count = \"x", "'x' is a tensor"},
      {"buffer_clear_no_flag", "clear = true", "clear = 1", "clear = 1", "true or false"},
      {"buffer_never_bound", "[[launches]]\nentry = \"reduce\"",
       "[[buffers]]\nname = \"spare\"\ntype = \"u32\"\ncount = 1\n[[launches]]\nentry = \"reduce\"", "name = \"spare\"",
       "No launch takes the buffer 'spare'"},
      {"no_entry", "entry = \"reduce\"\n", "", "[[launches]]", "'entry' is missing"},
      {"entry_no_name", "entry = \"reduce\"", "entry = \"re-duce\"", "re-duce", "not the name of a function"},
      {"entry_digit", "entry = \"reduce\"", "entry = \"2reduce\"", "2reduce", "not the name of a function"},
      {"no_grid", "grid = [\"rows\", \"ceil_div(columns, block * 4)\"]\n", "", "[[launches]]", "'grid' is missing"},
      {"grid_empty", "[\"rows\", \"ceil_div(columns, block * 4)\"]", "[]", "grid = []", "0 entries"},
      {"grid_four", "[\"rows\", \"ceil_div(columns, block * 4)\"]", "[1, 2, 3, 4]", "grid = [1", "4 entries"},
      {"grid_wrong_type", "[\"rows\", \"ceil_div(columns, block * 4)\"]", "true", "grid = true", "is true or false"},
      {"grid_second_line", "[\"rows\", \"ceil_div(columns, block * 4)\"]", "[\"rows\",\n\"colums\"]", "\"colums\"",
       "Did you mean 'columns'?"},
      {"grid_function", "ceil_div(columns", "div_ceil(columns", "div_ceil", "Unknown function"},
      {"no_block", "block = \"block\"\n", "", "[[launches]]", "'block' is missing"},
      {"block_epsilon_unknown", "block = \"block\"", "block = \"eps\"", "block = \"eps\"", "Unknown name 'eps'"},
      {"shared_broken", "shared = \"block * 4\"", "shared = \"block *\"", "shared = \"block *\"", "not a formula"},
      {"shared_block_index", "shared = \"block * 4\"", "shared = \"block_index * 4\"", "shared =", "by itself"},
      {"cooperative_no_flag", "cooperative = true", "cooperative = \"yes\"", "cooperative", "true or false"},
      {"cluster_broken", "cluster = [\"1\"]", "cluster = [\"(1\"]", "cluster", "not a formula"},
      {"launch_unknown_key", "shared = ", "share = ", "share =", "Did you mean 'shared'?"},
      {"no_arguments", "arguments = [\"x\", \"row_sums\", \"rows\", \"columns\"]\n", "", "[[launches]]",
       "'arguments' is missing"},
      {"argument_unknown", "\"gamma\", \"beta\"", "\"gama\", \"beta\"", "\"gama\"", "Did you mean 'gamma'?"},
      {"argument_other_operation", "\"gamma\", \"beta\"", "\"channels\", \"beta\"", "\"channels\"",
       "There are: x, gamma"},
      {"argument_expression", "\"width + 1\"", "\"width + \"", "\"width + \"", "not a formula"},
      {"argument_tensor_expression", "\"width + 1\"", "\"x + 1\"", "\"x + 1\"", "'x' is a tensor"},
      {"argument_buffer_expression", "\"width + 1\"", "\"row_sums + 1\"", "\"row_sums + 1\"", "is a buffer"},
      {"argument_list", "7, \"width + 1\"", "[7]", "\"gamma\"", "is a list"},
      {"argument_block_index", "7, \"width + 1\"", "\"block_index\"", "\"gamma\"", "blockIdx"},
      {"argument_nan", "0.5, 7", "nan, 7", "nan, 7", "no argument 'nan'"},
      {"output_never_bound", "\"beta\", \"y\"", "\"beta\"", "[[launches]]", "No launch takes 'y'"},
      {"traffic_unknown_key", "[traffic]\nreads", "[traffic]\nread", "read =", "Did you mean 'reads'?"},
      {"traffic_no_writes", "writes = \"elements * element_size\"\n", "", "[traffic]", "'writes' is missing"},
      {"traffic_broken", "element_size * 1.5", "element_sise * 1.5", "element_sise", "Did you mean 'element_size'?"},
      {"traffic_list", "[traffic]", "[[traffic]]", "[[traffic]]", "write [traffic]"},
      {"numerics_unknown_key", "accumulate", "accumulates", "accumulates", "Did you mean 'accumulate'?"},
      {"numerics_flag", "deterministic = false", "deterministic = 0", "deterministic", "true or false"},
      {"source_no_table", "[source]\nnote = \"own work\"\n", "[[source]]\n", "[[source]]", "write [source]"},
      {"toml_syntax", "title = \"Block per row\"", "title = Block", "title = Block", "not valid TOML"},
      {"toml_bracket", "[[requires]]", "[(requires]]", "[(requires]]", "not valid TOML"},
      {"toml_unclosed", "note = \"own work\"", "note = \"own work", "note = \"own work", "not valid TOML"},
      {"toml_key_twice", "idea = ", "title = \"again\"\nidea = ", "title = \"again\"", "not valid TOML"},
  };
}

INSTANTIATE_TEST_SUITE_P(Each, CatalogParseFault, testing::ValuesIn(spoiled_files()),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(CatalogParse, OptionalTablesMayBeAbsent) {
  const Variant variant = parsed(replaced(kWholeFile, "[source]\nnote = \"own work\"\n", ""));
  EXPECT_EQ(variant.source_note, "");
}

TEST(CatalogParse, ValuesThatDoubleGrowTooLong) {
  std::string values = "[values]\na0 = \"rows + columns\"\n";
  for (int i = 1; i <= 30; ++i) {
    const std::string before = "a" + std::to_string(i - 1);
    values += "a" + std::to_string(i) + " = \"" + before + " * " + before + "\"\n";
  }
  const std::string text = replaced(kWholeFile, "[values]\n", values);
  const CatalogFault fault = fault_of(text);
  EXPECT_EQ(fault.line, line_with(text, "a6 = "));
  EXPECT_NE(fault.message.find("longer than 1000 characters"), std::string::npos) << fault.message;
}

TEST(CatalogParse, NoLaunchesAtAll) {
  const std::string text = "/* knobscope\ntitle = \"t\"\nidea = \"i\"\ntypes = [\"f32\"]\n*/\n";
  const CatalogFault fault = fault_of(text);
  EXPECT_EQ(fault.line, 1);
  EXPECT_NE(fault.message.find("[[launches]]"), std::string::npos);
}

TEST(CatalogParse, TheCommentItself) {
  const auto expect = [](const std::string& text, int line, std::string_view says) {
    const CatalogFault fault = fault_of(text);
    EXPECT_EQ(fault.line, line) << text;
    EXPECT_NE(fault.message.find(says), std::string::npos) << fault.message;
  };
  expect("", 0, "empty");
  expect(" \n \n", 0, "empty");
  expect("\n__global__ void f() {}", 2, "does not open");
  expect("// first\n" + kWholeFile, 1, "does not open");
  expect("/* other */" + kWholeFile, 1, "does not open");
  expect("/*", 1, "does not open");
  expect("\n/* knobscope", 2, "is empty");
  expect("/* knobscope */ int x;\n", 1, "is empty");
  expect("/* knobscope title = 3\n*/", 1, "next one");
  expect("\n\n/* knobscope\ntitle = \"t\"\n", 3, "never ends");
}

TEST(CatalogParse, CpuFilesHaveNoSharedMemoryOrClusters) {
  for (const char* key : {"shared = 4", "cooperative = true", "cluster = [2]"}) {
    const std::string text = replaced(kCpuFile, "grid = ", std::string(key) + "\ngrid = ");
    const CatalogFault fault = fault_of(text, "layernorm_forward/plain.cpp");
    EXPECT_EQ(fault.line, line_with(text, key));
    EXPECT_NE(fault.message.find("no meaning in a .cpp file"), std::string::npos);
  }
}

}  // namespace
}  // namespace knobscope::catalog
