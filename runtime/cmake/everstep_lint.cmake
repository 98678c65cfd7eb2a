# everstep_lint(<target>): adds the test lint_<target>, which looks through the target's sources for coroutine code that
# GCC 12 compiles wrongly without a word. It needs clang-query (Debian: clang-tools-19) and CMAKE_EXPORT_COMPILE_COMMANDS.
set(EVERSTEP_LINT_FOLDER "${CMAKE_CURRENT_LIST_DIR}")

function(everstep_lint target)
  find_program(EVERSTEP_CLANG_QUERY NAMES clang-query-19 clang-query)
  if(NOT EVERSTEP_CLANG_QUERY)
    message(STATUS "everstep_lint(${target}): no clang-query, no test")
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  get_target_property(folder ${target} SOURCE_DIR)
  list(FILTER sources INCLUDE REGEX "\\.(cc|cpp|cxx)$")
  list(TRANSFORM sources PREPEND "${folder}/" REGEX "^[^/]")
  string(REPLACE ";" "," sources "${sources}")
  add_test(NAME lint_${target} COMMAND "${CMAKE_COMMAND}"
    "-DQUERY=${EVERSTEP_CLANG_QUERY}" "-DCOMMANDS=${CMAKE_BINARY_DIR}" "-DSOURCES=${sources}"
    -P "${EVERSTEP_LINT_FOLDER}/everstep_lint_run.cmake")
  set_tests_properties(lint_${target} PROPERTIES LABELS lint TIMEOUT 900)
endfunction()
