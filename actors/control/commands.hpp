#pragma once

#include "actors/control/arguments.hpp"
#include "actors/control/control.hpp"
#include "runtime/json.hpp"
#include "runtime/registry.hpp"

/// The commands, by what they are about. Inside control only.
namespace parley::commands {

using answer = control_state::answer;

/// Rows per append or import while a file is read: bounds memory and
/// transactions.
inline constexpr size_t rows_at_once = 2000;
/// Most rows of one answer.
inline constexpr int64_t limit_max = 100'000;

/// Answers with this. Text from files may hold bytes that are no UTF-8; they
/// are shown as such.
void say(const answer& reply, const args& what);
/// Refuses with this sentence.
void refuse(const answer& reply, const std::string& why);
/// An error of somebody who was asked becomes the answer.
inline auto fails(const answer& reply) {
  return [reply](caf::error& e) { reply(std::move(e)); };
}

/// Whoever was told to do something and does not answer may do it all the same.
/// @param what The order, as "pause of campaign Spring".
caf::error as_order_error(caf::error e, const std::string& what, std::chrono::milliseconds limit);
/// Such an error becomes the answer.
inline auto fails(const answer& reply, std::string what, std::chrono::milliseconds limit) {
  return [reply, what = std::move(what), limit](caf::error& e) { reply(as_order_error(std::move(e), what, limit)); };
}

/// Whether this node keeps the journal; if not, says so.
bool has_store(const control_state& s, const answer& reply);

/// The id in this argument.
template <class Id>
Id id_of(const args& a, const char* name) {
  const auto parsed = parse_uuid(needed_text(a, name, "give its id"));
  if (!parsed)
    throw std::invalid_argument{std::string{name} + ": is no id; ids look like 0199a3c2-...; list them first"};
  return Id{*parsed};
}

/// Finds what an argument means and goes on with its id: an id, the beginning
/// of one, or a name (of a person also their number or e-mail address; a call
/// and a meeting also by their person's). One that could be several is refused
/// with the candidates, an unknown one with `ec::not_found`.
void with_prospect(control_state& s, const args& a, const answer& reply, std::function<void(prospect_id)> then);
void with_call(control_state& s, const args& a, const answer& reply, std::function<void(call_id)> then);
void with_meeting(control_state& s, const args& a, const answer& reply, std::function<void(meeting_id)> then);

/// A report with the arguments limit and offset.
report_query query_of(report_kind kind, const args& a);

/// Commands of one kind of report: of one campaign, which must be named …
handler campaign_report(report_kind kind);
/// … or of one campaign when it is named, of all otherwise.
handler list_report(report_kind kind);

/// By name, e.g. "campaign launch".
using table = std::map<std::string, handler>;

// One function for each file of commands; `all` calls them.
void add_call_commands(table& commands);
void add_campaign_commands(table& commands);
void add_dnc_commands(table& commands);
void add_funnel_commands(table& commands);
void add_job_commands(table& commands);
void add_journal_commands(table& commands);
void add_meeting_commands(table& commands);
void add_node_commands(table& commands);
void add_outbox_commands(table& commands);
void add_prospect_commands(table& commands);
void add_replay_command(table& commands);
void add_recording_commands(table& commands);
void add_stop_commands(table& commands);
void add_test_call_commands(table& commands);
void add_why_commands(table& commands);

} // namespace parley::commands
