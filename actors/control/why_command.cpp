// `prospect why`: gathers what is known of a prospect, and asks why.
#include "actors/control/commands.hpp"
#include "actors/control/why.hpp"
#include "actors/line/core.hpp"
#include "actors/prospect/core.hpp"
#include "runtime/messages/json.hpp"
#include "runtime/supervision/actor_tree.hpp"

#include <algorithm>

namespace parley::commands {

namespace {

using namespace std::chrono_literals;

/// What is only known by asking the living may be missing; nobody waits longer.
constexpr auto live_patience = 1s;

struct inquiry {
  prospect_row person;
  std::vector<why_facts> campaigns;
  std::vector<campaign_policy> policies; ///< one per campaign
  size_t next = 0;
  // What the line would tell the gate; loaded only if the gate is asked.
  prospects::state state;
  lines::state line;
  list_hits lists;
};
using inquiry_ptr = std::shared_ptr<inquiry>;

std::optional<wall_time> instant(const args& row, const char* key) {
  return row.contains(key) && row[key].is_string() ? parse_iso(row[key].get<std::string>()) : std::nullopt;
}

std::string text(const args& row, const char* key) {
  return row.contains(key) && row[key].is_string() ? row[key].get<std::string>() : std::string{};
}

template <class Id>
Id id_in(const args& row, const char* key) {
  const auto id = parse_uuid(text(row, key));
  return id ? Id{*id} : Id{};
}

ledger_row ledger_from(const args& x) {
  ledger_row row;
  row.at = instant(x, "at").value_or(wall_time{});
  row.campaign = id_in<campaign_id>(x, "campaign_id");
  row.verdict = text(x, "verdict");
  row.reason = text(x, "reason");
  row.sentence = text(x, "sentence");
  row.source = text(x, "source");
  row.rules = x.contains("rules") ? x["rules"].dump() : "[]";
  row.earliest_next = instant(x, "earliest_next");
  return row;
}

enrolment_row enrolment_from(const args& x) {
  enrolment_row row;
  row.campaign = id_in<campaign_id>(x, "campaign_id");
  row.state = parse<enrolment_state>(text(x, "state")).value_or(enrolment_state::listed);
  row.attempts = x.value("attempts", 0);
  row.next_due = instant(x, "next_due");
  row.last_disposition = parse<disposition>(text(x, "last_disposition")).value_or(disposition::none);
  row.reason = text(x, "reason");
  row.updated_at = instant(x, "updated_at").value_or(wall_time{});
  return row;
}

/// Everything that the store says.
void read_store(inquiry& out, const args& prospect, const campaign_rows& campaigns, wall_time now) {
  for (const auto& enrolled : prospect.at("enrolments")) {
    why_facts f;
    f.enrolment = enrolment_from(enrolled);
    f.campaign = text(enrolled, "campaign");
    f.due = f.enrolment.next_due;
    f.zone = text(prospect, "timezone");
    f.now = now;
    for (const auto& row : prospect.at("ledger"))
      if (auto one = ledger_from(row); one.campaign == f.enrolment.campaign)
        f.ledger.push_back(std::move(one));
    campaign_policy policy;
    for (const auto& row : campaigns.rows)
      if (row.id == f.enrolment.campaign) {
        const auto settings = args::parse(row.settings);
        policy = settings.get<campaign_policy>();
        policy.campaign = row.id;
        f.status = row.status;
        f.status_reason = text(settings, "reason");
        f.calls_at_once = policy.calls_at_once;
      }
    out.campaigns.push_back(std::move(f));
    out.policies.push_back(std::move(policy));
  }
}

void answer_all(const inquiry& x, const answer& reply) {
  auto campaigns = args::array();
  for (const auto& facts : x.campaigns) {
    const auto because = why(facts);
    campaigns.push_back({{"campaign", because.campaign},
                         {"state", to_string(facts.enrolment.state)},
                         {"code", because.code},
                         {"sentence", because.sentence},
                         {"rule", because.rule},
                         {"source", because.source},
                         {"earliest", because.earliest ? args(to_iso(*because.earliest)) : args{}}});
  }
  args out{{"prospect", x.person.id}, {"name", x.person.name}, {"campaigns", std::move(campaigns)}};
  if (x.campaigns.empty())
    out["sentence"] = "Not called: the prospect is on no campaign's list; list it with \"parley prospect import FILE "
                      "--campaign NAME\".";
  say(reply, out);
}

/// Whether the gate knows of a call that is to come what the rows do not: who
/// waits may be on a list by now, and a due row knows of no hours and no caps.
/// A call that nobody can find out about is followed by none.
bool gate_tells(const why_facts& f) {
  return f.status == campaign_status::running && f.enrolment.state == enrolment_state::waiting
         && !f.enrolment.reason.starts_with(to_string(disposition::submission_unknown)) && f.due && *f.due > f.now;
}

/// Who waits for a best time could be called but for the gate; everybody else
/// not before their wait is over.
wall_time gate_time(const why_facts& f) {
  return f.enrolment.reason.empty() || f.enrolment.reason.starts_with("best_time") ? f.now : *f.due;
}

void ask_gate(control_state& s, const inquiry_ptr& run, const answer& reply);

/// The time of the next attempt, as the prospect will ask for it when the wait
/// is over and the gate would let it.
void ask_time(control_state& s, const inquiry_ptr& run, const answer& reply) {
  const auto& f = run->campaigns[run->next];
  const auto from
    = f.gate->verdict == dial_verdict::not_now && f.gate->earliest ? std::max(*f.due, *f.gate->earliest) : *f.due;
  auto question
    = prospects::time_question(run->state, run->policies[run->next], run->person, s.ctx->seed_for(run->line.id), from);
  s.self->request(s.ctx->compliance, s.ctx->settings.request_timeout, std::move(question))
    .then(
      [&s, run, reply](call_time& x) {
        run->campaigns[run->next++].time = std::move(x);
        ask_gate(s, run, reply);
      },
      fails(reply));
}

/// One campaign after the other, each with the question that the line would
/// ask at that time.
void ask_gate(control_state& s, const inquiry_ptr& run, const answer& reply) {
  while (run->next < run->campaigns.size() && !gate_tells(run->campaigns[run->next]))
    ++run->next;
  if (run->next == run->campaigns.size())
    return answer_all(*run, reply);
  const auto& policy = run->policies[run->next];
  if (run->state.opted_out) { // as the prospect decides at its turn, before any gate
    const auto refused = prospects::refuse(run->state, policy, {}, run->line.id, s.ctx->clock.now());
    const auto& row = std::get<ledger_row>(refused.rows.front());
    gate_answer told;
    told.verdict = dial_verdict::blocked;
    told.reason = row.reason;
    told.sentence = row.sentence;
    told.source = row.source;
    told.rules = "[]";
    run->campaigns[run->next++].gate = std::move(told);
    return ask_gate(s, run, reply);
  }
  const auto request = prospects::request_of(run->state, policy, run->person, call_time{}, run->line.id);
  s.self
    ->request(s.ctx->compliance, s.ctx->settings.request_timeout,
              lines::gate_question(run->line, request, run->lists, gate_time(run->campaigns[run->next])))
    .then(
      [&s, run, reply](gate_answer& x) {
        auto& told = run->campaigns[run->next].gate.emplace(std::move(x));
        if (told.verdict != dial_verdict::blocked)
          return ask_time(s, run, reply);
        ++run->next;
        ask_gate(s, run, reply);
      },
      fails(reply));
}

/// The state of an aggregate as it was stored last; a fresh one before that.
/// Nothing that is sealed is needed.
template <class Core, class Id>
void load_state(control_state& s, Id id, const answer& reply, std::function<void(typename Core::state)> then) {
  s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout, load_stream{id})
    .then(
      [id, then = std::move(then)](const loaded_stream& x) {
        auto state = x.version > 0 ? Core::restore(json::parse(x.state), json::object()) : typename Core::state{};
        state.id = id;
        then(std::move(state));
      },
      fails(reply));
}

void ask_lists(control_state& s, const inquiry_ptr& run, const answer& reply) {
  if (std::ranges::none_of(run->campaigns, gate_tells))
    return answer_all(*run, reply);
  const auto line = s.ctx->hasher.line(run->person.phone);
  s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout, check_lists{line, run->person.phone})
    .then(
      [&s, run, line, reply](list_hits& lists) {
        run->lists = std::move(lists);
        load_state<lines::core>(s, line, reply, [&s, run, reply](lines::state state) {
          run->line = std::move(state);
          load_state<prospects::core>(s, run->person.id, reply, [&s, run, reply](prospects::state state) {
            run->state = std::move(state);
            ask_gate(s, run, reply);
          });
        });
      },
      fails(reply));
}

