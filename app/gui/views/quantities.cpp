#include "gui/views/quantities.h"

#include <algorithm>
#include <array>

namespace knobscope::gui {
namespace {

// Quantities that go by two names, one where it stands alone and a shorter one on an axis, have one formula each.
constexpr std::string_view kMedian =
    "Median of the samples, by the first technique that the point was timed by: cold, if not asked otherwise. Less is "
    "better.";
constexpr std::string_view kTimeUnits = "ns, µs, ms, s";
constexpr std::string_view kBandwidth =
    "Compulsory bytes / median time. Compulsory: every input read once, every output written once.";
constexpr std::string_view kBandwidthUnit = "GB/s, 10⁹ bytes a second";
constexpr std::string_view kSpeedUp =
    "Median time of the baseline / that of the point. The baseline is the point that B has set, else PyTorch eager "
    "where it was recorded. The interval, where one is drawn, is as wide as those of both times allow.";
constexpr std::string_view kMaxAbsError =
    "Largest |output − reference| of all elements of the main output; the reference is computed in double precision.";

constexpr std::array kQuantities = {
    // Speed.
    QuantityFacts{"median", kMedian, kTimeUnits},
    QuantityFacts{"time", kMedian, kTimeUnits},
    QuantityFacts{"bandwidth", kBandwidth, kBandwidthUnit},
    QuantityFacts{"GB/s", kBandwidth, kBandwidthUnit},
    QuantityFacts{"GElem/s", "Elements of the main tensor / median time.", "10⁹ elements a second"},
    QuantityFacts{"of copy", "Bandwidth / that of the best large copy, measured on this device in the same session.",
                  "%"},
    QuantityFacts{"vs baseline", kSpeedUp, "×"},
    QuantityFacts{"speed-up", kSpeedUp, "×"},
    // Errors.
    QuantityFacts{"max abs error", kMaxAbsError, ""},
    QuantityFacts{"max abs", kMaxAbsError, ""},
    QuantityFacts{"relative L2", "√(Σ (output − reference)² / Σ reference²), over all elements.", ""},
    QuantityFacts{"verdict",
                  "pass: every output is within its tolerance. wrong: one is not. noisy: right, but the "
                  "median's relative standard error stayed above the limit. throttled, does not fit, failed, "
                  "invalid: the reason says.",
                  ""},
    // What was asked for.
    QuantityFacts{"variant", "One kernel file: its title.", ""},
    QuantityFacts{"knobs", "The values that the kernel was compiled with.", ""},
    QuantityFacts{"shape", "Extents of the main tensor, the last one contiguous (BatchNorm: N × C × H × W).",
                  "elements"},
    QuantityFacts{"type", "Type of an element; statistics are f32.", ""},
    // Of the compiled kernel.
    QuantityFacts{"registers",
                  "32-bit registers of a thread, of the launch that takes most. More of them leave fewer "
                  "resident blocks.",
                  "a thread"},
    QuantityFacts{"spill", "Local memory of a thread for registers that did not fit: traffic that no model counts.",
                  "bytes a thread"},
    QuantityFacts{"shared", "Shared memory of a block, static and dynamic.", "bytes a block"},
    QuantityFacts{"occupancy",
                  "Resident warps / the most that a multiprocessor holds, by registers, shared memory and "
                  "threads: in theory.",
                  "%"},
    QuantityFacts{"limited by", "What keeps a multiprocessor from holding another block.", ""},
    QuantityFacts{"blocks/SM", "Blocks that a multiprocessor holds at once.", "blocks"},
    QuantityFacts{"waves",
                  "Blocks of the grid / (multiprocessors × blocks/SM). Just above a whole number, the last wave "
                  "leaves most of the device idle.",
                  ""},
    QuantityFacts{"last wave", "How full the last wave is: the fraction of waves, 100\u2009% for a whole number.", "%"},
    QuantityFacts{"moves", "Bytes that the variant's file says it reads and writes.", "bytes"},
    QuantityFacts{"compiled",
                  "What the compiler took for it; from cache when the same text and knobs were compiled "
                  "before.",
                  "ms, s"},
    QuantityFacts{"sums in", "Type in which the kernel adds up.", ""},
    QuantityFacts{"deterministic", "Whether two runs give the same bits: its file says so.", ""},
};

}  // namespace

std::span<const QuantityFacts> quantities() { return kQuantities; }

std::string explanation_of(std::string_view name) {
  const auto found = std::ranges::find(kQuantities, name, &QuantityFacts::name);
  if (found == kQuantities.end()) return {};
  std::string text(found->meaning);
  if (!found->unit.empty()) text += " Unit: " + std::string(found->unit) + ".";
  return text;
}

}  // namespace knobscope::gui
