# What of the CUDA device needs no GPU: binding arguments, finding no driver, compiling every kernel file.
if(TARGET knobscope::cuda AND TARGET knobscope::device AND TARGET knobscope::catalog)
  knobscope_test(NAME unit_cuda
    SOURCES cuda_arguments_test.cpp cuda_cupti_test.cpp cuda_no_driver_test.cpp
    DEPENDS knobscope::device knobscope::fmt
    LABELS unit
    TIMEOUT 60)
  # One program, whose threads share the kernel files: NVRTC is what takes the time.
  knobscope_test(NAME unit_cuda_compile WHOLE
    SOURCES cuda_compile_test.cpp
    DEPENDS knobscope::device knobscope::catalog knobscope::fmt
    LABELS unit
    TIMEOUT 400
    COST 100)
endif()
