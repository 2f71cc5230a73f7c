#pragma once
// Pictures compared as somebody does who steps back: in squares of a few pixels, so that the edges of letters and lines
// may be smoothed otherwise by another renderer, but nothing may be missing, moved or of another colour.

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace knobscope::test {

/// Rows from the top, three bytes a pixel.
struct Image {
  int width = 0;
  int height = 0;
  std::vector<unsigned char> pixels;
};

/// Throws std::runtime_error when the file cannot be read as a picture.
Image read_png(const std::filesystem::path& file);
/// Throws std::runtime_error when it cannot be written.
void write_png(const Image& image, const std::filesystem::path& file);
/// A part, `x` and `y` from the upper left; it must lie inside.
Image cut(const Image& image, int x, int y, int width, int height);
/// The mean of every square of `square` x `square` pixels; what is left at the right and below is dropped.
Image coarse(const Image& image, int square);

struct Difference {
  std::size_t pixels = 0;  ///< in which some channel differs by more than the tolerance
  int largest = 0;         ///< of any channel of any pixel
  double share = 0.0;      ///< `pixels` of all
};

/// Pictures of different sizes differ in all of their pixels.
Difference difference(const Image& a, const Image& b, int tolerance);

}  // namespace knobscope::test
