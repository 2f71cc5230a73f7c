#include "session/database.h"

#include <fmt/format.h>

#include "session/session.h"

namespace knobscope::session {
namespace {

/// The file's name as an SQLite URI, so that options can follow it.
std::string uri_of(const std::filesystem::path& file, OpenMode mode) {
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(file).string()) {
    if (c == '%' || c == '?' || c == '#') {
      uri += fmt::format("%{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      uri += c;
    }
  }
  if (mode == OpenMode::immutable) uri += "?immutable=1";
  return uri;
}

}  // namespace

Database::Database(const std::filesystem::path& file, OpenMode mode) : name_(file.string()) {
  const int flags = SQLITE_OPEN_URI | SQLITE_OPEN_FULLMUTEX |
                    (mode == OpenMode::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
  const int code = sqlite3_open_v2(uri_of(file, mode).c_str(), &handle_, flags, nullptr);
  if (code != SQLITE_OK) {
    const std::string words = handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
    sqlite3_close(handle_);
    throw SessionError(fmt::format("{}: cannot be opened ({})", name_, words));
  }
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_busy_timeout(handle_, 5000);
  // A file from elsewhere is data: nothing in its schema may run code or reach other files.
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
}

Database::~Database() { sqlite3_close(handle_); }

void Database::fail(int code) const {
  const int primary = code & 0xff;
  if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || primary == SQLITE_ERROR || primary == SQLITE_FORMAT) {
    throw SessionError(fmt::format("{}: the session file is damaged ({}); use a copy of it, or record it again", name_,
                                   sqlite3_errmsg(handle_)));
  }
  if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED) {
    throw SessionError(
        fmt::format("{}: another program is writing to this session; close it or name another file", name_));
  }
  if (primary == SQLITE_FULL) throw SessionError(fmt::format("{}: the disk is full", name_));
  if (primary == SQLITE_READONLY || primary == SQLITE_CANTOPEN || primary == SQLITE_PERM) {
    throw SessionError(fmt::format("{}: the file or its folder cannot be written; name another place", name_));
  }
  throw SessionError(fmt::format("{}: {}", name_, sqlite3_errmsg(handle_)));
}

void Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::optional<std::int64_t> Database::integer(const std::string& sql) {
  Statement statement(*this, sql);
  if (!statement.step() || statement.is_null(0)) return std::nullopt;
  return statement.integer(0);
}

std::optional<std::string> Database::text(const std::string& sql) {
  Statement statement(*this, sql);
  if (!statement.step() || statement.is_null(0)) return std::nullopt;
  return statement.text(0);
}

Statement::Statement(Database& database, const std::string& sql) : database_(&database) {
  check(sqlite3_prepare_v2(database.handle(), sql.data(), static_cast<int>(sql.size()), &handle_, nullptr));
}

Statement::~Statement() { sqlite3_finalize(handle_); }

Statement::Statement(Statement&& other) noexcept : database_(other.database_), handle_(other.handle_) {
  other.handle_ = nullptr;
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) database_->fail(code);
}

void Statement::bind_null(int index) { check(sqlite3_bind_null(handle_, index + 1)); }

void Statement::bind(int index, std::int64_t value) { check(sqlite3_bind_int64(handle_, index + 1, value)); }

void Statement::bind(int index, double value) { check(sqlite3_bind_double(handle_, index + 1, value)); }

void Statement::bind(int index, std::string_view value) {
  // A null pointer would bind NULL, but an empty text is a text.
  const char* data = value.empty() ? "" : value.data();
  check(sqlite3_bind_text64(handle_, index + 1, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::bind(int index, std::span<const std::byte> value) {
  if (value.empty()) {
    check(sqlite3_bind_zeroblob(handle_, index + 1, 0));
  } else {
    check(sqlite3_bind_blob64(handle_, index + 1, value.data(), value.size(), SQLITE_TRANSIENT));
  }
}

bool Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  sqlite3_reset(handle_);
  database_->fail(code);
}

void Statement::run() {
  while (step()) {
  }
  check(sqlite3_reset(handle_));
  check(sqlite3_clear_bindings(handle_));
}

bool Statement::is_null(int index) const { return sqlite3_column_type(handle_, index) == SQLITE_NULL; }

void Statement::wrong_kind(int index) const {
  throw SessionError(fmt::format("the session file is damaged: column {} holds a value of the wrong kind",
                                 sqlite3_column_name(handle_, index)));
}

std::int64_t Statement::integer(int index) const {
  if (sqlite3_column_type(handle_, index) != SQLITE_INTEGER) wrong_kind(index);
  return sqlite3_column_int64(handle_, index);
}

double Statement::real(int index) const {
  const int type = sqlite3_column_type(handle_, index);
  if (type != SQLITE_FLOAT && type != SQLITE_INTEGER) wrong_kind(index);
  return sqlite3_column_double(handle_, index);
}

std::string Statement::text(int index) const {
  if (sqlite3_column_type(handle_, index) != SQLITE_TEXT) wrong_kind(index);
  const unsigned char* data = sqlite3_column_text(handle_, index);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, index));
  if (data == nullptr || size == 0) return {};
  const auto* bytes = static_cast<const char*>(static_cast<const void*>(data));
  return std::string(bytes, size);
}

std::span<const std::byte> Statement::blob(int index) const {
  if (sqlite3_column_type(handle_, index) != SQLITE_BLOB) wrong_kind(index);
  const void* data = sqlite3_column_blob(handle_, index);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, index));
  if (data == nullptr || size == 0) return {};
  return {static_cast<const std::byte*>(data), size};
}

Transaction::Transaction(Database& database) : database_(database) { database_.execute("BEGIN IMMEDIATE"); }

Transaction::~Transaction() {
  // Not execute(): a destructor must not throw, and a failed rollback leaves nothing to do.
  if (open_) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace knobscope::session
