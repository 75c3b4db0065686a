#include "tests/simulation/talks.hpp"

#include "runtime/clock.hpp"
#include "runtime/json.hpp"

namespace parley::simulation {

using namespace std::chrono_literals;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

static const char* const opening = "Hello, this is Katie, an AI assistant calling for Northwind. If you want no more "
                                   "calls, say so or press 9. Am I speaking with Alex Johnson?";

talks::talk* talks::of(call_id call) {
  const auto found = talks_.find(call);
  return found == talks_.end() ? nullptr : &found->second;
}

bool talks::alive(const talk& t, uint32_t stream) {
  const auto* c = phone_.find(t.sid);
  return c && !c->ended && c->stream_up && t.stream == stream;
}

void talks::stream_opened(phone_call& c) {
  auto& t = talks_[c.call];
  if (t.sid.empty()) {
    t.sid = c.sid;
    t.plot = plot_of(c.to);
    o_.note("talk: " + std::string{to_string(t.plot)});
  }
  t.stream = c.stream;
  t.since = t.silent_from = o_.now;
  t.waits_for.clear();
  tell(c.call, media_started{c.call, c.stream, "MZ" + c.sid.substr(2)});
  tell(c.call, first_audio{c.call, 300ms});
  if (c.who == pick_up::person) {
    o_.moment("talking");
    go_on(c.call, 600ms);
  }
}

void talks::stream_closed(phone_call& c) {
  tell(c.call, media_stopped{c.call, c.stream, "closed"});
}

void talks::go_on(call_id call, nanoseconds delay) {
  o_.after(delay, [this, call, stream = of(call)->stream] {
    if (auto* t = of(call); t && alive(*t, stream))
      act(call);
  });
}

void talks::says(call_id call, speaker who, const std::string& text, nanoseconds lasts) {
  auto& t = *of(call);
  const auto from = duration_cast<milliseconds>(o_.now - t.since);
  if (who == speaker::callee) {
    phone_.find(t.sid)->spoke = o_.wall();
    tell(call, speech_started{call, from, false});
  }
  const auto until = from + duration_cast<milliseconds>(lasts);
  t.silent_from = o_.now + lasts;
  const turn_finished turn{call, who, text, "item-" + std::to_string(++t.items), from, until, false};
  // A transcript comes a moment after the words.
  const auto written = lasts + (who == speaker::callee ? o_.people.between(100ms, 900ms) : 0ns);
  o_.after(written, [this, call, turn, stream = t.stream] {
    if (auto* t = of(call); t && t->stream == stream)
      tell(call, turn);
  });
}

void talks::agent_says(call_id call, talk& t, const std::string& text) {
  ++t.step;
  says(call, speaker::agent, text, 3s);
  go_on(call, 3500ms);
}

void talks::person_says(call_id call, talk& t, const std::string& text) {
  ++t.step;
  says(call, speaker::callee, text, 2s);
  go_on(call, 3500ms);
}

void talks::uses(call_id call, talk& t, const std::string& tool, const std::string& arguments) {
  ++t.step;
  t.waits_for = "tool-" + std::to_string(++t.items);
  t.refused = false;
  tell(call, tool_called{call, t.waits_for, tool, arguments});
  o_.after(40s, [this, call, id = t.waits_for] { // no answer: the person has had enough
    if (auto* t = of(call); t && t->waits_for == id)
      phone_.hang_up(t->sid);
  });
}

void talks::tool_answered(const answer_tool& x) {
  auto* t = of(x.call);
  if (!t || t->waits_for != x.tool_call)
    return;
  t->waits_for.clear();
  const auto output = json::parse(x.output);
  t->refused = !output.value("ok", false);
  if (const auto slots = output.find("slots"); slots != output.end() && !slots->empty()) {
    t->slot = slots->front().get<std::string>();
    t->slot_spoken = output.at("local").front().get<std::string>();
  }
  go_on(x.call, 300ms);
}

/// The model says goodbye when it is told to speak at once.
void talks::prompted(call_id call) {
  auto* t = of(call);
  if (t && alive(*t, t->stream))
    says(call, speaker::agent, "Thank you for your time. Goodbye.", 2s);
}

void talks::playback_awaited(call_id call) {
  auto* t = of(call);
  if (!t)
    return;
  const auto wait = std::max<nanoseconds>(t->silent_from - o_.now, 50ms);
  o_.after(wait, [this, call, stream = t->stream] {
    if (auto* t = of(call); t && alive(*t, stream))
      tell(call, playback_finished{call});
  });
}

void talks::silence_measured(call_id call) {
  auto* t = of(call);
  if (t && alive(*t, t->stream))
    tell(call, line_silence{call, duration_cast<milliseconds>(std::max<nanoseconds>(o_.now - t->silent_from, 0ns))});
}

/// The session is gone, and with it the stream.
void talks::session_closed(call_id call) {
  auto* t = of(call);
  if (!t)
    return;
  if (auto* c = phone_.find(t->sid))
    phone_.close_stream(*c);
}

void talks::act_booking(call_id call, talk& t) {
  if (t.refused)
    return phone_.hang_up(t.sid);
  const auto day = [this](int ahead) { return to_iso(o_.wall() + std::chrono::days{ahead}).substr(0, 10); };
  switch (t.step) {
    case 1: return person_says(call, t, "Yes, this is Alex.");
    case 2: return agent_says(call, t, "We help finance teams with invoices. How do you handle this today?");
    case 3: return person_says(call, t, "We type them in by hand, and it takes us hours every week.");
    case 4: return agent_says(call, t, "I see. Are you the one who decides on this?");
    case 5: return person_says(call, t, "Yes, that's my decision.");
    case 6:
      return uses(call, t, "check_calendar_availability",
                  json{{"preferred_dates", {day(1), day(2), day(3), day(4)}}, {"duration_minutes", 30}}.dump());
    case 7:
      if (t.slot.empty())
        return phone_.hang_up(t.sid);
      return agent_says(call, t, "I have " + t.slot_spoken + ", your time. Does that work for you?");
    case 8: return person_says(call, t, "Yes, that works for me.");
    case 9: return agent_says(call, t, "Shall I send the invitation to alex@acme.example?");
    case 10: return person_says(call, t, "Yes, please.");
    case 11:
      return uses(
        call, t, "book_meeting",
        json{{"datetime", t.slot}, {"prospect_email", "alex@acme.example"}, {"meeting_type", "video"}}.dump());
    case 12: return agent_says(call, t, "Wonderful, we are booked. Thank you, and goodbye.");
    default: return phone_.hang_up(t.sid);
  }
}

void talks::act(call_id call) {
  auto& t = *of(call);
  if (!t.waits_for.empty())
    return;
  if (t.step == 0)
    return agent_says(call, t, opening);
  const auto last = [&] { o_.after(20s, [this, sid = t.sid] { phone_.hang_up(sid); }); };
  switch (t.plot) {
    case plot::books: return act_booking(call, t);
    case plot::opts_out:
      if (t.step == 1)
        return person_says(call, t, "Please take me off your list and never call me again.");
      if (t.step == 2)
        return agent_says(call, t, "I am sorry, I will do so at once. Goodbye.");
      return last();
    case plot::opts_out_key:
      phone_.find(t.sid)->spoke = o_.wall();
      tell(call, key_pressed{call, "9"});
      return last();
    case plot::not_interested:
      switch (t.step) {
        case 1: return person_says(call, t, "Yes, this is Alex.");
        case 2: return agent_says(call, t, "We read invoices by machine. Does that sound relevant to you?");
        case 3: return person_says(call, t, "That's too expensive.");
        case 4: return agent_says(call, t, "I understand. Would a short look be worth it?");
        case 5: return person_says(call, t, "No, I'm really not interested.");
        case 6: return agent_says(call, t, "Thank you for your time. Goodbye.");
        default: return last();
      }
    case plot::hangs_up: return phone_.hang_up(t.sid);
    case plot::calls_back:
      switch (t.step) {
        case 1: return person_says(call, t, "I am busy right now, can you call me back later?");
        case 2: return agent_says(call, t, "Of course. Would two hours from now suit you?");
        case 3: return person_says(call, t, "Yes, in two hours is fine.");
        case 4:
          return uses(call, t, "schedule_callback",
                      json{{"datetime", to_iso(o_.wall() + 2h)}, {"reason", "busy"}}.dump());
        case 5: return agent_says(call, t, "Very well, I will call you then. Goodbye.");
        default: return last();
      }
    case plot::wants_human:
      switch (t.step) {
        case 1: return person_says(call, t, "Can I talk to a real person, please?");
        case 2: return agent_says(call, t, "Of course, I am connecting you now.");
        case 3: return uses(call, t, "transfer_to_human", json{{"reason", "asks for a person"}}.dump());
        default: return last();
      }
    default: // silent: the node notices
      o_.after(3min, [this, sid = t.sid] { phone_.hang_up(sid); });
  }
}

} // namespace parley::simulation
