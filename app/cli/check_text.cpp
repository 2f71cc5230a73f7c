#include "cli/check_text.h"

#include <sstream>

#include <fmt/format.h>

namespace knobscope::cli {
namespace {

constexpr int kMostLogLines = 12;

constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kPlain = "\x1b[0m";

/// Control characters of a kernel's message must not reach a terminal.
std::string one_line(const std::string& text) {
  std::string line;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '\n' || c == '\t') {
      line += ' ';
    } else if (code >= 0x20 && code != 0x7f) {
      line += c;
    }
  }
  return line;
}

class Writer {
 public:
  Writer(const ShownFile& shown_file, bool color) : shown_file_(shown_file), color_(color) {}

  void add(const CheckedFinding& found) {
    Finding finding = found.finding;
    for (SourcePlace* place : {&finding.at, &finding.within, &finding.other_at}) {
      if (!place->file.empty()) place->file = shown_file_(place->file);
    }
    std::string line = format_finding(finding);
    if (finding.at.file.empty()) line = fmt::format("{}: {}", shown_file_(found.first->request.variant), line);
    const std::size_t word = line.find(": ") + 2;
    add_line(line.substr(0, word), name_of(finding.kind), line.substr(word + name_of(finding.kind).size()), kRed);
    add_where(*found.first, found.points, found.of);
  }

  void add(const CheckedOutcome& outcome, std::string_view word, std::string_view paint) {
    const Point& point = *outcome.first;
    const std::string& id = point.request.variant;
    const std::string shown = shown_file_(id);
    std::string reason = outcome.reason;
    for (std::size_t at = reason.find(id); shown != id && at != std::string::npos;
         at = reason.find(id, at + shown.size())) {
      reason.replace(at, id.size(), shown);
    }
    // A reason that names the line says the place itself: "mine.cu:38: inline PTX cannot be played".
    std::string place = shown + ": ";
    const std::size_t digits = reason.find_first_not_of("0123456789", shown.size() + 1);
    if (reason.starts_with(shown + ":") && digits != std::string::npos && digits > shown.size() + 1 &&
        reason.compare(digits, 2, ": ") == 0) {
      place = reason.substr(0, digits + 2);
      reason.erase(0, digits + 2);
    }
    add_line(place, word, ": " + reason, paint);
    if (point.verdict == Verdict::failed) add_log(point.compile_log);
    add_where(point, outcome.points, outcome.of);
  }

  void add_painted(const std::string& text, std::string_view paint) { text_ += painted(text, paint) + "\n"; }

  std::string take() { return std::move(text_); }

 private:
  std::string painted(std::string_view text, std::string_view paint) const {
    return color_ ? fmt::format("{}{}{}", paint, text, kPlain) : std::string(text);
  }

  void add_line(const std::string& place, std::string_view word, const std::string& rest, std::string_view paint) {
    text_ += painted(one_line(place), kBold) + painted(word, paint) + one_line(rest) + "\n";
  }

  void add_where(const Point& point, std::int64_t points, std::int64_t of) {
    const Problem& problem = point.request.problem;
    const std::string knobs = format_knobs(point.request.knobs);
    std::string where = fmt::format("shape {}", format_shape(problem.shape));
    if (family_of(problem.operation) == Family::layernorm && problem.normalized_dims > 1) {
      where += fmt::format(" (last {} dims)", problem.normalized_dims);
    }
    if (problem.layout != Layout::nchw) where += fmt::format(", {}", name_of(problem.layout));
    if (problem.activation != Activation::none) where += fmt::format(", {}", name_of(problem.activation));
    where += fmt::format(", {}", name_of(problem.type));
    const Distribution& distribution = problem.distribution;
    if (distribution.kind == DistributionKind::offset) {
      where += fmt::format(", offset {}", distribution.offset);
    } else if (distribution.kind != DistributionKind::normal) {
      where += fmt::format(", {}", name_of(distribution.kind));
    }
    if (!knobs.empty()) where += ", " + knobs;
    text_ += painted(fmt::format("    first seen with {}; in {} of {} points", where, points, of), kDim) + "\n";
  }

  void add_log(const std::string& log) {
    std::istringstream lines(log);
    int count = 0;
    for (std::string line; std::getline(lines, line);) {
      if (++count > kMostLogLines) {
        text_ += "    …\n";
        return;
      }
      text_ += "    " + one_line(line) + "\n";
    }
  }

  const ShownFile& shown_file_;
  bool color_;
  std::string text_;
};

}  // namespace

std::string check_text(const CheckReport& report, const DeviceFacts& device, const ShownFile& shown_file, bool color) {
  Writer writer(shown_file, color);
  for (const CheckedFinding& finding : report.findings) writer.add(finding);
  for (const CheckedOutcome& outcome : report.wrong) writer.add(outcome, "wrong", kRed);
  for (const CheckedOutcome& outcome : report.failed) writer.add(outcome, "failed", kRed);
  for (const CheckedOutcome& outcome : report.unfit) writer.add(outcome, "does not fit", kDim);
  writer.add_painted(summary_of(report), report.clean() && report.ran > 0 ? kGreen : kRed);
  if (!is_timed(device.kind)) writer.add_painted("emulated: errors are real, times are not measured", kDim);
  return writer.take();
}

}  // namespace knobscope::cli
