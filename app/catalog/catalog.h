#pragma once
// Finds kernel files, reads their front matter, evaluates their launch expressions.

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/device_facts.h"
#include "core/problem.h"
#include "core/variant.h"

namespace knobscope::catalog {

/// Reads every kernels/<operation>/*.cu and *.cpp below `kernels`. Never throws on bad files: each becomes a fault
/// with file, line and what to do. A missing folder is a fault too. `lone_files` are further kernel files, outside
/// the folder; their ids are their absolute paths, and one may have the name of another variant.
Catalog scan(const std::filesystem::path& kernels, const std::vector<std::filesystem::path>& lone_files = {});

/// 32 hex digits over the paths and contents of all files below kernels/include; the hash of nothing when there are
/// none. Never throws: a header that cannot be read counts as its path alone.
std::string hash_headers(const std::filesystem::path& kernels);

/// Variant::order of a file whose name does not begin with a number: after all that do.
inline constexpr int kUnnumberedOrder = 1'000'000;

/// Reads one file's text. `id` is its path under kernels/ ("layernorm_forward/05_welford.cu").
/// `headers_hash` (of hash_headers()) goes into the source hash besides the file's own text. Never throws on bad text.
std::variant<Variant, CatalogFault> parse_variant(const std::string& id, const std::string& text,
                                                  const std::string& headers_hash);

/// The same for a file anywhere else, whose id is its absolute `path`. Its operation is what its front matter says,
/// else the name of the folder it lies in.
std::variant<Variant, CatalogFault> parse_lone_variant(const std::string& path, const std::string& text,
                                                       const std::string& headers_hash);

/// The line of a variant's file where the arguments of its `launch`-th launch stand; 0 when there is no such launch.
/// Reads the front matter again: for messages.
int line_of_arguments(const Variant& variant, std::size_t launch);

/// A kernel argument after evaluation: a buffer's name (tensor or extra buffer), an integer, a real, or one of two
/// numbers that only the device knows when it runs a block.
/// An expression is a real when it is written as one (it names `epsilon` or `momentum`, or has a literal with a point
/// or exponent, such as "1.0 / columns"), otherwise an integer: the kind of an argument never depends on the shape.
struct BufferArgument {
  std::string name;
  bool operator==(const BufferArgument&) const = default;
};
/// `block_index`: the flat index of the block being run, x fastest. Only for .cpp files, whose function is called once
/// for each block of the grid; CUDA has blockIdx.
struct BlockIndexArgument {
  bool operator==(const BlockIndexArgument&) const = default;
};
/// `grid_size`: the number of blocks in the grid. Only for .cpp files.
struct GridSizeArgument {
  bool operator==(const GridSizeArgument&) const = default;
};
using ArgumentValue = std::variant<BufferArgument, std::int64_t, double, BlockIndexArgument, GridSizeArgument>;

struct EvaluatedLaunch {
  std::string entry;
  std::array<std::int64_t, 3> grid{};
  std::array<std::int64_t, 3> block{};
  std::int64_t shared_bytes = 0;
  bool cooperative = false;
  std::optional<std::array<std::int64_t, 3>> cluster;
  std::vector<ArgumentValue> arguments;
  std::vector<std::string> argument_texts;  ///< as written, for messages
};

struct EvaluatedBuffer {
  std::string name;
  std::string type;
  std::int64_t count = 0;
  std::int64_t element_bytes = 0;
  bool clear = false;
};

/// A variant for one problem, choice of knobs and device: nothing left to evaluate.
struct EvaluatedVariant {
  std::vector<EvaluatedLaunch> launches;
  std::vector<EvaluatedBuffer> buffers;
  std::optional<Bytes> reads;
  std::optional<Bytes> writes;
};

/// Why a variant does not fit (a requirement's reason, type not offered, block larger than the device allows), or a
/// mistake in its expressions.
struct Misfit {
  bool is_mistake = false;  ///< true: the file is wrong; false: it does not fit this problem or device
  std::string reason;
};

/// Pure and thread-safe; well below a millisecond. Never throws on bad values.
std::variant<EvaluatedVariant, Misfit> evaluate(const Variant& variant, const Problem& problem, const KnobValues& knobs,
                                                const DeviceFacts& device);

/// Macros that fix knobs and types at compile time, as name→value:
/// KNOB_<UPPERCASE NAME>=value for each knob, KNOBSCOPE_ELEMENT_F32|F16|BF16=1, KNOBSCOPE_DEVICE_CUDA|CPU=1; for
/// BatchNorm KNOBSCOPE_LAYOUT_NCHW|NHWC=1, for LayerNorm forward KNOBSCOPE_ACTIVATION_NONE|RELU|GELU=1.
std::map<std::string, std::string> compile_macros(const Variant& variant, const Problem& problem,
                                                  const KnobValues& knobs);

}  // namespace knobscope::catalog
