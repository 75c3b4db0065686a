#include "actors/compliance/rules.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <sodium.h>
#include <sstream>
#include <utility>

namespace parley {

using nlohmann::json;
using std::chrono::days;

namespace {

/// Rules that the file states only in its notes, not in a field of their own.
namespace only_in_notes {

/// Sellers must query the Reassigned Numbers Database (10 M.R.S. 1499-B).
constexpr std::array reassigned_check{"ME"};

/// Nebraska lets automated calls begin at 13:00 on legal holidays (291 Neb.
/// Admin. Code ch. 11 s. 3). The rule lists no days: the federal ones count.
constexpr std::string_view late_holidays_state{"NE"};
constexpr hours_span late_holidays{std::chrono::hours{13}, std::chrono::hours{21}};
constexpr std::array federal_holidays{"new_year",   "mlk",          "presidents", "memorial",
                                      "juneteenth", "independence", "labor",      "columbus",
                                      "veterans",   "thanksgiving", "christmas"};

} // namespace only_in_notes

/// A copy of a state's list that is "quarterly" may be a quarter old.
constexpr days quarter{92};

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream out;
  if (!in || !(out << in.rdbuf()))
    throw invalid_rules{"cannot read the calling rules from " + path.string()};
  return std::move(out).str();
}

std::string sha256_start(const std::string& a, const std::string& b, const std::string& c) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  for (const auto* x : {&a, &b, &c})
    crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(x->data()), x->size());
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash;
  crypto_hash_sha256_final(&state, hash.data());
  std::array<char, 9> hex;
  sodium_bin2hex(hex.data(), hex.size(), hash.data(), 4);
  return hex.data();
}

std::string joined(const json& texts) {
  std::string out;
  for (const auto& x : texts)
    out += (out.empty() ? "" : "; ") + x.get<std::string>();
  return out;
}

} // namespace

/// Fills a calling_rules; keeps the place in the file for the errors.
class rules_parser {
public:
  std::shared_ptr<const calling_rules>
  run(const std::string& rules_json, const std::string& areas_csv, const std::string& zips_csv) {
    at("us-calling-rules.json", [&] { parse_rules(json::parse(rules_json)); });
    at("nanp-timezones.csv", [&] { parse_areas(areas_csv); });
    at("us-zip-states.csv", [&] { parse_zips(zips_csv); });
    out_->version_ += " sha256:" + sha256_start(rules_json, areas_csv, zips_csv);
    return out_;
  }

private:
  /// Runs `step`; whatever it throws gets the place put in front.
  template <class F>
  void at(const std::string& place, F step) {
    try {
      step();
    } catch (const std::exception& e) {
      const bool inner = dynamic_cast<const invalid_rules*>(&e) != nullptr;
      throw invalid_rules{place + (inner ? "." : ": ") + e.what()};
    }
  }

  void parse_rules(const json& all) {
    if (all.at("schema") != 1)
      throw std::invalid_argument{"schema: only version 1 is understood"};
    out_->version_ = "us-calling-rules " + all.at("as_of").get<std::string>();
    at("holiday_definitions", [&] {
      for (const auto& [id, text] : all.at("holiday_definitions").items())
        at(id, [&, &id = id, &text = text] { definitions_.emplace(id, text.get<std::string>()); });
    });
    at("federal", [&] { parse_federal(all.at("federal")); });
    at("recommended_defaults", [&] {
      const auto& x = all.at("recommended_defaults");
      out_->recommended_.hours = parse_hours(x.at("hours"));
      out_->recommended_.caps = parse_caps(x.at("caps"));
    });
    at("states", [&] {
      for (const auto& [code, x] : all.at("states").items())
        at(code, [&, &code = code, &x = x] { parse_state(code, x, all.at("holiday_sets")); });
    });
  }

  void parse_federal(const json& x) {
    auto& federal = out_->federal_;
    federal.hours = parse_hours(x.at("hours"));
    federal.source = joined(x.at("source"));
    federal.list_age_max = days{x.at("dnc_refresh_days").get<int>()};
    federal.ebr_purchase = std::chrono::months{x.at("ebr_purchase_months").get<int>()};
    federal.ebr_inquiry = std::chrono::months{x.at("ebr_inquiry_months").get<int>()};
  }

