// Goal: the store of a stopped node on PostgreSQL is checked and exported by
// `parley journal --config`: damage is found, nothing is changed, and no more
// than the right to read is needed. Method: a real server with a store that a
// node filled and left, the program as a process, and SQL that does the damage.
#include "tests/adapters/line_filling.hpp"
#include "tests/adapters/postgres_backend.hpp"
#include "tests/adapters/program_world.hpp"

#include <nlohmann/json.hpp>

namespace postgres_stopped_test {

using namespace parley;
using namespace std::chrono_literals;
using Catch::Contains;
using nlohmann::json;
using test::line_filling;
using test::postgres_backend;
using test::ran;
using test::shared_postgres;
using test::temporary_folder;
namespace fs = std::filesystem;

namespace {

/// A node's journal under way, on a folder that outlives it.
struct filling : line_filling {
  explicit filling(const fs::path* folder) : line_filling{folder} {}

  /// An event with words of a person.
  void add_words() {
    auto talk = write(stream(), 0, {"begun"});
    talk.subject = prospect("Bob").id;
    talk.events[0].personal = R"({"said":"call me Bob"})";
    must<committed>(batch({talk}));
  }
  const postgres_backend& database() const { return static_cast<const postgres_backend&>(*backend); }
};

/// What a node left behind when it stopped: its database, its folder with the
/// master key, and its settings file.
struct stopped_node {
  explicit stopped_node(const std::function<void(filling&)>& fill) {
    filling node{&folder.path()};
    fill(node);
    name = node.database().name;
    url = node.database().settings.url;
  }
  stopped_node()
    : stopped_node{[](filling& node) {
        for (int i = 0; i < 3; ++i)
          node.add_line();
      }} {}

  std::string ask(const std::string& sql) const {
    auto out = shared_postgres().query(name, sql);
    out.erase(out.find_last_not_of('\n') + 1);
    return out;
  }
  /// All that a reader could change by mistake.
  std::string fingerprint() const {
    return ask("SELECT (SELECT max(epoch) FROM shards), (SELECT count(*) FROM writers), (SELECT max(position) FROM "
               "events), (SELECT md5(string_agg(id::text || version || state, '' ORDER BY id)) FROM streams), (SELECT "
               "count(*) FROM parley_keys.keys), (SELECT max(version) FROM parley_schema_version)");
  }
  /// practice.toml on this database.
  std::string config(const std::string& journal) const {
    const auto config = fs::path{PARLEY_SOURCE_DIR} / "config";
    auto text = test::contents(config / "practice.toml");
    const std::string own = "provider = \"sqlite\"\ndata_dir = \"data\"\n";
    const auto at = text.find(own);
    REQUIRE(at != std::string::npos);
    text.replace(at, own.size(), "provider = \"postgres\"\ndata_dir = \"" + folder.path().string() + "\"\n" + journal);
    std::ofstream{folder.path() / "node.toml"} << text;
    std::ofstream{folder.path() / "practice.secret"} << "secret\n";
    if (!fs::exists(folder.path() / "rules"))
      fs::create_directory_symlink(config / "rules", folder.path() / "rules");
    return (folder.path() / "node.toml").string();
  }
  static std::string setting(const std::string& key, const std::string& value) {
    return key + " = \"" + value + "\"\n";
  }
  ran parley(const std::string& command, const std::string& journal) const {
    const auto file = [&](const char* what) { return (folder.path() / what).string(); };
    const auto line = "'" PARLEY_PROGRAM "' " + command + " --config '" + config(journal) + "' >'" + file("out")
                      + "' 2>'" + file("err") + "' </dev/null";
    const int status = std::system(line.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, test::contents(file("out")), test::contents(file("err"))};
  }
  ran parley(const std::string& command) const { return parley(command, setting("url", url)); }
  json verified() const { return json::parse(parley("journal verify --json").out); }

  temporary_folder folder;
  std::string name;
  std::string url;
};

/// A role that may log in and nothing else, until something is granted.
struct reading_role {
  explicit reading_role(const stopped_node& node) : node{node} {
    node.ask("DROP ROLE IF EXISTS only_reads; CREATE ROLE only_reads LOGIN");
  }
  ~reading_role() {
    try {
      node.ask("DROP OWNED BY only_reads; DROP ROLE only_reads");
    } catch (const std::exception& e) { // it goes with the server
      UNSCOPED_INFO(e.what());
    }
  }
  std::string url() const {
    auto out = node.url;
    return out.replace(out.find("parley@"), 7, "only_reads@");
  }
  const stopped_node& node;
};

} // namespace

TEST_CASE("the database of a stopped node is verified and exported, and nothing in it changes", "[journal]") {
  const stopped_node node;
  const auto before = node.fingerprint();
  const auto sound = node.parley("journal verify");
  INFO(sound.out << sound.err);
  CHECK(sound.code == 0);
  CHECK_THAT(sound.out, Contains("3 streams") && Contains("all is as it should be"));
  const auto all = node.verified();
  CHECK(all["findings_total"] == 0);
  CHECK(all["streams"] == 3);
  CHECK(all["events"] == 3);
  CHECK(all["sealed_fields"] == 3);

  const auto exported = node.parley("journal export");
  CHECK(exported.code == 0);
  std::istringstream lines{exported.out};
  size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count)
    CHECK(json::parse(line)["type"] == "line_suppressed");
  CHECK(count == 3);
  CHECK(node.fingerprint() == before);
  // A node can start on it again.
  filling again{&node.folder.path()};
  CHECK(again.must<stream_page>(list_streams{{}, 10}).total == 3);
}

