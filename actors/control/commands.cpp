#include "actors/campaign/core.hpp"
#include "actors/compliance/numbers.hpp"
#include "actors/compliance/compliance.hpp"
#include "actors/control/control.hpp"
#include "actors/control/import/dnc_list.hpp"
#include "actors/control/import/prospects.hpp"
#include "runtime/journal/aggregate.hpp"

#include <fstream>

namespace parley::commands {

namespace {

using args = nlohmann::json;
using answer = control_state::answer;

/// Rows per append while a file is read: bounds memory and transactions.
constexpr size_t rows_at_once = 2000;

std::string text_of(const args& a, const char* field, const char* remedy) {
  if (!a.contains(field) || !a.at(field).is_string() || a.at(field).get_ref<const std::string&>().empty())
    throw std::invalid_argument{std::string{field} + ": is missing; " + remedy};
  return a.at(field);
}

template <class Id>
Id id_of(const args& a, const char* field) {
  const auto parsed = parse_uuid(text_of(a, field, "give its id"));
  if (!parsed)
    throw std::invalid_argument{std::string{field} + ": is no id; ids look like 0199a3c2-...; list them first"};
  return Id{*parsed};
}

std::string number_of(control_state& s, const args& a) {
  const auto parsed = parse_number(text_of(a, "number", "give a phone number"), s.node.home_region, *s.rules);
  if (const auto* problem = std::get_if<number_problem>(&parsed))
    throw std::invalid_argument{"number: " + problem->sentence};
  return std::get<phone_number>(parsed).e164;
}

// --- campaigns -------------------------------------------------------------------

/// Checks what a manager may get wrong, each with its remedy.
void validate(const campaign_policy& p) {
  const auto need = [](const std::string& value, const char* field, const char* remedy) {
    if (value.empty())
      throw std::invalid_argument{std::string{field} + ": is missing; " + remedy};
  };
  need(p.name, "name", "give the campaign a name");
  need(p.company, "company", "name the seller on whose behalf is called, as consents name it");
  need(p.offer, "offer", "say in one or two sentences what is offered");
  const auto range = [](int64_t value, int64_t min, int64_t max, const char* field) {
    if (value < min || value > max)
      throw std::invalid_argument{std::string{field} + ": " + std::to_string(value) + " is outside "
                                  + std::to_string(min) + " to " + std::to_string(max)};
  };
  range(p.min_probability, 0, 100, "min_probability");
  range(p.attempts_max, 1, 20, "attempts_max");
  range(p.calls_at_once, 1, 100'000, "calls_at_once");
  range(p.meeting_minutes, 10, 240, "meeting_minutes");
  range(p.ring_timeout.count(), 15, 120, "ring_timeout"); // 47 CFR 64.1200(a)(6): not below 15 s
  range(p.call_limit.count(), 30, 14'400, "call_limit");
  range(p.calls_per_person_day, 1, 3, "calls_per_person_day");
  for (const auto& [windows, field] : {std::pair{&p.best_times, "best_times"}, {&p.allowed_times, "allowed_times"}})
    for (const auto& w : *windows)
      if (w.weekdays.empty() || w.from >= w.until || w.until > std::chrono::hours{24})
        throw std::invalid_argument{std::string{field}
                                    + ": each window needs weekdays, and an end after its beginning"};
}

void campaign_create(control_state& s, const args& a, answer reply) {
  static const args defaults = campaign_policy{};
  for (const auto& [key, value] : a.items())
    if (!defaults.contains(key) && key != "target_filters") {
      std::vector<std::string> known;
      for (const auto& [name, ignored] : defaults.items())
        known.push_back(name);
      const auto near = settings::nearest(key, known);
      throw std::invalid_argument{key + ": is no setting of a campaign"
                                  + (near.empty() ? "" : "; did you mean " + near + "?")};
    }
  auto policy = a.get<campaign_policy>();
  validate(policy);
  const auto now = s.ctx->clock.now();
  policy.campaign = s.ids.next<campaign_id>(now);
  const auto filters = a.value("target_filters", args::object());
  s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout, load_campaigns{})
    .then(
      [&s, reply, policy, filters, now](const campaign_rows& all) {
        for (const auto& row : all.rows)
          if (row.name == policy.name)
            return reply(caf::make_error(ec::conflict, "name: there is a campaign \"" + policy.name
                                                         + "\" already; choose another name"));
        append batch;
        batch.shard = shard_of(policy.campaign, s.ctx->shard_count);
        batch.epoch = s.ctx->epoch;
        batch.streams.push_back(aggregate<campaigns::core>::birth(policy.campaign, stream_kind::campaign,
                                                                  {campaigns::campaign_created{policy, filters, now}},
                                                                  now, batch.rows));
        s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout, std::move(batch))
          .then(
            [reply, policy](const committed&) {
              reply(
                control_answer{args{{"campaign", policy.campaign}, {"name", policy.name}, {"status", "draft"}}.dump()});
            },
            [reply](caf::error& e) { reply(std::move(e)); });
      },
      [reply](caf::error& e) { reply(std::move(e)); });
}

handler campaign_does(campaign_action action) {
  return [action](control_state& s, const args& a, answer reply) {
    const auto what = action == campaign_action::stop && a.value("now", false) ? campaign_action::stop_now : action;
    s.with_campaign(a, reply, [&s, reply, what](const campaign_row& row) {
      s.self->request(s.ctx->door_of(row.id), s.ctx->settings.vendor_timeout * 2, campaign_command{row.id, what})
        .then(
          [reply](const campaign_state& x) {
            reply(control_answer{args{{"campaign", x.campaign}, {"name", x.name}, {"status", x.status}}.dump()});
          },
          [reply](caf::error& e) { reply(std::move(e)); });
    });
  };
}

handler campaign_report(report_kind kind) {
  return [kind](control_state& s, const args& a, answer reply) {
    s.with_campaign(a, reply, [&s, a, reply, kind](const campaign_row& row) {
      report_query query;
      query.kind = kind;
      query.campaign = row.id;
      query.limit = a.value("limit", 1000u);
      query.offset = a.value("offset", 0u);
      s.send_report(std::move(query), reply);
    });
  };
}

/// Of one campaign when it is named, of all otherwise.
handler list_report(report_kind kind) {
  return [kind](control_state& s, const args& a, answer reply) {
    if (a.contains("campaign"))
      return campaign_report(kind)(s, a, reply);
    report_query query;
    query.kind = kind;
    query.limit = a.value("limit", 1000u);
    query.offset = a.value("offset", 0u);
    s.send_report(std::move(query), reply);
  };
}

// --- prospects ---------------------------------------------------------------------

struct import_run {
  args summary;
  std::vector<std::vector<prospect_row>> batches;
  std::optional<campaign_id> campaign;
  prospects_imported stored;
  size_t next = 0;
};

/// The zone that a number without an address leaves no doubt about; where
/// there is doubt it stays open, and the gate takes the strictest view.
std::string zone_of(const calling_rules& rules, const prospect_import& x) {
  if (!x.timezone.empty() || !x.phone.starts_with("+1") || x.phone.size() != 12)
    return x.timezone;
  const auto* area = rules.area(std::stoi(x.phone.substr(2, 3)));
  if (!area || area->zones.size() != 1)
    return {};
  const auto* state = x.state.empty() ? nullptr : rules.state(x.state);
  if (!x.state.empty() && (!state || state->zones != area->zones))
    return {};
  return std::string{name_of(*area->zones.front())};
}

prospect_row row_of(control_state& s, prospect_import&& x, wall_time now) {
  prospect_row r;
  // Born in the shard of its first number, and there it stays.
  r.id = s.ids.next<prospect_id>(now, s.ctx->hasher.line(x.phone).home());
  r.source = std::move(x.source);
  r.crm_id = std::move(x.crm_id);
  r.name = std::move(x.name);
  r.email = std::move(x.email);
  r.phone = std::move(x.phone);
  r.extension = std::move(x.extension);
  r.company = std::move(x.company);
  r.role = std::move(x.role);
  r.timezone = zone_of(*s.rules, x);
  r.state = std::move(x.state);
  r.postal_code = std::move(x.zip);
  r.consent_type = std::move(x.consent_type);
  r.consent_at = std::move(x.consent_at);
  r.consent_source = std::move(x.consent_source);
  r.consent_text = std::move(x.consent_text);
  r.consent_seller = std::move(x.consent_seller);
  r.notes = std::move(x.notes);
  r.attributes = std::move(x.attributes);
  r.created_at = r.updated_at = now;
  return r;
}

void store_next(control_state& s, const std::shared_ptr<import_run>& run, const answer& reply) {
  if (run->next == run->batches.size()) {
    run->summary["added"] = run->stored.added;
    run->summary["updated"] = run->stored.updated;
    run->summary["unchanged"] = run->stored.unchanged;
    run->summary["listed"] = run->stored.listed;
    return reply(control_answer{run->summary.dump()});
  }
  import_prospects batch;
  batch.campaign = run->campaign;
  batch.prospects = std::move(run->batches[run->next++]);
  s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout * 6, std::move(batch))
    .then(
      [&s, run, reply](const prospects_imported& x) {
        run->stored.added += x.added;
        run->stored.updated += x.updated;
        run->stored.unchanged += x.unchanged;
        run->stored.listed += x.listed;
        store_next(s, run, reply);
      },
      [reply](caf::error& e) { reply(std::move(e)); });
}

void read_and_store(control_state& s, const args& a, const answer& reply, std::optional<campaign_id> campaign) {
  const auto file = text_of(a, "file", "name a CSV file");
  std::ifstream in{file, std::ios::binary};
  if (!in)
    throw std::invalid_argument{"file: \"" + file + "\" cannot be read; name an existing file"};
  import_options options;
  options.source = a.value("source", std::string{"csv"});
  options.home_region = s.node.home_region;
  options.columns = a.value("map", std::map<std::string, std::string>{});
  auto run = std::make_shared<import_run>();
  run->campaign = campaign;
  auto rejected = args::array();
  const auto now = s.ctx->clock.now();
  const auto summary = read_prospects(
    in, options, *s.rules,
    [&](prospect_import x) {
      if (run->batches.empty() || run->batches.back().size() >= rows_at_once)
        run->batches.emplace_back();
      run->batches.back().push_back(row_of(s, std::move(x), now));
    },
    [&](rejected_row x) {
      rejected.push_back({{"line", x.line}, {"field", x.field}, {"reason", x.reason}});
    });
  run->summary = {{"rows", summary.rows},
                  {"accepted", summary.accepted},
                  {"rejected", summary.rejected},
                  {"rejected_rows", rejected}};
  store_next(s, run, reply);
}

void prospect_import_file(control_state& s, const args& a, answer reply) {
  if (!a.contains("campaign"))
    return read_and_store(s, a, reply, std::nullopt);
  s.with_campaign(a, reply, [&s, a, reply](const campaign_row& row) {
    try {
      read_and_store(s, a, reply, row.id);
    } catch (const std::exception& e) { // unusable file: nothing was stored
      reply(caf::make_error(ec::invalid_input, std::string{e.what()}));
    }
  });
}

void prospect_show(control_state& s, const args& a, answer reply) {
  report_query query;
  query.kind = report_kind::prospect;
  query.prospect = id_of<prospect_id>(a, "prospect");
  s.send_report(std::move(query), reply);
}

// --- do-not-call lists ---------------------------------------------------------------

void suppress(control_state& s, const std::string& number, const char* source, const std::string& reason, bool remove) {
  const auto line = s.ctx->hasher.line(number);
  tell_to(s.self, *s.ctx, entity::line, line, suppress_line{line, source, reason, remove});
}

void store_national(control_state& s, std::shared_ptr<std::vector<std::vector<int64_t>>> parts, size_t next,
                    const std::string& version, const args& summary, const answer& reply) {
  import_national_list part;
  part.version = version;
  part.numbers = std::move((*parts)[next]);
  part.first = next == 0;
  part.last = next + 1 == parts->size();
  part.at = s.ctx->clock.now();
  s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout * 6, std::move(part))
    .then(
      [&s, parts, next, version, summary, reply](const national_list_imported& x) {
        if (next + 1 < parts->size())
          return store_national(s, parts, next + 1, version, summary, reply);
        auto done = summary;
        done["numbers"] = x.numbers;
        reply(control_answer{done.dump()});
      },
      [reply](caf::error& e) { reply(std::move(e)); });
}

