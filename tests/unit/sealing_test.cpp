// Goal: a sealed field is read only with its key, in its place, unharmed.
#include "runtime/journal/carrier_event_json.hpp"
#include "runtime/journal/sealing.hpp"

#include <catch2/catch.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace sealing_test {

using namespace parley;
using Catch::Contains;
namespace fs = std::filesystem;

static const uuid ann{1, 2};
static const uuid bob{1, 3};
static const sealed_place place{"events.personal", {7, 8}, 3};

static sealer fresh() {
  return sealer{std::make_shared<memory_key_store>()};
}

TEST_CASE("a sealed field opens to what it was") {
  const auto seal = fresh();
  for (const std::string& text :
       {std::string{}, std::string{"hello"}, std::string(100'000, 'x'), std::string("\0a", 2)}) {
    const auto sealed = seal.seal(text, ann, place);
    CHECK(seal.open(sealed, place) == text);
    if (text.size() > 3)
      CHECK(sealed.find(text.substr(0, 4)) == std::string::npos);
  }
}

TEST_CASE("the same words are never sealed to the same bytes") {
  const auto seal = fresh();
  CHECK(seal.seal("hello", ann, place) != seal.seal("hello", ann, place));
}

TEST_CASE("a field that was moved to another place does not open") {
  const auto seal = fresh();
  const auto sealed = seal.seal("hello", ann, place);
  for (const auto& elsewhere : {sealed_place{"calls.transcript", place.owner, 3}, sealed_place{place.column, {7, 9}, 3},
                                sealed_place{place.column, place.owner, 4}})
    CHECK_THROWS_AS(seal.open(sealed, elsewhere), sealing_failed);
}

TEST_CASE("a field with any byte changed does not open as another") {
  const auto seal = fresh();
  seal.seal("x", bob, place); // bob has a key, too
  const auto sealed = seal.seal("hello", ann, place);
  for (size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    std::optional<std::string> opened;
    try {
      opened = seal.open(changed, place); // an unknown subject reads as erased
    } catch (const sealing_failed&) {
    }
    CHECK_FALSE(opened);
  }
  CHECK_THROWS_AS(seal.open("", place), sealing_failed);
  CHECK_THROWS_AS(seal.open(sealed.substr(0, 30), place), sealing_failed);
}

TEST_CASE("destroying a key erases what it sealed, and keeps nothing later") {
  const auto seal = fresh();
  const auto before = seal.seal("hello", ann, place);
  const auto other = seal.seal("hello", bob, place);
  seal.keys().destroy(ann);
  CHECK_FALSE(seal.open(before, place));
  CHECK(seal.open(other, place) == "hello");
  const auto after = seal.seal("quokka", ann, place);
  CHECK(after.find("quokka") == std::string::npos);
  CHECK_FALSE(seal.open(after, place));
  CHECK_THROWS_AS(seal.keys().destroy({}), std::invalid_argument);
}

TEST_CASE("a wrapped key opens with its master key and for its subject only") {
  const auto master = random_key();
  const auto key = random_key();
  const auto wrapped = wrap_key(key, master, ann);
  CHECK(unwrap_key(wrapped, master, ann) == key);
  CHECK_THROWS_AS(unwrap_key(wrapped, random_key(), ann), sealing_failed);
  CHECK_THROWS_AS(unwrap_key(wrapped, master, bob), sealing_failed);
}

TEST_CASE("a master key file is read back, and only when nobody else may") {
  auto pattern = (fs::temp_directory_path() / "parley-test-XXXXXX").string();
  REQUIRE(::mkdtemp(pattern.data()));
  const auto file = fs::path{pattern} / "master.key";
  const auto key = make_master_key(file);
  CHECK(read_master_key(file) == key);
  CHECK_THROWS_AS(make_master_key(file), sealing_failed);
  CHECK(read_master_key(file) == key);
  ::chmod(file.c_str(), 0640);
  CHECK_THROWS_WITH(read_master_key(file), Contains("chmod 600"));
  ::chmod(file.c_str(), 0600);
  std::ofstream{file} << "abc";
  CHECK_THROWS_WITH(read_master_key(file), Contains("64 hex digits"));
  std::ofstream{file} << std::string(63, 'a') << 'x';
  CHECK_THROWS_WITH(read_master_key(file), Contains("64 hex digits"));
  fs::remove(file);
  CHECK_THROWS_WITH(read_master_key(file), Contains("master.key"));
  fs::remove_all(pattern);
}

TEST_CASE("stored carrier events that are none are refused") {
  CHECK_THROWS(parse_carrier_event("{}"));
  CHECK_THROWS(parse_carrier_event("not json"));
  carrier_event event;
  event.sid = "CA1";
  auto text = to_json_text(event);
  CHECK(parse_carrier_event(text).sid == "CA1");
  const std::string kind = R"("kind":"status")";
  REQUIRE(text.find(kind) != std::string::npos);
  text.replace(text.find(kind), kind.size(), R"("kind":"gossip")");
  CHECK_THROWS_AS(parse_carrier_event(text), std::invalid_argument);
}

} // namespace sealing_test
