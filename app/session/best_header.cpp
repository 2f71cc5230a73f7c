#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "session/export_best.h"

namespace knobscope::session {
namespace {

constexpr std::size_t kWidth = 118;  // of a comment line, before which words go to the next

/// A C++ string literal of any text.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out += '\\';
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\{:03o}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

/// Lines of `//` comment with `indent` before them. A name of a file must not end a comment or go on after it.
std::string comment(const std::string& text, std::size_t indent = 0) {
  const std::string start = std::string(indent, ' ') + "//";
  std::string out = start;
  std::size_t column = start.size();
  std::string word;
  const auto flush = [&] {
    if (word.empty()) return;
    if (column > start.size() && column + 1 + word.size() > kWidth) {
      out += '\n' + start;
      column = start.size();
    }
    out += ' ' + word;
    column += 1 + word.size();
    word.clear();
  };
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == ' ' || byte < 0x20 || byte == 0x7f) {
      flush();
    } else {
      word += c == '\\' ? '/' : c;
    }
  }
  flush();
  return out + '\n';
}

/// Each text once, those that are empty left out.
std::string listed(const std::set<std::string>& texts) {
  std::vector<std::string> some;
  std::ranges::copy_if(texts, std::back_inserter(some), [](const std::string& text) { return !text.empty(); });
  return fmt::format("{}", fmt::join(some, " and "));
}

std::string name_of_point(const Point& point) {
  const std::string knobs = format_knobs(point.request.knobs);
  return point.variant_name + (knobs.empty() ? "" : " " + knobs);
}

double microseconds(const Point& point) { return point.headline()->median.count() * 1e-3; }

std::string function_name(const BestKey& key) {
  std::string name(name_of(key.operation));
  if (family_of(key.operation) == Family::batchnorm && key.layout != Layout::nchw) {
    name += '_' + std::string(name_of(key.layout));
  }
  if (key.activation != Activation::none) name += '_' + std::string(name_of(key.activation));
  return name + '_' + std::string(name_of(key.type));
}

std::string preamble(std::span<const BestTable> tables, const std::string& written_at) {
  std::set<std::string> drivers;
  std::set<std::string> toolkits;
  std::set<std::string> programs;
  std::set<std::string> days;
  std::set<Timing> timings;
  for (const BestTable& table : tables) {
    for (const BestEntry& entry : table.entries) {
      const Environment& environment = entry.winner().environment;
      drivers.insert(environment.driver_version.empty() ? "" : "driver " + environment.driver_version);
      toolkits.insert(environment.toolkit_version);
      programs.insert(environment.program_version.empty() ? "" : "Knobscope " + environment.program_version);
      days.insert(environment.started_at.substr(0, 10));
      timings.insert(entry.winner().headline_timing().value_or(Timing::cold));
    }
  }
  days.erase("");
  const BestKey& key = tables.front().key;
  std::string measured = "Measured on " + key.device_name;
  for (const std::string& fact : {listed(drivers), listed(toolkits), listed(programs)}) {
    if (!fact.empty()) measured += ", " + fact;
  }
  if (!days.empty()) measured += ", " + *days.begin() + (days.size() > 1 ? " to " + *days.rbegin() : "");
  std::string ways;
  for (const Timing timing : timings) ways += (ways.empty() ? "" : " or ") + std::string(name_of(timing));
  measured += fmt::format(", {} medians, inputs {}.", ways, name_of(key.distribution.kind));
  std::string text;
  text += comment("The fastest kernel variant and knobs for a shape, as measured.");
  text += comment(fmt::format("Written by Knobscope {} (knobscope best --header) on {}.", KNOBSCOPE_VERSION,
                              written_at.substr(0, 10)));
  text += comment(measured);
  text += "//\n";
  text += comment(
      "Rule: a shape that was measured gets the winner measured there. Any other gets the winner of the nearest "
      "measured "
      "shape (Euclidean distance of the base-2 logarithms of the axes; of two at the same distance the row that comes "
      "first) whose winner can run the shape asked for. Where none can, `variant` is null.");
  text += comment(
      "A tie: the 95 % intervals of the two medians overlap, or the medians are within 1 %. Then the one named in the "
      "table is no better than those named beside it.");
  return text;
}

