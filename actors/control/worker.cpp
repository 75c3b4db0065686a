#include "actors/control/worker.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace parley::commands {

namespace {

/// Answers why the work could not be done; empty when it was.
using worker_actor = caf::typed_actor<caf::replies_to<tick_atom>::with<std::string>>;

/// The largest file that is sensible takes a minute.
constexpr auto work_patience = std::chrono::minutes{30};

worker_actor::behavior_type worker(worker_actor::pointer self, std::function<void()> work) {
  guard(self);
  return {
    [self, work = std::move(work)](tick_atom) -> caf::result<std::string> {
      self->quit(); // after this answer
      return problem_of(work).value_or("");
    },
  };
}

} // namespace

void in_background(control_state& s, const answer& reply, std::function<void()> work, std::function<void()> then) {
  const auto hands = s.self->spawn<caf::detached>(worker, std::move(work));
  s.self->request(hands, work_patience, tick_atom::value)
    .then(
      [reply, then = std::move(then)](const std::string& problem) {
        if (!problem.empty())
          return refuse(reply, problem);
        if (const auto later = problem_of(then))
          refuse(reply, *later);
      },
      fails(reply));
}

} // namespace parley::commands
