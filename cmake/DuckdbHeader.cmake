# One precompiled header shared by all targets that use DuckDB.
file(WRITE ${CMAKE_BINARY_DIR}/duckdb_pch.cc "// Exists to carry the precompiled header.\n")
add_library(icefall_duckdb_pch OBJECT ${CMAKE_BINARY_DIR}/duckdb_pch.cc)
target_link_libraries(icefall_duckdb_pch PRIVATE DuckDB::duckdb)
set(header duckdb_pch.h)
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  # Clang takes from a precompiled header only what a file needs, so that a large one pays; GCC
  # reads all of it each time. The macros it was made with must be those of all its users.
  set(header sql_pch.h)
  target_include_directories(icefall_duckdb_pch PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR})
  add_compile_definitions(FMT_SHARED GTEST_HAS_PTHREAD=1)
endif()
target_precompile_headers(icefall_duckdb_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/${header})
# GCC takes the header only under the options it was made with; -Wpedantic is one that counts.
target_compile_options(icefall_duckdb_pch PRIVATE ${ICEFALL_WARNINGS})
