#pragma once

#include "actors/research/core.hpp"
#include "runtime/messages/research.hpp"
#include "runtime/node_context.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace parley {

/// RESEARCH: a worker that works out how to approach one person. Always
/// answers: without CRM, enrichment or language model it knows less and says
/// so.
using research_actor = caf::typed_actor<caf::replies_to<research_prospect>::with<prospect_researched>,
                                        caf::replies_to<inspect_state>::with<inspected_state>>;

struct research_state {
  explicit research_state(research_actor::pointer self) : self{self} {}
  caf::result<prospect_researched> research(const research_prospect& order);

  research_actor::pointer self;
  context_ptr ctx;
  prospect_id id;
  bool rehearsal = false;    ///< for a dry run
  size_t answered_bytes = 0; ///< by the model, at last
  std::string step = "idle";
  std::optional<mind::research_session> session;
  prospect_researched found;
  static inline constexpr const char* name = "research";

private:
  /// What was found so far.
  struct findings {
    crm_contact contact;
    enriched record;
    std::vector<mind::interaction> calls; ///< ours that ended, of all campaigns
    int open = 0;                         ///< questions that are still to be answered
  };
  using findings_ptr = std::shared_ptr<findings>;

  bool asks_vendors() const;
  void
  look_around(const research_prospect& order, const crm_contact& contact, const reply<prospect_researched>& answer);
  void ask_enrichment(const research_prospect& order, const findings_ptr& x, const std::function<void()>& done);
  void look_up_calls(const findings_ptr& x, const std::function<void()>& done);
  void hand_over_mails(const findings_ptr& x, const std::function<void()>& done);
  void remember(const research_prospect& order, const findings_ptr& x, const reply<prospect_researched>& answer);
  void think(const research_prospect& order, const findings& x, const reply<prospect_researched>& answer);
  void next(const mind::research_session::next& what, const reply<prospect_researched>& answer);
};

research_actor::behavior_type research(research_actor::stateful_pointer<research_state> self, context_ptr ctx,
                                       caf::actor_id parent_id, prospect_id id);

/// The same for a dry run: writes nothing and asks no language model, so that
/// its answer is the rules' alone. Where there is no model, that is what a
/// launch would come to. Where there is one, it is a guess, for which vendors
/// are not asked either: their answers may cost, and decide nothing here. Ends
/// once it has answered.
research_actor::behavior_type research_rehearsal(research_actor::stateful_pointer<research_state> self, context_ptr ctx,
                                                 caf::actor_id parent_id, prospect_id id);

} // namespace parley
