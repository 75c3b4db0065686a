#include "actors/shard/outbox.hpp"

#include "runtime/messages/json.hpp"
#include "runtime/registry.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace parley {

using namespace std::chrono_literals;

/// Under way at once per kind of vendor.
static constexpr size_t deliveries_per_vendor = 4;
static constexpr size_t deliveries_at_once = 4 * deliveries_per_vendor;
/// Deliveries that a look asks for. The store shows the oldest ones, also those
/// that wait only because their vendor's share is full; behind many of these
/// the others do not show unless a look is wider.
static constexpr uint32_t look_rows_min = deliveries_at_once;
static constexpr uint32_t look_rows_max = 4096;
static constexpr uint32_t look_widening = 4;
/// After a wide look, for each row that it read: a vendor that hangs for hours
/// must not have the store read its whole queue twice a second.
static constexpr auto pause_per_look_row = 1ms;
/// An outage of hours loses nothing: the pause grows to half an hour and the
/// tries go on for days before an operator is asked.
static constexpr uint32_t tries_max = 200;
/// A recording that the carrier does not know is asked for so often.
static constexpr uint32_t recording_tries_max = 6;
/// So often our inbox is looked into before the carrier is asked itself: about
/// a minute, in which its webhook comes.
static constexpr uint32_t recording_looks = 5;

outbox_pump::outbox_pump(shard_door::pointer self, context_ptr ctx, uint16_t shard)
  : self_{self}, ctx_{std::move(ctx)}, shard_{shard}, rows_{look_rows_min} {}

outbox_pump::taker outbox_pump::taker_of(const std::string& kind) {
  if (kind == "crm_activity")
    return taker::crm;
  if (kind == "put_event" || kind == "cancel_event")
    return taker::calendar;
  if (kind == "mail")
    return taker::mailer;
  return kind == "recording" || kind == "recording_due" ? taker::telephony : taker::nobody;
}

bool outbox_pump::has_room() const {
  return in_flight_.size() < deliveries_at_once;
}

size_t outbox_pump::in_flight(taker to) const {
  return static_cast<size_t>(
    std::count_if(in_flight_.begin(), in_flight_.end(), [to](const auto& x) { return x.second.to == to; }));
}

bool outbox_pump::has_room(taker to) const {
  return has_room() && in_flight(to) < deliveries_per_vendor;
}

/// The store counts one that is under way as waiting still and shows no later
/// one of that person, unless an operator has just dropped it or has taken up
/// an earlier one again.
bool outbox_pump::waits_for_one_under_way(const outbox_row& row) const {
  return std::any_of(in_flight_.begin(), in_flight_.end(), [&row](const auto& x) {
    return x.first == row.id || (row.prospect && x.second.prospect == row.prospect);
  });
}

void outbox_pump::look() {
  if (looking_ || !has_room())
    return;
  looking_ = true;
  look_again_ = false;
  const auto rows = self_->clock().now() >= wide_from_ ? rows_ : look_rows_min;
  self_->request(ctx_->journal, ctx_->settings.journal_timeout, outbox_query{shard_, ctx_->clock.now(), rows})
    .then([this, rows](const outbox_entries& x) { take(x, rows); },
          [this](const caf::error&) { // looked at again by the shard's timer
            looking_ = false;
            settled_.clear();
            rows_ = look_rows_min; // so many may be what the store cannot give in time
          });
}

void outbox_pump::take(const outbox_entries& found, uint32_t rows) {
  looking_ = false;
  for (const auto& entry : found.entries)
    if (!settled_.contains(entry.row.id) && has_room(taker_of(entry.row.kind)) && !waits_for_one_under_way(entry.row))
      deliver(entry);
  settled_.clear();
  const bool complete = found.entries.size() < rows;
  if (complete)
    while (rows_ > look_rows_min && found.entries.size() < rows_ / look_widening)
      rows_ /= look_widening;
  else if (has_room() && rows == rows_) // somebody has room, and what he could take may not have been shown
    rows_ = std::min(rows_ * look_widening, look_rows_max);
  if (rows > look_rows_min)
    wide_from_ = self_->clock().now() + found.entries.size() * pause_per_look_row;
  // Not for a look that brought nothing: the next wider one is the timer's.
  if (look_again_)
    look();
}

