#include "tests/unit/control_world.hpp"

#include "actors/compliance/compliance.hpp"
#include "actors/pacer/pacer.hpp"
#include "actors/shard/shard.hpp"

#include <caf/event_based_actor.hpp>

#include <thread>

namespace parley::test {

namespace {

std::shared_ptr<const calling_rules> rules() {
  return {&shipped_rules(), [](const calling_rules*) {}}; // the program has them to its end
}

caf::behavior recording_door(caf::event_based_actor* self, door_log* log) {
  guard(self);
  return {[log](const tell& x) {
            std::lock_guard lock{log->mutex};
            log->told.push_back(x);
          },
          [log](const steer_call& x) -> caf::result<call_steered> {
            std::lock_guard lock{log->mutex};
            log->steered.push_back(x);
            if (x.text == "nobody talks")
              return caf::make_error(ec::wrong_state, std::string{"call: nobody talks on it yet"});
            return call_steered{x.call, "It is under way."};
          },
          [self, log](const suppress_line& x) -> caf::result<line_settled> {
            std::lock_guard lock{log->mutex};
            log->asked.push_back(x);
            if (log->lines_silent)
              return self->make_response_promise<line_settled>(); // which nobody ever keeps
            auto out = log->line;
            out.line = x.line;
            return out;
          },
          [self, log](const campaign_command& x) -> caf::result<campaign_state> {
            std::lock_guard lock{log->mutex};
            log->commanded.push_back(x);
            if (log->campaigns_silent)
              return self->make_response_promise<campaign_state>();
            campaign_state out;
            out.campaign = x.campaign;
            out.status = log->status;
            return out;
          },
          [](const inspect_state&) { return inspected_state{"{}"}; }};
}

caf::behavior recording_pacer(caf::event_based_actor* self, door_log* log) {
  guard(self);
  return {[self, log](const settle_dials&) -> caf::result<dials_settled> {
    std::lock_guard lock{log->mutex};
    ++log->settlings;
    if (log->pacer_silent)
      return self->make_response_promise<dials_settled>();
    return log->dials;
  }};
}

} // namespace

control_world::control_world() {
  time.set(a_tuesday);
  context
    = std::make_shared<node_context>(node_context{time, tree, metrics, number_hasher{backend->identity().secret}});
  context->seed = 7;
  context->shard_count = backend->identity().shards;
  context->epoch = epoch();
  context->journal = port;
  context->upkeep = caf::actor_cast<journal_upkeep_port>(caf::actor_cast<caf::actor>(port));
  for (uint16_t i = 0; i < context->shard_count; ++i) {
    others_.push_back(sys->spawn(recording_door, &log));
    context->doors.push_back(caf::actor_cast<shard_door>(others_.back()));
  }
  others_.push_back(sys->spawn(recording_pacer, &log));
  context->pacer = caf::actor_cast<pacer_actor>(others_.back());
  control = start_control();
}

control_world::~control_world() {
  for (const auto& x : others_)
    caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
  for (const auto& [id, entry] : tree.snapshot()) // also those that shards have started
    if (auto handle = caf::actor_cast<caf::strong_actor_ptr>(entry.address))
      caf::anon_send_exit(caf::actor_cast<caf::actor>(handle), caf::exit_reason::user_shutdown);
}

control_actor control_world::start_control(node_identity identity) {
  auto out = sys->spawn<caf::detached>(parley::control, context_ptr{context}, rules(), std::move(identity));
  others_.push_back(caf::actor_cast<caf::actor>(out));
  return out;
}

void control_world::start_shards() {
  context->compliance = sys->spawn(compliance, context_ptr{context}, rules(), compliance_settings{});
  pacer_settings fast; // nobody waits for a slot
  fast.calls_per_second = 1000;
  fast.calls_at_once = 1000;
  context->pacer = sys->spawn(pacer, context_ptr{context}, fast);
  others_.push_back(caf::actor_cast<caf::actor>(context->compliance));
  others_.push_back(caf::actor_cast<caf::actor>(context->pacer));
  for (uint16_t i = 0; i < context->shard_count; ++i) {
    context->doors[i] = sys->spawn(parley::shard, context_ptr{context}, i);
    others_.push_back(caf::actor_cast<caf::actor>(context->doors[i]));
  }
}

caf::expected<control_answer> control_world::run(const std::string& name, const nlohmann::json& args) {
  caf::expected<control_answer> out{caf::make_error(caf::sec::request_timeout)};
  (*self)
    ->request(control, std::chrono::seconds{60}, control_command{name, args.dump()})
    .receive([&](control_answer& x) { out = std::move(x); }, [&](caf::error& e) { out = std::move(e); });
  return out;
}

nlohmann::json control_world::command(const std::string& name, nlohmann::json args) {
  auto out = run(name, args);
  if (!out)
    FAIL(name << " was refused: " << sys->render(out.error()));
  return nlohmann::json::parse(out->json);
}

std::string control_world::refusal(const std::string& name, nlohmann::json args) {
  auto out = run(name, args);
  return out ? "was not refused: " + out->json : sys->render(out.error());
}

nlohmann::json control_world::job(const std::string& name, nlohmann::json args) {
  args["background"] = true;
  return end_of_job(command(name, args)["job"]);
}

nlohmann::json control_world::end_of_job(const nlohmann::json& id, std::chrono::seconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < until) {
    auto out = command("job show", {{"job", id}});
    if (out["finished"] == true)
      return out;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  FAIL("job " << id << " did not end within " << patience.count() << " s");
  return {};
}

std::string control_world::file(const std::string& text) {
  const auto path = own_folder->path() / ("input-" + std::to_string(files_++));
  std::ofstream{path, std::ios::binary} << text;
  return path.string();
}

nlohmann::json control_world::campaign_args(nlohmann::json changes) {
  nlohmann::json out{{"name", "Spring"}, {"company", "Acme Robotics"}, {"offer", "Robots that count stock."}};
  out.update(changes);
  return out;
}

list_hits control_world::lists_of(const std::string& e164) {
  return must<list_hits>(check_lists{context->hasher.line(e164), e164});
}

std::vector<tell> control_world::told() {
  // What was told before a command's answer lies in the doors' mailboxes by
  // now, ahead of this question.
  for (const auto& door : context->doors)
    (*self)
      ->request(door, std::chrono::seconds{20}, inspect_state{})
      .receive([](const inspected_state&) {}, [&](const caf::error& e) { FAIL(sys->render(e)); });
  std::lock_guard lock{log.mutex};
  return log.told;
}

} // namespace parley::test
