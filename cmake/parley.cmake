# parley_library(name [PCH owner] SOURCES a.cpp … [LINK lib …])
#   One target per folder. PCH names the target whose precompiled header this
#   one shares: parley_pch_caf, parley_pch_net or parley_pch_sandbox.
function(parley_library name)
  cmake_parse_arguments(arg "" "PCH" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_compile_options(${name} PRIVATE ${PARLEY_PRODUCT_FLAGS})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${arg_LINK})
  if(arg_PCH)
    target_link_libraries(${name} PRIVATE ${arg_PCH})
    target_precompile_headers(${name} REUSE_FROM ${arg_PCH})
  endif()
endfunction()

# parley_program(name SOURCES a.cpp … [LINK lib …])
function(parley_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_options(${name} PRIVATE ${PARLEY_PRODUCT_FLAGS})
  target_link_libraries(${name} PRIVATE ${arg_LINK})
endfunction()

# parley_pch(name LINK lib … HEADERS <a> …): a target that only owns a
# precompiled header.
function(parley_pch name)
  cmake_parse_arguments(arg "" "" "LINK;HEADERS" ${ARGN})
  file(WRITE ${CMAKE_BINARY_DIR}/pch/${name}.cpp.in "// Holds the precompiled header of ${name}.\n")
  configure_file(${CMAKE_BINARY_DIR}/pch/${name}.cpp.in ${CMAKE_BINARY_DIR}/pch/${name}.cpp COPYONLY)
  add_library(${name} STATIC ${CMAKE_BINARY_DIR}/pch/${name}.cpp)
  target_link_libraries(${name} PUBLIC ${arg_LINK})
  target_compile_options(${name} PRIVATE ${PARLEY_PRODUCT_FLAGS})
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
