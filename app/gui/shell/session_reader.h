#pragma once
// Reads a session file beside the frames: one of a hundred thousand points takes seconds.

#include <atomic>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "session/session.h"

namespace knobscope::gui {

class SessionReader {
 public:
  enum class Purpose { show, compare };  ///< as the session that is seen, or as the older one to compare with

  struct Outcome {
    std::filesystem::path file;
    Purpose purpose = Purpose::show;
    session::Recorded recorded;
    std::string fault;  ///< why it could not be read, and what to do; empty when it was
  };

  SessionReader() = default;
  /// Ends what is being read.
  ~SessionReader();
  SessionReader(const SessionReader&) = delete;
  SessionReader& operator=(const SessionReader&) = delete;

  /// Starts on a file. One that is being read is given up.
  void begin(const std::filesystem::path& file, Purpose purpose);
  bool is_reading() const { return job_ != nullptr; }
  bool is_reading_for(Purpose purpose) const { return job_ && job_->purpose == purpose; }
  /// The file that is being read; empty when there is none.
  std::filesystem::path file() const;
  /// How much of it is read, 0 to 1.
  double share() const;
  void cancel();
  /// What came of it, once; nothing while it is being read, and after it was cancelled.
  std::optional<Outcome> take();

 private:
  struct Job {
    std::filesystem::path file;
    Purpose purpose = Purpose::show;
    std::atomic<double> share = 0.0;
    std::atomic<bool> cancelled = false;
    std::future<Outcome> outcome;
  };
  std::shared_ptr<Job> job_;                    ///< null: nothing is being read
  std::vector<std::shared_ptr<Job>> given_up_;  ///< that have not noticed yet
};

}  // namespace knobscope::gui
