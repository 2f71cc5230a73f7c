#include "gui/image.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include <stb_image.h>
#include <stb_image_write.h>

namespace knobscope::test {
namespace {

constexpr int kChannels = 3;

std::size_t offset_of(const Image& image, int x, int y) {
  return (static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) + static_cast<std::size_t>(x)) *
         kChannels;
}

Image blank(int width, int height) {
  Image image{width, height, {}};
  image.pixels.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * kChannels);
  return image;
}

}  // namespace

Image read_png(const std::filesystem::path& file) {
  Image image;
  int channels = 0;
  const std::unique_ptr<unsigned char, void (*)(void*)> data(
      stbi_load(file.string().c_str(), &image.width, &image.height, &channels, kChannels), stbi_image_free);
  if (!data) throw std::runtime_error(file.string() + ": cannot be read as a picture");
  image.pixels.assign(data.get(), data.get() + offset_of(image, 0, image.height));
  return image;
}

void write_png(const Image& image, const std::filesystem::path& file) {
  const int stride = image.width * kChannels;
  if (stbi_write_png(file.string().c_str(), image.width, image.height, kChannels, image.pixels.data(), stride) == 0) {
    throw std::runtime_error(file.string() + ": cannot be written");
  }
}

Image cut(const Image& image, int x, int y, int width, int height) {
  Image part = blank(width, height);
  for (int row = 0; row < height; ++row) {
    const auto* from = image.pixels.data() + offset_of(image, x, y + row);
    std::copy_n(from, static_cast<std::size_t>(width) * kChannels, part.pixels.data() + offset_of(part, 0, row));
  }
  return part;
}

Image coarse(const Image& image, int square) {
  Image result = blank(image.width / square, image.height / square);
  for (int y = 0; y < result.height; ++y) {
    for (int x = 0; x < result.width; ++x) {
      for (std::size_t channel = 0; channel < kChannels; ++channel) {
        int sum = 0;
        for (int i = 0; i < square * square; ++i) {
          sum += image.pixels[offset_of(image, x * square + i % square, y * square + i / square) + channel];
        }
        result.pixels[offset_of(result, x, y) + channel] = static_cast<unsigned char>(sum / (square * square));
      }
    }
  }
  return result;
}

Difference difference(const Image& a, const Image& b, int tolerance) {
  Difference found;
  const std::size_t count = a.pixels.size() / kChannels;
  if (a.width != b.width || a.height != b.height) return {std::max(count, b.pixels.size() / kChannels), 255, 1.0};
  for (std::size_t pixel = 0; pixel < count; ++pixel) {
    int most = 0;
    for (std::size_t channel = 0; channel < kChannels; ++channel) {
      const std::size_t at = pixel * kChannels + channel;
      most = std::max(most, std::abs(static_cast<int>(a.pixels[at]) - static_cast<int>(b.pixels[at])));
    }
    found.largest = std::max(found.largest, most);
    if (most > tolerance) ++found.pixels;
  }
  found.share = count > 0 ? static_cast<double>(found.pixels) / static_cast<double>(count) : 0.0;
  return found;
}

}  // namespace knobscope::test