std::string types_text(std::size_t knobs) {
  return fmt::format(R"(
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace knobscope_best {{

struct Knob {{
  const char* name;
  std::int64_t value;
}};

struct Choice {{
  const char* variant;     // null: nothing that was measured can run such a shape
  const char* file;        // the kernel file, below kernels/
  Knob knobs[{0}];           // the first knob_count are set
  int knob_count;
  double median_us;        // on the measured shape
  double share_of_copy;    // compulsory bytes a second over the bandwidth of a copy; 0: not known
  std::int64_t shape[3];   // the measured shape: rows, columns, 1; or batch, channels, plane

  /// The value of a knob, or `otherwise` where the variant has none of that name.
  constexpr std::int64_t knob(const char* name, std::int64_t otherwise) const {{
    for (int i = 0; i < knob_count; ++i) {{
      const char* a = knobs[i].name;
      const char* b = name;
      while (*a != 0 && *a == *b) {{
        ++a;
        ++b;
      }}
      if (*a == *b) return knobs[i].value;
    }}
    return otherwise;
  }}
}};

namespace detail {{

inline constexpr Choice none = {{nullptr, nullptr, {{}}, 0, 0.0, 0.0, {{}}}};

/// `fits(row)`: whether the winner of a row can run the shape asked for.
template <std::size_t Count, class Fits>
const Choice& nearest(const Choice (&table)[Count], const std::int64_t (&asked)[3], Fits fits) {{
  const Choice* best = &none;
  double least = 0.0;
  if (asked[0] < 1 || asked[1] < 1 || asked[2] < 1) return none;
  for (std::size_t row = 0; row < Count; ++row) {{
    double squares = 0.0;
    bool measured = true;
    for (int i = 0; i < 3; ++i) {{
      const std::int64_t length = table[row].shape[i];
      const double octaves = std::log2(static_cast<double>(asked[i])) - std::log2(static_cast<double>(length));
      squares += octaves * octaves;
      measured = measured && asked[i] == length;
    }}
    if (measured) return table[row];
    if ((best == &none || squares < least) && fits(row)) {{
      best = &table[row];
      least = squares;
    }}
  }}
  return *best;
}}
)",
                     knobs);
}

struct LanguageFunction {
  std::string_view name;
  std::string_view code;
};

/// The functions of kernel files' expressions, as the catalog defines them.
constexpr LanguageFunction kFunctions[] = {
    {"ceil_div", "inline double ceil_div(double a, double b) { return std::ceil(a / b); }"},
    {"round_up", "inline double round_up(double a, double multiple) { return std::ceil(a / multiple) * multiple; }"},
    {"remainder_of", "inline double remainder_of(double a, double b) { return std::fmod(a, b); }"},
    {"log2_ceil", R"(inline double log2_ceil(double a) {
  int exponent = 0;
  const double fraction = std::frexp(a, &exponent);
  return a <= 1.0 ? 0.0 : fraction == 0.5 ? exponent - 1 : exponent;
})"},
    {"pow2_ceil", R"(inline double pow2_ceil(double a) {
  int exponent = 0;
  const double fraction = std::frexp(a, &exponent);
  return a <= 1.0 ? 1.0 : std::ldexp(1.0, fraction == 0.5 ? exponent - 1 : exponent);
})"},
    {"min", R"(inline double min(double a) { return a; }
template <class... More>
double min(double a, double b, More... more) {
  return min(a < b ? a : b, more...);
})"},
    {"max", R"(inline double max(double a) { return a; }
template <class... More>
double max(double a, double b, More... more) {
  return max(a < b ? b : a, more...);
})"},
    {"abs", "inline double abs(double a) { return std::fabs(a); }"},
    {"floor", "inline double floor(double a) { return std::floor(a); }"},
    {"ceil", "inline double ceil(double a) { return std::ceil(a); }"},
};

bool continues_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Whether `text` has `name` as a word of its own.
bool mentions(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const bool begins = at == 0 || !(continues_name(text[at - 1]) || text[at - 1] == ':');
    const std::size_t end = at + name.size();
    if (begins && (end == text.size() || !continues_name(text[end]))) return true;
  }
  return false;
}

/// How free names follow from a function's parameters, for those that are no parameter.
std::string derived(std::string_view name, const BestKey& key) {
  if (family_of(key.operation) == Family::layernorm) return "rows * columns";
  if (name == "elements") return "batch * channels * plane";
  const bool planes = key.layout == Layout::nchw;
  if (name == "rows") return planes ? "batch * channels" : "batch * plane";
  return planes ? "plane" : "channels";
}

/// detail::<name>_fits: which rows another shape may be given.
std::string fits_text(const BestTable& table, const FindConditions& find_conditions, const std::string& name) {
  // Rows with the same answer share a case.
  std::vector<std::pair<std::string, std::vector<std::size_t>>> answers;
  for (std::size_t row = 0; row < table.entries.size(); ++row) {
    const auto conditions = find_conditions(table.entries[row].winner(), free_shape_names(table.key.operation));
    if (conditions && conditions->empty()) continue;
    std::string answer = "false";
    if (conditions) {
      std::vector<std::string> parts;
      for (const std::string& condition : *conditions) {
        parts.push_back(conditions->size() > 1 ? "(" + condition + ")" : condition);
      }
      answer = fmt::format("{}", fmt::join(parts, " &&\n             "));
    }
    const auto same = std::ranges::find(answers, answer, &std::pair<std::string, std::vector<std::size_t>>::first);
    if (same == answers.end()) {
      answers.push_back({std::move(answer), {row}});
    } else {
      same->second.push_back(row);
    }
  }
  std::vector<std::string> given;
  std::vector<std::string> parameters = {"[[maybe_unused]] std::size_t row"};
  for (const ShapeAxis& axis : table.entries.front().axes) {
    given.emplace_back(axis.name);
    parameters.push_back(fmt::format("[[maybe_unused]] double {}", axis.name));
  }
  const std::string start = fmt::format("inline bool {}_fits(", name);
  std::string text = fmt::format("\n{}{}) {{\n", start, fmt::join(parameters, ",\n" + std::string(start.size(), ' ')));
  for (const std::string& free : free_shape_names(table.key.operation)) {
    if (std::ranges::find(given, free) != given.end()) continue;
    const bool used = std::ranges::any_of(answers, [&](const auto& answer) { return mentions(answer.first, free); });
    if (used) text += fmt::format("  const double {} = {};\n", free, derived(free, table.key));
  }
  if (answers.empty()) return text + "  return true;\n}\n";
  text += "  switch (row) {\n";
  for (const auto& [answer, rows] : answers) {
    for (const std::size_t row : rows) text += fmt::format("    case {}:\n", row);
    text += fmt::format("      return {};{}\n", answer,
                        answer == "false" ? "  // what it requires of other shapes cannot be said here" : "");
  }
  return text + "    default:\n      return true;\n  }\n}\n";
}

