// Goal: a configuration says plainly what kind of node it makes, and the ones
// that come with Parley are in order. Method: files, as an operator has them.
#include "cluster/node_settings.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace node_settings_test {

using namespace parley;
namespace fs = std::filesystem;

namespace {

const fs::path config = fs::path{PARLEY_SOURCE_DIR} / "config";

/// practice.toml with one line changed, beside the files that it names.
struct changed {
  explicit changed(const std::string& from = "", const std::string& to = "") {
    std::ostringstream all;
    all << std::ifstream{config / "practice.toml"}.rdbuf();
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
