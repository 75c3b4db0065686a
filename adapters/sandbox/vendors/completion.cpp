// What the practice chat model thinks: fills a JSON schema from a prompt.
#include "adapters/sandbox/model/language.hpp"
#include "adapters/sandbox/model/text.hpp"
#include "adapters/sandbox/vendors/chat.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace parley::sandbox::vendors {
namespace {

using model::as_words;
using model::has_any;
using model::sentences_of;
using model::topic;
using nlohmann::json;

/// What can be read off a prompt: its `Key: value` lines, and the last turn of
/// the person where it holds a transcript.
class prompt_reader {
public:
  explicit prompt_reader(const std::string& prompt) {
    bool in_transcript = false;
    for (const auto& line : model::split_lines(prompt)) {
      if (line.starts_with('#'))
        in_transcript = has_any(as_words(line), {"turn", "turns", "transcript", "conversation"});
      const auto begin = std::min(line.find_first_not_of("-* "), line.size());
      const auto colon = line.find(':');
      if (colon == line.npos || colon <= begin || colon - begin > 24)
        continue;
      const auto key = lower(model::trim(std::string_view{line}.substr(begin, colon - begin)));
      const std::string value{model::trim(std::string_view{line}.substr(colon + 1))};
      const auto speaker = as_words(key);
      if (has_any(speaker, {"callee", "customer"})
          || (in_transcript && has_any(speaker, {"person", "prospect", "contact", "user"}))) {
        said_ = value;
        asked_ = topic_asked(question_);
        meaning_ = model::understand(value, asked_);
        rated_ = model::qualify(value, asked_);
      } else if (in_transcript || has_any(speaker, {"agent", "caller", "assistant"})) {
        question_ = value;
      } else {
        facts_.emplace(key, value); // the first one counts
      }
    }
  }

  std::string fact(const std::string& key, const std::string& fallback = {}) const {
    const auto found = facts_.find(key);
    return found == facts_.end() || found->second.empty() || found->second == "unknown" ? fallback : found->second;
  }

  bool has_turn() const { return !said_.empty(); }
  const std::string& said() const { return said_; }
  const model::meaning& means() const { return meaning_; }
  const std::map<std::string, std::string>& rated() const { return rated_; }
  bool confirms_name() const {
    return meaning_.yes && has_any(as_words(question_), {"speaking", "talking", "is this"});
  }

private:
  static topic topic_asked(const std::string& words) {
    const auto sentences = sentences_of(words);
    const auto last = as_words(sentences.empty() ? words : sentences.back());
    if (has_any(last, {"budget", "money", "set aside"}))
      return topic::budget;
    if (has_any(last, {"decide", "decides", "decision"}))
      return topic::authority;
    if (has_any(last, {"when", "timeline", "how soon"}))
      return topic::timeline;
    if (has_any(last, {"problem", "need", "improve"}))
      return topic::need;
    if (has_any(last, {"meeting", "worth", "relevant"}))
      return topic::interest;
    return topic::none;
  }

  std::map<std::string, std::string> facts_;
  std::string question_;
  std::string said_;
  topic asked_ = topic::none;
  model::meaning meaning_;
  std::map<std::string, std::string> rated_;
};

class completion {
public:
  completion(const json& schema, const std::string& prompt, uint64_t seed)
    : root_{schema}, seed_{seed}, read_{prompt}, name_{read_.fact("name", "the person")}, role_{read_.fact(
                                                                                            "role", "decision maker")},
      company_{read_.fact("company", "the company")}, industry_{read_.fact("industry", "this industry")},
      notes_{read_.fact("notes")}, offer_{read_.fact("offer", read_.fact("about", "the offer"))} {}

  json fill() { return value(root_, {}, 0); }

private:
  using path = std::vector<std::string>;

