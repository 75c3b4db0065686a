# One set of flags for every target: precompiled headers are shared between
# targets, and GCC refuses one that was made with other flags.
add_compile_options(-Wall -Wextra -Wpedantic -Wnon-virtual-dtor -Wno-missing-field-initializers -Winvalid-pch)
# Warnings are errors where everybody builds: the preset `dev` says so. GCC 12's
# flow analysis sees ghosts in the libraries' headers (std::regex, std::string,
# date's parser) once it optimises or instruments more than `dev` does: nobody's
# build fails of those.
option(PARLEY_WERROR "Warnings are errors" OFF)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Builds what is fuzzed; the warnings are GCC's to give.
elseif(PARLEY_WERROR)
  add_compile_options(-Werror)
else()
  add_compile_options(-Wno-maybe-uninitialized -Wno-restrict)
endif()
# The files of a target are compiled some at a time: most of what a file costs
# is CAF's, Boost's and nlohmann's templates, which neighbours then share. GCC
# takes a file that another one includes for a header and warns of it.
option(CMAKE_UNITY_BUILD "Compile the files of a target some at a time" ON)
set(CMAKE_UNITY_BUILD_BATCH_SIZE 16 CACHE STRING "So many at a time")
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wno-subobject-linkage)
endif()
# CAF 0.17 then refuses to compile a message type that was not registered,
# instead of losing the message at run time.
add_compile_definitions(CAF_ENABLE_TYPE_ID_CHECKS SPDLOG_FMT_EXTERNAL SPDLOG_COMPILED_LIB
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION)

if(PARLEY_SANITIZE)
  # What libraries do in headers that are compiled into ours: CAF's queues keep a
  # sentinel where elements stand (vptr), and an actor without arguments is born
  # with a reference behind a null pointer (null; a true one ends in ASan's
  # report). hnswlib's prefetching reads a neighbour behind the last one.
  add_compile_options(-fsanitize=${PARLEY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
    -fno-sanitize=vptr,null)
  add_compile_definitions(NO_MANUAL_VECTORIZATION)
  add_link_options(-fsanitize=${PARLEY_SANITIZE})
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # The sloppiness is what ccache asks for with precompiled headers.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
  add_compile_options(-fpch-preprocess)
endif()

# Half a hundred test programs are linked, each with all of CAF's templates: a
# fast linker saves minutes of a full build.
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()
