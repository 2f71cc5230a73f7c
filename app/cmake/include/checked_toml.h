#pragma once
// toml++ for text that people write. Include this instead of <toml++/toml.h>, in every file, so that all see the same.
//
// toml++ 3.3 asserts things about the text it parses: a line "[(" fails one. Its assertion then ends the program, and
// with NDEBUG the compiler is told that it cannot happen. Here a failed assertion of the parser is an exception that
// its caller catches like any other mistake in the text.

#include <stdexcept>

namespace knobscope {

/// Text that toml++ does not expect. It has no position.
struct TomlAssertion : std::runtime_error {
  using std::runtime_error::runtime_error;
};

constexpr void check_toml(bool holds) {
  if (!holds) throw TomlAssertion("a key, a value or a bracket is not where it should be");
}

}  // namespace knobscope

#pragma push_macro("NDEBUG")
#undef NDEBUG
#define TOML_ASSERT(expr) ::knobscope::check_toml(static_cast<bool>(expr))
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")
