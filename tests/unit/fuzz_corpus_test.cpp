// Goal: whatever bytes come from outside, their parsers end, and what they take
// holds. Method: the targets of tests/fuzz on their committed corpus and on
// some thousand variations of it by a fixed seed, each target in a child
// process: what ends that is named and kept. tests/run fuzz looks further.
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/variations.hpp"

#include <catch2/catch.hpp>

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>

namespace fuzz_corpus_test {

using namespace parley;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr uint64_t seed = 7;
constexpr size_t variations_each = 1'000;
constexpr auto patience = 20s; ///< for one input; sanitizers are slow

const fs::path corpus_folder{PARLEY_SOURCE_DIR "/tests/fuzz/corpus"};

struct named_input {
  std::string name;
  std::string text;
};

std::vector<named_input> corpus_of(const std::string& target) {
  std::vector<named_input> out;
  for (const auto& entry : fs::directory_iterator{corpus_folder / target}) {
    std::ifstream in{entry.path(), std::ios::binary};
    out.push_back({entry.path().filename().string(), {std::istreambuf_iterator<char>{in}, {}}});
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

/// What the child reads at the moment, for the parent to see when it ended.
struct blackboard {
  char name[256];
  size_t size;
  char text[fuzz::variations::bytes_max];

  void write(const std::string& what, std::string_view input) {
    std::snprintf(name, sizeof name, "%s", what.c_str());
    size = std::min(input.size(), sizeof text);
    std::memcpy(text, input.data(), size);
  }
};

[[noreturn]] void read_all(fuzz::reader read, const std::vector<named_input>& corpus, size_t count,
                           std::chrono::seconds limit, blackboard& board) noexcept {
  // Catch would report what ends us as a failure of its own.
  for (const auto number : {SIGABRT, SIGSEGV, SIGILL, SIGFPE, SIGBUS})
    std::signal(number, SIG_DFL);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  const auto read_one = [&](const std::string& name, const std::string& text) {
    board.write(name, text);
    ::alarm(static_cast<unsigned>(limit.count()));
    read(text);
  };
  std::vector<std::string> texts;
  for (const auto& [name, text] : corpus) {
    read_one(name, text);
    texts.push_back(text);
  }
  fuzz::variations more{texts, seed};
  for (size_t i = 0; i < count; ++i) {
    size_t base = 0;
    const auto text = more.next(base);
    read_one("variation " + std::to_string(i) + ", of " + corpus[base].name, text);
  }
  ::_exit(0);
}

std::string ending(int status) {
  if (!WIFSIGNALED(status))
    return "ended it with " + std::to_string(WEXITSTATUS(status));
  return WTERMSIG(status) == SIGALRM ? "is read without end"
                                     : std::string{"ended it by "} + strsignal(WTERMSIG(status));
}

/// Nothing, or which input did what, and the file in which it is kept.
std::optional<std::string>
problem_of(const std::string& target, fuzz::reader read, const std::vector<named_input>& corpus, size_t count,
           std::chrono::seconds limit = patience) {
  auto* memory = ::mmap(nullptr, sizeof(blackboard), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  auto& board = *static_cast<blackboard*>(memory);
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0)
    read_all(read, corpus, count, limit, board);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  std::optional<std::string> out;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    const std::string text{board.text, board.size};
    const auto file
      = fs::temp_directory_path() / ("parley-fuzz-" + target + "-" + std::to_string(std::hash<std::string>{}(text)));
    std::ofstream{file, std::ios::binary} << text;
    out = target + ": " + board.name + " " + ending(status) + "; kept in " + file.string();
  }
  ::munmap(memory, sizeof(blackboard));
  return out;
}

void planted_fault(std::string_view input) {
  fuzz::holds(input.find("b1") == input.npos, "no planted fault");
}

void planted_exception(std::string_view input) {
  if (input.ends_with("b"))
    throw std::runtime_error{"planted"};
}

void planted_hang(std::string_view) {
  for (volatile bool on = true; on;) {
  }
}

/// The text of the file that a problem names, which is removed.
std::string kept(const std::string& problem) {
  const fs::path file{problem.substr(problem.rfind(' ') + 1)};
  std::ifstream in{file, std::ios::binary};
  std::string out{std::istreambuf_iterator<char>{in}, {}};
  fs::remove(file);
  return out;
}

} // namespace

TEST_CASE("parsers of foreign bytes hold on their corpus and on variations of it", "[fuzz]") {
  std::vector<std::string> folders;
  for (const auto& entry : fs::directory_iterator{corpus_folder})
    folders.push_back(entry.path().filename().string());
  CHECK(folders.size() == fuzz::targets().size());
  for (const auto& [target, read] : fuzz::targets()) {
    const auto corpus = corpus_of(target);
    CHECK(corpus.size() >= 5);
    const auto problem = problem_of(target, read, corpus, variations_each);
    INFO(problem.value_or(""));
    CHECK_FALSE(problem);
  }
}

TEST_CASE("an input that a parser does not survive is named and kept", "[fuzz]") {
  const std::vector<named_input> harmless{{"first", "a\nb0"}, {"second", "b2"}};
  const auto found = problem_of("planted", planted_fault, harmless, 5'000);
  REQUIRE(found);
  CHECK(found->starts_with("planted: variation "));
  CHECK(kept(*found).find("b1") != std::string::npos);

  const auto at_once = problem_of("planted", planted_fault, {{"good", "b0"}, {"bad", "ab1"}}, 0);
  REQUIRE(at_once);
  CHECK(at_once->starts_with("planted: bad ended it by Aborted; kept in "));
  CHECK(kept(*at_once) == "ab1");

  const auto thrown = problem_of("planted", planted_exception, {{"thrown", "b"}}, 0);
  REQUIRE(thrown);
  CHECK(kept(*thrown) == "b");

  const auto endless = problem_of("planted", planted_hang, {{"endless", "b"}}, 0, 1s);
  REQUIRE(endless);
  CHECK(endless->starts_with("planted: endless is read without end; kept in "));
  CHECK(kept(*endless) == "b");
}

TEST_CASE("variations differ from each other and stay within their bound", "[fuzz]") {
  const std::vector<std::string> corpus{"name\n{\"a\":[1,2,3]}", "", std::string(60'000, 'x')};
  fuzz::variations some{corpus, seed};
  fuzz::variations again{corpus, seed};
  std::vector<std::string> all;
  size_t named = 0;
  for (int i = 0; i < 500; ++i) {
    size_t base = 0;
    all.push_back(some.next(base));
    CHECK(again.next(base) == all.back());
    CHECK(all.back().size() <= fuzz::variations::bytes_max);
    named += all.back().starts_with("name\n");
  }
  CHECK(named > 80);
  std::sort(all.begin(), all.end());
  CHECK(std::unique(all.begin(), all.end()) - all.begin() > 350);
}

} // namespace fuzz_corpus_test
