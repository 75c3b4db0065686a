#include "actors/conversation/tools.hpp"

#include "actors/conversation/rules_analysis.hpp"
#include "actors/conversation/spoken_time.hpp"
#include "runtime/foreign_json.hpp"

#include <date/date.h>

#include <algorithm>
#include <sstream>

namespace parley::mind {
namespace {

using nlohmann::json;

constexpr auto ahead_max = std::chrono::hours{24 * 90};
constexpr size_t dates_max = 10;
constexpr const char* schedule_callback_name = "schedule_callback";

/// What a campaign has set for its meetings can always be asked for.
int minutes_max(const conversation_policy& policy) {
  return std::max(policy.meeting_minutes_max, policy.meeting_minutes);
}

json text_schema(const char* description) {
  return {{"type", "string"}, {"description", description}};
}

json object_schema(json properties, json required) {
  return {{"type", "object"},
          {"properties", std::move(properties)},
          {"required", std::move(required)},
          {"additionalProperties", false}};
}

json bant_schema(const char* description) {
  return {{"type", "object"},
          {"description", description},
          {"properties",
           {{"value", {{"type", "string"}, {"enum", bant_value_names}}},
            {"quote", text_schema("the person's own words that show it")}}},
          {"required", {"value", "quote"}},
          {"additionalProperties", false}};
}

std::string list_of(const auto& names) {
  std::string out;
  for (const auto name : names)
    out += (out.empty() ? "" : ", ") + std::string{name};
  return out;
}

/// Reads fields and keeps the first thing that is wrong.
class reader_of {
public:
  explicit reader_of(const json& in) : in_{in} {}

  void known_only(std::initializer_list<std::string_view> names, std::string_view tool) {
    for (const auto& [name, value] : in_.items())
      if (std::ranges::find(names, name) == names.end())
        fail("`" + one_line_name(name) + "` is no parameter of " + std::string{tool} + ". It takes: " + list_of(names)
             + ".");
  }

  std::string text(const char* name, bool required, size_t bytes_max = 500) {
    const auto value = in_.find(name);
    if (value == in_.end() || value->is_null()) {
      if (required)
        fail("`" + std::string{name} + "` is missing. Call the tool again with it.");
      return {};
    }
    if (!value->is_string()) {
      fail("`" + std::string{name} + "` must be a text.");
      return {};
    }
    auto out = trimmed(value->get<std::string>());
    if (required && out.empty())
      fail("`" + std::string{name} + "` is empty. Call the tool again with it.");
    return shortened(out, bytes_max);
  }

  wall_time time(const char* name, wall_time now) {
    const auto written = text(name, true);
    if (!error.empty())
      return {};
    const auto t = parse_iso(written);
    if (!t)
      fail("`" + std::string{name} + "` must be an ISO date and time with zone, such as 2026-11-26T15:00:00Z.");
    else if (*t <= now)
      fail("`" + std::string{name} + "` lies in the past. Ask for a time that is still to come.");
    else if (*t > now + ahead_max)
      fail("`" + std::string{name} + "` is more than 90 days ahead. Ask for an earlier time.");
    return t.value_or(wall_time{});
  }

  const json* at(const char* name) const {
    const auto value = in_.find(name);
    return value == in_.end() || value->is_null() ? nullptr : &*value;
  }

  void fail(std::string sentence) {
    if (error.empty())
      error = std::move(sentence);
  }