TEST_CASE("personal words of a stopped node's database stay sealed unless they are asked for", "[journal]") {
  const stopped_node node{[](filling& n) { n.add_words(); }};
  const auto sealed = node.parley("journal export");
  CHECK(sealed.code == 0);
  CHECK_THAT(sealed.out, Contains("\"begun\"") && !Contains("Bob"));
  CHECK_THAT(node.parley("journal export --personal").out, Contains("call me Bob"));
  CHECK(node.parley("journal export --since 2027-01-01T00:00:00Z").out.empty());
  CHECK(node.parley("journal export --campaign Nobody").code == 1);
}

TEST_CASE("damage in a stopped node's database is found, and the command says so", "[journal]") {
  const stopped_node node;
  std::string kind, what;
  SECTION("an event that cannot be read") {
    node.ask("UPDATE events SET data = '{\"source\": 7}' WHERE position = (SELECT min(position) FROM events)");
    kind = "events";
    what = "cannot be read";
  }
  SECTION("an event that says something else") {
    node.ask("UPDATE events SET data = '{\"source\": \"command\", \"reason\": \"forged\"}' "
             "WHERE position = (SELECT min(position) FROM events)");
    kind = "state";
    what = "is not what its events make";
  }
  SECTION("an event that is gone") {
    node.ask("DELETE FROM events WHERE position = (SELECT min(position) FROM events)");
    kind = "versions";
    what = "has 0 events";
  }
  SECTION("a sealed field that was changed") {
    node.ask("UPDATE outbox SET payload = set_byte(payload, length(payload) - 1, get_byte(payload, length(payload) - "
             "1) # 1) WHERE position = (SELECT min(position) FROM outbox)");
    kind = "seal";
    what = "payload";
  }
  const auto told = node.parley("journal verify");
  CHECK(told.code == 1);
  CHECK_THAT(told.out, Contains("finding"));
  const auto findings = node.verified()["findings"];
  INFO(findings.dump(2));
  CHECK(std::any_of(findings.begin(), findings.end(), [&](const json& x) {
    return x["kind"] == kind && (x["what"].dump() + x["where"].dump()).find(what) != std::string::npos;
  }));
}

TEST_CASE("a stopped node's database is read by the read-only url where there is one", "[journal]") {
  const stopped_node node;
  const reading_role role{node};
  const auto before = node.fingerprint();
  const auto settings = stopped_node::setting("url", node.url) + stopped_node::setting("reports_url", role.url());
  const auto refused = node.parley("journal verify", settings);
  CHECK(refused.code == 1);
  CHECK_THAT(refused.err, Contains("permission denied")); // it is that one which is asked
  node.ask("GRANT SELECT ON ALL TABLES IN SCHEMA public TO only_reads");
  const auto sound = node.parley("journal verify", settings);
  INFO(sound.out << sound.err);
  CHECK(sound.code == 0); // the keys come by the journal's own url
  CHECK_THAT(sound.out, Contains("all is as it should be"));
  CHECK(node.parley("journal export", settings).code == 0);
  CHECK(node.fingerprint() == before);
}

TEST_CASE("to check a stopped node's database the right to read it and its keys is enough", "[journal]") {
  const stopped_node node;
  const reading_role role{node};
  const auto before = node.fingerprint();
  const auto settings = stopped_node::setting("url", role.url());
  node.ask("GRANT SELECT ON ALL TABLES IN SCHEMA public TO only_reads");
  const auto refused = node.parley("journal verify", settings);
  CHECK(refused.code == 1);
  CHECK_THAT(refused.err, Contains("parley_keys") && Contains("rights to read"));
  node.ask("GRANT USAGE ON SCHEMA parley_keys TO only_reads; "
           "GRANT SELECT ON ALL TABLES IN SCHEMA parley_keys TO only_reads");
  const auto sound = node.parley("journal verify", settings);
  INFO(sound.out << sound.err);
  CHECK(sound.code == 0);
  CHECK(node.fingerprint() == before);
}

TEST_CASE("looking at a stopped node's database makes no table of keys where there is none", "[journal]") {
  const stopped_node node;
  auto& server = shared_postgres();
  server.create_database("no_keys_here");
  const auto refused = node.parley("journal verify", stopped_node::setting("url", node.url)
                                                       + stopped_node::setting("keys_url", server.url("no_keys_here")));
  CHECK(refused.code == 1);
  CHECK_THAT(refused.err, Contains("parley_keys"));
  CHECK(server.query("no_keys_here", "SELECT to_regnamespace('parley_keys') IS NULL") == "t\n");
}

} // namespace postgres_stopped_test
