#include "actors/call/core.hpp"
#include "actors/control/commands.hpp"

#include <spdlog/spdlog.h>

#include <map>
#include <set>

namespace parley::commands {

namespace {

/// Real time after the orders after which a call that is still open counts as
/// not hung up. A carrier confirms a hang-up within a second or two, the last
/// transcripts may take three more (`call_state::last_words_max`), then the
/// end is written. Whoever stops everything must know soon what is left.
constexpr int64_t confirmed_within_s = 10;
constexpr int64_t confirmed_within_s_max = 60;
constexpr std::chrono::milliseconds look_interval{250};
/// Open calls whose people are looked up for the answer.
constexpr uint32_t named_max = 10'000;

/// The emergency stop under way.
struct stopping {
  explicit stopping(answer reply) : reply{std::move(reply)} {}

  answer reply;
  std::chrono::seconds patience{0};
  std::optional<caf::actor_clock::time_point> until; ///< set once every order was answered
  size_t waiting = 0;                                ///< answers still to come
  args stopped = args::array();
  args failed = args::array();
  std::set<call_id> ordered; ///< calls that were told to end
  std::set<call_id> open;    ///< at the last look
  /// Of which nobody knows whether the carrier has them, with the person's name.
  /// Their longest ring and talk are over, so nobody is on the phone.
  std::map<call_id, std::string> unresolved;
  args unread = args::array();
};
using stopping_ptr = std::shared_ptr<stopping>;

args failure(const control_state& s, std::string what, const caf::error& e) {
  return {{"what", std::move(what)}, {"reason", s.self->system().render(e)}};
}

void conclude(const stopping_ptr& x) {
  for (auto& one : x->unread)
    x->failed.push_back(one);
  auto unresolved = args::array();
  for (const auto& [call, name] : x->unresolved) {
    unresolved.push_back({{"call", call}, {"name", name}});
    x->ordered.erase(call);
  }
  say(x->reply, {{"stopped", x->stopped},
                 {"calls_hung_up", x->ordered.size() - x->open.size()},
                 {"unresolved", std::move(unresolved)},
                 {"failed", x->failed}});
}

/// A call that is left, with the person's name where it is known.
void add_left(stopping& x, const call_id& call, const std::string& name) {
  const auto id = to_string(call);
  x.failed.push_back({{"what", "call " + id + (name.empty() ? "" : " of " + name)},
                      {"call", id},
                      {"name", name},
                      {"reason", "its end was not confirmed within " + std::to_string(x.patience.count())
                                   + " s; the hang-up is tried again until the carrier takes it"}});
}

/// An open call of the store's report.
struct reported_call {
  std::string name; ///< of the person
  std::string status;
};

/// Asks for the open calls; goes on with them, or with the error.
void with_open_calls(control_state& s, const std::function<void(const std::map<call_id, reported_call>&)>& then,
                     const std::function<void(const caf::error&)>& failed) {
  report_query query;
  query.kind = report_kind::calls;
  query.open = true;
  query.limit = named_max;
  s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout, std::move(query))
    .then(
      [then](const report& rows) {
        std::map<call_id, reported_call> found;
        for (const auto& row : args::parse(rows.json)) {
          const auto& name = row.at("prospect");
          found[call_id{*parse_uuid(row.at("id").get<std::string>())}]
            = {name.is_string() ? name.get<std::string>() : "", row.value("status", "")};
        }
        then(found);
      },
      failed);
}

/// Names each call that is still open.
void name_left(control_state& s, const stopping_ptr& x) {
  with_open_calls(
    s,
    [x](const std::map<call_id, reported_call>& found) {
      for (const auto& call : x->open) {
        const auto known = found.find(call);
        add_left(*x, call, known == found.end() ? "" : known->second.name);
      }
      conclude(x);
    },
    [&s, x](const caf::error& e) {
      spdlog::warn("control: the names of the calls that are left could not be read ({})", s.self->system().render(e));
      for (const auto& call : x->open)
        add_left(*x, call, "");
      conclude(x);
    });
}

void look(control_state& s, const stopping_ptr& x);

/// An order or a look was answered. After the last one: everything is over, or
/// it looks again.
void one_less(control_state& s, const stopping_ptr& x) {
  if (--x->waiting > 0)
    return;
  if (x->open.empty() && x->unread.empty())
    return conclude(x);
  const auto now = s.self->clock().now();
  if (!x->until)
    x->until = now + x->patience;
  if (now >= *x->until)
    return x->open.empty() ? conclude(x) : name_left(s, x);
  s.after(look_interval, [&s, x] { look(s, x); });
}

/// No slot of it can dial once this is answered.
void stop_campaign(control_state& s, const stopping_ptr& x, const campaign_row& row) {
  ++x->waiting;
  const auto limit = s.ctx->settings.vendor_timeout;
  s.self->request(s.ctx->door_of(row.id), limit, campaign_command{row.id, campaign_action::stop_now})
    .then(
      [&s, x](const campaign_state& now) {
        x->stopped.push_back({{"campaign", now.campaign}, {"name", now.name}, {"status", now.status}});
        one_less(s, x);
      },
      [&s, x, limit, name = row.name](caf::error& e) {
        x->failed.push_back(failure(s, "campaign " + name, as_order_error(std::move(e), "its stop", limit)));
        one_less(s, x);
      });
}

/// Which calls are open. Whoever was not told to end yet is told: also calls
/// whose campaign does not run any more, test calls, and calls that began
/// before their campaign had stopped.
void look(control_state& s, const stopping_ptr& x) {
  x->open.clear();
  x->unread = args::array();
  for (uint16_t shard = 0; shard < s.ctx->shard_count; ++shard) {
    ++x->waiting;
    s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout, find_open_calls{shard})
      .then(
        [&s, x](const open_calls& found) {
          for (const auto& one : found.calls) {
            if (!x->unresolved.contains(one.call))
              x->open.insert(one.call);
            if (x->ordered.insert(one.call).second)
              tell_to(s.self, *s.ctx, entity::call, one.call, end_call{one.call, false, "everything was stopped"});
          }
          one_less(s, x);
        },
        [&s, x, shard](const caf::error& e) {
          x->unread.push_back(failure(s, "calls of shard " + std::to_string(shard), e));
          one_less(s, x);
        });
  }
}

