#pragma once

#include "actors/control/commands.hpp"

namespace parley::commands {

/// `campaign launch` with `dry_run`: what a launch at this moment would come
/// to. Nothing is written and nobody is called; the vendors are not asked.
///
/// Everybody whom the launch would enrol, or find enrolled, goes through the
/// code of a real attempt at the instants it would take place: the prospect's
/// decisions, compliance's calling time and gate, the line's rules, caps and
/// lists. Not known beforehand, and said so in the answer: what research will
/// find of whom it has not seen yet, how calls end (only first attempts are
/// planned), and how long a slot is waited for.
///
/// Arguments: `limit`, how many of a kind are listed (50).
void campaign_dry_run(control_state& s, const args& a, const answer& reply);

} // namespace parley::commands
