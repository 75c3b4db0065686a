#include "actors/control/commands.hpp"

namespace parley::commands {

void say(const answer& reply, const args& what) {
  reply(control_answer{what.dump(-1, ' ', false, args::error_handler_t::replace)});
}

void refuse(const answer& reply, const std::string& why) {
  reply(caf::make_error(ec::invalid_input, why));
}

namespace {

void call_show(control_state& s, const args& a, answer reply) {
  report_query query;
  query.kind = report_kind::call;
  query.call = id_of<call_id>(a, "call");
  s.send_report(std::move(query), reply);
}

void call_hang_up(control_state& s, const args& a, answer reply) {
  const auto call = id_of<call_id>(a, "call");
  tell_to(s.self, *s.ctx, entity::call, call, end_call{call, false, "by command"});
  say(reply, {{"call", call}, {"hang_up", "asked"}});
}

void node_status(control_state& s, const args&, answer reply) {
  say(reply, {{"mode", s.node.mode},
              {"version", s.node.version},
              {"now", s.ctx->clock.now()},
              {"speed", s.ctx->clock.speed()},
              {"actors", s.ctx->tree.size()},
              {"rules", s.rules->version()}});
}

} // namespace

const std::map<std::string, handler>& all() {
  static const std::map<std::string, handler> handlers{
    {"campaign create", campaign_create},
    {"campaign launch", campaign_does(campaign_action::launch)},
    {"campaign pause", campaign_does(campaign_action::pause)},
    {"campaign resume", campaign_does(campaign_action::resume)},
    {"campaign stop", campaign_does(campaign_action::stop)},
    {"campaign status", campaign_report(report_kind::campaign_totals)},
    {"campaign list", list_report(report_kind::campaigns)},
    {"prospect import", prospect_import_file},
    {"prospect list", list_report(report_kind::prospects)},
    {"prospect show", prospect_show},
    {"ledger list", list_report(report_kind::ledger)},
    {"dnc import", dnc_import},
    {"dnc add", dnc_change(false)},
    {"dnc remove", dnc_change(true)},
    {"dnc check", dnc_check},
    {"call list", list_report(report_kind::calls)},
    {"call show", call_show},
    {"call hangup", call_hang_up},
    {"meeting list", list_report(report_kind::meetings)},
    {"outbox list", list_report(report_kind::outbox)},
    {"node status", node_status},
  };
  return handlers;
}

} // namespace parley::commands
