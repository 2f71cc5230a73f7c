#ifndef KNOBSCOPE_EMULATED_CURAND_H
#define KNOBSCOPE_EMULATED_CURAND_H
// Random numbers, which cannot be played.
#pragma GCC system_header

#if !defined(KNOBSCOPE_CURAND)
#define KNOBSCOPE_CURAND 1
struct KNOBSCOPE_UNPLAYABLE(curand) curandState;
struct KNOBSCOPE_UNPLAYABLE(curand) curandState_t;
struct KNOBSCOPE_UNPLAYABLE(curand) curandStateXORWOW_t;
struct KNOBSCOPE_UNPLAYABLE(curand) curandStatePhilox4_32_10_t;
KNOBSCOPE_REFUSED(curand_init, curand);
KNOBSCOPE_REFUSED(curand_uniform, curand);
KNOBSCOPE_REFUSED(curand_normal, curand);
#endif

#endif
