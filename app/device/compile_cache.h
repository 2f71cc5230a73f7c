#pragma once
// Compiled code on disk, found by what it was made from. Shared by every device and by any number of processes at once:
// an entry is one file, written aside and renamed into place, and a damaged one counts as absent.

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace knobscope::device {

/// Collects everything that determines the result of a compilation: compiler and version, options, macros, source,
/// headers. Order and labels matter; parts cannot run into each other.
class CacheKey {
 public:
  CacheKey();
  ~CacheKey();
  CacheKey(CacheKey&&) noexcept;
  CacheKey& operator=(CacheKey&&) noexcept;

  CacheKey& add(std::string_view label, std::string_view value);
  /// 32 hex digits (XXH3-128) over all parts so far.
  std::string text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// 32 hex digits over the names and contents of all files below `folder`, in name order; of nothing when it is absent.
std::string hash_of_folder(const std::filesystem::path& folder);

struct CachedCode {
  std::string code;   ///< bytes of a cubin or a shared object
  std::string notes;  ///< what else must come back with it, in the writer's own form: log, lowered names
};

class CompileCache {
 public:
  /// `folder` is made when first needed. An empty folder or a limit of 0 means that nothing is kept.
  CompileCache(std::filesystem::path folder, std::int64_t limit_bytes);

  /// Thread-safe. Nothing when absent or damaged (a damaged file is removed). Finding makes an entry young again.
  std::optional<CachedCode> find(const std::string& key) const;

  /// Thread-safe. Keeps the entry, then removes the least recently used ones beyond the limit, which may be exceeded by
  /// a sixteenth. A cache that cannot be written is no error for who compiles: false is returned and nothing is kept.
  bool store(const std::string& key, const CachedCode& code) const;

  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path path_of(const std::string& key) const;
  void evict() const;

  std::filesystem::path folder_;
  std::int64_t limit_bytes_;
  /// Looking through the folder takes milliseconds when it is full: it is done when this much has been added.
  mutable std::atomic<std::int64_t> left_until_look_ = 0;
};

}  // namespace knobscope::device
