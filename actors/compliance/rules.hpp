#pragma once

#include "actors/compliance/holidays.hpp"
#include "actors/compliance/hours.hpp"
#include "actors/compliance/zones.hpp"
#include "runtime/names.hpp"

#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace parley {

/// The rules files cannot be used: file, place in it, what is wrong.
struct invalid_rules : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// At most so many calls in so much time.
struct call_cap {
  int calls_max = 0;
  std::chrono::hours window{24};
  enum class subject : uint8_t { person, number } per = subject::person;
};

/// What a state says of artificial voices in calls, and what that means for an
/// AI agent. Where it is unsettled whether a rule for recorded messages fits a
/// voice that converses, it is taken to fit.
enum class voice_rule : uint8_t {
  /// Nothing beyond federal law.
  federal,
  /// AR, MT, WA, WY: no sales calls, whatever the consent.
  prohibited_for_sales,
  /// CA: a live person must ask first, or the person called agreed before.
  /// Nobody is live, so only prior written consent will do.
  live_human_intro_and_consent,
  /// IN, MN, RI: prior consent, or a live operator first. As for CA.
  consent_or_live_operator_first,
  /// MA: no unsolicited calls; a call that was agreed to in writing is not.
  recorded_device_prohibited_unsolicited,
  /// MS: only within an established business relationship (EBR).
  ebr_only_new_product,
  /// NV: a natural voice must introduce the call; no exception for consent is
  /// known, and the agent has no natural voice: no calls.
  natural_voice_intro,
  /// NM: within an EBR, and with consent.
  ebr_and_consent,
  /// WI: prior written consent.
  consent_required,
  count_
};
PARLEY_NAMES(voice_rule, "federal", "prohibited_for_sales", "live_human_intro_and_consent",
             "consent_or_live_operator_first", "recorded_device_prohibited_unsolicited", "ebr_only_new_product",
             "natural_voice_intro", "ebr_and_consent", "consent_required")

/// When a state asks for written consent.
enum class written_rule : uint8_t {
  federal,                  ///< for sales by artificial voice
  required_all_sales_calls, ///< for all sales calls
  required_automated,       ///< for all automated calls, whatever their purpose
  count_
};
PARLEY_NAMES(written_rule, "federal", "required_all_sales_calls", "required_automated")

/// The calling rules of a state, district or territory.
struct state_rules {
  std::string code; ///< two letters
  std::string name;
  weekly_hours hours;        ///< for automated calls
  holiday_calendar holidays; ///< days with hours of their own
  day_hours holiday_hours;   ///< the hours of those days
  std::vector<call_cap> caps;
  voice_rule voice = voice_rule::federal;
  written_rule written_consent = written_rule::federal;
  bool all_party_recording = true; ///< everybody on the call must agree
  bool emergency_ban = false;      ///< no sales calls during a declared emergency
  bool reassigned_check = false;   ///< the reassigned numbers check is a duty
  /// Set where the state keeps a do-not-call list: how old a copy may be.
  std::optional<std::chrono::days> own_list_age_max;
  std::string source; ///< legal sources, separated by semicolons
  /// All zones of its area codes.
  std::vector<const time_zone*> zones;
};

enum class area_kind : uint8_t { geographic, toll_free, premium, personal, non_geographic, count_ };
PARLEY_NAMES(area_kind, "geographic", "toll_free", "premium", "personal", "non_geographic")

/// An area code of the North American Numbering Plan (+1).
struct area_code {
  area_kind kind = area_kind::geographic;
  std::string country;
  /// Where its numbers may be; empty outside the US.
  std::vector<const state_rules*> states;
  /// All zones it reaches into, the main one first.
  std::vector<const time_zone*> zones;
};

struct federal_rules {
  weekly_hours hours;
  std::string source;
  std::chrono::days list_age_max{31};   ///< national do-not-call list
  std::chrono::months ebr_purchase{18}; ///< how long a purchase counts
  std::chrono::months ebr_inquiry{3};   ///< how long an inquiry counts
};

/// Hours and caps that pass in most places; a setting, on by default.
struct recommended_rules {
  weekly_hours hours;
  std::vector<call_cap> caps;
};

/// Everything that config/rules says, checked, cross-linked and never changed
/// again; any thread may read it.
class calling_rules {
public:
  /// Reads and checks the three files.
  /// @throws invalid_rules
  static std::shared_ptr<const calling_rules>
  load(const std::filesystem::path& rules_json, const std::filesystem::path& area_codes_csv,
       const std::filesystem::path& zip_codes_csv);
  /// As load, of the files' contents.
  static std::shared_ptr<const calling_rules>
  parse(const std::string& rules_json, const std::string& area_codes_csv, const std::string& zip_codes_csv);

  calling_rules(const calling_rules&) = delete;
  calling_rules& operator=(const calling_rules&) = delete;

  /// "us-calling-rules 2026-11-22 sha256:abcdef12", over all files. Stored
  /// with every verdict.
  const std::string& version() const { return version_; }
  const federal_rules& federal() const { return federal_; }
  const recommended_rules& recommended() const { return recommended_; }
  /// The state of this two-letter code, or null.
  const state_rules* state(std::string_view code) const;
  /// The area code, or null if it is not in use.
  const area_code* area(int code) const;
  /// The states that a ZIP code is delivered in; empty where none can be told:
  /// military post, a code that is not in use, no ZIP code at all. Takes what
  /// people write: "02139", "02139-4307", and "2139" where a spreadsheet dropped
  /// the zero.
  std::vector<const state_rules*> states_of_zip(std::string_view written) const;
  /// By two-letter code.
  const std::map<std::string, state_rules, std::less<>>& states() const { return states_; }

private:
  friend class rules_parser;
  calling_rules() = default;

  std::string version_;
  federal_rules federal_;
  recommended_rules recommended_;
  std::map<std::string, state_rules, std::less<>> states_;
  std::array<std::unique_ptr<area_code>, 1000> areas_;
  std::map<int, std::vector<const state_rules*>> zip_prefixes_; ///< by the first three digits
  std::map<int, std::vector<const state_rules*>> zip_codes_;    ///< single ones, which win
};

} // namespace parley
