# Language, warnings, sanitizers and the compiler cache, for every target.
option(ICEFALL_WERROR "Treat warnings as errors" OFF)
set(ICEFALL_SANITIZE "" CACHE STRING "Sanitizers to build with, such as address,undefined")

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# Libraries and executables alike, because the precompiled header is one for both, and GCC
# rejects a header made under another -fpic or -fpie. CMake would give executables -fPIE.
add_compile_options(-fPIC)

if(ICEFALL_SANITIZE)
  # vptr needs the type information of DuckDB's classes to be instrumented; the library is not.
  add_compile_options(-fsanitize=${ICEFALL_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${ICEFALL_SANITIZE})
  if(ICEFALL_SANITIZE MATCHES undefined)
    add_compile_options(-fno-sanitize=vptr -fno-sanitize-recover=undefined)
  endif()
endif()

find_program(ICEFALL_CCACHE ccache)
if(ICEFALL_CCACHE)
  # The sloppiness is what ccache demands before it caches users of a precompiled header; the
  # base folder lets clones of the repository share results.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
    ${ICEFALL_CCACHE})
  add_compile_options(-fpch-preprocess)
endif()

set(ICEFALL_WARNINGS
  -Wall -Wextra -Wpedantic -Wshadow=local -Wconversion -Wold-style-cast -Wnon-virtual-dtor
  -Wimplicit-fallthrough -Wextra-semi -Wundef -Wlogical-op -Wredundant-move
  # Designated initializers that leave defaults alone are how options are passed here.
  -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms of GCC 12 on std::string, std::vector, std::optional and std::expected at -O2.
  list(APPEND ICEFALL_WARNINGS
    -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread
    -Wno-maybe-uninitialized -Wno-dangling-pointer)
endif()
if(ICEFALL_WERROR)
  list(APPEND ICEFALL_WARNINGS -Werror)
endif()
