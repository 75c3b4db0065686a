#include "actors/control/import/prospects.hpp"

#include "actors/compliance/consent.hpp"
#include "actors/compliance/numbers.hpp"
#include "actors/control/import/columns.hpp"
#include "runtime/clock.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <simdjson.h>
#include <unordered_map>

namespace parley {

namespace {

using column = prospect_column;

constexpr size_t field_bytes_max = 10'000;
constexpr size_t name_bytes_max = 200;

/// Thrown by the checks of one row, caught where the row ends.
struct unusable {
  std::string field;
  std::string reason;
};

/// What web pages and spreadsheets put where nobody sees it.
constexpr std::string_view no_break_space = "\xC2\xA0";

/// Blanks and control characters at the ends cut, within as one space each;
/// new lines stay where `lines` says so.
std::string tidied(std::string_view text, bool lines = false) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto code = static_cast<unsigned char>(c);
    const bool hard = text.substr(i).starts_with(no_break_space);
    i += hard ? 1 : 0;
    if (lines && c == '\n')
      out += c;
    else if (code > ' ' && code != 0x7F && !hard)
      out += c;
    else if (!out.empty() && out.back() != ' ' && out.back() != '\n')
      out += ' ';
  }
  while (!out.empty() && (out.back() == ' ' || out.back() == '\n'))
    out.pop_back();
  out.erase(0, out.find_first_not_of("\n "));
  return out;
}

char small(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

std::string without_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), small);
  return text;
}

std::string checked_email(std::string email) {
  if (email.empty())
    return email;
  const auto at = email.find('@');
  const auto dot = email.rfind('.');
  const bool sane = at != email.npos && at > 0 && email.find('@', at + 1) == email.npos && dot != email.npos
                    && dot > at + 1 && dot + 1 < email.size() && email.find_first_of(" ,;:\"'<>()[]\\") == email.npos
                    && email.size() <= 254;
  if (!sane)
    throw unusable{"email", "This is not one e-mail address; correct it or "
                            "leave it empty."};
  std::transform(email.begin() + static_cast<ptrdiff_t>(at), email.end(), email.begin() + static_cast<ptrdiff_t>(at),
                 small);
  return email;
}

consent_type checked_consent_type(const std::string& text) {
  struct synonym {
    std::string_view words;
    consent_type type;
  };
  static constexpr std::array synonyms{synonym{"", consent_type::none},
                                       synonym{"no", consent_type::none},
                                       synonym{"written", consent_type::express_written},
                                       synonym{"expresswritten", consent_type::express_written},
                                       synonym{"priorexpresswritten", consent_type::express_written},
                                       synonym{"pewc", consent_type::express_written},
                                       synonym{"oral", consent_type::express},
                                       synonym{"verbal", consent_type::express},
                                       synonym{"customer", consent_type::ebr},
                                       synonym{"existingcustomer", consent_type::ebr},
                                       synonym{"enquiry", consent_type::inquiry}};
  std::string words;
  for (const char c : text)
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
      words += static_cast<char>(c | 0x20);
  for (const auto& x : synonyms)
    if (x.words == words && (!words.empty() || text.empty()))
      return x.type;
  if (const auto type = parse<consent_type>(words))
    return *type;
  throw unusable{"consent_type", "This kind of consent is not known; use express_written, "
                                 "express, ebr, inquiry or none."};
}

/// "Company Size" as company_size, the form in which research looks for it.
std::string attribute_name(std::string_view heading) {
  auto out = tidied(heading);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c == ' ' ? '_' : small(c); });
  return out;
}

std::string joined_name(const std::string& first, const std::string& last) {
  return first.empty() || last.empty() ? first + last : first + " " + last;
}

/// Turns rows into prospects; remembers who was there.
class importer {
public:
  importer(const import_options& options, const calling_rules& rules, const std::vector<std::string>& header)
    : options_{options}, rules_{rules}, columns_{header, options.columns} {}

  /// @throws unusable
  prospect_import read(const csv_row& row) {
    check_text(row);
    prospect_import out;
    out.line = row.line;
    const auto text = [&](column c) { return tidied(columns_.field(row.fields, c)); };
    out.name = text(column::name);
    if (out.name.empty())
      out.name = joined_name(text(column::first_name), text(column::last_name));
    if (out.name.empty())
      throw unusable{"name", "There is no name."};
    if (out.name.size() > name_bytes_max)
      throw unusable{"name", "The name is too long for one person."};
    read_phone(out, row);
    out.email = checked_email(text(column::email));
    out.source = text(column::source);
    if (out.source.empty())
      out.source = options_.source;
    out.crm_id = text(column::crm_id);
    out.company = text(column::company);
    out.role = text(column::role);
    out.zip = text(column::zip);
    read_place(out, row);
    read_consent(out, row);
    out.notes = tidied(columns_.field(row.fields, column::notes), true);
    read_attributes(out, row);
    check_new(out);
    return out;
  }

private:
  void check_text(const csv_row& row) const {
    if (row.fields.size() > columns_.size())
      throw unusable{"row", "The row has " + std::to_string(row.fields.size()) + " fields, but there are "
                              + std::to_string(columns_.size())
                              + " columns; a text with a comma in it needs "
                                "quotation marks."};
    for (size_t i = 0; i < row.fields.size(); ++i) {
      if (!simdjson::validate_utf8(row.fields[i]))
        throw unusable{columns_.name_of(i), "This is not UTF-8 text; save the table as 'CSV UTF-8', or convert it: "
                                            "iconv -f WINDOWS-1252 -t UTF-8."};
      if (row.fields[i].size() > field_bytes_max)
        throw unusable{columns_.name_of(i), "The text is longer than " + std::to_string(field_bytes_max) + " bytes."};
    }
  }

