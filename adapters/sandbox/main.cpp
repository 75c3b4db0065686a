#include "adapters/sandbox/sandbox.hpp"

int main(int argc, char** argv) {
  return parley::sandbox::run_sandbox(parley::sandbox::parse_sandbox_options(argc, argv));
}
