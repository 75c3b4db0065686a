#include "actors/control/test_call.hpp"

#include "actors/campaign/core.hpp"
#include "runtime/json.hpp"
#include "runtime/registry.hpp"

#include <spdlog/spdlog.h>

namespace parley {

using namespace std::chrono_literals;

/// Real time between two looks at the store while the phone is not ringing
/// yet, and afterwards.
static constexpr auto soon = 250ms;
static constexpr auto later = 1s;

/// Real time in which the call must be under way. Shorter than a command's
/// own, so that whoever asked hears the reason.
static constexpr auto begun_by = 45s;

/// Real time after which nobody looks at the call any more.
static constexpr auto followed_for = 4h;

/// An error of somebody who was asked ends it, and the asker hears it.
auto test_call_state::fails() {
  return [this](caf::error& e) {
    if (asker)
      (*asker)(std::move(e));
    end();
  };
}

caf::result<control_answer> test_call_state::begin_call() {
  if (asker)
    return caf::make_error(ec::wrong_state, std::string{"this call is under way already"});
  asker.emplace(self);
  began = self->clock().now();
  find_campaign();
  return asker->later();
}

void test_call_state::find_campaign() {
  step = "campaign";
  self->request(ctx->journal, ctx->settings.journal_timeout, load_campaigns{})
    .then(
      [this](const campaign_rows& all) {
        campaign = order.policy.campaign;
        for (const auto& row : all.rows)
          if (row.name == order.campaign) {
            campaign = row.id;
            order.policy = json::parse(row.settings).get<campaign_policy>();
            known = true;
          }
        check_time();
      },
      fails());
}

/// The line's gate judges the time once more; this way nobody is even listed
/// for a call that would have to wait.
void test_call_state::check_time() {
  step = "time";
  order.person.consent_seller = order.policy.company;
  find_call_time question;
  question.from = ctx->clock.now();
  question.number = order.person.phone;
  question.person = order.person;
  question.policy = order.policy;
  question.best = false;
  self->request(ctx->compliance, ctx->settings.request_timeout, std::move(question))
    .then(
      [this](const call_time& x) {
        if (!x.possible)
          return refuse(x.sentence);
        if (x.at > ctx->clock.now() + 1s)
          return refuse("the number may not be called now; the next lawful time is " + to_iso(x.at)
                        + (x.zone.empty() ? "" : ", by the clocks of " + x.zone));
        known ? store_person() : make_campaign();
      },
      fails());
}

void test_call_state::make_campaign() {
  const auto now = ctx->clock.now();
  append batch;
  batch.shard = shard_of(campaign, ctx->shard_count);
  batch.epoch = ctx->epoch;
  batch.streams.push_back(aggregate<campaigns::core>::birth(
    campaign, stream_kind::campaign, {campaigns::campaign_created{order.policy, json::object(), now}}, now,
    batch.rows));
  self->request(ctx->journal, ctx->settings.journal_timeout, std::move(batch))
    .then([this](const committed&) { store_person(); }, fails());
}

void test_call_state::store_person() {
  step = "person";
  const auto now = ctx->clock.now();
  enrolment_row listed;
  listed.campaign = campaign;
  listed.prospect = order.person.id;
  listed.updated_at = now;
  append batch{shard_of(order.person.id, ctx->shard_count), ctx->epoch, {}, {order.person, std::move(listed)}};
  self->request(ctx->journal, ctx->settings.journal_timeout, std::move(batch))
    .then([this](const committed&) { launch(); }, fails());
}

void test_call_state::launch() {
  step = "launch";
  self
    ->request(ctx->door_of(campaign), ctx->settings.vendor_timeout * 2,
              campaign_command{campaign, campaign_action::launch})
    .then(
      [this](const campaign_state&) {
        step = "waits for the call";
        timer.set(self, soon);
      },
      [this](caf::error& e) {
        retire("the campaign could not be launched");
        if (asker)
          (*asker)(std::move(e));
        end();
      });
}

void test_call_state::look() {
  const auto waited = self->clock().now() - began;
  if (!call && waited > begun_by) {
    retire("it was not dialled in time");
    return refuse("the call was not dialled within " + std::to_string(begun_by.count())
                  + " s; see whether other calls use up the slots: parley call list");
  }
  if (waited > followed_for)
    return end();
  report_query question;
  question.kind = report_kind::prospect;
  question.prospect = order.person.id;
  self->request(ctx->journal, ctx->settings.journal_timeout, std::move(question))
    .then([this](const report& x) { judge(x.json); },
          [this](const caf::error& e) { // busy for a moment
            spdlog::warn("test call to prospect {}: {}", to_string(order.person.id), self->system().render(e));
            timer.set(self, later);
          });
}

/// What became of the person's place in the campaign.
void test_call_state::judge(const std::string& report) {
  const auto x = json::parse(report);
  if (!call && !x.at("calls").empty())
    tell_call(call_id{parse_uuid(x["calls"][0].at("id").get<std::string>()).value_or(uuid{})});
  for (const auto& enrolment : x.at("enrolments")) {
    const auto state = parse<enrolment_state>(enrolment.at("state").get<std::string>());
    const auto reason = enrolment.value("reason", std::string{});
    const auto sentence = reason.substr(std::min(reason.find(": ") + 2, reason.size()));
    if (state == enrolment_state::blocked)
      retire("it was blocked, and a test call happens now or not at all"); // also once the cause is gone
    if (state && is_final(*state))
      return call ? end() : refuse(sentence);
    if (state == enrolment_state::waiting && !reason.empty()) {
      const auto due = enrolment.at("next_due").is_string() ? enrolment["next_due"].get<std::string>() : "";
      retire("a test call happens now or not at all");
      return call ? end() : refuse(sentence + (due.empty() ? "" : " It could be called at " + due + "."));
    }
  }
  timer.set(self, call ? std::chrono::milliseconds{later} : soon);
}

void test_call_state::tell_call(call_id id) {
  call = id;
  step = "follows the call";
  if (!asker)
    return;
  (*asker)(control_answer{json{{"call", id},
                               {"prospect", order.person.id},
                               {"campaign", campaign},
                               {"campaign_name", order.policy.name},
                               {"consent",
                                {{"type", order.person.consent_type},
                                 {"at", order.person.consent_at},
                                 {"source", order.person.consent_source},
                                 {"text", order.person.consent_text},
                                 {"seller", order.person.consent_seller}}}}
                            .dump()});
}

void test_call_state::refuse(const std::string& why) {
  if (asker)
    (*asker)(caf::make_error(ec::wrong_state, "no call: " + why));
  end();
}

/// Takes the person off the list again, so that no later time wakes them. Only
/// the projections change: nothing wakes the person's own stream without a due
/// row, and no other campaign has this person.
void test_call_state::retire(const std::string& why) {
  const auto failed = [prospect = order.person.id](const caf::error&) {
    spdlog::error("test call: prospect {} could not be taken off the list; stop the campaign of test calls",
                  to_string(prospect));
  };
  // The handlers may run after this actor has decided to end; it stays until
  // then because a request that is under way is answered first.
  self->request(ctx->journal, ctx->settings.journal_timeout, load_enrolment{campaign, order.person.id})
    .await(
      [this, why, failed](enrolment_row& x) {
        const bool over = is_final(x.state) && x.state != enrolment_state::blocked;
        if (over || x.state == enrolment_state::awake)
          return;
        x.state = enrolment_state::stopped;
        x.next_due.reset();
        x.reason = "call_test: " + why + ".";
        x.updated_at = ctx->clock.now();
        append batch{shard_of(order.person.id, ctx->shard_count),
                     ctx->epoch,
                     {},
                     {std::move(x), due_row{campaign, order.person.id, std::nullopt}}};
        self->request(ctx->journal, ctx->settings.journal_timeout, std::move(batch))
          .await([](const committed&) {}, failed);
      },
      failed);
}

void test_call_state::end() {
  step = "ended";
  asker.reset();
  self->send(self, tick_atom::value); // after what is under way
}

test_call_actor::behavior_type test_call(test_call_actor::stateful_pointer<test_call_state> self, context_ptr ctx,
                                         caf::actor_id parent_id, test_call_order order) {
  begin(self, ctx, parent_id, test_call_state::name, to_string(order.person.id));
  auto& s = self->state;
  s.ctx = std::move(ctx);
  s.order = std::move(order);
  return {
    [&s](const control_command&) { return s.begin_call(); },
    [&s](tick_atom) {
      if (s.step == "ended")
        s.self->quit();
      else if (s.timer.rings(s.self->clock().now()))
        s.look();
    },
    [&s](const inspect_state&) -> caf::result<inspected_state> {
      return inspected_state{
        json{{"step", s.step}, {"campaign", s.campaign}, {"call", s.call ? to_string(*s.call) : ""}}.dump()};
    },
  };
}

} // namespace parley
