#include "actors/control/funnel.hpp"

#include "actors/control/commands.hpp"

#include <cmath>

namespace parley::commands {

using namespace std::chrono_literals;

funnel_end estimated_end(const funnel_pace& x) {
  if (x.left == 0)
    return {std::nullopt, "Nobody is left."};
  double per_hour = static_cast<double>(x.done_last_hour);
  std::string of = "of the last hour";
  if (x.done_last_hour == 0 && x.done > 0 && x.started_at && x.now > *x.started_at) {
    per_hour
      = static_cast<double>(x.done) / std::chrono::duration<double, std::ratio<3600>>{x.now - *x.started_at}.count();
    of = "since the launch";
  }
  if (!(per_hour > 0))
    return {std::nullopt, x.last_due && *x.last_due > x.now
                            ? "Nobody is through yet; somebody waits until " + to_iso(*x.last_due) + " at least."
                            : "Nobody is through yet, so there is no pace."};
  constexpr double hours_max = 24 * 366 * 10; // whatever is further away is not known
  const auto hours = static_cast<double>(x.left) / per_hour;
  if (hours > hours_max)
    return {std::nullopt, "At the pace " + of + " it would take years."};
  const auto by_pace = x.now + std::chrono::milliseconds{std::llround(hours * 3.6e6)};
  if (x.last_due && *x.last_due > by_pace)
    return {*x.last_due, "The last one waits until then; the pace " + of + " would be enough."};
  return {by_pace, "Whoever is left, at the pace " + of + "."};
}

namespace {

std::optional<wall_time> instant(const args& x, const char* key) {
  const auto found = x.find(key);
  return found == x.end() || !found->is_string() ? std::nullopt : parse_iso(found->get<std::string>());
}

/// Only a running campaign comes to its end by itself: of another one a pace
/// would promise what nobody works on.
funnel_end end_by_status(const std::string& status, const funnel_pace& pace) {
  if (status == "running" || pace.left == 0)
    return estimated_end(pace);
  return {std::nullopt, "The campaign is " + (status == "draft" ? "a draft" : status) + "; nobody is called."};
}

void add_end(args& x) {
  funnel_pace pace;
  pace.now = instant(x, "now").value_or(wall_time{});
  pace.done = x.value("done", uint64_t{0});
  pace.left = x.value("listed", uint64_t{0}) + x.value("enrolled", uint64_t{0}) - pace.done;
  pace.done_last_hour = x.value("done_last_hour", uint64_t{0});
  pace.started_at = instant(x, "started_at");
  pace.last_due = instant(x, "last_due");
  const auto end = end_by_status(x.value("status", std::string{}), pace);
  x["left"] = pace.left;
  x["estimated_end"] = end.at ? args(*end.at) : args(); // in braces it would be a list
  x["estimated_end_basis"] = end.basis;
}

/// How far a campaign's people are. The store tells it all but whether more
/// are still being enrolled, which only the campaign itself knows.
void campaign_funnel(control_state& s, const args& a, answer reply) {
  s.with_campaign(a, reply, [&s, reply](const campaign_row& row) {
    report_query query;
    query.kind = report_kind::campaign_funnel;
    query.campaign = row.id;
    query.now = s.ctx->clock.now();
    s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout, std::move(query))
      .then(
        [&s, reply, row](const report& x) {
          auto out = args::parse(x.json);
          add_end(out);
          out["enrolling"] = false;
          if (row.status != campaign_status::running)
            return say(reply, out);
          s.self
            ->request(s.ctx->door_of(row.id), s.ctx->settings.request_timeout,
                      campaign_command{row.id, campaign_action::look})
            .then(
              [reply, out](const campaign_state& live) mutable {
                out["enrolling"] = live.enrolling;
                say(reply, out);
              },
              fails(reply));
        },
        fails(reply));
  });
}

} // namespace

void add_funnel_commands(table& commands) {
  commands["campaign funnel"] = campaign_funnel;
}

} // namespace parley::commands
