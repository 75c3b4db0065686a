// Goal: an outage of hours loses no delivery, doubles none and changes no
// order; what cannot be delivered is parked with its reason and holds up nobody.
// Method: a real shard's outbox in virtual time, vendors played by the test.
#include "runtime/messages/json.hpp"
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

namespace outbox_test {

using namespace parley;
using namespace std::chrono_literals;

namespace {

/// What the vendors are asked, and how they answer.
struct vendors {
  struct request {
    std::string what; ///< kind and key
    wall_time at{};
  };
  std::vector<request> asked;
  std::vector<std::string> done; ///< done at the vendor, by key
  std::function<caf::error(const std::string&)> answer = [](const std::string&) { return caf::error{}; };
  std::set<std::string> answer_lost; ///< done, and nobody hears of it, once
  std::function<bool(const std::string&)> hangs = [](const std::string&) { return false; }; ///< neither done nor told
  bool crm_holds = false;
  std::vector<std::pair<std::string, reply<crm_written>>> held; ///< done when somebody looks a contact up

  template <class Reply>
  caf::result<Reply> take(const std::string& what, wall_time now, Reply reply, auto* self) {
    asked.push_back({what, now});
    if (hangs(what))
      return self->template make_response_promise<Reply>(); // and never used
    if (auto error = answer(what))
      return error;
    if (std::find(done.begin(), done.end(), what) == done.end()) // a repeated key makes no second object
      done.push_back(what);
    if (answer_lost.erase(what) > 0)
      return self->template make_response_promise<Reply>(); // and never used
    return reply;
  }
};

crm_port::behavior_type crm_of(crm_port::pointer self, vendors* v, const parley::clock* wall) {
  guard(self);
  return {
    [=](const find_contact&) -> caf::result<crm_contact> {
      for (auto& [what, answer] : std::exchange(v->held, {})) {
        v->done.push_back(what);
        answer(crm_written{"1"});
      }
      return crm_contact{};
    },
    [=](const crm_activity& x) -> caf::result<crm_written> {
      if (v->crm_holds) {
        v->asked.push_back({"crm " + x.key, wall->now()});
        v->held.emplace_back("crm " + x.key, reply<crm_written>{self});
        return v->held.back().second.later();
      }
      return v->take("crm " + x.key, wall->now(), crm_written{"1"}, self);
    },
    [](const search_contacts&) -> caf::result<crm_contacts> { return crm_contacts{}; },
  };
}

mailer_port::behavior_type mailer_of(mailer_port::pointer self, vendors* v, const parley::clock* wall) {
  guard(self);
  return {[=](const outgoing_mail& x) -> caf::result<mail_sent> {
    return v->take("mail " + x.message_id, wall->now(), mail_sent{x.message_id}, self);
  }};
}

calendar_port::behavior_type calendar_of(calendar_port::pointer self, vendors* v, const parley::clock* wall) {
  guard(self);
  return {
    [](const free_busy_query&) -> caf::result<busy_times> { return busy_times{}; },
    [=](const put_event& x) -> caf::result<event_written> {
      return v->take("event " + x.event_id, wall->now(), event_written{x.event_id, ""}, self);
    },
    [](const cancel_event& x) -> caf::result<event_cancelled> { return event_cancelled{x.event_id}; },
    [](const list_changes&) -> caf::result<event_changes> { return event_changes{}; },
  };
}

/// Looks whose answers are on their way while the store goes on.
struct slow_looks {
  std::vector<std::pair<outbox_entries, caf::typed_response_promise<outbox_entries>>> answers; ///< oldest first
  size_t outdated = 0; ///< answers with a delivery that is settled by now
};

caf::behavior read_slowly(caf::event_based_actor* self, caf::actor real, test::fake_store* store, slow_looks* looks) {
  self->set_default_handler([=](caf::scheduled_actor*, caf::message_view& x) -> caf::result<caf::message> {
    return self->delegate(real, x.move_content_to_message());
  });
  return {
    [=](const outbox_query& x) -> caf::result<outbox_entries> {
      const auto promise = self->make_response_promise<outbox_entries>();
      looks->answers.emplace_back(store->due_deliveries(x), promise);
      self->delayed_send(self, 300ms, tick_atom::value);
      return promise;
    },
    [=](tick_atom) {
      auto [entries, promise] = std::move(looks->answers.front());
      looks->answers.erase(looks->answers.begin());
      looks->outdated += !entries.entries.empty() && store->outbox.empty();
      promise.deliver(std::move(entries));
    },
  };
}

struct outbox_world : test::world {
  vendors v;
  crm_port crm = sys.spawn(crm_of, &v, static_cast<const parley::clock*>(wall.get()));
  mailer_port mailer = sys.spawn(mailer_of, &v, static_cast<const parley::clock*>(wall.get()));
  calendar_port calendar = sys.spawn(calendar_of, &v, static_cast<const parley::clock*>(wall.get()));
  uint64_t made = 0;

