// Goal: shells complete `parley`: commands, options, what each takes, names of
// things in the node. Method: the program as a process, the shells themselves,
// a node played by the test.
#include "tests/adapters/seated_program.hpp"

#include <catch2/catch.hpp>

namespace cli_program_completion_test {

using namespace parley::test;
using Catch::Contains;
using nlohmann::json;

namespace {

/// How `parley` goes on with a line, as the scripts of the shells are told.
std::string
words_after(const program_world& world, const std::vector<std::string>& before, const std::string& current) {
  std::string joined;
  for (const auto& word : before)
    joined += word + "\n";
  return world.run("complete --before=':" + joined + "' --current=':" + current + "'").out;
}

} // namespace

TEST_CASE_METHOD(program_world, "completion knows commands, options, words and the node's campaigns", "[cli]") {
  answers("campaign list", {{{"name", "Spring"}, {"status", "running"}},
                            {{"name", "Summer"}, {"status", "draft"}},
                            {{"name", "Autumn"}, {"status", "draft"}}});
  CHECK_THAT(words_after(*this, {}, "camp"), Catch::StartsWith("campaign\t"));
  CHECK_THAT(words_after(*this, {"campaign"}, "la"), Catch::StartsWith("launch\t"));
  CHECK(words_after(*this, {"campaign"}, "xyz").empty());
  CHECK_THAT(words_after(*this, {"campaign", "launch"}, "--dr"), Catch::StartsWith("--dry-run\t"));
  CHECK(words_after(*this, {"campaign", "launch"}, "S") == "Spring\trunning\nSummer\tdraft\n");
  CHECK_THAT(words_after(*this, {"call", "list", "--campaign"}, "Au"), Catch::StartsWith("Autumn"));
  CHECK(words_after(*this, {"dnc", "import", "--list"}, "nat") == "national\n");
  CHECK(words_after(*this, {"prospect", "import"}, "") == ":files\n");
  CHECK(words_after(*this, {"completion"}, "f") == "fish\n");
  CHECK_THAT(words_after(*this, {"campaign", "launch", "Spring"}, "--js"), Catch::StartsWith("--json\t"));
  CHECK(words_after(*this, {}, "complete").find("complete\n") == std::string::npos); // what only scripts call is hidden
  for (const auto* shell : {"bash", "zsh", "fish"})
    CHECK_THAT(run(std::string{"completion "} + shell).out, Contains("complete --before="));
  CHECK(run("completion tcsh").code == 2);
}

TEST_CASE_METHOD(program_world, "completion without a node completes what needs none, in silence", "[cli]") {
  refuses("campaign list", "unavailable", "starting");
  const auto out = run("complete --before=':campaign\nlaunch\n' --current=':S'");
  CHECK(out.code == 0);
  CHECK(out.out.empty());
  CHECK(out.err.empty());
}

TEST_CASE_METHOD(program_world, "an option is completed with what it takes in this command", "[cli]") {
  const auto words = [&](std::vector<std::string> before, const std::string& current
                                                          = "") { return words_after(*this, before, current); };
  CHECK(words({"outbox", "list", "--state"}) == "waiting\nparked\ndropped\ndone\n");
  CHECK(words({"call", "resolve", "x", "--as"}) == "placed\nnot-placed\n");
  // Elsewhere a state is one of the country.
  CHECK(words({"dnc", "import", "--state"}).empty());
  CHECK(words({"call", "test", "--state"}).empty());
  // A campaign's name, or a file with one.
  answers("campaign list", {{{"name", "Spring"}, {"status", "running"}}});
  CHECK(words({"call", "test", "--campaign"}) == "Spring\trunning\n");
  CHECK(words({"talk", "--campaign"}) == ":files\n");
  for (const auto& line : std::vector<std::vector<std::string>>{{"campaign", "create", "--file"},
                                                                {"call", "recording", "x", "--out"},
                                                                {"call", "replay", "x", "--prompt"},
                                                                {"journal", "verify", "--data-dir"},
                                                                {"doctor", "--config"},
                                                                {"--socket"},
                                                                {"dnc", "import"}})
    CHECK(words(line) == ":files\n");
  CHECK(words({"call", "list", "--limit"}).empty());
  answers("manager list", {{{"name", "Ann Lee"}, {"specialty", "retail"}, {"timezone", "UTC"}},
                           {{"name", "Bob"}, {"specialty", ""}, {"timezone", "UTC"}}});
  CHECK(words({"campaign", "create", "--manager"}) == "Ann Lee\tretail UTC\nBob\tUTC\n");
  CHECK(words({"campaign", "create", "--manager", "Bob", "--manager"}, "A") == "Ann Lee\tretail UTC\n");
}

TEST_CASE_METHOD(program_world, "the value behind an equals sign is completed like one of its own", "[cli]") {
  answers("campaign list", {{{"name", "Spring"}, {"status", "running"}}, {{"name", "Autumn"}, {"status", "draft"}}});
  const auto words
    = [&](std::vector<std::string> before, const std::string& current) { return words_after(*this, before, current); };
  CHECK(words({"call", "list"}, "--campaign=S") == "--campaign=Spring\trunning\n");
  CHECK(words({"call", "list"}, "--campaign=") == "--campaign=Spring\trunning\n--campaign=Autumn\tdraft\n");
  CHECK(words({"outbox", "list"}, "--state=par") == "--state=parked\n");
  CHECK(words({"doctor"}, "--config=") == ":files\n");
  CHECK(words({"campaign", "launch"}, "--dry-run=").empty()); // takes none
  CHECK(words({"campaign", "launch"}, "--nothing=").empty());
  // As bash cuts the line.
  CHECK(words({"call", "list", "--campaign"}, "=") == "Spring\trunning\nAutumn\tdraft\n");
  CHECK(words({"call", "list", "--campaign", "="}, "Au") == "Autumn\tdraft\n");
  CHECK_THAT(words({"call", "list", "--campaign", "=", "Autumn"}, "--js"), Catch::StartsWith("--json\t"));
}

TEST_CASE_METHOD(program_world, "people, calls, meetings and deliveries are completed from the node, each once",
                 "[cli]") {
  answers("prospect list", {{{"id", "1"}, {"name", "Ann Lee"}, {"company", "Lee Tools"}, {"state", "waiting"}},
                            {{"id", "2"}, {"name", "Ann Lee"}, {"company", "Lee Tools"}, {"state", "done"}},
                            {{"id", "3"}, {"name", "Bob"}, {"company", "B"}, {"state", "done"}}});
  answers("call list", {{{"id", "0199a3c2"}, {"prospect", "Ann Lee"}, {"status", "talking"}}});
  answers("meeting list", {{{"id", "0199b3c2"}, {"prospect", "Bob"}, {"status", "scheduled"}}});
  answers("outbox list", {{{"id", "0199c3c2"}, {"prospect", nullptr}, {"state", "parked"}}});
  for (const auto& line : std::vector<std::vector<std::string>>{{"prospect", "show"},
                                                                {"prospect", "why"},
                                                                {"outbox", "list", "--prospect"},
                                                                {"journal", "export", "--prospect"}})
    CHECK(words_after(*this, line, "An") == "Ann Lee\tLee Tools waiting\n");
  CHECK(words_after(*this, {"call", "say"}, "") == "0199a3c2\tAnn Lee talking\n");
  CHECK(words_after(*this, {"meeting", "cancel"}, "") == "0199b3c2\tBob scheduled\n");
  for (const auto* command : {"retry", "drop"})
    CHECK(words_after(*this, {"outbox", command}, "") == "0199c3c2\tparked\n");
}

TEST_CASE_METHOD(program_world, "bash completes a campaign's name with its blanks quoted", "[cli]") {
  answers("campaign list", {{{"name", "Spring 2026"}, {"status", "draft"}}});
  const auto script = file("PATH=\"$(dirname '" PARLEY_PROGRAM "'):$PATH\"\n"
                           "export PARLEY_SOCKET='"
                           + socket()
                           + "'\n"
                             "eval \"$(parley completion bash)\"\n"
                             "COMP_WORDS=(parley campaign status Spr) COMP_CWORD=3\n"
                             "_parley\n"
                             "printf '%s\\n' \"${COMPREPLY[@]}\"\n");
  const auto out = (folder / "completed").string();
  REQUIRE(std::system(("bash '" + script + "' >'" + out + "'").c_str()) == 0);
  CHECK(contents(out) == "Spring\\ 2026\n");
}

TEST_CASE_METHOD(program_world, "fish completes commands and campaigns' names", "[cli]") {
  answers("campaign list", {{{"name", "Spring 2026"}, {"status", "draft"}}});
  const auto script = file("set -gx PATH (dirname '" PARLEY_PROGRAM "') $PATH\n"
                           "set -gx PARLEY_SOCKET '"
                           + socket()
                           + "'\n"
                             "parley completion fish | source\n"
                             "complete -C 'parley camp'\n"
                             "complete -C 'parley campaign status Spr'\n");
  const auto out = (folder / "completed").string();
  REQUIRE(std::system(("HOME='" + folder.string() + "' fish --no-config '" + script + "' >'" + out + "'").c_str())
          == 0);
  CHECK_THAT(contents(out), Catch::StartsWith("campaign\t") && Contains("\nSpring 2026\tdraft\n"));
}

TEST_CASE_METHOD(program_world, "zsh completes commands and campaigns' names, with their blanks and colons", "[cli]") {
  answers("campaign list",
          {{{"name", "Spring 2026"}, {"status", "draft"}}, {{"name", "West: autumn"}, {"status", "draft"}}});
  // A key that writes the line down as it stands and says so.
  const auto noted = folder / "line";
  std::ofstream{folder / ".zshrc"} << "PATH=\"$(dirname '" PARLEY_PROGRAM "'):$PATH\"\n"
                                      "export PARLEY_SOCKET='"
                                   << socket()
                                   << "'\n"
                                      "autoload -Uz compinit && compinit -u -D\n"
                                      "eval \"$(parley completion zsh)\"\n"
                                      "note() { print -r -- \"$BUFFER\" >'"
                                   << noted.string()
                                   << "'; zle kill-buffer; zle -M noted-$((++notes)); }\n"
                                      "zle -N note\n"
                                      "bindkey '^X' note\n"
                                      "PS1='ready> '\n";
  seated shell{{"/usr/bin/zsh", "-i"}, {{"ZDOTDIR", folder.string()}, {"HOME", folder.string()}}};
  REQUIRE(shell.shows("ready> "));
  int notes = 0;
  const auto completed = [&](const std::string& typed) {
    shell.type(typed + "\t\x18");
    CHECK(shell.shows("noted-" + std::to_string(++notes)));
    return contents(noted);
  };
  CHECK(completed("parley camp") == "parley campaign \n");
  CHECK(completed("parley campaign la") == "parley campaign launch \n");
  CHECK(completed("parley campaign launch --dr") == "parley campaign launch --dry-run \n");
  CHECK(completed("parley campaign status Spr") == "parley campaign status Spring\\ 2026 \n");
  CHECK(completed("parley campaign status \"Spr") == "parley campaign status \"Spring 2026\" \n");
  CHECK(completed("parley campaign status We") == "parley campaign status West:\\ autumn \n");
  CHECK(completed("parley campaign status Spring\\ 2026 --js") == "parley campaign status Spring\\ 2026 --json \n");
  CHECK(completed("parley call list --campaign=Spr") == "parley call list --campaign=Spring\\ 2026 \n");
  CHECK(completed("parley doctor --config=" + folder.string() + "/.zsh")
        == "parley doctor --config=" + folder.string() + "/.zshrc \n");
  CHECK(completed("parley dnc import " + folder.string() + "/.zsh")
        == "parley dnc import " + folder.string() + "/.zshrc \n");
  shell.type("exit\n");
  CHECK(shell.end() == 0);
}

} // namespace cli_program_completion_test
