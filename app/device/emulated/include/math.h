#ifndef KNOBSCOPE_EMULATED_MATH_H
#define KNOBSCOPE_EMULATED_MATH_H
// The C library's functions are there without it, and their overloads too: libstdc++'s header of this name would bring
// its own into the global namespace. std::sin and its kin come with <cmath>.
#pragma GCC system_header

#include <cmath>

using std::fpclassify;
using std::isgreater;
using std::isgreaterequal;
using std::isless;
using std::islessequal;
using std::islessgreater;
using std::isunordered;

#endif
