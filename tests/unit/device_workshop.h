#pragma once
// A folder that goes away, and a CPU device with kernel files made on the spot.

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "device/cpu/cpu_device.h"
#include "device/device.h"

namespace knobscope::device {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "knobscope-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), name);
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class Workshop : public ::testing::Test {
 protected:
  Options options() const {
    return {(folder_.path() / "kernels").string(), (folder_.path() / "cache").string(), 64LL << 20};
  }

  void write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = folder_.path() / "kernels" / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }

  /// Compiles a file of this text; `entries` are its launches in order.
  ProgramPtr compile(const std::string& text, const std::vector<std::string>& entries,
                     const std::map<std::string, std::string>& macros = {}) {
    Variant variant;
    variant.id = "layernorm_forward/50_test.cpp";
    variant.device = DeviceKind::cpu;
    variant.source = text;
    return device_->compile({&variant, macros, entries});
  }

  static Argument pointer(const BufferPtr& buffer, const char* text = "x") {
    Argument argument;
    argument.pointer = buffer->data();
    argument.text = text;
    return argument;
  }
  static Argument integer(std::int64_t value, const char* text = "rows") {
    Argument argument;
    argument.kind = Argument::Kind::integer;
    argument.integer = value;
    argument.text = text;
    return argument;
  }
  static Argument real(double value, const char* text = "epsilon") {
    Argument argument;
    argument.kind = Argument::Kind::real;
    argument.real = value;
    argument.text = text;
    return argument;
  }
  static Argument block_index() {
    Argument argument;
    argument.kind = Argument::Kind::block_index;
    argument.text = "block_index";
    return argument;
  }
  static Argument grid_size() {
    Argument argument;
    argument.kind = Argument::Kind::grid_size;
    argument.text = "grid_size";
    return argument;
  }

  static Work work(const ProgramPtr& program, std::vector<Argument> arguments,
                   std::array<std::int64_t, 3> grid = {1, 1, 1}) {
    Launch launch;
    launch.grid = grid;
    launch.arguments = std::move(arguments);
    Work result;
    result.program = program.get();
    result.launches.push_back(std::move(launch));
    return result;
  }

  template <class T>
  BufferPtr buffer_of(const std::vector<T>& values) {
    BufferPtr buffer = device_->allocate(static_cast<std::int64_t>(values.size() * sizeof(T)));
    std::memcpy(buffer->data(), values.data(), values.size() * sizeof(T));
    return buffer;
  }

  template <class T>
  std::vector<T> values_of(const BufferPtr& buffer) {
    std::vector<T> values(static_cast<std::size_t>(buffer->size()) / sizeof(T));
    device_->read_back(*buffer, 0, std::as_writable_bytes(std::span(values)));
    return values;
  }

  TemporaryFolder folder_;
  DevicePtr device_ = cpu::open(options());
};

/// What an exception of type E says; a failure of the test when it is not thrown.
template <class E, class F>
std::string message_of(F&& call) {
  try {
    call();
  } catch (const E& error) {
    return error.what();
  } catch (const std::exception& error) {
    ADD_FAILURE() << "another exception: " << error.what();
    return {};
  }
  ADD_FAILURE() << "no exception";
  return {};
}

}  // namespace knobscope::device
