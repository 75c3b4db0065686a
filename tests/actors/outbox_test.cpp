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

  template <class Reply>
  caf::result<Reply> take(const std::string& what, wall_time now, Reply reply, auto* self) {
    asked.push_back({what, now});
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
    [](const find_contact&) -> caf::result<crm_contact> { return crm_contact{}; },
    [=](const crm_activity& x) -> caf::result<crm_written> {
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

struct outbox_world : test::world {
  vendors v;
  crm_port crm = sys.spawn(crm_of, &v, static_cast<const parley::clock*>(wall.get()));
  mailer_port mailer = sys.spawn(mailer_of, &v, static_cast<const parley::clock*>(wall.get()));
  uint64_t made = 0;

  outbox_world() {
    context->crm = crm;
    context->mailer = mailer;
  }
  ~outbox_world() {
    caf::anon_send_exit(crm, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(mailer, caf::exit_reason::user_shutdown);
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
    entry.row.payload = kind == "mail" ? json(mail).dump() : json(activity).dump();
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

} // namespace outbox_test
