// Behind asm_given_back.h: what was before. May be included many times, also within itself.
#pragma GCC system_header
#pragma pop_macro("asm")
#pragma pop_macro("__asm__")