void dnc_import(control_state& s, const args& a, answer reply) {
  const auto file = text_of(a, "file", "name a list: one number per line");
  const auto list = a.value("list", std::string{"national"});
  if (list != "national" && list != "internal")
    throw std::invalid_argument{"list: \"" + list + "\" is neither national nor internal"};
  std::ifstream in{file, std::ios::binary};
  if (!in)
    throw std::invalid_argument{"file: \"" + file + "\" cannot be read; name an existing file"};
  constexpr size_t part_size = 100'000;
  auto parts = std::make_shared<std::vector<std::vector<int64_t>>>(1);
  dnc_options options;
  options.home_region = s.node.home_region;
  const auto summary = read_dnc_list(in, options, *s.rules, [&](std::string_view e164) {
    if (list == "internal")
      return suppress(s, std::string{e164}, "import", "do-not-call list", false);
    if (parts->back().size() >= part_size)
      parts->emplace_back();
    parts->back().push_back(std::stoll(std::string{e164.substr(1)}));
  });
  auto problems = args::array();
  for (const auto& p : summary.problems)
    problems.push_back({{"line", p.line}, {"reason", p.reason}});
  const args done{
    {"list", list}, {"accepted", summary.accepted}, {"rejected", summary.rejected}, {"rejected_rows", problems}};
  if (list == "internal")
    return reply(control_answer{done.dump()});
  store_national(s, parts, 0, a.value("version", "imported " + to_iso(s.ctx->clock.now())), done, reply);
}

