// Before a header of somebody else's; may be included many times. asm_taken_away.h comes behind it.
#pragma GCC system_header
#undef asm
#undef __asm__
#undef __asm
