#include "actors/call/core.hpp"
#include "actors/compliance/numbers.hpp"
#include "actors/control/commands.hpp"

namespace parley::commands {

namespace {

/// More than the agent could say in a turn.
constexpr size_t say_bytes_max = 1000;

using nlohmann::ordered_json;

report_query report_of(call_id call) {
  report_query query;
  query.kind = report_kind::call;
  query.call = call;
  return query;
}

/// What was said and noted so far, where the report has it of an ended call.
void add_course(ordered_json& shown, const calls::state& now) {
  shown["transcript"] = ordered_json(json(now.transcript));
  auto& metadata = shown["metadata"];
  if (!metadata.is_object())
    metadata = ordered_json::object();
  metadata["stage"] = now.stage;
  metadata["notes"] = ordered_json(json(now.notes));
  shown["sentiment_score"] = now.sentiment;
}

/// The row of a call gets words and notes at its end; until then they are in
/// the call's own state, which is written with each turn.
void show_live(control_state& s, call_id call, const ordered_json& row, const answer& reply) {
  s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout, load_stream{call})
    .then(
      [&s, call, row, reply](const loaded_stream& x) {
        auto shown = row;
        shown["live"] = true;
        if (x.version > 0) {
          const auto now = calls::core::restore(
            json::parse(x.state), x.personal_state.empty() ? json::object() : json::parse(x.personal_state));
          if (now.phase == calls::phase::ended) // since the row was read
            return s.send_report(report_of(call), reply);
          add_course(shown, now);
        }
        reply(control_answer{shown.dump(-1, ' ', false, ordered_json::error_handler_t::replace)});
      },
      fails(reply));
}

void call_show(control_state& s, const args& a, answer reply) {
  with_call(s, a, reply, [&s, reply](call_id call) {
    s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout, report_of(call))
      .then(
        [&s, call, reply](const report& x) {
          const auto row = ordered_json::parse(x.json);
          if (row.at("ended_at").is_null())
            return show_live(s, call, row, reply);
          reply(control_answer{x.json});
        },
        fails(reply));
  });
}

/// Answered by the call itself, once it is under way.
void steer(control_state& s, const args& a, const answer& reply, call_order what, const std::string& text) {
  with_call(s, a, reply, [&s, reply, what, text](call_id call) {
    s.self->request(s.ctx->door_of(call), s.ctx->settings.vendor_timeout, steer_call{call, what, text})
      .then(
        [reply](const call_steered& x) {
          say(reply, {{"call", x.call}, {"sentence", x.sentence}});
        },
        fails(reply));
  });
}

void call_hang_up(control_state& s, const args& a, answer reply) {
  steer(s, a, reply, call_order::hang_up, "");
}

void call_say(control_state& s, const args& a, answer reply) {
  const auto text = needed_text(a, "text", "write what the agent shall say");
  if (text.size() > say_bytes_max)
    throw std::invalid_argument{"text: is longer than " + std::to_string(say_bytes_max)
                                + " characters; nobody listens that long"};
  steer(s, a, reply, call_order::say, text);
}

void call_transfer(control_state& s, const args& a, answer reply) {
  const auto to = text_or(a, "to", "");
  if (!to.empty() && !is_e164(to))
    throw std::invalid_argument{"to: \"" + to + "\" is not E.164; write + and all digits, as in +14155550132"};
  steer(s, a, reply, call_order::transfer, to);
}

/// The word of somebody who found out what became of a call: the carrier's
/// console shows it or does not, the person says that the phone rang.
void call_resolve(control_state& s, const args& a, answer reply) {
  const auto as = needed_text(a, "as", "say placed (the carrier had it) or not-placed (it never did)");
  if (as != "placed" && as != "not-placed")
    throw std::invalid_argument{"as: \"" + as + "\" is neither placed nor not-placed"};
  const auto reason = text_or(a, "reason", "");
  if (reason.size() > say_bytes_max)
    throw std::invalid_argument{"reason: is longer than " + std::to_string(say_bytes_max) + " characters"};
  steer(s, a, reply, as == "placed" ? call_order::resolve_placed : call_order::resolve_not_placed, reason);
}

/// Those that wait for an operator's word, of a report's rows. They are the
/// oldest ones that are open, so all of these are read.
void send_unresolved(control_state& s, report_query query, const answer& reply) {
  const auto most = std::exchange(query.limit, static_cast<uint32_t>(limit_max));
  const auto skipped = std::exchange(query.offset, 0);
  query.open = true;
  s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout, std::move(query))
    .then(
      [reply, most, skipped](const report& x) {
        auto out = ordered_json::array();
        uint32_t found = 0;
        for (auto& row : ordered_json::parse(x.json))
          if (row.value("status", std::string{}) == to_string(calls::phase::unresolved) && ++found > skipped
              && out.size() < most)
            out.push_back(std::move(row));
        reply(control_answer{out.dump(-1, ' ', false, ordered_json::error_handler_t::replace)});
      },
      fails(reply));
}

/// Of one campaign when it is named; only those that are up with `open`, and of
/// these only those that wait for an operator's word with `unresolved`.
void call_list(control_state& s, const args& a, answer reply) {
  auto query = query_of(report_kind::calls, a);
  query.open = flag_or(a, "open", false);
  const auto send = [&s, reply, unresolved = flag_or(a, "unresolved", false)](report_query asked) {
    return unresolved ? send_unresolved(s, std::move(asked), reply) : s.send_report(std::move(asked), reply);
  };
  if (!a.contains("campaign"))
    return send(std::move(query));
  s.with_campaign(a, reply, [send, query](const campaign_row& row) mutable {
    query.campaign = row.id;
    send(std::move(query));
  });
}

} // namespace

void add_call_commands(table& commands) {
  commands["call list"] = call_list;
  commands["call show"] = call_show;
  commands["call hangup"] = call_hang_up;
  commands["call say"] = call_say;
  commands["call transfer"] = call_transfer;
  commands["call resolve"] = call_resolve;
}

} // namespace parley::commands
