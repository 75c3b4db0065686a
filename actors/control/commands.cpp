#include "actors/control/commands.hpp"

namespace parley::commands {

void say(const answer& reply, const args& what) {
  reply(control_answer{what.dump(-1, ' ', false, args::error_handler_t::replace)});
}

void refuse(const answer& reply, const std::string& why) {
  reply(caf::make_error(ec::invalid_input, why));
}

caf::error as_order_error(caf::error e, const std::string& what, std::chrono::milliseconds limit) {
  if (e != caf::sec::request_timeout)
    return e;
  return caf::make_error(ec::unconfirmed, what + " was not confirmed within "
                                            + std::to_string(std::chrono::ceil<std::chrono::seconds>(limit).count())
                                            + " s and may take effect yet; look what came of it, or say it again");
}

bool has_store(const control_state& s, const answer& reply) {
  if (s.ctx->upkeep)
    return true;
  reply(caf::make_error(ec::wrong_state, std::string{"the journal is kept by another node; ask that one"}));
  return false;
}

const std::map<std::string, handler>& all() {
  static const auto commands = [] {
    table out;
    for (const auto add :
         {add_campaign_commands, add_funnel_commands, add_prospect_commands, add_dnc_commands, add_call_commands,
          add_recording_commands, add_meeting_commands, add_node_commands, add_job_commands, add_stop_commands,
          add_test_call_commands, add_why_commands, add_outbox_commands, add_journal_commands, add_replay_command})
      add(out);
    return out;
  }();
  return commands;
}

} // namespace parley::commands
