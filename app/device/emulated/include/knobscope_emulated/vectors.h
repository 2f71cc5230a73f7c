#ifndef KNOBSCOPE_EMULATED_VECTORS_H
#define KNOBSCOPE_EMULATED_VECTORS_H
// The vector types and make_*, where there is no CUDA toolkit to take them from.
#pragma GCC system_header

#if !defined(KNOBSCOPE_TOOLKIT_VECTORS)

#define KNOBSCOPE_VECTORS(name, T, align2, align4)                                      \
  struct name##1 {                                                                      \
    T x;                                                                                \
  };                                                                                    \
  struct __attribute__((aligned(align2))) name##2 {                                     \
    T x, y;                                                                             \
  };                                                                                    \
  struct name##3 {                                                                      \
    T x, y, z;                                                                          \
  };                                                                                    \
  struct __attribute__((aligned(align4))) name##4 {                                     \
    T x, y, z, w;                                                                       \
  };                                                                                    \
  KNOBSCOPE_INLINED name##1 make_##name##1(T x) { return name##1 {x}; }                 \
  KNOBSCOPE_INLINED name##2 make_##name##2(T x, T y) { return name##2 {x, y}; }         \
  KNOBSCOPE_INLINED name##3 make_##name##3(T x, T y, T z) { return name##3 {x, y, z}; } \
  KNOBSCOPE_INLINED name##4 make_##name##4(T x, T y, T z, T w) { return name##4 {x, y, z, w}; }

KNOBSCOPE_VECTORS(char, signed char, 2, 4)
KNOBSCOPE_VECTORS(uchar, unsigned char, 2, 4)
KNOBSCOPE_VECTORS(short, short, 4, 8)
KNOBSCOPE_VECTORS(ushort, unsigned short, 4, 8)
KNOBSCOPE_VECTORS(int, int, 8, 16)
KNOBSCOPE_VECTORS(uint, unsigned int, 8, 16)
KNOBSCOPE_VECTORS(long, long, 16, 16)
KNOBSCOPE_VECTORS(ulong, unsigned long, 16, 16)
KNOBSCOPE_VECTORS(longlong, long long, 16, 16)
KNOBSCOPE_VECTORS(ulonglong, unsigned long long, 16, 16)
KNOBSCOPE_VECTORS(float, float, 8, 16)
KNOBSCOPE_VECTORS(double, double, 16, 16)
#undef KNOBSCOPE_VECTORS

struct dim3 {
  unsigned int x, y, z;
  constexpr dim3(unsigned int x_ = 1, unsigned int y_ = 1, unsigned int z_ = 1) : x(x_), y(y_), z(z_) {}
  constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
  constexpr operator uint3() const { return uint3{x, y, z}; }
};

#endif

#endif