/// What the pacer holds. Without its answer the rest is still true.
void ask_pacer(control_state& s, const inquiry_ptr& run, const answer& reply) {
  if (!s.ctx->pacer)
    return ask_lists(s, run, reply);
  s.self->request(s.ctx->pacer, live_patience, inspect_state{})
    .then(
      [&s, run, reply](const inspected_state& x) {
        const auto pacer = args::parse(x.json);
        for (auto& f : run->campaigns) {
          const auto own = pacer.at("campaigns").value(to_string(f.enrolment.campaign), args::object());
          f.slots = slots_in_use{own.value("held", uint64_t{0}), own.value("waiting", uint64_t{0}),
                                 pacer.value("held", uint64_t{0}), pacer.value("calls_at_once", uint64_t{0})};
        }
        ask_lists(s, run, reply);
      },
      [&s, run, reply](const caf::error&) { ask_lists(s, run, reply); });
}

/// What the prospect is busy with, if it is awake: it works for one campaign
/// at a time.
void ask_prospect(control_state& s, const inquiry_ptr& run, const answer& reply) {
  const auto awake = std::ranges::find_if(run->campaigns, [](const why_facts& f) {
    return f.enrolment.state == enrolment_state::awake
           || (f.enrolment.state == enrolment_state::waiting && f.due && *f.due <= f.now);
  });
  if (awake == run->campaigns.end())
    return ask_pacer(s, run, reply);
  tree_query query;
  query.kind = "prospect";
  caf::strong_actor_ptr living;
  for (const auto& row : s.ctx->tree.page(query).rows)
    if (row.entry.key == to_string(run->person.id))
      living = caf::actor_cast<caf::strong_actor_ptr>(row.entry.address);
  if (!living)
    return ask_pacer(s, run, reply);
  s.self->request(caf::actor_cast<inspectable>(living), live_patience, inspect_state{})
    .then(
      [&s, run, reply, index = awake - run->campaigns.begin()](const inspected_state& x) {
        auto& f = run->campaigns[static_cast<size_t>(index)];
        f.waits_for = args::parse(x.json).value("waits_for", "");
        if (!f.waits_for.empty()) // its rows may be a moment behind
          f.enrolment.state = enrolment_state::awake;
        ask_pacer(s, run, reply);
      },
      [&s, run, reply](const caf::error&) { ask_pacer(s, run, reply); });
}

void ask_store(control_state& s, const inquiry_ptr& run, const answer& reply) {
  report_query query;
  query.kind = report_kind::prospect;
  query.prospect = run->person.id;
  query.limit = 1; // of its calls
  s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout, std::move(query))
    .then(
      [&s, run, reply](const report& x) {
        auto prospect = args::parse(x.json);
        s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout, load_campaigns{})
          .then(
            [&s, run, reply, prospect](const campaign_rows& campaigns) {
              read_store(*run, prospect, campaigns, s.ctx->clock.now());
              ask_prospect(s, run, reply);
            },
            fails(reply));
      },
      fails(reply));
}

void prospect_why(control_state& s, const args& a, answer reply) {
  with_prospect(s, a, reply, [&s, reply](prospect_id id) {
    s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout, load_prospect{id})
      .then(
        [&s, reply](prospect_row& person) {
          const auto run = std::make_shared<inquiry>();
          run->person = std::move(person);
          ask_store(s, run, reply);
        },
        fails(reply));
  });
}

} // namespace

void add_why_commands(table& commands) {
  commands["prospect why"] = prospect_why;
}

} // namespace parley::commands
