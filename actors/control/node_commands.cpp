#include "actors/control/commands.hpp"

namespace parley::commands {

namespace {

void node_status(control_state& s, const args&, answer reply) {
  say(reply, {{"mode", s.node.mode},
              {"version", s.node.version},
              {"now", s.ctx->clock.now()},
              {"speed", s.ctx->clock.speed()},
              {"actors", s.ctx->tree.size()},
              {"rules", s.rules->version()}});
}

} // namespace

void add_node_commands(table& commands) {
  commands["node status"] = node_status;
  commands["ledger list"] = list_report(report_kind::ledger);
}

} // namespace parley::commands
