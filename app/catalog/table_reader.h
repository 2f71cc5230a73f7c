#pragma once
// Reads typed values out of a TOML table and says exactly what is wrong when they are not there.

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <checked_toml.h>

#include "catalog/front_matter.h"

namespace knobscope::catalog {

/// The file's line of a node.
int line_of(const toml::node& node);

/// "a string", "an integer", …, for messages.
std::string_view kind_of(const toml::node& node);

/// One table. Every function throws Mistake, with the line of the value, key or table that is wrong.
class TableReader {
 public:
  /// `where` names the table in messages: "[traffic]", "the front matter". `line` is used for what is missing.
  TableReader(const toml::table& table, std::string where, int line);

  /// Refuses keys that are not in the list.
  void allow(std::initializer_list<std::string_view> keys) const;

  const toml::node* find(std::string_view key) const;
  const toml::node& need(std::string_view key, std::string_view hint) const;

  /// A string with at least one visible character. `hint` says what to write when it is missing.
  std::string text(std::string_view key, std::string_view hint) const;
  std::string optional_text(std::string_view key) const;
  bool flag(std::string_view key, bool otherwise) const;
  std::int64_t integer(std::string_view key, std::string_view hint) const;
  const toml::array& array(std::string_view key, std::string_view hint) const;
  /// The tables of [[key]]; none when the key is absent.
  std::vector<TableReader> tables(std::string_view key) const;
  /// The table of [key]; nothing when it is absent.
  std::optional<TableReader> table(std::string_view key) const;

  const toml::table& node() const { return *table_; }
  const std::string& where() const { return where_; }
  int line() const { return line_; }
  int line_of_key(std::string_view key) const;  ///< the table's line when the key is absent

 private:
  const toml::table* table_;
  std::string where_;
  int line_;
};

/// The text of a string, or of an integer where an expression may be a plain number.
std::string expression_text(const toml::node& node, std::string_view what);

}  // namespace knobscope::catalog
