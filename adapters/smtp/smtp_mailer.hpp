#pragma once

#include "adapters/smtp/transport.hpp"
#include "runtime/clock.hpp"
#include "runtime/guard.hpp"
#include "runtime/ports/mailer.hpp"
#include "runtime/registry.hpp"
#include "runtime/telemetry/telemetry.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <deque>
#include <memory>
#include <random>
#include <unordered_map>

namespace parley {

using mail_tried = caf::atom_constant<caf::atom("mailtried")>;
using mail_again = caf::atom_constant<caf::atom("mailagain")>;

using smtp_mailer_actor = mailer_port::extend<
  // INTERNAL: a try to send this job's mail ended: CURLcode, reply code, reply
  // and whether the transport stopped.
  caf::reacts_to<mail_tried, uint64_t, int32_t, int32_t, std::string, bool>,
  // INTERNAL: the pause before this job's next try is over.
  caf::reacts_to<mail_again, uint64_t>>;

struct smtp_mailer_state {
  explicit smtp_mailer_state(smtp_mailer_actor::pointer self) : self{self} {}
  void start(const smtp_settings& settings, const clock& wall, telemetry& t);
  caf::result<mail_sent> send(const outgoing_mail& mail);
  void tried(uint64_t job, const smtp::delivery& outcome);
  void again(uint64_t job);

  enum class phase : uint8_t { ready, trying, pausing };
  struct job {
    std::string message_id;
    smtp::wire_mail mail;
    reply<mail_sent> done;
    int attempts = 0;
    phase now = phase::ready;
    std::chrono::steady_clock::time_point begun;
  };
  void start_next();
  void finish(uint64_t id, caf::error why);

  smtp_mailer_actor::pointer self;
  smtp_settings settings;
  const clock* wall = nullptr;
  std::unique_ptr<port_metrics> metrics;
  std::unordered_map<uint64_t, job> jobs;
  std::deque<uint64_t> ready; ///< jobs that wait for a connection, oldest first
  size_t running = 0;         ///< tries under way
  uint64_t last_job = 0;
  // Chance only spreads the tries; nothing that is decided depends on it.
  std::minstd_rand chance{std::random_device{}()};
  std::unique_ptr<smtp::transport> transport;
  static inline constexpr const char* name = "smtp_mailer";
};

/// The MAILER port over SMTP. A mail is rendered once, so that every try sends
/// the same bytes; a temporary failure is tried again after a growing pause.
/// @param wall Gives the Date of a mail; must outlive the actor, as must `t`.
smtp_mailer_actor::behavior_type smtp_mailer(smtp_mailer_actor::stateful_pointer<smtp_mailer_state> self,
                                             smtp_settings settings, const clock* wall, telemetry* t);

} // namespace parley
