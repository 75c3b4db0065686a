#pragma once

#include "tests/support/postgres_server.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace parley::bench {

/// The words `--postgres [URL]` of a bench whose node keeps its journal in a
/// database: an empty one that exists, or one of a server that is started for
/// it and ends with this object. Without a password in the URL, libpq looks
/// into ~/.pgpass.
class bench_postgres {
public:
  /// Takes these words out.
  explicit bench_postgres(std::vector<std::string>& words) {
    const auto option = std::find(words.begin(), words.end(), "--postgres");
    if (option == words.end())
      return;
    asked_for_ = true;
    const auto next = words.erase(option);
    if (next != words.end() && next->find("://") != std::string::npos) {
      url_ = *next;
      words.erase(next);
    }
  }

  bool asked_for() const { return asked_for_; }

  /// The URL of an empty database; the one that was named is only once.
  std::string new_database() {
    if (!url_.empty()) {
      if (++databases_ > 1)
        throw std::runtime_error{"each node needs an empty database, and only one was named"};
      return url_;
    }
    if (!server_)
      server_ = std::make_unique<test::postgres_server>();
    const auto name = "bench" + std::to_string(++databases_);
    server_->create_database(name);
    return server_->url(name);
  }

  /// Keys of a node's [journal] for a new database; those of SQLite if none
  /// was asked for.
  std::string journal_keys() {
    return asked_for_ ? "provider = \"postgres\"\nurl = \"" + new_database() + "\"\n" : "provider = \"sqlite\"\n";
  }

private:
  bool asked_for_ = false;
  std::string url_;
  int databases_ = 0;
  std::unique_ptr<test::postgres_server> server_;
};

} // namespace parley::bench
