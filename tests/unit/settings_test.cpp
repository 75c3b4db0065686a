// Goal: a wrong configuration is refused with file, key and remedy, all
// problems at once. Method: small TOML texts.
#include "runtime/settings/section.hpp"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace settings_test {

using namespace parley::settings;
using namespace std::chrono_literals;

namespace {

struct sample {
  double rate = 1;
  uint32_t calls = 10;
  std::chrono::milliseconds wait{1000};
  std::string mode = "slow";
  std::string url;
  std::string token;
  void describe(section& s) {
    s.number("rate", rate, 0.1, 10.0, "calls/s", "");
    s.number<uint32_t>("calls", calls, 1, 100, "calls", "");
    s.duration("wait", wait, 100ms, 1h, "");
    s.choice("mode", mode, {"slow", "fast"}, "");
    s.url("url", url, "");
    s.secret("token", token, "");
  }
};

sample read(const std::string& text) {
  sample x;
  document::parse(text, "test.toml").read([&](section& s) { s.table("part", [&](section& t) { x.describe(t); }); });
  return x;
}

std::string problem_of(const std::string& text) {
  try {
    read(text);
  } catch (const invalid& e) {
    return e.what();
  }
  return "";
}

} // namespace

TEST_CASE("good settings are read, absent ones keep their default", "[settings]") {
  const auto x
    = read("[part]\nrate = 2\ncalls = 5\nwait = \"15s\"\nmode = \"fast\"\nurl = \"https://x.example/v1/\"\n");
  CHECK(x.rate == 2);
  CHECK(x.calls == 5);
  CHECK(x.wait == 15s);
  CHECK(x.url == "https://x.example/v1");
  CHECK(read("").calls == 10);
}

TEST_CASE("an unknown key is refused with a suggestion", "[settings]") {
  CHECK_THAT(problem_of("[part]\ncals = 5\n"),
             Catch::Contains("test.toml: [part] cals: unknown key; did you mean calls?"));
}

TEST_CASE("of two names equally near, the one that begins alike is meant", "[settings]") {
  CHECK(nearest("sped", {"seed", "speed"}) == "speed");
  CHECK(nearest("sped", {"speed", "seed"}) == "speed");
  CHECK(nearest("seeed", {"seed", "speed"}) == "seed");
  CHECK(nearest("zzzz", {"seed", "speed"}).empty());
}

TEST_CASE("each kind of wrong value names the key and the remedy", "[settings]") {
  CHECK_THAT(problem_of("[part]\nrate = 99\n"), Catch::Contains("rate: 99 is outside 0.1 to 10 calls/s"));
  CHECK_THAT(problem_of("[part]\ncalls = \"5\"\n"), Catch::Contains("calls: must be a whole number"));
  CHECK_THAT(problem_of("[part]\nwait = 15\n"), Catch::Contains("wait: must be a duration in quotes"));
  CHECK_THAT(problem_of("[part]\nwait = \"1ms\"\n"), Catch::Contains("wait: 1ms is outside 100ms to 1h"));
  CHECK_THAT(problem_of("[part]\nmode = \"fsat\"\n"), Catch::Contains("did you mean \"fast\"?"));
  CHECK_THAT(problem_of("[part]\nurl = \"x.example\"\n"), Catch::Contains("url: \"x.example\" is no address"));
  CHECK_THAT(problem_of("part = 5\n"), Catch::Contains("part: must be a table"));
}

TEST_CASE("a secret does not belong in the file", "[settings]") {
  CHECK_THAT(problem_of("[part]\ntoken = \"abc\"\n"), Catch::Contains("name an environment variable in token_env"));
  CHECK_THAT(problem_of("[part]\ntoken_env = \"PARLEY_TEST_NOT_SET\"\n"),
             Catch::Contains("PARLEY_TEST_NOT_SET is not set"));
}

TEST_CASE("a secret is named once, and read without what an editor leaves behind", "[settings]") {
  auto name = (std::filesystem::temp_directory_path() / "parley-secret-XXXXXX").string();
  const int handle = ::mkstemp(name.data());
  REQUIRE(handle >= 0);
  ::close(handle);
  std::ofstream{name} << "s3cret \r\nmore\n";
  CHECK(read("[part]\ntoken_file = \"" + name + "\"\n").token == "s3cret");
  std::ofstream{name} << " \r\n";
  CHECK_THAT(problem_of("[part]\ntoken_file = \"" + name + "\"\n"), Catch::Contains("is empty"));
  std::filesystem::remove(name);
  CHECK_THAT(problem_of("[part]\ntoken_file = \"a\"\ntoken_env = \"B\"\n"), Catch::Contains("remove one of them"));
  CHECK_THAT(problem_of("[part]\ntoken_env = 5\n"), Catch::Contains("token_env: must be text in quotes"));
  CHECK_THAT(problem_of("[part]\ntoken_file = true\n"), Catch::Contains("token_file: must be text in quotes"));
}

TEST_CASE("a file that cannot be read is named with the remedy", "[settings]") {
  const auto refusal = [](const std::string& file) -> std::string {
    try {
      document::load(file);
    } catch (const invalid& e) {
      return e.what();
    }
    return "";
  };
  CHECK_THAT(refusal("/nowhere/parley.toml"),
             Catch::Contains("/nowhere/parley.toml") && Catch::Contains("name an existing file"));
  CHECK_THAT(refusal(std::filesystem::temp_directory_path().string()), Catch::Contains("is a folder"));
}

TEST_CASE("all problems come at once", "[settings]") {
  const auto text = problem_of("[part]\nrate = 99\ncalls = 0\nxyz = 1\n");
  CHECK(std::count(text.begin(), text.end(), '\n') == 2);
}

TEST_CASE("broken TOML names file and line", "[settings]") {
  CHECK_THAT(problem_of("[part]\nrate = 1\nrate = 2\n"), Catch::Contains("test.toml:3:"));
  CHECK_THAT(problem_of("[part]\nmode = \"schn\xFC"
                        "ll\"\n"),
             Catch::Contains("test.toml:2:")); // not UTF-8
  CHECK_THAT(problem_of("{\"part\": {}}"), Catch::Contains("test.toml:1:"));
  CHECK_THAT(problem_of("[part]\nrate = = 2\n"), Catch::Contains("test.toml:2:"));
  // Where toml++ would assert.
  for (const auto* line : {"[[[part]]]", "[=]", " [ .part]", "[", "[[", "[\"", "[ [part] ]", "calls = [ } ]"}) {
    INFO(line);
    CHECK_THAT(problem_of(std::string{"[part]\nrate = 1\n"} + line + "\n"), Catch::Contains("test.toml:3:"));
  }
}

TEST_CASE("a file that is read stands beside the configuration, wherever the node is started", "[settings]") {
  struct files {
    std::string named, absolute, absent;
  } x;
  const auto folder = std::filesystem::temp_directory_path() / "parley-settings-files";
  const auto parsed = document::parse("ca = \"../ca.pem\"\nkey = \"/etc/key.pem\"\n", (folder / "node.toml").string());
  parsed.read([&](section& s) {
    s.file("ca", x.named, "");
    s.file("key", x.absolute, "");
    s.file("none", x.absent, "");
  });
  CHECK(x.named == (folder.parent_path() / "ca.pem").string());
  CHECK(x.absolute == "/etc/key.pem");
  CHECK(x.absent.empty());
}

} // namespace settings_test
