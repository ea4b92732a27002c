# One precompiled header shared by all targets that use DuckDB.
file(WRITE ${CMAKE_BINARY_DIR}/duckdb_pch.cc "// Exists to carry the precompiled header.\n")
add_library(icefall_duckdb_pch OBJECT ${CMAKE_BINARY_DIR}/duckdb_pch.cc)
target_link_libraries(icefall_duckdb_pch PRIVATE DuckDB::duckdb)
target_precompile_headers(icefall_duckdb_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/duckdb_pch.h)
# GCC takes the header only under the options it was made with; -Wpedantic is one that counts.
target_compile_options(icefall_duckdb_pch PRIVATE ${ICEFALL_WARNINGS})
