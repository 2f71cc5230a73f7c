#pragma once
// A kernel variant as its file describes it: everything of the front matter, as plain data.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/activation.h"
#include "core/device_facts.h"
#include "core/element_type.h"
#include "core/knobs.h"
#include "core/layout.h"
#include "core/operation.h"

namespace knobscope {

/// A condition that shape, knobs and device must meet, and what to tell the user when they do not.
struct Requirement {
  std::string condition;  ///< expression, true when not 0
  std::string reason;     ///< "float4 loads need a multiple of four columns"
  bool operator==(const Requirement&) const = default;
};

/// Memory beyond the operation's tensors, such as partial sums.
struct ExtraBuffer {
  std::string name;
  std::string type = "f32";  ///< f32, f64, i32, u32, u64, element
  std::string count;         ///< expression: number of elements
  bool clear = false;        ///< set to zero before every run, inside the timed region
  bool operator==(const ExtraBuffer&) const = default;
};

/// One launch; expressions are evaluated over shape, knobs and device.
struct LaunchSpec {
  std::string entry;
  std::array<std::string, 3> grid = {"1", "1", "1"};
  std::array<std::string, 3> block = {"1", "1", "1"};
  std::string shared = "0";  ///< dynamic shared memory in bytes
  bool cooperative = false;
  std::optional<std::array<std::string, 3>> cluster;
  std::vector<std::string> arguments;  ///< a tensor, an extra buffer, a scalar's name, or an expression
  bool operator==(const LaunchSpec&) const = default;
};

/// What the author says the kernel moves through memory, in bytes, as expressions.
struct TrafficModel {
  std::string reads;
  std::string writes;
  std::string note;
  bool operator==(const TrafficModel&) const = default;
};

struct Variant {
  std::string id;    ///< "layernorm_forward/05_welford.cu": path under kernels/, '/' on every platform
  std::string name;  ///< "welford": file name without order number and extension; what --variant takes
  int order = 0;     ///< the leading number of the file name: its place in the story
  std::string title;
  std::string idea;
  Operation operation = Operation::layernorm_forward;
  DeviceKind device = DeviceKind::cuda;  ///< .cu files: cuda (and emulated); .cpp files: cpu
  std::vector<ElementType> types;
  std::vector<Layout> layouts = {Layout::nchw};              ///< BatchNorm
  std::vector<Activation> activations = {Activation::none};  ///< LayerNorm forward
  std::vector<Knob> knobs;
  std::vector<Requirement> requirements;
  std::vector<ExtraBuffer> buffers;
  std::vector<LaunchSpec> launches;
  TrafficModel traffic;
  std::string accumulate;     ///< "f32": type sums are kept in
  std::string numerics_note;  ///< where and why digits are lost
  bool deterministic = true;
  std::string source_note;  ///< where the idea comes from
  std::string source;       ///< the file's whole text
  std::string source_hash;  ///< 32 hex digits over the text and the headers it may include

  bool operator==(const Variant&) const = default;
};

/// A kernel file that could not be read as a variant.
struct CatalogFault {
  std::string file;  ///< path under kernels/
  int line = 0;      ///< 1-based; 0 when the whole file is meant
  std::string message;
  bool operator==(const CatalogFault&) const = default;
};

/// All variants in story order (operation, device, order, name), and the files that are not.
struct Catalog {
  std::vector<Variant> variants;
  std::vector<CatalogFault> faults;

  const Variant* find(std::string_view id) const;
};

/// Every knob at its default.
KnobValues default_knobs(const Variant& variant);

/// Why `knobs` cannot be used with the variant (unknown name, value not allowed); nothing if they can.
std::optional<std::string> find_fault(const Variant& variant, const KnobValues& knobs);

}  // namespace knobscope