/// Every campaign at once; what fails is told, and stops nothing else.
/// `wait_seconds`: how long calls may take to end.
void stop_all(control_state& s, const args& a, answer reply) {
  auto x = std::make_shared<stopping>(std::move(reply));
  x->patience = std::chrono::seconds{number_or(a, "wait_seconds", confirmed_within_s, 0, confirmed_within_s_max)};
  x->waiting = 2; // for these two lists
  look(s, x);
  s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout, load_campaigns{})
    .then(
      [&s, x](const campaign_rows& all) {
        for (const auto& row : all.rows)
          if (row.status == campaign_status::running || row.status == campaign_status::paused)
            stop_campaign(s, x, row);
        one_less(s, x);
      },
      [&s, x](const caf::error& e) {
        x->failed.push_back(failure(s, "campaigns", e));
        one_less(s, x);
      });
  with_open_calls(
    s,
    [&s, x](const std::map<call_id, reported_call>& found) {
      for (const auto& [call, known] : found)
        if (known.status == to_string(calls::phase::unresolved)) {
          x->unresolved[call] = known.name;
          x->open.erase(call);
        }
      one_less(s, x);
    },
    [&s, x](const caf::error& e) {
      spdlog::warn("control: which calls wait for a word could not be read ({})", s.self->system().render(e));
      one_less(s, x);
    });
}

} // namespace

void add_stop_commands(table& commands) {
  commands["stop all"] = stop_all;
}

} // namespace parley::commands
