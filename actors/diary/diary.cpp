#include "actors/diary/diary.hpp"

namespace parley {

using namespace std::chrono_literals;

/// How long a conversation may hold a time, wall time: long enough to confirm
/// the e-mail address, short enough that a dropped call blocks nobody. At
/// practice speeds never shorter than an answer between actors may take.
static std::chrono::milliseconds hold_time(const node_context& ctx) {
  return std::max<std::chrono::milliseconds>(15min, ctx.clock.wall(ctx.settings.request_timeout));
}

void diary_state::start(context_ptr context, shard_door parent, manager_id who) {
  ctx = std::move(context);
  door = std::move(parent);
  id = who;
  diaries::state fresh;
  fresh.id = id;
  journal.load(
    self, ctx, id, stream_kind::diary, std::move(fresh),
    [this](auto& effect) {
      const auto found = askers.find(std::get<diaries::do_reply>(effect).number);
      if (found == askers.end())
        return;
      const auto answer = std::move(found->second);
      askers.erase(found);
      answer();
    },
    [this] {
      self->request(ctx->journal, ctx->settings.journal_timeout, load_managers{{id}})
        .then(
          [this](const manager_rows& x) {
            if (!x.rows.empty())
              manager = x.rows.front();
            ready = true;
            for (auto& order : std::exchange(before_load, {}))
              order();
          },
          [this](caf::error& e) { self->quit(std::move(e)); });
    });
}

void diary_state::when_loaded(std::function<void()> what) {
  ++handled;
  timer.set(self, 30s);
  if (ready)
    what();
  else
    before_load.push_back(std::move(what));
}

void diary_state::take(diaries::decision d, std::function<void()> after, std::vector<row> rows) {
  const auto number = next_asker++;
  askers[number] = std::move(after);
  d.effects.push_back(diaries::do_reply{number});
  journal.take(std::move(d), {}, std::move(rows));
}

caf::result<free_slots> diary_state::find(const find_slots& order) {
  reply<free_slots> answer{self};
  when_loaded([this, order, answer] {
    if (!manager)
      return answer(caf::make_error(ec::not_found, "no account manager " + to_string(id)));
    const auto range = diaries::span_of(*manager, order.dates, ctx->clock.now());
    ++searches;
    self->request(ctx->calendar, ctx->settings.vendor_timeout, free_busy_query{manager->calendar_id, range})
      .then(
        [this, order, answer](const busy_times& busy) {
          --searches;
          answer(free_slots{diaries::free_slots(journal.state(), *manager, busy.busy, order.dates,
                                                std::chrono::minutes{order.minutes}, order.limit, ctx->clock.now())});
        },
        [this, answer](caf::error& e) {
          --searches;
          answer(std::move(e));
        });
  });
  return answer.later();
}

caf::result<slot_held> diary_state::hold(const hold_slot& order) {
  reply<slot_held> answer{self};
  when_loaded([this, order, answer] {
    if (!manager)
      return answer(caf::make_error(ec::not_found, "no account manager " + to_string(id)));
    const auto now = ctx->clock.now();
    if (auto reason = diaries::why_not(journal.state(), *manager, order.when, order.meeting, now))
      return answer(caf::make_error(ec::conflict, *reason));
    diaries::decision d;
    d.events.push_back(diaries::held{order.meeting, {order.when, now + hold_time(*ctx)}});
    take(std::move(d), [answer, order, this] { answer(slot_held{order.meeting, *manager}); });
  });
  return answer.later();
}

caf::result<slot_confirmed> diary_state::confirm(const confirm_slot& order) {
  reply<slot_confirmed> answer{self};
  when_loaded([this, order, answer] {
    if (!manager)
      return answer(caf::make_error(ec::not_found, "no account manager " + to_string(id)));
    const auto& s = journal.state();
    const auto now = ctx->clock.now();
    if (const auto known = s.meetings.find(order.meeting.id); known != s.meetings.end())
      return answer(slot_confirmed{known->second}); // said twice is booked once
    const auto hold = s.holds.find(order.meeting.id);
    if (hold == s.holds.end() || hold->second.expires <= now)
      return answer(
        caf::make_error(ec::slot_expired, std::string{"the hold on that time has run out; ask for it again"}));
    auto confirm = order;
    auto& m = confirm.meeting;
    m.account_manager = id;
    m.scheduled_at = hold->second.when.from;
    m.calendar_event_id = diaries::event_id_of(m.id);
    m.zoom_link = manager->meeting_link;
    m.created_at = now;
    diaries::decision d;
    d.events.push_back(diaries::confirmed{m});
    take(
      std::move(d), [answer, m] { answer(slot_confirmed{m}); },
      diaries::confirmation_rows(confirm, *manager, ctx->hasher, ctx->event_uid_domain, now));
  });
  return answer.later();
}

void diary_state::release(const release_slot& order) {
  when_loaded([this, order] {
    if (!journal.state().holds.contains(order.meeting))
      return;
    diaries::decision d;
    d.events.push_back(diaries::released{order.meeting});
    journal.take(std::move(d));
  });
}

void diary_state::with_papers(meeting_id meeting, std::function<void(const papers&)> then,
                              std::function<void(caf::error)> failed) {
  load_meetings ask;
  ask.meeting = meeting;
  ++searches;
  self->request(ctx->journal, ctx->settings.journal_timeout, std::move(ask))
    .then(
      [this, then = std::move(then)](const meeting_rows& x) {
        --searches;
        then(x.rows.empty() ? papers{} : diaries::read_papers(x.rows.front()));
      },
      [this, failed = std::move(failed)](caf::error& e) {
        --searches;
        failed(std::move(e));
      });
}

void diary_state::make(const reply<meeting_changed>& answer, std::variant<diaries::change, diaries::refusal> what) {
  if (const auto* no = std::get_if<diaries::refusal>(&what))
    return answer(caf::make_error(no->code, no->sentence));
  auto& made = std::get<diaries::change>(what);
  diaries::decision d;
  d.events = std::move(made.events);
  take(
    std::move(d), [answer, m = made.meeting] { answer(meeting_changed{m}); }, std::move(made.rows));
}

/// Asks the store for what was sent and the calendar for the new time; what
/// has changed in the diary meanwhile is looked at once more.
caf::result<meeting_changed> diary_state::move(const move_meeting& order) {
  reply<meeting_changed> answer{self};
  when_loaded([this, order, answer] {
    if (!manager)
      return answer(caf::make_error(ec::not_found, "no account manager " + to_string(id)));
    if (auto no = diaries::why_not_move(journal.state(), *manager, order, ctx->clock.now()))
      return answer(caf::make_error(no->code, no->sentence));
    const auto& m = journal.state().meetings.at(order.meeting);
    const time_range wanted{order.at, order.at + std::chrono::minutes{m.duration_minutes}};
    const auto failed = [answer](caf::error e) { answer(std::move(e)); };
    const auto ask_calendar = [this, order, answer, wanted](const papers& known) {
      ++searches;
      self->request(ctx->calendar, ctx->settings.vendor_timeout, free_busy_query{manager->calendar_id, wanted})
        .then(
          [this, order, answer, known](const busy_times& x) {
            --searches;
            make(answer, diaries::move(journal.state(), *manager, order, x.busy, known, ctx->hasher, ctx->clock.now()));
          },
          [this, answer](caf::error& e) {
            --searches;
            answer(std::move(e));
          });
    };
    with_papers(order.meeting, ask_calendar, failed);
  });
  return answer.later();
}

caf::result<meeting_changed> diary_state::cancel(const cancel_meeting& order) {
  reply<meeting_changed> answer{self};
  when_loaded([this, order, answer] {
    if (!manager)
      return answer(caf::make_error(ec::not_found, "no account manager " + to_string(id)));
    const auto decide = [this, order, answer](const papers& known) {
      make(answer, diaries::cancel(journal.state(), *manager, order, known, ctx->hasher, ctx->clock.now()));
    };
    with_papers(order.meeting, decide, [answer](caf::error e) { answer(std::move(e)); });
  });
  return answer.later();
}

void diary_state::follow(const calendar_changed& seen) {
  when_loaded([this, seen] {
    if (!manager)
      return spdlog::warn("diary {}: changes in the calendar of an account manager who is not known", to_string(id));
    for (const auto& change : seen.changes) {
      const auto meeting = diaries::changed_by_hand(journal.state(), change, ctx->clock.now());
      if (!meeting)
        continue;
      const auto decide = [this, change](const papers& known) {
        auto made = diaries::follow(journal.state(), *manager, change, known, ctx->hasher, ctx->clock.now());
        diaries::decision d;
        d.events = std::move(made.events);
        journal.take(std::move(d), {}, std::move(made.rows));
      };
      with_papers(*meeting, decide, [this, m = *meeting](const caf::error& e) {
        // The calendar is compared whole now and then, which finds it again.
        spdlog::warn("diary {}: the change of meeting {} in the calendar is not followed yet: {}", to_string(id),
                     to_string(m), self->system().render(e));
      });
    }
  });
}

diary_actor::behavior_type diary(diary_actor::stateful_pointer<diary_state> self, context_ptr ctx, shard_door parent,
                                 caf::actor_id parent_id, manager_id id) {
  begin(self, ctx, parent_id, diary_state::name, to_string(id));
  auto& s = self->state;
  s.start(std::move(ctx), std::move(parent), id);
  return {
    [&s](const find_slots& x) { return s.find(x); },
    [&s](const hold_slot& x) { return s.hold(x); },
    [&s](const confirm_slot& x) { return s.confirm(x); },
    [&s](const release_slot& x) { s.release(x); },
    [&s](const move_meeting& x) { return s.move(x); },
    [&s](const cancel_meeting& x) { return s.cancel(x); },
    [&s](const calendar_changed& x) { s.follow(x); },
    [&s](tick_atom) {
      if (!s.timer.rings(s.self->clock().now()))
        return;
      if (s.ready && s.journal.settled() && s.askers.empty() && s.searches == 0)
        s.self->send(s.door, retire_request{{entity::diary, s.id}, s.handled});
      s.timer.set(s.self, 30s); // asked again if another order was on its way
    },
    [self](retire_atom) { self->quit(); },
    [&s](const inspect_state&) -> caf::result<inspected_state> {
      const auto& state = s.journal.state();
      return inspected_state{json{
        {"manager", s.id},
        {"holds", state.holds.size()},
        {"meetings", state.meetings.size()},
        {"version",
         s.journal.version()}}.dump()};
    },
  };
}

} // namespace parley
