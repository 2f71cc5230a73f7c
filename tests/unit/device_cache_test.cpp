// The cache of compiled code: hits, keys, eviction, damage, and many writers at once.

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "device/compile_cache.h"
#include "device_workshop.h"

namespace knobscope::device {
namespace {

namespace fs = std::filesystem;

std::string key_of(int number) { return CacheKey{}.add("number", std::to_string(number)).text(); }

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  return files;
}

TEST(DeviceCache, KeyCoversEveryPartAndItsPlace) {
  std::set<std::string> keys;
  const auto is_new = [&](const CacheKey& key) { return keys.insert(key.text()).second; };
  EXPECT_TRUE(is_new(CacheKey{}));
  EXPECT_TRUE(is_new(std::move(CacheKey{}.add("a", "b"))));
  EXPECT_TRUE(is_new(std::move(CacheKey{}.add("ab", ""))));
  EXPECT_TRUE(is_new(std::move(CacheKey{}.add("", "ab"))));
  EXPECT_TRUE(is_new(std::move(CacheKey{}.add("a", "b").add("c", "d"))));
  EXPECT_TRUE(is_new(std::move(CacheKey{}.add("c", "d").add("a", "b"))));
  EXPECT_EQ(key_of(1), key_of(1));
  EXPECT_EQ(key_of(1).size(), 32u);
}

TEST(DeviceCache, KeepsCodeAndNotesWithAnyBytes) {
  const TemporaryFolder folder;
  const CompileCache cache(folder.path() / "deep" / "cache", 1 << 20);
  EXPECT_FALSE(cache.find(key_of(1)));
  const std::string code(
      "\0\x7f"
      "ELF\xff\n",
      7);
  EXPECT_TRUE(cache.store(key_of(1), {code, "a warning\nof two lines"}));
  EXPECT_TRUE(cache.store(key_of(2), {"", ""}));
  const CompileCache another(cache.folder(), 1 << 20);  // as another process would
  const auto found = another.find(key_of(1));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->code, code);
  EXPECT_EQ(found->notes, "a warning\nof two lines");
  ASSERT_TRUE(another.find(key_of(2)));
  EXPECT_FALSE(another.find(key_of(3)));
}

TEST(DeviceCache, ADamagedEntryIsAbsentAndRemoved) {
  const TemporaryFolder folder;
  const CompileCache cache(folder.path(), 1 << 20);
  const std::string code(1000, 'x');
  ASSERT_TRUE(cache.store(key_of(1), {code, "log"}));
  const fs::path file = files_in(folder.path()).at(0);
  const auto size = fs::file_size(file);
  for (std::uintmax_t at = 0; at < size; at += 13) {
    ASSERT_TRUE(cache.store(key_of(1), {code, "log"}));
    {
      std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
      stream.seekg(static_cast<std::streamoff>(at));
      const char byte = static_cast<char>(stream.get() ^ 4);
      stream.seekp(static_cast<std::streamoff>(at));
      stream.put(byte);
    }
    EXPECT_FALSE(cache.find(key_of(1))) << at;
    EXPECT_FALSE(fs::exists(file));
  }
  for (const std::uintmax_t cut : {std::uintmax_t{0}, std::uintmax_t{10}, size / 2, size - 1}) {
    ASSERT_TRUE(cache.store(key_of(1), {code, "log"}));
    fs::resize_file(file, cut);
    EXPECT_FALSE(cache.find(key_of(1))) << cut;
  }
  ASSERT_TRUE(cache.store(key_of(1), {code, "log"}));
  EXPECT_TRUE(cache.find(key_of(1)));
}

TEST(DeviceCache, AnEntryUnderAnotherKeyIsNotTaken) {
  const TemporaryFolder folder;
  const CompileCache cache(folder.path(), 1 << 20);
  ASSERT_TRUE(cache.store(key_of(1), {"one", ""}));
  fs::rename(files_in(folder.path()).at(0), folder.path() / (key_of(2) + ".code"));
  EXPECT_FALSE(cache.find(key_of(2)));
}