  outbox_world() {
    context->crm = crm;
    context->mailer = mailer;
    context->calendar = calendar;
  }
  ~outbox_world() {
    caf::anon_send_exit(crm, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(mailer, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(calendar, caf::exit_reason::user_shutdown);
  }

  prospect_id person(uint64_t n) { return prospect_id{uuid{7, n}}; }
  void deliver(uint64_t to, const std::string& kind, const std::string& key) {
    outbox_entry entry;
    entry.row.id = uuid{9, ++made};
    entry.row.prospect = person(to);
    entry.row.kind = kind;
    crm_activity activity;
    activity.key = key;
    outgoing_mail mail;
    mail.message_id = key;
    put_event event;
    event.event_id = key;
    entry.row.payload = kind == "mail"        ? json(mail).dump()
                        : kind == "put_event" ? json(event).dump()
                                              : json(activity).dump();
    store.outbox.push_back(std::move(entry));
  }
  size_t count(const std::string& what) const {
    return static_cast<size_t>(
      std::count_if(v.asked.begin(), v.asked.end(), [&](const auto& x) { return x.what == what; }));
  }
  std::vector<std::string> results(delivery what) const {
    std::vector<std::string> out;
    for (const auto& x : store.delivered)
      if (x.result == what)
        out.push_back(x.detail);
    return out;
  }
};

} // namespace

TEST_CASE_METHOD(outbox_world, "vendors away for six hours: everything is delivered once and in order", "[outbox]") {
  for (uint64_t n = 1; n <= 3; ++n) {
    const auto p = std::to_string(n);
    deliver(n, "crm_activity", p + "a");
    deliver(n, "mail", p + "b");
    deliver(n, "crm_activity", p + "c");
  }
  const auto outage = GENERATE(ec::vendor_unavailable, ec::vendor_unauthorised, ec::abandoned);
  v.answer = [outage](const std::string&) { return caf::make_error(outage); };
  advance(6h);
  CHECK(store.outbox.size() == 9);
  CHECK(results(delivery::parked).empty());
  CHECK(count("mail 1b") == 0); // it waits behind what could not be delivered
  // Tried again and again, in pauses that grow to half an hour.
  CHECK(count("crm 1a") >= 12);
  CHECK(count("crm 1a") <= 40);

  v.answer = [](const std::string&) { return caf::error{}; };
  advance(31min);
  CHECK(store.outbox.empty());
  CHECK(results(delivery::done).size() == 9);
  REQUIRE(v.done.size() == 9);
  for (const auto* n : {"1", "2", "3"}) {
    const auto place = [&](const std::string& what) { return std::find(v.done.begin(), v.done.end(), what); };
    const std::string p{n};
    CHECK(place("crm " + p + "a") < place("mail " + p + "b"));
    CHECK(place("mail " + p + "b") < place("crm " + p + "c"));
    CHECK(count("mail " + p + "b") == 1);
    CHECK(count("crm " + p + "c") == 1);
  }
}

TEST_CASE_METHOD(outbox_world, "an answer that is lost repeats the delivery under the same key", "[outbox]") {
  deliver(1, "mail", "one");
  deliver(1, "mail", "two");
  v.answer_lost = {"mail one"};
  advance(10s);
  CHECK(count("mail one") == 1);
  CHECK(count("mail two") == 0);
  advance(2min); // the request's timeout, then the first pause
  CHECK(count("mail one") == 2);
  CHECK(count("mail two") == 1);
  CHECK(v.done == std::vector<std::string>{"mail one", "mail two"});
  CHECK(store.outbox.empty());
}

TEST_CASE_METHOD(outbox_world, "what is refused is parked with its reason and the next one goes on", "[outbox]") {
  deliver(1, "mail", "bad");
  deliver(1, "crm_activity", "good");
  v.answer = [](const std::string& what) {
    return what == "mail bad" ? caf::make_error(ec::vendor_refused, std::string{"550 no such mailbox"}) : caf::error{};
  };
  advance(5s);
  CHECK(v.done == std::vector<std::string>{"crm good"});
  REQUIRE(results(delivery::parked).size() == 1);
  CHECK_THAT(results(delivery::parked).front(), Catch::Contains("550 no such mailbox"));
  CHECK(count("mail bad") == 1);
}

TEST_CASE_METHOD(outbox_world, "nobody tries for ever: after days a delivery is parked", "[outbox]") {
  deliver(1, "mail", "never");
  store.outbox.front().tries = 199;
  v.answer = [](const std::string&) { return caf::make_error(ec::vendor_unavailable, std::string{"timed out"}); };
  advance(5s);
  CHECK(count("mail never") == 1);
  REQUIRE(results(delivery::parked).size() == 1);
  CHECK_THAT(results(delivery::parked).front(), Catch::Contains("timed out"));
}

TEST_CASE_METHOD(outbox_world, "a CRM that hangs holds up no mail and no calendar change of others", "[outbox]") {
  constexpr uint64_t behind_the_crm = 200;
  constexpr uint64_t others = 20;
  for (uint64_t n = 1; n <= behind_the_crm; ++n)
    deliver(n, "crm_activity", std::to_string(n));
  for (uint64_t n = 1; n <= others; ++n) {
    deliver(1000 + n, "mail", std::to_string(n));
    deliver(2000 + n, "put_event", std::to_string(n));
  }
  deliver(1, "mail", "after the CRM");
  v.hangs = [](const std::string& what) { return what.starts_with("crm"); };
  advance(10s); // less than the wait for a vendor
  CHECK(v.done.size() == 2 * others);
  size_t at_the_crm = 0;
  for (uint64_t n = 1; n <= behind_the_crm; ++n) {
    const auto times = count("crm " + std::to_string(n));
    CHECK(times <= 1); // what is under way is not delivered again
    at_the_crm += times;
  }
  CHECK(at_the_crm == 4 * shards);
  CHECK(count("mail after the CRM") == 0);

  v.hangs = [](const std::string&) { return false; };
  advance(2min);
  CHECK(store.outbox.empty());
  CHECK(v.done.size() == behind_the_crm + 2 * others + 1);
  CHECK(count("mail after the CRM") == 1);
}

TEST_CASE_METHOD(outbox_world, "looks at what only waits for a vendor's share keep their distance", "[outbox]") {
  for (uint64_t n = 1; n <= 500; ++n)
    deliver(n, "crm_activity", std::to_string(n));
  v.hangs = [](const std::string&) { return true; };
  const auto real = context->journal;
  const auto counted = std::make_shared<size_t>(0);
  const auto counter = sys.spawn([=](caf::event_based_actor* self) -> caf::behavior {
    const auto pass = [=](caf::scheduled_actor*, caf::message_view& x) -> caf::result<caf::message> {
      return self->delegate(caf::actor_cast<caf::actor>(real), x.move_content_to_message());
    };
    self->set_default_handler(pass);
    return {[=](const outbox_query& x) {
      ++*counted;
      return self->delegate(real, x);
    }};
  });
  context->journal = caf::actor_cast<journal_port>(counter);
  advance(20s);
  CHECK(*counted >= 2 * shards);
  CHECK(*counted <= 42 * shards); // the shard's timer: every half second
  context->journal = real;
  caf::anon_send_exit(counter, caf::exit_reason::user_shutdown);
  settle();
}

TEST_CASE_METHOD(outbox_world, "who is dropped while under way lets no later one of the person past", "[outbox]") {
  deliver(1, "crm_activity", "first");
  deliver(1, "mail", "second");
  v.hangs = [](const std::string& what) { return what == "crm first"; };
  advance(1s);
  REQUIRE(count("crm first") == 1);
  store.outbox.erase(store.outbox.begin()); // what an operator's drop does to the queue
  advance(10s);
  CHECK(count("mail second") == 0);
  advance(context->settings.vendor_timeout);
  CHECK(count("mail second") == 1);
  CHECK(count("crm first") == 1);
}

TEST_CASE_METHOD(outbox_world, "a look that was read before a delivery was settled does not repeat it", "[outbox]") {
  slow_looks looks;
  const auto real = context->journal;
  const auto slow = sys.spawn(read_slowly, caf::actor_cast<caf::actor>(real), &store, &looks);
  context->journal = caf::actor_cast<journal_port>(slow);
  deliver(1, "crm_activity", "once");
  v.crm_holds = true;
  advance(600ms);
  REQUIRE(count("crm once") == 1);
  advance(200ms); // the next look is read while the delivery is under way
  ask<crm_contact>(crm, find_contact{});
  advance(5s);
  CHECK(looks.outdated > 0);
  CHECK(count("crm once") == 1);
  CHECK(v.done == std::vector<std::string>{"crm once"});
  context->journal = real;
  caf::anon_send_exit(slow, caf::exit_reason::user_shutdown);
  settle();
}

} // namespace outbox_test
