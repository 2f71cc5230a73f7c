#version 330 core
// Where in a tensor the error is. Two logarithmic ranges of colour meet at the tolerance: cool below, hot above, so one
// look says which tiles are wrong. A tile that is not finite is the hottest, and hatched, since no number is that large.
in vec2 place;
out vec4 color;

uniform sampler2D tiles;      // largest |error| of each tile, one float each
uniform vec3 scale_log10;     // lowest error, tolerance, highest error
uniform vec3 cool[3];         // smallest, middle, just below the tolerance
uniform vec3 hot[3];          // just above the tolerance, middle, largest
uniform vec2 picture;         // size in pixels
uniform float hatch_width;    // of the stripes, in pixels
uniform bool legend;          // draw the scale itself, from left to right

vec3 ramp(vec3 stops[3], float t) {
  float at = clamp(t, 0.0, 1.0) * 2.0;
  return at < 1.0 ? mix(stops[0], stops[1], at) : mix(stops[1], stops[2], at - 1.0);
}

vec3 color_of(float error_log10) {
  if (error_log10 <= scale_log10.y) {
    return ramp(cool, (error_log10 - scale_log10.x) / (scale_log10.y - scale_log10.x));
  }
  return ramp(hot, (error_log10 - scale_log10.y) / (scale_log10.z - scale_log10.y));
}

// The largest of the tiles under this pixel: a picture smaller than the map must not lose the one bad tile.
float largest_here(out bool endless) {
  ivec2 count = textureSize(tiles, 0);
  vec2 half_pixel = 0.5 / picture;
  ivec2 first = clamp(ivec2(floor((place - half_pixel) * vec2(count) + 1e-3)), ivec2(0), count - 1);
  ivec2 last = clamp(ivec2(ceil((place + half_pixel) * vec2(count) - 1e-3)) - 1, first, count - 1);
  if (picture.x >= float(count.x)) first.x = last.x = clamp(int(place.x * float(count.x)), 0, count.x - 1);
  if (picture.y >= float(count.y)) first.y = last.y = clamp(int(place.y * float(count.y)), 0, count.y - 1);
  float largest = 0.0;
  endless = false;
  for (int y = first.y; y <= last.y; ++y) {
    for (int x = first.x; x <= last.x; ++x) {
      float error = texelFetch(tiles, ivec2(x, y), 0).r;
      if (isinf(error) || isnan(error)) endless = true;
      else largest = max(largest, error);
    }
  }
  return largest;
}

void main() {
  if (legend) {
    color = vec4(color_of(mix(scale_log10.x, scale_log10.z, place.x)), 1.0);
    return;
  }
  bool endless;
  float error = largest_here(endless);
  if (endless) {
    float stripe = mod((place.x * picture.x + place.y * picture.y) / hatch_width, 2.0);
    color = vec4(stripe < 1.0 ? hot[2] : hot[2] * 0.45, 1.0);
    return;
  }
  color = vec4(color_of(error > 0.0 ? log(error) / log(10.0) : scale_log10.x), 1.0);
}
