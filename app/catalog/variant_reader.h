#pragma once
// From the front matter's TOML to a Variant.

#include "catalog/table_reader.h"
#include "core/variant.h"

namespace knobscope::catalog {

/// Fills in everything the front matter says; `variant` already has what the path says (operation, device). `line` is
/// that of the comment's opening, told for what is missing. Throws Mistake for the first thing that is wrong.
void read_front_matter(const toml::table& root, int line, Variant& variant);

}  // namespace knobscope::catalog
