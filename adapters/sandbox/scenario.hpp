#pragma once

#include "adapters/sandbox/people/persona_kind.hpp"
#include "runtime/clock.hpp"

#include <date/tz.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What a practice world is like: who picks up, where the numbers really are,
/// what the carrier allows and what it gets wrong. Read from TOML; the format
/// is documented in config/scenarios/practice.toml.
namespace parley::sandbox {

/// A scenario that cannot be used: the file, the key and the remedy.
struct scenario_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A shape of numbers: `?` is any character and `*` any run of them.
bool matches(std::string_view pattern, std::string_view number);

/// Where numbers of one shape truly are, and when they may be called there.
struct territory {
  std::string pattern;
  const date::time_zone* zone = nullptr;
  std::chrono::minutes open{}; ///< local wall time, from midnight
  std::chrono::minutes close{};
  std::array<bool, 7> days{};           ///< Sunday first
  std::vector<date::local_days> closed; ///< holidays
};

/// The territory whose pattern says most about the number (the most
/// characters other than wildcards); null where the scenario knows none. Of
/// several with the same pattern, the first.
const territory* territory_of(const std::vector<territory>& all, std::string_view number);

/// True when `at` lies in lawful hours where the number truly is: those of
/// its territory, or of another one with the same pattern (other weekdays).
bool may_call(const std::vector<territory>& all, std::string_view number,
              std::chrono::sys_time<std::chrono::milliseconds> at);

/// How often something goes wrong: never, by chance, or every so many times.
/// Times are counted for each number, call or person on their own.
struct fault {
  double probability = 0;
  uint32_t every = 0;
  uint32_t first = 0; ///< with `every`: the first time that goes wrong; 0: drawn by seed
};

struct carrier_faults {
  fault double_webhooks;                  ///< a webhook is sent twice
  fault delay_webhooks;                   ///< … comes `delay_seconds` late
  fault reorder_webhooks;                 ///< … comes after the one that follows it
  fault lose_webhooks;                    ///< … is never sent
  fault drop_replies;                     ///< the call is created, its reply is lost
  fault too_many_requests;                ///< 429 instead of creating the call
  fault server_errors;                    ///< 500 instead of creating the call
  std::chrono::milliseconds delay{5000};  ///< media time
  std::chrono::milliseconds list_late{0}; ///< media time until a call is listed
  std::chrono::milliseconds queue{0};     ///< media time a call waits before it is dialled
};

/// What one of the other vendors gets wrong.
struct vendor_faults {
  fault errors;                        ///< 500, or its like
  fault rate_limits;                   ///< 429, or its like, with Retry-After
  std::chrono::seconds retry_after{1}; ///< real time
  /// How much longer each answer takes: real time, of the voice model media time.
  std::chrono::milliseconds latency{0};
  /// Everything fails from then until then; practice time.
  wall_time outage_from{};
  wall_time outage_until{};
};

struct llm_faults : vendor_faults {
  fault prose; ///< words instead of the JSON that was asked for
};

struct model_faults : vendor_faults {
  fault disconnects; ///< the connection breaks in the middle of a response
};

struct faults_script {
  vendor_faults crm;
  vendor_faults enrichment;
  vendor_faults calendar;
  vendor_faults mail;
  llm_faults llm;
  model_faults model;
};

struct carrier_script {
  /// Empty: any account, by its own SID, with any token.
  std::string account_sid;
  std::string auth_token;
  /// Call starts a second of media time; the rest waits in the queue.
  double calls_per_second = 5;
  std::chrono::milliseconds ring_min{4000};
  std::chrono::milliseconds ring_max{12000};
  carrier_faults faults;
};

struct people_script {
  /// Weights by persona, for numbers that no pattern names.
  std::array<double, static_cast<size_t>(persona_kind::count_)> weights{};
  /// Patterns and what they choose; the most telling one wins.
  std::vector<std::pair<std::string, persona_kind>> patterns;
  /// Share of the busy and absent who pick up at a later attempt.
  double picks_up_later = 0.7;
  /// Share of the busy who are eager when they are called back; the others are
  /// so the next time.
  double eager_when_called_back = 0.8;
};

struct scenario {
  std::vector<territory> territories;
  people_script people;
  carrier_script carrier;
  faults_script faults;
};

/// Throws `scenario_error`.
scenario load_scenario(const std::filesystem::path& file);
/// @param origin What errors call the text.
scenario parse_scenario(std::string_view toml, std::string_view origin);

} // namespace parley::sandbox
