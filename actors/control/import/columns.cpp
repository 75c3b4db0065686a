#include "actors/control/import/columns.hpp"

#include "actors/control/import/csv_rows.hpp"
#include "runtime/settings/section.hpp"

#include <algorithm>
#include <simdjson.h>
#include <unordered_map>

namespace parley {

namespace {

using column = prospect_column;

/// Header names of other programs' exports, without case and punctuation.
const std::unordered_map<std::string_view, column> synonyms{
  {"leadsource", column::source},
  {"origin", column::source},
  {"id", column::crm_id},
  {"crm", column::crm_id},
  {"contactid", column::crm_id},
  {"recordid", column::crm_id},
  {"leadid", column::crm_id},
  {"hubspotid", column::crm_id},
  {"salesforceid", column::crm_id},
  {"externalid", column::crm_id},
  {"customerid", column::crm_id},
  {"personid", column::crm_id},
  {"prospectid", column::crm_id},
  {"hsobjectid", column::crm_id},
  {"fullname", column::name},
  {"contact", column::name},
  {"contactname", column::name},
  {"leadname", column::name},
  {"prospect", column::name},
  {"prospectname", column::name},
  {"person", column::name},
  {"displayname", column::name},
  {"firstandlastname", column::name},
  {"given", column::first_name},
  {"givenname", column::first_name},
  {"forename", column::first_name},
  {"firstnames", column::first_name},
  {"fname", column::first_name},
  {"surname", column::last_name},
  {"familyname", column::last_name},
  {"lname", column::last_name},
  {"emailaddress", column::email},
  {"mail", column::email},
  {"workemail", column::email},
  {"businessemail", column::email},
  {"email1", column::email},
  {"primaryemail", column::email},
  {"contactemail", column::email},
  {"phonenumber", column::phone},
  {"telephone", column::phone},
  {"telephonenumber", column::phone},
  {"tel", column::phone},
  {"mobile", column::phone},
  {"mobilephone", column::phone},
  {"mobilenumber", column::phone},
  {"cell", column::phone},
  {"cellphone", column::phone},
  {"workphone", column::phone},
  {"businessphone", column::phone},
  {"directphone", column::phone},
  {"directdial", column::phone},
  {"phone1", column::phone},
  {"primaryphone", column::phone},
  {"contactphone", column::phone},
  {"officephone", column::phone},
  {"homephone", column::phone},
  {"directline", column::phone},
  {"mobileno", column::phone},
  {"phoneno", column::phone},
  {"telno", column::phone},
  {"e164", column::phone},
  {"ext", column::extension},
  {"phoneextension", column::extension},
  {"extn", column::extension},
  {"companyname", column::company},
  {"organization", column::company},
  {"organisation", column::company},
  {"account", column::company},
  {"accountname", column::company},
  {"employer", column::company},
  {"business", column::company},
  {"businessname", column::company},
  {"firm", column::company},
  {"title", column::role},
  {"jobtitle", column::role},
  {"position", column::role},
  {"jobrole", column::role},
  {"designation", column::role},
  {"function", column::role},
  {"tz", column::timezone},
  {"timezoneid", column::timezone},
  {"timezonename", column::timezone},
  {"hstimezone", column::timezone},
  {"region", column::state},
  {"stateregion", column::state},
  {"stateprovince", column::state},
  {"province", column::state},
  {"addressstate", column::state},
  {"statecode", column::state},
  {"usstate", column::state},
  {"zipcode", column::zip},
  {"postalcode", column::zip},
  {"postcode", column::zip},
  {"addresszip", column::zip},
  {"zippostalcode", column::zip},
  {"postal", column::zip},
  {"consent", column::consent_type},
  {"optintype", column::consent_type},
  {"consentdate", column::consent_at},
  {"consenttime", column::consent_at},
  {"consentedat", column::consent_at},
  {"optindate", column::consent_at},
  {"consenturl", column::consent_source},
  {"optinsource", column::consent_source},
  {"consentwording", column::consent_text},
  {"consentlanguage", column::consent_text},
  {"consentto", column::consent_seller},
  {"consentgivento", column::consent_seller},
  {"note", column::notes},
  {"comment", column::notes},
  {"comments", column::notes},
  {"remarks", column::notes},
};

std::string plain(std::string_view name) {
  std::string out;
  for (const char c : name)
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80)
      out += c;
    else if (c >= 'A' && c <= 'Z')
      out += static_cast<char>(c - 'A' + 'a');
  return out;
}

std::optional<column> our_own(std::string_view plain_name) {
  for (size_t i = 0; i < prospect_column_names.size(); ++i)
    if (plain(prospect_column_names[i]) == plain_name)
      return static_cast<column>(i);
  return std::nullopt;
}

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& x : names)
    out += (out.empty() ? "" : ", ") + x;
  return out;
}

} // namespace

