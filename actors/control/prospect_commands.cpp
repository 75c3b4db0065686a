#include "actors/control/prospect_import.hpp"
#include "actors/control/worker.hpp"

#include <fstream>

#include <spdlog/spdlog.h>

namespace parley::commands {

namespace {

/// Rejected rows to describe, so that an answer has a bound; all are counted.
constexpr size_t rejected_shown_max = 10'000;

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
  r.timezone = zone_of(*s.rules, x);
  r.phone = std::move(x.phone);
  r.extension = std::move(x.extension);
  r.company = std::move(x.company);
  r.role = std::move(x.role);
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

/// A campaign that runs enrols whoever is new on its list, and decides anew on
/// those whom it knows by other data.
void tell_campaign(control_state& s, const import_run& run) {
  if (run.campaign)
    tell_to(s.self, *s.ctx, entity::campaign, *run.campaign, prospects_added{*run.campaign});
}

/// The error with what it means for an import.
caf::error with_stored(const caf::error& e, const import_run& run) {
  std::string text;
  for (size_t i = 0; i < e.context().size(); ++i)
    if (e.context().match_element<std::string>(i))
      text += e.context().get_as<std::string>(i) + "; ";
  // The store commits a batch in slices, and those before the fault are not told.
  text += "at least " + std::to_string(run.stored.added + run.stored.updated + run.stored.unchanged)
          + " rows are stored, the others perhaps not; import again when the cause is gone, that changes no row twice";
  return {e.code(), e.category(), caf::make_message(std::move(text))};
}

/// Reads the whole file before anything is stored, so that an unusable one
/// leaves nothing behind.
void prospect_import_file(control_state& s, const args& a, answer reply) {
  if (a.contains("crm"))
    return prospect_import_crm(s, a, reply);
  const auto file = needed_text(a, "file", "name a CSV file, or a filter of the CRM with crm");
  const auto options = options_of(s, a, "csv");
  auto in = std::make_shared<std::ifstream>(open_file(file));
  auto run = std::make_shared<import_run>();
  run->how_far = s.progress_of(a);
  run->how_far->now("reads rows");
  const auto read = [in, options, rules = s.rules, run] {
    const auto summary = read_prospects(
      *in, options, *rules,
      [&](prospect_import x) {
        run->people.push_back(std::move(x));
        ++run->how_far->done;
      },
      [&](rejected_row x) {
        if (run->rejected.size() < rejected_shown_max)
          run->rejected.push_back({{"line", x.line}, {"field", x.field}, {"reason", x.reason}});
        ++run->how_far->done;
      });
    run->rows = summary.rows;
    run->accepted = summary.accepted;
  };
  const auto store = [&s, run, reply] {
    run->how_far->now("stores", run->accepted);
    store_people(s, run, reply, [&s, run, reply] { end_import(s, *run, reply); });
  };
  const auto begin = [&s, reply, read, store] { in_background(s, reply, read, store); };
  if (!a.contains("campaign"))
    return begin();
  s.with_campaign(a, reply, [run, begin](const campaign_row& row) {
    run->campaign = row.id;
    begin();
  });
}

void prospect_show(control_state& s, const args& a, answer reply) {
  with_prospect(s, a, reply, [&s, reply](prospect_id prospect) {
    report_query query;
    query.kind = report_kind::prospect;
    query.prospect = prospect;
    s.send_report(std::move(query), reply);
  });
}

} // namespace

import_options options_of(const control_state& s, const args& a, const std::string& source) {
  import_options options;
  options.source = text_or(a, "source", source);
  options.home_region = s.node.home_region;
  options.columns = texts_of(a, "map");
  return options;
}

void store_people(control_state& s, const import_run_ptr& run, const answer& reply, std::function<void()> then) {
  if (run->people.empty())
    return then();
  import_prospects batch;
  batch.campaign = run->campaign;
  batch.consent_told = run->people.front().consent_told;
  const auto now = s.ctx->clock.now();
  while (!run->people.empty() && batch.prospects.size() < rows_at_once
         && run->people.front().consent_told == batch.consent_told) {
    const bool zone_told = !run->people.front().timezone.empty();
    batch.prospects.push_back(row_of(s, std::move(run->people.front()), now));
    if (const auto& row = batch.prospects.back(); !zone_told && !row.timezone.empty())
      batch.zones_found.insert(row.id);
    run->people.pop_front();
  }
  const auto count = batch.prospects.size();
  s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout * 6, std::move(batch))
    .then(
      [&s, run, reply, count, then = std::move(then)](const prospects_imported& x) {
        run->stored.added += x.added;
        run->stored.updated += x.updated;
        run->stored.unchanged += x.unchanged;
        run->stored.listed += x.listed;
        run->how_far->done += count;
        store_people(s, run, reply, then);
      },
      [&s, run, reply](caf::error& e) {
        tell_campaign(s, *run); // of the batches before, and of what may be stored of this one
        reply(with_stored(e, *run));
      });
}

void end_import(control_state& s, const import_run& run, const answer& reply) {
  if (run.stored.listed > 0 || run.stored.updated > 0)
    tell_campaign(s, run);
  args sums{{"complete", run.broken_off.empty()}, {"rows", run.rows},
            {"accepted", run.accepted},           {"rejected", run.rows - run.accepted},
            {"rejected_rows", run.rejected},      {"added", run.stored.added},
            {"updated", run.stored.updated},      {"unchanged", run.stored.unchanged},
            {"listed", run.stored.listed}};
  if (!run.broken_off.empty())
    sums["reason"] = run.broken_off;
  if (!run.hint.empty())
    sums["hint"] = run.hint;
  if (!run.campaign || run.stored.listed == 0)
    return say(reply, sums);
  // It may have come to its end while the rows were stored. The question comes
  // to it after the news of its list, so the answer tells what became of them.
  const auto id = *run.campaign;
  s.self->request(s.ctx->door_of(id), s.ctx->settings.request_timeout, campaign_command{id, campaign_action::look})
    .then(
      [reply, sums, hint = run.hint](const campaign_state& now) mutable {
        if (now.status == campaign_status::completed || now.status == campaign_status::stopped)
          sums["hint"] = hint + (hint.empty() ? "" : " ") + "The campaign is " + std::string{to_string(now.status)}
                         + ": whoever is new on its list is called once it is launched again.";
        say(reply, sums);
      },
      [&s, id, reply, sums](const caf::error& e) { // the import itself is done
        spdlog::warn("control: whether campaign {} still runs could not be asked ({})", to_string(id),
                     s.self->system().render(e));
        say(reply, sums);
      });
}

void add_prospect_commands(table& commands) {
  commands["prospect import"] = prospect_import_file;
  commands["prospect list"] = list_report(report_kind::prospects);
  commands["prospect show"] = prospect_show;
}

} // namespace parley::commands
