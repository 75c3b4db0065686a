#include "adapters/sandbox/model/conversation.hpp"

#include "adapters/sandbox/audio.hpp"
#include "adapters/sandbox/model/text.hpp"

#include <algorithm>
#include <utility>

namespace parley::sandbox::model {

using namespace std::chrono_literals;

std::string words_in(const std::vector<line>& lines) {
  std::vector<std::string> texts;
  for (const auto& one : lines)
    texts.push_back(one.text);
  return join(texts, " ");
}

void turn::cut(std::string_view spoken) {
  auto left = words_of(spoken).size();
  std::vector<line> kept;
  for (auto& one : lines) {
    const auto words = words_of(one.text);
    if (left == 0)
      break;
    if (left < words.size()) {
      one.text = join({words.begin(), words.begin() + static_cast<std::ptrdiff_t>(left)}, " ");
      one.complete = false;
    }
    left -= std::min(left, words.size());
    kept.push_back(std::move(one));
  }
  lines = std::move(kept);
}

namespace {

/// Whether a tool did what it was asked to; a refusal says so itself.
bool accepted(const nlohmann::json& result) {
  return !result.is_object() || !result.contains("ok") || result["ok"] == true;
}

/// Three slots that are not all the same morning.
std::vector<instant> worth_proposing(const std::vector<instant>& slots) {
  std::vector<instant> result;
  for (const auto slot : slots)
    if (result.size() < 3 && (result.empty() || slot - result.back() >= 2h))
      result.push_back(slot);
  return result;
}

class reader {
public:
  reader(const session_view& session, const std::optional<person_clock>& clock) : clock_{clock} {
    if (!session.text.person.email.empty())
      m.email = session.text.person.email;
    m.said_anything = !session.text.resume.empty();
    for (const auto& one : session.turns)
      read(one);
  }

  memory m;

private:
  void read(const turn& one) {
    switch (one.what) {
      case turn::kind::heard: return hear(one);
      case turn::kind::said: return speak(one);
      case turn::kind::called: return call(one);
      case turn::kind::result: return learn(one);
      case turn::kind::note:
        m.note = one.words;
        m.nobody_took_it = m.nobody_took_it || std::exchange(m.handed_over, false); // told to speak again
        return;
    }
  }

  void speak(const turn& one) {
    if (one.lines.empty())
      return; // talked over before the first word: nothing was answered
    m.said_anything = true;
    m.heard.clear();
    m.note.clear();
    m.result.reset();
    m.observed = false;
    for (const auto& said : one.lines) {
      if (said.complete)
        m.said.insert(said.text);
      ++m.asked[said.about];
      if (said.about != topic::correction && said.about != topic::none)
        m.last_question = said.about;
    }
  }

  void hear(const turn& one) {
    ++m.turns_heard;
    m.observed = false;
    m.heard = m.heard.empty() ? one.words : m.heard + " " + one.words;
    m.question_heard = m.last_question;
    m.means = understand(m.heard, m.last_question);
    if (m.last_question == topic::interest && m.means.no)
      m.means.objection = "interest";
    if (m.means.objection && !m.means.opt_out)
      ++m.objections;
    m.interested = m.interested || (m.last_question == topic::interest && m.means.yes);
    m.moving = m.moving || m.means.moves_meeting;
    m.cancelling = m.cancelling || m.means.cancels_meeting;
    m.by_phone = m.by_phone || m.means.by_phone;
    hear_email();
    hear_slot();
  }

  void hear_email() {
    if (m.means.email) {
      // An address of one's own needs no reading back when it is the same.
      m.email_confirmed = m.last_question == topic::email && m.email == m.means.email;
      m.email = m.means.email;
    } else if (m.last_question == topic::email) {
      if (m.means.no) {
        m.email.reset();
        m.email_confirmed = false;
      } else if (m.email && (m.means.yes || m.asked[topic::email] > 1)) {
        m.email_confirmed = true;
      }
    }
  }

  void hear_slot() {
    if (!clock_)
      return;
    const auto spoken = hear_time(m.heard, *clock_);
    const bool asked = m.last_question == topic::meeting_time;
    if (m.slots.empty()) {
      if (asked || m.means.moves_meeting || m.last_question == topic::interest)
        m.wanted = spoken;
      return;
    }
    if (!asked && (spoken.empty() || m.means.call_later || m.last_question != topic::email))
      return;
    const auto slot = choose_slot(m.heard, m.proposed, m.slots, *clock_);
    if (slot || asked)
      m.chosen = slot;
    m.wanted = slot ? spoken_time{} : spoken;
  }

  void call(const turn& one) {
    m.observed = m.observed || one.tool == "record_observation";
    m.calendar_checks += one.tool == "check_calendar_availability" ? 1 : 0;
    m.booking_attempts
      += one.tool == "book_meeting" || one.tool == "reschedule_meeting" || one.tool == "cancel_meeting" ? 1 : 0;
    m.opted_out = m.opted_out || one.tool == "opt_out";
    m.handed_over = m.handed_over || one.tool == "transfer_to_human";
    m.end_attempts += one.tool == "end_call" ? 1 : 0;
    m.ended = m.ended || one.tool == "end_call";
  }

  void learn(const turn& one) {
    const bool ok = accepted(one.data);
    if (one.tool == "record_observation")
      return; // its answer is in the next instructions
    m.result = one;
    if (one.tool == "check_calendar_availability" && ok)
      learn_slots(one.data);
    m.booked = m.booked || (one.tool == "book_meeting" && ok);
    m.moved = m.moved || (one.tool == "reschedule_meeting" && ok);
    m.handed_over = m.handed_over && (one.tool != "transfer_to_human" || ok);
    m.cancelled = m.cancelled || (one.tool == "cancel_meeting" && ok);
    m.callback_set = m.callback_set || (one.tool == "schedule_callback" && ok);
    if (one.tool == "end_call" && !ok)
      m.ended = false;
    if (one.tool == "book_meeting" && !ok)
      learn_choice(one.data);
  }

  /// "The person accepted 2026-11-26T20:00:00Z, not …": then that is the slot.
  void learn_choice(const nlohmann::json& data) {
    const auto error = data.contains("error") && data["error"].is_string() ? data["error"].get<std::string>() : "";
    const auto at = error.find("accepted 20");
    if (at == error.npos)
      return;
    const auto begin = at + std::string_view{"accepted "}.size();
    if (const auto named = parse_instant(error.substr(begin, error.find_first_of(" ,", begin) - begin)))
      m.chosen = *named;
  }

  void learn_slots(const nlohmann::json& data) {
    m.slots.clear();
    m.chosen.reset();
    const auto found = data.is_object() && data.contains("slots") ? data["slots"] : nlohmann::json::array();
    for (const auto& slot : found)
      if (slot.is_string())
        if (const auto at = parse_instant(slot.get<std::string>()))
          m.slots.push_back(*at);
    std::sort(m.slots.begin(), m.slots.end());
    m.proposed = worth_proposing(m.slots);
    // "Thursday at three" was heard before the calendar was looked at.
    if (clock_ && m.wanted.time_of_day && !m.wanted.roughly && !m.heard.empty())
      m.chosen = choose_slot(m.heard, m.proposed, m.slots, *clock_);
    m.wanted = {};
  }

  const std::optional<person_clock>& clock_;
};

} // namespace

memory recall(const session_view& session, const std::optional<person_clock>& clock) {
  return reader{session, clock}.m;
}

} // namespace parley::sandbox::model
