#include "tests/adapters/postgres_backend.hpp"

namespace parley::test {

std::unique_ptr<journal_backend> make_journal_backend(const std::filesystem::path& folder) {
  return std::make_unique<postgres_backend>(folder);
}

} // namespace parley::test
