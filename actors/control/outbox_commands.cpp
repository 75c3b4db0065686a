// Deliveries outside: what waits, what was given up, and what an operator
// decides about it.
#include "actors/control/commands.hpp"

namespace parley::commands {

namespace {

/// Deliveries that the beginning of an id is looked for among.
constexpr uint32_t deliveries_max = 10'000;

void outbox_list(control_state& s, const args& a, answer reply) {
  auto query = query_of(report_kind::outbox, a);
  query.text = text_or(a, "state", "");
  const auto with_person = [&s, a, reply](report_query asked) {
    if (!a.contains("prospect"))
      return s.send_report(std::move(asked), reply);
    with_prospect(s, a, reply, [&s, reply, asked](prospect_id id) mutable {
      asked.prospect = id;
      s.send_report(std::move(asked), reply);
    });
  };
  if (!a.contains("campaign"))
    return with_person(std::move(query));
  s.with_campaign(a, reply, [query, with_person](const campaign_row& row) mutable {
    query.campaign = row.id;
    with_person(std::move(query));
  });
}

/// Goes on with the ids of the deliveries whose id begins so.
void find_delivery(control_state& s, const std::string& wanted, const answer& reply, std::function<void(uuid)> then) {
  if (const auto id = parse_uuid(wanted))
    return then(*id); // the store says when there is none
  const auto found = std::make_shared<std::vector<std::string>>();
  const auto decide = [wanted, found, reply, then = std::move(then)] {
    if (found->size() == 1)
      return then(*parse_uuid(found->front()));
    if (found->empty())
      return reply(
        caf::make_error(ec::not_found, "delivery: there is no \"" + wanted + "\"; \"parley outbox list\" shows all"));
    refuse(reply,
           "delivery: \"" + wanted + "\" could be " + std::to_string(found->size()) + " of them; give more of it");
  };
  const auto look = [&s, wanted, found, reply](const char* state, std::function<void()> next) {
    report_query query;
    query.kind = report_kind::outbox;
    query.text = state;
    query.limit = deliveries_max;
    s.self->request(s.ctx->journal, s.ctx->settings.journal_timeout, std::move(query))
      .then(
        [wanted, found, next = std::move(next)](const report& x) {
          for (const auto& row : args::parse(x.json))
            if (row.at("id").get_ref<const std::string&>().starts_with(wanted))
              found->push_back(row.at("id"));
          next();
        },
        fails(reply));
  };
  look("", [look, decide] { look("dropped", decide); });
}

void send_order(control_state& s, outbox_order order, const answer& reply) {
  order.at = s.ctx->clock.now();
  auto told = args{{"action", to_string(order.what)}, {"ids", args::array()}};
  for (const auto& id : order.ids)
    told["ids"].push_back(to_string(id));
  s.self->request(s.ctx->upkeep, s.ctx->settings.journal_timeout, std::move(order))
    .then(
      [reply, told](const outbox_changed& x) mutable {
        told["count"] = x.count;
        told["left"] = x.left;
        say(reply, told);
      },
      fails(reply));
}

void outbox_retry(control_state& s, const args& a, answer reply) {
  outbox_order order;
  order.by = text_or(a, "by", "command");
  if (flag_or(a, "all", false)) {
    if (a.contains("delivery"))
      throw std::invalid_argument{"all: give either the id of a delivery or --all"};
    if (has_store(s, reply))
      send_order(s, std::move(order), reply);
    return;
  }
  const auto wanted = needed_text(a, "delivery", "give the id of a delivery, or --all for every parked one");
  if (has_store(s, reply))
    find_delivery(s, wanted, reply, [&s, order, reply](uuid id) mutable {
      order.ids = {id};
      send_order(s, std::move(order), reply);
    });
}

void outbox_drop(control_state& s, const args& a, answer reply) {
  outbox_order order;
  order.what = outbox_action::drop;
  order.by = text_or(a, "by", "command");
  order.reason = needed_text(a, "reason", "say why nobody shall get it; it is kept with the delivery");
  if (order.reason.size() > 500)
    throw std::invalid_argument{"reason: is longer than 500 characters; one sentence is enough"};
  const auto wanted = needed_text(a, "delivery", "give the id of a delivery; \"parley outbox list\" shows all");
  if (has_store(s, reply))
    find_delivery(s, wanted, reply, [&s, order, reply](uuid id) mutable {
      order.ids = {id};
      send_order(s, std::move(order), reply);
    });
}

} // namespace

void add_outbox_commands(table& commands) {
  commands["outbox list"] = outbox_list;
  commands["outbox retry"] = outbox_retry;
  commands["outbox drop"] = outbox_drop;
}

} // namespace parley::commands
