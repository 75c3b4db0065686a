#pragma once

#include "runtime/ids.hpp"
#include "tests/simulation/chance.hpp"
#include "tests/simulation/promises.hpp"
#include "tests/simulation/store.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace parley::simulation {

using std::chrono::nanoseconds;

/// What becomes of a request to a vendor.
enum class fate : uint8_t {
  well,
  late,
  limited,       ///< 429: tried again in a moment, or given up
  limited_asked, ///< 429 with the time to wait
  failed,        ///< 5xx, nothing done
  failed_done,   ///< 5xx, and the work is done
  refused,       ///< repeating it will not help
  lost,          ///< the request
  answer_lost,
  silent,
  count_
};
PARLEY_NAMES(fate, "well", "answer_late", "429", "429_retry_after", "5xx", "5xx_done", "refused", "request_lost",
             "answer_lost", "no_answer")

/// How bad a run is, drawn from its seed. Shares are percent unless they say
/// otherwise.
struct weather {
  uint32_t crashes_max = 0;
  uint32_t crash_per_mille = 0; ///< at each exit of the node
  uint32_t vendor = 0;          ///< requests to CRM, calendar, mail, models
  uint32_t carrier = 0;         ///< requests about calls
  uint32_t dial = 0;            ///< dials
  uint32_t webhook = 0;         ///< events of the carrier
  uint32_t journal = 0;         ///< answers of the journal
  uint32_t reads = 0;           ///< questions to the journal that take their time
  uint32_t outages = 0;         ///< of the database, in the whole run
  uint32_t rivals = 0;          ///< last looks at a calendar that find the time just taken
  bool carrier_outage = false;  ///< once, for longer than a grace
  /// What becomes of the first request of each rare kind; `well`: nothing special.
  fate favourite = fate::well;
  /// Exits at which the node dies when it comes there first, as "crash_before
  /// append.confirmed".
  std::set<std::string> crash_at;
};

/// Counts of what was hit: by fault, then by event.
using hit_counts = std::map<std::string, std::map<std::string, uint64_t>>;

/// Everything that is not the node and outlives it: time, chance, the gate at
/// the node's exits, the store, and what the world notices going wrong.
class outside {
public:
  outside(uint64_t seed, bug planted, bool print);

  // Time: real and wall time run alike.
  nanoseconds now{0}; ///< since the beginning
  wall_time begun{};
  wall_time wall() const { return begun + std::chrono::duration_cast<std::chrono::milliseconds>(now); }

  // What will happen, in order of time.
  void at(nanoseconds when, std::function<void()> what);
  void after(nanoseconds delay, std::function<void()> what) { at(now + delay, std::move(what)); }
  size_t due() const;
  std::optional<nanoseconds> next() const;
  /// Lets one of the first few due events happen.
  void happen();

  // The gate.
  /// A request is about to leave the node. False: the node is dead, or dies
  /// of it; nothing leaves.
  /// @param rarity Dies of it by chance once where it would so many times: for
  ///        exits that are passed all the time.
  bool leave(const std::string& event, uint32_t rarity = 1);
  /// It has left and done its work out there. False: the node died of it.
  bool left(const std::string& event);
  void crash(const char* when, const std::string& event);
  void open_gate() { open_ = true; }
  void close_gate() { open_ = false; }
  bool gate_open() const { return open_; }
  bool crashed = false; ///< the node is to be torn down

  /// Draws what becomes of a request, and how long it takes.
  fate draw(uint32_t share, const std::string& event);
  nanoseconds latency() { return faults.between(std::chrono::milliseconds{2}, std::chrono::milliseconds{60}); }
  bool journal_away() const { return now < journal_away_until; }

  void note(const std::string& line);
  void broke(promise which, const std::string& what);
  /// An instant at which an order can do the most harm: whoever waits for it
  /// acts at once.
  void moment(const std::string& what) {
    if (watch_moment)
      watch_moment(what);
  }
  /// The journal refused, hung, or answered late or not at all: from then on
  /// this node's actors may have died and left slots behind.
  void journal_trouble(const std::string& how, const std::string& event) {
    ++journal_troubles;
    journal_trouble_at = now;
    hit(how, event);
  }
  void hit(const std::string& fault, const std::string& event) { ++hits[fault][event]; }
  bool has(bug x) const { return planted == x; }

  const uint64_t seed;
  const bug planted;
  const bool print;
  chance schedule; ///< of the harness
  chance faults;   ///< of what goes wrong
  chance people;   ///< of what people and vendors do
  parley::simulation::weather weather;
  std::unique_ptr<parley::simulation::store> store;
  nanoseconds journal_away_until{0};
  nanoseconds carrier_away_until{0};
  bool journal_hangs = false;                      ///< while away: no answer in place of a refusal
  std::function<void(const append&)> watch_commit; ///< told of every append that was stored
  std::function<void(const std::string&)> watch_moment;
  uint64_t journal_troubles = 0;
  nanoseconds journal_trouble_at{0}; ///< the last of them
  bool calendar_differs = false;     ///< from the journal: a change by hand that nobody has followed yet
  struct delivery_wait {
    uint64_t place = 0; ///< in the outbox
    uuid id;
    prospect_id prospect; ///< whose deliveries go one after another
    wall_time due{};
  };
  std::vector<delivery_wait> deliveries; ///< waiting in the outbox, in order
  std::map<uuid, delivery_wait> parked;  ///< until somebody orders them to be tried again
  std::set<uuid> known_deliveries;       ///< also done ones
  /// Something can be delivered by then.
  bool delivers_by(wall_time when) const;
  /// An operator has a parked delivery tried again.
  void unpark(const uuid& id, wall_time due);
  uint32_t crashes = 0;
  hit_counts hits;
  std::vector<breach> broken;
  uint64_t log_hash = 1469598103934665603ULL; ///< of all notes
  uint64_t notes = 0;

private:
  bool dies(const char* when, const std::string& event, uint32_t rarity = 1);

  std::set<std::string> favoured_; ///< requests that met the favourite
  std::multimap<nanoseconds, std::function<void()>> events_;
  bool open_ = false;
  uint32_t crashes_by_chance_ = 0;
};

} // namespace parley::simulation
