# everstep_lint(<target>): adds tests that look through the target's sources for coroutine code that GCC 12 compiles wrongly
# without a word: lint_<target>, or lint_<target>_<file> for each of several sources, so that ctest runs them side by side.
# It needs clang-query (Debian: clang-tools-19) and CMAKE_EXPORT_COMPILE_COMMANDS.
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
  list(LENGTH sources count)
  foreach(source IN LISTS sources)
    set(name lint_${target})
    if(count GREATER 1)
      get_filename_component(file "${source}" NAME_WE)
      string(APPEND name "_${file}")
      if(TEST ${name})   # sources of one name in several folders
        file(RELATIVE_PATH file "${folder}" "${source}")
        string(MAKE_C_IDENTIFIER "${file}" file)
        set(name "lint_${target}_${file}")
      endif()
    endif()
    add_test(NAME ${name} COMMAND "${CMAKE_COMMAND}"
      "-DQUERY=${EVERSTEP_CLANG_QUERY}" "-DCOMMANDS=${CMAKE_BINARY_DIR}" "-DSOURCE=${source}" "-DTREE=${CMAKE_SOURCE_DIR}"
      "-DFOLDERS=$<JOIN:$<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>,$<COMMA>>"
      -P "${EVERSTEP_LINT_FOLDER}/everstep_lint_run.cmake")
    set_tests_properties(${name} PROPERTIES LABELS lint TIMEOUT 300)
  endforeach()
endfunction()