column_map::column_map(const std::vector<std::string>& header, const std::map<std::string, std::string>& chosen)
  : size_{header.size()} {
  for (const auto& name : header)
    if (!simdjson::validate_utf8(name))
      throw unusable_file{"the names of the columns are not UTF-8 text; save the table as 'CSV UTF-8', or convert it: "
                          "iconv -f WINDOWS-1252 -t UTF-8"};
  for (const auto& [name, ours] : chosen)
    choose(header, name, ours);
  const auto taken = [&](size_t i) { return std::find(indices_.begin(), indices_.end(), i) != indices_.end(); };
  const auto take = [&](auto meaning_of) {
    for (size_t i = 0; i < header.size(); ++i)
      if (const auto column = meaning_of(plain(header[i])); column && !index(*column) && !taken(i))
        index(*column) = i;
  };
  take(our_own);
  take([](const std::string& name) -> std::optional<column> {
    const auto found = synonyms.find(name);
    return found == synonyms.end() ? std::nullopt : std::optional{found->second};
  });
  for (size_t i = 0; i < header.size(); ++i)
    if (!taken(i) && !header[i].empty())
      others_.emplace(i, header[i]);
  require_needed(header);
}

void column_map::choose(const std::vector<std::string>& header, const std::string& name, const std::string& ours) {
  const auto column = our_own(plain(ours));
  if (!column) {
    const std::vector<std::string> known{prospect_column_names.begin(), prospect_column_names.end()};
    const auto near = settings::nearest(ours, known);
    throw unusable_file{"there is no column '" + ours + "' to map '" + name + "' to; "
                        + (near.empty() ? "there are: " + listed(known) : "did you mean '" + near + "'?")};
  }
  const auto found = std::find_if(header.begin(), header.end(), [&](const auto& x) { return plain(x) == plain(name); });
  if (found == header.end())
    throw unusable_file{"the file has no column '" + name + "' to map; it has: " + listed(header)};
  if (index(*column))
    throw unusable_file{"'" + header[*index(*column)] + "' and '" + name + "' are both mapped to '" + ours
                        + "'; choose one"};
  index(*column) = static_cast<size_t>(found - header.begin());
}

void column_map::require_needed(const std::vector<std::string>& header) const {
  std::string missing;
  if (!has(column::phone))
    missing = "phone";
  else if (!has(column::name) && !has(column::first_name) && !has(column::last_name))
    missing = "name";
  if (missing.empty())
    return;
  throw unusable_file{"the column '" + missing + "' is missing; the first line must name the columns, and it has: "
                      + listed(header) + ". Rename the column or map it: --map \"its name=" + missing + "\""};
}

std::string column_map::name_of(size_t i) const {
  for (size_t c = 0; c < indices_.size(); ++c)
    if (indices_[c] == i)
      return prospect_column_names[c];
  const auto other = others_.find(i);
  return other == others_.end() ? "row" : other->second;
}

std::string_view column_map::field(const std::vector<std::string>& row, prospect_column column) const {
  const auto i = index(column);
  return i && *i < row.size() ? std::string_view{row[*i]} : std::string_view{};
}

} // namespace parley
