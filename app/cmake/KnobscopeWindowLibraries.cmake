# Dear ImGui, its companions and GLFW, built from the sources in imgui-bundle's folder external/.
# Nothing of X11, Wayland, EGL or OpenGL is linked: GLFW opens those when the program runs.

set(third_party "${KNOBSCOPE_THIRD_PARTY_DIR}")
if(NOT third_party)
  knobscope_deps_dir(deps)
  set(third_party "${deps}/imgui-bundle-1.93.0/external")
endif()
if(NOT EXISTS "${third_party}/imgui/imgui/imgui.h")
  message(FATAL_ERROR "Dear ImGui's sources are not in ${third_party}: ${KNOBSCOPE_INSTALL_HINT}, "
    "or set KNOBSCOPE_THIRD_PARTY_DIR, or configure with -DKNOBSCOPE_GUI=OFF")
endif()
message(STATUS "Third-party sources: ${third_party}")

# GLFW ---------------------------------------------------------------------------------------------
set(GLFW_BUILD_EXAMPLES OFF CACHE INTERNAL "")
set(GLFW_BUILD_TESTS OFF CACHE INTERNAL "")
set(GLFW_BUILD_DOCS OFF CACHE INTERNAL "")
set(GLFW_INSTALL OFF CACHE INTERNAL "")
set(GLFW_LIBRARY_TYPE STATIC CACHE INTERNAL "")
pkg_check_modules(KNOBSCOPE_WAYLAND QUIET
  wayland-client wayland-cursor wayland-egl xkbcommon)
set(wayland OFF)
if(KNOBSCOPE_WAYLAND_FOUND)
  set(wayland ON)
endif()
set(GLFW_BUILD_WAYLAND ${wayland} CACHE INTERNAL "")
find_package(X11 QUIET)
set(x11 OFF)
if(X11_Xrandr_INCLUDE_PATH AND X11_Xinerama_INCLUDE_PATH AND X11_Xcursor_INCLUDE_PATH
   AND X11_Xi_INCLUDE_PATH AND X11_Xkb_INCLUDE_PATH)
  set(x11 ON)
endif()
set(GLFW_BUILD_X11 ${x11} CACHE INTERNAL "")
message(STATUS "GLFW: X11 ${x11}, Wayland ${wayland}, null platform always")
add_subdirectory("${third_party}/glfw/glfw" "${PROJECT_BINARY_DIR}/third_party/glfw"
  EXCLUDE_FROM_ALL SYSTEM)
add_library(knobscope_glfw INTERFACE)
add_library(knobscope::glfw ALIAS knobscope_glfw)
target_link_libraries(knobscope_glfw INTERFACE glfw)
target_compile_definitions(knobscope_glfw INTERFACE GLFW_INCLUDE_NONE)

# OpenGL 3.3 ---------------------------------------------------------------------------------------
# glad's loader, as GLFW ships it: <glad/gl.h>, then gladLoadGL(glfwGetProcAddress) with a context
# current. It needs no library of the system and serves X11, Wayland and the null platform alike.
set(gl_dir "${PROJECT_BINARY_DIR}/third_party/gl")
configure_file("${third_party}/glfw/glfw/deps/glad/gl.h" "${gl_dir}/include/glad/gl.h" COPYONLY)
file(CONFIGURE OUTPUT "${gl_dir}/gl.c" CONTENT
  "#define GLAD_GL_IMPLEMENTATION\n#include <glad/gl.h>\n")
add_library(knobscope_gl STATIC EXCLUDE_FROM_ALL "${gl_dir}/gl.c")
add_library(knobscope::gl ALIAS knobscope_gl)
target_include_directories(knobscope_gl SYSTEM PUBLIC "${gl_dir}/include")

# Dear ImGui ---------------------------------------------------------------------------------------
set(imgui "${third_party}/imgui/imgui")
add_library(knobscope_imgui STATIC EXCLUDE_FROM_ALL
  "${imgui}/imgui.cpp" "${imgui}/imgui_demo.cpp" "${imgui}/imgui_draw.cpp"
  "${imgui}/imgui_tables.cpp" "${imgui}/imgui_widgets.cpp" "${imgui}/imgui_stacklayout.cpp"
  "${imgui}/backends/imgui_impl_glfw.cpp" "${imgui}/backends/imgui_impl_opengl3.cpp"
  "${imgui}/misc/cpp/imgui_stdlib.cpp")
add_library(knobscope::imgui ALIAS knobscope_imgui)
target_include_directories(knobscope_imgui SYSTEM PUBLIC
  "${imgui}" "${imgui}/backends" "${imgui}/misc/cpp")
target_link_libraries(knobscope_imgui PUBLIC knobscope_glfw PRIVATE Threads::Threads dl)

if(KNOBSCOPE_TESTS)
  # Dear ImGui calls the test engine's hooks and the engine calls Dear ImGui, so both are one archive.
  set(engine "${third_party}/imgui_test_engine/imgui_test_engine/imgui_test_engine")
  target_sources(knobscope_imgui PRIVATE
    "${engine}/imgui_capture_tool.cpp" "${engine}/imgui_te_context.cpp"
    "${engine}/imgui_te_coroutine.cpp" "${engine}/imgui_te_engine.cpp"
    "${engine}/imgui_te_exporters.cpp" "${engine}/imgui_te_perftool.cpp"
    "${engine}/imgui_te_ui.cpp" "${engine}/imgui_te_utils.cpp")
  target_compile_definitions(knobscope_imgui PUBLIC
    IMGUI_ENABLE_TEST_ENGINE IMGUI_TEST_ENGINE_ENABLE_COROUTINE_STDTHREAD_IMPL=1)
  target_include_directories(knobscope_imgui PRIVATE "${engine}")
  add_library(knobscope_imgui_test_engine INTERFACE)
  add_library(knobscope::imgui_test_engine ALIAS knobscope_imgui_test_engine)
  target_include_directories(knobscope_imgui_test_engine SYSTEM INTERFACE "${engine}")
  target_link_libraries(knobscope_imgui_test_engine INTERFACE knobscope_imgui)
endif()

function(knobscope_imgui_companion name folder)
  list(TRANSFORM ARGN PREPEND "${folder}/" OUTPUT_VARIABLE sources)
  add_library(knobscope_${name} STATIC EXCLUDE_FROM_ALL ${sources})
  add_library(knobscope::${name} ALIAS knobscope_${name})
  target_include_directories(knobscope_${name} SYSTEM PUBLIC "${folder}")
  target_link_libraries(knobscope_${name} PUBLIC knobscope_imgui)
endfunction()

knobscope_imgui_companion(implot "${third_party}/implot/implot"
  implot.cpp implot_items.cpp)
# Plots here are of doubles; ImPlot's templates for ten types take minutes to compile.
target_compile_definitions(knobscope_implot PRIVATE "IMPLOT_CUSTOM_NUMERIC_TYPES=(double)")
knobscope_imgui_companion(implot3d "${third_party}/implot3d/implot3d"
  implot3d.cpp implot3d_items.cpp implot3d_meshes.cpp)
knobscope_imgui_companion(imgui_knobs "${third_party}/imgui-knobs/imgui-knobs" imgui-knobs.cpp)
knobscope_imgui_companion(text_edit "${third_party}/ImGuiColorTextEdit/ImGuiColorTextEdit"
  TextEditor.cpp TextDiff.cpp)

# Their warnings are their authors' business.
foreach(target knobscope_gl knobscope_imgui knobscope_implot knobscope_implot3d
        knobscope_imgui_knobs knobscope_text_edit)
  target_compile_options(${target} PRIVATE -w)
endforeach()
