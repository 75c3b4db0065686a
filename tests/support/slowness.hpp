#pragma once

namespace parley::test {

/// How many times slower everything may be than in a usual build: sanitizers
/// cost that much, and what a test allows in time grows with it. The tests'
/// own timeouts do too (cmake/parley_test.cmake).
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr int slowness = 4;
#else
inline constexpr int slowness = 1;
#endif

} // namespace parley::test
