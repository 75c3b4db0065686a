#include "actors/control/commands.hpp"
#include "actors/control/import/prospects.hpp"

#include <fstream>

namespace parley::commands {

namespace {

struct import_run {
  args summary;
  std::vector<std::vector<prospect_row>> batches;
  std::optional<campaign_id> campaign;
  prospects_imported stored;
  size_t next = 0;
};
using run_ptr = std::shared_ptr<import_run>;

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

/// A campaign that runs, or is through already, enrols whoever is new on its
/// list.
void tell_campaign(control_state& s, const import_run& run) {
  if (run.campaign && run.stored.listed > 0)
    tell_to(s.self, *s.ctx, entity::campaign, *run.campaign, prospects_added{*run.campaign});
}

void store_next(control_state& s, const run_ptr& run, const answer& reply) {
  if (run->next == run->batches.size()) {
    tell_campaign(s, *run);
    run->summary["added"] = run->stored.added;
    run->summary["updated"] = run->stored.updated;
    run->summary["unchanged"] = run->stored.unchanged;
    run->summary["listed"] = run->stored.listed;
    return say(reply, run->summary);
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
      [&s, run, reply](caf::error& e) {
        tell_campaign(s, *run); // of the batches before
        reply(std::move(e));
      });
}

/// Reads the whole file, so that an unusable one leaves nothing behind.
run_ptr read_file(control_state& s, const args& a) {
  const auto file = needed_text(a, "file", "name a CSV file");
  import_options options;
  options.source = text_or(a, "source", "csv");
  options.home_region = s.node.home_region;
  options.columns = texts_of(a, "map");
  std::ifstream in{file, std::ios::binary};
  if (!in)
    throw std::invalid_argument{"file: \"" + file + "\" cannot be read; name an existing file"};
  auto run = std::make_shared<import_run>();
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
                  {"rejected_rows", std::move(rejected)}};
  return run;
}

} // namespace

void prospect_import_file(control_state& s, const args& a, answer reply) {
  const auto run = read_file(s, a);
  if (!a.contains("campaign"))
    return store_next(s, run, reply);
  s.with_campaign(a, reply, [&s, run, reply](const campaign_row& row) {
    run->campaign = row.id;
    store_next(s, run, reply);
  });
}

void prospect_show(control_state& s, const args& a, answer reply) {
  report_query query;
  query.kind = report_kind::prospect;
  query.prospect = id_of<prospect_id>(a, "prospect");
  s.send_report(std::move(query), reply);
}

} // namespace parley::commands
