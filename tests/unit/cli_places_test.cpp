// Where kernels are found, and what the progress bar says.

#include <map>

#include <gtest/gtest.h>

#include "cli/places.h"
#include "cli/progress.h"
#include "session_samples.h"

namespace knobscope::cli {
namespace {

namespace fs = std::filesystem;

EnvironmentLookup environment_of(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const char* name) -> std::optional<std::string> {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second;
  };
}

TEST(Places, RootIsAskedForThenNamedThenNearTheProgram) {
  const testing::TestFolder folder("knobscope-places");
  for (const char* name : {"asked", "named", "near", "source"}) fs::create_directories(folder / name / "kernels");
  fs::create_directories(folder / "near" / "build" / "deep");
  fs::create_directories(folder / "empty" / "bin");
  const fs::path near_program = folder / "near" / "build" / "deep" / "knobscope";
  const fs::path far_program = folder / "empty" / "bin" / "knobscope";
  const auto named = environment_of({{"KNOBSCOPE_ROOT", folder / "named"}, {"HOME", "/h"}});
  const auto bare = environment_of({{"HOME", "/h"}});
  const fs::path source = folder / "source";
  EXPECT_EQ(find_places(folder / "asked", near_program, source, named).root, folder / "asked");
  EXPECT_EQ(find_places(std::nullopt, near_program, source, named).root, folder / "named");
  EXPECT_EQ(find_places(std::nullopt, near_program, source, bare).root, folder / "near");
  EXPECT_EQ(find_places(std::nullopt, far_program, source, bare).root, source);
  EXPECT_EQ(find_places(std::nullopt, far_program, source, bare).kernels, source / "kernels");
  EXPECT_THROW(find_places(folder / "empty", near_program, source, bare), std::runtime_error);
  EXPECT_THROW(find_places(std::nullopt, far_program, folder / "none", bare), std::runtime_error);
}

TEST(Places, CacheFollowsTheUsersWishes) {
  const testing::TestFolder folder("knobscope-places");
  fs::create_directories(folder / "kernels");
  const auto cache = [&](std::map<std::string, std::string> values) {
    return find_places(folder.path(), "/p", "/s", environment_of(std::move(values))).cache;
  };
  EXPECT_EQ(cache({{"KNOBSCOPE_CACHE_DIR", "/c"}, {"XDG_CACHE_HOME", "/x"}, {"HOME", "/h"}}), "/c");
  EXPECT_EQ(cache({{"XDG_CACHE_HOME", "/x"}, {"HOME", "/h"}}), "/x/knobscope");
  EXPECT_EQ(cache({{"HOME", "/h"}}), "/h/.cache/knobscope");
}

TEST(Progress, SaysPhaseCountAndTimeLeftWithinTheWidth) {
  Snapshot snapshot;
  snapshot.worker = WorkerState::measuring;
  auto live = std::make_shared<LivePoint>();
  live->request.variant = "layernorm_forward/05_welford.cpp";
  live->request.knobs = {{"block", 256}};
  live->phase = Phase::cold;
  snapshot.live = live;
  snapshot.progress.seconds_left = 11.2;
  EXPECT_EQ(progress_text(snapshot, 3, 12, 200),
            "[======                  ] 3/12  12 s left  cold  layernorm_forward/05_welford.cpp block=256");
  EXPECT_LT(progress_text(snapshot, 3, 12, 40).size(), 40U);
  snapshot.progress.seconds_left = 600;
  EXPECT_NE(progress_text(snapshot, 3, 12, 200).find("10 min left"), std::string::npos);
  EXPECT_EQ(progress_text(snapshot, 12, 12, 200).find("left"), std::string::npos);
}

}  // namespace
}  // namespace knobscope::cli
