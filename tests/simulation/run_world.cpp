// What a seed comes to: the weather, the people and the campaigns.
#include "actors/campaign/core.hpp"
#include "tests/simulation/coverage.hpp"
#include "tests/simulation/memory_store.hpp"
#include "tests/simulation/run.hpp"
#include "tests/simulation/sqlite_store.hpp"

namespace parley::simulation {

using namespace std::chrono_literals;

/// One seed in so many runs on the real store.
static constexpr uint64_t sqlite_each = 40;
/// One seed in so many has two people who share a number.
static constexpr uint64_t shared_each = 5;

bool run::on_sqlite() const {
  return wanted_.store == store_kind::sqlite || (wanted_.store == store_kind::by_seed && o_.seed % sqlite_each == 0);
}

void run::make_weather() {
  auto& w = o_.weather;
  auto& f = o_.faults;
  if (f.percent(8))
    return; // a calm day
  const auto some = [&](uint32_t most) { return f.percent(60) ? static_cast<uint32_t>(f.between(1, most)) : 0U; };
  w.crashes_max = some(5);
  w.crash_per_mille = static_cast<uint32_t>(f.between(1, 12));
  w.vendor = some(25);
  w.carrier = some(25);
  w.dial = some(40);
  w.webhook = some(50);
  w.journal = some(6);
  w.reads = some(5);
  w.outages = some(2);
  w.carrier_outage = f.percent(12);
  w.rivals = f.percent(30) ? 25 : 0;
  w.favourite = static_cast<fate>(f.below(static_cast<uint64_t>(fate::count_)));
  for (const auto* when : {"crash_before", "crash_after"})
    w.crash_at.insert(std::string{when} + " " + f.one_of(cells().at(when)));
  for (int i = 0; i < 2; ++i)
    w.crash_at.insert(f.one_of(rare_exits()));
}

void run::make_world() {
  static const std::vector<const char*> mornings{
    "2026-12-01T14:00:00Z", // a Tuesday, 9 o'clock in New York
    "2026-12-02T00:30:00Z", // half past seven in the evening there: the law's hours are about to end
    "2026-11-01T12:30:00Z", // the Sunday on which the clocks went back in the night
    "2026-10-31T22:00:00Z", // the evening before it
    "2027-03-14T11:00:00Z", // the Sunday on which they go forward
    "2027-03-13T23:00:00Z", // the evening before it
  };
  const std::string morning = o_.people.one_of(mornings);
  o_.hit("begun", morning);
  o_.begun = *parse_iso(morning);
  const auto shards = static_cast<uint16_t>(o_.people.between(1, 3));
  if (on_sqlite())
    o_.store = make_sqlite_store(o_.seed);
  else
    o_.store = std::make_unique<memory_store>(wanted_.store == store_kind::by_seed ? shards : uint16_t{16}, o_.seed);
  for (int i = 0; i < 2; ++i) {
    manager_row m;
    m.name = i == 0 ? "Mia Stone" : "Omar Reed";
    m.email = i == 0 ? "mia@northwind.example" : "omar@northwind.example";
    m.id = manager_id{number_hasher{o_.store->secret()}.of("manager", m.email)};
    m.timezone = "America/New_York";
    m.working_hours = "mon-sun 08:00-20:00";
    m.calendar_id = m.email;
    m.meeting_link = "https://meet.example/" + m.name.substr(0, 3);
    m.phone = "+12025550111";
    managers_.push_back(m);
  }
  o_.watch_commit = [this](const append& x) { watch_.on_commit(x); };
  o_.watch_moment = [this](const std::string& what) { at_moment(what); };
  phone_.watch_creation = [this](const originate& x) { watch_.on_creation(x); };
  phone_.watch_ring = [this](const phone_call& c) { watch_.on_ring(c); };
  phone_.picks_up = [this](const std::string& number) {
    for (auto& p : people_)
      if (p.number == number)
        return p.pick_ups[std::min(p.called++, p.pick_ups.size() - 1)];
    return pick_up::dead_number;
  };
  voices_.plot_of = [this](const std::string& number) {
    for (const auto& p : people_)
      if (p.number == number)
        return p.plot;
    return plot::hangs_up;
  };
  watch_.plot_of = voices_.plot_of;
  voices_.tell = [this](call_id call, const media_event& what) {
    if (node_up())
      node_->tell_media(call, what);
  };
}

run::person& run::make_person(uint64_t number) {
  auto& p = people_.emplace_back();
  const auto digits = std::to_string(5550100 + number);
  p.number = o_.people.one_of(places()).area + digits;
  if (number == 2 && o_.seed % shared_each == 2) // one phone: whoever picks up is the first one
    p.number = people_.front().number;
  const uuid home = number_hasher{o_.store->secret()}.line(p.number);
  p.id = prospect_id{uuid{1000 + number, (number << 16) | home.home()}};
  const auto tries = o_.people.between(1, 3);
  for (int i = 0; i < tries; ++i)
    p.pick_ups.push_back(o_.people.percent(65)
                           ? pick_up::person
                           : static_cast<pick_up>(o_.people.below(static_cast<uint64_t>(pick_up::count_))));
  p.plot
    = o_.people.percent(55) ? plot::books : static_cast<plot>(o_.people.below(static_cast<uint64_t>(plot::count_)));
  return p;
}

void run::make_campaign(uint64_t number) {
  auto& c = campaigns_.emplace_back();
  c.id = campaign_id{uuid{number, number}};
  c.name = "campaign " + std::to_string(number);
  campaign_policy policy;
  policy.campaign = c.id;
  policy.name = c.name;
  policy.company = "Northwind";
  policy.company_description = "Northwind automates invoices.";
  policy.offer = "A tool that reads invoices by itself.";
  policy.managers = {"Mia Stone"};
  if (o_.people.percent(50))
    policy.managers.push_back("Omar Reed");
  policy.min_probability = 0;
  policy.attempts_max = 3;
  policy.backoff = std::chrono::minutes{o_.people.between(1, 30)};
  local_window always;
  for (uint8_t day = 0; day < 7; ++day)
    always.weekdays.push_back(day);
  always.until = 24h;
  policy.best_times = {always};
  policy.from_number = "+12025550100";
  policy.calls_at_once = static_cast<int32_t>(o_.people.between(1, 5));
  watch_.calls_at_once_of[c.id] = policy.calls_at_once;
  policy.breaker_share = o_.people.percent(80) ? 0 : 60;
  policy.breaker_minimum = 4;
  policy.record_calls = o_.people.percent(50);
  if (o_.people.percent(40)) {
    policy.voicemail_message = "This is {{agent}} of {{company}}. Please call us back.";
    policy.opt_out_number = "+18005550100";
    policy.callback_number = "+18005550100";
  }
  append batch;
  batch.shard = shard_of(c.id, o_.store->shards());
  batch.epoch = o_.store->claim();
  batch.streams.push_back(aggregate<campaigns::core>::birth(
    c.id, stream_kind::campaign, {campaigns::campaign_created{policy, json::object(), o_.begun}}, o_.begun,
    batch.rows));
  if (auto made = o_.store->ask(batch); !made)
    throw std::logic_error{"the campaign could not be stored"};
}

void run::make_campaigns() {
  const auto campaigns = o_.people.percent(25) ? 2 : 1;
  for (int i = 1; i <= campaigns; ++i)
    make_campaign(static_cast<uint64_t>(i));
  const auto people = o_.people.between(3, 8);
  people_.reserve(static_cast<size_t>(people));
  for (int i = 1; i <= people; ++i) {
    const auto& p = make_person(static_cast<uint64_t>(i));
    prospect_row row;
    row.id = p.id;
    row.source = "csv";
    row.name = "Alex Johnson";
    row.email = "alex" + std::to_string(i) + "@acme.example";
    row.phone = p.number;
    row.company = "Acme";
    row.role = "CFO";
    row.consent_type = "express_written";
    row.consent_at = "2026-09-01T00:00:00Z";
    row.consent_source = "web form";
    row.consent_text = "I agree that Northwind may call me with an artificial voice.";
    row.consent_seller = "Northwind";
    row.created_at = row.updated_at = o_.begun;
    for (const auto& c : campaigns_)
      if (campaigns == 1 || o_.people.percent(60)) {
        import_prospects batch;
        batch.campaign = c.id;
        batch.prospects.push_back(row);
        if (auto stored = o_.store->ask(batch); !stored)
          throw std::logic_error{"a person could not be stored"};
      }
  }
  import_national_list national;
  national.version = "simulated";
  national.numbers = {6145559999};
  national.at = o_.begun - 24h;
  (void)o_.store->ask(national);
}

} // namespace parley::simulation
