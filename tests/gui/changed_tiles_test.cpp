// Which parts of a frame are drawn again, from triangles alone: no OpenGL here.

#include "gui/render/changed_tiles.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <imgui_internal.h>

namespace knobscope::test {
namespace {

using gui::PixelRect;

constexpr ImU32 kGround = IM_COL32(10, 12, 14, 255);
constexpr ImU32 kRed = IM_COL32(200, 0, 0, 255);
constexpr ImU32 kGreen = IM_COL32(0, 200, 0, 255);
constexpr gui::WindowSize kSize = {320, 200};

/// A frame of one list over an atlas of its own.
class Frame {
 public:
  Frame() : list_(&shared_) {
    shared_.TexUvWhitePixel = {0.5F, 0.5F};
    atlas_.UniqueID = 1;
    atlas_.Status = ImTextureStatus_OK;
    list_._ResetForNewFrame();
    ImTextureRef texture;
    texture._TexData = &atlas_;
    list_.PushTexture(texture);
    list_.PushClipRect({0.0F, 0.0F}, {320.0F, 200.0F});
    data_.DisplaySize = {320.0F, 200.0F};
    data_.FramebufferScale = {1.0F, 1.0F};
  }

  ImDrawList& list() { return list_; }
  ImDrawData& data() {
    data_.CmdLists.clear();
    data_.CmdLists.push_back(&list_);
    return data_;
  }
  Frame& rectangle(ImVec2 low, ImVec2 high, ImU32 color = kRed) {
    list_.PrimReserve(6, 4);
    list_.PrimRect(low, high, color);
    return *this;
  }
  /// A texture that is not ImGui's.
  Frame& image(ImTextureID texture, ImVec2 low, ImVec2 high) {
    list_.AddImage(texture, low, high);
    return *this;
  }

 private:
  ImDrawListSharedData shared_;
  ImTextureData atlas_;
  ImDrawList list_;
  ImDrawData data_;
};

class ChangedTiles : public testing::Test {
 protected:
  std::vector<PixelRect> follow(Frame& frame, std::uint64_t pictures = 0) {
    return tiles_.follow(frame.data(), kSize, kGround, pictures).rects;
  }
  std::vector<gui::Fill> fills(Frame& frame) { return tiles_.follow(frame.data(), kSize, kGround, 0).fills; }

