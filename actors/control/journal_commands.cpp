// The journal itself: whether it is sound, and its events for elsewhere.
#include "actors/audit/auditor.hpp"
#include "actors/audit/exported.hpp"
#include "actors/control/commands.hpp"

namespace parley::commands {

namespace {

/// Of a whole check.
constexpr auto audit_patience = std::chrono::minutes{12 * 60};

void journal_verify(control_state& s, const args& a, answer reply) {
  audit_journal order;
  order.findings_max = static_cast<uint32_t>(number_or(a, "limit", 1000, 1, 100'000));
  if (!has_store(s, reply))
    return;
  auto worker = s.self->spawn(auditor, s.ctx, journal_audit_port{s.ctx->upkeep}, s.progress_of(a));
  s.self->request(worker, audit_patience, order)
    .then(
      [&s, reply, worker](const report& x) {
        reply(control_answer{x.json});
        s.self->send_exit(worker, caf::exit_reason::user_shutdown);
      },
      [&s, reply, worker](caf::error& e) {
        reply(std::move(e));
        s.self->send_exit(worker, caf::exit_reason::user_shutdown);
      });
}

std::optional<wall_time> instant_or_none(const args& a, const char* name) {
  const auto text = text_or(a, name, "");
  if (text.empty())
    return std::nullopt;
  const auto at = parse_iso(text);
  if (!at)
    throw std::invalid_argument{std::string{name} + ": \"" + text
                                + "\" is no instant; write it as 2026-12-03T14:00:00Z"};
  return at;
}

/// One page; `after` of the answer is where the next one begins.
void journal_export(control_state& s, const args& a, answer reply) {
  export_events order;
  order.after = static_cast<uint64_t>(number_or(a, "after", 0, 0, std::numeric_limits<int64_t>::max()));
  order.since = instant_or_none(a, "since");
  order.until = instant_or_none(a, "until");
  order.personal = flag_or(a, "personal", false);
  order.limit = static_cast<uint32_t>(number_or(a, "limit", 500, 1, 5000));
  if (a.contains("stream"))
    order.stream = id_of<uuid>(a, "stream");
  if (!has_store(s, reply))
    return;
  const auto go = [&s, reply](export_events wanted) {
    const bool personal = wanted.personal;
    const auto from = wanted.after;
    s.self->request(s.ctx->upkeep, s.ctx->settings.journal_timeout, std::move(wanted))
      .then(
        [reply, personal, from](const exported_events& x) {
          nlohmann::ordered_json out{{"events", nlohmann::ordered_json::array()},
                                     {"more", x.more},
                                     {"after", x.events.empty() ? from : x.events.back().position}};
          for (const auto& event : x.events)
            out["events"].push_back(audit::to_json(event, personal));
          reply(control_answer{out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)});
        },
        fails(reply));
  };
  const auto with_person = [&s, a, reply, go](export_events wanted) {
    if (!a.contains("prospect"))
      return go(std::move(wanted));
    with_prospect(s, a, reply, [go, wanted](prospect_id id) mutable {
      wanted.prospect = id;
      go(std::move(wanted));
    });
  };
  if (!a.contains("campaign"))
    return with_person(std::move(order));
  s.with_campaign(a, reply, [with_person, order](const campaign_row& row) mutable {
    order.campaign = row.id;
    with_person(std::move(order));
  });
}

} // namespace

void add_journal_commands(table& commands) {
  commands["journal verify"] = journal_verify;
  commands["journal export"] = journal_export;
}

} // namespace parley::commands