handler dnc_change(bool remove) {
  return [remove](control_state& s, const args& a, answer reply) {
    const auto number = number_of(s, a);
    suppress(s, number, "command", a.value("reason", std::string{"by command"}), remove);
    reply(control_answer{args{{"number", number}, {"do_not_call", !remove}}.dump()});
  };
}

void dnc_check(control_state& s, const args& a, answer reply) {
  const auto number = number_of(s, a);
  s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout, check_lists{s.ctx->hasher.line(number), number})
    .then(
      [reply, number](const list_hits& x) {
        args out{{"number", number}, {"internal", x.internal}, {"national", x.national}};
        out["national_version"] = x.national_version;
        out["national_imported_at"] = x.national_imported_at;
        reply(control_answer{out.dump()});
      },
      [reply](caf::error& e) { reply(std::move(e)); });
}

// --- calls -------------------------------------------------------------------------

void call_show(control_state& s, const args& a, answer reply) {
  report_query query;
  query.kind = report_kind::call;
  query.call = id_of<call_id>(a, "call");
  s.send_report(std::move(query), reply);
}

void call_hang_up(control_state& s, const args& a, answer reply) {
  const auto call = id_of<call_id>(a, "call");
  tell_to(s.self, *s.ctx, entity::call, call, end_call{call, false, "by command"});
  reply(control_answer{args{{"call", call}, {"hang_up", "asked"}}.dump()});
}

