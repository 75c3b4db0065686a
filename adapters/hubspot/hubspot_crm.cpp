#include "adapters/hubspot/hubspot_crm.hpp"

namespace parley {

using namespace std::chrono_literals;

/// How long a contact is remembered; HubSpot's search lags by seconds.
constexpr auto contact_memory = 10min;
constexpr size_t contacts_known_max = 10'000;

static http_sender sender_of(const hubspot_settings& settings, http_client& client, const port_book_ptr& book) {
  retry_policy policy;
  policy.attempts_max = settings.attempts_max;
  policy.throttled = hubspot::throttled;
  policy.retried = [book](const http_request& x) { book->retried(x.operation); };
  auto plain = with_retries(client, policy);
  if (settings.uses_oauth()) {
    oauth_credentials credentials{settings.base_url + "/oauth/v1/token", settings.client_id, settings.client_secret,
                                  settings.refresh_token};
    return oauth_session{std::move(credentials), plain, plain}.sender();
  }
  return [plain, token = bearer_auth(settings.access_token)](http_request request, http_callback done) {
    request.headers.push_back(token);
    plain(std::move(request), std::move(done));
  };
}

void hubspot_crm_state::start(const node_context& context, const hubspot_settings& x) {
  core = std::make_unique<hubspot::core>(x);
  book = std::make_shared<port_book>(context.telemetry, "crm", "hubspot");
  client = std::make_unique<http_client>(http_client_options{x.requests_max, x.waiting_max, {}});
  http = std::make_unique<actor_http>(self, sender_of(x, *client, book));
  line = std::make_unique<dialogue_line>(dialogue_line{*http, book, "hubspot", total_time(context, x.total_timeout)});
  writes = std::make_unique<write_lines>(x.waiting_max);
}

caf::result<crm_contact> hubspot_crm_state::find(const find_contact& who) {
  return answer(self, *line, "find_contact", core->find(who));
}

caf::result<crm_contacts> hubspot_crm_state::search(const search_contacts& x) {
  return answer(self, *line, "search_contacts", core->search(x));
}

/// One person's writes; two people may share an id of two systems, or a number.
static std::string key_of(const find_contact& who) {
  if (who.prospect)
    return to_string(who.prospect);
  return who.source + '\n' + who.crm_id + '\n' + who.email + '\n' + who.phone;
}

caf::result<crm_written> hubspot_crm_state::write(crm_activity activity) {
  const port_reply<crm_written> done{self, book, "write_" + std::string{to_string(activity.kind)}};
  const auto who = key_of(activity.contact);
  auto content = bytes_of(self->system(), activity);
  auto key = activity.key;
  // Those before it in its line came earlier and so end earlier: waiting there
  // needs no timer.
  const auto deadline = line->deadline();
  writes->add<crm_written>(who, std::move(key), std::move(content), done,
                           [this, who, activity = std::move(activity), deadline](
                             const write_lines::finish<crm_written>& end) { do_write(who, activity, deadline, end); });
  return done.later();
}

void hubspot_crm_state::do_write(const std::string& who, const crm_activity& activity,
                                 dialogue_line::time_point deadline, const write_lines::finish<crm_written>& done) {
  hold<crm_written>(*line, core->write(activity, recall(who)), deadline,
                    [this, who, done](caf::expected<crm_written> written) {
                      if (written)
                        remember(who, written->contact_id);
                      else
                        known.erase(who); // it may be gone by now
                      done(std::move(written));
                    });
}

inspected_state hubspot_crm_state::inspect() const {
  auto out = book->shown();
  out["exchanges_open"] = http->open();
  out["writes_waiting"] = writes->waiting();
  out["contacts_known"] = known.size();
  return shown(out);
}

void hubspot_crm_state::remember(const std::string& who, const std::string& contact_id) {
  if (who.empty() || contact_id.empty())
    return;
  const auto now = self->clock().now();
  if (known.size() >= contacts_known_max)
    std::erase_if(known, [now](const auto& entry) { return entry.second.until <= now; });
  if (known.size() < contacts_known_max)
    known[who] = {contact_id, now + contact_memory};
}

std::string hubspot_crm_state::recall(const std::string& who) const {
  const auto found = known.find(who);
  return found != known.end() && self->clock().now() < found->second.until ? found->second.id : std::string{};
}

hubspot_crm_actor::behavior_type hubspot_crm(hubspot_crm_actor::stateful_pointer<hubspot_crm_state> self,
                                             context_ptr context, hubspot_settings settings) {
  begin(self, context, context->root, "crm", "hubspot");
  self->state.start(*context, settings);
  return {
    [self](const find_contact& who) { return self->state.find(who); },
    [self](crm_activity& x) { return self->state.write(std::move(x)); },
    [self](const search_contacts& x) { return self->state.search(x); },
    [self](const inspect_state&) { return self->state.inspect(); },
    [self](http_answered, uint64_t ticket) { self->state.http->answered(ticket); },
  };
}

} // namespace parley
