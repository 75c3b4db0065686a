#pragma once

#include "tests/support/wire.hpp"

namespace parley::test {

/// Puts what came to an actor since the last time across a wire: messages,
/// requests, answers and errors of whomever. A message that a node boundary
/// would harm, harms here. Excepted are the news of an actor's death, which
/// name an actor that nobody finds any more.
inline void cross_mailbox(caf::actor_system& system, caf::scheduled_actor& receiver) {
  auto& mailbox = receiver.mailbox();
  if (mailbox.closed() || mailbox.blocked())
    return;
  auto& urgent = std::get<caf::scheduled_actor::urgent_queue_index>(mailbox.queue().queues());
  auto& normal = std::get<caf::scheduled_actor::normal_queue_index>(mailbox.queue().queues());
  mailbox.flush_cache();
  const size_t urgent_crossed = urgent.total_task_size();
  const size_t normal_crossed = normal.total_task_size();
  mailbox.fetch_more();
  // Once around: whatever is taken from the front goes to the end.
  const auto turn = [&system](auto& queue, size_t crossed) {
    const size_t all = queue.total_task_size();
    for (size_t i = 0; i < all; ++i) {
      auto element = queue.take_front();
      const auto& content = element->content();
      const bool of_death
        = content.template match_elements<caf::down_msg>() || content.template match_elements<caf::exit_msg>();
      if (i >= crossed && !of_death)
        element = caf::make_mailbox_element(std::move(element->sender), element->mid, std::move(element->stages),
                                            across_the_wire(system, element->move_content_to_message()));
      queue.push_back(std::move(element));
    }
  };
  turn(urgent, urgent_crossed);
  turn(normal, normal_crossed);
}

} // namespace parley::test
