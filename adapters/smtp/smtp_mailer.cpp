#include "adapters/smtp/smtp_mailer.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace parley {

using std::chrono::milliseconds;

/// Message ids remembered as sent: hours of mail at any sensible rate.
constexpr size_t sent_max = 10'000;
/// Who asks more often than this for one mail that is under way does not wait
/// for answers.
constexpr size_t askers_max = 16;

void smtp_mailer_state::start(context_ptr c, const smtp_settings& x) {
  context = std::move(c);
  settings = x;
  total = std::min(x.total_timeout, context->settings.vendor_timeout * 5 / 6);
  book = std::make_shared<port_book>(context->telemetry, "mailer", "smtp");
  transport = std::make_unique<smtp::transport>(x);
}

caf::result<mail_sent> smtp_mailer_state::send(const outgoing_mail& mail) {
  const port_reply<mail_sent> done{self, book, "send_mail"};
  auto rendered = smtp::render_mail(mail, settings.sender(), context->clock.now());
  if (!rendered) {
    done(std::move(rendered.error()));
  } else if (sent.contains(mail.message_id)) {
    done(mail_sent{mail.message_id});
  } else if (const auto found = by_message.find(mail.message_id); found != by_message.end()) {
    join(found->second, done);
  } else if (jobs.size() >= settings.waiting_max + settings.connections_max) {
    done(caf::make_error(ec::queue_full, "mail " + mail.message_id));
  } else {
    const auto id = ++last_job;
    jobs.emplace(id, job{mail.message_id, std::move(*rendered), {}, 0, phase::ready, {}});
    by_message.emplace(mail.message_id, id);
    join(id, done);
    ready.push_back(id);
    start_next();
  }
  return done.later();
}

void smtp_mailer_state::join(uint64_t id, port_reply<mail_sent> done) {
  auto& askers = jobs.at(id).askers;
  if (askers.size() >= askers_max)
    return done(caf::make_error(ec::queue_full, "mail " + jobs.at(id).message_id));
  askers.push_back({std::move(done), steady::now() + total});
  self->delayed_send(self, total + milliseconds{1}, mail_late::value, id);
}

void smtp_mailer_state::start_next() {
  while (running < settings.connections_max && !ready.empty()) {
    const auto id = ready.front();
    ready.pop_front();
    const auto found = jobs.find(id);
    if (found == jobs.end())
      continue; // given up while it waited
    auto& x = found->second;
    ++running;
    ++x.attempts;
    x.now = phase::trying;
    x.tried_at = steady::now();
    const auto limit = std::min(x.tried_at + settings.send_timeout, x.until());
    // The handle keeps the actor until the try ends, which it does in time.
    transport->send(x.mail, limit, [actor = caf::actor_cast<caf::actor>(self), id](smtp::delivery outcome) {
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
  const auto error = outcome.ok() ? caf::error{} : smtp::error_of(outcome);
  book->exchanged("send_mail", outcome.ok() ? "ok" : outcome_of(error), steady::now() - x.tried_at);
  const auto full = settings.first_delay * (int64_t{1} << std::min(x.attempts - 1, 20));
  const auto jitter = std::uniform_real_distribution<double>{0.5, 1.0}(chance);
  const auto pause = std::chrono::duration_cast<milliseconds>(std::chrono::duration<double, std::milli>{full} * jitter);
  const bool may_repeat = x.attempts < settings.attempts_max && steady::now() + pause < x.until();
  if (outcome.ok()) {
    remember(x.message_id);
    answer(id, {});
  } else if (smtp::is_temporary(outcome) && may_repeat) {
    book->retried("send_mail");
    x.now = phase::pausing;
    self->delayed_send(self, pause, mail_again::value, id);
  } else {
    answer(id, error);
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

void smtp_mailer_state::late(uint64_t id) {
  const auto found = jobs.find(id);
  if (found == jobs.end())
    return;
  auto& x = found->second;
  const auto in_time
    = std::find_if(x.askers.begin(), x.askers.end(), [now = steady::now()](const asker& a) { return a.until > now; });
  const std::vector<asker> late(x.askers.begin(), in_time);
  x.askers.erase(x.askers.begin(), in_time);
  const char* what
    = x.now == phase::trying ? "smtp: no answer in time, the mail is still under way" : "smtp: not sent in time";
  if (x.askers.empty() && x.now != phase::trying)
    forget(id);
  for (const auto& one : late)
    one.done(caf::make_error(ec::vendor_unavailable, what));
}

/// The end of a job; an empty error means that the mail was sent.
void smtp_mailer_state::answer(uint64_t id, const caf::error& why) {
  const auto x = forget(id);
  for (const auto& one : x.askers)
    why ? one.done(why) : one.done(mail_sent{x.message_id});
}

smtp_mailer_state::job smtp_mailer_state::forget(uint64_t id) {
  auto node = jobs.extract(id);
  by_message.erase(node.mapped().message_id);
  return std::move(node.mapped());
}

void smtp_mailer_state::remember(const std::string& message_id) {
  if (!sent.insert(message_id).second)
    return;
  sent_order.push_back(message_id);
  if (sent_order.size() > sent_max) {
    sent.erase(sent_order.front());
    sent_order.pop_front();
  }
}

inspected_state smtp_mailer_state::inspect() const {
  auto out = book->shown();
  out["tries_running"] = running;
  out["mails_waiting"] = jobs.size() - running;
  return shown(out);
}

smtp_mailer_actor::behavior_type
smtp_mailer(smtp_mailer_actor::stateful_pointer<smtp_mailer_state> self, context_ptr context, smtp_settings settings) {
  begin(self, context, context->root, "mailer", "smtp");
  self->state.start(std::move(context), settings);
  return {
    [self](const outgoing_mail& mail) { return self->state.send(mail); },
    [self](const inspect_state&) { return self->state.inspect(); },
    [self](mail_tried, uint64_t job, int32_t curl_code, int32_t status, std::string& reply, bool stopped) {
      self->state.tried(job, smtp::delivery{curl_code, status, std::move(reply), stopped});
    },
    [self](mail_again, uint64_t job) { self->state.again(job); },
    [self](mail_late, uint64_t job) { self->state.late(job); },
  };
}

} // namespace parley
