# Language, warnings and sanitizers of our own code.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_LINK_DEPENDS_NO_SHARED ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

# Sanitizers change what the compiler generates everywhere, third-party sources included.
if(KNOBSCOPE_SANITIZERS)
  add_compile_options("-fsanitize=${KNOBSCOPE_SANITIZERS}" -fno-omit-frame-pointer)
  add_link_options("-fsanitize=${KNOBSCOPE_SANITIZERS}")
  if(KNOBSCOPE_SANITIZERS MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()

# Linked by our own targets only, so third-party code keeps its own warnings to itself.
add_library(knobscope_warnings INTERFACE)
target_compile_options(knobscope_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
  -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast -Wcast-align -Wunused
  -Wnull-dereference -Wdouble-promotion -Wformat=2 -Wimplicit-fallthrough -Wundef)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(knobscope_warnings INTERFACE
    -Wduplicated-cond -Wduplicated-branches -Wlogical-op)
endif()
if(KNOBSCOPE_WARNINGS_AS_ERRORS)
  target_compile_options(knobscope_warnings INTERFACE -Werror)
endif()
if(KNOBSCOPE_SANITIZERS OR CMAKE_BUILD_TYPE STREQUAL "Debug")
  # g++ 12 reports null dereferences in the standard library's headers once it is instrumented.
  target_compile_options(knobscope_warnings INTERFACE -Wno-null-dereference)
endif()

# Where ./dev keeps what it fetched.
function(knobscope_deps_dir result)
  if(DEFINED ENV{KNOBSCOPE_DEPS_DIR})
    set(dir "$ENV{KNOBSCOPE_DEPS_DIR}")
  elseif(DEFINED ENV{XDG_CACHE_HOME})
    set(dir "$ENV{XDG_CACHE_HOME}/knobscope/deps")
  else()
    set(dir "$ENV{HOME}/.cache/knobscope/deps")
  endif()
  set(${result} "${dir}" PARENT_SCOPE)
endfunction()