void node_status(control_state& s, const args&, answer reply) {
  reply(control_answer{args{{"mode", s.node.mode},
                            {"version", s.node.version},
                            {"now", s.ctx->clock.now()},
                            {"speed", s.ctx->clock.speed()},
                            {"actors", s.ctx->tree.size()},
                            {"rules", s.rules->version()}}
                         .dump()});
}

} // namespace

const std::map<std::string, handler>& all() {
  static const std::map<std::string, handler> handlers{
    {"campaign create", campaign_create},
    {"campaign launch", campaign_does(campaign_action::launch)},
    {"campaign pause", campaign_does(campaign_action::pause)},
    {"campaign resume", campaign_does(campaign_action::resume)},
    {"campaign stop", campaign_does(campaign_action::stop)},
    {"campaign status", campaign_report(report_kind::campaign_totals)},
    {"campaign list", list_report(report_kind::campaigns)},
    {"prospect import", prospect_import_file},
    {"prospect list", list_report(report_kind::prospects)},
    {"prospect show", prospect_show},
    {"ledger list", list_report(report_kind::ledger)},
    {"dnc import", dnc_import},
    {"dnc add", dnc_change(false)},
    {"dnc remove", dnc_change(true)},
    {"dnc check", dnc_check},
    {"call list", list_report(report_kind::calls)},
    {"call show", call_show},
    {"call hangup", call_hang_up},
    {"meeting list", list_report(report_kind::meetings)},
    {"outbox list", list_report(report_kind::outbox)},
    {"node status", node_status},
  };
  return handlers;
}

} // namespace parley::commands
