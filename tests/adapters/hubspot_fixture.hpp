#pragma once

#include "adapters/hubspot/hubspot_crm.hpp"
#include "tests/adapters/fake_hubspot.hpp"
#include "tests/support/port_fixture.hpp"

namespace parley::test {

using namespace std::chrono_literals;

/// The adapter against a HubSpot on loopback.
struct hubspot_fixture : port_fixture {
  fake_hubspot hubspot;
  hubspot_settings settings;

  hubspot_fixture() {
    settings.base_url = hubspot.url();
    settings.access_token = "pat-1";
    settings.attempts_max = 2;
    settings.request_timeout = 1s;
  }
  hubspot_crm_actor start() { return sys.spawn(hubspot_crm, ctx(), settings); }
};

inline crm_activity call_activity() {
  crm_activity x;
  x.key = "call-7";
  x.kind = crm_activity_kind::call;
  x.contact.email = "ada@example.com";
  x.contact.phone = "+14155550132";
  x.contact_name = "Ada King Byron";
  x.contact_company = "Acme";
  x.contact_role = "CTO";
  x.at = *parse_iso("2026-08-04T12:00:00Z");
  x.title = "Outbound call";
  x.body = "Asked for <a demo> & prices.\nTuesday.";
  x.outcome = "meeting_booked";
  x.from = "+15005550006";
  x.to = "+14155550132";
  x.duration = 42s;
  return x;
}

inline crm_activity meeting_activity() {
  auto x = call_activity();
  x.key = "meeting-7";
  x.kind = crm_activity_kind::meeting;
  x.outcome.clear();
  x.end = x.at + 30min;
  x.location = "https://meet.example.com/7";
  return x;
}

} // namespace parley::test
