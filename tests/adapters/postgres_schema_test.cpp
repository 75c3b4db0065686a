// Goal: the database itself refuses rows that name what is not there; where it
// does not, a reason stands beside the column; and an older database gets the
// same without losing a row. Method: a real server, its catalogue, and rows
// that are wrong on purpose.
#include "adapters/postgres/values.hpp"
#include "runtime/errors.hpp"
#include "tests/adapters/postgres_backend.hpp"

namespace postgres_schema_test {

using namespace parley;
using namespace std::chrono_literals;
using Catch::Contains;
using postgres::session;
using test::journal_test;
using test::postgres_backend;
using test::shared_postgres;

namespace {

struct schema_test : journal_test {
  std::string ask_sql(const std::string& sql) const {
    auto out = shared_postgres().query(static_cast<const postgres_backend&>(*backend).name, sql);
    out.erase(out.find_last_not_of('\n') + 1);
    return out;
  }
};

recording_row recording_of(const call_id& call, const prospect_id& prospect) {
  recording_row out;
  out.call = call;
  out.prospect = prospect;
  out.recording_sid = "RE1";
  out.content_type = "audio/wav";
  out.audio = "RIFF";
  return out;
}

} // namespace

TEST_CASE_METHOD(schema_test, "rows that name nobody are refused by the database, and their append with them") {
  const auto spring = campaign("Spring");
  const auto ann = prospect("Ann");
  const auto one = call(spring.id, ann.id);
  store({spring, ann, one});
  const auto nobody = ids.next<prospect_id>(now, 3);
  const auto id = stream();
  const auto conflicts = [&](const row& wrong) {
    return refused<committed>(batch({write(id, 0)}, {wrong})) == ec::conflict
           && must<loaded_stream>(load_stream{id}).version == 0;
  };
  CHECK(conflicts(due_row{spring.id, ann.id, now})); // is not enrolled
  CHECK(conflicts(outbox_row{stream(), nobody, "mail", "{}", now}));
  CHECK(conflicts(recording_of(ids.next<call_id>(now, 3), ann.id)));
  CHECK(conflicts(recording_of(one.id, nobody)));
  // In one append in any order: what is named is written first.
  enrolment_row waits;
  waits.campaign = spring.id;
  waits.prospect = ann.id;
  waits.state = enrolment_state::waiting;
  waits.updated_at = now;
  const auto bob = prospect("Bob");
  const auto two = call(spring.id, bob.id);
  store({due_row{spring.id, ann.id, now}, waits, outbox_row{stream(), bob.id, "mail", "{}", now},
         recording_of(two.id, bob.id), two, bob});
  store({outbox_row{stream(), {}, "mail", "{}", now}}); // about nobody
}

TEST_CASE_METHOD(schema_test, "an id without a foreign key has a reason beside it") {
  const auto without
    = ask_sql("SELECT c.relname || '.' || a.attname || ': ' || coalesce(col_description(c.oid, a.attnum), '-') FROM "
              "pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relkind = 'r' AND c.relnamespace = "
              "'public'::regnamespace AND a.attnum > 0 AND NOT attisdropped AND a.attname LIKE '%\\_id' AND a.atttypid "
              "= 'uuid'::regtype AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype "
              "= 'f' AND a.attnum = ANY (k.conkey)) ORDER BY 1");
  std::istringstream lines{without};
  size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count)
    CHECK_THAT(line, Contains(": no foreign key"));
  CHECK(count == 7); // inbox, ledger (3), due_counts, meetings (2)
  CHECK(ask_sql("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND NOT convalidated") == "0");
}

TEST_CASE_METHOD(schema_test, "what is known of a call and not personal is jsonb for people who ask in SQL") {
  auto talk = write(stream(), 0);
  talk.state = R"({"attempt":2,"who":"human","stage":"booking","status":"completed"})";
  must<committed>(batch({talk}));
  CHECK(ask_sql("SELECT metadata ->> 'attempt', metadata ->> 'answered_by', metadata ->> 'stage' FROM call_metadata")
        == "2|human|booking");
  CHECK(ask_sql("SELECT pg_typeof(metadata) FROM call_metadata") == "jsonb");
}

TEST_CASE("an older database keeps its rows, also those that name nobody, and checks new ones") {
  test::temporary_folder folder;
  const postgres_backend made{folder.path()};
  session db{made.settings, made.settings.url, "", session::access::write};
  const auto known = postgres::known_migrations();
  postgres::migrate(db, known.first(1));
  const std::string campaign = "'00000000-0000-7000-8000-000000000001'";
  const std::string nobody = "'00000000-0000-7000-8000-000000000002'";
  db.execute("INSERT INTO due VALUES (" + campaign + ", " + nobody + ", 3, now())");
  postgres::migrate(db, known);
  const auto ask = [&](const std::string& sql) { return shared_postgres().query(made.name, sql); };
  CHECK(ask("SELECT count(*) FROM due") == "1\n");
  CHECK(ask("SELECT conname FROM pg_constraint WHERE contype = 'f' AND NOT convalidated") == "due_enrolment\n");
  CHECK_THROWS_WITH(db.execute("INSERT INTO due VALUES (" + nobody + ", " + campaign + ", 3, now())"),
                    Contains("due_enrolment"));
  db.execute("UPDATE due SET at = now()"); // the old row goes on as it was
  db.execute("DELETE FROM due");
  CHECK(ask("SELECT asleep FROM due_counts") == "0\n");
}

} // namespace postgres_schema_test
