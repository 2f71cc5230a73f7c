#ifndef KNOBSCOPE_EMULATED_STUBS_MISTAKES_H
#define KNOBSCOPE_EMULATED_STUBS_MISTAKES_H
// What -fsanitize=bounds,signed-integer-overflow,shift,integer-divide-by-zero,alignment calls where a kernel does what
// C++ gives no meaning. The compilers describe each place in the layouts below. (clang does not ask about the alignment
// of a class that is copied whole, and tells the copy as a range of bytes; g++ asks.)
#pragma GCC system_header

namespace knobscope::emulated::mistakes {

struct SourceLocation {
  const char* file;
  unsigned line;
  unsigned column;
};

struct TypeDescriptor {
  unsigned short kind;  ///< 0: an integer; then bit 0 of `info` is set for a signed one, the others: log2 of its bits
  unsigned short info;
  char name[1];  ///< with quotes, ends in 0
};

struct OfOneType {
  SourceLocation at;
  const TypeDescriptor* type;
};
struct OfShift {
  SourceLocation at;
  const TypeDescriptor* left;
  const TypeDescriptor* right;
};
struct OfIndex {
  SourceLocation at;
  const TypeDescriptor* array;
  const TypeDescriptor* index;
};
struct OfPointer {
  SourceLocation at;
  const TypeDescriptor* type;
  unsigned char log_alignment;
  unsigned char use;
};

using Value = unsigned long;  ///< the value itself up to 64 bits, else its address

inline constexpr int kText = 200;
struct Text {
  char at[kText];
};

KNOBSCOPE_NOT_SEEN inline Place place_of(const SourceLocation& at, const void* pc) {
  return Place{at.file, at.line, pc};
}

KNOBSCOPE_NOT_SEEN inline bool is_signed(const TypeDescriptor& type) { return (type.info & 1u) != 0; }
KNOBSCOPE_NOT_SEEN inline unsigned bits_of(const TypeDescriptor& type) { return 1u << (type.info >> 1); }

/// As a signed number; a wider one gives its lowest 64 bits.
KNOBSCOPE_CALL inline long long signed_value(const TypeDescriptor& type, Value value) {
  const unsigned bits = bits_of(type);
  if (bits > 64) return *reinterpret_cast<const long long*>(value);
  if (bits == 64 || !is_signed(type)) return static_cast<long long>(value);
  return static_cast<long long>(static_cast<unsigned long long>(value) << (64 - bits)) >> (64 - bits);
}

KNOBSCOPE_CALL inline Text number_text(const TypeDescriptor& type, Value value) {
  Text text;
  __builtin_snprintf(text.at, kText, is_signed(type) ? "%lld" : "%llu", signed_value(type, value));
  return text;
}

/// The type's name without its quotes.
KNOBSCOPE_CALL inline Text name_text(const TypeDescriptor& type) {
  Text text;
  int length = 0;
  for (const char* at = type.name; *at != 0 && length < kText - 1; ++at) {
    if (*at != '\'') text.at[length++] = *at;
  }
  text.at[length] = 0;
  return text;
}

KNOBSCOPE_CALL inline void overflow(const OfOneType* data, Value left, Value right, const char* operation,
                                    const void* pc) {
  Text text;
  __builtin_snprintf(text.at, kText, "%s %s %s does not fit into %s", number_text(*data->type, left).at, operation,
                     number_text(*data->type, right).at, name_text(*data->type).at);
  call::table->arithmetic(ArithmeticFault::overflow, text.at, place_of(data->at, pc));
}

KNOBSCOPE_CALL inline void negation(const OfOneType* data, Value value, const void* pc) {
  Text text;
  __builtin_snprintf(text.at, kText, "-(%s) does not fit into %s", number_text(*data->type, value).at,
                     name_text(*data->type).at);
  call::table->arithmetic(ArithmeticFault::overflow, text.at, place_of(data->at, pc));
}

KNOBSCOPE_CALL inline void shift(const OfShift* data, Value left, Value right, const void* pc) {
  const long long by = signed_value(*data->right, right);
  Text text;
  if (by < 0 || by >= static_cast<long long>(bits_of(*data->left))) {
    __builtin_snprintf(text.at, kText, "a shift by %lld bits of a value of %u bits (%s)", by, bits_of(*data->left),
                       name_text(*data->left).at);
  } else {
    __builtin_snprintf(text.at, kText, "%s << %lld does not fit into %s", number_text(*data->left, left).at, by,
                       name_text(*data->left).at);
  }
  call::table->arithmetic(ArithmeticFault::shift, text.at, place_of(data->at, pc));
}

[[noreturn]] KNOBSCOPE_CALL inline void division(const OfOneType* data, Value left, Value right, const void* pc) {
  Text text;
  if (signed_value(*data->type, right) == 0) {
    __builtin_snprintf(text.at, kText, "%s is divided by zero", number_text(*data->type, left).at);
  } else {
    __builtin_snprintf(text.at, kText, "%s / %s does not fit into %s", number_text(*data->type, left).at,
                       number_text(*data->type, right).at, name_text(*data->type).at);
  }
  call::table->bad_division(text.at, place_of(data->at, pc));
}

/// The first number in brackets of "float [3][4]" is how many elements the indexed array has.
KNOBSCOPE_CALL inline long long size_of_array(const TypeDescriptor& type) {
  const char* at = type.name;
  while (*at != 0 && *at != '[') ++at;
  long long size = 0;
  if (*at == '[') {
    for (++at; *at >= '0' && *at <= '9'; ++at) size = 10 * size + (*at - '0');
  }
  return size;
}

[[noreturn]] KNOBSCOPE_CALL inline void index(const OfIndex* data, Value at, const void* pc) {
  call::table->bad_index(signed_value(*data->index, at), size_of_array(*data->array), name_text(*data->array).at,
                         place_of(data->at, pc));
}

KNOBSCOPE_CALL inline void pointer(const OfPointer* data, Value address, const void* pc) {
  const unsigned long alignment = 1ul << data->log_alignment;
  // Asked about other things too (null pointers, objects that are too small): accesses tell those.
  if (address % alignment == 0) return;
  call::table->misaligned(reinterpret_cast<const void*>(address), static_cast<unsigned>(alignment),
                          name_text(*data->type).at, place_of(data->at, pc));
}

}  // namespace knobscope::emulated::mistakes

