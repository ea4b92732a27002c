# icefall_join_sources(RESULT TARGET SOURCE...): what to compile of a target's sources. That is the
# sources, or with ICEFALL_JOIN_SOURCES fewer files that include them, which takes less than half
# the time from nothing, and longer after a change of one. Configure again after a change:
# join_sources.py keeps apart what one file could not hold.
option(ICEFALL_JOIN_SOURCES "Compile sources together" OFF)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
if(ICEFALL_JOIN_SOURCES AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # Meant for headers, for which GCC takes all that a joined file includes.
  list(APPEND ICEFALL_WARNINGS -Wno-subobject-linkage)
endif()

function(icefall_join_sources result target)
  if(NOT ICEFALL_JOIN_SOURCES)
    set(${result} ${ARGN} PARENT_SCOPE)
    return()
  endif()
  set(apart "")
  set(joined "")
  foreach(source IN LISTS ARGN)
    get_source_file_property(options ${source} COMPILE_OPTIONS)
    get_source_file_property(definitions ${source} COMPILE_DEFINITIONS)
    if(options OR definitions)
      list(APPEND apart ${source})
    else()
      list(APPEND joined ${CMAKE_CURRENT_SOURCE_DIR}/${source})
    endif()
  endforeach()
  execute_process(
    COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_SOURCE_DIR}/cmake/join_sources.py
      ${CMAKE_CURRENT_BINARY_DIR}/${target}.joined ${joined}
    OUTPUT_VARIABLE joined OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  string(REPLACE "\n" ";" joined "${joined}")
  set(${result} ${apart} ${joined} PARENT_SCOPE)
endfunction()