  std::string error;

private:
  static std::string one_line_name(const std::string& name) { return shortened(name, 40); }
  const json& in_;
};

void read_bant_item(reader_of& in, bant_key key, record_observation_arguments& out) {
  const auto name = std::string{to_string(key)};
  const auto* item = in.at(name.c_str());
  if (!item)
    return;
  if (!item->is_object() || !item->contains("value") || !(*item)["value"].is_string())
    return in.fail("`" + name + "` must be an object with `value` and `quote`.");
  const auto value = parse<bant_value>((*item)["value"].get<std::string>());
  if (!value)
    return in.fail("`" + name + ".value` must be one of: " + list_of(bant_value_names) + ".");
  const auto quote
    = item->contains("quote") && (*item)["quote"].is_string() ? trimmed((*item)["quote"].get<std::string>()) : "";
  if (*value == bant_value::unknown)
    return; // says nothing
  if (quote.empty())
    return in.fail("`" + name + ".quote` is missing. Quote the person's own words that show it.");
  out.bant.push_back({key, {*value, shortened(quote, 500), 0, 0.75, reader::model}});
}

tool_arguments record_observation(reader_of& in) {
  record_observation_arguments out;
  in.known_only({"budget", "authority", "need", "timeline", "objection", "sentiment", "key_points", "next_action"},
                "record_observation");
  for (size_t i = 0; i < bant_key_names.size(); ++i)
    read_bant_item(in, static_cast<bant_key>(i), out);
  if (auto text = in.text("objection", false); !text.empty())
    out.objection = std::move(text);
  if (const auto* value = in.at("sentiment")) {
    if (!value->is_number() || !(value->get<double>() >= -1 && value->get<double>() <= 1))
      in.fail("`sentiment` must be a number from -1 to 1.");
    else
      out.sentiment = value->get<double>();
  }
  if (const auto* list = in.at("key_points")) {
    if (!list->is_array())
      in.fail("`key_points` must be a list of texts.");
    else
      for (const auto& point : *list) {
        if (!point.is_string())
          in.fail("`key_points` must be a list of texts.");
        else if (out.key_points.size() < 8)
          out.key_points.push_back(shortened(trimmed(point.get<std::string>()), 200));
      }
  }
  out.next_action = in.text("next_action", false, 200);
  return out;
}

bool is_date(const std::string& text) {
  std::istringstream in{text};
  date::year_month_day day;
  in >> date::parse("%F", day);
  return text.size() == 10 && !in.fail() && day.ok();
}

tool_arguments
check_availability(reader_of& in, wall_time now, const person_profile& person, const conversation_policy& policy) {
  check_calendar_availability_arguments out;
  in.known_only({"preferred_dates", "duration_minutes"}, "check_calendar_availability");
  const auto* dates = in.at("preferred_dates");
  if (!dates || !dates->is_array() || dates->empty() || dates->size() > dates_max) {
    in.fail("`preferred_dates` must be a list of one to ten ISO dates, such as 2026-11-26.");
  } else {
    const auto today = local_date(now, person.zone);
    for (const auto& one : *dates) {
      // A time behind the date is harmless: only the day is asked for.
      const auto day = one.is_string() ? one.get<std::string>().substr(0, 10) : std::string{};
      if (!is_date(day))
        in.fail("`preferred_dates` must be ISO dates, such as 2026-11-26.");
      else if (day < today)
        in.fail("`preferred_dates` lie in the past. Today is " + today + " for the person: use later dates.");
      else if (std::ranges::find(out.preferred_dates, day) == out.preferred_dates.end())
        out.preferred_dates.push_back(day);
    }
  }
  const auto* minutes = in.at("duration_minutes");
  if (!minutes || !minutes->is_number()
      || !(minutes->get<double>() >= policy.meeting_minutes_min && minutes->get<double>() <= minutes_max(policy)))
    in.fail("`duration_minutes` must be a number from " + std::to_string(policy.meeting_minutes_min) + " to "
            + std::to_string(minutes_max(policy)) + ".");
  else
    out.duration_minutes = static_cast<int>(minutes->get<double>());
  return out;
}

tool_arguments book_meeting(reader_of& in, wall_time now) {
  book_meeting_arguments out;
  // More than it takes is no harm here: the slot and the address count.
  out.datetime = in.time("datetime", now);
  out.prospect_email = lower(in.text("prospect_email", true));
  if (in.error.empty() && !is_email(out.prospect_email))
    in.fail("`prospect_email` is no valid e-mail address. Ask the person to spell the e-mail address.");
  out.meeting_type = in.text("meeting_type", true);
  if (in.error.empty() && out.meeting_type != "video" && out.meeting_type != "phone")
    in.fail("`meeting_type` must be video or phone.");
  return out;
}

/// `meeting` may be left out: there is one that can be meant.
tool_arguments reschedule_meeting(reader_of& in, wall_time now, const known_meeting& meeting) {
  reschedule_meeting_arguments out;
  in.known_only({"meeting", "datetime", "reason"}, "reschedule_meeting");
  if (const auto named = in.text("meeting", false); !named.empty() && named != meeting.id)
    in.fail("`meeting` is not the person's meeting: leave it out, or use " + meeting.id + ".");
  out.datetime = in.time("datetime", now);
  out.reason = in.text("reason", false, 300);
  return out;
}

tool_arguments cancel_meeting(reader_of& in, const known_meeting& meeting) {
  cancel_meeting_arguments out;
  in.known_only({"meeting", "reason"}, "cancel_meeting");
  if (const auto named = in.text("meeting", false); !named.empty() && named != meeting.id)
    in.fail("`meeting` is not the person's meeting: leave it out, or use " + meeting.id + ".");
  out.reason = in.text("reason", false, 300);
  return out;
}

tool_arguments transfer_to_human(reader_of& in) {
  transfer_arguments out;
  in.known_only({"reason"}, "transfer_to_human");
  out.reason = in.text("reason", false, 300);
  return out;
}

tool_arguments end_call(reader_of& in) {
  end_call_arguments out;
  in.known_only({"reason", "follow_up_action"}, "end_call");
  const auto reason = in.text("reason", true);
  if (const auto known = parse<end_reason>(reason))
    out.reason = *known;
  else
    in.fail("`reason` must be one of: " + list_of(end_reason_names) + ".");
  out.follow_up_action = in.text("follow_up_action", false);
  return out;
}

} // namespace

std::vector<tool> tools(const conversation_policy& policy, bool has_meeting) {
  const json points{{"type", "array"}, {"items", {{"type", "string"}}}, {"description", "facts worth remembering"}};
  const json dates{{"type", "array"},
                   {"items", {{"type", "string"}, {"format", "date"}}},
                   {"minItems", 1},
                   {"maxItems", dates_max},
                   {"description", "ISO dates in the person's zone"}};
  auto end_reasons = json(end_reason_names);
  if (policy.last_attempt)
    end_reasons.erase(static_cast<size_t>(end_reason::callback_set));
  std::vector<tool> out{
    {"record_observation",
     "Note what the person's last words establish. Call it after every turn of the person that says something new.",
     object_schema(
       {{"budget", bant_schema("money available or obtainable")},
        {"authority", bant_schema("decides, or names who does")},
        {"need", bant_schema("a problem that the offer solves")},
        {"timeline", bant_schema("when, and what makes it so")},
        {"objection",
         {{"type", {"string", "null"}},
          {"description", "what the person objects to in the last words, null if nothing"}}},
        {"sentiment", {{"type", "number"}, {"minimum", -1}, {"maximum", 1}, {"description", "mood of the last words"}}},
        {"key_points", points},
        {"next_action", text_schema("what you do next")}},
       json::array())},
    {"check_calendar_availability",
     "Find free slots for the meeting. Offer the person only slots that this tool gave you.",
     object_schema({{"preferred_dates", dates},
                    {"duration_minutes",
                     {{"type", "integer"},
                      {"minimum", policy.meeting_minutes_min},
                      {"maximum", minutes_max(policy)},
                      {"description", "minutes"}}}},
                   {"preferred_dates", "duration_minutes"})},
    {"book_meeting",
     "Book the meeting once the person is qualified, has accepted one of the slots and has confirmed the e-mail "
     "address.",
     object_schema(
       {{"datetime",
         {{"type", "string"},
          {"format", "date-time"},
          {"description", "the accepted slot, as check_calendar_availability gave it"}}},
        {"prospect_email",
         {{"type", "string"}, {"format", "email"}, {"description", "confirmed e-mail address of the person"}}},
        {"meeting_type", {{"type", "string"}, {"enum", {"video", "phone"}}, {"description", "how to meet"}}}},
       {"datetime", "prospect_email", "meeting_type"})},
    {schedule_callback_name, "Note when the person wants to be called again, then say goodbye.",
     object_schema(
       {{"datetime", {{"type", "string"}, {"format", "date-time"}, {"description", "ISO date and time with zone"}}},
        {"reason", text_schema("why later")}},
       {"datetime"})},
    {"opt_out", "The person wants no more calls. Call it at once; the call then ends.",
     object_schema({{"reason", text_schema("the person's words")}}, json::array())},
    {"end_call", "Hang up after your last words were heard. Say goodbye first.",
     object_schema({{"reason", {{"type", "string"}, {"enum", end_reasons}, {"description", "how the call ended"}}},
                    {"follow_up_action", text_schema("what is to be done after the call")}},
                   {"reason"})}};
  if (policy.last_attempt) // what is agreed would not be kept
    std::erase_if(out, [](const tool& one) { return one.name == schedule_callback_name; });
  if (has_meeting) {
    out.push_back(
      {"cancel_meeting",
       "Call off the meeting that the person has with us already, when the person wants no other time for it.",
       object_schema({{"meeting", text_schema("id of the meeting; may be left out")},
                      {"reason", text_schema("why, in the person's words")}},
                     json::array())});
    out.push_back(
      {"reschedule_meeting",
       "Move the meeting that the person has with us already, once the person has agreed to the new time. "
       "Use check_calendar_availability first and offer its slots.",
       object_schema(
         {{"meeting", text_schema("id of the meeting; may be left out")},
          {"datetime",
           {{"type", "string"}, {"format", "date-time"}, {"description", "the new time, ISO date and time with zone"}}},
          {"reason", text_schema("why, in the person's words")}},
         {"datetime"})});
  }
  if (policy.may_transfer)
    out.push_back({"transfer_to_human",
                   "Hand the call over to a human colleague when the person asks for one. Say in one short sentence "
                   "that you connect them, and nothing after it.",
                   object_schema({{"reason", text_schema("why, in one sentence for the colleague")}}, {"reason"})});
  return out;
}

tool_arguments read_arguments(std::string_view name, std::string_view arguments, wall_time now,
                              const person_profile& person, const conversation_policy& policy) {
  if (name == schedule_callback_name && policy.last_attempt)
    return tool_error{"This is the last call to the person: no further call can be promised. Say so, and offer a "
                      "meeting or that an account manager writes."};
  const auto all = tools(policy, person.meeting.has_value());
  if (std::ranges::find(all, name, &tool::name) == all.end())
    return tool_error{"There is no such tool. Go on with the tools that you were given."};
  // An empty text is how some models write "no arguments".
  const auto in = parse_foreign(trimmed(arguments).empty() ? std::string_view{"{}"} : arguments);
  if (in.is_discarded() || !in.is_object())
    return tool_error{"The arguments of " + std::string{name}
                      + " are not a JSON object. Call it again with valid JSON."};
  reader_of reader{in};
  tool_arguments out = opt_out_arguments{};
  if (name == "record_observation")
    out = record_observation(reader);
  else if (name == "check_calendar_availability")
    out = check_availability(reader, now, person, policy);
  else if (name == "book_meeting")
    out = book_meeting(reader, now);
  else if (name == schedule_callback_name)
    out = schedule_callback_arguments{reader.time("datetime", now), reader.text("reason", false)};
  else if (name == "reschedule_meeting")
    out = reschedule_meeting(reader, now, *person.meeting);
  else if (name == "cancel_meeting")
    out = cancel_meeting(reader, *person.meeting);
  else if (name == "transfer_to_human")
    out = transfer_to_human(reader);
  else if (name == "opt_out")
    return opt_out_arguments{
      in.contains("reason") && in["reason"].is_string() ? shortened(in["reason"].get<std::string>(), 300) : ""};
  else
    out = end_call(reader);
  if (!reader.error.empty())
    return tool_error{std::move(reader.error)};
  return out;
}

} // namespace parley::mind