// Each with the form that the compiler calls when told not to go on (-fno-sanitize-recover).
#define KNOBSCOPE_HANDLER(name, parameters, function, Data, ...)                                           \
  KNOBSCOPE_TOLD void __ubsan_handle_##name parameters {                                                   \
    knobscope::emulated::mistakes::function(static_cast<const knobscope::emulated::mistakes::Data*>(data), \
                                            __VA_ARGS__, KNOBSCOPE_PC);                                    \
  }                                                                                                        \
  KNOBSCOPE_TOLD void __ubsan_handle_##name##_abort parameters {                                           \
    knobscope::emulated::mistakes::function(static_cast<const knobscope::emulated::mistakes::Data*>(data), \
                                            __VA_ARGS__, KNOBSCOPE_PC);                                    \
    __builtin_trap();                                                                                      \
  }
#define KNOBSCOPE_TWO_VALUES (void* data, unsigned long left, unsigned long right)
#define KNOBSCOPE_ONE_VALUE (void* data, unsigned long value)
KNOBSCOPE_HANDLER(add_overflow, KNOBSCOPE_TWO_VALUES, overflow, OfOneType, left, right, "+")
KNOBSCOPE_HANDLER(sub_overflow, KNOBSCOPE_TWO_VALUES, overflow, OfOneType, left, right, "-")
KNOBSCOPE_HANDLER(mul_overflow, KNOBSCOPE_TWO_VALUES, overflow, OfOneType, left, right, "*")
KNOBSCOPE_HANDLER(negate_overflow, KNOBSCOPE_ONE_VALUE, negation, OfOneType, value)
KNOBSCOPE_HANDLER(divrem_overflow, KNOBSCOPE_TWO_VALUES, division, OfOneType, left, right)
KNOBSCOPE_HANDLER(shift_out_of_bounds, KNOBSCOPE_TWO_VALUES, shift, OfShift, left, right)
KNOBSCOPE_HANDLER(out_of_bounds, KNOBSCOPE_ONE_VALUE, index, OfIndex, value)
KNOBSCOPE_HANDLER(type_mismatch_v1, KNOBSCOPE_ONE_VALUE, pointer, OfPointer, value)
#undef KNOBSCOPE_TWO_VALUES
#undef KNOBSCOPE_ONE_VALUE
#undef KNOBSCOPE_HANDLER

#endif
