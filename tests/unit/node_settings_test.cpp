// Goal: a configuration says plainly what kind of node it makes, and the ones
// that come with Parley are in order. Method: files, as an operator has them.
#include "cluster/node_settings.hpp"
#include "runtime/settings/catalogue.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace node_settings_test {

using namespace parley;
namespace fs = std::filesystem;

namespace {

const fs::path config = fs::path{PARLEY_SOURCE_DIR} / "config";

/// A shipped file with one line changed, beside the files that it names.
struct changed {
  explicit changed(const std::string& from = "", const std::string& to = "",
                   const fs::path& file = config / "practice.toml") {
    std::ostringstream all;
    all << std::ifstream{file}.rdbuf();
    auto text = all.str();
    if (!from.empty()) {
      const auto at = text.find(from);
      REQUIRE(at != std::string::npos);
      text.replace(at, from.size(), to);
    }
    auto name = (fs::temp_directory_path() / "parley-settings-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()));
    folder = name;
    std::ofstream{folder / "node.toml"} << text;
    std::ofstream{folder / "practice.secret"} << "secret\n";
    fs::create_directory_symlink(config / "rules", folder / "rules");
  }
  ~changed() { fs::remove_all(folder); }
  node_settings load() const { return node_settings::load((folder / "node.toml").string()); }
  std::string problems() const {
    try {
      load();
      return "";
    } catch (const settings::invalid& e) {
      return e.what();
    }
  }
  fs::path folder;
};

} // namespace

TEST_CASE("the practice configuration is in order and names only this machine", "[settings]") {
  const auto x = node_settings::load((config / "practice.toml").string());
  CHECK(x.practice());
  CHECK(x.managers.size() == 2);
}

TEST_CASE("the configuration to begin with needs two accounts and is LIVE", "[settings]") {
  ::setenv("TWILIO_AUTH_TOKEN", "t0ken", 1);
  ::setenv("OPENAI_API_KEY", "key", 1);
  const auto x = node_settings::load((config / "parley.toml").string());
  CHECK_FALSE(x.practice());
  CHECK_FALSE(x.live);
  CHECK(x.allow_numbers.size() == 1);
}

TEST_CASE("the configuration for real calls needs two accounts and calls its owner alone", "[settings]") {
  ::setenv("TWILIO_AUTH_TOKEN", "t0ken", 1);
  ::setenv("OPENAI_API_KEY", "key", 1);
  const auto x = node_settings::load((config / "real-calls.toml").string());
  CHECK_FALSE(x.practice());
  CHECK_FALSE(x.live);
  // Who may be called is declared one's own, so that no list has to be bought first.
  CHECK(x.allow_numbers == x.compliance.own_numbers);
  CHECK(x.allow_numbers.size() == 1);
  CHECK(x.crm_provider == "none");
  CHECK(x.calendar_provider == "none");
  CHECK(x.llm_provider == "none");
  CHECK(x.mailer_provider == "file");
  CHECK(x.telephony.public_url.starts_with("https://"));
  CHECK(x.managers.size() == 1);
  CHECK(fs::exists(x.compliance.rules_file));
  ::unsetenv("OPENAI_API_KEY");
  CHECK_THROWS_AS(node_settings::load((config / "real-calls.toml").string()), settings::invalid);
  ::setenv("OPENAI_API_KEY", "key", 1);
}

TEST_CASE("until a node is set live, gate and carrier know only its allow_numbers", "[settings]") {
  ::setenv("TWILIO_AUTH_TOKEN", "t0ken", 1);
  ::setenv("OPENAI_API_KEY", "key", 1);
  const auto file = config / "real-calls.toml";
  const auto x = node_settings::load(file.string());
  REQUIRE(x.allow_numbers.size() == 1);
  CHECK(x.compliance.allow_list == x.allow_numbers);
  CHECK(x.telephony.only_numbers == x.allow_numbers);
  const changed live{"live = false", "live = true", file};
  const auto set = live.load();
  CHECK(set.live);
  CHECK_FALSE(set.compliance.allow_list);
  CHECK_FALSE(set.telephony.only_numbers);
  const auto practice = changed{}.load(); // nobody real is there
  CHECK_FALSE(practice.compliance.allow_list);
  CHECK_FALSE(practice.telephony.only_numbers);
}

TEST_CASE("any vendor that is not on this machine makes a node LIVE", "[settings]") {
  const auto* line = GENERATE(R"(base_url = "http://127.0.0.1:4011")", R"(base_url = "http://127.0.0.1:4012/v1")",
                              R"(base_url = "http://127.0.0.1:4013")", R"(base_url = "http://127.0.0.1:4016")",
                              "base_url = \"http://127.0.0.1:4012/v1\"\nmodel = \"text-embedding-3-small\"",
                              R"(base_url = "http://127.0.0.1:4014")", R"(token_url = "http://127.0.0.1:4014/token")",
                              R"(base_url = "smtp://127.0.0.1:4015")");
  CAPTURE(line);
  std::string other = line;
  const bool mail = other.find("smtp") != std::string::npos;
  other.replace(other.find(mail ? "smtp://127.0.0.1" : "http://127.0.0.1"), 16,
                mail ? "smtps://mail.example.com" : "https://api.example.com");
  if (mail)
    other += "\nuser = \"\"";
  const changed x{line, other};
  // LIVE with nobody to call is refused, and says so.
  CHECK_THAT(x.problems(), Catch::Contains("allow_numbers is empty"));
}

TEST_CASE("what is wrong is said with key and remedy, all of it at once", "[settings]") {
  const changed x{"[node]\nseed = 7",
                  "[node]\nseed = 7\nallow_numbers = [\"0049 30 1\"]\nlog_level = \"loud\"\nsped = 3"};
  const auto problems = x.problems();
  CHECK_THAT(problems, Catch::Contains("allow_numbers") && Catch::Contains("E.164"));
  CHECK_THAT(problems, Catch::Contains("log_level"));
  CHECK_THAT(problems, Catch::Contains("sped") && Catch::Contains("speed"));
}

TEST_CASE("writes may not wait longer than those who asked for them", "[settings]") {
  const auto* provider = GENERATE("sqlite", "postgres");
  CAPTURE(provider);
  const auto with = [&](const std::string& lines) {
    return changed("provider = \"sqlite\"\n", "provider = \"" + std::string{provider} + "\"\n" + lines).problems();
  };
  CHECK(with("") == "");
  CHECK_THAT(with("outage_wait = \"5m\"\n"),
             Catch::Contains("journal: outage_wait (5m)") && Catch::Contains("actors.journal_timeout"));
  CHECK_THAT(changed("[pacing]\n", "[actors]\njournal_timeout = \"5s\"\n[pacing]\n").problems(),
             Catch::Contains("outage_wait"));
}

TEST_CASE("a section of another name, a zone that nobody knows and a wrong type are told", "[settings]") {
  CHECK_THAT(changed("[pacing]", "[paicng]").problems(), Catch::Contains("paicng: unknown key; did you mean pacing?"));
  CHECK_THAT(changed("timezone = \"America/New_York\"", "timezone = \"Mars/Olympus\"").problems(),
             Catch::Contains("[manager] timezone") && Catch::Contains("America/New_York"));
  CHECK_THAT(changed("calls_at_once = 12", "calls_at_once = \"twelve\"").problems(),
             Catch::Contains("[pacing] calls_at_once: must be a whole number"));
  CHECK_THAT(changed("[[manager]]\nname = \"Priya", "[manager]\nname = \"Priya").problems(),
             Catch::Contains("node.toml:")); // the second one no longer fits, which is TOML's own complaint
}

TEST_CASE("a secret's file stands beside the configuration", "[settings]") {
  CHECK(changed{}.problems().empty());
  const changed x{"auth_token_file = \"practice.secret\"", "auth_token_file = \"nowhere.secret\""};
  CHECK_THAT(x.problems(), Catch::Contains("nowhere.secret"));
}

TEST_CASE("practice time is refused where anybody could really be called", "[settings]") {
  const changed x{"[node]\nseed = 7\n\n[journal]", "[node]\nseed = 7\nspeed = 60.0\n\n[journal]"};
  CHECK(x.problems().empty());
  const changed live{R"(base_url = "http://127.0.0.1:4011")", R"(base_url = "https://api.example.com")"};
  CHECK_FALSE(live.problems().empty());
}

TEST_CASE("every key can be listed once, with its default, range and meaning", "[settings]") {
  const auto keys = settings::described_keys([] { node_settings::load("/dev/null"); });
  std::set<std::string> names;
  for (const auto& x : keys) {
    CAPTURE(x.section, x.key);
    CHECK(names.insert(x.section + "." + x.key).second);
    CHECK_FALSE(x.help.empty());
    CHECK_FALSE(x.value.empty());
  }
  CHECK(keys.size() > 150);
  for (const char* name : {"node.live", "journal.data_dir", "telephony.auth_token_env", "llm.provider", "crm.cache_for",
                           "enrichment.api_key_env", "manager.timezone"}) {
    CAPTURE(name);
    CHECK(names.contains(name));
  }
  CHECK_FALSE(names.contains("telephony.auth_token"));
  std::ostringstream out;
  settings::print_keys(out, keys);
  const auto text = '\n' + out.str();
  using Catch::Contains;
  CHECK_THAT(text, Contains("\n# [node]\n# live = false  # Dial anybody the law allows."));
  CHECK_THAT(text, Contains("\n# threads = 0  # 0 to 1024 threads. Of the actors; 0: one per core.\n"));
  CHECK_THAT(text, Contains("\n# provider = \"none\"  # one of none, hubspot. "));
  CHECK_THAT(text, Contains("\n# cache_for = \"15m\"  # ") && Contains("; provider hubspot. "));
  CHECK_THAT(text, Contains("\n\n# [[manager]]\n# name = \"\"  # must be set. "));
  CHECK_THAT(text, Contains("\n# auth_token_env = \"\"  # an environment variable; or auth_token_file, a file. "));
  // What was listed is no part of what is read next.
  CHECK(node_settings::load((config / "practice.toml").string()).managers.size() == 2);
}

TEST_CASE("without a word about them, memory and research need no account", "[settings]") {
  ::setenv("TWILIO_AUTH_TOKEN", "t0ken", 1);
  ::setenv("OPENAI_API_KEY", "key", 1);
  const auto x = node_settings::load((config / "parley.toml").string());
  CHECK(x.crm_provider == "none");
  CHECK(x.enrichment_provider == "none");
  CHECK(x.embedder_provider == "hashing");
  const node_settings plain; // as where the sections are left out
  CHECK(plain.enrichment_provider == "none");
  CHECK(plain.embedder_provider == "hashing");
  CHECK(plain.crm_cache.cache_for == std::chrono::minutes{15});
}

TEST_CASE("a vendor for enrichment or embeddings needs its key", "[settings]") {
  CHECK_THAT((changed{"base_url = \"http://127.0.0.1:4016\"\napi_key_file = \"practice.secret\"",
                      "base_url = \"http://127.0.0.1:4016\""}
                .problems()),
             Catch::Contains("api_key"));
  CHECK_THAT((changed{"provider = \"apollo\"", "provider = \"apolo\""}.problems()), Catch::Contains("apollo"));
  CHECK_THAT((changed{"dimensions = 256", "dimensions = 100000"}.problems()), Catch::Contains("dimensions"));
}

} // namespace node_settings_test
