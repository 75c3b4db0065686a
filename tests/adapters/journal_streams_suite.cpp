// Goal: what the journal answers as committed is there, whole, and nothing
// else is. Method: the port alone, the second time on the same data.
#include "tests/adapters/journal_suite.hpp"

#include "runtime/errors.hpp"
#include "runtime/guard.hpp"

#include <caf/event_based_actor.hpp>
#include <nlohmann/json.hpp>

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <sstream>

namespace journal_streams_suite {

using namespace parley;
using namespace std::chrono_literals;
using test::journal_test;

TEST_CASE_METHOD(journal_test, "an append is read back with its events, state and version") {
  const auto id = stream();
  auto first = write(id, 0, {"call_intended", "call_answered"});
  first.state = R"({"status":"talking"})";
  must<committed>(batch({first}));
  const auto loaded = must<loaded_stream>(load_stream{id});
  CHECK(loaded.version == 2);
  CHECK(loaded.kind == stream_kind::call);
  CHECK(loaded.state == R"({"status":"talking"})");
  CHECK(loaded.personal_state.empty());
  const auto read = must<events_read>(read_events{id});
  REQUIRE(read.events.size() == 2);
  CHECK(read.events[0].type == "call_intended");
  CHECK(read.events[1].type == "call_answered");
  CHECK(read.events[1].data == R"({"n":2})");
  CHECK(read.events[1].at == now);
}

TEST_CASE_METHOD(journal_test, "a stream that does not exist has version 0") {
  CHECK(must<loaded_stream>(load_stream{stream()}).version == 0);
}

TEST_CASE_METHOD(journal_test, "positions grow with each commit, also over a restart") {
  const auto first = must<committed>(batch({write(stream(), 0)}));
  const auto second = must<committed>(batch({write(stream(), 0)}));
  CHECK(second.position > first.position);
  restart();
  CHECK(must<committed>(batch({write(stream(), 0)})).position > second.position);
}

TEST_CASE_METHOD(journal_test, "an append at another version than the stream's is refused whole") {
  const auto id = stream();
  must<committed>(batch({write(id, 0)}));
  CHECK(refused<committed>(batch({write(id, 0)})) == ec::append_refused);
  CHECK(refused<committed>(batch({write(id, 2)})) == ec::append_refused);
  CHECK(must<loaded_stream>(load_stream{id}).version == 1);
  CHECK(must<events_read>(read_events{id}).events.size() == 1);
  must<committed>(batch({write(id, 1)}));
  CHECK(must<loaded_stream>(load_stream{id}).version == 2);
}

TEST_CASE_METHOD(journal_test, "an append of several streams and rows is all or nothing") {
  const auto good = stream();
  const auto stale = stream();
  must<committed>(batch({write(stale, 0)}));
  const auto spring = campaign("spring");
  CHECK(refused<committed>(batch({write(good, 0), write(stale, 0)}, {spring})) == ec::append_refused);
  CHECK(must<loaded_stream>(load_stream{good}).version == 0);
  CHECK(must<events_read>(read_events{good}).events.empty());
  CHECK(must<campaign_rows>(load_campaigns{}).rows.empty());
  must<committed>(batch({write(good, 0), write(stale, 1)}, {spring}));
  CHECK(must<loaded_stream>(load_stream{good}).version == 1);
  CHECK(must<loaded_stream>(load_stream{stale}).version == 2);
  CHECK(must<campaign_rows>(load_campaigns{}).rows.size() == 1);
}

TEST_CASE_METHOD(journal_test, "a row that breaks a rule refuses its append and no other") {
  store({campaign("spring")});
  const auto id = stream();
  CHECK(refused<committed>(batch({write(id, 0)}, {campaign("spring")})) == ec::conflict);
  CHECK(must<loaded_stream>(load_stream{id}).version == 0);
  CHECK(refused<committed>(batch({}, {call(ids.next<campaign_id>(now), {})})) == ec::conflict);
  store({campaign("summer")});
}

TEST_CASE_METHOD(journal_test, "an append with a stale epoch is refused") {
  const auto id = stream();
  auto late = batch({write(id, 0)});
  restart(); // somebody claimed the shards
  REQUIRE(late.epoch < epoch());
  CHECK(refused<committed>(late) == ec::append_refused);
  late.epoch = epoch() + 1;
  CHECK(refused<committed>(late) == ec::append_refused);
  late.epoch = epoch();
  must<committed>(late);
}

TEST_CASE_METHOD(journal_test, "an append must name its streams' shard") {
  CHECK(refused<committed>(batch({write(stream(4), 0)}, {}, 3)) == ec::invalid_input);
  CHECK(refused<committed>(batch({write(stream(4), 0)}, {}, 99)) == ec::invalid_input);
  auto empty = write(stream(), 0);
  empty.events.clear();
  CHECK(refused<committed>(batch({empty})) == ec::invalid_input);
}

TEST_CASE_METHOD(journal_test, "everything committed is there after a restart") {
  const auto id = stream();
  for (uint64_t version = 0; version < 50; ++version)
    must<committed>(batch({write(id, version)}));
  restart();
  CHECK(must<loaded_stream>(load_stream{id}).version == 50);
  CHECK(must<events_read>(read_events{id}).events.size() == 50);
}

TEST_CASE_METHOD(journal_test, "a store keeps its secret, shards and clock") {
  const auto before = backend->identity();
  restart();
  const auto after = backend->identity();
  CHECK(after.secret == before.secret);
  CHECK(after.shards == before.shards);
  CHECK(after.origin.wall0 == before.origin.wall0);
  CHECK(after.origin.real0 == before.origin.real0);
  CHECK(after.epoch == before.epoch + 1);
}

TEST_CASE_METHOD(journal_test, "pipelined appends commit together, and one refused in between harms none") {
  const auto id = stream();
  const auto other = stream();
  std::map<int, bool> ok;
  const auto send = [&](append x) { return (*self)->request(port, 20s, std::move(x)); };
  auto first = send(batch({write(id, 0)}));
  auto second = send(batch({write(id, 1)}));
  auto stale = send(batch({write(id, 1)}));
  auto third = send(batch({write(id, 2)}));
  auto fourth = send(batch({write(other, 0)}));
  const auto note = [&](int number, auto& pending) {
    pending.receive([&](committed&) { ok[number] = true; },
                    [&](caf::error& e) {
                      ok[number] = false;
                      CHECK(e == ec::append_refused);
                    });
  };
  note(1, first);
  note(2, second);
  note(3, stale);
  note(4, third);
  note(5, fourth);
  CHECK(ok == std::map<int, bool>{{1, true}, {2, true}, {3, false}, {4, true}, {5, true}});
  CHECK(must<loaded_stream>(load_stream{id}).version == 3);
}

namespace {

/// Appends to two streams at once, again and again, each time when the one
/// before is answered; says so after each answer.
caf::behavior pair_writer(caf::event_based_actor* self, journal_port port, append next, uint64_t rounds,
                          std::function<void(uint64_t)> answered) {
  guard(self);
  auto left = std::make_shared<uint64_t>(rounds);
  auto batch = std::make_shared<append>(std::move(next));
  auto round = std::make_shared<uint64_t>(0);
  return {[=](caf::ok_atom) {
    self->request(port, std::chrono::seconds{20}, *batch)
      .then(
        [=](const committed&) {
          answered(++*round);
          for (auto& stream : batch->streams) {
            stream.expected += stream.events.size();
            stream.state = R"({"n":)" + std::to_string(stream.expected + stream.events.size()) + "}";
          }
          if (--*left > 0)
            self->send(self, caf::ok_atom::value);
          else
            self->quit();
        },
        [=](caf::error& e) { self->quit(std::move(e)); });
  }};
}

struct pair_of_streams {
  uuid left;
  uuid right;
};

} // namespace

TEST_CASE_METHOD(journal_test, "concurrent writers share commits and lose nothing") {
  constexpr int writers = 40;
  constexpr uint64_t rounds = 25;
  const auto start = must<committed>(batch({write(stream(), 0)})).position;
  std::vector<pair_of_streams> pairs;
  std::vector<caf::actor> actors;
  for (int i = 0; i < writers; ++i) {
    pairs.push_back({stream(), stream()});
    actors.push_back(sys->spawn(pair_writer, port,
                                batch({write(pairs[i].left, 0, {"a", "b"}), write(pairs[i].right, 0)}), rounds,
                                [](uint64_t) {}));
  }
  for (auto& actor : actors)
    caf::anon_send(actor, caf::ok_atom::value);
  for (auto& actor : actors)
    (*self)->wait_for(actor);
  for (const auto& pair : pairs) {
    CHECK(must<loaded_stream>(load_stream{pair.left}).version == 2 * rounds);
    CHECK(must<events_read>(read_events{pair.left}).events.size() == 2 * rounds);
    CHECK(must<loaded_stream>(load_stream{pair.right}).version == rounds);
  }
  const auto commits = must<committed>(batch({write(stream(), 0)})).position - start;
  CHECK(commits < writers * rounds / 2); // many appends in one transaction
}

// Run by the next test in a process of its own, which it kills.
TEST_CASE("writes until it is killed", "[.][killed]") {
  const std::filesystem::path folder{std::getenv("PARLEY_TEST_FOLDER")};
  journal_test store{&folder};
  std::vector<caf::actor> actors;
  for (int i = 0; i < 8; ++i) {
    const pair_of_streams pair{store.stream(), store.stream()};
    const auto name = "answered " + to_string(pair.left) + " " + to_string(pair.right) + " ";
    auto next = store.batch({store.write(pair.left, 0, {"a", "b"}), store.write(pair.right, 0)});
    actors.push_back(store.sys->spawn(pair_writer, store.port, std::move(next), uint64_t{1} << 40, [name](uint64_t n) {
      const auto line = name + std::to_string(n) + "\n";
      if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) // one write, so that lines stay whole
        std::abort();
    }));
  }
  for (auto& actor : actors)
    caf::anon_send(actor, caf::ok_atom::value);
  for (auto& actor : actors)
    (*store.self)->wait_for(actor);
}

