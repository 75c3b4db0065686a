#include "actors/memory/emails.hpp"

#include "runtime/clock.hpp"
#include "runtime/foreign_json.hpp"
#include "runtime/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "emails_prompt.inc" // made by CMake from config/prompts/emails.md

namespace parley::memories {

using nlohmann::json;

namespace {

constexpr size_t rules_lines_max = 4;
constexpr size_t summary_bytes_max = 600;
constexpr size_t mail_bytes_max = 2'000;
constexpr uint32_t tokens_per_thread = 160;
/// Of a thread's mails: the newest, which a prompt and a summary have room for.
constexpr size_t mails_asked_max = 8;
constexpr size_t mails_told_max = 3;
constexpr size_t known_max = 200;

std::string_view trimmed(std::string_view line) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!line.empty() && blank(line.front()))
    line.remove_prefix(1);
  while (!line.empty() && blank(line.back()))
    line.remove_suffix(1);
  return line;
}

std::string in_lower_case(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    out.push_back(trimmed(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

/// "On Tue, 3 Mar 2026 at 10:12, Ann Lee <ann@…> wrote:" and what other mail
/// programs put before an older mail. The line may go on in the next one.
bool begins_quote(std::string_view line, std::string_view next) {
  const auto text = in_lower_case(line);
  if (text.find("original message") != text.npos || text.find("forwarded message") != text.npos)
    return text.starts_with("--") || text.starts_with("begin ");
  const auto says_wrote = [](const std::string& x) { return x.ends_with("wrote:") || x.ends_with("schrieb:"); };
  if (text.starts_with("on ") || text.starts_with("am "))
    return says_wrote(text) || (!text.ends_with(".") && says_wrote(in_lower_case(next)));
  // Outlook's block of headers.
  if (text.starts_with("from:") && text.find('@') != text.npos) {
    const auto after = in_lower_case(next);
    return after.starts_with("sent:") || after.starts_with("date:") || after.starts_with("to:");
  }
  return text.size() > 20 && text.find_first_not_of('_') == text.npos;
}

bool begins_signature(std::string_view line) {
  if (line == "--" || line == "—")
    return true;
  static constexpr auto closings = std::to_array<std::string_view>(
    {"best", "best regards", "best wishes", "cheers", "kind regards", "many thanks", "regards", "sincerely", "thanks",
     "thank you", "warm regards", "yours", "yours sincerely", "yours truly"});
  auto text = in_lower_case(line);
  if (text.starts_with("sent from my ") || text.starts_with("get outlook for "))
    return true;
  while (!text.empty() && (text.back() == ',' || text.back() == '!' || text.back() == '.'))
    text.pop_back();
  return std::find(closings.begin(), closings.end(), text) != closings.end();
}

} // namespace

std::string own_words(std::string_view text) {
  const auto lines = lines_of(text);
  std::string out;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].starts_with('>'))
      continue;
    if (begins_quote(lines[i], i + 1 < lines.size() ? lines[i + 1] : std::string_view{}))
      break;
    // A thanks in the first line opens a mail, it does not close it.
    if (begins_signature(lines[i]) && !trimmed(out).empty())
      break;
    if (lines[i].empty() && (out.empty() || out.ends_with("\n\n")))
      continue;
    out.append(lines[i]).append("\n");
  }
  while (!out.empty() && out.back() == '\n')
    out.pop_back();
  return out;
}

std::string summary_by_rules(const crm_email& mail) {
  const auto words = own_words(mail.text);
  std::vector<std::string_view> lines;
  for (const auto line : lines_of(words))
    if (!line.empty())
      lines.push_back(line);
  std::string out;
  for (size_t i = lines.size() - std::min(lines.size(), rules_lines_max); i < lines.size(); ++i)
    out.append(out.empty() ? "" : " ").append(lines[i]);
  return shortened(out, summary_bytes_max);
}

static std::string thread_key(const crm_email& mail) {
  if (!mail.thread.empty())
    return "thread " + mail.thread;
  auto subject = in_lower_case(trimmed(mail.subject));
  static constexpr auto marks = std::to_array<std::string_view>({"re:", "fw:", "fwd:", "aw:", "wg:", "antw:", "sv:"});
  for (bool again = true; std::exchange(again, false);)
    for (const auto mark : marks)
      if (subject.starts_with(mark)) {
        subject = std::string{trimmed(std::string_view{subject}.substr(mark.size()))};
        again = true;
      }
  return subject.empty() ? "mail " + mail.id : "subject " + subject;
}

size_t mail_thread::fresh() const {
  return static_cast<size_t>(std::count_if(mails.begin(), mails.end(), [this](const crm_email& mail) {
    return std::find(known.begin(), known.end(), mail.id) == known.end();
  }));
}

std::vector<mail_thread> threads_of(std::vector<crm_email> mails) {
  std::stable_sort(mails.begin(), mails.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  std::vector<mail_thread> out;
  for (auto& mail : mails) {
    auto key = thread_key(mail);
    auto found = std::find_if(out.begin(), out.end(), [&](const auto& x) { return x.key == key; });
    if (found == out.end()) {
      out.push_back({std::move(key), {}, {}, {}, {}});
      found = out.end() - 1;
    }
    const bool doubled
      = std::any_of(found->mails.begin(), found->mails.end(), [&](const auto& x) { return x.id == mail.id; });
    if (!doubled)
      found->mails.push_back(std::move(mail));
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.mails.back().at > b.mails.back().at; });
  return out;
}

