#include "worker/outbox.h"

#include <cerrno>

#include <poll.h>
#include <unistd.h>

namespace knobscope::worker {

void Outbox::send(const FromWorker& message) {
  std::optional<std::string> frame = encode(message);
  if (!frame) {
    frame = encode(FromWorker(LogMessage{LogLevel::error,
                                         "a message was too large to send: the kernel files or the "
                                         "compiler's output are larger than 64 MiB"}));
  }
  const std::lock_guard lock(mutex_);
  if (!broken_) broken_ = !write_all(*frame);
}

bool Outbox::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd waiting{fd_, POLLOUT, 0};
      ::poll(&waiting, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace knobscope::worker
