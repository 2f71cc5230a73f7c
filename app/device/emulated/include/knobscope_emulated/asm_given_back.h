// Before a header of somebody else's, which may say asm; asm_taken_away.h comes behind it. May be included many times.
#pragma GCC system_header
#pragma push_macro("asm")
#pragma push_macro("__asm__")
#undef asm
#undef __asm__
