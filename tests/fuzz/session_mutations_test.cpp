#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "mutate.h"
#include "session/export.h"
#include "session/session.h"
#include "unit/session_samples.h"

namespace knobscope::session {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

void write_bytes(const fs::path& file, const std::string& bytes) {
  // A new file each time: writing over one makes some file systems wait for the disk.
  fs::remove(file);
  std::ofstream(file, std::ios::binary) << bytes;
}

/// Loads what is there: points that can be shown, or one sentence.
void check(const fs::path& file, int& loaded, int& refused) {
  try {
    const Recorded recorded = load(file);
    ++loaded;
    // Whatever a changed byte turned a number or a text into, it must still be possible to show it.
    EXPECT_FALSE(to_json(recorded.points, recorded.devices).empty());
    EXPECT_FALSE(to_table(recorded.points, 120, false).empty());
  } catch (const SessionError& error) {
    ++refused;
    const std::string message = error.what();
    EXPECT_TRUE(message.starts_with(file.string())) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

class SessionMutations : public ::testing::Test {
 protected:
  SessionMutations() : folder_("knobscope-fuzz") {
    Writer writer(folder_ / "whole");
    for (std::int64_t id = 1; id <= 4; ++id) writer.add(testing::full_point(id));
    writer.add(testing::failed_point(5));
    writer.add(testing::emulated_point(9));
    DeviceFacts cpu;
    cpu.id = "cpu";
    writer.add(cpu);
    writer.add(Plan{});
  }
  testing::TestFolder folder_;
};

TEST_F(SessionMutations, DamagedFilesNeverCrash) {
  const std::string whole = bytes_of(folder_ / "whole");
  std::mt19937_64 random(4711);
  int loaded = 0;
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string bytes = whole;
    // Single bits anywhere first; later edits that move everything behind them; half of them near a page's start,
    // where SQLite keeps what it trusts.
    const std::size_t flips = 1 + random() % 8;
    for (std::size_t k = 0; k < flips; ++k) {
      std::size_t at = random() % bytes.size();
      if (k % 2 == 1) at = at / 4096 * 4096 + random() % 128;
      if (at < bytes.size()) {
        bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ (1U << (random() % 8)));
      }
    }
    if (i % 3 == 2) bytes = testing::mutate(bytes, random, {"SQLite", "\xff\xff\xff\xff", "DROP TABLE point"});
    write_bytes(folder_ / "damaged", bytes);
    check(folder_ / "damaged", loaded, refused);
  }
  // Both ends are reached, so the cases are neither all trivial nor all harmless.
  EXPECT_GT(loaded, 100);
  EXPECT_GT(refused, 100);
}

TEST_F(SessionMutations, DamagedLogsNeverCrash) {
  // A file whose writer was killed: the log holds what matters, and is as easily damaged.
  const std::string whole = bytes_of(folder_ / "whole");
  fs::copy_file(folder_ / "whole", folder_ / "living");
  std::string log;
  std::string file;
  {
    Writer writer(folder_ / "living");
    writer.add(testing::full_point(6));
    writer.add(testing::full_point(7));
    file = bytes_of(folder_ / "living");
    log = bytes_of(folder_ / "living-wal");
  }
  ASSERT_GT(log.size(), 4096U);
  std::mt19937_64 random(815);
  int loaded = 0;
  int refused = 0;
  for (int i = 0; i < 300; ++i) {
    write_bytes(folder_ / "killed", file);
    write_bytes(folder_ / "killed-wal", testing::mutate(log, random, {"\xff\xff\xff\xff"}));
    fs::remove(folder_ / "killed-shm");
    check(folder_ / "killed", loaded, refused);
  }
  EXPECT_GT(loaded, 100);
}

TEST_F(SessionMutations, CutFilesNeverCrash) {
  const std::string whole = bytes_of(folder_ / "whole");
  int loaded = 0;
  int refused = 0;
  for (std::size_t size = 0; size < whole.size(); size += 509) {
    write_bytes(folder_ / "cut", whole.substr(0, size));
    check(folder_ / "cut", loaded, refused);
  }
  EXPECT_EQ(loaded, 0);
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace knobscope::session