TEST_CASE("after a SIGKILL what was answered is there and nothing is half done") {
  test::temporary_folder folder;
  test::make_journal_backend(folder.path()); // a store that is elsewhere has its place before the process begins
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, pipe[0]);
  const auto environment = "PARLEY_TEST_FOLDER=" + folder.path().string();
  char* const arguments[] = {const_cast<char*>("journal"), const_cast<char*>("[killed]"), nullptr};
  char* const variables[] = {const_cast<char*>(environment.c_str()), nullptr};
  pid_t child = 0;
  REQUIRE(::posix_spawn(&child, "/proc/self/exe", &actions, nullptr, arguments, variables) == 0);
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe[1]);

  std::string output;
  char buffer[4096];
  size_t lines = 0;
  for (ssize_t got = 1; got > 0;) {
    got = ::read(pipe[0], buffer, sizeof buffer);
    if (got <= 0)
      break;
    output.append(buffer, static_cast<size_t>(got));
    lines += static_cast<size_t>(std::count(buffer, buffer + got, '\n'));
    if (lines >= 400)
      ::kill(child, SIGKILL);
  }
  ::close(pipe[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WIFSIGNALED(status));

  std::map<std::pair<std::string, std::string>, uint64_t> answered;
  std::istringstream in{output};
  for (std::string line; std::getline(in, line);) {
    std::istringstream words{line};
    std::string what, left, right;
    uint64_t rounds = 0;
    if (words >> what >> left >> right >> rounds && what == "answered")
      answered[{left, right}] = rounds;
  }
  REQUIRE(answered.size() == 8);
  const auto& path = folder.path();
  journal_test store{&path};
  for (const auto& [pair, rounds] : answered) {
    const auto a = *parse_uuid(pair.first);
    const auto b = *parse_uuid(pair.second);
    const auto loaded = store.must<loaded_stream>(load_stream{a});
    CHECK(loaded.version >= 2 * rounds);
    CHECK(loaded.version <= 2 * (rounds + 1)); // one more may be stored but not answered
    CHECK(nlohmann::json::parse(loaded.state).at("n") == loaded.version);
    CHECK(store.must<events_read>(read_events{a}).events.size() == loaded.version);
    CHECK(store.must<loaded_stream>(load_stream{b}).version * 2 == loaded.version);
    CHECK(store.must<events_read>(read_events{b}).events.size() * 2 == loaded.version);
  }
}

} // namespace journal_streams_suite
