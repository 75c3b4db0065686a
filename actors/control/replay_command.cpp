// `call replay`: a call's events once more, and another prompt tried on them.
#include "actors/control/commands.hpp"
#include "actors/conversation/setup.hpp"
#include "actors/replay/call_replay.hpp"
#include "actors/replay/line_diff.hpp"

namespace parley::commands {

namespace {

using nlohmann::ordered_json;

/// Longer than any template that a model could follow.
constexpr size_t prompt_bytes_max = 100'000;

ordered_json list_of(const std::vector<replay::model_message>& messages) {
  auto out = ordered_json::array();
  for (const auto& x : messages)
    out.push_back({{"type", x.type}, {"reason", x.reason}, {"instructions", x.text}});
  return out;
}

/// Text after text, so that one diff shows them all.
std::string text_of(const std::vector<replay::model_message>& messages) {
  std::string out;
  for (const auto& x : messages)
    out += (messages.size() > 1 ? "## " + x.type + "\n" : "") + x.text + "\n";
  return out;
}

struct replay_order {
  call_id call;
  uint64_t from = 0; ///< 0: only the steps
  std::string prompt;
};

void say_steps(const replay_order& order, const std::vector<stored_event>& events, const ordered_json& tried,
               const answer& reply) {
  ordered_json out{{"call", to_string(order.call)}, {"steps", replay::steps(events)}};
  if (!tried.is_null())
    out["what_if"] = tried;
  reply(control_answer{out.dump(-1, ' ', false, ordered_json::error_handler_t::replace)});
}

void try_prompt(const replay_order& order, const std::vector<stored_event>& events,
                const mind::conversation_policy& policy, const mind::briefing& about, const answer& reply) {
  const auto problem = problem_of([&] {
    const auto tried = replay::with_prompt(events, order.from, policy, about, order.prompt);
    if (const auto* why = std::get_if<std::string>(&tried))
      throw std::invalid_argument{*why};
    auto list = ordered_json::array();
    for (const auto& x : std::get<std::vector<replay::what_if>>(tried))
      list.push_back({{"version", x.version},
                      {"event", x.event},
                      {"sent", x.sent},
                      {"own", list_of(x.own)},
                      {"other", list_of(x.other)},
                      {"diff", replay::line_diff(text_of(x.own), text_of(x.other))}});
    say_steps(order, events, list, reply);
  });
  if (problem)
    refuse(reply, *problem);
}

/// What the conversation looked up while the phone rang is looked up again.
/// @param at When it rang: whom it could be handed over to depends on the hour.
void with_policy(control_state& s, const call_brief& brief, wall_time at, const answer& reply,
                 std::function<void(mind::conversation_policy)> then) {
  const auto timeout = s.ctx->settings.request_timeout;
  s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout, load_managers{})
    .then(
      [&s, brief, at, timeout, then](const manager_rows& all) {
        auto policy = mind::policy_of(brief, s.ctx->has_llm);
        mind::name_humans(policy, mind::humans_of(brief, all.rows, at));
        if (!policy.record)
          return then(std::move(policy));
        s.self->request(s.ctx->compliance, timeout, recording_check{brief.person.phone, brief.person})
          .then(
            [policy, then](const recording_rule& rule) mutable {
              policy.announce_recording = rule.announce;
              then(std::move(policy));
            },
            [policy, then](const caf::error&) { then(policy); }); // as the conversation does: then it is announced
      },
      fails(reply));
}

void replay_events(control_state& s, const replay_order& order, const std::vector<stored_event>& events,
                   const answer& reply) {
  if (events.empty())
    return reply(caf::make_error(ec::not_found,
                                 "call: there is no " + to_string(order.call) + "; \"parley call list\" shows all"));
  if (order.from == 0)
    return say_steps(order, events, nullptr, reply);
  const auto brief = replay::brief_of(events);
  with_policy(s, brief, events.front().at, reply,
              [order, events, brief, reply](const mind::conversation_policy& policy) {
                try_prompt(order, events, policy, mind::briefing_of(brief), reply);
              });
}

void call_replay(control_state& s, const args& a, answer reply) {
  replay_order order;
  order.from = static_cast<uint64_t>(number_or(a, "from", 0, 0, 1'000'000));
  order.prompt = text_or(a, "prompt", "");
  if (order.prompt.size() > prompt_bytes_max)
    throw std::invalid_argument{"prompt: is longer than " + std::to_string(prompt_bytes_max) + " bytes"};
  if (order.prompt.empty() != (order.from == 0))
    throw std::invalid_argument{"from and prompt: give both, the number of an event and a template to try there"};
  with_call(s, a, reply, [&s, order, reply](call_id call) mutable {
    order.call = call;
    s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout, read_events{call})
      .then(
        [&s, order, reply](const events_read& x) {
          if (const auto problem = problem_of([&] { replay_events(s, order, x.events, reply); }))
            refuse(reply,
                   "call: its events cannot be replayed (" + *problem + "); \"parley journal verify\" says more");
        },
        fails(reply));
  });
}

} // namespace

void add_replay_command(table& commands) {
  commands["call replay"] = call_replay;
}

} // namespace parley::commands
