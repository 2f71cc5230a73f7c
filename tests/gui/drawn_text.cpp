#include "gui/drawn_text.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "gui/shell/layout.h"

namespace knobscope::test {
namespace {

constexpr std::string_view kThin = "\xE2\x80\x89";

struct Glyph {
  ImFontBaked* baked = nullptr;
  ImFontGlyph glyph;
};

/// A corner in the atlas belongs to one glyph of one font at one size.
using Glyphs = std::map<std::pair<float, float>, Glyph>;

Glyphs glyphs_in_atlas() {
  Glyphs glyphs;
  auto& pool = ImGui::GetIO().Fonts->Builder->BakedPool;
  for (int i = 0; i < pool.Size; ++i) {
    ImFontBaked& baked = pool[i];
    if (baked.WantDestroy != 0) continue;
    for (const ImFontGlyph& glyph : baked.Glyphs) {
      if (glyph.Visible != 0) glyphs[{glyph.U0, glyph.V0}] = {&baked, glyph};
    }
  }
  return glyphs;
}

std::string utf8(unsigned codepoint) {
  char buffer[5] = {};
  ImTextCharToUtf8(buffer, codepoint);
  return buffer;
}

/// A glyph where it was drawn.
struct Placed {
  Glyph of;
  ImRect area;
  ImU32 color = 0;
  float scale = 1.0F;
  float pen = 0.0F;       ///< where the glyph's own width begins
  float baseline = 0.0F;  ///< up to a constant of the font
  bool cut = false;
};

/// What stands between two glyphs; nothing when the second begins another text.
std::optional<std::string> between(const Placed& last, const Placed& next) {
  if (last.of.baked != next.of.baked || last.color != next.color || std::abs(last.baseline - next.baseline) > 0.6F) {
    return std::nullopt;
  }
  const float gap = (next.pen - (last.pen + last.of.glyph.AdvanceX * last.scale)) / next.scale;
  if (gap < -0.6F) return std::nullopt;
  const auto advance = [&](ImWchar letter) {
    return next.of.baked->IsGlyphLoaded(letter) ? next.of.baked->GetCharAdvance(letter) : 0.0F;
  };
  const float thin = advance(0x2009);
  const float space = advance(' ');
  if (space <= 0.0F || gap < 0.4F * (thin > 0.0F ? std::min(thin, space) : space)) return "";
  if (thin > 0.0F && std::abs(gap - thin) < std::abs(gap - space)) return std::string(kThin);
  if (gap > 3.5F * space) return std::nullopt;
  return std::string(static_cast<std::size_t>(std::max(1.0F, std::round(gap / space))), ' ');
}

/// Puts the glyphs of one draw list together.
class Reader {
 public:
  Reader(const Glyphs& glyphs, std::vector<DrawnText>& texts) : glyphs_(glyphs), texts_(texts) {}

  void read(const ImDrawList& list) {
    window_ = list._OwnerName != nullptr ? list._OwnerName : "";
    last_.reset();
    const ImTextureID atlas = ImGui::GetIO().Fonts->TexRef.GetTexID();
    for (const ImDrawCmd& command : list.CmdBuffer) {
      if (command.UserCallback != nullptr || command.GetTexID() != atlas) continue;
      for (unsigned i = 0; i + 5 < command.ElemCount; i += 3) {
        const auto corner = [&](unsigned k) {
          return list.VtxBuffer[static_cast<int>(command.VtxOffset +
                                                 list.IdxBuffer[static_cast<int>(command.IdxOffset + i + k)])];
        };
        if (take(corner(0), corner(2), ImRect(command.ClipRect))) i += 3;
      }
    }
  }

 private:
  /// `first` and `third`: the corners at the upper left and lower right. False when that is no glyph.
  bool take(const ImDrawVert& first, const ImDrawVert& third, const ImRect& clip) {
    const auto found = glyphs_.find({first.uv.x, first.uv.y});
    if (found == glyphs_.end()) return false;
    const ImFontGlyph& glyph = found->second.glyph;
    if (std::abs(third.uv.y - glyph.V1) > 1e-6F) return false;
    Placed placed;
    placed.of = found->second;
    placed.area = {first.pos, third.pos};
    placed.color = first.col;
    placed.scale = placed.area.GetHeight() / std::max(glyph.Y1 - glyph.Y0, 1e-3F);
    placed.pen = first.pos.x - glyph.X0 * placed.scale;
    placed.baseline = first.pos.y - glyph.Y0 * placed.scale;
    if (!placed.area.Overlaps(clip)) return true;
    placed.cut = first.pos.x < clip.Min.x - 1.5F || third.pos.x > clip.Max.x + 1.5F;
    add(placed);
    return true;
  }

  void add(const Placed& placed) {
    const auto gap = last_ ? between(*last_, placed) : std::nullopt;
    if (!gap) {
      texts_.push_back({{}, placed.area, ImGui::ColorConvertU32ToFloat4(placed.color), window_, false});
    }
    DrawnText& text = texts_.back();
    text.text += gap.value_or("") + utf8(placed.of.glyph.Codepoint);
    text.area.Add(placed.area);
    text.cut = text.cut || placed.cut;
    last_ = placed;
  }

  const Glyphs& glyphs_;
  std::vector<DrawnText>& texts_;
  std::string window_;
  std::optional<Placed> last_;
};

std::string with_plain_spaces(std::string text) {
  for (std::size_t at = text.find(kThin); at != std::string::npos; at = text.find(kThin, at)) {
    text.replace(at, kThin.size(), " ");
  }
  return text;
}

}  // namespace

std::vector<DrawnText> drawn_texts() {
  const Glyphs glyphs = glyphs_in_atlas();
  std::vector<DrawnText> texts;
  Reader reader(glyphs, texts);
  for (const ImDrawList* list : ImGui::GetDrawData()->CmdLists) reader.read(*list);
  return texts;
}

std::vector<DrawnText> drawn_in(std::string_view panel) {
  std::vector<DrawnText> texts;
  const ImGuiWindow* window = ImGui::FindWindowByName(gui::window_id(panel).c_str());
  if (window == nullptr || !window->Active || window->Hidden) return texts;
  ImRect area = window->Rect();
  if (window->DockNode != nullptr) area = window->DockNode->Rect();
  for (DrawnText& text : drawn_texts()) {
    if (area.Contains(text.area.GetCenter())) texts.push_back(std::move(text));
  }
  return texts;
}

bool reads(const std::vector<DrawnText>& texts, std::string_view words) {
  std::string all;
  for (const DrawnText& text : texts) all += (all.empty() ? "" : " ") + with_plain_spaces(text.text);
  return all.find(with_plain_spaces(std::string(words))) != std::string::npos;
}

std::string listed(const std::vector<DrawnText>& texts) {
  std::string all;
  for (const DrawnText& text : texts) all += text.window + ": " + text.text + (text.cut ? "  <cut>" : "") + "\n";
  return all;
}

}  // namespace knobscope::test
