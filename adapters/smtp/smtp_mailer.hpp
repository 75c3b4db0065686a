#pragma once

#include "adapters/smtp/transport.hpp"
#include "runtime/node_context.hpp"
#include "runtime/registry.hpp"
#include "runtime/telemetry/port_book.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <deque>
#include <memory>
#include <random>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace parley {

using mail_tried = caf::atom_constant<caf::atom("mailtried")>;
using mail_again = caf::atom_constant<caf::atom("mailagain")>;
using mail_late = caf::atom_constant<caf::atom("maillate")>;

using smtp_mailer_actor = mailer_port::extend<caf::replies_to<inspect_state>::with<inspected_state>,
                                              // INTERNAL: a try to send this job's mail ended: CURLcode, reply code,
                                              // reply and whether the transport stopped.
                                              caf::reacts_to<mail_tried, uint64_t, int32_t, int32_t, std::string, bool>,
                                              // INTERNAL: the pause before this job's next try is over.
                                              caf::reacts_to<mail_again, uint64_t>,
                                              // INTERNAL: somebody has waited for this job as long as he may.
                                              caf::reacts_to<mail_late, uint64_t>>;

struct smtp_mailer_state {
  using steady = std::chrono::steady_clock;

  explicit smtp_mailer_state(smtp_mailer_actor::pointer self) : self{self} {}
  void start(context_ptr context, const smtp_settings& settings);
  caf::result<mail_sent> send(const outgoing_mail& mail);
  void tried(uint64_t job, const smtp::delivery& outcome);
  void again(uint64_t job);
  void late(uint64_t job);
  inspected_state inspect() const;

  enum class phase : uint8_t { ready, trying, pausing };
  struct asker {
    port_reply<mail_sent> done;
    steady::time_point until;
  };
  struct job {
    std::string message_id;
    smtp::wire_mail mail;
    std::vector<asker>
      askers; ///< in the order of their patience; none: a try goes on, and nobody waits for it any more
    int attempts = 0;
    phase now = phase::ready;
    steady::time_point tried_at;

    /// Tries make sense for whoever waits longest.
    steady::time_point until() const { return askers.empty() ? steady::time_point::min() : askers.back().until; }
  };
  void join(uint64_t id, port_reply<mail_sent> done);
  void start_next();
  void answer(uint64_t id, const caf::error& why);
  job forget(uint64_t id);
  void remember(const std::string& message_id);

  smtp_mailer_actor::pointer self;
  context_ptr context;
  smtp_settings settings;
  std::chrono::milliseconds total{0};
  port_book_ptr book;
  std::unordered_map<uint64_t, job> jobs;
  std::unordered_map<std::string, uint64_t> by_message; ///< job of a message id
  std::deque<uint64_t> ready;                           ///< jobs that wait for a connection, oldest first
  size_t running = 0;                                   ///< tries under way
  uint64_t last_job = 0;
  std::unordered_set<std::string> sent; ///< message ids that the server took lately
  std::deque<std::string> sent_order;   ///< the same, oldest first
  // Chance only spreads the tries; nothing that is decided depends on it.
  std::minstd_rand chance{std::random_device{}()};
  std::unique_ptr<smtp::transport> transport;
  static inline constexpr const char* name = "smtp_mailer";
};

/// The MAILER port over SMTP. A mail is rendered once, so that every try sends
/// the same bytes; a temporary failure is tried again after a growing pause.
///
/// A message id is one mail: asked for again while it is being sent, both
/// askers get its one end; asked for once more, it is answered as sent. A
/// server may take longer over its last word than an asker waits: the asker is
/// told `ec::vendor_unavailable`, the mail goes on, and who asks again joins it.
smtp_mailer_actor::behavior_type
smtp_mailer(smtp_mailer_actor::stateful_pointer<smtp_mailer_state> self, context_ptr context, smtp_settings settings);

} // namespace parley
