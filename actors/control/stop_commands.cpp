#include "actors/control/commands.hpp"

namespace parley::commands {

namespace {

/// The emergency stop under way.
struct stopping {
  size_t waiting = 0; ///< answers still to come
  args stopped = args::array();
  args failed = args::array();
  uint64_t calls = 0;
};
using stopping_ptr = std::shared_ptr<stopping>;

void one_less(const stopping_ptr& x, const answer& reply) {
  if (--x->waiting > 0)
    return;
  say(reply, {{"stopped", x->stopped}, {"calls_hung_up", x->calls}, {"failed", x->failed}});
}

void failed(control_state& s, const stopping_ptr& x, std::string what, const caf::error& e) {
  x->failed.push_back({{"what", std::move(what)}, {"reason", s.self->system().render(e)}});
}

/// No slot of it can dial once this is answered.
void stop_campaign(control_state& s, const stopping_ptr& x, const campaign_row& row, const answer& reply) {
  ++x->waiting;
  const auto patience = s.ctx->settings.vendor_timeout * 2;
  s.self->request(s.ctx->door_of(row.id), patience, campaign_command{row.id, campaign_action::stop_now})
    .then(
      [x, reply](const campaign_state& now) {
        x->stopped.push_back({{"campaign", now.campaign}, {"name", now.name}, {"status", now.status}});
        one_less(x, reply);
      },
      [&s, x, reply, name = row.name](const caf::error& e) {
        failed(s, x, "campaign " + name, e);
        one_less(x, reply);
      });
}

/// Also calls whose campaign does not run any more, and test calls.
void hang_up_everywhere(control_state& s, const stopping_ptr& x, const answer& reply) {
  for (uint16_t shard = 0; shard < s.ctx->shard_count; ++shard) {
    ++x->waiting;
    s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout, find_open_calls{shard})
      .then(
        [&s, x, reply](const open_calls& open) {
          for (const auto& one : open.calls)
            tell_to(s.self, *s.ctx, entity::call, one.call, end_call{one.call, false, "everything was stopped"});
          x->calls += open.calls.size();
          one_less(x, reply);
        },
        [&s, x, reply, shard](const caf::error& e) {
          failed(s, x, "calls of shard " + std::to_string(shard), e);
          one_less(x, reply);
        });
  }
}

/// Every campaign at once; what fails is told, and stops nothing else.
void stop_all(control_state& s, const args&, answer reply) {
  auto x = std::make_shared<stopping>();
  x->waiting = 1; // for this list
  hang_up_everywhere(s, x, reply);
  s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout, load_campaigns{})
    .then(
      [&s, x, reply](const campaign_rows& all) {
        for (const auto& row : all.rows)
          if (row.status == campaign_status::running || row.status == campaign_status::paused)
            stop_campaign(s, x, row, reply);
        one_less(x, reply);
      },
      [&s, x, reply](const caf::error& e) {
        failed(s, x, "campaigns", e);
        one_less(x, reply);
      });
}

} // namespace

void add_stop_commands(table& commands) {
  commands["stop all"] = stop_all;
}

} // namespace parley::commands
