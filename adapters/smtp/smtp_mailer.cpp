#include "adapters/smtp/smtp_mailer.hpp"

#include <caf/send.hpp>

namespace parley {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

void smtp_mailer_state::start(const smtp_settings& x, const clock& w, telemetry& t) {
  settings = x;
  wall = &w;
  metrics = std::make_unique<port_metrics>(t, "mailer");
  transport = std::make_unique<smtp::transport>(x);
}

caf::result<mail_sent> smtp_mailer_state::send(const outgoing_mail& mail) {
  auto rendered = smtp::render_mail(mail, settings.sender(), wall->now());
  if (!rendered)
    return std::move(rendered.error());
  if (jobs.size() >= settings.waiting_max + settings.connections_max)
    return caf::make_error(ec::queue_full, "mail " + mail.message_id);
  const reply<mail_sent> done{self};
  const auto id = ++last_job;
  jobs.emplace(id, job{mail.message_id, std::move(*rendered), done, 0, phase::ready, steady_clock::now()});
  ready.push_back(id);
  start_next();
  return done.later();
}

void smtp_mailer_state::start_next() {
  while (running < settings.connections_max && !ready.empty()) {
    const auto id = ready.front();
    ready.pop_front();
    ++running;
    auto& x = jobs.at(id);
    ++x.attempts;
    x.now = phase::trying;
    // The handle keeps the actor until the try ends, which it does in time.
    transport->send(x.mail, [actor = caf::actor_cast<caf::actor>(self), id](smtp::delivery outcome) {
      caf::anon_send(actor, mail_tried::value, id, int32_t{outcome.curl_code}, int32_t{outcome.status},
                     std::move(outcome.reply), outcome.stopped);
    });
  }
}

void smtp_mailer_state::tried(uint64_t id, const smtp::delivery& outcome) {
  const auto found = jobs.find(id);
  if (found == jobs.end() || found->second.now != phase::trying)
    return; // whoever holds our handle can forge this
  --running;
  auto& x = found->second;
  if (outcome.ok()) {
    finish(id, {});
  } else if (smtp::is_temporary(outcome) && x.attempts < settings.attempts_max) {
    metrics->count("send_mail", "retried", steady_clock::now() - x.begun);
    const auto full = settings.first_delay * (int64_t{1} << std::min(x.attempts - 1, 20));
    const auto jitter = std::uniform_real_distribution<double>{0.5, 1.0}(chance);
    const auto pause = std::chrono::duration<double, std::milli>{full} * jitter;
    x.now = phase::pausing;
    self->delayed_send(self, std::chrono::duration_cast<milliseconds>(pause), mail_again::value, id);
  } else {
    finish(id, smtp::error_of(outcome));
  }
  start_next();
}

void smtp_mailer_state::again(uint64_t id) {
  const auto found = jobs.find(id);
  if (found == jobs.end() || found->second.now != phase::pausing)
    return;
  found->second.now = phase::ready;
  ready.push_back(id);
  start_next();
}

void smtp_mailer_state::finish(uint64_t id, caf::error why) {
  auto node = jobs.extract(id);
  auto& x = node.mapped();
  const auto outcome = why ? to_string(static_cast<ec>(why.code())) : "sent";
  metrics->count("send_mail", outcome, steady_clock::now() - x.begun);
  why ? x.done(std::move(why)) : x.done(mail_sent{x.message_id});
}

smtp_mailer_actor::behavior_type smtp_mailer(smtp_mailer_actor::stateful_pointer<smtp_mailer_state> self,
                                             smtp_settings settings, const clock* wall, telemetry* t) {
  guard(self);
  self->state.start(settings, *wall, *t);
  return {
    [self](outgoing_mail& mail) { return self->state.send(mail); },
    [self](mail_tried, uint64_t job, int32_t curl_code, int32_t status, std::string& reply, bool stopped) {
      self->state.tried(job, smtp::delivery{curl_code, status, std::move(reply), stopped});
    },
    [self](mail_again, uint64_t job) { self->state.again(job); },
  };
}

} // namespace parley
