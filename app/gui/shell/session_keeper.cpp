#include "gui/shell/session_keeper.h"

#include <ctime>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "gui/widgets/format_number.h"
#include "session/session.h"

namespace knobscope::gui {

SessionKeeper::SessionKeeper() = default;
SessionKeeper::~SessionKeeper() = default;

void SessionKeeper::open(const std::filesystem::path& file) {
  auto writer = std::make_unique<session::Writer>(file);
  const std::scoped_lock lock(mutex_);
  writer_ = std::move(writer);
  file_ = file;
  devices_written_ = 0;
  written_.clear();
}

bool SessionKeeper::is_open() const {
  const std::scoped_lock lock(mutex_);
  return writer_ != nullptr;
}

std::filesystem::path SessionKeeper::file() const {
  const std::scoped_lock lock(mutex_);
  return file_;
}

std::int64_t SessionKeeper::first_point_id() const {
  const std::scoped_lock lock(mutex_);
  return writer_ ? writer_->next_point_id() : 1;
}

void SessionKeeper::add(const PointPtr& point) {
  const std::scoped_lock lock(mutex_);
  if (!writer_) return;
  try {
    writer_->add(*point);
    written_.insert(point->request.id);
  } catch (const session::SessionError& error) {
    fault_ = error.what();
  }
}

std::string SessionKeeper::save(const Snapshot& snapshot, const Plan& plan, const std::filesystem::path& fallback) {
  if (!is_open()) open(fallback);
  const std::scoped_lock lock(mutex_);
  for (; devices_written_ < snapshot.devices.size(); ++devices_written_)
    writer_->add(snapshot.devices[devices_written_]);
  writer_->add(plan);
  for (const Plan& sweep : std::exchange(sweeps_, {})) writer_->add(sweep);
  for (const PointPtr& point : *snapshot.points) {
    if (!written_.contains(point->request.id)) writer_->add(*point);
    written_.insert(point->request.id);
  }
  return fmt::format("Saved {} points to {}", format_count(static_cast<std::int64_t>(snapshot.points->size())),
                     file_.string());
}

void SessionKeeper::add(const Plan& sweep) {
  const std::scoped_lock lock(mutex_);
  if (!writer_) {
    sweeps_.push_back(sweep);
    return;
  }
  try {
    writer_->add(sweep);
  } catch (const session::SessionError& error) {
    fault_ = error.what();
  }
}

void SessionKeeper::know(const std::vector<PointPtr>& points) {
  const std::scoped_lock lock(mutex_);
  for (const PointPtr& point : points) written_.insert(point->request.id);
}

std::optional<std::string> SessionKeeper::take_fault() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(fault_, std::nullopt);
}

std::filesystem::path new_session_file(const std::filesystem::path& folder) { return new_file(folder, ".session"); }

std::filesystem::path new_file(const std::filesystem::path& folder, const std::string& end) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
#ifdef _WIN32
  localtime_s(&local, &now);
#else
  localtime_r(&now, &local);
#endif
  const std::string stem = fmt::format("knobscope-{:04}-{:02}-{:02}-{:02}{:02}{:02}", local.tm_year + 1900,
                                       local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec);
  std::filesystem::path file = folder / (stem + end);
  std::error_code unreadable;
  for (int number = 2; std::filesystem::exists(file, unreadable); ++number) {
    file = folder / fmt::format("{}-{}{}", stem, number, end);
  }
  return file;
}

}  // namespace knobscope::gui