std::string row_text(const BestEntry& entry) {
  const Point& winner = entry.winner();
  std::vector<std::string> knobs;
  for (const auto& [name, value] : winner.request.knobs)
    knobs.push_back(fmt::format("{{{}, {}}}", quoted(name), value));
  std::vector<std::int64_t> shape = {1, 1, 1};
  for (std::size_t i = 0; i < entry.axes.size(); ++i) shape[i] = entry.axes[i].length;
  std::string text;
  if (entry.ties > 0) {
    std::vector<std::string> tied;
    for (const PointPtr& point : entry.tied()) {
      tied.push_back(fmt::format("{} ({:.2f} us)", name_of_point(*point), microseconds(*point)));
    }
    text += comment(fmt::format("ties: {}", fmt::join(tied, "; ")), 4);
  }
  if (entry.noisy) text += comment("noisy: its spread stayed above the bound", 4);
  return text + fmt::format("    {{{}, {},\n     {{{}}}, {}, {:.2f}, {:.3f}, {{{}}}}},\n", quoted(winner.variant_name),
                            quoted(winner.request.variant), fmt::join(knobs, ", "), knobs.size(), microseconds(winner),
                            winner.copy_fraction().value_or(0.0), fmt::join(shape, ", "));
}

std::string table_text(const BestTable& table, const std::string& name) {
  const OperationInfo& info = info_of(table.key.operation);
  std::string facts = fmt::format("{}, {}", info.title, name_of(table.key.type));
  if (info.family == Family::batchnorm) facts += fmt::format(", {}", name_of(table.key.layout));
  if (table.key.activation != Activation::none) facts += fmt::format(", then {}", name_of(table.key.activation));
  std::string text = "\n" + comment(facts + fmt::format(": {} measured shape{}.", table.entries.size(),
                                                        table.entries.size() == 1 ? "" : "s"));
  text += fmt::format("inline constexpr Choice {}_table[] = {{\n", name);
  for (const BestEntry& entry : table.entries) text += row_text(entry);
  text += "};\n\n";
  std::vector<std::string> axes;
  for (const ShapeAxis& axis : table.entries.front().axes) axes.emplace_back(axis.name);
  std::vector<std::string> asked = axes;
  asked.resize(3, "1");
  text += fmt::format("inline const Choice& {}(std::int64_t {}) {{\n", name, fmt::join(axes, ", std::int64_t "));
  text += "  const auto fits = [=](std::size_t row) {\n";
  text += fmt::format("    return detail::{}_fits(row, static_cast<double>({}));\n  }};\n", name,
                      fmt::join(axes, "), static_cast<double>("));
  text += fmt::format("  return detail::nearest({}_table, {{{}}}, fits);\n}}\n", name, fmt::join(asked, ", "));
  return text;
}

}  // namespace

std::vector<std::string> free_shape_names(Operation operation) {
  if (family_of(operation) == Family::layernorm) return {"rows", "columns", "elements"};
  return {"batch", "channels", "plane", "rows", "columns", "elements"};
}

std::string best_to_header(std::span<const BestTable> tables, const FindConditions& find_conditions,
                           const std::string& written_at) {
  std::size_t knobs = 1;
  std::string fits;
  std::string functions;
  for (const BestTable& table : tables) {
    for (const BestEntry& entry : table.entries) knobs = std::max(knobs, entry.winner().request.knobs.size());
    const std::string name = function_name(table.key);
    fits += fits_text(table, find_conditions, name);
    functions += table_text(table, name);
  }
  std::string language;
  for (const LanguageFunction& function : kFunctions) {
    if (mentions(fits, function.name)) language += fmt::format("\n{}\n", function.code);
  }
  return preamble(tables, written_at) + types_text(knobs) + language + fits + "\n}  // namespace detail\n" + functions +
         "\n}  // namespace knobscope_best\n";
}

}  // namespace knobscope::session
