// What has happened between the CRM's people and a contact.
#include "adapters/hubspot/core.hpp"
#include "adapters/hubspot/html.hpp"
#include "adapters/hubspot/objects.hpp"
#include "runtime/clock.hpp"

#include <algorithm>
#include <charconv>

namespace parley::hubspot {

using nlohmann::json;

namespace {

/// One line of history: when it was and what it said.
struct interaction {
  std::string at; ///< as HubSpot writes it, which sorts by time
  std::string words;
};

std::string line_of(const std::string& day, const char* what, const std::string& heading, const std::string& words) {
  return day + " " + what + ": " + heading + (heading.empty() || words.empty() ? "" : ": ") + words;
}

std::vector<interaction>
interactions_of(const http_response& response, const char* what, const char* title, const char* body) {
  std::vector<interaction> out;
  const auto answer = json_of(response);
  for (const auto& object : answer.at("results")) {
    const auto& properties = object.at("properties");
    const auto heading = title ? words_of(text_of(properties, title)) : std::string{};
    const auto words = words_of(text_of(properties, body));
    if (heading.empty() && words.empty())
      continue;
    const auto at = text_of(properties, "hs_timestamp");
    out.push_back({at, line_of(at.substr(0, 10), what, heading, words)});
  }
  return out;
}

/// Unix milliseconds at the end of the year 9999: what lies behind is no date.
constexpr int64_t instant_max = 253'402'300'799'999;

/// HubSpot writes instants as ISO text or as Unix milliseconds.
wall_time instant_of(const std::string& text) {
  if (const auto iso = parse_iso(text))
    return *iso;
  int64_t milliseconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), milliseconds);
  const bool whole
    = error == std::errc{} && end == text.data() + text.size() && milliseconds >= 0 && milliseconds <= instant_max;
  return wall_time{std::chrono::milliseconds{whole ? milliseconds : 0}};
}

/// Plain text as it is, with its lines; of HTML the words.
std::string mail_text(const json& properties, size_t bytes_max) {
  auto text = text_of(properties, "hs_email_text");
  if (text.empty())
    text = words_of(text_of(properties, "hs_email_html"));
  return shortened(std::move(text), bytes_max);
}

} // namespace

exchange<crm_contact> core::latest_of(const std::string& type, const std::string& contact_id,
                                      std::vector<std::string> properties, size_t limit) const {
  auto body = search_body(any_of({filter("associations.contact", contact_id)}), std::move(properties), limit);
  body["sorts"] = json::array({{{"propertyName", "hs_timestamp"}, {"direction", "DESCENDING"}}});
  exchange<crm_contact> x;
  x.operation = "search_" + type;
  x.request = json_request("POST", objects(type + "/search"), body);
  return x;
}

/// The latest notes and calls, newest first, by HubSpot's own sorting.
dialogue<crm_contact> core::read_history(crm_contact contact) const {
  if (settings_.interactions_max == 0)
    return read_emails(std::move(contact));
  const auto latest = [this, id = contact.crm_id](const std::string& type, std::vector<std::string> properties) {
    return latest_of(type, id, std::move(properties), settings_.interactions_max);
  };
  auto notes = latest("notes", {"hs_timestamp", "hs_note_body"});
  auto calls = latest("calls", {"hs_timestamp", "hs_call_title", "hs_call_body"});
  notes.then = [this, contact, calls](const http_response& response) mutable -> dialogue<crm_contact> {
    if (!response.ok())
      return error_of(response);
    const auto read = interactions_of(response, "note", nullptr, "hs_note_body");
    calls.then = [this, contact, read](const http_response& answer) -> dialogue<crm_contact> {
      if (!answer.ok())
        return error_of(answer);
      auto all = interactions_of(answer, "call", "hs_call_title", "hs_call_body");
      all.insert(all.end(), read.begin(), read.end());
      std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.at > b.at; });
      auto result = contact;
      for (size_t i = 0; i < std::min(all.size(), settings_.interactions_max); ++i)
        result.interactions.push_back(shortened(std::move(all[i].words), settings_.interaction_chars_max));
      return read_emails(std::move(result));
    };
    return calls;
  };
  return notes;
}

/// The latest mails, newest first. Reading them needs a right of its own
/// (sales-email-read), which an account need not give: then there are none.
dialogue<crm_contact> core::read_emails(crm_contact contact) const {
  if (settings_.emails_max == 0)
    return contact;
  auto mails = latest_of("emails", contact.crm_id,
                         {"hs_timestamp", "hs_email_direction", "hs_email_subject", "hs_email_text", "hs_email_html",
                          "hs_email_thread_id"},
                         settings_.emails_max);
  mails.then = [this, contact = std::move(contact)](const http_response& response) -> dialogue<crm_contact> {
    auto result = contact;
    if (response.failure == http_failure::none && response.status == 403)
      return result;
    if (!response.ok())
      return error_of(response);
    const auto answer = json_of(response);
    for (const auto& object : answer.at("results")) {
      const auto& properties = object.at("properties");
      crm_email mail;
      mail.id = object.at("id").get<std::string>();
      mail.at = instant_of(text_of(properties, "hs_timestamp"));
      mail.incoming = text_of(properties, "hs_email_direction") == "INCOMING_EMAIL";
      mail.subject = text_of(properties, "hs_email_subject");
      mail.thread = text_of(properties, "hs_email_thread_id");
      mail.text = mail_text(properties, settings_.email_chars_max);
      if (!mail.subject.empty() || !mail.text.empty())
        result.emails.push_back(std::move(mail));
    }
    std::ranges::stable_sort(result.emails, std::greater{}, &crm_email::at);
    return result;
  };
  return mails;
}

} // namespace parley::hubspot
