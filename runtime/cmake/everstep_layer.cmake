# everstep_flags(<target>): language level and warnings of everything that we compile ourselves.
function(everstep_flags target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
  if(PROJECT_IS_TOP_LEVEL)
    set_target_properties(${target} PROPERTIES COMPILE_WARNING_AS_ERROR ON)
  endif()
endfunction()

# everstep_precompile(<target> <header>...): half of the time that most of our files take to compile is for headers. GCC does without, and
# so sees which file lacks an include.
function(everstep_precompile target)
  if(EVERSTEP_PRECOMPILE AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_precompile_headers(${target} PRIVATE <algorithm> <atomic> <chrono> <condition_variable> <deque> <functional> <map> <memory> <mutex>
      <optional> <set> <string> <thread> <unordered_map> <variant> <vector> ${ARGN})
  endif()
endfunction()

# everstep_layer(<name> SOURCES <file>... [DEPENDS <layer>...] [LINKS <target>...])
#
# One layer is one object library `everstep_<name>`, so that a layer builds and tests without those above it. DEPENDS
# names layers, LINKS outside libraries. The closure of DEPENDS is kept in EVERSTEP_CLOSURE: object libraries hand on
# their objects only to those who name them, so a test names all of them.
function(everstep_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 layer "" "" "SOURCES;DEPENDS;LINKS")
  if(layer_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "everstep_layer(${name}): unknown argument ${layer_UNPARSED_ARGUMENTS}")
  endif()

  set(target everstep_${name})
  add_library(${target} OBJECT ${layer_SOURCES})
  everstep_flags(${target})
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX POSITION_INDEPENDENT_CODE ON)
  target_include_directories(${target} PUBLIC
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>" "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/runtime>")
  target_link_libraries(${target} PUBLIC Boost::headers ${layer_LINKS})
  if(name MATCHES "^(engine|feature)$")
    everstep_precompile(${target} <boost/asio/any_io_executor.hpp> <boost/container/small_vector.hpp> <boost/describe.hpp>
      <boost/json/basic_parser_impl.hpp> <boost/unordered/unordered_flat_map.hpp> <everstep/context.hpp>)
  endif()

  set(closure ${target})
  foreach(below IN LISTS layer_DEPENDS)
    if(NOT TARGET everstep_${below})
      message(FATAL_ERROR "everstep_layer(${name}): layer ${below} is not known (yet)")
    endif()
    target_link_libraries(${target} PUBLIC everstep_${below})
    get_property(closure_below TARGET everstep_${below} PROPERTY EVERSTEP_CLOSURE)
    list(APPEND closure ${closure_below})
  endforeach()
  list(REMOVE_DUPLICATES closure)
  set_property(TARGET ${target} PROPERTY EVERSTEP_CLOSURE ${closure})
  set_property(GLOBAL APPEND PROPERTY EVERSTEP_LAYERS ${name})
endfunction()
