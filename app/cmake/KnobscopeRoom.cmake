include_guard(GLOBAL)

# Keeps of `dependencies` those that exist. A room that has no folder yet, or that this build leaves
# out (the window, CUDA), is dropped; any other unknown name is a mistake and stops the configuration.
function(knobscope_existing_dependencies result asking)
  set(kept "")
  foreach(dependency IN LISTS ARGN)
    if(TARGET "${dependency}")
      list(APPEND kept "${dependency}")
    elseif(dependency MATCHES "^knobscope::(core|catalog|device|measure|trace|worker|session|cli|gui|cuda|nvtx)$")
      message(STATUS "${asking}: built without ${dependency}")
    elseif(NOT KNOBSCOPE_GUI AND dependency MATCHES
           "^knobscope::(imgui|implot|implot3d|imgui_knobs|text_edit|imgui_test_engine|glfw|gl)$")
      message(STATUS "${asking}: built without ${dependency}")
    elseif(dependency MATCHES "::")
      message(FATAL_ERROR "${asking} depends on ${dependency}, which does not exist")
    else()
      list(APPEND kept "${dependency}")
    endif()
  endforeach()
  set(${result} "${kept}" PARENT_SCOPE)
endfunction()

# knobscope_room(<name> [SOURCES <file>...] [DEPENDS <target>...] [PRIVATE_DEPENDS <target>...])
#
# The static library of one room: target knobscope_<name>, alias knobscope::<name>. Includes are
# written from app/ ("core/problem.h"). DEPENDS are what the room's headers show to others;
# PRIVATE_DEPENDS stay inside. A room without sources becomes a header-only library.
function(knobscope_room name)
  cmake_parse_arguments(PARSE_ARGV 1 room "" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS")
  if(room_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "knobscope_room(${name}): unknown arguments ${room_UNPARSED_ARGUMENTS}")
  endif()
  set(target "knobscope_${name}")
  knobscope_existing_dependencies(depends ${target} ${room_DEPENDS})
  knobscope_existing_dependencies(private_depends ${target} ${room_PRIVATE_DEPENDS})

  set(compiled "${room_SOURCES}")
  list(FILTER compiled INCLUDE REGEX "\\.(cpp|cc|c)$")
  if(compiled)
    add_library(${target} STATIC ${room_SOURCES})
    target_include_directories(${target} PUBLIC "${PROJECT_SOURCE_DIR}/app")
    target_link_libraries(${target} PUBLIC ${depends} PRIVATE ${private_depends})
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:knobscope_warnings>)
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE "${PROJECT_SOURCE_DIR}/app")
    target_link_libraries(${target} INTERFACE ${depends})
  endif()
  add_library(knobscope::${name} ALIAS ${target})
endfunction()

# The program itself: app/main.cpp with every room that exists, for main wires them together.
function(knobscope_program)
  add_executable(knobscope "${PROJECT_SOURCE_DIR}/app/main.cpp")
  target_include_directories(knobscope PRIVATE "${PROJECT_SOURCE_DIR}/app")
  set(rooms "${KNOBSCOPE_ROOMS}")
  list(REVERSE rooms)
  foreach(room IN LISTS rooms)
    if(TARGET knobscope::${room})
      target_link_libraries(knobscope PRIVATE knobscope::${room})
      string(TOUPPER "${room}" upper)
      target_compile_definitions(knobscope PRIVATE KNOBSCOPE_HAS_${upper}=1)
    endif()
  endforeach()
  target_link_libraries(knobscope PRIVATE knobscope_warnings knobscope::cli11 knobscope::fmt)
  target_compile_definitions(knobscope PRIVATE
    KNOBSCOPE_VERSION="${PROJECT_VERSION}" KNOBSCOPE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  # Kernels for the CPU are shared objects that may call back into the program.
  set_target_properties(knobscope PROPERTIES ENABLE_EXPORTS ON)
  knobscope_carry_libraries(knobscope)
endfunction()
