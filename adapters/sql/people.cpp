#include "adapters/sql/people.hpp"

#include <tuple>

namespace parley::sql {

/// Fields in which two rows of one person may differ.
static auto told_fields(auto& x) {
  return std::tie(x.name, x.email, x.phone, x.extension, x.company, x.role, x.timezone, x.state, x.postal_code,
                  x.notes);
}

/// All of consent, which counts as one: a row that leaves it out takes it
/// back, so that nobody is called on a consent that the list no longer shows.
static auto consent_fields(auto& x) {
  return std::tie(x.consent_type, x.consent_at, x.consent_source, x.consent_text, x.consent_seller);
}

prospect_row merged(const prospect_row& known, const prospect_row& told, const import_prospects& from) {
  auto out = known;
  if (!told.crm_id.empty()) {
    out.source = told.source;
    out.crm_id = told.crm_id;
  }
  auto into = told_fields(out);
  const auto news = told_fields(told);
  [&]<size_t... Is>(std::index_sequence<Is...>) {
    (void(std::get<Is>(news).empty() ? std::get<Is>(into) : std::get<Is>(into) = std::get<Is>(news)), ...);
  }
  (std::make_index_sequence<std::tuple_size_v<decltype(into)>>{});
  if (!known.timezone.empty() && from.zones_found.contains(told.id))
    out.timezone = known.timezone;
  if (from.consent_told)
    consent_fields(out) = consent_fields(told);
  if (told.attributes != "{}" && !told.attributes.empty())
    out.attributes = told.attributes;
  return out;
}

bool differ(const prospect_row& a, const prospect_row& b) {
  return a.source != b.source || a.crm_id != b.crm_id || a.attributes != b.attributes
         || told_fields(a) != told_fields(b) || consent_fields(a) != consent_fields(b);
}

bool can_be_known(const prospect_row& x) {
  return x.id && !(x.crm_id.empty() && x.phone.empty() && x.email.empty());
}

} // namespace parley::sql
