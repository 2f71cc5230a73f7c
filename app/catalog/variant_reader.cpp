#include "catalog/variant_reader.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "catalog/expression.h"
#include "catalog/vocabulary.h"
#include "core/nearest.h"

namespace knobscope::catalog {
namespace {

constexpr std::int64_t kLargestKnob = std::int64_t{1} << 53;

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

/// [a-z][a-z0-9_]*
bool is_plain_name(std::string_view name) {
  if (name.empty() || name[0] < 'a' || name[0] > 'z') return false;
  return std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

/// Every function throws Mistake.
class Reader {
 public:
  Reader(const toml::table& root, int line, Variant& variant)
      : root_(root, "the front matter", line),
        variant_(variant),
        tensors_(tensor_names(variant.operation)),
        scalars_(scalar_names(variant.operation)) {}

  void read() {
    root_.allow({"title", "idea", "operation", "types", "layouts", "activations", "knobs", "values", "requires",
                 "buffers", "launches", "traffic", "numerics", "source"});
    variant_.title = root_.text("title", "write a short name, title = \"Block per row, two passes\"");
    variant_.idea = root_.text("idea", "say in a sentence what this variant does differently");
    read_operation();
    read_types();
    read_layouts();
    read_activations();
    read_knobs();
    read_buffer_names();
    NameValues values;
    for (const std::string& name : scalars_) values.emplace(name, 1.0);
    for (const Knob& knob : variant_.knobs) values.emplace(knob.name, static_cast<double>(knob.initial));
    expressions_.emplace(std::move(values));
    read_values();
    read_requirements();
    read_buffers();
    read_launches();
    read_traffic();
    read_notes();
  }

 private:
  void read_operation() {
    if (root_.find("operation") == nullptr) return;
    const int line = root_.line_of_key("operation");
    const std::string name = root_.text("operation", "leave the key out, the folder says it");
    if (!operation_named(name)) {
      throw Mistake{line, fmt::format("There is no operation '{}'.{} There are: {}.", name,
                                      did_you_mean(name, operation_names()), fmt::join(operation_names(), ", "))};
    }
    if (name != name_of(variant_.operation)) {
      throw Mistake{line, fmt::format("The file says operation = \"{}\" and lies in kernels/{}/: move the file or "
                                      "change the key.",
                                      name, name_of(variant_.operation))};
    }
  }

  void read_types() {
    const std::string hint = "list the element types it is written for, types = [\"f32\", \"f16\", \"bf16\"]";
    for (const toml::node& node : root_.array("types", hint)) {
      const auto* text = node.as_string();
      const std::optional<ElementType> type = text == nullptr ? std::nullopt : element_type_named(text->get());
      if (!type) {
        throw Mistake{line_of(node),
                      text == nullptr
                          ? fmt::format("An entry of 'types' is {}: write \"f32\", \"f16\" or \"bf16\".", kind_of(node))
                          : fmt::format("There is no element type '{}': there are f32, f16 and bf16.", text->get())};
      }
      if (std::ranges::find(variant_.types, *type) != variant_.types.end()) {
        throw Mistake{line_of(node), fmt::format("'types' lists {} twice: remove one.", name_of(*type))};
      }
      variant_.types.push_back(*type);
    }
  }

  void read_layouts() {
    if (root_.find("layouts") == nullptr) return;
    if (family_of(variant_.operation) != Family::batchnorm) {
      throw Mistake{
          root_.line_of_key("layouts"),
          fmt::format("{} has no layouts, only rows and columns: remove the key.", name_of(variant_.operation))};
    }
    variant_.layouts = read_names<Layout>("layouts", "layout", kLayouts, layout_named,
                                          "list the memory layouts it is written for, layouts = [\"nchw\", \"nhwc\"]");
  }

  void read_activations() {
    if (root_.find("activations") == nullptr) return;
    if (variant_.operation != Operation::layernorm_forward) {
      throw Mistake{root_.line_of_key("activations"),
                    fmt::format("{} has no activations, only layernorm_forward has: remove the key.",
                                name_of(variant_.operation))};
    }
    variant_.activations =
        read_names<Activation>("activations", "activation", kActivations, activation_named,
                               "list those it can apply, activations = [\"none\", \"relu\", \"gelu\"]");
  }

  /// A list of names, each once, all out of `allowed`.
  template <typename Value, typename Allowed, typename Named>
  std::vector<Value> read_names(std::string_view key, std::string_view what, const Allowed& allowed, Named named,
                                const std::string& hint) const {
    std::vector<Value> values;
    for (const toml::node& node : root_.array(key, hint)) {
      const auto* text = node.as_string();
      const std::optional<Value> value = text == nullptr ? std::nullopt : named(text->get());
      if (!value) {
        std::vector<std::string_view> names;
        for (const Value each : allowed) names.push_back(name_of(each));
        throw Mistake{line_of(node),
                      fmt::format("An entry of '{}' is {}: there are {}.", key,
                                  text == nullptr ? kind_of(node) : text->get(), fmt::join(names, ", "))};
      }
      if (std::ranges::find(values, *value) != values.end()) {
        throw Mistake{line_of(node),
                      fmt::format("'{}' lists the {} {} twice: remove one.", key, what, name_of(*value))};
      }
      values.push_back(*value);
    }
    return values;
  }

  /// A name a file introduces must not already mean something.
  void check_new_name(const std::string& name, std::string_view what, int line) const {
    const auto refuse = [&](std::string_view taken_by) {
      throw Mistake{line, fmt::format("The {} '{}' has the name of {}: choose another.", what, name, taken_by)};
    };
    if (!is_plain_name(name)) {
      throw Mistake{line, fmt::format("The {} name '{}' must be lower-case letters, digits and '_', a letter first.",
                                      what, name)};
    }
    if (contains(tensors_, name)) refuse("a tensor of the operation");
    if (contains(scalars_, name)) refuse("a scalar");
    if (contains(function_names(), name)) refuse("a function");
    if (name == "block_index" || name == "grid_size") refuse("a scalar");
    if (std::ranges::find(variant_.knobs, name, &Knob::name) != variant_.knobs.end()) refuse("a knob");
    if (contains(buffer_names_, name)) refuse(what == "buffer" ? "another buffer" : "a buffer");
  }

  /// A table's keys. TOML tables are unordered; the author's order is that of the lines.
  static std::vector<std::pair<toml::source_position, std::string>> in_order(const TableReader& table) {
    std::vector<std::pair<toml::source_position, std::string>> order;
    for (const auto& [key, node] : table.node()) order.emplace_back(key.source().begin, std::string(key.str()));
    std::ranges::sort(order, [](const auto& a, const auto& b) { return a.first < b.first; });
    return order;
  }

  void read_knobs() {
    const std::optional<TableReader> knobs = root_.table("knobs");
    if (!knobs) return;
    for (const auto& [position, name] : in_order(*knobs)) {
      const toml::node& node = *knobs->find(name);
      const auto* table = node.as_table();
      const int line = static_cast<int>(position.line);
      if (table == nullptr) {
        throw Mistake{line, fmt::format("The knob '{}' must be a table: write [knobs.{}] above its keys.", name, name)};
      }
      check_new_name(name, "knob", line);
      variant_.knobs.push_back(read_knob(name, TableReader(*table, fmt::format("[knobs.{}]", name), line)));
    }
  }

  static Knob read_knob(const std::string& name, const TableReader& table) {
    table.allow({"values", "default", "help"});
    Knob knob;
    knob.name = name;
    for (const toml::node& node : table.array("values", "list the allowed integers, values = [64, 96, 128]")) {
      const auto* value = node.as_integer();
      if (value == nullptr) {
        throw Mistake{line_of(node), fmt::format("An entry of 'values' in {} is {}: knobs are integers.", table.where(),
                                                 kind_of(node))};
      }
      if (value->get() > kLargestKnob || value->get() < -kLargestKnob) {
        throw Mistake{line_of(node),
                      fmt::format("{} in {} is beyond 2^53: use a smaller value.", value->get(), table.where())};
      }
      if (std::ranges::find(knob.values, value->get()) != knob.values.end()) {
        throw Mistake{line_of(node), fmt::format("{} lists {} twice: remove one.", table.where(), value->get())};
      }
      knob.values.push_back(value->get());
    }
    knob.initial = table.integer("default", "name one of the values");
    if (std::ranges::find(knob.values, knob.initial) == knob.values.end()) {
      throw Mistake{table.line_of_key("default"),
                    fmt::format("The default {} of {} is not among its values: {}.", knob.initial, table.where(),
                                fmt::join(knob.values, ", "))};
    }
    knob.help = table.optional_text("help");
    return knob;
  }

  /// Known before any expression is read, so that messages can tell a buffer from an unknown name.
  void read_buffer_names() {
    for (const TableReader& table : root_.tables("buffers")) {
      const std::string name = table.text("name", "name the buffer as the launches' arguments do");
      check_new_name(name, "buffer", table.line_of_key("name"));
      buffer_names_.push_back(name);
    }
  }

  /// Names for expressions, which the rest of the file may use, and of each other those that come later.
  void read_values() {
    const std::optional<TableReader> table = root_.table("values");
    if (!table) return;
    const auto order = in_order(*table);
    for (const auto& [position, name] : order) {
      check_new_name(name, "value", static_cast<int>(position.line));
      value_names_.push_back(name);
    }
    for (const std::string& name : value_names_) {
      std::string expression = read_expression(*table, name, "");
      expressions_->define(name, 1.0);
      definitions_.emplace(name, std::move(expression));
    }
  }

  /// The expression with nothing in it but scalars and knobs, after everything that may be wrong with it.
  std::string checked(const std::string& expression, std::string_view what, int line) const {
    for (const std::string& name : names_in(expression)) {
      const bool tensor = contains(tensors_, name);
      if (tensor || contains(buffer_names_, name)) {
        throw Mistake{line, fmt::format("{}: '{}' is a {}, which has no value in a formula: use numbers such as rows "
                                        "and columns.",
                                        what, name, tensor ? "tensor" : "buffer")};
      }
      if (name == "block_index" || name == "grid_size") {
        throw Mistake{line, fmt::format("{}: '{}' can only be an argument by itself, in a .cpp file.", what, name)};
      }
      if (contains(value_names_, name) && !definitions_.contains(name)) {
        throw Mistake{line, fmt::format("{}: '{}' is not known yet: a value may use those above it.", what, name)};
      }
    }
    std::string fault = expressions_->find_fault(expression);
    std::string whole = fault.empty() ? expanded(expression, definitions_) : expression;
    if (fault.empty() && whole != expression) fault = expressions_->find_fault(whole);  // it may have grown too long
    if (!fault.empty()) throw Mistake{line, fmt::format("{}: {}", what, fault)};
    return whole;
  }

  std::string read_expression(const TableReader& table, std::string_view key, std::string_view hint) const {
    const toml::node& node = table.need(key, hint);
    const std::string what = fmt::format("'{}' in {}", key, table.where());
    return checked(expression_text(node, what), what, line_of(node));
  }

  void read_requirements() {
    for (const TableReader& table : root_.tables("requires")) {
      table.allow({"condition", "reason"});
      Requirement requirement;
      requirement.condition = read_expression(table, "condition", "write what must hold, \"columns % 4 == 0\"");
      requirement.reason = table.text("reason", "say to the user why the condition must hold");
      variant_.requirements.push_back(std::move(requirement));
    }
  }

  void read_buffers() {
    static constexpr std::string_view types[] = {"f32", "f64", "i32", "u32", "u64", "element"};
    for (const TableReader& table : root_.tables("buffers")) {
      table.allow({"name", "type", "count", "clear"});
      ExtraBuffer buffer;
      buffer.name = table.text("name", "name the buffer as the launches' arguments do");
      buffer.type = table.text("type", fmt::format("one of {}", fmt::join(types, ", ")));
      if (std::ranges::find(types, buffer.type) == std::end(types)) {
        throw Mistake{table.line_of_key("type"), fmt::format("A buffer cannot be of type '{}': there are {}.",
                                                             buffer.type, fmt::join(types, ", "))};
      }
      buffer.count = read_expression(table, "count", "say how many elements it has, \"rows * 2\"");
      buffer.clear = table.flag("clear", false);
      variant_.buffers.push_back(std::move(buffer));
    }
  }

  /// An expression for each of up to three dimensions.
  std::array<std::string, 3> read_dimensions(const TableReader& table, std::string_view key, std::string_view hint) {
    std::array<std::string, 3> dimensions = {"1", "1", "1"};
    const toml::node& node = table.need(key, hint);
    const auto* list = node.as_array();
    if (list == nullptr) {
      dimensions[0] = read_expression(table, key, hint);
      return dimensions;
    }
    if (list->empty() || list->size() > dimensions.size()) {
      throw Mistake{line_of(node), fmt::format("'{}' in {} has {} entries: give one to three, x first.", key,
                                               table.where(), list->size())};
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
      const toml::node& each = *list->get(i);
      const std::string what = fmt::format("'{}' in {}", key, table.where());
      dimensions[i] = checked(expression_text(each, what), what, line_of(each));
    }
    return dimensions;
  }

  void read_launches() {
    const std::vector<TableReader> tables = root_.tables("launches");
    if (tables.empty()) {
      throw Mistake{root_.line(), "There is no [[launches]]: add one with entry, grid, block and arguments."};
    }
    std::set<std::string> bound;
    for (const TableReader& table : tables) variant_.launches.push_back(read_launch(table, bound));
    for (const TensorInfo& tensor : info_of(variant_.operation).tensors) {
      if (tensor.required && !bound.contains(std::string(tensor.name))) {
        throw Mistake{tables.front().line(), fmt::format("No launch takes '{}' ({}): without it there is nothing to "
                                                         "judge. Add it to 'arguments'.",
                                                         tensor.name, tensor.meaning)};
      }
    }
    const std::vector<TableReader> buffers = root_.tables("buffers");
    for (std::size_t i = 0; i < buffers.size(); ++i) {
      if (!bound.contains(buffer_names_[i])) {
        throw Mistake{
            buffers[i].line_of_key("name"),
            fmt::format("No launch takes the buffer '{}': add it to 'arguments' or remove it.", buffer_names_[i])};
      }
    }
  }

  LaunchSpec read_launch(const TableReader& table, std::set<std::string>& bound) {
    table.allow({"entry", "grid", "block", "shared", "cooperative", "cluster", "arguments"});
    const bool cpu = variant_.device == DeviceKind::cpu;
    LaunchSpec launch;
    launch.entry = table.text("entry", "name the function to launch");
    const bool fine = std::ranges::all_of(launch.entry, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             std::string_view("_:<>, ").find(c) != std::string_view::npos;
    });
    if (!fine || (launch.entry[0] >= '0' && launch.entry[0] <= '9')) {
      throw Mistake{table.line_of_key("entry"), fmt::format("'{}' is not the name of a function: write it as in the "
                                                            "code below.",
                                                            launch.entry)};
    }
    launch.grid = read_dimensions(table, "grid", "say how many blocks, grid = \"rows\"");
    if (!cpu || table.find("block") != nullptr) {
      launch.block = read_dimensions(table, "block", "say how many threads a block has, block = \"block\"");
    }
    if (cpu) {
      for (const std::string_view key : {"shared", "cooperative", "cluster"}) {
        if (table.find(key) != nullptr) {
          throw Mistake{table.line_of_key(key), fmt::format("'{}' has no meaning in a .cpp file: remove it.", key)};
        }
      }
    }
    if (table.find("shared") != nullptr) launch.shared = read_expression(table, "shared", "");
    launch.cooperative = table.flag("cooperative", false);
    if (table.find("cluster") != nullptr) launch.cluster = read_dimensions(table, "cluster", "");
    for (const toml::node& node : table.array("arguments", "list the function's parameters in order")) {
      launch.arguments.push_back(read_argument(node, bound));
    }
    return launch;
  }

  std::string read_argument(const toml::node& node, std::set<std::string>& bound) const {
    std::string text;
    if (const auto* real = node.as_floating_point()) {
      text = fmt::format("{:#}", real->get());  // keeps the point, which makes it a real
    } else {
      text = expression_text(node, "An argument");
    }
    const std::vector<std::string> names = names_in(text);
    const bool is_name = names.size() == 1 && names.front() == text;
    if (is_name && (contains(tensors_, text) || contains(buffer_names_, text))) {
      bound.insert(text);
      return text;
    }
    if (is_name && (text == "block_index" || text == "grid_size")) {
      if (variant_.device == DeviceKind::cpu) return text;
      throw Mistake{line_of(node), fmt::format("'{}' is an argument of .cpp files only: a CUDA kernel has blockIdx and "
                                               "gridDim.",
                                               text)};
    }
    if (is_name && !contains(scalars_, text) && !contains(value_names_, text) &&
        std::ranges::find(variant_.knobs, text, &Knob::name) == variant_.knobs.end()) {
      throw Mistake{line_of(node), unknown_argument(text)};
    }
    return checked(text, "An argument", line_of(node));
  }

  std::string unknown_argument(const std::string& name) const {
    std::vector<std::string> known = tensors_;
    known.insert(known.end(), buffer_names_.begin(), buffer_names_.end());
    known.insert(known.end(), scalars_.begin(), scalars_.end());
    for (const Knob& knob : variant_.knobs) known.push_back(knob.name);
    known.insert(known.end(), value_names_.begin(), value_names_.end());
    if (variant_.device == DeviceKind::cpu) known.insert(known.end(), {"block_index", "grid_size"});
    const std::string hint = did_you_mean(name, known);
    return fmt::format("There is no argument '{}' for {}.{}", name, name_of(variant_.operation),
                       hint.empty() ? fmt::format(" There are: {}.", fmt::join(known, ", ")) : hint);
  }

  void read_traffic() {
    const std::optional<TableReader> table = root_.table("traffic");
    if (!table) return;
    table->allow({"reads", "writes", "note"});
    variant_.traffic.reads = read_expression(*table, "reads", "give the bytes the kernel reads");
    variant_.traffic.writes = read_expression(*table, "writes", "give the bytes the kernel writes");
    variant_.traffic.note = table->optional_text("note");
  }

  void read_notes() {
    if (const std::optional<TableReader> table = root_.table("numerics")) {
      table->allow({"accumulate", "note", "deterministic"});
      variant_.accumulate = table->optional_text("accumulate");
      variant_.numerics_note = table->optional_text("note");
      variant_.deterministic = table->flag("deterministic", true);
    }
    if (const std::optional<TableReader> table = root_.table("source")) {
      table->allow({"note"});
      variant_.source_note = table->optional_text("note");
    }
  }

  TableReader root_;
  Variant& variant_;
  std::vector<std::string> tensors_;
  std::vector<std::string> scalars_;
  std::vector<std::string> buffer_names_;
  std::vector<std::string> value_names_;
  std::map<std::string, std::string, std::less<>> definitions_;  ///< what those read so far stand for, in full
  std::optional<Evaluator> expressions_;
};

}  // namespace

void read_front_matter(const toml::table& root, int line, Variant& variant) { Reader(root, line, variant).read(); }

}  // namespace knobscope::catalog
