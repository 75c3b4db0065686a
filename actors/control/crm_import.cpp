#include "actors/control/import/columns.hpp"
#include "actors/control/prospect_import.hpp"

#include <algorithm>
#include <set>
#include <sstream>

namespace parley::commands {

namespace {

/// Contacts per page; HubSpot's search gives no more.
constexpr uint32_t crm_page_size = 100;
/// More than this in one import is a mistake in the filter, or wants a file.
constexpr uint64_t contacts_max = 100'000;
/// HubSpot's search shows no more contacts of a filter than this, however many
/// it counts, and asking again shows the same ones.
/// Source: HubSpot, CRM API, "Search the CRM", paging: results are limited to
/// 10,000 in total for any given query.
constexpr uint64_t hubspot_search_max = 10'000;

uint64_t contacts_max_of(const std::string& crm) {
  return crm == "hubspot" ? hubspot_search_max : contacts_max;
}

struct crm_import : import_run {
  search_contacts search;
  import_options options;
  std::set<std::string> unseen; ///< mapped names of which the CRM has told nothing so far
};
using crm_import_ptr = std::shared_ptr<crm_import>;

/// "column": "value" or ["value", …].
std::map<std::string, std::vector<std::string>> filter_of(const args& a) {
  const auto& given = a.at("crm");
  if (!given.is_object() || given.empty())
    throw std::invalid_argument{"crm: must be an object of columns and their values, as in {\"lifecyclestage\": "
                                "\"lead\"}; without a filter the whole CRM would be called"};
  std::map<std::string, std::vector<std::string>> out;
  for (const auto& [column, wanted] : given.items()) {
    const auto values = wanted.is_array() ? wanted : args::array({wanted});
    if (values.empty() || !std::all_of(values.begin(), values.end(), [](const auto& x) { return x.is_string(); }))
      throw std::invalid_argument{"crm: " + column + " must have a text or a list of texts"};
    out[column] = values.get<std::vector<std::string>>();
  }
  return out;
}

/// As a field of a file that `read_prospects` reads.
std::string field(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"')
      out += '"';
    out += c == '\n' || c == '\r' ? ' ' : c; // a contact is one line, so that lines count contacts
  }
  return out + "\"";
}

std::string first_of(const crm_contact& x, const std::string& value, std::initializer_list<const char*> properties) {
  if (!value.empty())
    return value;
  for (const auto* name : properties)
    if (const auto found = x.properties.find(name); found != x.properties.end() && !found->second.empty())
      return found->second;
  return {};
}

constexpr std::array own_columns{"crm_id", "name", "email", "phone", "company", "role"};

/// Our own columns, those that the user maps and every property that the CRM
/// tells of: a page on which nobody has a value for one has its column all the
/// same, so that all pages of an import are read alike.
std::vector<std::string>
columns_of(const std::vector<crm_contact>& contacts, const std::map<std::string, std::string>& mapped) {
  // What stands in columns of our own already, or would be taken for one.
  static constexpr std::array others{"mobilephone", "jobtitle", "firstname", "lastname", "hs_object_id", "source"};
  std::vector<std::string> out{own_columns.begin(), own_columns.end()};
  const auto add = [&out](const std::string& name) {
    if (std::find(out.begin(), out.end(), name) == out.end())
      out.push_back(name);
  };
  for (const auto& [name, ours] : mapped)
    add(name);
  for (const auto& contact : contacts)
    for (const auto& [name, value] : contact.properties)
      if (std::find(others.begin(), others.end(), name) == others.end())
        add(name);
  return out;
}

/// A page as a file, so that its contacts are checked as the rows of a file.
std::string as_file(const std::vector<crm_contact>& contacts, const std::vector<std::string>& columns, bool own_ids) {
  const std::vector<std::string> further(columns.begin() + own_columns.size(), columns.end());
  std::ostringstream out;
  for (const auto& name : columns)
    out << (&name == &columns.front() ? "" : ",") << field(name);
  out << '\n';
  for (const auto& x : contacts) {
    const auto phone = first_of(x, x.phone, {"mobilephone"});
    out << field(own_ids ? x.crm_id : "") << ',' << field(x.name) << ',' << field(x.email) << ',' << field(phone) << ','
        << field(x.company) << ',' << field(first_of(x, x.role, {"jobtitle"}));
    for (const auto& name : further) {
      const auto found = x.properties.find(name);
      out << ',' << field(found == x.properties.end() ? "" : found->second);
    }
    out << '\n';
  }
  return out.str();
}

/// Of whom the CRM tells the consent: it knows the property that is our column
/// consent_type. An empty one is an answer too, as in a file. Of a property that
/// it does not know, a slip of the pen for one, it says nothing.
std::function<bool(const crm_contact&)>
tells_consent(const column_map& columns, const std::vector<std::string>& names) {
  const auto place = columns.place_of(prospect_column::consent_type);
  return [name = place ? names[*place] : ""](const crm_contact& x) { return x.properties.contains(name); };
}

void read_page(control_state& s, crm_import& run, const crm_contacts& page) {
  run.rows += page.contacts.size();
  if (page.contacts.empty())
    return;
  // Our own tables answer with ids that no CRM knows: their people are known
  // by number and address.
  const auto names = columns_of(page.contacts, run.options.columns);
  const auto told = tells_consent(column_map{names, run.options.columns}, names);
  const auto contact_of = [&page](uint64_t line) -> const crm_contact& {
    return page.contacts.at(std::min<size_t>(line - 2, page.contacts.size() - 1));
  };
  std::istringstream in{as_file(page.contacts, names, s.node.crm != "none")};
  const auto summary = read_prospects(
    in, run.options, *s.rules,
    [&](prospect_import x) {
      x.consent_told = told(contact_of(x.line));
      run.people.push_back(std::move(x));
    },
    [&](rejected_row x) {
      run.rejected.push_back({{"crm_id", contact_of(x.line).crm_id}, {"field", x.field}, {"reason", x.reason}});
    });
  for (const auto& contact : page.contacts)
    std::erase_if(run.unseen, [&](const auto& name) { return contact.properties.contains(name); });
  // Those of whom it is told and the others are stored apart.
  std::stable_partition(run.people.begin(), run.people.end(), [](const auto& x) { return x.consent_told; });
  run.accepted += summary.accepted;
}

void end(control_state& s, crm_import& run, const answer& reply) {
  for (const auto& name : run.unseen)
    if (run.rows > 0)
      run.hint += (run.hint.empty() ? "" : " ") + std::string{"The CRM told nothing of a property '"} + name
                  + "'; use its internal names in --map.";
  end_import(s, run, reply);
}

void next_page(control_state& s, const crm_import_ptr& run, const answer& reply) {
  s.self->request(s.ctx->crm, s.ctx->settings.vendor_timeout, run->search)
    .then(
      [&s, run, reply](const crm_contacts& page) {
        if (run->search.after.empty()) { // nothing is stored yet
          if (const auto max = contacts_max_of(s.node.crm); page.total > max)
            return refuse(reply, "crm: the filter takes " + std::to_string(page.total) + " contacts, more than the "
                                   + std::to_string(max) + " that one import can read; narrow it with a further "
                                   + "column, and import part by part");
          run->how_far->now("stores contacts", page.total);
        }
        // What such a page cannot be read for is said of the page, since the
        // ones before are stored.
        if (const auto problem = problem_of([&] { read_page(s, *run, page); }))
          run->rejected.push_back({{"field", "crm"}, {"reason", *problem}, {"contacts", page.contacts.size()}});
        store_people(s, run, reply, [&s, run, reply, next = page.next] {
          if (next.empty())
            return end(s, *run, reply);
          run->search.after = next;
          next_page(s, run, reply);
        });
      },
      [&s, run, reply](caf::error& e) {
        if (run->search.after.empty())
          return reply(std::move(e));
        // The contacts before are stored. Where the CRM was only away the same
        // filter goes on, since known ones are not taken twice; where it
        // refuses the page it would refuse it again.
        run->broken_off = "the CRM did not give the next page (" + s.self->system().render(e) + "); "
                          + (e == ec::invalid_input ? "narrow the filter and import the rest"
                                                    : "import again to go on, known contacts are not taken twice");
        end(s, *run, reply);
      });
}

} // namespace

void prospect_import_crm(control_state& s, const args& a, const answer& reply) {
  if (a.contains("file"))
    throw std::invalid_argument{"file: a file and crm exclude each other; leave one out"};
  auto run = std::make_shared<crm_import>();
  run->search.filter = filter_of(a);
  run->search.limit = crm_page_size;
  run->options = options_of(s, a, s.node.crm == "none" ? "csv" : s.node.crm);
  for (const auto& [name, ours] : run->options.columns)
    if (std::find(own_columns.begin(), own_columns.end(), name) == own_columns.end()) {
      run->search.properties.push_back(name);
      run->unseen.insert(name);
    }
  run->how_far = s.progress_of(a);
  run->how_far->now("asks the CRM");
  if (!a.contains("campaign"))
    return next_page(s, run, reply);
  s.with_campaign(a, reply, [&s, run, reply](const campaign_row& row) {
    run->campaign = row.id;
    next_page(s, run, reply);
  });
}

} // namespace parley::commands
