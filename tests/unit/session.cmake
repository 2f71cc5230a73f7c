file(GLOB session_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/session_*.cpp")
if(TARGET knobscope::session)
  knobscope_test(NAME unit_session
    SOURCES ${session_sources}
    DEPENDS knobscope::session knobscope::core knobscope::sqlite knobscope::json knobscope::fmt
    LABELS unit
    TIMEOUT 60)
endif()
