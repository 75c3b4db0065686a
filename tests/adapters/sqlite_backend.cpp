#include "tests/adapters/sqlite_backend.hpp"

namespace parley::test {

std::unique_ptr<journal_backend> make_journal_backend(const std::filesystem::path& folder) {
  return std::make_unique<sqlite_backend>(folder);
}

} // namespace parley::test
