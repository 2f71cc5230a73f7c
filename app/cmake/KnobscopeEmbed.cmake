include_guard(GLOBAL)
set(KNOBSCOPE_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/embed.py")

# knobscope_embed(<target> <header> [BASE <dir>] FILES <file>...)
#
# Generates <header> (included as "<header>") with the text of each file, written anew when one
# changes. In namespace knobscope::embedded::<stem of header>:
#
#   inline constexpr std::string_view reduce_cuh = ...;        one for each file, named after its path
#   struct File { std::string_view name; std::string_view text; };
#   inline constexpr std::array<File, N> files = ...;          names are paths relative to BASE
#   constexpr std::optional<std::string_view> find(std::string_view name);
#
# BASE is the calling folder if not given.
function(knobscope_embed target header)
  cmake_parse_arguments(PARSE_ARGV 2 embed "" "BASE" "FILES")
  if(NOT embed_FILES)
    message(FATAL_ERROR "knobscope_embed(${target} ${header}): FILES is empty")
  endif()
  if(NOT embed_BASE)
    set(embed_BASE "${CMAKE_CURRENT_SOURCE_DIR}")
  endif()
  get_filename_component(base "${embed_BASE}" ABSOLUTE)
  set(inputs "")
  foreach(file IN LISTS embed_FILES)
    get_filename_component(absolute "${file}" ABSOLUTE)
    list(APPEND inputs "${absolute}")
  endforeach()
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/embedded_${target}")
  set(output "${folder}/${header}")
  add_custom_command(OUTPUT "${output}"
    COMMAND "${Python3_EXECUTABLE}" "${KNOBSCOPE_EMBED_SCRIPT}"
            --output "${output}" --base "${base}" ${inputs}
    DEPENDS ${inputs} "${KNOBSCOPE_EMBED_SCRIPT}"
    COMMENT "Embedding ${header}" VERBATIM)
  target_sources(${target} PRIVATE "${output}")
  target_include_directories(${target} PRIVATE "${folder}")
endfunction()
