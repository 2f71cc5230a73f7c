// A ring of slots that bulk copies fill: right and without a finding when every slot is used many times, by blocks that
// get many rows, few or none.

#include <algorithm>

#include <gtest/gtest.h>

#include "emulated/bench.h"

namespace knobscope::emulated_tests {
namespace {

constexpr const char* kLibrary = KNOBSCOPE_SOURCE_DIR "/kernels";
constexpr const char* kRing = "layernorm_forward/08_bulk_ring.cu";
constexpr const char* kGridOnChip = "layernorm_forward/09_grid_on_chip.cu";

class BulkRing : public testing::Test {
 protected:
  void expect_sound(std::vector<std::int64_t> shape, ElementType type, const KnobValues& changes,
                    const char* file = kRing) {
    const Variant* ring = catalog_.find(file);
    ASSERT_NE(ring, nullptr);
    KnobValues knobs = default_knobs(*ring);
    for (const auto& [name, value] : changes) knobs.at(name) = value;
    Problem problem;
    problem.operation = ring->operation;
    problem.shape = std::move(shape);
    problem.type = type;
    const PointPtr point = bench_.play(*ring, problem, knobs, true);
    EXPECT_EQ(point->verdict, Verdict::pass) << describe(*point);
    EXPECT_TRUE(point->findings.empty()) << describe(*point);
  }

  Bench bench_{kLibrary};
  Catalog catalog_ = catalog::scan(kLibrary);
};

TEST_F(BulkRing, goes_round_many_times) {
  // Four blocks, 33 rows each.
  for (const std::int64_t tickets : {0, 1}) {
    expect_sound({132, 40}, ElementType::f32, {{"block", 64}, {"per_sm", 1}, {"stages", 2}, {"tickets", tickets}});
    expect_sound({132, 33}, ElementType::bf16, {{"block", 32}, {"per_sm", 1}, {"stages", 3}, {"tickets", tickets}});
  }
}

TEST_F(BulkRing, has_a_single_slot) {
  expect_sound({37, 40}, ElementType::f32, {{"block", 64}, {"per_sm", 1}, {"stages", 1}});
}

TEST_F(BulkRing, has_blocks_that_no_row_is_left_for) {
  // 16 blocks of which the last ones wait with empty slots; then one row more than there is room for.
  expect_sound({17, 64}, ElementType::f32, {{"block", 32}, {"stages", 3}});
  expect_sound({49, 64}, ElementType::f32, {{"block", 32}, {"stages", 3}});
}

TEST_F(BulkRing, leaves_the_tickets_as_it_found_them) {
  // Each order of play is a launch of its own that the one before must leave all rows to.
  expect_sound({70, 16}, ElementType::f32, {{"block", 32}, {"per_sm", 2}, {"stages", 2}, {"tickets", 1}});
}

TEST_F(BulkRing, takes_long_rows_and_rows_without_a_whole_pack) {
  expect_sound({3, 12'001}, ElementType::f32, {{"block", 1024}, {"packs", 4}});
  expect_sound({9, 3}, ElementType::f32, {{"block", 32}});
}

TEST_F(BulkRing, of_a_grid_is_shorter_than_a_row) {
  // 12 chunks of 1024 floats a block, of which 4 are parked before the last ones have a slot.
  expect_sound({3, 49'152}, ElementType::f32, {{"slots", 8}, {"in_flight", 4}}, kGridOnChip);
}

}  // namespace
}  // namespace knobscope::emulated_tests