  void parse_state(const std::string& code, const json& x, const json& sets) {
    state_rules state;
    state.code = code;
    state.name = x.at("name");
    state.source = joined(x.at("source"));
    at("hours", [&] { state.hours = parse_hours(x.at("hours")); });
    at("caps", [&] { state.caps = parse_caps(x.at("caps")); });
    at("artificial_voice", [&] { state.voice = parse_word<voice_rule>(x.at("artificial_voice")); });
    at("written_consent", [&] { state.written_consent = parse_word<written_rule>(x.at("written_consent")); });
    std::vector<holiday> holidays;
    at("no_call_holidays", [&] {
      const auto ids = x.at("no_call_holidays").get<std::vector<std::string>>();
      if (x.at("holiday_ban").get<bool>() == ids.empty())
        throw std::invalid_argument{"the list and holiday_ban contradict each other"};
      const auto shift
        = ids.empty() ? holiday_shift{} : holiday_shift::parse(sets.at(code).at("shift").get_ref<const std::string&>());
      for (const auto& id : ids)
        holidays.push_back(find_holiday(id, shift));
    });
    if (code == only_in_notes::late_holidays_state) {
      const auto federal_shift = holiday_shift::parse("sat->fri, sun->mon");
      for (const char* id : only_in_notes::federal_holidays)
        holidays.push_back(find_holiday(id, federal_shift));
      state.holiday_hours = day_hours{{only_in_notes::late_holidays}};
    }
    state.holidays = holiday_calendar{std::move(holidays)};
    state.all_party_recording = x.at("recording") != "one_party";
    state.emergency_ban = x.at("emergency_ban");
    state.reassigned_check
      = std::find(only_in_notes::reassigned_check.begin(), only_in_notes::reassigned_check.end(), code)
        != only_in_notes::reassigned_check.end();
    const auto list = x.at("own_dnc_list").get<std::string>();
    if (list.starts_with("yes"))
      state.own_list_age_max = list.find("quarterly") != list.npos ? quarter : out_->federal_.list_age_max;
    else if (list != "unverified")
      throw std::invalid_argument{"own_dnc_list: '" + list + "' is not known"};
    out_->states_.emplace(code, std::move(state));
  }

  holiday find_holiday(const std::string& id, const holiday_shift& shift) {
    const auto found = definitions_.find(id);
    if (found == definitions_.end())
      throw std::invalid_argument{"'" + id + "' has no definition"};
    auto name = id;
    std::replace(name.begin(), name.end(), '_', ' ');
    return {id, name, found->second, shift};
  }

  weekly_hours parse_hours(const json& x) {
    weekly_hours out;
    for (unsigned i = 0; i < 7; ++i) {
      const std::chrono::weekday day{i};
      const std::string name{weekday_name(day)};
      at(name, [&] {
        day_hours::spans spans;
        for (const auto& span : x.at(name))
          spans.push_back({parse_time_of_day(span.at(0).get_ref<const std::string&>()),
                           parse_time_of_day(span.at(1).get_ref<const std::string&>())});
        out.on(day) = day_hours{std::move(spans)};
      });
    }
    return out;
  }

  std::vector<call_cap> parse_caps(const json& xs) {
    std::vector<call_cap> out;
    for (const auto& x : xs) {
      call_cap cap{x.at("max_calls").get<int>(), std::chrono::hours{x.at("window_hours").get<int>()}};
      const auto per = x.value("per", "called_person");
      if (per == "called_number")
        cap.per = call_cap::subject::number;
      else if (!per.starts_with("called_person"))
        throw std::invalid_argument{"per: '" + per + "' is not known"};
      if (cap.calls_max < 1 || cap.window.count() < 1)
        throw std::invalid_argument{"a cap needs at least one call and one hour"};
      out.push_back(cap);
    }
    return out;
  }

  template <class E>
  E parse_word(const json& word) {
    const auto& text = word.get_ref<const std::string&>();
    if (const auto out = parley::parse<E>(text))
      return *out;
    throw std::invalid_argument{"'" + text
                                + "' is not known; what it means for a call "
                                  "must be decided first"};
  }

  void parse_areas(const std::string& csv) {
    std::istringstream lines{csv};
    std::string line;
    std::getline(lines, line);
    if (!line.starts_with("npa,country,region,region_name,tz_primary,tz_all,"
                          "multi_tz,kind,"))
      throw std::invalid_argument{"line 1: the columns are not the expected ones"};
    for (int number = 2; std::getline(lines, line); ++number)
      at("line " + std::to_string(number), [&] { parse_area(line); });
    for (auto& [code, state] : out_->states_)
      if (state.zones.empty())
        throw std::invalid_argument{"state " + code + " has no area code"};
  }

  void parse_area(const std::string& line) {
    // Only the last column, a note, is ever quoted.
    const auto columns = split(line, ',');
    if (columns.size() < 8 || columns[0].size() != 3)
      throw std::invalid_argument{"not an area code with its columns"};
    const auto code = static_cast<size_t>(std::stoi(columns[0]));
    if (out_->areas_.at(code))
      throw std::invalid_argument{"area code " + columns[0] + " stands there twice"};
    auto area = std::make_unique<area_code>();
    area->country = columns[1];
    area->kind = parse_word<area_kind>(columns[7]);
    if (area->kind == area_kind::geographic) {
      add_zone(*area, columns[4]);
      for (const auto& name : split(columns[5], ';'))
        add_zone(*area, name);
      if (area->country == "US")
        add_state(*area, columns[2]);
    }
    out_->areas_[code] = std::move(area);
  }

