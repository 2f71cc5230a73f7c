#pragma once
// What a worker and its client say to each other, and how it looks on a byte stream.
//
// A frame is a header of eight bytes, little endian, and a payload:
//   u32 bytes of payload (at most kMaxPayload) · u16 protocol version · u16 message type · payload (CBOR)
// Series of numbers (samples, error maps) are CBOR byte strings of little-endian IEEE values.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/error_region.h"
#include "core/known_ceilings.h"
#include "core/series_step.h"
#include "core/snapshot.h"

namespace knobscope::worker {

/// Grows with every change of a message. Both sides must speak the same.
inline constexpr std::uint16_t kProtocolVersion = 6;
inline constexpr std::size_t kHeaderSize = 8;
inline constexpr std::size_t kMaxPayload = std::size_t{64} << 20;

/// How a worker ends when it says so itself.
inline constexpr int kExitDeviceLost = 75;  ///< the result was sent; only a new process can use the device again
inline constexpr int kExitProtocol = 76;    ///< the client's bytes made no sense

// Worker to client. -------------------------------------------------------------------------------------------------

struct Hello {
  std::string program_version;
  std::int64_t process = 0;  ///< the worker's process id where it runs
};
struct CatalogChanged {
  std::shared_ptr<const Catalog> catalog;
};
/// From now on the worker takes requests.
struct DevicesFound {
  std::vector<DeviceFacts> devices;  ///< best first
};
struct PhaseChanged {
  std::int64_t id = 0;
  Phase phase = Phase::queued;
};
struct SamplesTaken {
  std::int64_t id = 0;
  Phase phase = Phase::cold;
  SeriesStep step;
};
/// The engine got further with this point. Sent by the engine only, so that a hung kernel is silent.
struct Alive {
  std::int64_t id = 0;
  std::optional<double> done;  ///< part of the phase that is done (0 to 1), where a long one tells
};
struct CeilingMeasured {
  Ceiling ceiling;
};
struct PointDone {
  PointPtr point;
};
struct PointCancelled {
  std::int64_t id = 0;
};
struct LogMessage {
  LogLevel level = LogLevel::info;
  std::string text;
};
/// The answer to FindErrors.
struct ErrorsFound {
  ErrorRegionPtr region;
};

using FromWorker = std::variant<Hello, CatalogChanged, DevicesFound, PhaseChanged, SamplesTaken, Alive, CeilingMeasured,
                                PointDone, PointCancelled, LogMessage, ErrorsFound>;

// Client to worker. -------------------------------------------------------------------------------------------------

struct MeasurePoint {
  PointRequest request;
};
struct CancelPoint {
  std::int64_t id = 0;
};
struct Shutdown {};
/// Before any point: of a device that has not been opened yet.
struct KnowCeilings {
  KnownCeilings known;
};
/// Answered with ErrorsFound, or with PointCancelled after CancelPoint; its id is below 0.
struct FindErrors {
  ErrorRequest request;
};

using ToWorker = std::variant<MeasurePoint, CancelPoint, Shutdown, KnowCeilings, FindErrors>;

// Bytes. ------------------------------------------------------------------------------------------------------------

/// A whole frame. Text that is not UTF-8 (a compiler's output, a kernel's printf) has its bad bytes replaced by U+FFFD.
/// Nothing when the payload would be larger than kMaxPayload.
std::optional<std::string> encode(const FromWorker& message);
std::optional<std::string> encode(const ToWorker& message);

struct Frame {
  std::uint16_t type = 0;
  std::string payload;
};

/// What is wrong with the bytes, in a sentence that says what to do.
struct ProtocolFault {
  std::string message;
};

/// Never throw on any bytes.
std::variant<FromWorker, ProtocolFault> decode_from_worker(const Frame& frame);
std::variant<ToWorker, ProtocolFault> decode_to_worker(const Frame& frame);

/// Cuts a stream into frames.
class FrameReader {
 public:
  void feed(std::string_view bytes) { buffer_ += bytes; }
  /// The next whole frame; std::monostate when more bytes are needed; a fault when the stream is not this protocol
  /// (then nothing more can be read from it).
  std::variant<std::monostate, Frame, ProtocolFault> next();
  /// Bytes of a frame that has not ended.
  std::size_t pending() const { return buffer_.size() - at_; }

 private:
  std::string buffer_;
  std::size_t at_ = 0;
};

}  // namespace knobscope::worker
