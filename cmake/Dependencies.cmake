# What IcefallDB links: installed packages first, then what scripts/bootstrap.sh fetched.
set(icefall_deps_default ${CMAKE_SOURCE_DIR}/.deps)
if(DEFINED ENV{ICEFALL_DEPS_DIR})
  set(icefall_deps_default $ENV{ICEFALL_DEPS_DIR})
endif()
set(ICEFALL_DEPS_DIR ${icefall_deps_default} CACHE PATH "Folder filled by scripts/bootstrap.sh")

find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto SSL)
# Headers only: the S3 proxy's parser of HTTP requests.
find_package(Boost 1.74 REQUIRED)
find_package(CURL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(roaring REQUIRED CONFIG)
find_package(nlohmann_json 3.11 REQUIRED CONFIG)
find_package(CLI11 REQUIRED CONFIG)
find_package(fmt REQUIRED CONFIG)
find_package(zstd REQUIRED CONFIG)
find_package(pugixml REQUIRED CONFIG)
find_package(GTest REQUIRED CONFIG)
find_package(benchmark QUIET CONFIG)

# Defines TARGET from a library in ICEFALL_DEPS_DIR. Its headers are system headers: warnings in
# them are not ours to fix.
function(icefall_fetched_library target folder library)
  set(root ${ICEFALL_DEPS_DIR}/${folder})
  if(NOT EXISTS ${root}/lib/lib${library}.so)
    message(FATAL_ERROR "${root}/lib/lib${library}.so is missing: run scripts/bootstrap.sh")
  endif()
  add_library(${target} SHARED IMPORTED GLOBAL)
  # The versioned file, because its name is what the loader asks for.
  file(REAL_PATH ${root}/lib/lib${library}.so location)
  set_target_properties(${target} PROPERTIES
    IMPORTED_LOCATION ${location}
    INTERFACE_INCLUDE_DIRECTORIES ${root}/include)
  install(FILES ${location} DESTINATION ${ICEFALL_INSTALL_LIBDIR})
endfunction()

# DuckDB's C++ interface changes with every patch, so an installed one must be this one exactly.
find_package(DuckDB 1.5.5 EXACT QUIET CONFIG)
if(TARGET duckdb)
  add_library(DuckDB::duckdb ALIAS duckdb)
else()
  icefall_fetched_library(DuckDB::duckdb duckdb duckdb)
endif()

find_package(Arrow 26 QUIET CONFIG)
find_package(Parquet 26 QUIET CONFIG)
if(TARGET Arrow::arrow_shared AND TARGET Parquet::parquet_shared)
  add_library(Arrow::arrow ALIAS Arrow::arrow_shared)
  add_library(Parquet::parquet ALIAS Parquet::parquet_shared)
else()
  icefall_fetched_library(Arrow::arrow arrow arrow)
  icefall_fetched_library(Parquet::parquet arrow parquet)
  set_property(TARGET Parquet::parquet APPEND PROPERTY INTERFACE_LINK_LIBRARIES Arrow::arrow)
endif()