  void add_zone(area_code& area, const std::string& name) {
    const auto* zone = find_zone(name);
    if (!zone)
      throw std::invalid_argument{"this machine knows no time zone '" + name + "'"};
    if (std::find(area.zones.begin(), area.zones.end(), zone) == area.zones.end())
      area.zones.push_back(zone);
  }

  void add_state(area_code& area, const std::string& code) {
    const auto found = out_->states_.find(code);
    if (found == out_->states_.end())
      throw std::invalid_argument{"there are no rules for state '" + code + "'"};
    area.states.push_back(&found->second);
    auto& zones = found->second.zones;
    for (const auto* zone : area.zones)
      if (std::find(zones.begin(), zones.end(), zone) == zones.end())
        zones.push_back(zone);
  }

  void parse_zips(const std::string& csv) {
    std::istringstream lines{csv};
    bool header = false;
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
      if (line.empty() || line.front() == '#')
        continue;
      at("line " + std::to_string(number), [&] {
        if (std::exchange(header, true))
          parse_zip(line);
        else if (line != "first,last,states,note")
          throw std::invalid_argument{"the columns are not the expected ones"};
      });
    }
    if (out_->zip_prefixes_.empty())
      throw std::invalid_argument{"there are no ZIP codes in it"};
  }

  void parse_zip(const std::string& line) {
    const auto columns = split(line, ',');
    const auto is_zip = [](const std::string& x) {
      return (x.size() == 3 || x.size() == 5) && x.find_first_not_of("0123456789") == x.npos;
    };
    if (columns.size() < 3 || !is_zip(columns[0]) || !is_zip(columns[1]) || columns[0].size() != columns[1].size()
        || columns[0] > columns[1])
      throw std::invalid_argument{"not a range of ZIP codes of three or five digits with its states"};
    std::vector<const state_rules*> states;
    if (columns[2] != "-")
      for (const auto& code : split(columns[2], ';')) {
        const auto* state = out_->state(code);
        if (!state)
          throw std::invalid_argument{"there are no rules for state '" + code + "'"};
        states.push_back(state);
      }
    auto& table = columns[0].size() == 3 ? out_->zip_prefixes_ : out_->zip_codes_;
    for (int zip = std::stoi(columns[0]); zip <= std::stoi(columns[1]); ++zip)
      if (!table.emplace(zip, states).second)
        throw std::invalid_argument{"ZIP code " + std::to_string(zip) + " stands there twice"};
  }

  static std::vector<std::string> split(const std::string& line, char by) {
    std::vector<std::string> out;
    std::istringstream in{line};
    for (std::string part; std::getline(in, part, by);)
      out.push_back(std::move(part));
    return out;
  }

  std::shared_ptr<calling_rules> out_{new calling_rules};
  std::map<std::string, holiday_rule> definitions_;
};

std::shared_ptr<const calling_rules>
calling_rules::load(const std::filesystem::path& rules_json, const std::filesystem::path& area_codes_csv,
                    const std::filesystem::path& zip_codes_csv) {
  const auto rules = read_file(rules_json);
  const auto areas = read_file(area_codes_csv);
  return parse(rules, areas, read_file(zip_codes_csv));
}

std::shared_ptr<const calling_rules>
calling_rules::parse(const std::string& rules_json, const std::string& area_codes_csv,
                     const std::string& zip_codes_csv) {
  return rules_parser{}.run(rules_json, area_codes_csv, zip_codes_csv);
}

std::vector<const state_rules*> calling_rules::states_of_zip(std::string_view written) const {
  constexpr std::string_view digits = "0123456789";
  auto zip = written.substr(0, written.find_first_not_of(digits));
  const auto rest = written.substr(zip.size());
  // The four digits of ZIP+4, with their hyphen or without.
  const bool plus_four = rest.size() == 5 && rest[0] == '-' && rest.find_first_not_of(digits, 1) == rest.npos;
  if (rest.empty() && (zip.size() == 9 || zip.size() == 8))
    zip.remove_suffix(4);
  else if (!rest.empty() && !plus_four)
    return {};
  // A spreadsheet drops leading zeros: 02139 becomes 2139, 00601 becomes 601.
  if (zip.size() < 3 || zip.size() > 5)
    return {};
  const auto code = std::stoi(std::string{zip});
  if (const auto one = zip_codes_.find(code); one != zip_codes_.end())
    return one->second;
  const auto prefix = zip_prefixes_.find(code / 100);
  return prefix == zip_prefixes_.end() ? std::vector<const state_rules*>{} : prefix->second;
}

const state_rules* calling_rules::state(std::string_view code) const {
  const auto found = states_.find(code);
  return found == states_.end() ? nullptr : &found->second;
}

const area_code* calling_rules::area(int code) const {
  return code >= 0 && code < 1000 ? areas_[static_cast<size_t>(code)].get() : nullptr;
}

} // namespace parley
