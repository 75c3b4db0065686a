#pragma once

#include "actors/control/commands.hpp"

namespace parley::commands {

/// `campaign launch` with `dry_run`: what a launch at this moment would come
/// to. Nothing is written and nobody is called.
///
/// Everybody whom the launch would enrol, or find enrolled, goes through the
/// code of a real attempt at the instants it would take place: the prospect's
/// decisions, compliance's calling time and gate, the line's rules, caps and
/// lists. Where no language model is configured, research is rehearsed as well,
/// with the answers of CRM and enrichment, and disqualifies as it would. With a
/// model its word is not known beforehand: no vendor is asked, and what the
/// rules would say is told as a guess. Not known either, and said so in the
/// answer: how calls end (only first attempts are planned), and how long a slot
/// is waited for.
///
/// Arguments: `limit`, how many of a kind are listed (50).
void campaign_dry_run(control_state& s, const args& a, const answer& reply);

} // namespace parley::commands
