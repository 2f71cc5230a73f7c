# Every library that is not ours, each as a target knobscope::<name> with system include folders.
# Static where Debian ships an archive; the few shared ones are copied beside the program (lib/), so
# that a build folder still starts on a machine where they are not installed.

find_package(Threads REQUIRED)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
find_package(PkgConfig REQUIRED)

set(KNOBSCOPE_INSTALL_HINT "run ./dev build, which installs what is missing")

# An interface target for headers, and an archive or library where one is named.
function(knobscope_system_library name)
  cmake_parse_arguments(PARSE_ARGV 1 lib "" "HEADER;SUFFIX" "NAMES;LINK")
  find_path(KNOBSCOPE_${name}_INCLUDE_DIR "${lib_HEADER}" PATH_SUFFIXES ${lib_SUFFIX})
  mark_as_advanced(KNOBSCOPE_${name}_INCLUDE_DIR)
  if(NOT KNOBSCOPE_${name}_INCLUDE_DIR)
    message(FATAL_ERROR "${lib_HEADER} not found: ${KNOBSCOPE_INSTALL_HINT}")
  endif()
  add_library(knobscope_${name} INTERFACE)
  add_library(knobscope::${name} ALIAS knobscope_${name})
  target_include_directories(knobscope_${name} SYSTEM INTERFACE "${KNOBSCOPE_${name}_INCLUDE_DIR}")
  if(lib_NAMES)
    find_library(KNOBSCOPE_${name}_LIBRARY NAMES ${lib_NAMES})
    mark_as_advanced(KNOBSCOPE_${name}_LIBRARY)
    if(NOT KNOBSCOPE_${name}_LIBRARY)
      message(FATAL_ERROR "lib${name} not found: ${KNOBSCOPE_INSTALL_HINT}")
    endif()
    target_link_libraries(knobscope_${name} INTERFACE "${KNOBSCOPE_${name}_LIBRARY}" ${lib_LINK})
  endif()
endfunction()

knobscope_system_library(uv HEADER uv.h NAMES libuv_a.a libuv.a uv LINK Threads::Threads dl rt)
knobscope_system_library(sqlite HEADER sqlite3.h NAMES libsqlite3.a sqlite3
  LINK Threads::Threads dl m)
knobscope_system_library(tomlplusplus HEADER toml++/toml.h)
target_include_directories(knobscope_tomlplusplus INTERFACE "${CMAKE_CURRENT_LIST_DIR}/include")
knobscope_system_library(muparser HEADER muParser.h NAMES libmuparser.a muparser)
knobscope_system_library(json HEADER nlohmann/json.hpp)
knobscope_system_library(cli11 HEADER CLI/CLI.hpp)
knobscope_system_library(fmt HEADER fmt/format.h NAMES libfmt.a fmt)
knobscope_system_library(stb HEADER stb_image_write.h SUFFIX stb NAMES libstb.a stb LINK m)
knobscope_system_library(xxhash HEADER xxhash.h NAMES libxxhash.a xxhash)
knobscope_system_library(boost_context HEADER boost/context/fiber.hpp
  NAMES libboost_context.a boost_context)

# Copies those of a program's libraries that are neither the system's nor in an archive into lib/
# beside it, and lets the program look there first.
function(knobscope_carry_libraries target)
  set(carried "")
  foreach(name muparser fmt)
    if(KNOBSCOPE_${name}_LIBRARY MATCHES "\\.so$")
      file(REAL_PATH "${KNOBSCOPE_${name}_LIBRARY}" real)
      execute_process(COMMAND "${CMAKE_OBJDUMP}" -p "${real}" OUTPUT_VARIABLE dump)
      if(dump MATCHES "SONAME +([^\n ]+)")
        set(copy "$<TARGET_FILE_DIR:${target}>/lib/${CMAKE_MATCH_1}")
        list(APPEND carried COMMAND ${CMAKE_COMMAND} -E copy_if_different "${real}" "${copy}")
      endif()
    endif()
  endforeach()
  set_target_properties(${target} PROPERTIES
    BUILD_RPATH "\$ORIGIN/lib" INSTALL_RPATH "\$ORIGIN/lib" BUILD_WITH_INSTALL_RPATH ON)
  if(carried)
    add_custom_command(TARGET ${target} POST_BUILD
      COMMAND ${CMAKE_COMMAND} -E make_directory "$<TARGET_FILE_DIR:${target}>/lib"
      ${carried} VERBATIM)
  endif()
endfunction()

if(KNOBSCOPE_TESTS)
  find_package(GTest REQUIRED)
  find_package(benchmark QUIET)
endif()

if(KNOBSCOPE_GUI)
  include(KnobscopeWindowLibraries)
endif()
