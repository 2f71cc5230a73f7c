#include "gui/views/column_filter.h"

#include <sstream>

#include "gui/widgets/figure_range.h"

namespace knobscope::gui {

bool lets_through(std::string_view filter, const FilteredCell& cell) {
  const std::string wanted = plain_text(filter);
  if (wanted.empty()) return true;
  if (cell.is_figure) {
    if (const auto range = read_range(wanted, cell.usual_unit)) return cell.number && range->contains(*cell.number);
  }
  const std::string text = plain_text(cell.text);
  std::istringstream words(wanted);
  for (std::string word; words >> word;) {
    if (text.find(word) == std::string::npos) return false;
  }
  return true;
}

}  // namespace knobscope::gui
