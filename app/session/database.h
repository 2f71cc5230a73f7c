#pragma once
// SQLite with owners and exceptions: what the rest of the room needs of it, and nothing more.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <sqlite3.h>

namespace knobscope::session {

enum class OpenMode : std::uint8_t {
  write,      ///< created when missing
  read,       ///< nothing in the file changes; other processes may write to it meanwhile
  immutable,  ///< as `read`, but promises that nobody writes: no locks, nothing created beside the file
};

/// One connection. Not thread-safe. Every failure throws SessionError with the file's name and SQLite's words.
class Database {
 public:
  Database(const std::filesystem::path& file, OpenMode mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void execute(const std::string& sql);
  /// First column of the first row; nothing when there is no row.
  std::optional<std::int64_t> integer(const std::string& sql);
  std::optional<std::string> text(const std::string& sql);

  sqlite3* handle() const { return handle_; }
  [[noreturn]] void fail(int code) const;

 private:
  std::string name_;
  sqlite3* handle_ = nullptr;
};

/// One prepared statement. Parameters and columns count from 0.
class Statement {
 public:
  Statement(Database& database, const std::string& sql);
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;

  void bind_null(int index);
  void bind(int index, std::int64_t value);
  void bind(int index, double value);
  void bind(int index, std::string_view value);
  void bind(int index, std::span<const std::byte> value);

  /// Moves to the next row; false at the end.
  bool step();
  /// Runs a statement without rows and makes it ready for the next parameters.
  void run();

  bool is_null(int index) const;
  /// These throw SessionError when the stored value is of another kind: the file was changed or damaged.
  std::int64_t integer(int index) const;
  double real(int index) const;
  std::string text(int index) const;
  std::span<const std::byte> blob(int index) const;  ///< valid until the next step

 private:
  void check(int code) const;
  [[noreturn]] void wrong_kind(int index) const;

  Database* database_;
  sqlite3_stmt* handle_ = nullptr;
};

/// Commits when told to; undone otherwise.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace knobscope::session
