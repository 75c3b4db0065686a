#include "adapters/hubspot/hubspot_crm.hpp"

namespace parley {

using namespace std::chrono_literals;

/// How long a contact is remembered; HubSpot's search lags by seconds.
constexpr auto contact_memory = 10min;
constexpr size_t contacts_known_max = 10'000;

static http_sender sender_of(const hubspot_settings& settings, http_client& client) {
  retry_policy policy;
  policy.attempts_max = settings.attempts_max;
  policy.throttled = hubspot::throttled;
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

void hubspot_crm_state::start(const hubspot_settings& x, telemetry& t) {
  settings = x;
  core = std::make_unique<hubspot::core>(x);
  metrics = std::make_unique<port_metrics>(t, "crm");
  client = std::make_unique<http_client>(http_client_options{x.requests_max, x.waiting_max, {}});
  http = std::make_unique<actor_http>(self, sender_of(x, *client));
  line = std::make_unique<dialogue_line>(dialogue_line{*http, *metrics, "hubspot"});
}

caf::result<crm_contact> hubspot_crm_state::find(const find_contact& who) {
  reply<crm_contact> done{self};
  hold<crm_contact>(*line, core->find(who), [done](caf::expected<crm_contact> found) {
    found ? done(std::move(*found)) : done(std::move(found.error()));
  });
  return done.later();
}

static std::string key_of(const find_contact& who) {
  return !who.crm_id.empty() ? who.crm_id : !who.email.empty() ? who.email : who.phone;
}

caf::result<crm_written> hubspot_crm_state::write(crm_activity activity) {
  if (writes_waiting >= settings.waiting_max)
    return caf::make_error(ec::queue_full, "crm activity " + activity.key);
  const auto who = key_of(activity.contact);
  reply<crm_written> done{self};
  auto& queue = writes[who];
  queue.push_back({std::move(activity), done});
  ++writes_waiting;
  if (queue.size() == 1)
    write_next(who);
  return done.later();
}

void hubspot_crm_state::write_next(const std::string& who) {
  const auto& first = writes.at(who).front();
  hold<crm_written>(*line, core->write(first.activity, recall(who)), [this, who](caf::expected<crm_written> written) {
    auto& queue = writes.at(who);
    const auto done = queue.front().done;
    queue.pop_front();
    --writes_waiting;
    if (written) {
      remember(who, written->contact_id);
      done(std::move(*written));
    } else {
      known.erase(who); // it may be gone by now
      done(std::move(written.error()));
    }
    if (queue.empty())
      writes.erase(who);
    else
      write_next(who);
  });
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

hubspot_crm_actor::behavior_type
hubspot_crm(hubspot_crm_actor::stateful_pointer<hubspot_crm_state> self, hubspot_settings settings, telemetry* t) {
  guard(self);
  self->state.start(settings, *t);
  return {
    [self](const find_contact& who) { return self->state.find(who); },
    [self](crm_activity& x) { return self->state.write(std::move(x)); },
    [self](http_answered, uint64_t ticket) { self->state.http->answered(ticket); },
  };
}

} // namespace parley