  /// @param index Where in the enclosing list the value stands.
  json value(const json& schema, const path& at, size_t index) {
    if (schema.contains("$ref"))
      return value(resolve(schema["$ref"].get<std::string>()), at, index);
    for (const char* choice : {"anyOf", "oneOf"})
      if (schema.contains(choice) && !schema[choice].empty())
        return value(preferred(schema[choice], at), at, index);
    if (schema.contains("const"))
      return schema["const"];
    if (schema.contains("enum"))
      return one_of(schema["enum"], at, index);
    const auto type = type_of(schema, at);
    if (type == "object")
      return object(schema, at, index);
    if (type == "array")
      return list(schema, at);
    if (type == "integer" || type == "number")
      return number(schema, at, type == "integer");
    if (type == "boolean")
      return truth(tail(at, 0));
    if (type == "null")
      return nullptr;
    return text(schema, at, index);
  }

  json resolve(const std::string& reference) const {
    return reference.starts_with("#") ? root_.value(json::json_pointer{reference.substr(1)}, json::object())
                                      : json::object();
  }

  /// Of several forms null, where there is nothing to say.
  json preferred(const json& choices, const path& at) const {
    for (const auto& one : choices)
      if ((one.value("type", json{}) == "null") == !words_on(tail(at, 0)))
        return one;
    return choices[0];
  }

  std::string type_of(const json& schema, const path& at) const {
    const auto type = schema.value("type", json{});
    if (type.is_string())
      return type.get<std::string>();
    if (type.is_array()) {
      if (!words_on(tail(at, 0)) && std::find(type.begin(), type.end(), "null") != type.end())
        return "null";
      for (const auto& one : type)
        if (one != "null")
          return one.get<std::string>();
    }
    return schema.contains("properties") ? "object" : "string";
  }

  /// What the last turn says about a subject that may be left empty.
  std::optional<std::string> words_on(const std::string& subject) const {
    const auto& means = read_.means();
    const bool there = (subject.find("objection") != subject.npos && means.objection)
                       || (subject.find("opt_out") != subject.npos && means.opt_out)
                       || (subject.find("mail") != subject.npos && means.email) || read_.rated().contains(subject);
    return there ? std::optional{read_.said()} : std::nullopt;
  }

  bool truth(const std::string& subject) const {
    const auto& means = read_.means();
    if (subject.find("wrong") != subject.npos)
      return means.wrong_person;
    if (subject.find("identity") != subject.npos || subject.find("confirmed") != subject.npos)
      return read_.confirms_name();
    if (subject.find("opt_out") != subject.npos)
      return means.opt_out;
    return subject.find("interest") != subject.npos && means.yes;
  }

  /// The name that stands `back` steps before the end of the path.
  static std::string tail(const path& at, size_t back) {
    return at.size() > back ? at[at.size() - 1 - back] : std::string{};
  }

  json object(const json& schema, const path& at, size_t index) {
    json result = json::object();
    const auto properties = schema.value("properties", json::object());
    for (const auto& [name, property] : properties.items()) {
      auto inside = at;
      inside.push_back(name);
      result[name] = value(property, inside, index);
    }
    return result;
  }

  json list(const json& schema, const path& at) {
    const auto items = schema.value("items", json::object());
    const auto name = tail(at, 0);
    size_t count = name.find("pain") != name.npos ? 2 : 3;
    if (const auto kinds = kinds_in(items); kinds > 0)
      count = std::min<size_t>(kinds, 4); // one entry for each kind
    if (read_.has_turn())
      count = name.find("objection") != name.npos ? (read_.means().objection ? 1 : 0) : key_points().size();
    count = std::max(count, schema.value("minItems", size_t{0}));
    count = std::min(count, schema.value("maxItems", count));
    auto result = json::array();
    for (size_t i = 0; i < count; ++i)
      result.push_back(value(items, at, i));
    return result;
  }

  static size_t kinds_in(const json& items) {
    const auto properties = items.value("properties", json::object());
    for (const auto& [name, property] : properties.items())
      if (property.contains("enum"))
        return property["enum"].size();
    return 0;
  }

  json one_of(const json& choices, const path& at, size_t index) const {
    const auto has
      = [&](const std::string& wanted) { return std::find(choices.begin(), choices.end(), wanted) != choices.end(); };
    const auto wanted = choice_for(at);
    if (has(wanted))
      return wanted;
    if (has("unknown"))
      return "unknown";
    return choices[read_.has_turn() ? 0 : index % choices.size()];
  }

