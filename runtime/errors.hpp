#pragma once

#include <caf/error.hpp>
#include <caf/make_message.hpp>

#include <cstdint>
#include <string>

namespace parley {

/// Every failure a caller may want to tell apart. New codes go at the end:
/// the number travels between nodes.
enum class ec : uint8_t {
  /// No error.
  none = 0,
  /// A setting is outside the range its documentation states.
  invalid_configuration,
  /// Input from a user or a file cannot be used; the context names the field
  /// and the remedy.
  invalid_input,
  /// The named campaign, prospect, call or meeting does not exist.
  not_found,
  /// The thing exists already, or somebody changed it in between.
  conflict,
  /// The command does not fit the state the thing is in.
  wrong_state,
  /// Too many requests already wait; try again later.
  queue_full,
  /// The actor is stopping and takes no more work.
  shutting_down,
  /// The actor that owed the answer ended or forgot it.
  abandoned,
  /// The journal refused an append: stale version or stale shard epoch.
  append_refused,
  /// The journal cannot be reached or its storage failed.
  journal_unavailable,
  /// A vendor refused the request; repeating it will not help.
  vendor_refused,
  /// A vendor could not be reached, was overloaded or failed; try later.
  vendor_unavailable,
  /// A vendor refused our credentials.
  vendor_unauthorised,
  /// A vendor's answer does not follow its own description.
  vendor_answered_rubbish,
  /// The media session of a call is gone.
  media_lost,
  /// A slot was revoked or had expired before it was used.
  slot_expired,
  /// An order was not confirmed in time: it may have taken effect, or do so
  /// later. Saying it again is safe.
  unconfirmed,
  count_,
};

std::string to_string(ec code);

} // namespace parley

CAF_ERROR_CODE_ENUM(parley::ec, "parley")
