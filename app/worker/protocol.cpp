#include "worker/protocol.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "worker/fields.h"

namespace knobscope::worker {
namespace {

using wire::Json;

/// Types on the stream: the alternative's place, from 1 for the worker's messages, from 101 for the client's.
constexpr std::uint16_t kFirstFromWorker = 1;
constexpr std::uint16_t kFirstToWorker = 101;

/// Deeper nesting than any message has would only exhaust the parser's stack.
constexpr int kMaxDepth = 16;
/// A stream's first bytes, when they are no frame, are shown this far.
constexpr std::size_t kExcerpt = 80;

/// Walks a payload without keeping anything, and refuses what nests too deeply.
class DepthCheck final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return ++depth_ <= kMaxDepth; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t) override { return ++depth_ <= kMaxDepth; }
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  bool leave() {
    --depth_;
    return true;
  }
  int depth_ = 0;
};

void put(std::string& bytes, std::uint32_t value, int count) {
  for (int at = 0; at < count; ++at) bytes.push_back(static_cast<char>(value >> (8 * at)));
}

std::uint32_t get(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    value |= std::uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  }
  return value;
}

template <typename Message>
std::optional<std::string> encode_as(const Message& message, std::uint16_t first_type) {
  const Json json = std::visit([](const auto& each) { return wire::Writer::write(each); }, message);
  std::string payload;
  Json::to_cbor(json, payload);
  if (payload.size() > kMaxPayload) return std::nullopt;
  std::string frame;
  frame.reserve(kHeaderSize + payload.size());
  put(frame, static_cast<std::uint32_t>(payload.size()), 4);
  put(frame, kProtocolVersion, 2);
  put(frame, static_cast<std::uint32_t>(first_type + message.index()), 2);
  frame += payload;
  return frame;
}

template <typename Message, std::size_t... Index>
Message make_alternative(std::size_t index, std::index_sequence<Index...>) {
  Message message;
  (void)((index == Index ? (message.template emplace<Index>(), true) : false) || ...);
  return message;
}

/// A message whose pointers are null where they must not be.
bool is_hollow(const FromWorker& message) {
  if (const auto* done = std::get_if<PointDone>(&message)) return done->point == nullptr;
  if (const auto* found = std::get_if<ErrorsFound>(&message)) return found->region == nullptr;
  if (const auto* changed = std::get_if<CatalogChanged>(&message)) return changed->catalog == nullptr;
  return false;
}
bool is_hollow(const ToWorker&) { return false; }

template <typename Message>
std::variant<Message, ProtocolFault> decode_as(const Frame& frame, std::uint16_t first_type) {
  constexpr std::size_t kinds = std::variant_size_v<Message>;
  if (frame.type < first_type || frame.type >= first_type + kinds) {
    return ProtocolFault{
        fmt::format("message type {} is not known; use the same version of Knobscope on both sides", frame.type)};
  }
  try {
    DepthCheck check;
    if (!Json::sax_parse(frame.payload, &check, Json::input_format_t::cbor)) {
      return ProtocolFault{fmt::format("a message of type {} is not valid CBOR", frame.type)};
    }
    const Json json = Json::from_cbor(frame.payload);
    auto message = make_alternative<Message>(frame.type - first_type, std::make_index_sequence<kinds>());
    std::visit([&json](auto& each) { wire::Reader::read(json, each); }, message);
    if (is_hollow(message)) return ProtocolFault{fmt::format("a message of type {} is empty", frame.type)};
    return message;
  } catch (const wire::WireError& error) {
    return ProtocolFault{fmt::format("a message of type {} is wrong at {}", frame.type, error.what())};
  } catch (const std::exception& error) {
    return ProtocolFault{fmt::format("a message of type {} cannot be read: {}", frame.type, error.what())};
  }
}

/// The beginning of a stream that is no protocol: mostly what a shell or a loader had to say.
std::string excerpt(std::string_view bytes) {
  std::string text;
  for (const char c : bytes.substr(0, kExcerpt)) text += (c >= ' ' && c <= '~') ? c : '.';
  return text;
}

}  // namespace

std::optional<std::string> encode(const FromWorker& message) { return encode_as(message, kFirstFromWorker); }
std::optional<std::string> encode(const ToWorker& message) { return encode_as(message, kFirstToWorker); }

std::variant<FromWorker, ProtocolFault> decode_from_worker(const Frame& frame) {
  return decode_as<FromWorker>(frame, kFirstFromWorker);
}
std::variant<ToWorker, ProtocolFault> decode_to_worker(const Frame& frame) {
  return decode_as<ToWorker>(frame, kFirstToWorker);
}

std::variant<std::monostate, Frame, ProtocolFault> FrameReader::next() {
  const std::string_view bytes = std::string_view(buffer_).substr(at_);
  if (bytes.size() < kHeaderSize) return std::monostate{};
  const std::size_t length = get(bytes, 0, 4);
  const std::uint32_t version = get(bytes, 4, 2);
  constexpr std::uint32_t implausible_version = 1000;
  if (version >= implausible_version || length > kMaxPayload) {
    return ProtocolFault{
        fmt::format("the other side does not speak Knobscope's protocol; its bytes begin with \"{}\"", excerpt(bytes))};
  }
  if (version != kProtocolVersion) {
    return ProtocolFault{fmt::format(
        "the other side speaks version {} of the protocol, this program version {}; use the same version of "
        "Knobscope on both sides",
        version, kProtocolVersion)};
  }
  if (bytes.size() < kHeaderSize + length) return std::monostate{};
  Frame frame;
  frame.type = static_cast<std::uint16_t>(get(bytes, 6, 2));
  frame.payload = bytes.substr(kHeaderSize, length);
  at_ += kHeaderSize + length;
  if (at_ == buffer_.size()) {
    buffer_.clear();
    at_ = 0;
  } else if (at_ > buffer_.size() / 2) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  return frame;
}

namespace wire {

std::string valid_utf8(const std::string& text) {
  std::string clean;
  bool changed = false;
  std::size_t at = 0;
  // Length of the valid sequence at `at`, or 0 (RFC 3629: no surrogates, nothing overlong, nothing past U+10FFFF).
  const auto sequence = [&text](std::size_t from) -> std::size_t {
    const auto byte = [&](std::size_t offset) -> unsigned {
      return from + offset < text.size() ? static_cast<unsigned char>(text[from + offset]) : 0U;
    };
    const auto continues = [&](std::size_t offset) { return (byte(offset) & 0xC0U) == 0x80U; };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
      if (first == 0xE0 && byte(1) < 0xA0) return 0;
      if (first == 0xED && byte(1) > 0x9F) return 0;
      return continues(1) && continues(2) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
      if (first == 0xF0 && byte(1) < 0x90) return 0;
      if (first == 0xF4 && byte(1) > 0x8F) return 0;
      return continues(1) && continues(2) && continues(3) ? 4 : 0;
    }
    return 0;
  };
  std::size_t kept_from = 0;
  while (at < text.size()) {
    const std::size_t length = sequence(at);
    if (length > 0) {
      at += length;
      continue;
    }
    changed = true;
    clean.append(text, kept_from, at - kept_from);
    clean += "\xEF\xBF\xBD";
    kept_from = ++at;
  }
  if (!changed) return text;
  clean.append(text, kept_from, std::string::npos);
  return clean;
}

}  // namespace wire
}  // namespace knobscope::worker
