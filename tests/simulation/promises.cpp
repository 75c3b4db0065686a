#include "tests/simulation/promises.hpp"

#include <stdexcept>

namespace parley::simulation {

promise broken_by(bug planted) {
  switch (planted) {
    case bug::dial_before_commit: return promise::one_truth;
    case bug::skip_gate: return promise::left_alone;
    case bug::ignore_pause: return promise::orders_kept;
    case bug::retry_dial_on_timeout: return promise::one_dial;
    case bug::forget_grace: return promise::known;
    case bug::return_slot_early: return promise::slots;
    case bug::acknowledge_early: return promise::inbox_first;
    case bug::forget_opt_out: return promise::left_alone;
    case bug::double_crm_delivery: return promise::delivered;
    case bug::reload_without_calls: return promise::slots;
    case bug::forget_slots: return promise::slots;
    case bug::deliver_at_most_once: return promise::delivered;
    case bug::accept_stale_versions: return promise::one_truth;
    case bug::ignore_not_after: return promise::in_time;
    case bug::late_is_not_created: return promise::limits;
    case bug::deaf_watchdog: return promise::finished;
    case bug::leak_slot: return promise::slots;
    case bug::hang_up_unstored: return promise::orders_kept;
    case bug::settle_unasked: return promise::left_alone;
    case bug::line_per_person: return promise::one_ring;
    case bug::ignore_hours: return promise::lawful;
    case bug::close_twice: return promise::one_end;
    case bug::mistake_busy: return promise::true_end;
    case bug::book_unconfirmed: return promise::true_end;
    case bug::blind_calendar: return promise::one_meeting;
    case bug::forget_due: return promise::nobody_lost;
    case bug::outlive_node: return promise::sound;
    default: throw std::logic_error{"no bug breaks a promise by this name"};
  }
}

} // namespace parley::simulation