void outbox_pump::deliver(const outbox_entry& entry) {
  in_flight_[entry.row.id] = {entry.row.prospect, taker_of(entry.row.kind)};
  const auto failed = [this, entry](const caf::error& e) { fail(entry, e); };
  const auto timeout = ctx_->settings.vendor_timeout;
  try {
    const auto payload = json::parse(entry.row.payload);
    if (entry.row.kind == "crm_activity")
      self_->request(ctx_->crm, timeout, payload.get<crm_activity>())
        .then([this, entry](const crm_written& x) { settle(entry, x.object_id); }, failed);
    else if (entry.row.kind == "put_event")
      self_->request(ctx_->calendar, timeout, payload.get<put_event>())
        .then([this, entry](const event_written& x) { settle(entry, x.event_id); }, failed);
    else if (entry.row.kind == "cancel_event")
      self_->request(ctx_->calendar, timeout, payload.get<cancel_event>())
        .then([this, entry](const event_cancelled& x) { settle(entry, x.event_id); }, failed);
    else if (entry.row.kind == "mail")
      self_->request(ctx_->mailer, timeout, payload.get<outgoing_mail>())
        .then([this, entry](const mail_sent& x) { settle(entry, x.message_id); }, failed);
    else if (entry.row.kind == "recording")
      bring_home(entry, payload.get<keep_recording>());
    else if (entry.row.kind == "recording_due")
      expect(entry, payload.get<keep_recording>());
    else
      fail(entry, caf::make_error(ec::invalid_input, "unknown kind of delivery " + entry.row.kind));
  } catch (const json::exception& e) { // the row was written by another version
    // What it says quotes the payload, which is personal.
    fail(entry, caf::make_error(ec::invalid_input, "the payload cannot be read, JSON error " + std::to_string(e.id)));
  } catch (const std::exception&) {
    fail(entry, caf::make_error(ec::invalid_input, std::string{"the payload holds a value that is not known"}));
  }
}

void outbox_pump::bring_home(const outbox_entry& entry, const keep_recording& what) {
  if (what.discard)
    return remove(entry, what);
  self_->request(ctx_->journal, ctx_->settings.journal_timeout, load_recording{what.call})
    .then(
      [this, entry, what](const recording_row& stored) {
        if (stored.recording_sid == what.recording_sid)
          return remove(entry, what);
        fetch(entry, what); // the call was recorded in two parts: the later one counts
      },
      [this, entry, what](const caf::error& e) {
        if (e == ec::not_found)
          return fetch(entry, what);
        fail(entry, e);
      });
}

void outbox_pump::fetch(const outbox_entry& entry, const keep_recording& what) {
  self_->request(ctx_->telephony, ctx_->settings.vendor_timeout, fetch_recording{what.call, what.recording_sid})
    .then(
      [this, entry, what](recording_audio& audio) {
        recording_row row;
        row.call = what.call;
        row.prospect = what.prospect;
        row.recording_sid = what.recording_sid;
        row.content_type = std::move(audio.content_type);
        row.duration_seconds = what.duration_seconds;
        row.audio = std::move(audio.bytes);
        row.created_at = ctx_->clock.now();
        append batch;
        batch.shard = shard_;
        batch.epoch = ctx_->epoch;
        batch.rows.push_back(std::move(row));
        self_->request(ctx_->journal, ctx_->settings.journal_timeout, std::move(batch))
          .then([this, entry, what](const committed&) { remove(entry, what); },
                [this, entry](const caf::error& e) { fail(entry, e); });
      },
      [this, entry](const caf::error& e) {
        // It may take the carrier a moment to hand out what it announced.
        if (e == ec::not_found && entry.tries + 1 >= recording_tries_max)
          return fail(entry, caf::make_error(ec::vendor_refused, std::string{"the carrier has the recording no more"}));
        fail(entry, e);
      });
}

