// Goal: without any account a call is told of the five pieces that have most to
// do with it, also after another embedder was chosen. Method: the real memory,
// embedder, index and store of a node, twice on one folder.
#include "actors/memory/memory.hpp"
#include "adapters/embedded/hashing_embedder.hpp"
#include "adapters/embedded/hnsw_index.hpp"
#include "adapters/sqlite/sqlite_journal.hpp"
#include "tests/support/port_fixture.hpp"
#include "tests/support/slowness.hpp"

#include <filesystem>
#include <set>
#include <thread>

namespace memory_recall_test {

using namespace parley;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

const prospect_id ann{uuid{1, 1}};
constexpr auto about_price = "The price was too high for their budget.";
const std::vector<std::string> notes{about_price,
                                     "She is on vacation until the middle of August.",
                                     "Asked whether we are a robot.",
                                     "The invoice goes to the head office in Denver.",
                                     "Her assistant picks up before nine.",
                                     "They moved into a second warehouse in spring.",
                                     "Prefers mails in the afternoon.",
                                     "A colleague from Ohio recommended us."};

/// A node's memory over the store of a folder.
struct remembering : test::port_fixture {
  remembering(const fs::path& folder, size_t dimensions) {
    sqlite_settings settings;
    settings.data_dir = folder.string();
    store = open_store(settings, clock_origin{});
    context->shard_count = store->identity().shards;
    context->epoch = store->identity().epoch;
    context->journal = sys.spawn(sqlite_journal, ctx(), store);
    context->embedder = sys.spawn(hashing_embedder, ctx(), hashing_settings{dimensions});
    context->vector_index = sys.spawn(hnsw_index, ctx(), hnsw_settings{});
  }
  ~remembering() {
    end_actors();
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (store.use_count() > 1 && std::chrono::steady_clock::now() < until) // the folder is the next node's
      std::this_thread::sleep_for(5ms);
    context->journal = journal_port{};
    context->embedder = embedder_port{};
    context->vector_index = vector_index_port{};
    memory = memory_actor{};
  }

  void know() {
    append all;
    all.shard = shard_of(ann, context->shard_count);
    all.epoch = context->epoch;
    prospect_row person;
    person.id = ann;
    person.name = "Ann Lee";
    person.phone = "+14155550132";
    all.rows.push_back(person);
    for (size_t i = 0; i < notes.size(); ++i) { // the related one is the oldest
      context_row said;
      said.id = uuid{10 + i, 1};
      said.prospect = ann;
      said.context_type = "note";
      said.content = notes[i];
      said.created_at = wall.now() + std::chrono::minutes{i};
      all.rows.push_back(said);
    }
    get<committed>(context->journal, all);
  }
  /// Waits until every piece has a vector of this embedder.
  void embeds(size_t pieces) {
    memory = sys.spawn(parley::memory, ctx());
    const auto until = std::chrono::steady_clock::now() + 20s * test::slowness;
    while (std::chrono::steady_clock::now() < until) {
      const auto now = shown_by(memory);
      if (now["embedded"] == pieces && now["looks_again_in_s"] > 0)
        return;
      std::this_thread::sleep_for(20ms);
    }
    FAIL("not all is embedded: " << shown_by(memory).dump());
  }
  std::vector<std::string> recalled() {
    return get<recollection>(memory, recall{ann, 5, "Budget is tight, prices must come down."}).interactions;
  }
  std::set<std::string> embedders() {
    std::set<std::string> out;
    for (const auto& row : get<context_rows>(context->journal, load_context{ann, 100, {}, {}}).rows)
      out.insert(row.embedder);
    return out;
  }

  std::shared_ptr<sqlite_store> store;
  memory_actor memory;
};

void check_nearest(const std::vector<std::string>& told) {
  REQUIRE(told.size() == 5);
  CHECK_THAT(told.front(), Catch::Contains(about_price));
  CHECK(std::set<std::string>(told.begin(), told.end()).size() == told.size());
}

} // namespace

TEST_CASE("a call hears the five nearest pieces, also by another embedder than before", "[memory][embedder]") {
  auto name = (fs::temp_directory_path() / "parley-memory-XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()));
  const fs::path folder{name};
  {
    remembering node{folder, 256};
    node.know();
    node.embeds(notes.size());
    check_nearest(node.recalled());
    CHECK(node.embedders() == std::set<std::string>{"hashing-1/256"});
    CHECK(node.metric("parley_memory_recalls_total", "order=\"nearest\"") == 1);
  }
  {
    remembering same{folder, 256}; // nothing is embedded twice
    same.embeds(0);
    check_nearest(same.recalled());
  }
  {
    remembering other{folder, 128};
    other.embeds(notes.size());
    check_nearest(other.recalled());
    CHECK(other.embedders() == std::set<std::string>{"hashing-1/128"});
  }
  fs::remove_all(folder);
}

} // namespace memory_recall_test
