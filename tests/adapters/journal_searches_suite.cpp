// Goal: what is to be embedded is found whole and once, however many
// embedders there were, and people are found by what they are like. Method:
// store rows through the port, walk through them page by page.
#include "tests/adapters/journal_suite.hpp"

#include "runtime/errors.hpp"
#include "runtime/journal/tables.hpp"

#include <set>

namespace journal_searches_suite {

using namespace parley;
using namespace std::chrono_literals;
using test::journal_test;

namespace {

context_row
piece(journal_test& t, const prospect_row& of, const std::string& content, const std::string& embedder, int minute) {
  context_row out;
  out.id = t.stream();
  out.prospect = of.id;
  out.context_type = "note";
  out.content = content;
  out.embedding = embedder.empty() ? "" : std::string("\0\0\x80\x3f", 4);
  out.created_at = t.now + std::chrono::minutes{minute};
  out.embedder = embedder;
  return out;
}

template <class Query>
std::vector<context_row> walk(journal_test& t, Query query) {
  std::vector<context_row> out;
  for (int pages = 0; pages < 100; ++pages) {
    const auto page = t.must<context_page>(query);
    CHECK(page.rows.size() <= query.limit);
    out.insert(out.end(), page.rows.begin(), page.rows.end());
    query.after = page.last;
    if (!page.last)
      return out;
  }
  FAIL("the walk does not end");
  return out;
}

std::vector<std::string> contents(const std::vector<context_row>& rows) {
  std::vector<std::string> out;
  for (const auto& row : rows)
    out.push_back(row.content);
  return out;
}

} // namespace

TEST_CASE_METHOD(journal_test, "what has no vector of an embedder is found once, page by page") {
  const auto ann = prospect("ann");
  store({ann, piece(*this, ann, "none 1", "", 3), piece(*this, ann, "none 2", "", 4),
         piece(*this, ann, "older", "a/1", 1), piece(*this, ann, "mine 1", "m/1", 0),
         piece(*this, ann, "mine 2", "m/1", 9), piece(*this, ann, "other 1", "z/1", 2),
         piece(*this, ann, "other 2", "z/1", 1)});
  const auto limit = GENERATE(1u, 2u, 3u, 5u, 100u);
  CAPTURE(limit);
  CHECK(contents(walk(*this, find_stale_context{"m/1", {}, limit}))
        == std::vector<std::string>{"none 1", "none 2", "older", "other 2", "other 1"});
  CHECK(contents(walk(*this, find_stale_context{"a/0", {}, limit})).size() == 7);
  CHECK(contents(walk(*this, find_stale_context{"z/1", {}, limit})).size() == 5);
}

TEST_CASE_METHOD(journal_test, "a row that got its vector is found no more, and nothing else is passed over") {
  const auto ann = prospect("ann");
  std::vector<row> rows{ann};
  for (int i = 0; i < 7; ++i)
    rows.push_back(piece(*this, ann, "note " + std::to_string(i), i % 2 ? "" : "z/1", i));
  store(rows);
  std::set<std::string> done;
  find_stale_context ask{"m/1", {}, 2};
  for (int pages = 0; pages < 20; ++pages) {
    const auto page = must<context_page>(ask);
    std::vector<row> embedded;
    for (auto one : page.rows) {
      CHECK(done.insert(one.content).second);
      one.embedder = "m/1";
      one.embedding = "vec4";
      embedded.push_back(one);
    }
    if (!embedded.empty())
      store(embedded);
    ask.after = page.last;
    if (!page.last)
      break;
  }
  CHECK(done.size() == 7);
  CHECK(must<context_page>(find_stale_context{"m/1", {}, 10}).rows.empty());
}

TEST_CASE_METHOD(journal_test, "the vectors of an embedder come newest first, page by page") {
  const auto ann = prospect("ann");
  std::vector<row> rows{ann, piece(*this, ann, "other", "z/1", 7), piece(*this, ann, "none", "", 7)};
  for (int i = 0; i < 5; ++i)
    rows.push_back(piece(*this, ann, "note", "m/1", i / 2)); // some at the same instant
  store(rows);
  const auto limit = GENERATE(1u, 2u, 5u, 100u);
  const auto found = walk(*this, load_vectors{"m/1", {}, limit});
  REQUIRE(found.size() == 5);
  std::set<uuid> ids;
  for (size_t i = 0; i < found.size(); ++i) {
    ids.insert(found[i].id);
    CHECK(found[i].prospect == ann.id);
    CHECK(found[i].embedding == std::string("\0\0\x80\x3f", 4));
    CHECK(found[i].embedder == "m/1");
    CHECK((i == 0 || found[i - 1].created_at >= found[i].created_at));
  }
  CHECK(ids.size() == 5);
}

TEST_CASE_METHOD(journal_test, "what was said to an erased person is neither embedded nor indexed") {
  const auto ann = prospect("ann");
  const auto bob = prospect("bob");
  store({ann, bob, piece(*this, ann, "gone", "", 1), piece(*this, bob, "there", "", 2),
         piece(*this, ann, "gone, too", "m/1", 1), piece(*this, bob, "vector", "m/1", 2)});
  backend->keys().destroy(ann.id);
  restart();
  CHECK(contents(walk(*this, find_stale_context{"m/1", {}, 1})) == std::vector<std::string>{"there"});
  const auto vectors = walk(*this, load_vectors{"m/1", {}, 1});
  REQUIRE(vectors.size() == 1);
  CHECK(vectors[0].prospect == bob.id);
}

TEST_CASE_METHOD(journal_test, "pieces of a person are read by their ids and types") {
  const auto ann = prospect("ann");
  const auto bob = prospect("bob");
  auto mail = piece(*this, ann, "mail", "", 1);
  mail.context_type = "email";
  const auto note = piece(*this, ann, "note", "", 2);
  const auto bobs = piece(*this, bob, "bob's", "", 3);
  store({ann, bob, mail, note, bobs});
  CHECK(contents(must<context_rows>(load_context{ann.id, 9, {}, {note.id, bobs.id}}).rows)
        == std::vector<std::string>{"note"});
  CHECK(contents(must<context_rows>(load_context{ann.id, 9, {"email"}, {}}).rows) == std::vector<std::string>{"mail"});
  CHECK(must<context_rows>(load_context{ann.id, 9, {"email"}, {note.id}}).rows.empty());
  CHECK(must<context_rows>(load_context{ann.id, 9}).rows.size() == 2);
}

TEST_CASE_METHOD(journal_test, "people are searched by columns, and no value becomes part of the question") {
  std::vector<row> rows;
  for (const auto* name : {"ann", "bob", "cas"}) {
    auto x = prospect(name);
    x.state = *name == 'c' ? "NY" : "TX";
    x.email = std::string{name} + "@Example.org";
    rows.push_back(x);
  }
  store(rows);
  const auto names = [&](std::map<std::string, std::vector<std::string>> filter) {
    std::set<std::string> out;
    for (const auto& row : must<prospect_page>(search_prospects{std::move(filter)}).rows)
      out.insert(row.name);
    return out;
  };
  CHECK(names({}).size() == 3);
  CHECK(names({{"state", {"TX"}}}) == std::set<std::string>{"ann", "bob"});
  CHECK(names({{"state", {"TX", "NY"}}, {"name", {"cas"}}}) == std::set<std::string>{"cas"});
  CHECK(names({{"email", {"ANN@example.ORG"}}}) == std::set<std::string>{"ann"});
  CHECK(names({{"name", {"x' OR '1'='1"}}}).empty());
  CHECK(names({{"crm_id", {"7"}}}).empty());
  for (const auto& column : tables::search_columns)
    names({{std::string{column}, {"x"}}});
  CHECK(refused<prospect_page>(search_prospects{{{"notes; DROP TABLE prospects", {"x"}}}}) == ec::invalid_input);

  search_prospects ask;
  ask.limit = 2;
  const auto first = must<prospect_page>(ask);
  CHECK(first.more);
  CHECK(first.total == 3);
  ask.after = first.rows.back().id;
  const auto second = must<prospect_page>(ask);
  CHECK(second.rows.size() == 1);
  CHECK_FALSE(second.more);
}

TEST_CASE_METHOD(journal_test, "who was blocked for a cause that may be gone is found, and is launched again") {
  const auto spring = campaign("spring");
  store({spring});
  std::map<std::string, prospect_id> people;
  const auto block = [&](const std::string& reason, wall_time person_changed) {
    auto person = prospect(reason);
    person.updated_at = person_changed;
    people[reason] = person.id;
    enrolment_row e;
    e.campaign = spring.id;
    e.prospect = person.id;
    e.state = enrolment_state::blocked;
    e.reason = reason + ": The sentence.";
    e.updated_at = now;
    store({person, e});
  };
  block("consent_missing", now + 1h);  // a new import brought one
  block("consent_unproven", now - 1h); // nothing has changed
  block("dnc_list_stale", now - 1h);   // the node's own
  block("dnc_internal", now + 1h);     // for good, whatever is imported
  block("submission_unknown", now + 1h);
  const auto found = [&](wall_time before, uint32_t limit = 10) {
    std::set<prospect_id> out;
    find_reopenable ask{spring.id, 3, before, {}, limit};
    for (auto page = must<reopenable>(ask); !page.prospects.empty(); page = must<reopenable>(ask)) {
      CHECK(page.prospects.size() <= limit);
      out.insert(page.prospects.begin(), page.prospects.end());
      ask.after = page.prospects.back();
    }
    return out;
  };
  const std::set<prospect_id> both{people["consent_missing"], people["dnc_list_stale"]};
  CHECK(found(now + 1s) == both);
  CHECK(found(now + 1s, 1) == both);                        // page by page
  CHECK(found(now) == std::set{people["consent_missing"]}); // decided in this round already
  CHECK(must<reopenable>(find_reopenable{spring.id, 4, now + 1s, {}, 10}).prospects.empty());
  // A dry run tells the same people.
  std::set<prospect_id> launched;
  for (const auto& row : must<prospect_page>(load_targets{spring.id, {}, 10}).rows)
    launched.insert(row.id);
  CHECK(launched == both);
}

} // namespace journal_searches_suite
