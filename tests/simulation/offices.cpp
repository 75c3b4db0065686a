// CRM, calendar and mail.
#include "tests/simulation/adapters.hpp"

namespace parley::simulation {

using namespace std::chrono_literals;

simulated_crm::behavior_type crm(simulated_crm::stateful_pointer<adapter_state> self, world_ptr world) {
  settle_in(self, world, port::crm);
  auto* offices = &world->offices;
  auto* o = &world->o;
  return {
    [=](const find_contact& x) {
      return exchange<crm_contact>(self, "find_contact", &weather::vendor, x,
                                   [](const auto& y) -> caf::expected<crm_contact> {
                                     crm_contact out;
                                     out.found = true;
                                     out.phone = y.phone;
                                     return out;
                                   });
    },
    [=](const crm_activity& x) -> caf::result<crm_written> {
      if (o->has(bug::deliver_at_most_once)) { // done before it is made
        self->send(self, answer_atom::value, self->state.keep([=] {
          if (o->leave("crm_activity") && o->draw(o->weather.vendor, "crm_activity") == fate::well)
            offices->write(x, true);
        }));
        return crm_written{"soon", "contact"};
      }
      return exchange<crm_written>(self, "crm_activity", &weather::vendor, x,
                                   [=](const auto& y) -> caf::expected<crm_written> {
                                     o->note("crm: activity " + y.key + " " + y.outcome);
                                     return offices->write(y, !o->has(bug::double_crm_delivery));
                                   });
    },
    [=](const search_contacts& x) {
      return exchange<crm_contacts>(self, "search_contacts", &weather::vendor, x,
                                    [](const auto&) -> caf::expected<crm_contacts> { return crm_contacts{}; });
    },
    [=](answer_atom, uint64_t ticket) { self->state.answer(ticket); },
  };
}

simulated_calendar::behavior_type calendar(simulated_calendar::stateful_pointer<adapter_state> self, world_ptr world) {
  settle_in(self, world, port::calendar);
  auto* offices = &world->offices;
  auto* o = &world->o;
  return {
    [=](const free_busy_query& x) {
      // The last look before a booking is a short one: an appointment that
      // somebody else makes just now is what it looks for.
      if (x.range.until - x.range.from <= 1h && o->faults.percent(o->weather.rivals)) {
        o->hit("foreign_appointment", "free_busy");
        offices->busy[x.calendar].push_back({x.range, o->wall()});
      }
      return exchange<busy_times>(self, "free_busy", &weather::vendor, x,
                                  [=](const auto& y) -> caf::expected<busy_times> {
                                    if (o->has(bug::blind_calendar))
                                      return busy_times{};
                                    return offices->busy_of(y);
                                  });
    },
    [=](const put_event& x) {
      return exchange<event_written>(self, "put_event", &weather::vendor, x,
                                     [=](const auto& y) -> caf::expected<event_written> { return offices->put(y); });
    },
    [=](const cancel_event& x) {
      return exchange<event_cancelled>(self, "cancel_event", &weather::vendor, x,
                                       [=](const auto& y) -> caf::expected<event_cancelled> {
                                         offices->take_out(y.calendar, y.event_id);
                                         return event_cancelled{y.event_id};
                                       });
    },
    [=](const list_changes& x) {
      return exchange<event_changes>(self, "list_changes", &weather::vendor, x,
                                     [=](const auto& y) -> caf::expected<event_changes> {
                                       return offices->changes_since(y, o->wall());
                                     });
    },
    [=](answer_atom, uint64_t ticket) { self->state.answer(ticket); },
  };
}

simulated_mailer::behavior_type mailer(simulated_mailer::stateful_pointer<adapter_state> self, world_ptr world) {
  settle_in(self, world, port::mailer);
  auto* offices = &world->offices;
  return {
    [=](const outgoing_mail& x) {
      return exchange<mail_sent>(self, "mail", &weather::vendor, x, [=](const auto& y) -> caf::expected<mail_sent> {
        ++offices->mails[y.message_id];
        return mail_sent{y.message_id};
      });
    },
    [=](answer_atom, uint64_t ticket) { self->state.answer(ticket); },
  };
}

} // namespace parley::simulation
