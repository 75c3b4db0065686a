// Goal: a configuration says plainly what kind of node it makes, and the ones
// that come with Parley are in order. Method: files, as an operator has them.
#include "cluster/node_settings.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

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

TEST_CASE("any vendor that is not on this machine makes a node LIVE", "[settings]") {
  const auto* line = GENERATE(R"(base_url = "http://127.0.0.1:4011")", R"(base_url = "http://127.0.0.1:4012/v1")",
                              R"(base_url = "http://127.0.0.1:4013")", R"(base_url = "http://127.0.0.1:4014")",
                              R"(token_url = "http://127.0.0.1:4014/token")", R"(base_url = "smtp://127.0.0.1:4015")");
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
