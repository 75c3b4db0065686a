// `parley call test`: one call to a number whose owner agrees to it on the
// spot, followed to its end.
#include "adapters/cli/command_line.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <set>
#include <thread>

namespace parley::cli {

namespace {

struct test_options {
  std::string to;
  bool agreed = false;
  std::string campaign;
  std::string company;
  std::string name;
  std::string email;
  std::string state;
  std::string timezone;
  int minutes_max = 30;
};

/// What the owner of the number agrees to. Names the voice, the telephone and
/// the moment; it is stored word for word.
std::string consent_text(const std::string& number) {
  return "I own " + number + " and agree to be called by an artificial voice now.";
}

/// Who typed it, where: part of the proof.
std::string who_and_where() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const auto* user = ::getpwuid(::getuid());
  return std::string{user ? user->pw_name : "user " + std::to_string(::getuid())} + " on " + host.data();
}

/// Asks at the terminal; throws when the answer is not yes.
void ask_for_consent(const test_options& o) {
  if (o.agreed)
    return;
  if (!::isatty(STDIN_FILENO))
    throw command_failed{"invalid_input",
                         "nobody is called without consent, and there is no terminal to ask on; whoever owns the "
                         "number may give --yes-i-consent",
                         exit_usage};
  std::cerr << "The call is made by an AI agent with an artificial voice. To allow it, you must be able to say:\n\n  "
            << consent_text(o.to) << "\n\nType yes to agree (it is stored with time and user): " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  if (answer != "yes" && answer != "YES" && answer != "Yes")
    throw command_failed{"invalid_input", "not agreed, so nobody is called", exit_refused};
}

const char* phase_text(const std::string& status) {
  for (const auto& [known, text] : {std::pair{"intended", "the gate allowed the call; it goes to the carrier"},
                                    {"submitted", "the carrier has the call"},
                                    {"ringing", "it rings"},
                                    {"talking", "somebody answered"},
                                    {"unknown", "nobody knows whether the carrier has the call; evidence is sought"}})
    if (status == known)
      return text;
  return nullptr;
}

/// Dispositions that mean that something is wrong with us or the carrier.
bool is_failure(const std::string& outcome) {
  for (const auto* x : {"congestion", "failed", "dead_air", "invalid_number", "submission_unknown"})
    if (outcome == x)
      return true;
  return false;
}

/// Tells of each new phase and, where the node tells it live, of each new turn.
class follower {
public:
  follower(const shared& s, std::string call) : s_{s}, call_{std::move(call)} {}

  /// The call as it stands in the end.
  ordered_json follow(std::chrono::steady_clock::time_point until) {
    for (;;) {
      auto call = s_.ask("call show", {{"call", call_}});
      if (!s_.options.json)
        tell(call);
      if (call.value("status", std::string{}) == "ended")
        return call;
      if (std::chrono::steady_clock::now() > until)
        throw command_failed{"timeout",
                             "the call is still up; look at it with: parley call show " + call_
                               + ", end it with: parley call hangup " + call_,
                             exit_refused};
      std::this_thread::sleep_for(std::chrono::milliseconds{400});
    }
  }

private:
  void tell(const ordered_json& call) {
    const auto status = call.value("status", std::string{});
    if (status != status_)
      if (const auto* text = phase_text(status))
        std::cout << s_.paint.faint(text) << std::endl;
    status_ = status;
    if (status == "ended" || !call.contains("transcript") || !call["transcript"].is_array())
      return;
    for (const auto& turn : call["transcript"]) {
      const auto who = turn.value("who", std::string{});
      // A late transcript comes in between: places say nothing of what is new.
      if (!told_
             .insert(who + " " + turn.value("item", std::string{}) + " "
                     + plain(turn.value("started_ms", ordered_json{})))
             .second)
        continue;
      std::cout << "  " << (who == "agent" ? s_.paint.cyan("agent ") : s_.paint.green("person")) << "  "
                << plain(turn["text"]) << std::endl;
    }
  }

  const shared& s_;
  const std::string call_;
  std::string status_;
  std::set<std::string> told_; ///< turns, by who, the model's id and audio time
};

void run(const shared& s, const test_options& o) {
  ask_for_consent(o);
  arguments args{{"number", o.to},
                 {"consent", true},
                 {"consent_text", consent_text(o.to)},
                 {"consent_source", std::string{o.agreed ? "--yes-i-consent of" : "typed into"}
                                      + " parley call test by " + who_and_where()}};
  for (const auto& [key, text] : {std::pair{"campaign", &o.campaign},
                                  {"company", &o.company},
                                  {"name", &o.name},
                                  {"email", &o.email},
                                  {"state", &o.state},
                                  {"timezone", &o.timezone}})
    if (!text->empty())
      args[key] = *text;
  if (!s.options.json)
    std::cout << s.paint.faint("research and gate; this can take some seconds") << std::endl;
  const auto begun = s.ask("call test", args);
  const auto call = plain(begun["call"]);
  auto shown = follower{s, call}.follow(std::chrono::steady_clock::now() + std::chrono::minutes{o.minutes_max});
  const auto outcome = plain(shown["outcome"]);
  if (s.options.json) {
    shown["consent"] = begun["consent"];
    std::cout << shown.dump(2) << '\n';
  } else {
    std::cout << '\n';
    print_call(std::cout, s.paint, shown);
    std::cout << s.paint.faint("call " + call + ", campaign " + plain(begun["campaign_name"])) << '\n';
  }
  if (is_failure(outcome) && s.options.json)
    throw CLI::RuntimeError{exit_refused}; // one JSON text is enough
  if (is_failure(outcome))
    throw command_failed{
      "call_failed", "the call ended with " + outcome + "; parley doctor and docs/real-calls.md say what to look at",
      exit_refused};
}

} // namespace

void add_call_test(CLI::App& app, const shared_ptr& s) {
  auto o = std::make_shared<test_options>();
  auto* test = add_command(group_of(app, "call"), "test",
                           "Call a number of your own now, with consent given on the spot, and follow the call",
                           "call test --to +14155550132");
  test->add_option("--to", o->to, "number to call, E.164")->required();
  test->add_flag("--yes-i-consent", o->agreed,
                 "for scripts: I own this number and agree to be called by an artificial voice now");
  test->add_option("--campaign", o->campaign, "talk as this campaign does; name or id");
  test->add_option("--company", o->company, "who calls, when no campaign says it");
  test->add_option("--name", o->name, "name of the person who will answer");
  test->add_option("--email", o->email, "where an invitation goes if a meeting is booked");
  test->add_option("--state", o->state, "two letters, where the area code leaves doubt");
  test->add_option("--timezone", o->timezone, "IANA name, where the area code leaves doubt");
  test->add_option("--minutes", o->minutes_max, "stop following after so long; the call goes on")
    ->capture_default_str()
    ->check(CLI::Range(1, 240));
  test->callback([s, o] { run(*s, *o); });
}

} // namespace parley::cli
