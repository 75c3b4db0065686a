// Goal: each fact about the machine leads to the right finding, and whatever is
// wrong comes with a remedy. Method: facts by hand.
#include "cluster/doctor/checks.hpp"
#include "cluster/doctor/host_facts.hpp"

#include <catch2/catch.hpp>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace doctor_checks_test {

using namespace parley;
using namespace parley::doctor;
using namespace std::chrono_literals;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

const wall_time now = *parse_iso("2026-11-26T12:00:00Z");

/// Whether the finding is of that kind, and says what to do unless all is well.
bool is(const finding& x, health state) {
  const bool needs_remedy = state == health::warning || state == health::failure;
  CAPTURE(x.check, x.sentence, x.remedy);
  CHECK(x.remedy.empty() != needs_remedy);
  CHECK_FALSE(x.sentence.empty());
  return x.state == state;
}

struct temporary {
  temporary() {
    auto name = (fs::temp_directory_path() / "parley-doctor-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()));
    path = name;
  }
  ~temporary() { fs::remove_all(path); }
  fs::path path;
};

} // namespace

TEST_CASE("a port is fine when it is free or our own node has it", "[doctor]") {
  CHECK(is(check_port({"web.webhook_port", "127.0.0.1", 8080, true, false, ""}), health::ok));
  CHECK(is(check_port({"web.webhook_port", "127.0.0.1", 8080, false, true, "in use"}), health::ok));
  const auto taken = check_port({"web.webhook_port", "127.0.0.1", 8080, false, false, "Address already in use"});
  CHECK(is(taken, health::failure));
  CHECK_THAT(taken.remedy, Contains("web.webhook_port"));
  CHECK(is(check_port({"web.local_port", "127.0.0.1", 0, false, false, ""}), health::ok)); // chosen by the system
}

TEST_CASE("an address that is not this machine's cannot be listened on", "[doctor]") {
  CHECK_FALSE(read_port("web.webhook_port", "198.51.100.1", 8080, false).free);
  CHECK_FALSE(read_port("web.webhook_port", "no address", 8080, false).error.empty());
}

TEST_CASE("most vendors' clocks decide, one that is wrong does not", "[doctor]") {
  CHECK(is(check_clock({}), health::skipped));
  CHECK(is(check_clock({{"a", 200ms}, {"b", -300ms}, {"c", 3h}}), health::ok));
  CHECK(is(check_clock({{"a", 5s}, {"b", 6s}}), health::warning));
  const auto behind = check_clock({{"a", -120s}, {"b", -121s}, {"c", -119s}});
  CHECK(is(behind, health::failure));
  CHECK_THAT(behind.sentence, Contains("120 s behind"));
}

TEST_CASE("versions of the time zones are told apart", "[doctor]") {
  CHECK(is_at_least("2026e", "2026e"));
  CHECK(is_at_least("2026f", "2026e"));
  CHECK(is_at_least("2027a", "2026e"));
  CHECK(is_at_least("2026za", "2026z"));
  CHECK_FALSE(is_at_least("2026d", "2026e"));
  CHECK_FALSE(is_at_least("2025z", "2026e"));
  CHECK_FALSE(is_at_least("", "2026e"));
}

TEST_CASE("time zones older than 2026e are wrong for parts of Canada", "[doctor]") {
  CHECK(is(check_tzdata({"2026e", true}), health::ok));
  CHECK(is(check_tzdata({"", true}), health::ok)); // whatever it is called, it is right
  const auto old = check_tzdata({"2025b", false});
  CHECK(is(old, health::warning));
  CHECK_THAT(old.sentence, Contains("2025b") && Contains("British Columbia"));
  CHECK_THAT(old.remedy, Contains("tzdata"));
  CHECK(is(check_tzdata({"2026d", true}), health::warning));
  CHECK_THAT(check_tzdata({"2026f", false}).sentence, Contains("2026f and yet without"));
}

TEST_CASE("what this machine's zones say of Canada agrees with their version", "[doctor]") {
  const auto here = read_tzdata();
  CAPTURE(here.version);
  REQUIRE_FALSE(here.version.empty());
  CHECK(here.canada == is_at_least(here.version, "2026e"));
}

