#include "actors/campaign/core.hpp"
#include "actors/control/campaign_settings.hpp"
#include "actors/control/commands.hpp"
#include "actors/control/dry_run.hpp"

namespace parley::commands {

namespace {

constexpr int64_t offset_max = std::numeric_limits<int32_t>::max();

void store(control_state& s, const campaign_settings& x, wall_time now, const answer& reply) {
  append batch;
  batch.shard = shard_of(x.policy.campaign, s.ctx->shard_count);
  batch.epoch = s.ctx->epoch;
  batch.streams.push_back(
    aggregate<campaigns::core>::birth(x.policy.campaign, stream_kind::campaign,
                                      {campaigns::campaign_created{x.policy, x.target_filters, now}}, now, batch.rows));
  s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout, std::move(batch))
    .then(
      [reply, policy = x.policy](const committed&) {
        say(reply, {{"campaign", policy.campaign}, {"name", policy.name}, {"status", "draft"}});
      },
      fails(reply));
}

void campaign_create(control_state& s, const args& a, answer reply) {
  auto x = read_campaign(a);
  const auto now = s.ctx->clock.now();
  x.policy.campaign = s.ids.next<campaign_id>(now);
  const auto timeout = s.ctx->settings.journal_timeout;
  s.self->request(s.ctx->journal, timeout, load_campaigns{})
    .then(
      [&s, reply, x, now, timeout](const campaign_rows& all) {
        for (const auto& row : all.rows)
          if (row.name == x.policy.name)
            return reply(caf::make_error(ec::conflict, "name: there is a campaign \"" + row.name
                                                         + "\" already; choose another name"));
        s.self->request(s.ctx->journal, timeout, load_managers{})
          .then(
            [&s, reply, x, now](const manager_rows& known) {
              if (const auto problem = managers_problem(x.policy.managers, known.rows))
                return refuse(reply, *problem);
              store(s, x, now, reply);
            },
            fails(reply));
      },
      fails(reply));
}

handler campaign_does(campaign_action action) {
  return [action](control_state& s, const args& a, answer reply) {
    const bool now = flag_or(a, "now", false);
    const auto what = action == campaign_action::stop && now ? campaign_action::stop_now : action;
    s.with_campaign(a, reply, [&s, reply, what](const campaign_row& row) {
      const auto limit = s.ctx->settings.vendor_timeout;
      s.self->request(s.ctx->door_of(row.id), limit, campaign_command{row.id, what})
        .then(
          [reply](const campaign_state& x) {
            args out{{"campaign", x.campaign}, {"name", x.name}, {"status", x.status}};
            if (!x.reason.empty())
              out["reason"] = x.reason;
            say(reply, out);
          },
          fails(reply, std::string{to_string(what)} + " of campaign " + row.name, limit));
    });
  };
}

void campaign_launch(control_state& s, const args& a, answer reply) {
  if (flag_or(a, "dry_run", false))
    return campaign_dry_run(s, a, reply);
  campaign_does(campaign_action::launch)(s, a, std::move(reply));
}

} // namespace

report_query query_of(report_kind kind, const args& a) {
  report_query query;
  query.kind = kind;
  query.limit = static_cast<uint32_t>(number_or(a, "limit", 1000, 1, limit_max));
  query.offset = static_cast<uint32_t>(number_or(a, "offset", 0, 0, offset_max));
  return query;
}

handler campaign_report(report_kind kind) {
  return [kind](control_state& s, const args& a, answer reply) {
    auto query = query_of(kind, a);
    s.with_campaign(a, reply, [&s, reply, query](const campaign_row& row) mutable {
      query.campaign = row.id;
      s.send_report(std::move(query), reply);
    });
  };
}

handler list_report(report_kind kind) {
  return [kind](control_state& s, const args& a, answer reply) {
    if (a.contains("campaign"))
      return campaign_report(kind)(s, a, reply);
    s.send_report(query_of(kind, a), reply);
  };
}

/// Whom `managers` may name: for whoever writes that down.
void manager_list(control_state& s, const args&, answer reply) {
  s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout, load_managers{})
    .then(
      [reply](const manager_rows& known) {
        auto rows = args::array();
        for (const auto& one : known.rows)
          rows.push_back(
            {{"id", one.id}, {"name", one.name}, {"specialty", one.specialty}, {"timezone", one.timezone}});
        say(reply, rows);
      },
      fails(reply));
}

void add_campaign_commands(table& commands) {
  commands["manager list"] = manager_list;
  commands["campaign create"] = campaign_create;
  commands["campaign launch"] = campaign_launch;
  commands["campaign pause"] = campaign_does(campaign_action::pause);
  commands["campaign resume"] = campaign_does(campaign_action::resume);
  commands["campaign stop"] = campaign_does(campaign_action::stop);
  commands["campaign status"] = campaign_report(report_kind::campaign_totals);
  commands["campaign list"] = list_report(report_kind::campaigns);
}

} // namespace parley::commands