TEST(DeviceCache, RemovesTheLeastRecentlyUsed) {
  const TemporaryFolder folder;
  const CompileCache cache(folder.path(), 10'000);
  const std::string code(2000, 'x');
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(cache.store(key_of(i), {code, ""}));
    const auto age = fs::file_time_type::clock::now() - std::chrono::minutes(10 - i);
    fs::last_write_time(folder.path() / (key_of(i) + ".code"), age);
  }
  ASSERT_TRUE(cache.find(key_of(0)));  // the oldest is young again
  ASSERT_TRUE(cache.store(key_of(4), {code, ""}));
  EXPECT_FALSE(cache.find(key_of(1)));
  for (const int kept : {0, 2, 3, 4}) EXPECT_TRUE(cache.find(key_of(kept))) << kept;
}

TEST(DeviceCache, WhatIsLargerThanTheLimitIsNotKept) {
  const TemporaryFolder folder;
  const CompileCache cache(folder.path(), 1000);
  ASSERT_TRUE(cache.store(key_of(1), {"small", ""}));
  EXPECT_FALSE(cache.store(key_of(2), {std::string(2000, 'x'), ""}));
  EXPECT_TRUE(cache.find(key_of(1)));
  const CompileCache none(folder.path(), 0);
  EXPECT_FALSE(none.store(key_of(3), {"x", ""}));
  EXPECT_FALSE(none.find(key_of(1)));
  const CompileCache nowhere("", 1000);
  EXPECT_FALSE(nowhere.store(key_of(3), {"x", ""}));
}

TEST(DeviceCache, AFolderThatCannotBeWrittenIsNoError) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "file") << "not a folder";
  const CompileCache cache(folder.path() / "file" / "cache", 1 << 20);
  EXPECT_FALSE(cache.store(key_of(1), {"x", ""}));
  EXPECT_FALSE(cache.find(key_of(1)));
}

TEST(DeviceCache, ManyWritersAndReadersAtOnceSeeWholeEntries) {
  const TemporaryFolder folder;
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  std::atomic<int> found{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const CompileCache cache(folder.path(), 40'000);  // too small for all: eviction runs all the time
      for (int i = 0; i < 150; ++i) {
        const int number = (i * 7 + t) % 10;
        const std::string code(6000, static_cast<char>('a' + number));
        cache.store(key_of(number), {code, std::to_string(number)});
        const int asked = (number + 3) % 10;
        const auto entry = cache.find(key_of(asked));
        if (!entry) continue;
        ++found;
        if (entry->code != std::string(6000, static_cast<char>('a' + asked)) || entry->notes != std::to_string(asked))
          ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_GT(found.load(), 0);
  std::uintmax_t total = 0;
  for (const fs::path& file : files_in(folder.path())) {
    EXPECT_EQ(file.extension(), ".code") << file;  // nothing half-written is left
    total += fs::file_size(file);
  }
  EXPECT_LE(total, 40'000u);
}

TEST(DeviceCache, HashOfAFolderCoversNamesAndContents) {
  const TemporaryFolder folder;
  const auto write = [&](const std::string& name, const std::string& text) {
    fs::create_directories((folder.path() / name).parent_path());
    std::ofstream(folder.path() / name) << text;
  };
  std::set<std::string> seen = {hash_of_folder(folder.path() / "absent")};
  write("a.h", "1");
  EXPECT_TRUE(seen.insert(hash_of_folder(folder.path())).second);
  write("a.h", "2");
  EXPECT_TRUE(seen.insert(hash_of_folder(folder.path())).second);
  write("sub/b.h", "");
  EXPECT_TRUE(seen.insert(hash_of_folder(folder.path())).second);
  fs::rename(folder.path() / "sub/b.h", folder.path() / "sub/c.h");
  EXPECT_TRUE(seen.insert(hash_of_folder(folder.path())).second);
}

}  // namespace
}  // namespace knobscope::device
