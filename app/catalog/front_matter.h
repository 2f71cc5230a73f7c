#pragma once
// Finds the front matter of a kernel file: the block comment it opens with.

#include <string>
#include <variant>

namespace knobscope::catalog {

/// A mistake and where it is. Thrown inside this room only; parse_variant() turns it into a CatalogFault.
struct Mistake {
  int line = 0;  ///< 1-based in the file; 0 when the whole file is meant
  std::string message;
};

struct FrontMatter {
  std::string toml;  ///< as many empty lines as stand before the TOML, then the TOML: its lines are the file's lines
  int line = 0;      ///< of the comment's opening
};

std::variant<FrontMatter, Mistake> find_front_matter(const std::string& text);

}  // namespace knobscope::catalog
