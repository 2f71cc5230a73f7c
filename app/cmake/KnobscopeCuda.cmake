# CUDA without nvcc: headers and the static runtime to build with, and where NVRTC and the headers
# for kernels lie, for the running program. NVRTC, CUPTI and NVML are opened at run time, never
# linked, so that the program starts on any machine.
#
# knobscope::cuda   headers, static CUDA runtime; defines KNOBSCOPE_HAS_CUDA=1,
#                   KNOBSCOPE_CUDA_INCLUDE_DIR and KNOBSCOPE_CUDA_LIBRARY_DIR
# knobscope::nvtx   NVTX 3, headers only
#
# Both are absent in a build without CUDA.

# ./dev reads which it was: toolkit, wheels, none or off.
set(cuda_origin_file "${PROJECT_BINARY_DIR}/cuda-origin")

if(KNOBSCOPE_CUDA STREQUAL "OFF")
  file(WRITE "${cuda_origin_file}" "off\n")
  message(STATUS "CUDA: off")
  return()
endif()

set(cuda_include_dir "")
set(cuda_library_dir "")
set(cuda_origin "none")
find_package(CUDAToolkit 12.4 QUIET)
if(CUDAToolkit_FOUND)
  # Several folders may be named (the headers' own and CCCL's); the one with NVRTC's is meant. A
  # toolkit cut down to its runtime has none and will not do.
  find_path(KNOBSCOPE_CUDA_HEADERS nvrtc.h PATHS ${CUDAToolkit_INCLUDE_DIRS} NO_DEFAULT_PATH)
  mark_as_advanced(KNOBSCOPE_CUDA_HEADERS)
endif()
if(CUDAToolkit_FOUND AND TARGET CUDA::cudart_static AND KNOBSCOPE_CUDA_HEADERS)
  set(cuda_origin "toolkit")
  set(cuda_found "toolkit ${CUDAToolkit_VERSION}")
  set(cuda_include_dir "${KNOBSCOPE_CUDA_HEADERS}")
  set(cuda_library_dir "${CUDAToolkit_LIBRARY_DIR}")
  set(cudart_static "${CUDA_cudart_static_LIBRARY}")
else()
  set(wheels "${KNOBSCOPE_CUDA_WHEELS_DIR}")
  if(NOT wheels)
    knobscope_deps_dir(deps)
    set(wheels "${deps}/cuda-wheels-13.0")
  endif()
  if(EXISTS "${wheels}/nvidia/cu13/lib/libcudart_static.a")
    set(cuda_origin "wheels")
    set(cuda_found "wheels in ${wheels}")
    set(cuda_include_dir "${wheels}/nvidia/cu13/include")
    set(cuda_library_dir "${wheels}/nvidia/cu13/lib")
    set(cudart_static "${cuda_library_dir}/libcudart_static.a")
  endif()
endif()

file(WRITE "${cuda_origin_file}" "${cuda_origin}\n")
if(cuda_origin STREQUAL "none")
  if(KNOBSCOPE_CUDA STREQUAL "ON")
    message(FATAL_ERROR "CUDA: neither a toolkit of 12.4 or newer nor NVIDIA's wheels were found: "
      "${KNOBSCOPE_INSTALL_HINT}")
  endif()
  message(STATUS "CUDA: not found, built without it")
  return()
endif()
message(STATUS "CUDA: ${cuda_found}")

add_library(knobscope_cuda INTERFACE)
add_library(knobscope::cuda ALIAS knobscope_cuda)
target_include_directories(knobscope_cuda SYSTEM INTERFACE "${cuda_include_dir}")
# CUPTI's headers lie apart in a toolkit from NVIDIA's own installer.
foreach(cupti "${cuda_include_dir}/../extras/CUPTI/include"
              "${cuda_include_dir}/../../../extras/CUPTI/include")
  if(NOT EXISTS "${cuda_include_dir}/cupti.h" AND EXISTS "${cupti}/cupti.h")
    target_include_directories(knobscope_cuda SYSTEM INTERFACE "${cupti}")
  endif()
endforeach()
target_link_libraries(knobscope_cuda INTERFACE "${cudart_static}" Threads::Threads dl rt)
target_compile_definitions(knobscope_cuda INTERFACE
  KNOBSCOPE_HAS_CUDA=1
  KNOBSCOPE_CUDA_INCLUDE_DIR="${cuda_include_dir}"
  KNOBSCOPE_CUDA_LIBRARY_DIR="${cuda_library_dir}")

add_library(knobscope_nvtx INTERFACE)
add_library(knobscope::nvtx ALIAS knobscope_nvtx)
target_include_directories(knobscope_nvtx SYSTEM INTERFACE "${cuda_include_dir}")
target_link_libraries(knobscope_nvtx INTERFACE dl)
