// Where in a kernel file a launch's arguments stand, for messages.

#include <gtest/gtest.h>

#include "catalog/catalog.h"

namespace knobscope::catalog {
namespace {

int line_of_arguments_in(const std::string& source, std::size_t launch) {
  Variant variant;
  variant.source = source;
  return line_of_arguments(variant, launch);
}

TEST(CatalogLines, ArgumentsOfEachLaunch) {
  const std::string source =
      "/* knobscope\n"
      "title = \"T\"\n"
      "[[launches]]\n"
      "entry = \"f\"\n"
      "arguments = [\"x\"]\n"
      "[[launches]]\n"
      "arguments = [\n"
      "  \"y\",\n"
      "]\n"
      "*/\n";
  EXPECT_EQ(line_of_arguments_in(source, 0), 5);
  EXPECT_EQ(line_of_arguments_in(source, 1), 7);
  EXPECT_EQ(line_of_arguments_in(source, 2), 0) << "there is no such launch";
  EXPECT_EQ(line_of_arguments_in("\n\n" + source, 0), 7);
}

TEST(CatalogLines, NoneInWhatIsNoKernelFile) {
  EXPECT_EQ(line_of_arguments_in("", 0), 0);
  EXPECT_EQ(line_of_arguments_in("/* knobscope\n[[launches\n*/", 0), 0);
  EXPECT_EQ(line_of_arguments_in("/* knobscope\nlaunches = 3\n*/", 0), 0);
}

}  // namespace
}  // namespace knobscope::catalog
