// Goal: of whatever file people hand us, the usable rows are taken and each of
// the others is named with line, field and remedy. Method: small files that
// each have one thing wrong or odd.
#include "actors/control/import/prospects.hpp"
#include "tests/unit/compliance_fixture.hpp"

#include <nlohmann/json.hpp>

namespace import_prospects_test {

using namespace parley;
using namespace parley::test;

namespace {

struct imported {
  import_summary summary;
  std::vector<prospect_import> rows;
  std::vector<rejected_row> rejected;
};

imported import(const std::string& file, const import_options& options = {}) {
  std::istringstream in{file};
  imported out;
  out.summary = read_prospects(
    in, options, shipped_rules(), [&](prospect_import x) { out.rows.push_back(std::move(x)); },
    [&](rejected_row x) { out.rejected.push_back(std::move(x)); });
  CHECK(out.summary.accepted == out.rows.size());
  CHECK(out.summary.rejected == out.rejected.size());
  CHECK(out.summary.rows == out.rows.size() + out.rejected.size());
  return out;
}

std::string unusable(const std::string& file, const import_options& options = {}) {
  try {
    import(file, options);
  } catch (const unusable_file& e) {
    return e.what();
  }
  return "accepted";
}

const std::string two_rows = "name,phone\nAda,614 555 0101\nBob,614 555 0102\n";

/// The only rejection of a file with one header and one row.
rejected_row rejection(const std::string& header, const std::string& row) {
  const auto out = import(header + "\n" + row + "\n");
  REQUIRE(out.rows.empty());
  REQUIRE(out.rejected.size() == 1);
  CHECK(out.rejected[0].line == 2);
  return out.rejected[0];
}

} // namespace

TEST_CASE("every field finds its place", "[import]") {
  const auto out = import("source,crm_id,name,email,phone,extension,company,role,timezone,state,zip,"
                          "consent_type,consent_at,consent_source,consent_text,consent_seller,notes,"
                          "Industry,Size\n"
                          "hubspot,77,Ada Lovelace,Ada@Example.COM,(614) 555-0101,x12,Engines Ltd,"
                          "Analyst,Eastern,ohio,43215,Express Written,2026-03-01,web form,"
                          "\"Call me, by AI\",Acme Robotics,Likes poetry,Computing,\n");
  REQUIRE(out.rows.size() == 1);
  const auto& x = out.rows[0];
  CHECK(x.line == 2);
  CHECK(x.source == "hubspot");
  CHECK(x.crm_id == "77");
  CHECK(x.name == "Ada Lovelace");
  CHECK(x.email == "Ada@example.com");
  CHECK(x.phone == "+16145550101");
  CHECK(x.extension == "12");
  CHECK(x.company == "Engines Ltd");
  CHECK(x.role == "Analyst");
  CHECK(x.timezone == "America/New_York");
  CHECK(x.state == "OH");
  CHECK(x.zip == "43215");
  CHECK(x.consent_type == "express_written");
  CHECK(x.consent_at == "2026-03-01T00:00:00.000Z");
  CHECK(x.consent_source == "web form");
  CHECK(x.consent_text == "Call me, by AI");
  CHECK(x.consent_seller == "Acme Robotics");
  CHECK(x.notes == "Likes poetry");
  CHECK(x.attributes == R"({"industry":"Computing"})");
}

TEST_CASE("what a file leaves out has a default", "[import]") {
  const auto x = import(two_rows).rows.at(0);
  CHECK(x.source == "csv");
  CHECK(x.consent_type == "none");
  CHECK(x.attributes == "{}");
  CHECK(x.email.empty());
  CHECK(x.timezone.empty());
}

TEST_CASE("columns by other names and in another order", "[import]") {
  const auto header = GENERATE("Phone Number,E-Mail,Full name,Company Name,Job Title",
                               "TELEPHONE,e_mail_address,Contact,Organisation,Position",
                               "mobile phone,Email Address,Contact Name,Account,title");
  CAPTURE(header);
  const auto out = import(std::string{header} + "\n614 555 0101,ada@example.com,Ada,Engines,Analyst\n");
  REQUIRE(out.rows.size() == 1);
  CHECK(out.rows[0].phone == "+16145550101");
  CHECK(out.rows[0].email == "ada@example.com");
  CHECK(out.rows[0].name == "Ada");
  CHECK(out.rows[0].company == "Engines");
  CHECK(out.rows[0].role == "Analyst");
}

TEST_CASE("first and last name make a name", "[import]") {
  const auto out = import("Last Name,First Name,Phone\n"
                          "Lovelace,Ada,614 555 0101\n,Bob,614 555 0102\n");
  CHECK(out.rows.at(0).name == "Ada Lovelace");
  CHECK(out.rows.at(1).name == "Bob");
}

TEST_CASE("our own column name wins over a synonym, and others are kept", "[import]") {
  const auto out = import("Mobile,name,phone,Tel\n"
                          "614 555 0101,Ada,614 555 0102,614 555 0103\n");
  CHECK(out.rows.at(0).phone == "+16145550102");
  CHECK(out.rows[0].attributes == R"({"mobile":"614 555 0101","tel":"614 555 0103"})");
}

TEST_CASE("the user's own choice of columns wins", "[import]") {
  import_options options;
  options.columns = {{"Rufnummer", "phone"}, {"who", "name"}};
  const auto out = import("Who,phone,Rufnummer\nAda,none,614 555 0101\n", options);
  CHECK(out.rows.at(0).name == "Ada");
  CHECK(out.rows[0].phone == "+16145550101");
  options.columns = {{"Rufnummer", "fax"}};
  CHECK_THAT(unusable("a,Rufnummer\n", options), Catch::Contains("no column 'fax'"));
  options.columns = {{"Handy", "phone"}};
  CHECK_THAT(unusable(two_rows, options), Catch::Contains("no column 'Handy'") && Catch::Contains("name, phone"));
}

TEST_CASE("files as other programs write them", "[import]") {
  struct row {
    const char* what;
    std::string file;
  };
  const auto x = GENERATE(values<row>({
    {"plain", "name,phone\nAda,614 555 0101\nBob,614 555 0102\n"},
    {"no last line end", "name,phone\nAda,614 555 0101\nBob,614 555 0102"},
    {"CRLF", "name,phone\r\nAda,614 555 0101\r\nBob,614 555 0102\r\n"},
    {"byte order mark", "\xEF\xBB\xBFname,phone\nAda,614 555 0101\nBob,614 555 0102\n"},
    {"mark and quotes", "\xEF\xBB\xBF\"name\",\"phone\"\n\"Ada\",\"614 555 "
                        "0101\"\n\"Bob\",\"614 555 0102\"\n"},
    {"semicolons", "name;phone\nAda;614 555 0101\nBob;614 555 0102\n"},
    {"tabs", "name\tphone\nAda\t614 555 0101\nBob\t614 555 0102\n"},
    {"empty lines", "name,phone\n\nAda,614 555 0101\n\n \nBob,614 555 0102\n\n"},
    {"rows of commas", "name,phone\nAda,614 555 0101\n,\nBob,614 555 0102\n,\n,\n"},
    {"blanks", " name , phone \n Ada , 614 555 0101 \nBob,614 555 0102\n"},
    {"fewer fields", "name,phone,notes\nAda,614 555 0101\nBob,614 555 0102,\n"},
  }));
  CAPTURE(x.what);
  const auto out = import(x.file);
  CHECK(out.rejected.empty());
  REQUIRE(out.rows.size() == 2);
  CHECK(out.rows[0].name == "Ada");
  CHECK(out.rows[1].phone == "+16145550102");
}

TEST_CASE("a no-break space is a blank", "[import]") {
  const auto out = import("name,phone,email,notes\n\xC2\xA0"
                          "Ada\xC2\xA0 Lovelace,614\xC2\xA0"
                          "555 0101,ada@example.com\xC2\xA0,\xC3\xA0 la carte\n");
  REQUIRE(out.rows.size() == 1);
  CHECK(out.rows[0].name == "Ada Lovelace");
  CHECK(out.rows[0].phone == "+16145550101");
  CHECK(out.rows[0].email == "ada@example.com");
  CHECK(out.rows[0].notes == "\xC3\xA0 la carte"); // another letter with the same second byte
}

TEST_CASE("quoted newlines belong to the row, and lines are still counted", "[import]") {
  const auto out = import("name,phone,notes\n"
                          "Ada,614 555 0101,\"one\r\ntwo, \"\"three\"\"\n\nfive\"\n"
                          "Bob,12,\n");
  REQUIRE(out.rows.size() == 1);
  CHECK(out.rows[0].line == 2);
  CHECK(out.rows[0].notes == "one\ntwo, \"three\"\n\nfive");
  REQUIRE(out.rejected.size() == 1);
  CHECK(out.rejected[0].line == 6);
}

TEST_CASE("a name of two lines is one line", "[import]") {
  CHECK(import("name,phone\n\"Ada\n\tLovelace\",614 555 0101\n").rows.at(0).name == "Ada Lovelace");
}

TEST_CASE("a quotation mark that never closes costs its row only", "[import]") {
  std::string file = "name,phone\n\"Ada,614 555 0101\n";
  const int good = GENERATE(3, 400);
  for (int i = 0; i < good; ++i)
    file += "Bob " + std::to_string(i) + ",614 555 " + std::to_string(1000 + i) + "\n";
  const auto out = import(file);
  CHECK(out.rows.size() == static_cast<size_t>(good));
  REQUIRE(out.rejected.size() == 1);
  CHECK(out.rejected[0].line == 2);
  CHECK_THAT(out.rejected[0].reason, Catch::Contains("never closes"));
  CHECK(out.rows.back().line == static_cast<uint64_t>(good) + 2);
}

TEST_CASE("a missing column is named with the remedy", "[import]") {
  CHECK_THAT(unusable("name,email\nAda,ada@example.com\n"), Catch::Contains("column 'phone' is missing")
                                                              && Catch::Contains("name, email")
                                                              && Catch::Contains("--map"));
  CHECK_THAT(unusable("email,phone\nada@example.com,614 555 0101\n"), Catch::Contains("column 'name' is missing"));
  CHECK_THAT(unusable("Ada,614 555 0101\nBob,614 555 0102\n"), // no header
             Catch::Contains("first line must name the columns"));
}

TEST_CASE("what is no table is refused with the remedy", "[import]") {
  struct row {
    const char* what;
    std::string file;
    const char* sentence; ///< a part of it
  };
  const auto x = GENERATE(values<row>({
    {"nothing", "", "file is empty"},
    {"empty lines", "\n\n\r\n", "file is empty"},
    {"a workbook", "PK\x03\x04 and so on\n", "Excel workbook"},
    {"an old workbook", "\xD0\xCF\x11\xE0\xA1\xB1\n", "Excel workbook"},
    {"a PDF", "%PDF-1.7\n", "PDF"},
    {"a web page", "<!DOCTYPE html>\n", "HTML"},
    {"JSON", "[{\"name\": \"Ada\"}]\n", "JSON"},
    {"UTF-16", std::string{"\xFF\xFEn\0a\0", 6}, "UTF-16"},
    {"binary",
     std::string{"\x7F"
                 "ELF\0\0\0\n",
                 8},
     "not a text file"},
    {"prose", "Dear colleague, please call these people\n", "is missing"},
    {"a header in Latin-1",
     "name,phone,gr\xFC\xDF"
     "e\n",
     "UTF-8"},
    {"one endless line", std::string(2 << 20, 'x'), "longer than any row"},
  }));
  CAPTURE(x.what);
  CHECK_THAT(unusable(x.file), Catch::Contains(x.sentence));
}

TEST_CASE("a row that is not UTF-8 is refused, the others are taken", "[import]") {
  const auto out = import("name,phone,Town\nJ\xFCrgen,614 555 0101,Bonn\n"
                          "Jörg,614 555 0102,Köln\nJan,614 555 0103,K\xF6ln\n");
  REQUIRE(out.rows.size() == 1);
  CHECK(out.rows[0].name == "Jörg");
  CHECK(out.rows[0].attributes == R"({"town":"Köln"})");
  REQUIRE(out.rejected.size() == 2);
  CHECK(out.rejected[0].field == "name");
  CHECK(out.rejected[1].field == "Town");
  CHECK(out.rejected[1].line == 4);
  CHECK_THAT(out.rejected[0].reason, Catch::Contains("CSV UTF-8"));
}

TEST_CASE("rows that cannot be used say why", "[import]") {
  struct row {
    const char* header;
    const char* text;
    const char* field;
    const char* reason; ///< a part of it
  };
  const auto x = GENERATE(values<row>({
    {"name,phone", ",614 555 0101", "name", "no name"},
    {"first name,last name,phone", " , ,614 555 0101", "name", "no name"},
    {"name,phone", "Ada,", "phone", "no phone number"},
    {"name,phone", "Ada,555 0101", "phone", "it needs 10"},
    {"name,phone", "Ada,800 555 0101", "phone", "toll-free"},
    {"name,phone", "Ada,4.15556E+09", "phone", "spreadsheet"},
    {"name,phone,extension", "Ada,614 555 0101,ask for Bob", "extension", "digits"},
    {"name,phone,email", "Ada,614 555 0101,ada at example.com", "email", "not one e-mail address"},
    {"name,phone,email", "Ada,614 555 0101,a@b@example.com", "email", "not one e-mail address"},
    {"name,phone,email", "Ada,614 555 0101,ada@example", "email", "not one e-mail address"},
    {"name,phone,email", "Ada,614 555 0101,a@x.org;b@x.org", "email", "not one e-mail address"},
    {"name,phone,email",
     "Ada,614 555 0101,a@x.org\xC2\xA0"
     "b",
     "email", "not one e-mail address"},
    {"name,phone,timezone", "Ada,614 555 0101,Mars/Olympus", "timezone", "America/New_York"},
    {"name,phone,timezone", "Ada,614 555 0101,MST", "timezone", "could be two"},
    {"name,phone,consent type", "Ada,614 555 0101,probably", "consent_type", "express_written"},
    {"name,phone,consent type", "Ada,614 555 0101,?", "consent_type", "express_written"},
    {"name,phone,consent_at", "Ada,614 555 0101,last spring", "consent_at", "2026-03-01"},
    {"name,phone,consent_at", "Ada,614 555 0101,2026-02-30", "consent_at", "not a date"},
    {"name,phone,company", "Ada,614 555 0101,Foster, Sons & Co.", "row", "quotation marks"},
  }));
  CAPTURE(x.header, x.text);
  const auto out = rejection(x.header, x.text);
  CHECK(out.field == x.field);
  CHECK_THAT(out.reason, Catch::Contains(x.reason));
}

TEST_CASE("a field without end is refused", "[import]") {
  CHECK(rejection("name,phone,notes", "Ada,614 555 0101," + std::string(20'000, 'x')).field == "notes");
  CHECK(rejection("name,phone", std::string(300, 'x') + ",614 555 0101").field == "name");
}

TEST_CASE("the same person twice is taken once", "[import]") {
  const auto by_id = import("crm_id,name,phone\n7,Ada,614 555 0101\n"
                            "8,Bob,614 555 0102\n7,Ada L.,614 555 0103\n");
  CHECK(by_id.rows.size() == 2);
  REQUIRE(by_id.rejected.size() == 1);
  CHECK(by_id.rejected[0].line == 4);
  CHECK_THAT(by_id.rejected[0].reason, Catch::Contains("line 2"));
  const auto by_number = import("name,phone,email\nAda,614 555 0101,ada@example.com\n"
                                "Ada L.,+1 (614) 555-0101,ada@Example.com\n");
  CHECK(by_number.rows.size() == 1);
  CHECK(by_number.rejected.at(0).line == 3);
  CHECK_THAT(by_number.rejected[0].reason, Catch::Contains("number and e-mail address stand in line 2")
                                             && Catch::Contains("if this is another person"));
}

TEST_CASE("whom the store would take for one is one in a file", "[import]") {
  const std::string first_of_two = GENERATE("crm_id,name,phone,email\n,Ada,614 555 0101,Ada@x.com\n"
                                            ",Ada,614 555 0101,ada@x.com\n",
                                            "crm_id,name,phone,email\n7,Ada,614 555 0101,a@x.com\n"
                                            ",Ada L.,614 555 0101,a@x.com\n",
                                            "crm_id,name,phone,email\n,Ada L.,614 555 0101,a@x.com\n"
                                            "7,Ada,614 555 0101,a@x.com\n",
                                            "crm_id,name,phone,email\n7,Ada,614 555 0101,\n"
                                            ",Bob,614 555 0101,\n");
  CAPTURE(first_of_two);
  const auto out = import(first_of_two);
  CHECK(out.rows.size() == 1);
  REQUIRE(out.rejected.size() == 1);
  CHECK(out.rejected[0].line == 3);
  CHECK(out.rejected[0].field == "row");
  CHECK_THAT(out.rejected[0].reason, Catch::Contains("line 2"));
  // Two ids of one switchboard are two people, to the store as well.
  CHECK(import("crm_id,name,phone\n7,Ada,614 555 0101\n8,Bob,614 555 0101\n").rows.size() == 2);
}

TEST_CASE("people who share a number or an id of two systems are two", "[import]") {
  CHECK(import("name,phone,email\nAda,614 555 0101,ada@example.com\n"
               "Bob,614 555 0101,bob@example.com\n")
          .rows.size()
        == 2);
  CHECK(import("source,crm_id,name,phone\nhubspot,7,Ada,614 555 0101\n"
               "csv,7,Bob,614 555 0102\n")
          .rows.size()
        == 2);
}

TEST_CASE("a rejected row does not stand in the way of a good one", "[import]") {
  const auto out = import("crm_id,name,phone\n7,Ada,12\n7,Ada,614 555 0101\n");
  CHECK(out.rows.size() == 1);
}

TEST_CASE("numbers get the home region's country code", "[import]") {
  import_options options;
  options.home_region = "GB";
  CHECK(import("name,phone\nAda,020 7946 0958\n", options).rows.at(0).phone == "+442079460958");
}

TEST_CASE("time zones as people write them", "[import]") {
  CHECK(parse_zone("America/Denver") == "America/Denver");
  CHECK(parse_zone("Eastern Standard Time") == "America/New_York");
  CHECK(parse_zone("pacific time") == "America/Los_Angeles");
  CHECK(parse_zone("CST") == "America/Chicago");
  CHECK(parse_zone("US/Central") == "America/Chicago");
  CHECK(parse_zone("america/denver") == "America/Denver");
  CHECK(parse_zone("america/new_york") == "America/New_York"); // of HubSpot's contacts
  CHECK(parse_zone("America/New York") == "America/New_York"); // of HubSpot's exports
  CHECK(parse_zone("america/port-au-prince") == "America/Port-au-Prince");
  for (const char* text :
       {"", "MST", "GMT", "GMT+5", "Etc/GMT+5", "etc/gmt+5", "Narnia", "Narnia/Cair Paravel", "../../etc/passwd"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_zone(text));
  }
}

TEST_CASE("states by code or name; others stay as they are", "[import]") {
  const auto& rules = shipped_rules();
  CHECK(parse_state("ky", rules) == "KY");
  CHECK(parse_state("district of columbia", rules) == "DC");
  CHECK_FALSE(parse_state("Ontario", rules));
  CHECK_FALSE(parse_state("", rules));
  CHECK(import("name,phone,state\nAda,614 555 0101,Ontario\n").rows.at(0).state == "Ontario");
}

TEST_CASE("dates as people write them", "[import]") {
  CHECK(parse_date("2026-03-01") == utc("2026-03-01T00:00Z"));
  CHECK(parse_date("2026-03-01T09:30:00Z") == utc("2026-03-01T09:30Z"));
  CHECK(parse_date("2026-03-01T09:30:00+02:00") == utc("2026-03-01T07:30Z"));
  CHECK(parse_date("2026-03-01 09:30") == utc("2026-03-01T09:30Z"));
  CHECK(parse_date("3/1/2026") == utc("2026-03-01T00:00Z"));
  for (const char* text : {"", "2026-13-01", "31/12/2026", "1.3.2026", "2026-03-01 and later", "March 1"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_date(text));
  }
}

TEST_CASE("words for kinds of consent", "[import]") {
  const auto type = [](const std::string& text) {
    return import("name,phone,consent_type\nAda,614 555 0101," + text + "\n").rows.at(0).consent_type;
  };
  CHECK(type("") == "none");
  CHECK(type("None") == "none");
  CHECK(type("EXPRESS-WRITTEN") == "express_written");
  CHECK(type("PEWC") == "express_written");
  CHECK(type("verbal") == "express");
  CHECK(type("existing customer") == "ebr");
  CHECK(type("Inquiry") == "inquiry");
}

TEST_CASE("a hundred thousand rows are read in seconds", "[import]") {
  std::string file = "name,phone,email\n";
  for (int i = 0; i < 100'000; ++i)
    file += "Person " + std::to_string(i) + ",(" + std::to_string(200 + 12) + ") 555-" + std::to_string(1000 + i % 9000)
            + ",p" + std::to_string(i) + "@example.com\n";
  const auto start = std::chrono::steady_clock::now();
  const auto out = import(file);
  const auto took = std::chrono::steady_clock::now() - start;
  CHECK(out.rows.size() == 100'000);
  // Generous: sanitizers and shared machines are slow.
  CHECK(took < std::chrono::seconds{60});
}

} // namespace import_prospects_test
