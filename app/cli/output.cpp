#include "cli/output.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <system_error>

#include <fmt/format.h>
#include <unistd.h>

#include "session/export.h"

namespace knobscope::cli {
namespace {

bool write_all(std::FILE* stream, const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stream) == text.size() && std::fflush(stream) == 0;
}

std::string one_line(std::string text) {
  const std::size_t end = text.find('\n');
  if (end != std::string::npos) text.resize(end);
  return text;
}

std::string name_of_point(const Point& point) {
  const std::string knobs = format_knobs(point.request.knobs);
  return fmt::format("{}{}{}", point.variant_name.empty() ? point.request.variant : point.variant_name,
                     knobs.empty() ? "" : " ", knobs);
}

}  // namespace

int complain(const std::string& message, int exit_code) {
  fmt::print(stderr, "knobscope: {}\n", message);
  return exit_code;
}

bool write_text(const std::string& target, const std::string& text) {
  if (target == "-") {
    // A reader that has seen enough (knobscope list | head) is no mistake.
    if (write_all(stdout, text) || errno == EPIPE) return true;
    complain(fmt::format("standard output cannot be written ({})", std::strerror(errno)), kExitUsage);
    return false;
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(target.c_str(), "wb"), &std::fclose);
  if (file && write_all(file.get(), text)) return true;
  complain(fmt::format("{} cannot be written ({})", target, std::strerror(errno)), kExitUsage);
  return false;
}

std::string find_unwritable(const OutputArguments& output) {
  for (const auto& target : {output.json, output.csv, output.markdown}) {
    if (!target || *target == "-") continue;
    std::error_code ignored;
    const std::filesystem::path file = *target;
    const std::filesystem::path folder = std::filesystem::absolute(file).parent_path();
    if (std::filesystem::is_directory(file, ignored)) return fmt::format("{} is a folder; name a file", *target);
    if (!std::filesystem::is_directory(folder, ignored)) {
      return fmt::format("{} cannot be written: the folder {} does not exist; create it first", *target,
                         folder.string());
    }
    const bool exists = std::filesystem::exists(file, ignored);
    if (::access(exists ? file.c_str() : folder.c_str(), W_OK) != 0) {
      return fmt::format("{} cannot be written ({}); name another place", *target, std::strerror(errno));
    }
  }
  return {};
}

bool write_results(std::span<const PointPtr> points, std::span<const DeviceFacts> devices,
                   const OutputArguments& output, const Terminal& terminal) {
  bool good = true;
  bool out_is_taken = false;
  const auto write = [&](const std::optional<std::string>& target, auto make_text) {
    if (!target) return;
    out_is_taken = out_is_taken || *target == "-";
    good = write_text(*target, make_text()) && good;
  };
  write(output.json, [&] { return session::to_json(points, devices); });
  write(output.csv, [&] { return session::to_csv(points); });
  write(output.markdown, [&] { return session::to_markdown(points); });
  const bool color = terminal.color && (out_is_taken ? terminal.error_is_terminal : terminal.out_is_terminal);
  const std::string table = session::to_table(points, terminal.width, color);
  return write_all(out_is_taken ? stderr : stdout, table) && good;
}

int judge(std::span<const PointPtr> points) {
  const auto is_bad = [](const PointPtr& point) {
    return point->verdict == Verdict::failed || point->verdict == Verdict::wrong || point->verdict == Verdict::invalid;
  };
  const auto first = std::ranges::find_if(points, is_bad);
  if (first != points.end()) {
    const Point& point = **first;
    return complain(fmt::format("{} of {} points failed, were wrong or invalid; the first: {}: {}{}{}",
                                std::ranges::count_if(points, is_bad), points.size(), name_of_point(point),
                                name_of(point.verdict), point.reason.empty() ? "" : ": ", one_line(point.reason)),
                    kExitBadResult);
  }
  const bool none_ran =
      std::ranges::all_of(points, [](const PointPtr& point) { return point->verdict == Verdict::unfit; });
  if (none_ran && !points.empty()) {
    return complain(fmt::format("nothing could be measured: {}", one_line(points.front()->reason)), kExitBadResult);
  }
  return kExitOk;
}

}  // namespace knobscope::cli
