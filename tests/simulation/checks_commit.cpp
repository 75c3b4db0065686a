// What must hold after every commit.
#include "actors/call/core.hpp"
#include "actors/campaign/core.hpp"
#include "actors/diary/core.hpp"
#include "actors/line/core.hpp"
#include "actors/prospect/core.hpp"
#include "runtime/journal/replay.hpp"
#include "runtime/json.hpp"
#include "tests/simulation/checks.hpp"

namespace parley::simulation {

using namespace std::chrono_literals;

/// The states that the stored events come to, kept apart from the node.
struct checks::folds {
  template <class Core>
  struct of {
    std::map<uuid, typename Core::state> known;
  };
  std::tuple<of<campaigns::core>, of<prospects::core>, of<lines::core>, of<calls::core>, of<diaries::core>> all;
};

checks::checks(outside& o, carrier& phone, vendors& offices)
  : o_{o}, phone_{phone}, offices_{offices}, folds_{std::make_unique<folds>()} {}

checks::~checks() = default;

template <class Core>
void checks::fold(const stream_write& write) {
  auto& known = std::get<folds::of<Core>>(folds_->all).known;
  const auto [it, fresh] = known.try_emplace(write.stream);
  auto& state = it->second;
  if (fresh) {
    if constexpr (requires { state.id; })
      state.id = decltype(state.id){write.stream};
    // The campaigns were made before anybody watched. What is stored right now
    // may not be seen yet by a reader of the real store.
    const auto events = o_.store->look(read_events{write.stream}).events;
    for (size_t i = 0; i < std::min<size_t>(write.expected, events.size()); ++i)
      Core::apply(state, event_of<Core>(events[i]));
  }
  for (const auto& event : write.events)
    Core::apply(state, event_of<Core>(event));
  if (Core::public_part(state) != json::parse(write.state))
    o_.broke(promise::one_truth, std::string{to_string(write.kind)} + " " + to_string(write.stream)
                                   + ": its events come to another state than was stored with "
                                   + write.events.back().type);
}

void checks::check_one_end(const stream_write& write) {
  for (const auto& event : write.events)
    if (event.type == "call_closed" && ++ends_[write.stream] > 1)
      o_.broke(promise::one_end, "call " + to_string(write.stream) + " was closed twice");
}

/// What its owner moved by hand may lie wherever they want it.
void checks::check_booked(const meeting_row& meeting, bool fresh) {
  const auto by_hand = [this](const meeting_row& x) { return offices_.by_hand.contains(x.calendar_event_id); };
  if (meeting.status == "cancelled" || by_hand(meeting))
    return;
  const auto name = "meeting " + to_string(meeting.id) + " at " + to_iso(meeting.scheduled_at);
  for (const auto& other : o_.store->look(load_meetings{{}, {}, meeting.account_manager, {}, {}}).rows)
    if (other.id != meeting.id && other.status != "cancelled" && !by_hand(other)
        && time_of(other).overlaps(time_of(meeting)))
      o_.broke(promise::one_meeting, name + " overlaps " + to_string(other.id));
  if (!fresh)
    return;
  // The calendar is looked at right before; longer than this no booking lasts.
  for (const auto& m : o_.store->look(load_managers{{meeting.account_manager}}).rows)
    for (const auto& taken : offices_.busy[m.calendar_id])
      if (taken.made < o_.wall() - 2min && taken.when.overlaps(time_of(meeting)))
        o_.broke(promise::one_meeting, name + " was booked over an appointment that stood in the calendar");
}

/// Whoever takes the call up after a crash has to know.
void checks::hung_up(call_id call) {
  for (const auto& event : o_.store->look(read_events{call}).events)
    if (event.type == calls::hang_up_asked::type && !json::parse(event.data).value("only_ringing", false))
      return;
  o_.broke(promise::orders_kept,
           "a manager was told that call " + to_string(call) + " is being hung up, and nothing of it is stored");
}

/// The person's wish, or a note of a mind that has heard it.
static bool tells_opt_out(const stored_event& event) {
  if (event.type == calls::opted_out::type)
    return true;
  if (event.type != calls::conversation_noted::type)
    return false;
  const auto mind = json::parse(event.personal).at("mind");
  return mind.contains("state") && mind["state"].value("opted_out", false);
}

void checks::on_commit(const append& x) {
  bool confirms = false;
  for (const auto& write : x.streams) {
    switch (write.kind) {
      case stream_kind::campaign: fold<campaigns::core>(write); break;
      case stream_kind::prospect: fold<prospects::core>(write); break;
      case stream_kind::line: fold<lines::core>(write); break;
      case stream_kind::call: fold<calls::core>(write); break;
      case stream_kind::diary: fold<diaries::core>(write); break;
      default: break;
    }
    for (const auto& event : write.events)
      confirms = confirms || event.type == "confirmed";
    if (write.kind != stream_kind::call)
      continue;
    check_one_end(write);
    for (const auto& event : write.events)
      if (tells_opt_out(event) && !write.personal_state.empty()) {
        const auto state = calls::core::restore(json::parse(write.state), json::parse(write.personal_state));
        opted_out(state.brief.person.phone);
      }
  }
  for (const auto& row : x.rows)
    if (const auto* meeting = std::get_if<meeting_row>(&row))
      check_booked(*meeting, confirms);
}

} // namespace parley::simulation
