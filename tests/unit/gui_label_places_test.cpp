#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gui/views/label_places.h"

namespace knobscope::gui {
namespace {

using testing::ElementsAre;
using Places = std::vector<float>;

TEST(LabelPlaces, StandBesideTheirLinesWhereThereIsRoom) {
  EXPECT_THAT(places_of_labels(Places{20, 50, 90}, 14, 0, 100), ElementsAre(20, 50, 90));
  EXPECT_TRUE(places_of_labels({}, 14, 0, 100).empty());
}

TEST(LabelPlaces, SpreadToBothSidesOfACrowd) {
  EXPECT_THAT(places_of_labels(Places{50, 50, 50}, 10, 0, 100), ElementsAre(40, 50, 60));
  EXPECT_THAT(places_of_labels(Places{48, 52, 80}, 10, 0, 100), ElementsAre(45, 55, 80));
  // A crowd that has spread meets another one, and they make room together.
  EXPECT_THAT(places_of_labels(Places{40, 40, 52}, 10, 0, 100), ElementsAre(34, 44, 54));
}

TEST(LabelPlaces, StayBetweenTheEdges) {
  EXPECT_THAT(places_of_labels(Places{2, 3, 40}, 10, 0, 100), ElementsAre(5, 15, 40));
  EXPECT_THAT(places_of_labels(Places{60, 99, 99}, 10, 0, 100), ElementsAre(60, 85, 95));
  EXPECT_THAT(places_of_labels(Places{1, 2, 3}, 10, 0, 20), ElementsAre(5, 15, 25)) << "more than there is room for";
}

}  // namespace
}  // namespace knobscope::gui
