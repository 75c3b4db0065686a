#include "adapters/sql/connection.hpp"

namespace parley::sql {

void unknown_word(std::string_view word) {
  throw std::runtime_error{"a column holds the word \"" + std::string{word}
                           + "\", which this version of Parley does not know"};
}

} // namespace parley::sql