  void read_phone(prospect_import& out, const csv_row& row) const {
    auto parsed = parse_number(tidied(columns_.field(row.fields, column::phone)), options_.home_region, rules_);
    if (const auto* problem = std::get_if<number_problem>(&parsed))
      throw unusable{"phone", problem->sentence};
    auto& number = std::get<phone_number>(parsed);
    out.phone = std::move(number.e164);
    out.extension = tidied(columns_.field(row.fields, column::extension));
    out.extension.erase(0, out.extension.find_first_not_of("extEXT.:# "));
    if (out.extension.find_first_not_of("0123456789") != out.extension.npos)
      throw unusable{"extension", "An extension has digits only."};
    if (out.extension.empty())
      out.extension = std::move(number.extension);
  }

  void read_place(prospect_import& out, const csv_row& row) const {
    const auto zone = tidied(columns_.field(row.fields, column::timezone));
    if (!zone.empty()) {
      const auto known = parse_zone(zone);
      if (!known)
        throw unusable{"timezone", "This time zone is not known or could be two; use a "
                                   "name such as America/New_York or leave it empty."};
      out.timezone = *known;
    }
    out.state = tidied(columns_.field(row.fields, column::state));
    if (const auto code = parse_state(out.state, rules_))
      out.state = *code; // others stay: the gate blocks what it has no rules for
  }

  void read_consent(prospect_import& out, const csv_row& row) const {
    const auto text = [&](column c) { return tidied(columns_.field(row.fields, c)); };
    out.consent_type = to_string(checked_consent_type(text(column::consent_type)));
    const auto at = text(column::consent_at);
    if (!at.empty()) {
      const auto instant = parse_date(at);
      if (!instant)
        throw unusable{"consent_at", "This is not a date; use the form "
                                     "2026-03-01."};
      out.consent_at = to_iso(*instant);
    }
    out.consent_source = text(column::consent_source);
    out.consent_text = tidied(columns_.field(row.fields, column::consent_text), true);
    out.consent_seller = text(column::consent_seller);
  }

  void read_attributes(prospect_import& out, const csv_row& row) const {
    auto others = nlohmann::json::object();
    for (const auto& [i, name] : columns_.others())
      if (i < row.fields.size())
        if (auto value = tidied(row.fields[i]); !value.empty())
          others.emplace(attribute_name(name), std::move(value)); // the first of two that differ in case only
    out.attributes = others.dump();
  }

  // By the rule of the stores, to which two rows of one person would be two
  // changes of that person at each import of the file.
  void check_new(const prospect_import& x) {
    const auto id = x.source + '\n' + x.crm_id;
    const auto contact = x.phone + '\n' + without_case(x.email);
    if (!x.crm_id.empty())
      if (const auto before = by_crm_id_.find(id); before != by_crm_id_.end())
        throw unusable{"row", "The same person stands in line " + std::to_string(before->second) + "."};
    if (const auto before = by_contact_.find(contact);
        before != by_contact_.end() && (x.crm_id.empty() || !before->second.has_crm_id))
      throw unusable{"row", "The same number and e-mail address stand in line " + std::to_string(before->second.line)
                              + "; give a crm_id or an e-mail address if this is another person."};
    if (!x.crm_id.empty())
      by_crm_id_.emplace(id, x.line);
    by_contact_.emplace(contact, contact_row{x.line, !x.crm_id.empty()});
  }

  const import_options& options_;
  const calling_rules& rules_;
  column_map columns_;
  struct contact_row {
    uint64_t line = 0;
    bool has_crm_id = false;
  };
  std::unordered_map<std::string, uint64_t> by_crm_id_;
  std::unordered_map<std::string, contact_row> by_contact_; ///< the first row of each
};

} // namespace

import_summary
read_prospects(std::istream& in, const import_options& options, const calling_rules& rules,
               const std::function<void(prospect_import)>& accept, const std::function<void(rejected_row)>& reject) {
  import_summary out;
  std::optional<importer> rows;
  const auto refuse = [&](uint64_t line, std::string field, std::string why) {
    ++out.rejected;
    reject({line, std::move(field), std::move(why)});
  };
  const csv_visitor visitor{[&](csv_row& row) {
                              if (!rows) {
                                rows.emplace(options, rules, row.fields);
                                return;
                              }
                              const bool blank = std::all_of(row.fields.begin(), row.fields.end(), [](const auto& x) {
                                return x.find_first_not_of(" \t\r\n") == x.npos;
                              });
                              if (blank)
                                return; // spreadsheets export rows of commas below the table
                              if (++out.rows > options.rows_max)
                                throw unusable_file{"the file has more than " + std::to_string(options.rows_max)
                                                    + " rows; split it into several files"};
                              try {
                                auto prospect = rows->read(row);
                                ++out.accepted;
                                accept(std::move(prospect));
                              } catch (unusable& e) {
                                refuse(row.line, std::move(e.field), std::move(e.reason));
                              }
                            },
                            [&](uint64_t line) {
                              ++out.rows;
                              refuse(line, "row", "A quotation mark opens in this row and never closes.");
                            }};
  read_csv(in, visitor);
  if (!rows)
    throw unusable_file{"the file is empty; its first line must name the "
                        "columns, at least name and phone"};
  return out;
}

} // namespace parley