  std::string choice_for(const path& at) const {
    for (size_t back = 0; back < 2; ++back) {
      const auto name = tail(at, back);
      if (name == "approach")
        return approach();
      if (const auto found = read_.rated().find(name); found != read_.rated().end())
        return found->second;
      if (name.find("objection") != name.npos && read_.has_turn())
        return kind_of_objection();
    }
    return {};
  }

  std::string approach() const {
    const auto role = as_words(role_);
    if (is_chief(role) || has_any(role, {"vp", "director", "sales"}))
      return "direct";
    if (has_any(role, {"engineer", "analyst", "technician", "it", "developer", "doctor", "nurse", "teacher",
                       "scientist", "accountant"}))
      return "educational";
    return "consultative";
  }

  static bool is_chief(const std::string& role) {
    return has_any(role, {"ceo", "cfo", "coo", "cto", "cio", "chief", "owner", "founder", "president", "partner"});
  }

  std::string kind_of_objection() const {
    const auto kind = read_.means().objection.value_or("none");
    return kind == "timing"        ? "time"
           : kind == "vendor"      ? "competitor"
           : kind == "interest"    ? "not_needed"
           : kind == "information" ? "other"
                                   : kind;
  }

  /// The sentences of the last turn that say more than "yes, sure".
  std::vector<std::string> key_points() const {
    auto points = sentences_of(read_.said());
    std::erase_if(points, [](const std::string& x) { return std::count(x.begin(), x.end(), ' ') < 3; });
    return points;
  }

  json number(const json& schema, const path& at, bool whole) const {
    const auto low = schema.value("minimum", whole ? 0.0 : -1.0);
    const auto high = schema.value("maximum", whole ? 100.0 : 1.0);
    double result = (low + high) / 2;
    const auto subject = tail(at, 0) + " " + tail(at, 1);
    if (subject.find("probability") != subject.npos)
      result = high <= 1 ? probability() / 100.0 : probability();
    else if (subject.find("sentiment") != subject.npos && read_.has_turn())
      result = read_.means().sentiment;
    else if (subject.find("confidence") != subject.npos)
      result = low + (high - low) * 0.8;
    result = std::clamp(result, low, high);
    return whole ? json(static_cast<int64_t>(std::lround(result))) : json(result);
  }

  /// Percent; by the role's say, what the notes tell, and chance.
  double probability() const {
    const auto role = as_words(role_);
    const auto notes = as_words(notes_);
    double result = 52;
    if (is_chief(role))
      result += 18;
    else if (has_any(role, {"vp", "director", "head"}))
      result += 13;
    else if (has_any(role, {"manager", "lead"}))
      result += 6;
    else if (has_any(role, {"intern", "student", "trainee", "assistant", "receptionist"}))
      result -= 28;
    for (std::string_view good : {"interested", "demo", "asked", "growing", "expanding", "hiring", "evaluating",
                                  "looking", "downloaded", "webinar", "referral", "referred"})
      result += has_any(notes, {good}) ? 7 : 0;
    for (std::string_view bad : {"not interested", "under contract", "competitor", "no budget", "layoffs", "freeze",
                                 "unsubscribed", "complained", "closing"})
      result -= has_any(notes, {bad}) ? 14 : 0;
    result += static_cast<double>(draw(seed_, "probability " + name_ + company_, 25)) - 12;
    return std::clamp(result, 5.0, 95.0);
  }

  std::string text(const json& schema, const path& at, size_t index) const {
    auto words = words_for(at, index);
    const auto most = schema.value("maxLength", size_t{1000});
    if (words.size() > most)
      words.resize(most);
    return words;
  }

  std::string words_for(const path& at, size_t index) const {
    const auto name = tail(at, 0);
    const auto list = at.size() > 1 ? tail(at, 1) : name;
    if (read_.has_turn())
      return about_turn(name, list, index);
    if (name == "reasoning")
      return reasoning_for(list);
    if (list.find("talking") != list.npos)
      return talking_point(index);
    if (list.find("pain") != list.npos)
      return pain_point(index);
    if (list.find("objection") != list.npos)
      return objection_answer(index);
    return name.find("summary") != name.npos ? company_ + ": " + notes_ : offer_;
  }

