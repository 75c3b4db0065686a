// Goal: without any account related sentences are nearer than unrelated ones,
// and the index finds the nearest, of one person or of all, however much comes
// and goes. Method: sentences of sales talks; the index against a plain search.
#include "adapters/embedded/hashing.hpp"
#include "adapters/embedded/hashing_embedder.hpp"
#include "adapters/embedded/hnsw_index.hpp"
#include "tests/support/port_fixture.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

namespace embedded_vectors_test {

using namespace parley;

namespace {

float cosine(const std::vector<float>& a, const std::vector<float>& b) {
  float sum = 0;
  for (size_t i = 0; i < a.size(); ++i)
    sum += a[i] * b[i];
  return sum;
}

float alike(const std::string& a, const std::string& b, size_t dimensions = 256) {
  return cosine(hashed_features(a, dimensions), hashed_features(b, dimensions));
}

uuid id_of(uint64_t n) {
  return {n, 1};
}

prospect_id person(uint64_t n) {
  return prospect_id{uuid{100 + n, 2}};
}

std::vector<float> random_vector(std::mt19937& chance, size_t dimensions) {
  std::normal_distribution<float> normal;
  std::vector<float> out(dimensions);
  float square = 0;
  for (auto& x : out) {
    x = normal(chance);
    square += x * x;
  }
  for (auto& x : out)
    x /= std::sqrt(square);
  return out;
}

index_vector piece(uint64_t n, uint64_t of, std::vector<float> vector, const std::string& embedder = "e/4") {
  return {id_of(n), person(of), embedder, std::move(vector), wall_time{std::chrono::milliseconds{n}}};
}

std::vector<uuid> ids(const std::vector<neighbour>& x) {
  std::vector<uuid> out;
  for (const auto& one : x)
    out.push_back(one.id);
  return out;
}

} // namespace

TEST_CASE("hashing: a text is a vector of unit length, the same each time", "[embedder]") {
  for (const auto* text : {"", "   ...", "the", "Price is too high.", "Grüße, 東京"}) {
    const auto vector = hashed_features(text, 256);
    REQUIRE(vector.size() == 256);
    CHECK(cosine(vector, vector) == Approx(1));
    CHECK(vector == hashed_features(text, 256));
  }
  CHECK(hashed_features("Price", 256) == hashed_features("  price!", 256));
  CHECK(hashed_features("price", 64).size() == 64);
  CHECK(hashed_features(std::string(1 << 20, 'x') + " word", 256).size() == 256);
}

TEST_CASE("hashing: related sentences are nearer than unrelated ones", "[embedder]") {
  struct triple {
    const char* text;
    const char* related;
    const char* unrelated;
  };
  const std::vector<triple> all{
    {"The price was too high for their budget.", "Budget is tight, prices must come down.",
     "She is on vacation until the middle of August."},
    {"Counts stock by hand twice a year.", "Their stocktaking takes three days, all counted by hand.",
     "Asked whether we are a robot."},
    {"Wants a demo of the warehouse robots.", "A demonstration of the robot in their warehouse was agreed.",
     "The invoice goes to the head office in Denver."},
    {"They use a competitor, under contract until June.", "The contract with the competitor ends in June.",
     "Prefers mornings and talks little."},
    {"Please send the security certificate first.", "Compliance asked for certificates about security.",
     "His daughter starts school next week."},
    {"Call again in October, after the merger.", "After the merger in October they want to be called.",
     "Loved the discount for schools."},
  };
  int right = 0;
  for (const auto& [text, related, unrelated] : all) {
    CAPTURE(text);
    CHECK(alike(text, related) > alike(text, unrelated));
    // And among all the other sentences it is found first.
    float best_other = -1;
    for (const auto& other : all)
      if (other.text != text)
        best_other = std::max(best_other, alike(text, other.related));
    right += alike(text, related) > best_other ? 1 : 0;
  }
  CHECK(right >= 5);
  CHECK(alike("stocktaking", "Stocktakings") > 0.4); // forms of one word
}

TEST_CASE_METHOD(test::port_fixture, "the built-in embedder names itself by what changes its vectors", "[embedder]") {
  hashing_settings settings;
  settings.dimensions = 128;
  const auto port = sys.spawn(hashing_embedder, ctx(), settings);
  const auto made = get<embedded>(port, embed{{"one", "two"}});
  REQUIRE(made.vectors.size() == 2);
  CHECK(made.vectors[0].size() == 128);
  CHECK(made.embedder == "hashing-1/128");
  CHECK(get<embedded>(port, embed{}).embedder == made.embedder);
}

TEST_CASE("the index finds a person's nearest exactly, and nobody else's", "[index]") {
  vector_shelves shelves{1'000};
  for (uint64_t n = 1; n <= 6; ++n)
    shelves.put(piece(n, n % 2, {static_cast<float>(n), 10, 0, 0}));
  const auto found = shelves.nearest({person(1), "e/4", {1, 10, 0, 0}, 2});
  CHECK(ids(found) == std::vector<uuid>{id_of(1), id_of(3)});
  CHECK(found[0].similarity == Approx(1));
  CHECK(found[1].similarity < 1);
  CHECK(shelves.nearest({person(1), "e/4", {1, 10, 0, 0}, 99}).size() == 3);
  CHECK(shelves.nearest({person(9), "e/4", {1, 10, 0, 0}, 5}).empty());
  CHECK(shelves.nearest({{}, "e/4", {6, 10, 0, 0}, 1})[0].id == id_of(6));
}

TEST_CASE("only vectors of one embedder are compared", "[index]") {
  vector_shelves shelves{1'000};
  shelves.put(piece(1, 1, {1, 0, 0, 0}, "old/4"));
  shelves.put(piece(2, 1, {1, 0}, "new/2"));
  CHECK(ids(shelves.nearest({person(1), "new/2", {1, 0}, 5})) == std::vector<uuid>{id_of(2)});
  CHECK(shelves.nearest({person(1), "other", {1, 0}, 5}).empty());
  CHECK(shelves.size("old/4") == 1);
  // Embedded anew, a piece leaves the old shelf.
  shelves.put(piece(1, 1, {0, 1}, "new/2"));
  CHECK(shelves.size("old/4") == 0);
  CHECK(shelves.size("new/2") == 2);
  CHECK(shelves.size() == 2);
}

TEST_CASE("a vector that no embedder can have made is refused", "[index]") {
  vector_shelves shelves{1'000};
  shelves.put(piece(1, 1, {1, 0, 0, 0}));
  CHECK_THROWS_AS(shelves.put(piece(2, 1, {1, 0})), std::invalid_argument);
  CHECK_THROWS_AS(shelves.put(piece(2, 1, {})), std::invalid_argument);
  CHECK_THROWS_AS(shelves.put(piece(2, 1, {0, 0, 0, 0})), std::invalid_argument);
  CHECK_THROWS_AS(shelves.put(piece(2, 1, {std::nanf(""), 0, 0, 0})), std::invalid_argument);
  CHECK_THROWS_AS(shelves.nearest({person(1), "e/4", {1, 0}, 5}), std::invalid_argument);
  CHECK(shelves.size() == 1);
  CHECK(shelves.nearest({person(1), "e/4", {5, 0, 0, 0}, 5})[0].similarity == Approx(1)); // of any length
}

TEST_CASE("a full index lets the oldest go and takes nothing older", "[index]") {
  vector_shelves shelves{3};
  for (uint64_t n : {5, 6, 7})
    CHECK(shelves.put(piece(n, 1, {1, 0, 0, 0})));
  CHECK_FALSE(shelves.put(piece(4, 1, {1, 0, 0, 0})));
  CHECK(shelves.put(piece(8, 1, {1, 0, 0, 0})));
  CHECK(shelves.size() == 3);
  auto left = ids(shelves.nearest({person(1), "e/4", {1, 0, 0, 0}, 9}));
  std::sort(left.begin(), left.end());
  CHECK(left == std::vector<uuid>{id_of(6), id_of(7), id_of(8)});
  shelves.forget(id_of(7));
  shelves.forget(id_of(7)); // twice is no error
  CHECK(shelves.size() == 2);
  CHECK(shelves.put(piece(1, 1, {1, 0, 0, 0})));
}

TEST_CASE("the index stays right while much comes and goes", "[index]") {
  const size_t dimensions = 16;
  std::mt19937 chance{7};
  vector_shelves shelves{100'000};
  std::map<uint64_t, std::vector<float>> plain;
  // Beyond its first capacity, and with enough deletions that it is built anew.
  for (uint64_t n = 1; n <= 4'000; ++n) {
    plain[n] = random_vector(chance, dimensions);
    shelves.put(piece(n, n % 50, plain[n], "e/16"));
    if (n % 3 != 0)
      continue;
    const auto gone = std::next(plain.begin(), static_cast<long>(chance() % plain.size()))->first;
    plain.erase(gone);
    shelves.forget(id_of(gone));
  }
  for (uint64_t n = 3'900; n > 1'000; --n)
    if (plain.erase(n))
      shelves.forget(id_of(n));
  REQUIRE(shelves.size("e/16") == plain.size());
  int found_best = 0;
  const int rounds = 50;
  for (int round = 0; round < rounds; ++round) {
    const auto wanted = random_vector(chance, dimensions);
    const auto best = std::max_element(plain.begin(), plain.end(), [&](const auto& a, const auto& b) {
      return cosine(a.second, wanted) < cosine(b.second, wanted);
    });
    const auto found = shelves.nearest({{}, "e/16", wanted, 5});
    REQUIRE(found.size() == 5);
    CHECK(std::is_sorted(found.begin(), found.end(),
                         [](const auto& a, const auto& b) { return a.similarity > b.similarity; }));
    for (const auto& one : found)
      CHECK(plain.contains(one.id.high));
    found_best += found[0].id == id_of(best->first) ? 1 : 0;
  }
  CHECK(found_best >= rounds * 9 / 10);
}

TEST_CASE_METHOD(test::port_fixture, "the index is a port that tells what it could not take", "[index]") {
  hnsw_settings settings;
  settings.vectors_max = 1'000;
  const auto port = sys.spawn(hnsw_index, ctx(), settings);
  const auto put = get<vector_indexed>(port, piece(1, 1, {1, 0, 0, 0}));
  CHECK(put.size == 1);
  CHECK(put.kept);
  CHECK(error_of<vector_indexed>(port, piece(2, 1, {1, 0})) == ec::invalid_input);
  CHECK(get<neighbours>(port, find_nearest{person(1), "e/4", {1, 0, 0, 0}, 5}).nearest.size() == 1);
  CHECK(error_of<neighbours>(port, find_nearest{person(1), "e/4", {1, 0}, 5}) == ec::invalid_input);
  self->send(port, forget_vectors{{id_of(1)}});
  CHECK(get<neighbours>(port, find_nearest{person(1), "e/4", {1, 0, 0, 0}, 5}).nearest.empty());
  CHECK(shown_by(port)["vectors"] == 0);
}

} // namespace embedded_vectors_test
