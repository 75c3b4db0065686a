#pragma once

#include "adapters/sql/connection.hpp"
#include "adapters/sqlite/database.hpp"

namespace parley::sqlite {

/// A database as the shared questions see it.
class connection final : public sql::connection {
public:
  explicit connection(std::shared_ptr<database> db) : db_{std::move(db)} {}

  const sql::dialect& words() const override;

protected:
  std::unique_ptr<sql::cursor> run(const char* sql, std::span<const sql::value> values) override;
  std::unique_ptr<sql::cursor> run_once(const std::string& sql, std::span<const sql::value> values) override;

private:
  std::shared_ptr<database> db_;
};

} // namespace parley::sqlite