  std::string about_turn(const std::string& name, const std::string& subject, size_t index) const {
    if (name == "reasoning")
      return "It rests on the words \"" + read_.said() + "\".";
    if (const auto points = key_points(); name.find("point") != name.npos && index < points.size())
      return points[index];
    if (name.find("action") != name.npos || name.find("next") != name.npos)
      return read_.means().opt_out     ? "end the call"
             : read_.means().objection ? "answer the objection"
                                       : "ask about what is still unknown";
    if (name == "quote")
      return words_on(subject).value_or("");
    return read_.said();
  }

  std::string talking_point(size_t index) const {
    const std::array<std::string, 3> points{
      sentences_of(offer_).empty() ? offer_ : sentences_of(offer_).front(),
      "As " + role_ + ", you see first what this costs " + company_ + " every week.",
      "Companies in " + industry_ + " can try it with one team and compare.",
    };
    return points[index % points.size()];
  }

  std::string pain_point(size_t index) const {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> known{{
      {"logistics", "stock counts that are wrong"},
      {"warehouse", "stock counts that are wrong"},
      {"retail", "shelves that are empty or overfull"},
      {"health", "appointments that are missed"},
      {"dental", "appointments that are missed"},
      {"manufactur", "machines that wait for parts"},
      {"software", "releases that slip"},
      {"finance", "reports that are put together by hand"},
    }};
    const auto industry = lower(industry_);
    if (index == 0)
      for (const auto& [key, pain] : known)
        if (industry.find(key) != industry.npos)
          return std::string{pain};
    return index == 0 ? "manual work that takes hours every week"
                      : "people who are busy with lists instead of customers";
  }

  std::string objection_answer(size_t index) const {
    static constexpr std::array<std::string_view, 4> answers{
      "It pays for itself where it saves hours every week, and in a short meeting you see what it costs before you "
      "decide.",
      "The meeting takes half an hour, at a time that you choose.",
      "You can talk to companies that use it before you decide anything.",
      "It may well fit beside what you have; the meeting shows whether a change is worth it.",
    };
    return std::string{answers[index % answers.size()]};
  }

  std::string reasoning_for(const std::string& subject) const {
    if (subject.find("probability") != subject.npos)
      return "The role \"" + role_ + "\" and the notes (" + (notes_.empty() ? "none" : notes_) + ") decide it.";
    if (subject == "approach")
      return "It suits somebody who works as " + role_ + ".";
    if (subject.find("pain") != subject.npos)
      return "It is common in " + industry_ + ".";
    if (subject.find("objection") != subject.npos)
      return "Somebody who works as " + role_ + " is likely to ask.";
    return "It follows from what is known about " + company_ + ".";
  }

  const json& root_;
  uint64_t seed_;
  prompt_reader read_;
  std::string name_, role_, company_, industry_, notes_, offer_;
};

} // namespace

json complete(const json& schema, const std::string& prompt, uint64_t seed) {
  return completion{schema, prompt, seed}.fill();
}

std::vector<double> embed(const std::string& text, size_t dimensions) {
  std::vector<double> vector(dimensions, 0.0);
  const auto words = as_words(text);
  for (size_t begin = 1; begin < words.size();) {
    const auto end = std::min(words.find(' ', begin), words.size());
    const auto word = words.substr(begin, end - begin);
    if (!word.empty())
      vector[draw(0, "word " + word, dimensions)] += draw(0, "sign " + word, 2) == 0 ? 1.0 : -1.0;
    begin = end + 1;
  }
  double length = 0;
  for (const auto x : vector)
    length += x * x;
  if (length == 0) {
    vector[0] = 1; // no words: some direction, as a model gives
    return vector;
  }
  for (auto& x : vector)
    x /= std::sqrt(length);
  return vector;
}

} // namespace parley::sandbox::vendors
