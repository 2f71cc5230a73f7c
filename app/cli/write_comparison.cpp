#include "cli/write_comparison.h"

#include <cstdio>

#include <fmt/format.h>

#include "cli/output.h"

namespace knobscope::cli {

bool write_comparison(const ComparedSessions& compared, const session::ComparedNames& names,
                      const OutputArguments& output) {
  bool good = true;
  if (output.json) good = write_text(*output.json, session::comparison_to_json(compared, names)) && good;
  if (output.csv) good = write_text(*output.csv, session::comparison_to_csv(compared)) && good;
  if (output.markdown) good = write_text(*output.markdown, session::comparison_to_markdown(compared, names)) && good;
  const bool out_is_taken = output.json == "-" || output.csv == "-" || output.markdown == "-";
  const Terminal terminal = inspect_terminal();
  const bool color = terminal.color && (out_is_taken ? terminal.error_is_terminal : terminal.out_is_terminal);
  const std::string table = session::comparison_to_table(compared, names, terminal.width, color);
  if (!out_is_taken) return write_text("-", table) && good;
  fmt::print(stderr, "{}", table);
  return good;
}

}  // namespace knobscope::cli
