// Goal: a commit that was done and whose answer was lost is neither made again
// nor told to have failed. Method: a real server behind a way that loses the
// answer to one COMMIT.
#include "adapters/sql/journal_metrics.hpp"
#include "runtime/errors.hpp"
#include "tests/adapters/lossy_way.hpp"
#include "tests/adapters/postgres_backend.hpp"

namespace postgres_lost_answer_test {

using namespace parley;
using namespace std::chrono_literals;
using test::journal_test;
using test::lossy_way;
using test::postgres_backend;
using test::shared_postgres;

namespace {

uint16_t port_in(const std::string& url) {
  const auto slash = url.rfind('/');
  return static_cast<uint16_t>(std::stoi(url.substr(url.rfind(':', slash) + 1)));
}

struct lossy_test : journal_test {
  lossy_test() {
    auto& b = static_cast<postgres_backend&>(*backend);
    b.settings.url = "postgresql://parley@127.0.0.1:" + std::to_string(way.port()) + "/" + b.name
                     + "?sslmode=disable&gssencmode=disable";
    b.settings.password = shared_postgres().password();
    restart();
    quiet();
  }
  /// What the writer commits by itself, it does behind an answer and before the
  /// next one.
  void quiet() {
    store({campaign("quiet " + std::to_string(++numbers))});
    store({campaign("quiet " + std::to_string(++numbers))});
  }
  std::string count(const std::string& what) const {
    auto out
      = shared_postgres().query(static_cast<const postgres_backend&>(*backend).name, "SELECT count(*) FROM " + what);
    out.erase(out.find_last_not_of('\n') + 1);
    return out;
  }
  bool is_listed(const std::string& number) {
    const auto found = must<list_hits>(check_lists{line_id{stream()}, number});
    return found.lists.size() == 1 && found.lists[0].listed;
  }

  lossy_way way{port_in(shared_postgres().loopback_url("x"))};
};

} // namespace

TEST_CASE_METHOD(lossy_test, "a commit whose answer is lost is looked up: told once and stored once") {
  const auto id = stream();
  must<committed>(batch({write(id, 0)}));
  way.lose_commit();
  must<committed>(batch({write(id, 1)})); // made again it would be refused: the stream is further by now
  CHECK(way.lost() == 1);
  CHECK(must<events_read>(read_events{id}).events.size() == 2);
  CHECK(count("events") == "2");

  record_inbox webhook;
  webhook.event.call = ids.next<call_id>(now, 3);
  webhook.event.sid = "CA1";
  webhook.event.at = now;
  webhook.raw = "x";
  quiet();
  way.lose_commit();
  CHECK(must<inbox_recorded>(webhook).fresh); // made again it would be known already
  CHECK(way.lost() == 2);
  CHECK_FALSE(must<inbox_recorded>(webhook).fresh);
  must<committed>(batch({write(id, 2)})); // and it goes on
  CHECK(way.lost() == 2);
}

TEST_CASE_METHOD(lossy_test, "a do-not-call list whose last commit's answer is lost is told to be in force, as it is") {
  const auto part = [&](std::vector<int64_t> listed, bool first, bool last, wall_time at) {
    return import_national_list{"2026-11", std::move(listed), first, last, at};
  };
  CHECK(must<national_list_imported>(part({4155550132, 4155550133}, true, false, now)).numbers == 2);
  quiet();
  way.lose_commit();
  CHECK(must<national_list_imported>(part({4155550134}, false, true, now + 1s)).numbers == 3);
  CHECK(way.lost() == 1);
  CHECK(count("dnc_lists WHERE status = 'active'") == "1");
  CHECK(is_listed("+14155550132"));
  CHECK(is_listed("+14155550134"));
  // Another message is no repeat, although that version is in force.
  CHECK(refused<national_list_imported>(part({4155550135}, false, true, now + 2s)) == ec::wrong_state);
  CHECK_FALSE(is_listed("+14155550135"));
}

TEST_CASE_METHOD(lossy_test, "any slice of a do-not-call list may lose its answer") {
  const int lost = GENERATE(1, 2);
  import_national_list x{"2026-11", {}, true, true, now};
  for (size_t i = 0; i < sql::numbers_per_slice + 5; ++i)
    x.numbers.push_back(2'120'000'000 + static_cast<int64_t>(i));
  const auto all = x.numbers.size();
  way.lose_commit(lost);
  CHECK(must<national_list_imported>(x).numbers == all);
  CHECK(way.lost() == 1);
  CHECK(count("dnc_lists WHERE status = 'active'") == "1");
  CHECK(count("dnc_lists WHERE status = 'incoming'") == "0");
  CHECK(count("dnc_numbers n JOIN dnc_lists l ON l.id = n.list WHERE l.status = 'active'") == std::to_string(all));
}

} // namespace postgres_lost_answer_test
