#pragma once
// Files under expected/ that say what the program writes. With $KNOBSCOPE_UPDATE_GOLDEN they are written anew.

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace knobscope::testing {

/// The program's own version stands as THIS, so that a new one changes no file.
inline void expect_golden(const std::string& name, std::string actual) {
  const std::string version = "\"version\": \"" KNOBSCOPE_VERSION "\"";
  const std::size_t at = actual.find(version);
  if (at != std::string::npos) actual.replace(at, version.size(), "\"version\": \"THIS\"");
  const std::string file = std::string(GOLDEN_DIR) + "/" + name;
  if (std::getenv("KNOBSCOPE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(file, std::ios::binary) << actual;
    return;
  }
  std::ostringstream expected;
  expected << std::ifstream(file, std::ios::binary).rdbuf();
  EXPECT_EQ(actual, expected.str()) << file;
}

}  // namespace knobscope::testing
