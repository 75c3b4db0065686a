# parley_library(name [PCH owner] SOURCES a.cpp … [LINK lib …])
#   One target per folder. PCH names the target whose precompiled header this
#   one shares: parley_pch_caf, parley_pch_net or parley_pch_sandbox.
function(parley_library name)
  cmake_parse_arguments(arg "" "PCH" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${arg_LINK})
  if(arg_PCH)
    target_link_libraries(${name} PRIVATE ${arg_PCH})
    target_precompile_headers(${name} REUSE_FROM ${arg_PCH})
  endif()
endfunction()

# parley_pch(name LINK lib … HEADERS <a> …): a target that only owns a
# precompiled header.
function(parley_pch name)
  cmake_parse_arguments(arg "" "" "LINK;HEADERS" ${ARGN})
  file(WRITE ${CMAKE_BINARY_DIR}/pch/${name}.cpp.in "// Holds the precompiled header of ${name}.\n")
  configure_file(${CMAKE_BINARY_DIR}/pch/${name}.cpp.in ${CMAKE_BINARY_DIR}/pch/${name}.cpp COPYONLY)
  add_library(${name} STATIC ${CMAKE_BINARY_DIR}/pch/${name}.cpp)
  target_link_libraries(${name} PUBLIC ${arg_LINK})
  target_precompile_headers(${name} PRIVATE ${arg_HEADERS})
endfunction()

parley_pch(parley_pch_caf LINK caf nlohmann_json::nlohmann_json Threads::Threads HEADERS
  <caf/all.hpp> <nlohmann/json.hpp> <algorithm> <chrono> <functional> <map> <memory>
  <optional> <string> <unordered_map> <variant> <vector>)
parley_pch(parley_pch_net LINK caf Boost::headers OpenSSL::SSL nlohmann_json::nlohmann_json
  Threads::Threads HEADERS
  <utility> <caf/all.hpp> <nlohmann/json.hpp> <boost/asio.hpp> <boost/asio/ssl.hpp>
  <boost/beast.hpp> <boost/beast/ssl.hpp> <chrono> <functional> <memory> <optional> <string>
  <variant> <vector>)
parley_pch(parley_pch_sandbox LINK Boost::headers OpenSSL::SSL nlohmann_json::nlohmann_json
  Threads::Threads HEADERS
  <utility> <boost/asio.hpp> <boost/beast.hpp> <nlohmann/json.hpp> <chrono> <functional>
  <map> <memory> <optional> <string> <variant> <vector>)

# parley_test(name SUITE suite [CONCURRENT] SOURCES a.cpp … [LINK lib …] [PCH owner])
#   A Catch2 program; CTest runs it as one test, labelled with its suite.
#   CONCURRENT ones have threads of their own: they also run under
#   ThreadSanitizer, and the target concurrency_tests builds just them.
add_custom_target(concurrency_tests)
function(parley_test name)
  cmake_parse_arguments(arg "CONCURRENT" "PCH;SUITE;TIMEOUT" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE parley_test_main ${arg_LINK})
  target_compile_definitions(parley_test_main PUBLIC PARLEY_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  if(arg_PCH)
    target_link_libraries(${name} PRIVATE ${arg_PCH})
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set(labels ${arg_SUITE})
  if(arg_CONCURRENT)
    list(APPEND labels concurrency)
    add_dependencies(concurrency_tests ${name})
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT ${arg_TIMEOUT})
endfunction()
