#include "gpu/agreement_table.h"

#include <charconv>
#include <fstream>
#include <limits>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>

namespace knobscope::agreement {
namespace {

constexpr std::string_view kCuda = "# cuda: ";
constexpr std::string_view kEmulated = "# emulated: ";
constexpr std::string_view kHead =
    "variant,source,type,shape,normalized_dims,knobs,output,elements,differing,max_ulp,max_term_ulp";
constexpr std::size_t kFields = 11;

// Nothing that is written has a comma in it.
std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields(1);
  for (const char c : line) {
    if (c == ',') {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

template <typename Number>
bool read_number(const std::string& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

std::optional<Row> row_of(const std::string& line) {
  std::vector<std::string> fields = fields_of(line);
  if (fields.size() != kFields) return std::nullopt;
  Row row;
  row.variant = std::move(fields[0]);
  row.source = std::move(fields[1]);
  row.type = std::move(fields[2]);
  row.shape = std::move(fields[3]);
  row.knobs = std::move(fields[5]);
  row.output = std::move(fields[6]);
  const bool read = read_number(fields[4], row.normalized_dims) && read_number(fields[7], row.elements) &&
                    read_number(fields[8], row.differing) && read_number(fields[9], row.max_ulp) &&
                    read_number(fields[10], row.max_term_ulp);
  return read ? std::optional(row) : std::nullopt;
}

}  // namespace

void write_table(const std::filesystem::path& file, const Table& table) {
  std::ofstream out(file, std::ios::binary);
  out << kCuda << table.cuda << '\n' << kEmulated << table.emulated << '\n' << kHead << '\n';
  for (const Row& row : table.rows) {
    out << fmt::format("{},{},{},{},{},{},{},{},{},{:.6g},{:.6g}\n", row.variant, row.source, row.type, row.shape,
                       row.normalized_dims, row.knobs, row.output, row.elements, row.differing, row.max_ulp,
                       row.max_term_ulp);
  }
  out.close();
  if (!out) throw std::runtime_error(fmt::format("{} cannot be written", file.string()));
}

Table read_table(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error(fmt::format("{} cannot be read", file.string()));
  int number = 0;
  std::string line;
  const auto next = [&](std::string_view beginning) {
    ++number;
    if (!std::getline(in, line) || !line.starts_with(beginning)) {
      throw std::runtime_error(fmt::format("{}:{}: must begin with \"{}\"", file.string(), number, beginning));
    }
    return line.substr(beginning.size());
  };
  Table table;
  table.cuda = next(kCuda);
  table.emulated = next(kEmulated);
  if (!next(kHead).empty()) throw std::runtime_error(fmt::format("{}:3: too many columns", file.string()));
  while (std::getline(in, line)) {
    ++number;
    std::optional<Row> row = row_of(line);
    if (!row) throw std::runtime_error(fmt::format("{}:{}: not a row of the table", file.string(), number));
    table.rows.push_back(std::move(*row));
  }
  return table;
}

// Both devices read the same bits, and add, multiply, divide and take roots as IEEE 754 says, a*b+c in one rounding: so
// where the file fixes the order, the results are the same bits. What is left:
//
// rsqrtf. NVIDIA's table of functions gives it 2 units in the last place; the emulated one is within 0.5 of exact. That
// makes 2.5 between them. A float number x spans at most 2^24 of its units, so 2.5 units are less than 2.5 * 2^-23 of
// the number. y = normalized * gamma + beta with normalized = distance * rstd: the product's own rounding adds 2^-24 on
// either device, so the term normalized * gamma differs by less than 3.5 * 2^-23 of itself, which is less than 7 of its
// units, and the last rounding adds half a unit on either device: 8. Stored in 16 bits, all of this is less than a
// thousandth of a unit, and at most moves a rounding over to the neighbour: 1.
//
// Atomics in any order. Sums are doubles, whose last bits may differ; rounded to float, mean and variance differ by one
// unit at most, which is 2^-23 of the number. The variance plus epsilon may move one unit of its own, its root halves
// the 2^-22 and rounds, so does the reciprocal: 3 * 2^-23 of rstd, 6 units. In y, the distance adds 2^-23 and the
// product's rounding 2^-23: 5 * 2^-23 of the term, 10 units, and the last rounding: 11.
//
// Where terms cancel, no number of the result's units bounds what is left: sums of floats by atomics in any order, and
// GELU's 1 + erf(x) of a negative x, for erff is within 2 units on a GPU and within half of one here. Both answers are
// still held to the reference.
bool is_gradient(const std::string& output) { return output == "dx" || output == "dgamma" || output == "dbeta"; }

double allowed_ulp(const Variant& variant, const Row& row) {
  const ElementType type = *element_type_named(row.type);
  const std::string& output = row.output;
  const bool sums_floats = is_gradient(output) || row.knobs.find("bits=32") != std::string::npos;
  const bool is_gelu = output == "y" && row.shape.find("gelu") != std::string::npos;
  if (type == ElementType::f32 && (is_gelu || (!variant.deterministic && sums_floats))) {
    return std::numeric_limits<double>::infinity();
  }
  if (is_gradient(output)) return type == ElementType::f32 ? 16.0 : 1.0;
  const bool by_approximation = variant.source.find("rsqrtf(") != std::string::npos && output != "mean";
  if (variant.deterministic && !by_approximation) return 0.0;
  if (output == "mean") return 1.0;
  const bool any_order = !variant.deterministic;
  if (output == "rstd") return any_order ? 6.0 : 2.5;
  if (type != ElementType::f32) return 1.0;
  return any_order ? 11.0 : 8.0;
}

std::string fault_of(const Row& row, const Variant& variant) {
  const std::string what =
      fmt::format("{} of {} {} on {}, {}", row.output, row.variant, row.type, row.shape, row.knobs);
  const std::optional<ElementType> type = element_type_named(row.type);
  if (!type || row.elements <= 0 || row.differing < 0 || row.differing > row.elements || !(row.max_ulp >= 0.0) ||
      !(row.max_term_ulp >= 0.0) || (row.differing == 0 && row.max_ulp > 0.0)) {
    return fmt::format("{}: the figures make no sense", what);
  }
  const double allowed = allowed_ulp(variant, row);
  if (allowed == 0.0) {
    if (row.differing == 0) return {};
    return fmt::format(
        "{}: {} of {} elements differ, by up to {} ulp, where the order of arithmetic is fixed and every "
        "operation correctly rounded",
        what, row.differing, row.elements, row.max_ulp);
  }
  const double seen = row.output == "y" || is_gradient(row.output) ? row.max_term_ulp : row.max_ulp;
  if (seen <= allowed) return {};
  return fmt::format("{}: {} of {} elements differ, by up to {} ulp; {} are allowed", what, row.differing, row.elements,
                     seen, allowed);
}

}  // namespace knobscope::agreement