void take_known(mail_thread& thread, const context_row& row) {
  const auto metadata = json::parse(row.metadata, nullptr, false);
  if (!metadata.is_object() || !metadata.contains("emails") || !metadata["emails"].is_array())
    return; // not one of ours: it is written anew
  for (const auto& id : metadata["emails"])
    if (id.is_string())
      thread.known.push_back(id.get<std::string>());
  thread.before = metadata.value("summary", std::string{});
  thread.began = parse_iso(metadata.value("began", std::string{}));
}

std::string summary_by_rules(const mail_thread& thread) {
  if (thread.mails.size() == 1 && thread.before.empty())
    return summary_by_rules(thread.mails.front());
  std::string out;
  const auto& mails = thread.mails;
  for (size_t i = mails.size() - std::min(mails.size(), mails_told_max); i < mails.size(); ++i)
    if (const auto one = summary_by_rules(mails[i]); !one.empty())
      out += (out.empty() ? "" : " ") + std::string{mails[i].incoming ? "The person: " : "We: "}
             + shortened(one, summary_bytes_max / mails_told_max - 16);
  return out;
}

std::variant<completion_request, mind::template_error> summary_question(const std::vector<mail_thread>& threads) {
  std::string listed;
  for (size_t i = 0; i < threads.size(); ++i) {
    const auto& thread = threads[i];
    listed += "## Thread " + std::to_string(i + 1) + "\n";
    if (!thread.before.empty())
      listed += "Summary so far: " + mind::one_line(thread.before, summary_bytes_max) + "\n";
    const auto& mails = thread.mails;
    for (size_t m = mails.size() - std::min(mails.size(), mails_asked_max); m < mails.size(); ++m) {
      const auto& mail = mails[m];
      listed += "### Mail of " + to_iso(mail.at).substr(0, 10) + (mail.incoming ? ", from the person" : ", from us")
                + "\nSubject: " + mind::one_line(mail.subject, 200) + "\n"
                + mind::paragraph(own_words(mail.text), mail_bytes_max) + "\n";
    }
  }
  auto text = mind::render(emails_prompt_text, {{"mails", listed}});
  if (auto* error = std::get_if<mind::template_error>(&text))
    return *error;
  const json entry{{"type", "object"},
                   {"properties",
                    {{"number", {{"type", "integer"}, {"minimum", 1}, {"maximum", threads.size()}}},
                     {"summary", {{"type", "string"}, {"minLength", 1}, {"maxLength", summary_bytes_max}}}}},
                   {"required", json::array({"number", "summary"})},
                   {"additionalProperties", false}};
  completion_request out;
  out.purpose = "emails";
  out.system = "You are a careful secretary. You answer with one JSON object and nothing else.";
  out.prompt = std::get<std::string>(std::move(text));
  out.schema_name = "thread_summaries";
  out.schema = json{
    {"type", "object"},
    {"properties", {{"summaries", {{"type", "array"}, {"items", entry}, {"maxItems", threads.size()}}}}},
    {"required", json::array({"summaries"})},
    {"additionalProperties",
     false}}.dump();
  out.tokens_max = static_cast<uint32_t>(100 + tokens_per_thread * threads.size());
  return out;
}

std::map<size_t, std::string> read_summaries(const std::string& answer, size_t threads) {
  std::map<size_t, std::string> out;
  const auto in = parse_foreign(answer);
  if (!in.is_object() || !in.contains("summaries") || !in["summaries"].is_array())
    return out;
  for (const auto& one : in["summaries"]) {
    if (!one.is_object() || !one.contains("number") || !one["number"].is_number_integer() || !one.contains("summary")
        || !one["summary"].is_string())
      continue;
    const auto number = one["number"].get<int64_t>();
    const auto summary = mind::one_line(one["summary"].get<std::string>(), summary_bytes_max * 2);
    if (number >= 1 && number <= static_cast<int64_t>(threads) && !trimmed(summary).empty()
        && summary.size() <= summary_bytes_max)
      out.emplace(static_cast<size_t>(number), summary);
  }
  return out;
}

context_row row_of(const mail_thread& thread, const uuid& id, const prospect_id& prospect, const std::string& summary,
                   const char* by) {
  const auto& last = thread.mails.back();
  auto ids = thread.known;
  for (const auto& mail : thread.mails)
    if (std::find(ids.begin(), ids.end(), mail.id) == ids.end())
      ids.push_back(mail.id);
  if (ids.size() > known_max)
    ids.erase(ids.begin(), ids.end() - known_max);
  const auto began = std::min(thread.began.value_or(last.at), thread.mails.front().at);
  const auto day = [](wall_time at) { return to_iso(at).substr(0, 10); };
  const auto* side = last.incoming ? " from the person" : " from us";
  context_row out;
  out.id = id;
  out.prospect = prospect;
  out.context_type = "email";
  out.content = ids.size() == 1 ? "E-mail of " + day(last.at) + side
                                : std::to_string(ids.size()) + " e-mails of " + day(began) + " to " + day(last.at)
                                    + ", the last" + side;
  if (!last.subject.empty())
    out.content += ", \"" + mind::one_line(last.subject, 200) + "\"";
  out.content += summary.empty() ? "." : ": " + summary;
  out.metadata
    = json{{"emails", ids},          {"thread", thread.key}, {"subject", last.subject}, {"incoming", last.incoming},
           {"began", to_iso(began)}, {"summary", summary},   {"summary_by", by}}
        .dump(-1, ' ', false, json::error_handler_t::replace);
  out.created_at = last.at;
  return out;
}

} // namespace parley::memories
