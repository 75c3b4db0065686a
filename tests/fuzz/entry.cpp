// What libFuzzer calls: the one target of the program.
#include "tests/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
  static const auto read = parley::fuzz::targets().begin()->second;
  read({reinterpret_cast<const char*>(data), size});
  return 0;
}
