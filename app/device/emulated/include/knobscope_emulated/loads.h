#ifndef KNOBSCOPE_EMULATED_LOADS_H
#define KNOBSCOPE_EMULATED_LOADS_H
// Loads and stores that say which cache they want. There is none here: they are plain accesses, seen as such.
#pragma GCC system_header

namespace knobscope::emulated {

/// What the cache functions take, but for the half types: those have their own.
template <typename T>
concept Cacheable = kOneOf<T, char, signed char, short, int, long, long long, unsigned char, unsigned short, unsigned,
                           unsigned long, unsigned long long, float, double> ||
    kOneOf<T, char2, char4, short2, short4, int2, int4, longlong2, uchar2, uchar4, ushort2, ushort4, uint2, uint4,
           ulonglong2, float2, float4, double2>;

/// Keeps a parameter's type from being deduced: the address alone says what is stored.
template <typename T>
struct Itself {
  using Type = T;
};

}  // namespace knobscope::emulated

#define KNOBSCOPE_LOAD(name)                   \
  template <knobscope::emulated::Cacheable T>  \
  KNOBSCOPE_INLINED T name(const T* address) { \
    return *address;                           \
  }
#define KNOBSCOPE_STORE(name)                                                                    \
  template <knobscope::emulated::Cacheable T>                                                    \
  KNOBSCOPE_INLINED void name(T* address, typename knobscope::emulated::Itself<T>::Type value) { \
    *address = value;                                                                            \
  }
KNOBSCOPE_LOAD(__ldg)
KNOBSCOPE_LOAD(__ldca)
KNOBSCOPE_LOAD(__ldcg)
KNOBSCOPE_LOAD(__ldcs)
KNOBSCOPE_LOAD(__ldlu)
KNOBSCOPE_LOAD(__ldcv)
KNOBSCOPE_STORE(__stwb)
KNOBSCOPE_STORE(__stcg)
KNOBSCOPE_STORE(__stcs)
KNOBSCOPE_STORE(__stwt)
#undef KNOBSCOPE_LOAD
#undef KNOBSCOPE_STORE

#endif
