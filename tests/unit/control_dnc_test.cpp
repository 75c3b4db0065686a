// Goal: whoever is on a list that was imported is found there, a list that
// cannot be right changes nothing, and a suppression that was answered is
// stored. Method: commands over a real store.
#include "actors/line/core.hpp"
#include "tests/unit/control_world.hpp"

namespace control_dnc_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;
using Catch::Contains;
using nlohmann::json;

namespace {

const list_hit* copy_of(const list_hits& x, std::string_view list) {
  for (const auto& copy : x.lists)
    if (copy.list == list)
      return &copy;
  return nullptr;
}

/// Numbers as a federal list has them: 2025550000 and on.
std::string many(int count) {
  std::string out;
  for (int i = 0; i < count; ++i)
    out += std::to_string(2'025'550'000LL + i) + "\n";
  return out;
}

suppress_line suppression(const tell& x) {
  return std::get<suppress_line>(x.what);
}

} // namespace

TEST_CASE_METHOD(control_world, "a number on the imported national list is found there", "[control][dnc]") {
  const auto done
    = command("dnc import", {{"file", file("415,5550132\n2125550147\n+1 (614) 555-0132\n+442079460958\n")}});
  CHECK(done["list"] == "national");
  CHECK(done["accepted"] == 3);
  CHECK(done["skipped"] == 1); // the list is about numbers of the North American plan
  CHECK(done["numbers"] == 3);
  for (const auto* number : {"+14155550132", "+12125550147", "+16145550132"}) {
    CAPTURE(number);
    const auto hits = lists_of(number);
    REQUIRE(copy_of(hits, "national"));
    CHECK(copy_of(hits, "national")->listed);
    CHECK_FALSE(hits.internal);
    CHECK(command("dnc check", {{"number", number}})["national"] == true);
  }
  CHECK_FALSE(copy_of(lists_of("+14155550133"), "national")->listed);
  CHECK(command("dnc check", {{"number", "+14155550133"}})["national"] == false);
}

TEST_CASE_METHOD(control_world, "a list of several parts counts as a whole", "[control][dnc]") {
  CHECK(command("dnc import", {{"file", file(many(100'000) + "4155550132\n")}})["numbers"] == 100'001);
  CHECK(copy_of(lists_of("+12025550000"), "national")->listed);
  CHECK(copy_of(lists_of("+14155550132"), "national")->listed);
  CHECK(command("dnc import", {{"file", file(many(100'000))}})["numbers"] == 100'000); // exactly one part
  CHECK_FALSE(copy_of(lists_of("+14155550132"), "national")->listed);
}

TEST_CASE_METHOD(control_world, "a file that cannot be the list leaves the old one in force", "[control][dnc]") {
  command("dnc import", {{"file", file("4155550132\n")}, {"version", "good"}});
  CHECK_THAT(refusal("dnc import", {{"file", file("")}}), Contains("no usable number"));
  CHECK_THAT(refusal("dnc import", {{"file", file("name;city\nAnn;Bonn\n")}}),
             Contains("no usable number") && Contains("line 2"));
  CHECK_THAT(refusal("dnc import", {{"file", file("+442079460958\n")}}), Contains("no usable number"));
  CHECK_THAT(refusal("dnc import", {{"file", file("2125550147\n415555\n")}}),
             Contains("1 of 2 lines") && Contains("line 2: ") && Contains("nothing was changed"));
  CHECK(copy_of(lists_of("+14155550132"), "national")->version == "good");
  CHECK_THAT(refusal("dnc import", {{"file", own_folder->path().string()}}), Contains("file: "));
  CHECK_THAT(refusal("dnc import", {{"file", "/nowhere"}}), Contains("cannot be read"));
}

TEST_CASE_METHOD(control_world, "one bad line among many is named, not fatal", "[control][dnc]") {
  const auto done = command("dnc import", {{"file", file(many(200) + "415555\n")}});
  CHECK(done["rejected"] == 1);
  CHECK(done["rejected_rows"][0]["line"] == 201);
  CHECK(copy_of(lists_of("+12025550000"), "national")->listed);
}

TEST_CASE_METHOD(control_world, "a refused file of several parts leaves the old list in force", "[control][dnc]") {
  command("dnc import", {{"file", file("4155550132\n")}, {"version", "good"}});
  std::string rubbish;
  for (int i = 0; i < 2'000; ++i)
    rubbish += "no number\n";
  CHECK_THAT(refusal("dnc import", {{"file", file(many(120'000) + rubbish)}}),
             Contains("2000 of 122000 lines") && Contains("line 120001") && Contains("and 1980 more"));
  const auto hits = lists_of("+14155550132");
  CHECK(copy_of(hits, "national")->listed);
  CHECK(copy_of(hits, "national")->version == "good");
  CHECK_FALSE(copy_of(lists_of("+12025550000"), "national")->listed);
  CHECK(command("dnc import", {{"file", file("2125550147\n")}})["numbers"] == 1); // and the next one is not disturbed
}

TEST_CASE_METHOD(control_world, "a list of changes is no list, neither the nation's nor a state's", "[control][dnc]") {
  command("dnc import", {{"file", file("4155550132\n")}, {"version", "good"}});
  const auto changes = file("2125550147\n415,5550132,D,2026-11-02\n");
  CHECK_THAT(refusal("dnc import", {{"file", changes}}), Contains("line 2 says A or D") && Contains("full list"));
  CHECK_THAT(refusal("dnc import", {{"file", changes}, {"state", "FL"}}), Contains("line 2 says A or D"));
  CHECK(copy_of(lists_of("+14155550132"), "national")->version == "good");
  CHECK_FALSE(copy_of(lists_of("+14155550132"), "FL"));
  CHECK(command("dnc import", {{"file", changes}, {"list", "internal"}})["accepted"] == 2); // grows in any case
}

TEST_CASE_METHOD(control_world, "a part of the list does not replace the list", "[control][dnc]") {
  command("dnc import", {{"file", file(many(100))}, {"version", "whole"}});
  const auto part = file(many(49));
  CHECK_THAT(refusal("dnc import", {{"file", part}}), Contains("49 numbers") && Contains("has 100;")
                                                        && Contains("nothing was changed") && Contains("--smaller"));
  CHECK(copy_of(lists_of("+12025550099"), "national")->version == "whole");
  CHECK(copy_of(lists_of("+12025550099"), "national")->listed);
  CHECK(command("dnc import", {{"file", part}, {"state", "FL"}})["numbers"] == 49); // the state has no copy yet
  CHECK(command("dnc import", {{"file", part}, {"list", "internal"}})["accepted"] == 49);
  CHECK(command("dnc import", {{"file", file(many(50))}})["numbers"] == 50); // half is enough
  CHECK(command("dnc import", {{"file", file("4155550132\n")}, {"smaller", true}})["numbers"] == 1);
}

TEST_CASE_METHOD(control_world, "in live mode a list without a date is as old as its file", "[control][dnc]") {
  node_identity live;
  live.mode = "LIVE";
  control = start_control(live);
  const auto path = file("4155550132\n");
  const auto written = [&](wall_time at) {
    std::filesystem::last_write_time(path, std::chrono::file_clock::from_sys(at));
    command("dnc import", {{"file", path}});
    return copy_of(lists_of("+14155550132"), "national")->date;
  };
  const auto old = utc("2026-10-20T08:30Z");
  CHECK(written(old) == old);
  CHECK(written(a_tuesday + 1h) == a_tuesday); // not in the future
  command("dnc import", {{"file", path}, {"date", "2026-11-01"}});
  CHECK(copy_of(lists_of("+14155550132"), "national")->date == utc("2026-11-01T00:00Z"));
}

TEST_CASE_METHOD(control_world, "a state's own list stands beside the national one", "[control][dnc]") {
  command("dnc import", {{"file", file("4155550132\n")}});
  const auto done = command("dnc import", {{"file", file("8505550103\n")},
                                           {"state", "Florida"},
                                           {"list", "national"}, // the command line's default
                                           {"date", "2026-11-20"},
                                           {"version", "2026-Q4"}});
  CHECK(done["list"] == "FL");
  const auto hits = lists_of("+18505550103");
  REQUIRE(copy_of(hits, "FL"));
  CHECK(copy_of(hits, "FL")->listed);
  CHECK(copy_of(hits, "FL")->date == utc("2026-11-20T00:00Z"));
  CHECK_FALSE(copy_of(hits, "national")->listed);
  CHECK(copy_of(lists_of("+14155550132"), "national")->listed); // not replaced
  CHECK_FALSE(copy_of(lists_of("+14155550132"), "FL")->listed);
  const auto shown = command("dnc check", {{"number", "850 555 0103"}});
  CHECK(shown["national"] == false);
  CHECK(shown["states"]["FL"]["listed"] == true);
  CHECK(shown["states"]["FL"]["version"] == "2026-Q4");
  CHECK_THAT(refusal("dnc import", {{"file", file("1\n")}, {"state", "Freedonia"}}),
             Contains("state: ") && Contains("is no state"));
  CHECK_THAT(refusal("dnc import", {{"file", file("1\n")}, {"state", "FL"}, {"list", "internal"}}),
             Contains("state: "));
}

TEST_CASE_METHOD(control_world, "a list has the date that it is given, which is not in the future", "[control][dnc]") {
  const auto numbers = file("4155550132\n");
  command("dnc import", {{"file", numbers}});
  CHECK(copy_of(lists_of("+14155550132"), "national")->date == a_tuesday);
  const auto done = command("dnc import", {{"file", numbers}, {"date", "2026-11-01"}});
  CHECK(done["date"] == "2026-11-01T00:00:00.000Z");
  CHECK(copy_of(lists_of("+14155550132"), "national")->date == utc("2026-11-01T00:00Z"));
  CHECK_THAT(refusal("dnc import", {{"file", numbers}, {"date", "2026-11-25"}}), Contains("date: 2026-11-25 is still"));
  CHECK_THAT(refusal("dnc import", {{"file", numbers}, {"date", "soon"}}),
             Contains("date: \\\"soon\\\" is no date") || Contains("date: \"soon\" is no date"));
  CHECK(copy_of(lists_of("+14155550132"), "national")->date == utc("2026-11-01T00:00Z"));
}

TEST_CASE_METHOD(control_world, "a suppression is stored when the command is answered", "[control][dnc]") {
  const auto added = command("dnc add", {{"number", "415 555 0132"}, {"reason", "wrote a letter"}});
  CHECK(added["do_not_call"] == true);
  CHECK(added["settled"] == true); // the line says so
  CHECK_FALSE(added.contains("sentence"));
  CHECK(lists_of("+14155550132").internal);
  CHECK_FALSE(command("dnc remove", {{"number", "+14155550132"}}).contains("settled"));
  CHECK_FALSE(lists_of("+14155550132").internal);
  command("dnc add", {{"number", "+14155550132"}});
  CHECK(lists_of("+14155550132").internal);
  CHECK(command("dnc check", {{"number", "+14155550132"}})["internal"] == true);
  const auto orders = told();
  REQUIRE(orders.size() == 1);
  CHECK(orders[0].to.id == context->hasher.line("+14155550132"));
  CHECK(suppression(orders[0]).remove);
  REQUIRE(log.asked.size() == 2); // the line writes its history
  CHECK(log.asked[0].line == context->hasher.line("+14155550132"));
  CHECK(log.asked[0].reason == "wrote a letter");
  CHECK_FALSE(log.asked[0].only_awake);
  CHECK_FALSE(log.asked[0].remove);
}

TEST_CASE_METHOD(control_world, "an entry says which call that was begun before is not over", "[control][dnc]") {
  const json number{{"number", "+14155550132"}};
  log.line.call = call_id{uuid{8, 8}};
  const auto up = command("dnc add", number);
  CHECK(up["settled"] == true);
  CHECK(up["call"] == to_string(call_id{uuid{8, 8}}));
  CHECK_THAT(up["sentence"].get<std::string>(), Contains("not over"));
  log.line.known = false; // its time ran out
  const auto unknown = command("dnc add", number);
  CHECK(unknown["settled"] == false);
  CHECK_THAT(unknown["sentence"].get<std::string>(), Contains("may still ring"));
}

TEST_CASE_METHOD(control_world, "an entry whose line is silent is stored, and the answer says what is not known",
                 "[control][dnc]") {
  context->settings.vendor_timeout = 200ms;
  log.lines_silent = true;
  const auto done = command("dnc add", {{"number", "+14155550132"}});
  CHECK(done["do_not_call"] == true);
  CHECK(done["settled"] == false);
  CHECK_FALSE(done.contains("call"));
  CHECK_THAT(done["sentence"].get<std::string>(), Contains("is stored") && Contains("may still ring"));
  CHECK(lists_of("+14155550132").internal);
}

TEST_CASE_METHOD(control_world,
                 "a list is in force when dials that were begun before are settled, or the answer says so",
                 "[control][dnc]") {
  const auto list = GENERATE("internal", "national");
  const json numbers{{"file", file("4155550132\n")}, {"list", list}};
  CAPTURE(list);
  const auto done = command("dnc import", numbers);
  CHECK(done["settled"] == true);
  CHECK_FALSE(done.contains("sentence"));
  CHECK(log.settlings == 1);
  CHECK(log.asked.empty()); // no line is asked: a list may have millions of numbers
  log.dials.unknown = 2;
  CHECK(command("dnc import", numbers)["settled"] == false);
  context->settings.vendor_timeout = 200ms;
  log.pacer_silent = true;
  const auto silent = command("dnc import", numbers);
  CHECK(silent["settled"] == false);
  CHECK_THAT(silent["sentence"].get<std::string>(), Contains("in force") && Contains("may still ring"));
  const auto hits = lists_of("+14155550132");
  CHECK((hits.internal || copy_of(hits, "national")->listed));
  CHECK_THAT(refusal("dnc import", {{"file", file("nobody\n")}, {"list", list}}), Contains("no usable number"));
  CHECK(log.settlings == 3);
}

TEST_CASE_METHOD(control_world, "our own list comes in batches and wakes no line", "[control][dnc]") {
  const auto done = command("dnc import", {{"file", file(many(25'000) + "+442079460958\n")}, {"list", "internal"}});
  CHECK(done["accepted"] == 25'001);
  for (const auto* number : {"+12025550000", "+12025569999", "+12025574999", "+442079460958"}) {
    CAPTURE(number);
    CHECK(lists_of(number).internal);
  }
  CHECK_FALSE(lists_of("+12025575000").internal);
  const auto orders = told();
  CHECK(orders.size() == 25'001);
  CHECK(std::all_of(orders.begin(), orders.end(), [](const auto& x) { return suppression(x).only_awake; }));
  CHECK_THAT(refusal("dnc import", {{"file", file("nobody\n")}, {"list", "internal"}}), Contains("no usable number"));
}

TEST_CASE("a suppression that the store did not take is not reported as done", "[control][dnc]") {
  control_world w;
  caf::anon_send_exit(w.port, caf::exit_reason::kill); // the store is gone
  CHECK_THAT(w.refusal("dnc add", {{"number", "+14155550132"}}), !Contains("was not refused"));
  CHECK_THAT(w.refusal("dnc import", {{"file", w.file("4155550132\n")}, {"list", "internal"}}),
             !Contains("was not refused"));
  CHECK(w.told().empty());
}

TEST_CASE_METHOD(control_world, "lines that sleep are left asleep, those that live learn of the list",
                 "[control][dnc]") {
  start_shards();
  const auto lines_of = [&](const line_id& line) {
    size_t count = 0;
    (*self)
      ->request(context->door_of(line), 10s, inspect_state{})
      .receive([&](const inspected_state& x) { count = json::parse(x.json)["children"].value("line", size_t{0}); },
               [&](const caf::error& e) { FAIL(sys->render(e)); });
    return count;
  };
  const auto line = context->hasher.line("+14155550132");
  const auto suppressed_after = [&](uint64_t version) {
    const auto patience = std::chrono::steady_clock::now() + 30s; // the line stores it in its own time
    while (std::chrono::steady_clock::now() < patience) {
      const auto stored = must<loaded_stream>(load_stream{line});
      if (stored.version >= version)
        return !json::parse(stored.state)["suppressed_at"].is_null();
    }
    FAIL("the line has not stored version " << version);
    return false;
  };
  const json list{{"file", file("4155550132\n")}, {"list", "internal"}};
  command("dnc import", list);
  CHECK(lines_of(line) == 0);
  CHECK(must<loaded_stream>(load_stream{line}).version == 0);
  command("dnc add", {{"number", "+14155550132"}});
  CHECK(suppressed_after(1));
  command("dnc remove", {{"number", "+14155550132"}});
  CHECK_FALSE(suppressed_after(2));
  CHECK_FALSE(lists_of("+14155550132").internal);
  command("dnc import", list); // while the line is awake
  CHECK(suppressed_after(3));
  CHECK(lists_of("+14155550132").internal);
}

TEST_CASE("a line writes its suppression once, so that it never undoes a later word", "[control][line]") {
  lines::state s;
  s.id = line_id{uuid{1, 2}};
  const wall_time t{1h};
  lines::core::apply(s, lines::line_suppressed{"call", "asked", t});
  REQUIRE(lines::core::rows(s).size() == 1);
  lines::core::apply(s, lines::line_freed{call_id{uuid{3, 4}}, disposition::none, t + 1s});
  CHECK(lines::core::rows(s).empty());
  lines::core::apply(s, lines::suppression_lifted{"by command", t + 2s});
  const auto rows = lines::core::rows(s);
  REQUIRE(rows.size() == 1);
  CHECK(std::get<suppression_row>(rows.front()).removed);
  CHECK(std::get<suppression_row>(rows.front()).at == t + 2s);
  lines::core::apply(s, lines::attempt_made{{call_id{uuid{5, 6}}, {}, {}, 1, t + 3s}});
  CHECK(lines::core::rows(s).empty()); // an import may have listed the number meanwhile
}

} // namespace control_dnc_test
