#include "gui/shell/session_reader.h"

#include <algorithm>
#include <utility>

#include "gui/shell/is_ready.h"

namespace knobscope::gui {

SessionReader::~SessionReader() {
  cancel();
  for (const std::shared_ptr<Job>& job : given_up_) job->outcome.wait();
}

void SessionReader::begin(const std::filesystem::path& file, Purpose purpose) {
  cancel();
  job_ = std::make_shared<Job>();
  job_->file = file;
  job_->purpose = purpose;
  // The job outlives its thread: it is kept until the outcome is there.
  job_->outcome = std::async(std::launch::async, [job = job_.get()] {
    Outcome outcome{job->file, job->purpose, {}, {}};
    try {
      outcome.recorded = session::load(job->file, [job](double share) {
        job->share = share;
        return !job->cancelled;
      });
    } catch (const session::SessionError& error) {
      outcome.fault = error.what();
    }
    return outcome;
  });
}

std::filesystem::path SessionReader::file() const { return job_ ? job_->file : std::filesystem::path(); }

double SessionReader::share() const { return job_ ? job_->share.load() : 0.0; }

void SessionReader::cancel() {
  std::erase_if(given_up_, [](const std::shared_ptr<Job>& job) { return is_ready(job->outcome); });
  if (!job_) return;
  job_->cancelled = true;
  given_up_.push_back(std::exchange(job_, nullptr));
}

std::optional<SessionReader::Outcome> SessionReader::take() {
  if (!job_ || !is_ready(job_->outcome)) return std::nullopt;
  return std::exchange(job_, nullptr)->outcome.get();
}

}  // namespace knobscope::gui
