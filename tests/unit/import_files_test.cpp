// Goal: whatever lies behind a file's name, it is read to its end or refused
// with the remedy, in bounded memory. Method: small files, and streams that
// never end or break off.
#include "actors/control/import/dnc_list.hpp"
#include "actors/control/import/prospects.hpp"
#include "tests/unit/compliance_fixture.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace import_files_test {

using namespace parley;
using namespace parley::test;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

struct outcome {
  std::vector<prospect_import> rows;
  std::vector<rejected_row> rejected;
  std::string refusal; ///< of the whole file
};

outcome read(std::istream& in, const import_options& options = {}) {
  outcome out;
  try {
    read_prospects(
      in, options, shipped_rules(), [&](prospect_import x) { out.rows.push_back(std::move(x)); },
      [&](rejected_row x) { out.rejected.push_back(std::move(x)); });
  } catch (const unusable_file& e) {
    out.refusal = e.what();
  }
  return out;
}

outcome read(const std::string& file, const import_options& options = {}) {
  std::istringstream in{file};
  return read(in, options);
}

std::string list_refusal(std::istream& in) {
  try {
    read_dnc_list(in, {}, shipped_rules(), [](std::string_view) {});
  } catch (const unusable_file& e) {
    return e.what();
  }
  return "accepted";
}

/// Text, then for ever the same byte, or an error of the disk.
class endless : public std::streambuf {
public:
  endless(std::string start, std::optional<char> then) : data_{std::move(start)}, then_{then} {
    setg(data_.data(), data_.data(), data_.data() + data_.size());
  }
  size_t served = 0;

protected:
  int_type underflow() override {
    if (!then_)
      throw std::ios_base::failure{"the disk fails"};
    data_.assign(4096, *then_);
    served += data_.size();
    setg(data_.data(), data_.data(), data_.data() + data_.size());
    return traits_type::to_int_type(data_.front());
  }

private:
  std::string data_;
  std::optional<char> then_;
};

struct folder {
  folder() {
    auto name = (fs::temp_directory_path() / "parley-import-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()));
    path = name;
  }
  ~folder() { fs::remove_all(path); }
  fs::path path;
};

std::string open_refusal(const fs::path& path) {
  try {
    open_file(path.string());
  } catch (const unusable_file& e) {
    return e.what();
  }
  return "opened";
}

} // namespace

TEST_CASE("lines end as Unix, Windows or the old Macintosh ends them", "[import][files]") {
  const std::string end = GENERATE("\n", "\r\n", "\r");
  const auto out = read("name,phone,notes" + end + "Ada,614 555 0101,\"one" + end + "two\"" + end + end + "Bob,12,x"
                        + end + "Cy,614 555 0103,y" + end);
  REQUIRE(out.rows.size() == 2);
  CHECK(out.rows[0].notes == "one\ntwo");
  CHECK(out.rows[0].line == 2);
  CHECK(out.rows[1].name == "Cy");
  CHECK(out.rows[1].line == 6);
  REQUIRE(out.rejected.size() == 1);
  CHECK(out.rejected[0].line == 5); // as an editor counts
}

