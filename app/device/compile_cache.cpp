#include "device/compile_cache.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>

namespace knobscope::device {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "knobscope code 1\n";
constexpr std::string_view kExtension = ".code";
constexpr std::string_view kAsideExtension = ".aside";
constexpr std::int64_t kLooksPerLimit = 16;
constexpr std::chrono::hours kAsideLifetime{1};  // after that, whoever wrote it died

std::string hex(XXH128_hash_t hash) { return fmt::format("{:016x}{:016x}", hash.high64, hash.low64); }

std::optional<std::string> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  if (file.bad()) return std::nullopt;
  return std::move(text).str();
}

void append_number(std::string& text, std::uint64_t number) {
  for (int byte = 0; byte < 8; ++byte) text.push_back(static_cast<char>(number >> (8 * byte) & 0xFFU));
}

std::uint64_t number_at(std::string_view text, std::size_t offset) {
  std::uint64_t number = 0;
  for (std::size_t byte = 0; byte < 8; ++byte) {
    number |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[offset + byte])) << (8 * byte);
  }
  return number;
}

// magic, key, sizes of code and notes, code, notes, then the XXH3-128 of all before it.
std::string packed(const std::string& key, const CachedCode& code) {
  std::string text{kMagic};
  append_number(text, key.size());
  append_number(text, code.code.size());
  append_number(text, code.notes.size());
  text += key;
  text += code.code;
  text += code.notes;
  text += hex(XXH3_128bits(text.data(), text.size()));
  return text;
}

std::optional<CachedCode> unpacked(const std::string& key, const std::string& text) {
  constexpr std::size_t kChecksum = 32;
  constexpr std::size_t kHeader = kMagic.size() + 24;
  if (text.size() < kHeader + kChecksum || !text.starts_with(kMagic)) return std::nullopt;
  const std::size_t body = text.size() - kChecksum;
  if (text.compare(body, kChecksum, hex(XXH3_128bits(text.data(), body))) != 0) return std::nullopt;
  const std::uint64_t key_size = number_at(text, kMagic.size());
  const std::uint64_t code_size = number_at(text, kMagic.size() + 8);
  const std::uint64_t notes_size = number_at(text, kMagic.size() + 16);
  if (key_size != key.size() || kHeader + key_size + code_size + notes_size != body) return std::nullopt;
  if (text.compare(kHeader, key_size, key) != 0) return std::nullopt;
  return CachedCode{text.substr(kHeader + key_size, code_size),
                    text.substr(kHeader + key_size + code_size, notes_size)};
}

}  // namespace

struct CacheKey::State {
  XXH3_state_t* hash = XXH3_createState();
  State() { XXH3_128bits_reset(hash); }
  ~State() { XXH3_freeState(hash); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void add(std::string_view part) const {
    const std::uint64_t size = part.size();  // sizes keep neighbouring parts apart
    XXH3_128bits_update(hash, &size, sizeof size);
    XXH3_128bits_update(hash, part.data(), part.size());
  }
};

CacheKey::CacheKey() : state_(std::make_unique<State>()) {}
CacheKey::~CacheKey() = default;
CacheKey::CacheKey(CacheKey&&) noexcept = default;
CacheKey& CacheKey::operator=(CacheKey&&) noexcept = default;

CacheKey& CacheKey::add(std::string_view label, std::string_view value) {
  state_->add(label);
  state_->add(value);
  return *this;
}

std::string CacheKey::text() const { return hex(XXH3_128bits_digest(state_->hash)); }

std::string hash_of_folder(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored)) files.push_back(entry->path());
  }
  std::sort(files.begin(), files.end());
  CacheKey key;
  for (const fs::path& file : files) {
    key.add(file.lexically_relative(folder).generic_string(), read_file(file).value_or(std::string{}));
  }
  return key.text();
}

CompileCache::CompileCache(fs::path folder, std::int64_t limit_bytes)
    : folder_(std::move(folder)), limit_bytes_(folder_.empty() ? 0 : limit_bytes) {}

fs::path CompileCache::path_of(const std::string& key) const { return folder_ / (key + std::string{kExtension}); }

std::optional<CachedCode> CompileCache::find(const std::string& key) const {
  if (limit_bytes_ <= 0) return std::nullopt;
  const fs::path path = path_of(key);
  const std::optional<std::string> text = read_file(path);
  if (!text) return std::nullopt;
  std::optional<CachedCode> code = unpacked(key, *text);
  std::error_code ignored;  // another process may have removed or replaced it meanwhile
  if (code) {
    fs::last_write_time(path, fs::file_time_type::clock::now(), ignored);
  } else {
    fs::remove(path, ignored);
  }
  return code;
}

bool CompileCache::store(const std::string& key, const CachedCode& code) const {
  const std::string text = packed(key, code);
  if (static_cast<std::int64_t>(text.size()) > limit_bytes_) return false;
  std::error_code error;
  fs::create_directories(folder_, error);

  // The name must be unique among all writers: process, thread's stack, and time.
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  const fs::path aside = folder_ / fmt::format("{}.{}.{:x}.{:x}{}", key, ::getpid(),
                                               reinterpret_cast<std::uintptr_t>(&error), now, kAsideExtension);
  {
    std::ofstream file(aside, std::ios::binary | std::ios::trunc);
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
    file.flush();
    if (!file) {
      file.close();
      fs::remove(aside, error);
      return false;
    }
  }
  fs::rename(aside, path_of(key), error);
  if (error) {
    std::error_code ignored;
    fs::remove(aside, ignored);
    return false;
  }
  const auto size = static_cast<std::int64_t>(text.size());
  if (left_until_look_.fetch_sub(size) <= size) {
    left_until_look_.store(limit_bytes_ / kLooksPerLimit);
    evict();
  }
  return true;
}

void CompileCache::evict() const {
  struct Entry {
    fs::path path;
    fs::file_time_type used;
    std::int64_t size = 0;
  };
  std::vector<Entry> entries;
  std::int64_t total = 0;
  const auto now = fs::file_time_type::clock::now();
  std::error_code error;
  for (fs::directory_iterator file(folder_, error), end; !error && file != end; file.increment(error)) {
    const fs::path extension = file->path().extension();
    std::error_code gone;
    const auto used = file->last_write_time(gone);
    const auto size = gone ? 0 : file->file_size(gone);
    if (gone) continue;
    if (extension == kAsideExtension && now - used > kAsideLifetime) fs::remove(file->path(), gone);
    if (extension != kExtension) continue;
    entries.push_back({file->path(), used, static_cast<std::int64_t>(size)});
    total += entries.back().size;
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.used < b.used; });
  for (const Entry& entry : entries) {
    if (total <= limit_bytes_) break;
    std::error_code ignored;
    fs::remove(entry.path, ignored);
    total -= entry.size;
  }
}

}  // namespace knobscope::device
