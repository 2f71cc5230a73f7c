#ifndef KNOBSCOPE_EMULATED_INTEGERS_H
#define KNOBSCOPE_EMULATED_INTEGERS_H
// Integer intrinsics.
#pragma GCC system_header

KNOBSCOPE_INLINED int __popc(unsigned x) { return __builtin_popcount(x); }
KNOBSCOPE_INLINED int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
KNOBSCOPE_INLINED int __clz(int x) { return x == 0 ? 32 : __builtin_clz(static_cast<unsigned>(x)); }
KNOBSCOPE_INLINED int __clzll(long long x) { return x == 0 ? 64 : __builtin_clzll(static_cast<unsigned long long>(x)); }
KNOBSCOPE_INLINED int __ffs(int x) { return __builtin_ffs(x); }
KNOBSCOPE_INLINED int __ffsll(long long x) { return __builtin_ffsll(x); }

KNOBSCOPE_INLINED unsigned __brev(unsigned x) {
  x = (x >> 1 & 0x55555555u) | (x & 0x55555555u) << 1;
  x = (x >> 2 & 0x33333333u) | (x & 0x33333333u) << 2;
  x = (x >> 4 & 0x0F0F0F0Fu) | (x & 0x0F0F0F0Fu) << 4;
  return __builtin_bswap32(x);
}
KNOBSCOPE_INLINED unsigned long long __brevll(unsigned long long x) {
  return static_cast<unsigned long long>(__brev(static_cast<unsigned>(x))) << 32 |
         __brev(static_cast<unsigned>(x >> 32));
}

/// Each nibble of the selector picks one of the eight bytes; its highest bit asks for the sign of that byte.
KNOBSCOPE_INLINED unsigned __byte_perm(unsigned x, unsigned y, unsigned selector) {
  const unsigned long long bytes = static_cast<unsigned long long>(y) << 32 | x;
  unsigned result = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const unsigned pick = selector >> (4 * i) & 0xFu;
    unsigned byte = static_cast<unsigned>(bytes >> (8 * (pick & 7u))) & 0xFFu;
    if ((pick & 8u) != 0) byte = (byte & 0x80u) != 0 ? 0xFFu : 0u;
    result |= byte << (8 * i);
  }
  return result;
}

KNOBSCOPE_INLINED unsigned __funnelshift_l(unsigned low, unsigned high, unsigned shift) {
  const unsigned long long both = static_cast<unsigned long long>(high) << 32 | low;
  return static_cast<unsigned>(both << (shift & 31u) >> 32);
}
KNOBSCOPE_INLINED unsigned __funnelshift_r(unsigned low, unsigned high, unsigned shift) {
  const unsigned long long both = static_cast<unsigned long long>(high) << 32 | low;
  return static_cast<unsigned>(both >> (shift & 31u));
}
KNOBSCOPE_INLINED unsigned __funnelshift_lc(unsigned low, unsigned high, unsigned shift) {
  return shift >= 32u ? low : __funnelshift_l(low, high, shift);
}
KNOBSCOPE_INLINED unsigned __funnelshift_rc(unsigned low, unsigned high, unsigned shift) {
  return shift >= 32u ? high : __funnelshift_r(low, high, shift);
}

KNOBSCOPE_INLINED int __mulhi(int x, int y) { return static_cast<int>(static_cast<long long>(x) * y >> 32); }
KNOBSCOPE_INLINED unsigned __umulhi(unsigned x, unsigned y) {
  return static_cast<unsigned>(static_cast<unsigned long long>(x) * y >> 32);
}
KNOBSCOPE_INLINED long long __mul64hi(long long x, long long y) {
  return static_cast<long long>(static_cast<__int128>(x) * y >> 64);
}
KNOBSCOPE_INLINED unsigned long long __umul64hi(unsigned long long x, unsigned long long y) {
  return static_cast<unsigned long long>(static_cast<unsigned __int128>(x) * y >> 64);
}
KNOBSCOPE_INLINED unsigned __umul24(unsigned x, unsigned y) { return (x & 0xFFFFFFu) * (y & 0xFFFFFFu); }
KNOBSCOPE_INLINED int __mul24(int x, int y) {
  const int low_x = static_cast<int>(static_cast<unsigned>(x) << 8) >> 8;
  const int low_y = static_cast<int>(static_cast<unsigned>(y) << 8) >> 8;
  return static_cast<int>(static_cast<unsigned>(low_x) * static_cast<unsigned>(low_y));
}
KNOBSCOPE_INLINED unsigned __usad(unsigned x, unsigned y, unsigned z) { return (x > y ? x - y : y - x) + z; }
KNOBSCOPE_INLINED unsigned __sad(int x, int y, unsigned z) {
  return (x > y ? static_cast<unsigned>(x) - static_cast<unsigned>(y)
                : static_cast<unsigned>(y) - static_cast<unsigned>(x)) +
         z;
}
KNOBSCOPE_INLINED int __hadd(int x, int y) { return static_cast<int>((static_cast<long long>(x) + y) >> 1); }
KNOBSCOPE_INLINED int __rhadd(int x, int y) { return static_cast<int>((static_cast<long long>(x) + y + 1) >> 1); }
KNOBSCOPE_INLINED unsigned __uhadd(unsigned x, unsigned y) {
  return static_cast<unsigned>((static_cast<unsigned long long>(x) + y) >> 1);
}
KNOBSCOPE_INLINED unsigned __urhadd(unsigned x, unsigned y) {
  return static_cast<unsigned>((static_cast<unsigned long long>(x) + y + 1) >> 1);
}

/// The n-th bit that is set, counted from `base`: upwards for a positive offset, downwards for a negative one.
KNOBSCOPE_INLINED unsigned __fns(unsigned mask, unsigned base, int offset) {
  if (base > 31u) return 0xFFFFFFFFu;
  if (offset == 0) return (mask >> base & 1u) != 0 ? base : 0xFFFFFFFFu;
  const int step = offset > 0 ? 1 : -1;
  int left = offset > 0 ? offset : -offset;
  for (int at = static_cast<int>(base); at >= 0 && at < 32; at += step) {
    if ((mask >> at & 1u) != 0 && --left == 0) return static_cast<unsigned>(at);
  }
  return 0xFFFFFFFFu;
}

// The sum of the products of four pairs of bytes, and c. It wraps around.
KNOBSCOPE_INLINED int __dp4a(int a, int b, int c) {
  unsigned sum = static_cast<unsigned>(c);
  for (int i = 0; i < 32; i += 8) {
    sum += static_cast<unsigned>(static_cast<signed char>(a >> i) * static_cast<signed char>(b >> i));
  }
  return static_cast<int>(sum);
}
KNOBSCOPE_INLINED unsigned __dp4a(unsigned a, unsigned b, unsigned c) {
  for (int i = 0; i < 32; i += 8) c += (a >> i & 0xFFu) * (b >> i & 0xFFu);
  return c;
}

#endif
