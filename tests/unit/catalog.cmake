# The watcher's tests run a libuv loop of their own.
file(GLOB catalog_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/catalog_*.cpp")
knobscope_test(NAME unit_catalog
  SOURCES ${catalog_sources}
  DEPENDS knobscope::catalog knobscope::uv
  LABELS unit
  TIMEOUT 60)
