file(GLOB cli_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/cli_*.cpp")
if(TARGET knobscope::cli)
  knobscope_test(NAME unit_cli
    SOURCES ${cli_sources}
    DEPENDS knobscope::cli knobscope::session knobscope::core knobscope::fmt
    LABELS unit
    TIMEOUT 60)
  target_include_directories(knobscope_test_unit_cli PRIVATE "${CMAKE_CURRENT_LIST_DIR}")
endif()
