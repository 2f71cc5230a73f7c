#include "gui/views/quantities.h"

#include <algorithm>
#include <array>

namespace knobscope::gui {
namespace {

constexpr std::array kQuantities = {
    // Speed.
    QuantityFacts{"median",
                  "Median of the samples, by the first technique that the point was timed by: cold, if not "
                  "asked otherwise.",
                  "ns, µs, ms, s"},
    QuantityFacts{"time", "Median of the samples. Less is better.", "ns, µs, ms, s"},
    QuantityFacts{"bandwidth",
                  "Compulsory bytes / median time. Compulsory: every input read once, every output written "
                  "once.",
                  "GB/s, 10⁹ bytes a second"},
    QuantityFacts{"GB/s",
                  "Bandwidth = compulsory bytes / median time. Compulsory: every input read once, every output "
                  "written once.",
                  "10⁹ bytes a second"},
    QuantityFacts{"GElem/s", "Elements of the main tensor / median time.", "10⁹ elements a second"},
    QuantityFacts{"of copy", "Bandwidth / that of the best large copy, measured on this device in the same session.",
                  "%"},
    QuantityFacts{"vs baseline",
                  "Median time of the baseline / that of the point. The baseline is the point that B has "
                  "set, else PyTorch eager where it was recorded.",
                  "×"},
    QuantityFacts{"speed-up",
                  "Median time of the baseline / that of the point. The baseline is the point that B has "
                  "set, else PyTorch eager where it was recorded. The interval is as wide as those of both "
                  "times allow.",
                  "×"},
    // Errors.
    QuantityFacts{"max abs error",
                  "Largest |output − reference| of all elements of the main output; the reference is "
                  "computed in double precision.",
                  ""},
    QuantityFacts{"max abs", "Largest |output − reference| of all elements.", ""},
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
    QuantityFacts{"last wave", "How full the last wave is: the fraction of waves, 100 % for a whole number.", "%"},
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
