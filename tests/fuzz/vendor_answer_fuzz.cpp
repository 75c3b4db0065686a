// What vendors answer over HTTP. An input is the name of a question of ours, a
// line, then the answers, each a status, a line, and a body, with a record
// separator (0x1E) in between; the dialogue goes on as long as there are some.
#include "adapters/apollo/core.hpp"
#include "adapters/google_calendar/core.hpp"
#include "adapters/http/oauth.hpp"
#include "adapters/hubspot/core.hpp"
#include "adapters/hubspot/html.hpp"
#include "adapters/openai/core.hpp"
#include "adapters/openai/embeddings.hpp"
#include "adapters/twilio/rest.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <charconv>
#include <map>

namespace vendor_answer_fuzz {

using namespace parley;
using fuzz::holds;

namespace {

constexpr int exchanges_max = 30;
const wall_time now{std::chrono::hours{24 * 20'000}};

http_response next_answer(std::string_view& rest) {
  const auto end = std::min(rest.find('\x1e'), rest.size());
  auto answer = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  http_response out;
  const auto status = fuzz::take_line(answer);
  out.status = 200;
  std::from_chars(status.data(), status.data() + status.size(), out.status);
  out.body = answer;
  return out;
}

/// Holds a dialogue to its end, or until there are no more answers.
template <class T>
void talk(dialogue<T> x, std::string_view answers, const std::function<void(const T&)>& check = {}) {
  for (int i = 0; i < exchanges_max && !answers.empty(); ++i) {
    const auto* asked = std::get_if<exchange<T>>(&x);
    if (!asked)
      break;
    holds(asked->request.url.starts_with("https://"), "no answer sends our credentials elsewhere in the clear");
    x = detail::read_answer(exchange<T>{*asked}, next_answer(answers), "a vendor");
  }
  if (const auto* result = std::get_if<T>(&x); result && check)
    check(*result);
  if (const auto* error = std::get_if<caf::error>(&x))
    holds(static_cast<bool>(*error), "an error says that something is wrong");
}

void check_call(const carrier_call& x) {
  holds(!x.sid.empty(), "a call that the carrier shows has a SID");
  holds(x.duration >= std::chrono::seconds{0} && x.duration <= std::chrono::hours{24 * 366},
        "no call lasts for years, nor less than nothing");
}

void check_calls(const carrier_calls& x) {
  for (const auto& call : x.calls)
    check_call(call);
}

crm_activity activity(crm_activity_kind kind) {
  crm_activity out;
  out.key = "call-1";
  out.kind = kind;
  out.contact.email = "ann@example.com";
  out.contact_name = "Ann Example";
  out.at = now;
  out.body = "They talked.";
  out.outcome = kind == crm_activity_kind::call ? "no_answer" : "";
  out.end = now + std::chrono::minutes{30};
  return out;
}

embed two_texts() {
  embed out;
  out.texts = {"one", "two"};
  return out;
}

/// Two requests with access tokens. The answers go to whoever asks next, the
/// token endpoint or the vendor; a vendor's only needs a status.
void read_tokens(std::string_view answers) {
  int refreshes = 0;
  const auto token_endpoint = [&](const http_request& asked, const http_callback& done) {
    ++refreshes;
    holds(form_decode(asked.body).has_value(), "a refresh token that was read is written as a form");
    done(next_answer(answers));
  };
  const auto api = [&](const http_request& asked, const http_callback& done) {
    const bool authorised = asked.headers.size() == 1 && asked.headers[0].first == "Authorization"
                            && asked.headers[0].second.starts_with("Bearer ");
    holds(authorised, "a request carries one access token");
    done(next_answer(answers));
  };
  oauth_session session{{"https://vendor.example/token", "id", "secret", "refresh"}, api, token_endpoint};
  for (int i = 0; i < 2; ++i) {
    int answered = 0;
    session.send(get("https://vendor.example/"), [&](const http_response& x) {
      ++answered;
      holds(x.failure == http_failure::none || x.body.empty(), "what a token endpoint says is not passed on");
    });
    holds(answered == 1, "a request is answered once");
  }
  holds(refreshes <= 4, "a request is worth two tokens at most");
}

using reader = std::function<void(std::string_view)>;

const twilio_settings& carrier_settings() {
  static const twilio_settings settings = [] {
    twilio_settings out;
    out.account_sid = "AC1";
    out.public_url = "https://parley.example.com";
    return out;
  }();
  return settings;
}

/// What is asked of a call that is up, and of recordings.
std::map<std::string_view, reader> readers_of_live_calls() {
  static const auto& carrier = carrier_settings();
  const auto with = [](const auto& order) { return [order](auto x) { talk<carrier_call>(order(), x, check_call); }; };
  return {
    {"twilio.end", with([] {
       return twilio::end(carrier, {{}, "CA1", false}, now);
     })},
    {"twilio.cancel", with([] {
       return twilio::end(carrier, {{}, "CA1", true}, now);
     })},
    {"twilio.redirect", with([] {
       return twilio::redirect(carrier, {{}, "CA1", "/voice/resume?call=1"}, now);
     })},
    {"twilio.transfer", with([] {
       transfer_call order;
       order.sid = "CA1";
       order.to = "+16145550132";
       order.from = "+12125550199";
       order.announcement = "One moment.";
       order.language = "en-US";
       return twilio::transfer(carrier, order, now);
     })},
    {"twilio.leave_message", with([] {
       return twilio::leave_message(carrier, {{}, "CA1", "Call us back.", "en-US"}, now);
     })},
    {"twilio.record",
     [](auto x) {
       talk<recording_started>(twilio::record(carrier, {{}, "CA1"}), x, [](const recording_started& begun) {
         holds(!begun.recording_sid.empty(), "a recording that was begun has a SID");
       });
     }},
    {"twilio.stop_recording",
     [](auto x) {
       talk<recording_stopped>(twilio::stop_recording(carrier, {{}, "CA1", "RE1"}), x);
     }},
    {"twilio.fetch_recording",
     [](auto x) {
       talk<recording_audio>(twilio::fetch_recording(carrier, {{}, "RE1"}), x, [](const recording_audio& audio) {
         holds(!audio.bytes.empty() && !audio.content_type.empty(), "a recording has audio of some kind");
       });
     }},
    {"twilio.delete_recording",
     [](auto x) {
       talk<recording_deleted>(twilio::delete_recording(carrier, {{}, "RE1"}), x, [](const recording_deleted& gone) {
         holds(gone.recording_sid == "RE1", "what was deleted is what was to be");
       });
     }},
  };
}

std::map<std::string_view, reader> readers() {
  static const auto& carrier = carrier_settings();
  static const hubspot::core crm{hubspot_settings{}};
  static const google_calendar::core calendar{google_calendar_settings{}};
  static const apollo_settings enrichment;
  static const openai_settings llm;
  static const openai_embedder_settings embedder;
  static const time_range hour{now, now + std::chrono::hours{1}};
  return {
    {"twilio.dial",
     [](auto x) {
       const auto reply = twilio::read_reply(next_answer(x));
       const auto result = twilio::classify({}, reply);
       holds(result.outcome != submission::created || !result.sid.empty(), "a call that was created has a SID");
     }},
    {"twilio.fetch", [](auto x) { talk<carrier_call>(twilio::fetch(carrier, "CA1", now), x, check_call); }},
    {"twilio.list", [](auto x) { talk<carrier_calls>(twilio::list(carrier, {}), x, check_calls); }},
    {"oauth.tokens", read_tokens},
    {"hubspot.find",
     [](auto x) {
       talk<crm_contact>(crm.find({{}, "ann@example.com", "+16145550132"}), x);
     }},
    {"hubspot.read",
     [](auto x) {
       talk<crm_contact>(crm.find({"17", {}, {}}), x);
     }},
    {"hubspot.search",
     [](auto x) {
       talk<crm_contacts>(crm.search({{{"state", {"TX"}}}, {}, 10}), x);
     }},
    {"hubspot.call", [](auto x) { talk<crm_written>(crm.write(activity(crm_activity_kind::call), ""), x); }},
    {"hubspot.meeting", [](auto x) { talk<crm_written>(crm.write(activity(crm_activity_kind::meeting), "17"), x); }},
    {"hubspot.words",
     [](auto x) {
       const auto words = hubspot::words_of(x);
       holds(hubspot::shortened(words, 40).size() <= 43, "a shortened text is short, its dots aside");
     }},
    {"hubspot.throttled", [](auto x) { hubspot::throttled(next_answer(x)); }},
    {"google.free_busy",
     [](auto x) {
       talk<busy_times>(calendar.free_busy({"ann", hour}), x);
     }},
    {"google.put",
     [](auto x) {
       put_event event;
       event.calendar = "ann";
       event.event_id = "abcde";
       event.when = hour;
       talk<event_written>(calendar.put(event), x);
     }},
    {"google.changes",
     [](auto x) {
       talk<event_changes>(calendar.changes({"ann", "token"}, now), x);
     }},
    {"google.throttled", [](auto x) { google_calendar::throttled(next_answer(x)); }},
    {"apollo.find",
     [](auto x) {
       enrich who;
       who.email = "ann@example.com";
       talk<enriched>(apollo::find(enrichment, who), x,
                      [](const enriched& found) { holds(found.employees >= 0, "nobody employs less than nobody"); });
     }},
    {"openai.complete",
     [](auto x) {
       completion_request asked;
       asked.schema = "{}";
       talk<completion>(openai::complete(llm, asked), x);
     }},
    {"openai.embed",
     [](auto x) {
       talk<embedded>(openai::embed_texts(embedder, two_texts()), x,
                      [](const embedded& told) { holds(told.vectors.size() == 2, "as many vectors as texts"); });
     }},
  };
}

} // namespace

static void read_one(std::string_view input) {
  static const auto known = [] {
    auto all = readers();
    all.merge(readers_of_live_calls());
    return all;
  }();
  const auto name = fuzz::take_line(input);
  if (const auto found = known.find(name); found != known.end())
    found->second(input);
}

static const fuzz::target registered{"vendor_answer", read_one};

} // namespace vendor_answer_fuzz
