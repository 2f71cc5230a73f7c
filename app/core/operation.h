#pragma once
// The operations the tool knows: which tensors each reads and writes, under which names a kernel may ask for them,
// and which shapes make sense. A kernel file binds its arguments from this vocabulary.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/element_type.h"

namespace knobscope {

enum class Operation : std::uint8_t { layernorm_forward, batchnorm_inference, layernorm_backward, batchnorm_training };

/// In the order people are shown them.
inline constexpr std::array kOperations = {Operation::layernorm_forward, Operation::layernorm_backward,
                                           Operation::batchnorm_inference, Operation::batchnorm_training};

/// What an operation normalizes over, and so what its shape means.
enum class Family : std::uint8_t {
  layernorm,  ///< rows: the last dimensions
  batchnorm,  ///< channels of N, C, H, W
};

/// The share of a batch's statistics in the running ones after a BatchNorm training step: PyTorch's default.
inline constexpr double kMomentum = 0.1;

enum class TensorRole : std::uint8_t { input, output };

/// How many elements a tensor of the vocabulary has.
enum class TensorExtent : std::uint8_t { elements, columns, rows, channels };

/// One named tensor of an operation.
struct TensorInfo {
  std::string_view name;
  TensorRole role = TensorRole::input;
  TensorExtent extent = TensorExtent::elements;
  bool always_f32 = false;  ///< statistics stay f32 whatever the element type is
  bool required = false;    ///< a variant that never binds it cannot be judged
  bool derived = false;     ///< an input that an earlier step computed from x: made from x, not drawn
  std::string_view meaning;
};

struct OperationInfo {
  Operation operation = Operation::layernorm_forward;
  std::string_view name;   ///< "layernorm_forward": the folder under kernels/ and the name in files
  std::string_view title;  ///< "LayerNorm forward"
  std::string_view idea;   ///< the formula in one line
  Family family = Family::layernorm;
  std::span<const TensorInfo> tensors;
  int min_rank = 2;
  int max_rank = 5;
};

const OperationInfo& info_of(Operation operation);
std::string_view name_of(Operation operation);
Family family_of(Operation operation);
std::optional<Operation> operation_named(std::string_view name);

}  // namespace knobscope
