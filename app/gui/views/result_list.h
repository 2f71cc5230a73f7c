#pragma once
// The rows of the results, kept: worked out when the points, a filter or the order changes, not for every frame.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gui/views/result_columns.h"
#include "gui/views/view.h"
#include "gui/widgets/figure_spread.h"

namespace knobscope::gui {

/// UI thread only.
class ResultList {
 public:
  /// Takes up the snapshot's points and what is set; nothing to do where that is as before.
  void follow(const ViewContext& context, ResultColumn order, bool ascending);
  /// How many points all filters let through.
  std::size_t size() const { return chosen_.size(); }
  /// Those, in order. Precondition: row < size().
  const PointPtr& at(std::size_t row) const { return (*points_)[chosen_[row]]; }
  /// How the figures of a column lie, of all that contain the words of the results' filter: a range that is dragged
  /// does not change the track it is dragged on. Worked out when it is asked for. Precondition: follow(), and the
  /// column has figures.
  const FigureSpread& spread(const ViewContext& context, ResultColumn column);

 private:
  /// What a speed-up is over follows from these.
  struct Baseline {
    std::optional<std::int64_t> point;
    std::string device;
    const PointPtr* recorded = nullptr;
    std::size_t recorded_count = 0;
    bool operator==(const Baseline&) const = default;
  };
  /// Of all points of a list, in its order; NaN where there is none.
  struct Figures {
    std::shared_ptr<const std::vector<PointPtr>> of;
    Baseline baseline;
    std::vector<double> values;
  };
  struct Spread {
    FigureSpread spread;
    std::vector<std::uint8_t> bins;  ///< of all points
    std::uint64_t listing = 0;       ///< of which it is
    std::uint64_t choice = 0;
  };

  const std::vector<double>& figures(const ViewContext& context, ResultColumn column);
  void choose_rows(const ViewContext& context);

  std::shared_ptr<const std::vector<PointPtr>> points_;
  std::string words_;
  std::map<std::string, std::string, std::less<>> filters_;
  ResultColumn order_ = ResultColumn::rate;
  bool ascending_ = false;
  Baseline baseline_;
  std::vector<std::size_t> listed_;    ///< places of the points that contain the words, in order
  std::vector<std::size_t> by_place_;  ///< the same as they lie in memory
  std::vector<std::size_t> chosen_;    ///< those of listed_ that the columns' filters let through
  std::uint64_t listing_ = 0;          ///< counts changes of listed_
  std::uint64_t choice_ = 0;           ///< counts changes of chosen_
  std::map<ResultColumn, Figures> figures_;
  std::map<ResultColumn, Spread> spreads_;
};

/// Those of all points that pass the filter and the filters of columns.
std::vector<PointPtr> shown_rows(const ViewContext& context, ResultColumn order, bool ascending);

}  // namespace knobscope::gui
