#include "actors/control/control.hpp"

#include "actors/control/commands.hpp"
#include "runtime/json.hpp"
#include "runtime/registry.hpp"
#include "runtime/settings/section.hpp"

namespace parley {

/// Tells our chance from that of others who draw from the node's seed.
static constexpr uuid control_itself{0x636f6e74726f6c, 0};

caf::result<control_answer> control_state::run(const control_command& command) {
  ++commands;
  answer reply{self};
  const auto& known = commands::all();
  const auto found = known.find(command.name);
  if (found == known.end()) {
    std::vector<std::string> names;
    for (const auto& [name, handler] : known)
      names.push_back(name);
    const auto near = settings::nearest(command.name, names);
    reply(caf::make_error(ec::invalid_input, "no command \"" + command.name + "\""
                                               + (near.empty() ? "" : "; did you mean \"" + near + "\"?")));
    return reply.later();
  }
  const auto problem = commands::problem_of([&] {
    const auto args = arguments::parse(command.arguments.empty() ? "{}" : command.arguments);
    if (!args.is_object())
      throw std::invalid_argument{"arguments: must be one JSON object"};
    if (commands::flag_or(args, "background", false))
      return begin_job(command, args, reply);
    found->second(*this, args, reply);
  });
  if (problem)
    commands::refuse(reply, *problem);
  return reply.later();
}

// The command comes back to us as anybody's would, and its answer with it.
void control_state::begin_job(const control_command& command, arguments args, const answer& reply) {
  const auto now = ctx->clock.now();
  auto* job = jobs.begin(to_string(ids.next<uuid>(now)), command.name, now);
  if (!job)
    return reply(caf::make_error(ec::queue_full, "background: " + std::to_string(commands::job_book::running_max)
                                                   + " commands are under way already; wait until one has ended"));
  args.erase("background");
  args["job"] = job->id;
  const auto end = [this, id = job->id](const std::function<void(commands::job&)>& put) {
    auto* ended = jobs.find(id);
    ended->ended = ctx->clock.now();
    put(*ended);
  };
  constexpr auto patience = std::chrono::minutes{12 * 60};
  self->request(control_actor{self}, patience, control_command{command.name, args.dump()})
    .then([end](const control_answer& x) { end([&](commands::job& job) { job.result = x.json; }); },
          [this, end](const caf::error& e) {
            end([&](commands::job& job) {
              job.error = failure_name(e);
              job.message = self->system().render(e);
              if (job.message.starts_with(job.error + ": ")) // as the renderer of our own errors puts it
                job.message.erase(0, job.error.size() + 2);
            });
          });
  commands::say(reply, commands::shown(*job));
}

commands::progress_ptr control_state::progress_of(const arguments& args) {
  if (const auto* job = jobs.find(commands::text_or(args, "job", "")))
    return job->how_far;
  return std::make_shared<commands::progress>();
}

void control_state::after(std::chrono::milliseconds delay, std::function<void()> what) {
  put_off_.emplace(self->clock().now() + delay, std::move(what));
  timer_.set(self, put_off_.begin()->first);
}

void control_state::wake() {
  const auto now = self->clock().now();
  if (!timer_.rings(now))
    return;
  while (!put_off_.empty() && put_off_.begin()->first <= now) {
    const auto what = std::move(put_off_.begin()->second);
    put_off_.erase(put_off_.begin());
    what();
  }
  if (!put_off_.empty())
    timer_.set(self, put_off_.begin()->first);
}

/// Of an id, for it to name something by its beginning.
static constexpr size_t id_digits_min = 6;

void control_state::with_campaign(const arguments& args, const answer& reply, std::function<void(campaign_row)> then) {
  const auto wanted = commands::needed_text(args, "campaign", "give a campaign's name or id");
  self->request(ctx->journal, ctx->settings.journal_timeout, load_campaigns{})
    .then(
      [wanted, reply, then = std::move(then)](const campaign_rows& all) {
        std::string names;
        std::vector<const campaign_row*> matches;
        for (const auto& row : all.rows) {
          if (row.name == wanted || to_string(row.id) == wanted)
            return then(row);
          const bool begins_id = wanted.size() >= id_digits_min && to_string(row.id).starts_with(wanted);
          if (row.name.starts_with(wanted) || begins_id)
            matches.push_back(&row);
          names += (names.empty() ? "" : ", ") + row.name;
        }
        if (matches.size() == 1)
          return then(*matches.front());
        if (matches.size() > 1) {
          std::string candidates;
          for (const auto* row : matches)
            candidates += (candidates.empty() ? "" : ", ") + row->name + " (" + to_string(row->id) + ")";
          return reply(caf::make_error(ec::invalid_input, "campaign: \"" + wanted + "\" could be " + candidates
                                                            + "; write more of the name, or the id"));
        }
        reply(caf::make_error(ec::not_found, "campaign: there is no \"" + wanted + "\""
                                               + (names.empty() ? "; create one first" : "; there are: " + names)));
      },
      [reply](caf::error& e) { reply(std::move(e)); });
}

void control_state::send_report(report_query query, const answer& reply) {
  self->request(ctx->journal, ctx->settings.journal_timeout, std::move(query))
    .then([reply](const report& x) { reply(control_answer{x.json}); }, [reply](caf::error& e) { reply(std::move(e)); });
}

control_actor::behavior_type control(control_actor::stateful_pointer<control_state> self, context_ptr ctx,
                                     std::shared_ptr<const calling_rules> rules, node_identity node) {
  begin(self, ctx, ctx->root, control_state::name, "");
  auto& s = self->state;
  s.ids = id_source{ctx->seed_for(control_itself)}; // ids carry the time, so that a restart makes other ones
  s.ctx = std::move(ctx);
  s.rules = std::move(rules);
  s.node = std::move(node);
  return {
    [&s](const control_command& x) { return s.run(x); },
    [&s](tick_atom) { s.wake(); },
    [&s](const inspect_state&) -> caf::result<inspected_state> {
      return inspected_state{json{{"commands", s.commands}, {"mode", s.node.mode}}.dump()};
    },
  };
}

} // namespace parley
