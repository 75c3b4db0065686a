# The tests of a suite are one program: its files share what they include and
# instantiate, which is most of what they cost. CTest runs them test by test,
# each in a process of its own.

# parley_suite(name LINK lib … [SUPPORT a.cpp …] [PROGRAMS target …] [TIMEOUT seconds])
#   The program NAME_tests, and what its tests need beside it. PROGRAMS are
#   started by the tests and built with them. TIMEOUT is one test's (300).
function(parley_suite name)
  cmake_parse_arguments(arg "" "TIMEOUT" "LINK;SUPPORT;PROGRAMS" ${ARGN})
  set(program ${name}_tests)
  add_executable(${program} ${arg_SUPPORT})
  target_include_directories(${program} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${program} PRIVATE parley_test_main ${arg_LINK})
  foreach(tool IN LISTS arg_PROGRAMS)
    add_dependencies(${program} ${tool})
  endforeach()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  set_target_properties(${program} PROPERTIES PARLEY_TIMEOUT ${arg_TIMEOUT})
endfunction()

# parley_test(name SUITE suite [CONCURRENT] [SERIAL] [SOURCES a.cpp …])
#   One test of a suite: the test cases of these files (of NAME.cpp if none is
#   named). CONCURRENT ones have threads of their own and also run under
#   ThreadSanitizer. SERIAL ones run alone: they look at words and totals of a
#   world that is many times as fast as life.
function(parley_test name)
  cmake_parse_arguments(arg "CONCURRENT;SERIAL" "SUITE" "SOURCES" ${ARGN})
  if(NOT arg_SOURCES)
    set(arg_SOURCES ${name}.cpp)
  endif()
  set(program ${arg_SUITE}_tests)
  target_sources(${program} PRIVATE ${arg_SOURCES})
  set(files)
  foreach(source IN LISTS arg_SOURCES)
    get_filename_component(stem ${source} NAME_WE)
    list(APPEND files "[#${stem}]~[.]")
  endforeach()
  string(JOIN "," filter ${files})
  add_test(NAME ${name} COMMAND ${program} --filenames-as-tags ${filter})
  set(labels ${arg_SUITE})
  if(arg_CONCURRENT)
    list(APPEND labels concurrency)
  endif()
  get_target_property(timeout ${program} PARLEY_TIMEOUT)
  if(PARLEY_SANITIZE)
    math(EXPR timeout "4 * ${timeout}")
  endif()
  # No test case found is a failure, not a pass.
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT ${timeout}
    FAIL_REGULAR_EXPRESSION "No tests ran;No test cases matched")
  if(PARLEY_SANITIZE)
    set_tests_properties(${name} PROPERTIES
      ENVIRONMENT "LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/support/leaks.supp:print_suppressions=0")
  endif()
  if(arg_SERIAL)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
  endif()
endfunction()