TEST_CASE("line ends are found wherever the reading is cut", "[import][files]") {
  std::string file = "name,phone,notes\r\n";
  int people = 0;
  for (; file.size() < 300'000; ++people) // several times what is read at once, at every offset
    file += "P" + std::to_string(people) + ",614 555 " + std::to_string(1000 + people) + ","
            + std::string(static_cast<size_t>(people % 97), 'x') + "\r\n";
  const auto out = read(file);
  CHECK(out.rejected.empty());
  REQUIRE(out.rows.size() == static_cast<size_t>(people));
  CHECK(out.rows.back().line == static_cast<uint64_t>(people) + 1);
}

TEST_CASE("columns are cut as the first line says", "[import][files]") {
  const auto file
    = GENERATE(as<std::string>{}, "name|phone\nAda|614 555 0101\n", "sep=;\nname;phone\nAda;614 555 0101\n",
               "sep=,\r\nname,phone\r\nAda,614 555 0101\r\n", "\n\nname;phone\nAda;614 555 0101\n",
               "\xEF\xBB\xBFsep=\t\nname\tphone\nAda\t614 555 0101\n",
               "name;phone;\"a, b, c, d\"\nAda;614 555 0101;\n");
  CAPTURE(file);
  const auto out = read(file);
  CHECK(out.refusal.empty());
  REQUIRE(out.rows.size() == 1);
  CHECK(out.rows[0].phone == "+16145550101");
}

TEST_CASE("other forms than a table are told apart", "[import][files]") {
  struct row {
    const char* what;
    std::string file;
    const char* sentence; ///< a part of it
  };
  std::string little; // "name,phone\n" in UTF-16, which Excel calls Unicode text
  std::string big;
  for (const char c : std::string{"name,phone\nAda,614 555 0101\n"}) {
    little += std::string{c, '\0'};
    big += std::string{'\0', c};
  }
  const auto x = GENERATE_COPY(values<row>({
    {"UTF-16", little, "UTF-16"},
    {"UTF-16 of the other order", big, "UTF-16"},
    {"UTF-16 with its mark", "\xFF\xFE" + little, "UTF-16"},
    {"gzip", std::string{"\x1F\x8B\x08\0rubbish\n", 12}, "gzip"},
    {"rich text", "{\\rtf1\\ansi\n", "text document"},
    {"JSON behind blanks", "   {\"name\": \"Ada\"}\n", "JSON"},
    {"a web page behind a mark", "\xEF\xBB\xBF <html>\n", "HTML"},
    {"a picture", std::string{"\x89PNG\r\n\x1A\n\0\0\0\rIHDR", 16}, "CSV UTF-8"},
  }));
  CAPTURE(x.what);
  const auto out = read(x.file);
  CHECK_THAT(out.refusal, Contains(x.sentence));
  CHECK(out.rows.empty());
}

TEST_CASE("a header in Latin-1 is refused with what converts it", "[import][files]") {
  const auto out = read("name,phone,stra\xDF"
                        "e\nAda,614 555 0101,x\n");
  CHECK_THAT(out.refusal, Contains("CSV UTF-8") && Contains("iconv"));
}

TEST_CASE("what never ends is refused early", "[import][files]") {
  const auto byte = GENERATE('x', '\0', '"');
  CAPTURE(static_cast<int>(byte));
  for (const bool list : {false, true}) {
    endless source{"", byte};
    std::istream in{&source};
    CHECK_THAT(list ? list_refusal(in) : read(in).refusal, Contains("CSV"));
    CHECK(source.served < (2u << 20));
  }
}

TEST_CASE("rows beyond the bound are refused, not read for ever", "[import][files]") {
  import_options options;
  options.rows_max = 2;
  CHECK(read("name,phone\nAda,614 555 0101\nBob,614 555 0102\n", options).refusal.empty());
  CHECK_THAT(read("name,phone\nAda,614 555 0101\nBob,614 555 0102\nCy,12\n", options).refusal,
             Contains("more than 2 rows") && Contains("split"));
}

TEST_CASE("a file that breaks off is refused: nobody takes a part for the whole", "[import][files]") {
  endless people{"name,phone\nAda,614 555 0101\n", std::nullopt};
  std::istream in{&people};
  CHECK_THAT(read(in).refusal, Contains("to its end"));
  endless numbers{"4155550132\n", std::nullopt};
  std::istream list{&numbers};
  CHECK_THAT(list_refusal(list), Contains("to its end"));
}

TEST_CASE("what is no file is refused before it is opened", "[import][files]") {
  const folder f;
  CHECK_THAT(open_refusal(f.path), Contains("is a folder"));
  CHECK_THAT(open_refusal(f.path / "nowhere.csv"), Contains("nowhere.csv") && Contains("cannot be read")
                                                     && Contains("No such file") && Contains("name an existing file"));
  CHECK_THAT(open_refusal("/dev/zero"), Contains("pipe or device"));
  const auto pipe = f.path / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0); // to open it would wait for somebody to write
  CHECK_THAT(open_refusal(pipe), Contains("pipe or device"));
  if (::geteuid() != 0) { // root may read everything
    const auto secret = f.path / "secret.csv";
    std::ofstream{secret} << "name,phone\n";
    fs::permissions(secret, fs::perms::none);
    CHECK_THAT(open_refusal(secret), Contains("Permission denied") && Contains("may read"));
  }
}

TEST_CASE("a choice of columns that cannot be meant is refused", "[import][files]") {
  const std::string file = "who,handy,buero\nAda,614 555 0101,614 555 0102\n";
  const auto refusal = [&](std::map<std::string, std::string> columns) {
    import_options options;
    options.columns = std::move(columns);
    return read(file, options).refusal;
  };
  CHECK(refusal({{"who", "name"}, {"handy", "phone"}}).empty());
  CHECK_THAT(refusal({{"who", "name"}, {"handy", "phnoe"}}), Contains("did you mean 'phone'?"));
  CHECK_THAT(refusal({{"who", "name"}, {"handy", "favourite colour"}}), Contains("there are: source, crm_id, name"));
  CHECK_THAT(refusal({{"handy", "phone"}, {"buero", "phone"}, {"who", "name"}}),
             Contains("'buero' and 'handy' are both mapped to 'phone'"));
}

TEST_CASE("numbers of a file, as people write them", "[import][files]") {
  const auto out = read("name,phone\n"
                        "A,6145550101\n"               // no country
                        "B,1 (614) 555-0102\n"         // country without its sign
                        "C,\"614.555.0103, ext 12\"\n" // an extension
                        "D,614-555-0104 x 7\n"
                        "E,(227) 555-0105\n" // area codes newer than the library's data
                        "F,+1 645 555 0106\n"
                        "G,011 44 20 7946 0958\n"
                        "H,614 555 010\n"
                        "I,(555) 555-0107\n"
                        "J,614 555 0108 / 614 555 0109\n"
                        "K,call my office\n");
  std::vector<std::string> phones;
  for (const auto& x : out.rows)
    phones.push_back(x.phone + (x.extension.empty() ? "" : "x" + x.extension));
  CHECK(phones
        == std::vector<std::string>{"+16145550101", "+16145550102", "+16145550103x12", "+16145550104x7", "+12275550105",
                                    "+16455550106", "+442079460958"});
  std::vector<uint64_t> lines;
  for (const auto& x : out.rejected) {
    lines.push_back(x.line);
    CHECK(x.field == "phone");
    CHECK_FALSE(x.reason.empty());
  }
  CHECK(lines == std::vector<uint64_t>{9, 10, 11, 12});
}

} // namespace import_files_test
