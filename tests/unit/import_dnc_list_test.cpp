// Goal: every number of a do-not-call list is listed, whatever the form of the
// file; what cannot be read is counted.
#include "actors/control/import/dnc_list.hpp"
#include "tests/unit/compliance_fixture.hpp"

namespace import_dnc_list_test {

using namespace parley;
using namespace parley::test;

namespace {

struct list {
  dnc_summary summary;
  std::vector<std::string> numbers;
};

list read(const std::string& file, const dnc_options& options = {}) {
  std::istringstream in{file};
  list out;
  out.summary = read_dnc_list(in, options, shipped_rules(), [&](std::string_view x) { out.numbers.emplace_back(x); });
  CHECK(out.summary.accepted == out.numbers.size());
  return out;
}

const std::vector<std::string> two{"+14155550132", "+12125550147"};

} // namespace

TEST_CASE("a do-not-call list of any form", "[import][dnc]") {
  struct row {
    const char* what;
    const char* file;
  };
  const auto x = GENERATE(values<row>({
    {"area code and number", "415,5550132\n212,5550147\n"},
    {"one number", "4155550132\n2125550147\n"},
    {"CRLF", "415,5550132\r\n212,5550147\r\n"},
    {"no last line end", "415,5550132\n212,5550147"},
    {"byte order mark", "\xEF\xBB\xBF"
                        "415,5550132\n212,5550147\n"},
    {"quotes", "\"415\",\"5550132\"\n\"212\",\"5550147\"\n"},
    {"more fields", "415,5550132,2026-11-01,x\n212,5550147,2026-11-02\n"},
    {"E.164", "+14155550132\n+12125550147\n"},
    {"E.164 with reasons", "+14155550132,asked on the phone\n+12125550147,\n"},
    {"as people write", "(415) 555-0132\n1-212-555-0147\n"},
    {"a header", "phone\n4155550132\n2125550147\n"},
    {"comments and gaps", "# our own\n\n4155550132\n\n# more\n2125550147\n"},
  }));
  CAPTURE(x.what);
  const auto out = read(x.file);
  CHECK(out.numbers == two);
  CHECK(out.summary.rejected == 0);
  CHECK(out.summary.change_line == 0);
}

TEST_CASE("a list of changes is told by its first one", "[import][dnc]") {
  CHECK(read("415,5550132\n415,5550132,A,2026-11-01\n212,5550147,D,2026-11-02\n").summary.change_line == 2);
  CHECK(read("212,5550147,D\r\n").summary.change_line == 1);
  CHECK(read("2125550147,\"A\",2026-11-02\n").summary.change_line == 1);
  CHECK(read("+14155550132,Asked by letter\n").summary.change_line == 0);
}

TEST_CASE("numbers of other countries are listed, too", "[import][dnc]") {
  CHECK(read("+442079460958\n").numbers == std::vector<std::string>{"+442079460958"});
}

TEST_CASE("lines that cannot be read are counted, the first ones described", "[import][dnc]") {
  dnc_options options;
  options.problems_max = 2;
  const auto out = read("415,5550132\n415,555013\nnot a number\n1155550132\n212,5550147\n", options);
  CHECK(out.numbers == two);
  CHECK(out.summary.rejected == 3);
  REQUIRE(out.summary.problems.size() == 2);
  CHECK(out.summary.problems[0].line == 2);
  CHECK_FALSE(out.summary.problems[0].reason.empty());
  CHECK(out.summary.problems[1].line == 3);
}

TEST_CASE("what is no text is refused", "[import][dnc]") {
  CHECK_THROWS_AS(read("PK\x03\x04...\n"), unusable_file); // a ZIP archive
  CHECK_THROWS_AS(read("<?xml version=\"1.0\"?>\n"), unusable_file);
}

TEST_CASE("an empty list lists nobody", "[import][dnc]") {
  CHECK(read("").numbers.empty());
}

TEST_CASE("a list is read bit by bit as well as at once", "[import][dnc]") {
  std::istringstream in{"phone\n4155550132\nrubbish\n\n2125550147\n"};
  dnc_list_reader reader{in, {}, shipped_rules()};
  std::vector<std::string> numbers;
  const auto use = [&](std::string_view x) { numbers.emplace_back(x); };
  CHECK(reader.read(2, use));
  CHECK(numbers.size() == 1);
  while (reader.read(1, use)) {
  }
  CHECK(numbers == two);
  CHECK(reader.summary().rejected == 1);
  CHECK(reader.summary().problems.at(0).line == 3);
}

TEST_CASE("a list that breaks off is refused", "[import][dnc]") {
  std::istringstream in{"4155550132\n2125550147\n"};
  dnc_list_reader reader{in, {}, shipped_rules()};
  const auto ignore = [](std::string_view) {};
  CHECK(reader.read(1, ignore));
  in.setstate(std::ios::badbit); // the disk fails
  CHECK_THROWS_AS(reader.read(2, ignore), unusable_file);
}

} // namespace import_dnc_list_test
