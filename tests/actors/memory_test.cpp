// Goal: a call is told what has to do with it, nothing said is ever lost or
// stored twice, and everything works without the embedder, too. Method:
// virtual time; a store in memory; embedder, index and language model are
// played.
#include "actors/memory/memory.hpp"

#include "actors/memory/vectors.hpp"
#include "runtime/json.hpp"
#include "tests/actors/actor_fixture.hpp"
#include "tests/actors/fake_journal.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace memory_test {

using namespace parley;
using namespace std::chrono_literals;

namespace {

using texts = std::vector<std::string>;

/// An embedder whose meaning of a text is how often it has some words.
struct played_embedder {
  std::string name = "words/1";
  std::vector<embed> asked; ///< without those for the name
  bool failing = false;
  std::string poison = "no such words"; ///< a text with it is refused, and all beside it
};

embedder_port::behavior_type play(embedder_port::pointer self, played_embedder* e) {
  guard(self);
  return {[=](const embed& x) -> caf::result<embedded> {
    if (e->failing)
      return caf::make_error(ec::vendor_unavailable);
    embedded out;
    out.embedder = e->name;
    if (!x.texts.empty())
      e->asked.push_back(x);
    for (const auto& text : x.texts) {
      if (text.find(e->poison) != std::string::npos)
        return caf::make_error(ec::vendor_refused);
      std::vector<float> vector;
      for (const auto* word : {"price", "robot", "meeting"})
        vector.push_back(text.find(word) == std::string::npos ? 0.0f : 1.0f);
      vector.push_back(0.1f);
      out.vectors.push_back(std::move(vector));
    }
    return out;
  }};
}

struct played_index {
  std::map<uuid, index_vector> vectors;
  bool failing = false;
  size_t room = 1'000;
};

vector_index_port::behavior_type play(vector_index_port::pointer self, played_index* index) {
  guard(self);
  return {
    [=](const index_vector& x) -> caf::result<vector_indexed> {
      if (index->failing)
        return caf::make_error(ec::invalid_input);
      const bool kept = index->vectors.contains(x.id) || index->vectors.size() < index->room;
      if (kept)
        index->vectors[x.id] = x;
      return vector_indexed{index->vectors.size(), kept};
    },
    [=](const find_nearest& x) -> caf::result<neighbours> {
      if (index->failing)
        return caf::make_error(ec::vendor_unavailable);
      neighbours out;
      for (const auto& [id, one] : index->vectors) {
        if (one.prospect != x.prospect || one.embedder != x.embedder)
          continue;
        float sum = 0;
        for (size_t i = 0; i < x.vector.size(); ++i)
          sum += one.vector[i] * x.vector[i];
        out.nearest.push_back({id, sum});
      }
      std::stable_sort(out.nearest.begin(), out.nearest.end(),
                       [](const auto& a, const auto& b) { return a.similarity > b.similarity; });
      out.nearest.resize(std::min<size_t>(out.nearest.size(), x.limit));
      return out;
    },
    [=](const forget_vectors&) { index->vectors.clear(); },
  };
}

struct played_model {
  std::vector<completion_request> asked;
  std::string text;
};

llm_port::behavior_type play(llm_port::pointer self, played_model* model) {
  guard(self);
  return {[=](const completion_request& x) -> caf::result<completion> {
    model->asked.push_back(x);
    completion out;
    out.text = model->text;
    return out;
  }};
}

const prospect_id ann{uuid{1, 1}};
const prospect_id bob{uuid{2, 2}};

struct memory_fixture : test::actor_fixture {
  test::fake_store store;
  played_embedder embedder;
  played_index index;
  played_model model;
  memory_actor memory;
  uint64_t last = 0;

  memory_fixture() {
    context->shard_count = store.shards = 2;
    context->journal = sys.spawn(test::fake_journal, &store);
    context->llm = sys.spawn([](llm_port::pointer self, played_model* m) { return play(self, m); }, &model);
    context->embedder
      = sys.spawn([](embedder_port::pointer self, played_embedder* e) { return play(self, e); }, &embedder);
    context->vector_index
      = sys.spawn([](vector_index_port::pointer self, played_index* i) { return play(self, i); }, &index);
  }
  ~memory_fixture() {
    if (memory)
      stop(memory);
    store.held.clear(); // nobody waits any more, so nobody is woken from outside of an actor
    memory = memory_actor{};
    stop(context->vector_index);
    stop(context->embedder);
    stop(context->llm);
    stop(context->journal);
    context->embedder = embedder_port{};
    context->vector_index = vector_index_port{};
  }

