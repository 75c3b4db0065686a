#include "actors/control/campaign_settings.hpp"

#include "actors/call/voicemail.hpp"
#include "actors/compliance/numbers.hpp"
#include "actors/control/arguments.hpp"
#include "actors/control/campaign_words.hpp"
#include "runtime/journal/tables.hpp"
#include "runtime/messages/json.hpp"
#include "runtime/settings/section.hpp"

namespace parley::commands {

namespace {

[[noreturn]] void wrong(const std::string& field, const std::string& what_and_remedy) {
  throw std::invalid_argument{field + ": " + what_and_remedy};
}

/// Keys as a list, for a suggestion.
std::vector<std::string> names_of(const json& object) {
  std::vector<std::string> out;
  for (const auto& [name, ignored] : object.items())
    out.push_back(name);
  return out;
}

void check_names_and_types(const json& given, const json& known) {
  for (const auto& [name, value] : given.items()) {
    if (name == "target_filters")
      continue;
    if (!known.contains(name)) {
      const auto near = settings::nearest(name, names_of(known));
      wrong(name, "is no setting of a campaign" + (near.empty() ? "" : "; did you mean " + near + "?"));
    }
    if (known[name].is_string() && !value.is_string())
      wrong(name, "must be a text, in quotes");
    if (known[name].is_array() && !value.is_array())
      wrong(name, "must be a list, in brackets");
    if (known[name].is_boolean() && !value.is_boolean())
      wrong(name, "must be true or false, without quotes");
  }
}

/// A whole number between two bounds. Durations are in milliseconds by now, as
/// the store has them; `unit` is what they are counted in.
struct range {
  const char* field;
  int64_t min;
  int64_t max;
  int64_t unit = 1; ///< milliseconds; 1: no duration
  const char* unit_name = "";
};

/// About a minute and a half, spoken.
constexpr size_t voicemail_bytes_max = 1500;

constexpr std::array ranges{
  range{"min_probability", 0, 100},
  range{"attempts_max", 1, 20},
  range{"calls_at_once", 1, 100'000},
  range{"meeting_minutes", 10, 240},
  range{"calls_per_person_day", 1, 3},
  range{"ring_timeout", 15, 120, 1000, "seconds"}, // 47 CFR 64.1200(a)(6): not below 15 s
  range{"call_limit", 30, 14'400, 1000, "seconds"},
  range{"backoff", 1, 10'080, 60'000, "minutes"}, // to a week; it doubles with each attempt
  range{"breaker_share", 0, 100},
  range{"breaker_window", 1, 1'440, 60'000, "minutes"},
  range{"breaker_minimum", 1, 10'000},
};

void check_range(const json& given, const range& x) {
  if (!given.contains(x.field))
    return;
  const auto& value = given[x.field];
  if (!value.is_number_integer())
    wrong(x.field, x.unit == 1 ? "must be a whole number"
                               : "must be a length of time, as in \"25s\" or \"1h\", or whole milliseconds");
  const bool huge = value.is_number_unsigned() && value.get<uint64_t>() > uint64_t{1} << 62;
  const auto number = huge ? int64_t{1} << 62 : value.get<int64_t>();
  const auto bounds = std::to_string(x.min) + " to " + std::to_string(x.max);
  if (number < x.min * x.unit || number > x.max * x.unit)
    wrong(x.field, std::to_string(number / x.unit) + " is outside " + bounds
                     + (x.unit == 1 ? "" : std::string{" "} + x.unit_name + "; write it with its unit, as in \"30m\""));
  if (number % x.unit != 0)
    wrong(x.field, std::to_string(number) + " ms are no whole " + x.unit_name);
}

int64_t milliseconds_of_day(const json& window, const std::string& field, const char* key) {
  constexpr int64_t minute = 60'000;
  constexpr int64_t day = 24 * 60 * minute;
  const auto found = window.find(key);
  if (found == window.end() || !found->is_number_integer())
    wrong(field, std::string{"each window needs "} + key + ", a time of day as in \"10:00\"");
  const auto value = found->get<int64_t>();
  if (value < 0 || value > day || value % minute != 0)
    wrong(field, std::string{key} + " is " + found->dump()
                   + "; write a time of day as \"10:00\" (a number is whole minutes, in milliseconds after midnight)");
  return value;
}

constexpr std::string_view role_times = "role_times";

/// A role is compared word by word, in lower case.
void check_roles(const json& window) {
  constexpr const char* field = "role_times";
  const auto roles = window.find("roles");
  if (roles == window.end() || !roles->is_array() || roles->empty())
    wrong(field, "each window needs roles, as in [\"ceo\", \"founder\"]");
  for (const auto& role : *roles) {
    if (!role.is_string() || role.get_ref<const std::string&>().empty())
      wrong(field, "roles must be a list of texts, as in [\"ceo\", \"founder\"]");
    const auto& word = role.get_ref<const std::string&>();
    if (!std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; }))
      wrong(field, "\"" + word
                     + "\" is no single word; a role is recognised by one of its words, as in "
                       "\"president\" for \"Vice President, Operations\"");
  }
}

void check_windows(const json& given, const char* field) {
  if (!given.contains(field))
    return;
  for (const auto& window : given[field]) {
    if (!window.is_object())
      wrong(field, "must be a list of windows, each with weekdays, from and until");
    const bool by_role = field == role_times;
    for (const auto& [key, ignored] : window.items())
      if (key != "weekdays" && key != "from" && key != "until" && !(by_role && key == "roles"))
        wrong(field,
              "a window has no \"" + key + "\"; it has " + (by_role ? "roles, " : "") + "weekdays, from and until");
    if (by_role)
      check_roles(window);
    const auto days = window.find("weekdays");
    if (days == window.end() || !days->is_array() || days->empty())
      wrong(field, "each window needs weekdays, as in [\"tue\", \"wed\"]");
    for (const auto& day : *days)
      if (!day.is_number_integer() || day.get<int64_t>() < 0 || day.get<int64_t>() > 6)
        wrong(field, "weekday " + day.dump() + " is none; they are 0 (Sunday) to 6 (Saturday)");
    if (milliseconds_of_day(window, field, "from") >= milliseconds_of_day(window, field, "until"))
      wrong(field, "until must come after from; a window over midnight is two windows");
  }
}

void check_managers(const json& given) {
  if (!given.contains("managers"))
    return;
  for (const auto& manager : given["managers"])
    if (!manager.is_string() || manager.get_ref<const std::string&>().empty())
      wrong("managers", "must be a list of texts: names or ids of account managers");
}

void check_filters(const json& filters) {
  const auto columns = [] {
    std::string out;
    for (const auto& column : tables::target_filters)
      out.append(out.empty() ? "" : ", ").append(column);
    return out;
  }();
  if (!filters.is_object())
    wrong("target_filters", "must be an object of columns and their values, as in {\"state\": [\"TX\", \"OK\"]}");
  for (const auto& [column, wanted] : filters.items()) {
    if (std::find(tables::target_filters.begin(), tables::target_filters.end(), column) == tables::target_filters.end())
      wrong("target_filters", "\"" + column + "\" is no column to filter by; there are " + columns);
    const auto values = wanted.is_array() ? wanted : json::array({wanted});
    if (values.empty() || !std::all_of(values.begin(), values.end(), [](const auto& x) { return x.is_string(); }))
      wrong("target_filters", column + " must have a text or a list of texts; leave it out to take everybody");
  }
}

// 47 CFR 64.1200(b)(3): a message in an artificial voice gives a toll-free
// number that takes do-not-call requests.
void check_voicemail(const campaign_policy& p) {
  if (!p.opt_out_number.empty() && !calls::is_toll_free(p.opt_out_number))
    wrong("opt_out_number", "\"" + p.opt_out_number
                              + "\" is not toll-free; write one in E.164 that begins with +1 and 800, 833, 844, 855, "
                                "866, 877 or 888");
  if (!p.voicemail_message.empty() && p.opt_out_number.empty())
    wrong("opt_out_number", "is missing; a voicemail message must name a toll-free number for do-not-call requests "
                            "(47 CFR 64.1200(b)(3)). Give one, or leave voicemail_message out to hang up on machines");
  if (p.voicemail_message.size() > voicemail_bytes_max)
    wrong("voicemail_message",
          "is longer than " + std::to_string(voicemail_bytes_max) + " characters; machines cut long messages off");
  if (const auto message = calls::voicemail_for(p, ""); !message.missing.empty())
    throw std::invalid_argument{message.missing + "; there are {{agent}}, {{company}} and {{person}}"};
}

void check_policy(const campaign_policy& p) {
  const auto need = [](const std::string& value, const char* field, const char* remedy) {
    if (value.find_first_not_of(" \t\r\n") == value.npos)
      wrong(field, std::string{"is missing; "} + remedy);
  };
  need(p.name, "name", "give the campaign a name");
  need(p.company, "company", "name the seller on whose behalf is called, as consents name it");
  need(p.offer, "offer", "say in one or two sentences what is offered");
  for (const auto& [number, field] :
       {std::pair{&p.from_number, "from_number"}, {&p.callback_number, "callback_number"}})
    if (!number->empty() && !is_e164(*number))
      wrong(field, "\"" + *number + "\" is not E.164; write + and all digits, as in +14155550132");
  check_voicemail(p);
}

} // namespace

campaign_settings read_campaign(const json& as_written) {
  const auto given = stored_form(as_written);
  static const json known = [] {
    json out = campaign_policy{};
    out.erase("campaign"); // we choose the id
    return out;
  }();
  check_names_and_types(given, known);
  for (const auto& x : ranges)
    check_range(given, x);
  for (const auto* field : {"best_times", "role_times", "allowed_times"})
    check_windows(given, field);
  check_managers(given);
  campaign_settings out;
  if (given.contains("target_filters"))
    out.target_filters = given["target_filters"];
  check_filters(out.target_filters);
  out.policy = given.get<campaign_policy>();
  check_policy(out.policy);
  return out;
}

std::optional<std::string>
managers_problem(const std::vector<std::string>& wanted, const std::vector<manager_row>& known) {
  std::string names;
  for (const auto& row : known)
    names += (names.empty() ? "" : ", ") + row.name;
  for (const auto& manager : wanted)
    if (std::none_of(known.begin(), known.end(),
                     [&](const auto& row) { return row.name == manager || to_string(row.id) == manager; }))
      return "managers: there is no account manager \"" + manager + "\""
             + (names.empty() ? "; describe each in a [[manager]] of the node's configuration"
                              : "; there are: " + names);
  return std::nullopt;
}

} // namespace parley::commands