TEST_CASE("the version is read where the zones are", "[doctor]") {
  temporary folder;
  CHECK(read_tzdata(folder.path.string()).version.empty());
  std::ofstream{folder.path / "+VERSION"} << "2026f\n";
  CHECK(read_tzdata(folder.path.string()).version == "2026f");
  std::ofstream{folder.path / "tzdata.zi"} << "# version 2026g\n# ddeps x\n";
  CHECK(read_tzdata(folder.path.string()).version == "2026g");
}

TEST_CASE("a data folder needs to be writable and to have space", "[doctor]") {
  constexpr uint64_t gib = uint64_t{1} << 30;
  CHECK(is(check_folder({"journal.data_dir", "data", true, true, 50 * gib, ""}), health::ok));
  CHECK(is(check_folder({"journal.data_dir", "data", true, true, gib, ""}), health::warning));
  CHECK(is(check_folder({"journal.data_dir", "data", true, true, gib / 10, ""}), health::failure));
  CHECK(is(check_folder({"journal.data_dir", "data", true, false, 50 * gib, "Permission denied"}), health::failure));
}

TEST_CASE("folders are looked at where they are, or where they will be made", "[doctor]") {
  temporary folder;
  const auto there = read_folder("journal.data_dir", folder.path.string());
  CHECK(there.exists);
  CHECK(there.writable);
  CHECK(there.free_bytes > 0);
  const auto to_be = read_folder("journal.data_dir", (folder.path / "a" / "b").string());
  CHECK_FALSE(to_be.exists);
  CHECK(to_be.writable);
  std::ofstream{folder.path / "file"} << "x";
  CHECK_FALSE(read_folder("journal.data_dir", (folder.path / "file" / "b").string()).writable);
}

TEST_CASE("a secret that others can read is a warning, a missing one a failure", "[doctor]") {
  CHECK(is(check_secret_file({"telephony.auth_token_file", "t", true, false, 0600}, false), health::ok));
  const auto open = check_secret_file({"telephony.auth_token_file", "t", true, false, 0644}, false);
  CHECK(is(open, health::warning));
  CHECK_THAT(open.remedy, Contains("chmod 600"));
  CHECK(is(check_secret_file({"telephony.auth_token_file", "t", true, false, 0644}, true), health::skipped));
  CHECK(is(check_secret_file({"telephony.auth_token_file", "t", false, false, 0}, false), health::failure));
  CHECK(is(check_secret_file({"master key", "data/master.key", false, true, 0}, false), health::skipped));
}

TEST_CASE("every file that holds a secret is looked at, others are not", "[doctor]") {
  temporary folder;
  const auto config = folder.path / "node.toml";
  std::ofstream{config} << "[telephony]\nauth_token_file = \"twilio.token\"\n[compliance]\nrules_file = \"r.json\"\n"
                           "[voice_model]\nca_file = \"ca.pem\"\n";
  std::ofstream{folder.path / "twilio.token"} << "secret\n";
  ::chmod((folder.path / "twilio.token").c_str(), 0640);
  node_settings settings;
  settings.journal.data_dir = (folder.path / "data").string();
  const auto found = read_secret_files(config.string(), settings);
  REQUIRE(found.size() == 2);
  CHECK(found[0].setting == "telephony.auth_token_file");
  CHECK(found[0].exists);
  CHECK(found[0].mode == 0640);
  CHECK(found[1].made_by_us);
  CHECK_FALSE(found[1].exists);
}

TEST_CASE("calling rules age", "[doctor]") {
  const auto day = std::chrono::floor<std::chrono::days>(now);
  CHECK(is(check_rules({"", "us-calling-rules", day - std::chrono::days{4}}, now), health::ok));
  CHECK(is(check_rules({"", "us-calling-rules", day - std::chrono::days{200}}, now), health::warning));
  CHECK(is(check_rules({"no such file", "", {}}, now), health::failure));
}

TEST_CASE("the shipped rules say of when they are", "[doctor]") {
  compliance_settings settings;
  settings.rules_file = std::string{PARLEY_SOURCE_DIR} + "/config/rules/us-calling-rules.json";
  settings.area_codes_file = std::string{PARLEY_SOURCE_DIR} + "/config/rules/nanp-timezones.csv";
  settings.zip_codes_file = std::string{PARLEY_SOURCE_DIR} + "/config/rules/us-zip-states.csv";
  const auto x = read_rules(settings);
  CHECK(x.problem.empty());
  REQUIRE(x.as_of);
  settings.rules_file = "/no/such/file";
  CHECK_FALSE(read_rules(settings).problem.empty());
}

