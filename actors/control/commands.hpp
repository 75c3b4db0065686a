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

/// Answers with this. Text from files may hold bytes that are no UTF-8; they
/// are shown as such.
void say(const answer& reply, const args& what);
/// Refuses with this sentence.
void refuse(const answer& reply, const std::string& why);
/// An error of somebody who was asked becomes the answer.
inline auto fails(const answer& reply) {
  return [reply](caf::error& e) { reply(std::move(e)); };
}

/// The id in this argument.
template <class Id>
Id id_of(const args& a, const char* name) {
  const auto parsed = parse_uuid(needed_text(a, name, "give its id"));
  if (!parsed)
    throw std::invalid_argument{std::string{name} + ": is no id; ids look like 0199a3c2-...; list them first"};
  return Id{*parsed};
}

void campaign_create(control_state& s, const args& a, answer reply);
handler campaign_does(campaign_action action);
handler campaign_report(report_kind kind);
/// Of one campaign when it is named, of all otherwise.
handler list_report(report_kind kind);

void prospect_import_file(control_state& s, const args& a, answer reply);
void prospect_show(control_state& s, const args& a, answer reply);

void dnc_import(control_state& s, const args& a, answer reply);
handler dnc_change(bool remove);
void dnc_check(control_state& s, const args& a, answer reply);

} // namespace parley::commands
