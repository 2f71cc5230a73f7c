#ifndef KNOBSCOPE_DEVICE_HOST_ENTRY_BRIDGE_H
#define KNOBSCOPE_DEVICE_HOST_ENTRY_BRIDGE_H
// How the program calls a kernel file's function whatever its signature. The text of this header is compiled after the
// kernel's own, and included by the program, so that both agree on the layout.

#include <type_traits>

// The emulated device watches every access of a kernel, but the program's own arguments are none.
#if defined(KNOBSCOPE_DEVICE_EMULATED)
#define KNOBSCOPE_BRIDGE_UNWATCHED __attribute__((no_sanitize("thread")))
#else
#define KNOBSCOPE_BRIDGE_UNWATCHED
#endif

namespace knobscope::device::host::bridge {

enum class Kind : int { pointer, signed_integer, unsigned_integer, real, unsupported };

struct Parameter {
  Kind kind;
  int bytes;
};

union Slot {
  void* pointer;
  long long integer;
  double real;
};

struct Entry {
  int parameter_count;
  const Parameter* parameters;
  /// Calls the function for blocks first to end - 1. Slots are converted to the parameters' types without a check;
  /// where is_block_index is set, the slot is the block's number instead.
  void (*run)(const Slot* slots, const bool* is_block_index, long long first, long long end);
};

template <class P>
constexpr Parameter parameter_of() {
  if constexpr (std::is_pointer_v<P> && !std::is_function_v<std::remove_pointer_t<P>>) {
    return {Kind::pointer, static_cast<int>(sizeof(P))};
  } else if constexpr (std::is_integral_v<P>) {
    return {std::is_signed_v<P> ? Kind::signed_integer : Kind::unsigned_integer, static_cast<int>(sizeof(P))};
  } else if constexpr (std::is_same_v<P, float> || std::is_same_v<P, double>) {
    return {Kind::real, static_cast<int>(sizeof(P))};
  } else {
    return {Kind::unsupported, 0};
  }
}

template <class P>
KNOBSCOPE_BRIDGE_UNWATCHED P value_of(const Slot& slot) {
  if constexpr (std::is_pointer_v<P>) {
    return static_cast<P>(slot.pointer);
  } else if constexpr (std::is_integral_v<P>) {
    return static_cast<P>(slot.integer);
  } else {
    return static_cast<P>(slot.real);
  }
}

template <int...>
struct Places {};
template <int count, int... places>
struct PlacesTo : PlacesTo<count - 1, count - 1, places...> {};
template <int... places>
struct PlacesTo<0, places...> {
  using Type = Places<places...>;
};

template <auto function, class R, class... P>
struct Caller {
  static constexpr int count = static_cast<int>(sizeof...(P));
  static constexpr Parameter parameters[sizeof...(P) + 1] = {parameter_of<P>()..., Parameter{Kind::unsupported, 0}};

  template <int... places>
  KNOBSCOPE_BRIDGE_UNWATCHED static void call(const Slot* slots, Places<places...>) {
    static_cast<void>(slots);
    function(value_of<P>(slots[places])...);
  }

  KNOBSCOPE_BRIDGE_UNWATCHED static void run(const Slot* slots, const bool* is_block_index, long long first,
                                             long long end) {
    if constexpr (((parameter_of<P>().kind != Kind::unsupported) && ...)) {
      Slot own[sizeof...(P) + 1];
      for (int i = 0; i < count; ++i) own[i] = slots[i];
      for (long long block = first; block < end; ++block) {
        for (int i = 0; i < count; ++i) {
          if (!is_block_index[i]) continue;
          if (parameters[i].kind == Kind::real) {
            own[i].real = static_cast<double>(block);
          } else {
            own[i].integer = block;
          }
        }
        call(own, typename PlacesTo<count>::Type{});
      }
    }
  }

  static constexpr Entry entry() { return {count, parameters, &run}; }
};

template <auto function, class R, class... P>
constexpr Entry entry_like(R (*)(P...)) {
  return Caller<function, R, P...>::entry();
}

/// The entry of a function, its parameter types deduced.
template <auto function>
constexpr Entry entry_of() {
  return entry_like<function>(function);
}

}  // namespace knobscope::device::host::bridge

#endif