TEST_CASE("the national list must be there and no older than 31 days", "[doctor]") {
  const auto list = [](std::chrono::hours age) { return list_facts{true, "", "2026-11", now - age, 200}; };
  CHECK(is(check_national_list(list(24h), now, true), health::ok));
  CHECK(is(check_national_list(list(29 * 24h), now, true), health::warning)); // runs out soon
  CHECK(is(check_national_list(list(31 * 24h + 1h), now, true), health::failure));
  CHECK(is(check_national_list(list(31 * 24h + 1h), now, false), health::warning)); // own numbers can be called
  CHECK(is(check_national_list({}, now, true), health::failure));
  CHECK(is(check_national_list({true, "", "", {}, 0}, now, false), health::warning));
  CHECK(is(check_national_list({true, "database disk image is malformed", "", {}, 0}, now, false), health::failure));
}

TEST_CASE("a certificate has to be trusted and to last", "[doctor]") {
  const auto shown = [](bool trusted, std::chrono::days left) {
    return certificate_facts{"voice.example.com",
                             true,
                             trusted,
                             trusted ? "" : "self-signed certificate",
                             std::chrono::floor<std::chrono::seconds>(now) + left,
                             "Let's Encrypt"};
  };
  CHECK(is(check_certificate("certificate", shown(true, std::chrono::days{60}), now), health::ok));
  CHECK(is(check_certificate("certificate", shown(true, std::chrono::days{10}), now), health::warning));
  CHECK(is(check_certificate("certificate", shown(false, std::chrono::days{60}), now), health::failure));
  CHECK(
    is(check_certificate("certificate", {"voice.example.com", false, false, "timeout", {}, ""}, now), health::failure));
}

TEST_CASE("who answers at public_url is told apart", "[doctor]") {
  webhook_facts x;
  x.url = "https://voice.example.com";
  CHECK(is(check_webhook(x, false).at(0), health::skipped)); // nobody could answer
  x.node_runs = true;
  x.problem = "Connection refused";
  CHECK(is(check_webhook(x, false).at(0), health::failure));
  x.reached = true;
  x.status = 404;
  CHECK_THAT(check_webhook(x, false).at(0).sentence, Contains("somebody else"));
  x.status = 403;
  const auto refused = check_webhook(x, false).at(0);
  CHECK(is(refused, health::failure));
  CHECK_THAT(refused.remedy, Contains("auth_token"));
  x.status = 200;
  x.is_ours = true;
  x.stream_status = 400;
  auto all = check_webhook(x, false);
  REQUIRE(all.size() == 2);
  CHECK(is(all[0], health::ok));
  CHECK(is(all[1], health::failure));
  CHECK_THAT(all[1].remedy, Contains("Upgrade"));
  x.stream_status = 101;
  CHECK(is_fit(check_webhook(x, false)));
  x.standard_port = false;
  CHECK(is(check_webhook(x, false).back(), health::warning));
  CHECK(is_fit(check_webhook(x, true)));
}

TEST_CASE("findings are counted, and one failure makes a node unfit", "[doctor]") {
  const findings all{ok("a", "fine"), skipped("b", "not here"), warning("c", "meh", "mend it")};
  CHECK(is_fit(all));
  auto worse = all;
  worse.push_back(failure("d", "broken", "repair it"));
  CHECK_FALSE(is_fit(worse));
  const auto text = to_text(worse, "LIVE", false);
  CHECK_THAT(text, Contains("-> repair it") && Contains("1 failure, 1 warning, 1 check skipped"));
  CHECK(text.find('\033') == std::string::npos);
  const auto json = to_json(worse, "LIVE");
  CHECK(json["fit"] == false);
  CHECK(json["findings"].size() == 4);
  CHECK(json["findings"][3]["state"] == "failure");
  CHECK(json["findings"][3]["remedy"] == "repair it");
}

} // namespace doctor_checks_test
