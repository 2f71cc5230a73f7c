# The headers that kernels are compiled against on the emulated device. One program, one entry: compiling the kernels is
# what takes the time, and the tests share what was compiled.
if(TARGET knobscope::device)
  knobscope_test(NAME unit_emulated_headers WHOLE
    SOURCES emulated_bench.cpp emulated_headers_accesses_test.cpp emulated_headers_atomics_test.cpp
      emulated_headers_half_test.cpp emulated_headers_kernels_test.cpp emulated_headers_refused_test.cpp
      emulated_headers_values_test.cpp emulated_headers_warp_test.cpp
    DEPENDS knobscope::device knobscope::fmt
    LABELS unit
    TIMEOUT 300
    COST 80)
endif()
