#pragma once
// What there is to say about lines of a kernel file (compiler messages, findings), and the file's text with those
// sentences set between its lines, so that each can be read where it belongs. Pure.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/finding.h"

namespace knobscope::gui {

/// Something said about a line of the kernel file.
struct SourceMark {
  int line = 0;  ///< 1-based
  std::string message;
  bool is_error = true;     ///< else a warning, or the innocent side of a race
  bool spelled_out = true;  ///< set below its line; else only shown while the mouse is over the line
};

/// Finds "…<file>(12): error: …" (NVRTC) and "…<file>:12:5: error: …" (g++, clang) in a compile log. `file` is the
/// kernel file's name without folder.
std::vector<SourceMark> source_marks(const std::string& log, const std::string& file);

/// The marks of findings in the file `id` (Variant::id), in their order: the line that is to blame, and for a race the
/// other line too. What lies in other files alone has no mark.
std::vector<SourceMark> finding_marks(std::span<const Finding> findings, const std::string& id);

/// The line of `id` that a finding points at; nothing when it knows none, or only one of another file.
std::optional<int> line_in(const Finding& finding, const std::string& id);

/// One row of the text on screen.
struct SourceRow {
  int line = 0;          ///< the file's line that stands here; 0 for a row of a message
  int about = 0;         ///< the line that is marked or talked about; 0 for an ordinary line
  bool is_error = true;  ///< of the gravest mark about that line
  std::string message;   ///< text of a message's row
};

/// A file's text as it is shown: its lines, and below each marked one rows left empty for what is said about it.
struct AnnotatedSource {
  std::string text;
  std::vector<SourceRow> rows;
  /// The row (from 0) of a line (from 1); the last row for a line past the end.
  std::size_t row_of(int line) const;
};

/// Messages are broken into rows of at most `columns` characters; a long one ends in "…" after its third row, and after
/// the third message about a line the number of further ones is said.
AnnotatedSource annotate(const std::string& source, std::span<const SourceMark> marks, std::size_t columns);

}  // namespace knobscope::gui