  void start() {
    memory = sys.spawn(parley::memory, context_ptr{context});
    settle();
  }
  /// Something remembered of a person; later ones are newer.
  uuid keep(const prospect_id& of, const std::string& content, const std::string& type = "note",
            const std::string& call = "") {
    context_row x;
    x.id = uuid{++last, 5};
    x.prospect = of;
    x.context_type = type;
    x.content = content;
    if (!call.empty())
      x.metadata = json{{"call", call}}.dump();
    x.created_at = wall->now() + std::chrono::minutes{last};
    append batch;
    batch.rows.push_back(x);
    store.write(batch);
    return x.id;
  }
  texts recall_of(const prospect_id& who, uint32_t limit, const std::string& query) {
    const auto got = ask<recollection>(memory, recall{who, limit, query});
    REQUIRE(got->value);
    return got->value->interactions;
  }
  uint32_t remember(std::vector<crm_email> mails) {
    const auto got = ask<emails_remembered>(memory, remember_emails{ann, std::move(mails)});
    REQUIRE(got->value);
    return got->value->added;
  }
  size_t embedded_rows() const {
    return static_cast<size_t>(std::count_if(store.contexts.begin(), store.contexts.end(), [&](const auto& row) {
      return row.embedder == embedder.name && !memories::unpack(row.embedding).empty();
    }));
  }
};

crm_email mail(const std::string& id, const std::string& text, int hour = 1) {
  crm_email x;
  x.id = id;
  x.at = wall_time{std::chrono::hours{490'000 + hour}};
  x.incoming = true;
  x.subject = "Offer";
  x.text = text;
  return x;
}

} // namespace

TEST_CASE_METHOD(memory_fixture, "what has to do with the question is recalled first", "[memory]") {
  keep(ann, "the price was too high");
  for (int i = 0; i < 6; ++i)
    keep(ann, "small talk " + std::to_string(i));
  keep(ann, "asked for a robot");
  keep(bob, "bob on the price");
  start();
  advance(10s);
  CHECK(recall_of(ann, 2, "the price of a robot") == texts{"the price was too high", "asked for a robot"});
  const auto three = recall_of(ann, 3, "What does it cost? The price.");
  REQUIRE(three.size() == 3);
  CHECK(three[0] == "the price was too high");
  CHECK(recall_of(ann, 1, "robot") == texts{"asked for a robot"});
  CHECK(recall_of(ann, 2, "") == texts{"asked for a robot", "small talk 5"}); // nothing asked: the newest
  CHECK(recall_of(bob, 5, "price") == texts{"bob on the price"});
  CHECK(recall_of(prospect_id{uuid{9, 9}}, 5, "price").empty());
}

TEST_CASE_METHOD(memory_fixture, "a call is recalled once, by its note, however its words came near", "[memory]") {
  keep(ann, "all that was said about the price", "transcript", "call-1");
  keep(ann, "note of the first call", "note", "call-1");
  for (int i = 0; i < 4; ++i)
    keep(ann, "small talk " + std::to_string(i));
  start();
  advance(10s);
  const auto told = recall_of(ann, 4, "price");
  REQUIRE(told.size() == 4);
  CHECK(told[0] == "note of the first call");
  CHECK(std::count(told.begin(), told.end(), told[0]) == 1);
  CHECK(std::count(told.begin(), told.end(), "all that was said about the price") == 0);
}

TEST_CASE_METHOD(memory_fixture, "without embedder or index the newest are recalled", "[memory]") {
  keep(ann, "the price was too high");
  for (int i = 0; i < 6; ++i)
    keep(ann, "small talk " + std::to_string(i));
  const texts newest{"small talk 5", "small talk 4"};
  SECTION("the embedder fails") {
    embedder.failing = true;
    start();
    CHECK(recall_of(ann, 2, "price") == newest);
  }
  SECTION("the index fails") {
    index.failing = true;
    start();
    advance(10s);
    CHECK(recall_of(ann, 2, "price") == newest);
  }
  SECTION("nothing is embedded yet") {
    start();
    index.vectors.clear();
    CHECK(recall_of(ann, 2, "price") == newest);
  }
  SECTION("there is none") {
    stop(context->embedder);
    stop(context->vector_index);
    context->embedder = embedder_port{};
    context->vector_index = vector_index_port{};
    start();
    CHECK(recall_of(ann, 2, "price") == newest);
    context->embedder
      = sys.spawn([](embedder_port::pointer self, played_embedder* e) { return play(self, e); }, &embedder);
    context->vector_index
      = sys.spawn([](vector_index_port::pointer self, played_index* i) { return play(self, i); }, &index);
  }
}

TEST_CASE_METHOD(memory_fixture, "an embedder that has ended does not hold up a call", "[memory]") {
  for (int i = 0; i < 6; ++i)
    keep(ann, "small talk " + std::to_string(i));
  start();
  advance(10s);
  caf::anon_send_exit(context->embedder, caf::exit_reason::kill); // requests to it fail at once
  settle();
  CHECK(recall_of(ann, 1, "price") == texts{"small talk 5"});
}

TEST_CASE_METHOD(memory_fixture, "everything that is remembered gets a vector, also what comes later", "[memory]") {
  for (int i = 0; i < 150; ++i)
    keep(i % 2 ? ann : bob, "note " + std::to_string(i));
  start();
  CHECK(embedded_rows() == 150); // in pages
  CHECK(embedder.asked.size() == 3);
  CHECK(index.vectors.size() == 150);
  const auto late = keep(ann, "one more robot");
  advance(5s);
  CHECK(embedded_rows() == 151);
  CHECK(index.vectors.contains(late));
  // Rows of two shards never share an append.
  for (const auto& batch : store.appends)
    for (const auto& row : batch.rows)
      CHECK(shard_of(std::get<context_row>(row).prospect, 2) == batch.shard);
  const auto asked = embedder.asked.size();
  advance(10min);
  CHECK(embedder.asked.size() == asked); // and nothing twice
}

TEST_CASE_METHOD(memory_fixture, "another embedder embeds everything anew", "[memory]") {
  for (int i = 0; i < 70; ++i)
    keep(ann, "note " + std::to_string(i));
  start();
  CHECK(embedded_rows() == 70);
  stop(memory);
  index.vectors.clear();
  embedder.name = "words/2";
  start();
  CHECK(embedded_rows() == 70);
  CHECK(index.vectors.size() == 70);
  CHECK(std::all_of(index.vectors.begin(), index.vectors.end(),
                    [](const auto& x) { return x.second.embedder == "words/2"; }));
}

TEST_CASE_METHOD(memory_fixture, "an index that starts empty is filled from the journal", "[memory]") {
  for (int i = 0; i < 20; ++i)
    keep(ann, "note " + std::to_string(i));
  start();
  stop(memory);
  index.vectors.clear();
  const auto asked = embedder.asked.size();
  start();
  CHECK(index.vectors.size() == 20);
  CHECK(embedder.asked.size() == asked); // the vectors were there
  // One that lost everything under way is noticed when somebody asks.
  index.vectors.clear();
  advance(11min);
  recall_of(ann, 2, "price");
  advance(10s);
  CHECK(index.vectors.size() == 20);
}

TEST_CASE_METHOD(memory_fixture, "a full index keeps the newest", "[memory]") {
  for (int i = 0; i < 20; ++i)
    keep(ann, "note " + std::to_string(i));
  start();
  stop(memory);
  index.vectors.clear();
  index.room = 5;
  start();
  CHECK(index.vectors.size() == 5);
  CHECK(index.vectors.contains(uuid{20, 5}));
  CHECK_FALSE(index.vectors.contains(uuid{1, 5}));
}

TEST_CASE_METHOD(memory_fixture, "what fails is tried again, more and more patiently", "[memory]") {
  keep(ann, "note");
  embedder.failing = true;
  start();
  advance(1h);
  embedder.failing = false;
  CHECK(embedded_rows() == 0);
  advance(5min);
  CHECK(embedded_rows() == 1);
}

TEST_CASE_METHOD(memory_fixture, "a vector that the journal refuses is made again", "[memory]") {
  keep(ann, "note");
  using fate = test::fake_store::fate;
  store.decide = [](const append&) { return fate::refuse; };
  start();
  CHECK(embedded_rows() == 0);
  CHECK(index.vectors.empty());
  store.decide = [](const append&) { return fate::commit; };
  advance(10s);
  CHECK(embedded_rows() == 1);
}

TEST_CASE_METHOD(memory_fixture, "one text that is refused holds up no other", "[memory]") {
  keep(ann, "note 1");
  const auto bad = keep(ann, "poisoned note");
  keep(ann, "note 3");
  embedder.poison = "poison";
  start();
  CHECK(embedded_rows() == 2);
  CHECK_FALSE(index.vectors.contains(bad));
  CHECK(recall_of(ann, 3, "price").size() == 3); // it is recalled all the same
  keep(ann, "note 4");
  advance(6min);
  CHECK(embedded_rows() == 3);
}

TEST_CASE_METHOD(memory_fixture, "a thread has one summary by rules, which a new mail replaces", "[memory]") {
  start();
  CHECK(remember({mail("m-1", "Too dear.\n\nRegards\nAnn"), mail("m-2", "Call in May.", 2)}) == 2);
  REQUIRE(store.contexts.size() == 1);
  CHECK_THAT(store.contexts[0].content,
             Catch::StartsWith("2 e-mails of ")
               && Catch::EndsWith("\"Offer\": The person: Too dear. The person: Call in May."));
  CHECK(model.asked.empty());
  CHECK(remember({mail("m-1", "Too dear."), mail("m-2", "Call in May.", 2)}) == 0);
  advance(10s);
  CHECK(embedded_rows() == 1);
  CHECK(remember({mail("m-2", "Call in May.", 2), mail("m-3", "Now!", 3)}) == 1);
  REQUIRE(store.contexts.size() == 1); // of the same thread
  CHECK_THAT(store.contexts[0].content, Catch::StartsWith("3 e-mails of ") && Catch::EndsWith("The person: Now!"));
  auto other = mail("m-4", "Please send the contract.", 4);
  other.subject = "Contract";
  CHECK(remember({other}) == 1);
  CHECK(store.contexts.size() == 2);
  CHECK(remember({}) == 0);
  advance(10s);
  CHECK(embedded_rows() == 2); // the replaced one got a vector again
  CHECK(recall_of(ann, 5, "price").size() == 2);
}

TEST_CASE_METHOD(memory_fixture, "a language model summarises threads, and rules what it leaves out", "[memory]") {
  context->has_llm = true;
  model.text = R"({"summaries":[{"number":2,"summary":"Finds it too dear."}]})";
  start();
  auto other = mail("m-2", "Call in May.", 2);
  other.subject = "Appointment";
  CHECK(remember({other, mail("m-1", "Too dear.\n> cited words")}) == 2);
  REQUIRE(model.asked.size() == 1);
  CHECK(model.asked[0].prompt.find("cited words") == std::string::npos);
  const auto of = [&](const std::string& subject) {
    for (const auto& row : store.contexts)
      if (json::parse(row.metadata)["subject"] == subject)
        return row;
    FAIL("no thread " << subject);
    return context_row{};
  };
  CHECK(of("Offer").content.ends_with(": Finds it too dear."));
  CHECK(json::parse(of("Offer").metadata)["summary_by"] == "llm");
  CHECK(of("Appointment").content.ends_with(": Call in May."));
  CHECK(json::parse(of("Appointment").metadata)["summary_by"] == "rules");
  CHECK(remember({mail("m-1", "Too dear.")}) == 0);
  CHECK(model.asked.size() == 1); // nothing new to ask about
  // A new mail of the thread: the model sees what is known of it.
  model.text = R"({"summaries":[{"number":1,"summary":"Agrees after all."}]})";
  CHECK(remember({mail("m-5", "Fine.", 5)}) == 1);
  REQUIRE(model.asked.size() == 2);
  CHECK(model.asked[1].prompt.find("Summary so far: Finds it too dear.") != std::string::npos);
  CHECK(of("Offer").content.ends_with(": Agrees after all."));
  model.text = "What a friendly mail.";
  auto prose = mail("m-4", "In prose.", 4);
  prose.subject = "Prose";
  CHECK(remember({prose}) == 1);
  CHECK(of("Prose").content.ends_with(": In prose."));
}

TEST_CASE_METHOD(memory_fixture, "mails that cannot be stored are an error, and come again", "[memory]") {
  start();
  using fate = test::fake_store::fate;
  store.decide = [](const append&) { return fate::refuse; };
  CHECK(ask<emails_remembered>(memory, remember_emails{ann, {mail("m-1", "Too dear.")}})->error == ec::append_refused);
  store.decide = [](const append&) { return fate::commit; };
  CHECK(remember({mail("m-1", "Too dear.")}) == 1);
}

} // namespace memory_test