void outbox_pump::expect(const outbox_entry& entry, const keep_recording& what) {
  self_->request(ctx_->journal, ctx_->settings.journal_timeout, read_inbox{what.call})
    .then(
      [this, entry, what](const inbox_events& stored) {
        for (const auto& event : stored.events)
          if (const auto* told = std::get_if<recording_event>(&event.what);
              told && told->recording_sid == what.recording_sid) {
            tell_call(what, told->available, told->duration);
            return settle(entry, "told");
          }
        if (entry.tries < recording_looks)
          return fail(entry, caf::make_error(ec::vendor_unavailable, std::string{"the recording is not told yet"}));
        ask_for_recording(entry, what);
      },
      [this, entry](const caf::error& e) { fail(entry, e); });
}

void outbox_pump::ask_for_recording(const outbox_entry& entry, const keep_recording& what) {
  self_->request(ctx_->telephony, ctx_->settings.vendor_timeout, fetch_recording{what.call, what.recording_sid})
    .then(
      [this, entry, what](const recording_audio&) {
        tell_call(what, true, std::chrono::seconds{what.duration_seconds});
        settle(entry, "the carrier has it");
      },
      [this, entry, what](const caf::error& e) {
        if (e != ec::not_found)
          return fail(entry, e);
        tell_call(what, false, 0s);
        settle(entry, "the carrier has none");
      });
}

/// Heard twice it counts once.
void outbox_pump::tell_call(const keep_recording& what, bool available, std::chrono::seconds duration) {
  carrier_event event;
  event.call = what.call;
  event.at = ctx_->clock.now();
  event.what = recording_event{what.recording_sid, available, duration};
  tell_to(self_, *ctx_, entity::call, what.call, std::move(event));
}

void outbox_pump::remove(const outbox_entry& entry, const keep_recording& what) {
  self_->request(ctx_->telephony, ctx_->settings.vendor_timeout, delete_recording{what.call, what.recording_sid})
    .then([this, entry](const recording_deleted& x) { settle(entry, x.recording_sid); },
          [this, entry](const caf::error& e) { fail(entry, e); });
}

void outbox_pump::settle(const outbox_entry& entry, std::string detail) {
  write({entry.row.id, delivery::done, std::move(detail), std::nullopt, ctx_->clock.now()});
}

void outbox_pump::fail(const outbox_entry& entry, const caf::error& e) {
  const auto text = self_->system().render(e);
  const bool hopeless = e == ec::vendor_refused || e == ec::invalid_input || entry.tries + 1 >= tries_max;
  outbox_result result{entry.row.id, delivery::parked, text, std::nullopt, ctx_->clock.now()};
  if (!hopeless) {
    const auto pause = std::min<std::chrono::milliseconds>(30min, 2s * (1 << std::min(entry.tries, 10u)));
    result.result = delivery::again;
    result.again_at = ctx_->clock.now() + std::max(ctx_->clock.wall(pause), pause);
  } else {
    // The text may quote an address; it is kept with the row.
    spdlog::error("outbox {}: {} is parked after {} tries (code {})", to_string(entry.row.id), entry.row.kind,
                  entry.tries + 1, static_cast<int>(e.code()));
  }
  write(std::move(result));
}

void outbox_pump::write(outbox_result result) {
  const auto done = [this, id = result.id, to = in_flight_.at(result.id).to] {
    in_flight_.erase(id);
    if (looking_)
      settled_.insert(id);
    return to;
  };
  self_->request(ctx_->journal, ctx_->settings.journal_timeout, std::move(result))
    .then(
      [this, done](const committed&) {
        // A look reads many; so it waits until several can be taken.
        if (in_flight(done()) > deliveries_per_vendor / 2)
          return;
        look_again_ = true;
        look();
      },
      // Not stored means delivered once more: at least once, told apart by key.
      // Not at once, though: the store is in trouble.
      [done](const caf::error&) { done(); });
}

} // namespace parley