  gui::ChangedTiles tiles_;
};

std::vector<PixelRect> whole() { return {{0, 0, kSize.width, kSize.height}}; }

TEST_F(ChangedTiles, TheFirstFrameIsNewAndTheSameOnceMoreIsNot) {
  Frame first;
  Frame same;
  first.rectangle({40.0F, 40.0F}, {50.0F, 50.0F});
  same.rectangle({40.0F, 40.0F}, {50.0F, 50.0F});
  EXPECT_EQ(follow(first), whole());
  EXPECT_EQ(follow(same), std::vector<PixelRect>{});
  tiles_.forget();
  EXPECT_EQ(follow(same), whole());
}

TEST_F(ChangedTiles, WhatMovesChangesWhereItWasAndWhereItIs) {
  Frame before;
  Frame after;
  follow(before.rectangle({40.0F, 40.0F}, {50.0F, 50.0F}).rectangle({200.0F, 100.0F}, {210.0F, 110.0F}));
  after.rectangle({40.0F, 170.0F}, {50.0F, 180.0F}).rectangle({200.0F, 100.0F}, {210.0F, 110.0F});
  EXPECT_EQ(follow(after), (std::vector<PixelRect>{{32, 32, 32, 32}, {32, 160, 32, 32}}));
}

TEST_F(ChangedTiles, NeighboursAreOneRectangleAndTheEdgeIsThePictures) {
  Frame before;
  Frame after;
  follow(before);
  // Tiles of columns 8 and 9 and of rows 5 and 6, of which the last is cut by the edge at 200.
  EXPECT_EQ(follow(after.rectangle({260.0F, 170.0F}, {319.0F, 199.0F})), (std::vector<PixelRect>{{256, 160, 64, 40}}));
}

TEST_F(ChangedTiles, TheOrderCounts) {
  Frame red_above;
  Frame green_above;
  red_above.rectangle({40.0F, 40.0F}, {50.0F, 50.0F}, kGreen).rectangle({40.0F, 40.0F}, {50.0F, 50.0F}, kRed);
  green_above.rectangle({40.0F, 40.0F}, {50.0F, 50.0F}, kRed).rectangle({40.0F, 40.0F}, {50.0F, 50.0F}, kGreen);
  follow(red_above);
  EXPECT_EQ(follow(green_above), (std::vector<PixelRect>{{32, 32, 32, 32}}));
}

TEST_F(ChangedTiles, ColorsClipsAndTheGroundCount) {
  Frame red;
  Frame green;
  follow(red.rectangle({40.0F, 40.0F}, {50.0F, 50.0F}));
  EXPECT_EQ(follow(green.rectangle({40.0F, 40.0F}, {50.0F, 50.0F}, kGreen)),
            (std::vector<PixelRect>{{32, 32, 32, 32}}));
  Frame clipped;
  clipped.list().PushClipRect({0.0F, 0.0F}, {45.0F, 200.0F});
  EXPECT_EQ(follow(clipped.rectangle({40.0F, 40.0F}, {50.0F, 50.0F}, kGreen)),
            (std::vector<PixelRect>{{32, 32, 32, 32}}));
  EXPECT_FALSE(tiles_.follow(clipped.data(), kSize, kRed, 0).rects.empty());
}

TEST_F(ChangedTiles, WhatIsClippedAwayDoesNotCount) {
  Frame before;
  Frame after;
  follow(before);
  after.list().PushClipRect({100.0F, 100.0F}, {120.0F, 120.0F});
  after.list().AddTriangleFilled({0.0F, 0.0F}, {60.0F, 0.0F}, {0.0F, 60.0F}, kRed);
  EXPECT_EQ(follow(after), std::vector<PixelRect>{});
}

TEST_F(ChangedTiles, ATextureWithNewContentChangesOnlyWhereItIsShown) {
  Frame frame;
  frame.rectangle({40.0F, 40.0F}, {50.0F, 50.0F}).image(7, {200.0F, 100.0F}, {210.0F, 110.0F});
  EXPECT_EQ(follow(frame, 1), whole());
  EXPECT_EQ(follow(frame, 1), std::vector<PixelRect>{});
  EXPECT_EQ(follow(frame, 2), (std::vector<PixelRect>{{192, 96, 32, 32}}));
}

TEST_F(ChangedTiles, AnotherSizeAndCallbacksAreDrawnWhole) {
  Frame frame;
  follow(frame);
  EXPECT_EQ(tiles_.follow(frame.data(), {319, 200}, kGround, 0).rects, (std::vector<PixelRect>{{0, 0, 319, 200}}));
  Frame calling;
  calling.list().AddCallback([](const ImDrawList*, const ImDrawCmd*) {}, nullptr);
  EXPECT_EQ(follow(calling), whole());
  EXPECT_EQ(follow(calling), whole());
}

TEST_F(ChangedTiles, FarAwayAndNotANumberAreNoTile) {
  Frame frame;
  follow(frame);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  frame.list().AddTriangleFilled({-1e30F, -1e30F}, {1e30F, -1e30F}, {0.0F, -1e29F}, kRed);
  frame.list().AddTriangleFilled({nan, nan}, {nan, nan}, {nan, nan}, kRed);
  EXPECT_EQ(follow(frame), std::vector<PixelRect>{});
}

TEST_F(ChangedTiles, AFrameAtTwicePixelsIsLookedAtInPixels) {
  Frame before;
  Frame after;
  before.data().FramebufferScale = {2.0F, 2.0F};
  after.data().FramebufferScale = {2.0F, 2.0F};
  tiles_.follow(before.data(), {640, 400}, kGround, 0);
  after.rectangle({40.0F, 40.0F}, {44.0F, 44.0F});
  EXPECT_EQ(tiles_.follow(after.data(), {640, 400}, kGround, 0).rects, (std::vector<PixelRect>{{64, 64, 32, 32}}));
}

TEST_F(ChangedTiles, AnOpaqueRectangleWithNothingBelowIsAFill) {
  Frame frame;
  frame.rectangle({8.0F, 8.0F}, {308.0F, 108.0F}, kRed).rectangle({20.0F, 20.0F}, {120.0F, 100.0F}, kGreen);
  const std::vector<gui::Fill> found = fills(frame);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].rect, (PixelRect{8, 8, 300, 100}));
  EXPECT_EQ(found[0].color, kRed);
  EXPECT_EQ(found[0].triangle, 0U);
  EXPECT_EQ(found[1].rect, (PixelRect{20, 20, 100, 80}));
  EXPECT_EQ(found[1].triangle, 2U);
}

TEST_F(ChangedTiles, WhatIsNotPlainIsNoFill) {
  Frame translucent;
  EXPECT_TRUE(fills(translucent.rectangle({8.0F, 8.0F}, {308.0F, 108.0F}, IM_COL32(200, 0, 0, 128))).empty());
  Frame between_pixels;
  EXPECT_TRUE(fills(between_pixels.rectangle({8.5F, 8.0F}, {308.0F, 108.0F})).empty());
  Frame above_something;
  above_something.rectangle({60.0F, 60.0F}, {70.0F, 70.0F}, kGreen).rectangle({8.0F, 8.0F}, {308.0F, 108.0F});
  EXPECT_TRUE(fills(above_something).empty());
  Frame graded;
  graded.list().AddRectFilledMultiColor({8.0F, 8.0F}, {308.0F, 108.0F}, kRed, kGreen, kGreen, kRed);
  EXPECT_TRUE(fills(graded).empty());
  Frame picture;
  EXPECT_TRUE(fills(picture.image(7, {8.0F, 8.0F}, {308.0F, 108.0F})).empty());
}

TEST_F(ChangedTiles, AFillIsCutByItsClip) {
  Frame frame;
  frame.list().PushClipRect({100.0F, 0.0F}, {300.0F, 60.0F});
  const std::vector<gui::Fill> found = fills(frame.rectangle({8.0F, 8.0F}, {308.0F, 108.0F}));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front().rect, (PixelRect{100, 8, 200, 52}));
}

}  // namespace
}  // namespace knobscope::test
