#include "adapters/embedded/embedded_crm.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace parley {

static constexpr uint32_t contacts_per_page_max = 1'000;

static caf::expected<crm_written> accept(const crm_activity& x) {
  if (x.key.empty())
    return caf::make_error(ec::invalid_input, "crm activity: the key is empty");
  return crm_written{x.key, x.contact.crm_id};
}

crm_contact contact_of(const prospect_row& row) {
  crm_contact out;
  out.found = true;
  out.crm_id = row.crm_id.empty() ? to_string(row.id) : row.crm_id;
  out.name = row.name;
  out.email = row.email;
  out.phone = row.phone;
  out.company = row.company;
  out.role = row.role;
  // Whatever columns the list had besides.
  const auto attributes = nlohmann::json::parse(row.attributes, nullptr, false);
  if (attributes.is_object())
    for (const auto& [key, value] : attributes.items())
      if (value.is_string())
        out.properties[key] = value.get<std::string>();
  return out;
}

caf::result<crm_contact> embedded_crm_state::find(const find_contact& who) {
  const found_reply done{self, book, "find_contact"};
  std::vector<search_prospects> tries;
  const auto by = [&](const char* column, const std::string& value) {
    if (!value.empty())
      tries.push_back({{{column, {value}}}, std::nullopt, 1});
  };
  if (!who.crm_id.empty() && !who.source.empty())
    tries.push_back({{{"crm_id", {who.crm_id}}, {"source", {who.source}}}, std::nullopt, 1});
  by("email", who.email);
  by("phone", who.phone);
  if (const auto id = who.prospect ? std::optional<uuid>{who.prospect} : parse_uuid(who.crm_id)) {
    self->request(context->journal, context->settings.journal_timeout, load_prospect{prospect_id{*id}})
      .then([done](const prospect_row& row) { done(contact_of(row)); },
            [this, tries, done](caf::error& e) {
              if (e == ec::not_found)
                find_next(tries, 0, done);
              else
                done(std::move(e));
            });
  } else {
    find_next(tries, 0, done);
  }
  return done.later();
}

void embedded_crm_state::find_next(const std::vector<search_prospects>& tries, size_t next, const found_reply& done) {
  if (next == tries.size())
    return done(crm_contact{});
  self->request(context->journal, context->settings.journal_timeout, tries[next])
    .then(
      [this, tries, next, done](const prospect_page& page) {
        if (page.rows.empty())
          return find_next(tries, next + 1, done);
        done(contact_of(page.rows.front()));
      },
      [done](caf::error& e) { done(std::move(e)); });
}

caf::result<crm_contacts> embedded_crm_state::search(const search_contacts& x) {
  const port_reply<crm_contacts> done{self, book, "search_contacts"};
  search_prospects asked;
  asked.filter = x.filter;
  asked.limit = std::clamp<uint32_t>(x.limit, 1, contacts_per_page_max);
  if (!x.after.empty()) {
    const auto after = parse_uuid(x.after);
    if (!after) {
      done(caf::make_error(ec::invalid_input, "search: `after` is not what an earlier page gave"));
      return done.later();
    }
    asked.after = prospect_id{*after};
  }
  self->request(context->journal, context->settings.journal_timeout, std::move(asked))
    .then(
      [done](const prospect_page& page) {
        crm_contacts out;
        out.total = page.total;
        for (const auto& row : page.rows)
          out.contacts.push_back(contact_of(row));
        if (page.more)
          out.next = to_string(page.rows.back().id);
        done(std::move(out));
      },
      [done](caf::error& e) { done(std::move(e)); });
  return done.later();
}

embedded_crm_actor::behavior_type
embedded_crm(embedded_crm_actor::stateful_pointer<embedded_crm_state> self, const context_ptr& context) {
  begin(self, context, context->root, "crm", "embedded");
  self->state.context = context;
  self->state.book = std::make_shared<port_book>(context->telemetry, "crm", "embedded");
  return {
    [self](const find_contact& who) { return self->state.find(who); },
    [self](const crm_activity& x) -> caf::result<crm_written> {
      return counted(self->state.book, "write_" + std::string{to_string(x.kind)}, [&] { return accept(x); });
    },
    [self](const search_contacts& x) { return self->state.search(x); },
    [self](const inspect_state&) { return shown(self->state.book->shown()); },
  };
}

} // namespace parley
