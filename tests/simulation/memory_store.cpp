#include "tests/simulation/memory_store.hpp"

#include "runtime/clock.hpp"
#include "runtime/journal/carrier_event_json.hpp"
#include "runtime/json.hpp"
#include "runtime/messages/campaigns.hpp"
#include <sodium.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace parley::simulation {

static caf::error refused(ec code, const std::string& why) {
  return caf::make_error(code, why);
}

memory_store::memory_store(uint16_t shards, uint64_t seed) : shards_{shards} {
  // As the embedded store does for practice, so that both have the same ids.
  std::array<unsigned char, randombytes_SEEDBYTES> seeded{};
  std::memcpy(seeded.data(), &seed, sizeof seed);
  randombytes_buf_deterministic(secret_.data(), secret_.size(), seeded.data());
}

std::vector<uuid> memory_store::streams_of(stream_kind kind) {
  std::vector<uuid> out;
  for (const auto& [id, x] : streams_)
    if (x.kind == kind)
      out.push_back(id);
  return out;
}

// --- writes -------------------------------------------------------------------

/// Everything is checked before anything is changed.
std::string memory_store::why_not(const append& x) const {
  if (x.epoch != epoch_)
    return "epoch " + std::to_string(x.epoch) + " is not " + std::to_string(epoch_);
  for (const auto& write : x.streams) {
    const auto found = streams_.find(write.stream);
    const auto version = found == streams_.end() ? 0 : found->second.events.size();
    if (home(write.stream) != x.shard)
      return "a stream of another shard";
    if (write.events.empty())
      return "a write needs an event";
    if (version != write.expected || (version > 0 && found->second.kind != write.kind))
      return std::string{to_string(write.kind)} + " is at version " + std::to_string(version);
  }
  for (const auto& row : x.rows)
    if (const auto* call = std::get_if<call_row>(&row); call && !call->call_sid.empty())
      for (const auto& [id, known] : calls_)
        if (id != call->id && known.call_sid == call->call_sid)
          return "the SID is another call's";
  return {};
}

caf::expected<committed> memory_store::ask(const append& x) {
  if (const auto why = why_not(x); !why.empty())
    return refused(ec::append_refused, why);
  for (const auto& write : x.streams) {
    auto& stream = streams_[write.stream];
    stream.kind = write.kind;
    stream.state = write.state;
    stream.personal_state = write.personal_state;
    stream.events.insert(stream.events.end(), write.events.begin(), write.events.end());
  }
  for (const auto& row : x.rows)
    std::visit([this](const auto& r) { put(r); }, row);
  return committed{++position_};
}

void memory_store::put(const suppression_row& x) {
  if (!x.removed)
    suppressed_[x.line] = true;
  else if (const auto found = suppressed_.find(x.line); found != suppressed_.end())
    found->second = false;
}

void memory_store::put(const due_row& x) {
  if (x.at)
    due_[{x.campaign, x.prospect}] = *x.at;
  else
    due_.erase({x.campaign, x.prospect});
}

caf::expected<inbox_recorded> memory_store::ask(const record_inbox& x) {
  const auto& e = x.event;
  const bool fresh = inbox_keys_.emplace(e.sid, std::string{kind_of(e)}, e.sequence).second;
  if (fresh)
    inbox_.push_back(e);
  ++position_;
  return inbox_recorded{fresh};
}

caf::expected<enrolled> memory_store::ask(const enrol& x) {
  enrolled out;
  for (auto& [key, row] : enrolments_)
    if (key.first == x.campaign && home(key.second) == x.shard && row.state == enrolment_state::listed
        && out.count < x.limit) {
      row.state = enrolment_state::waiting;
      row.next_due = x.due_at;
      due_[key] = x.due_at;
      ++out.count;
    }
  ++position_;
  return out;
}

caf::expected<prospects_imported> memory_store::ask(const import_prospects& x) {
  prospects_imported out;
  for (const auto& person : x.prospects) {
    const auto same = std::find_if(prospects_.begin(), prospects_.end(), [&](const auto& known) {
      return known.second.phone == person.phone && known.second.email == person.email;
    });
    const auto id = same == prospects_.end() ? person.id : same->first;
    ++(same == prospects_.end() ? out.added : out.updated);
    auto row = person;
    row.id = id;
    prospects_[id] = row;
    if (!x.campaign)
      continue;
    enrolment_row listed;
    listed.campaign = *x.campaign;
    listed.prospect = id;
    out.listed += enrolments_.try_emplace({*x.campaign, id}, listed).second ? 1 : 0;
  }
  ++position_;
  return out;
}

caf::expected<national_list_imported> memory_store::ask(const import_national_list& x) {
  auto& incoming = incoming_[x.list];
  if (x.first)
    incoming = {};
  incoming.version = x.version;
  incoming.date = x.date.value_or(x.at);
  incoming.numbers.insert(x.numbers.begin(), x.numbers.end());
  const national_list_imported out{incoming.numbers.size()};
  if (x.last) {
    lists_[x.list] = std::move(incoming);
    incoming_.erase(x.list);
  }
  ++position_;
  return out;
}

// --- reads ----------------------------------------------------------------------

caf::expected<loaded_stream> memory_store::ask(const load_stream& x) {
  const auto found = streams_.find(x.stream);
  if (found == streams_.end())
    return loaded_stream{};
  const auto& y = found->second;
  return loaded_stream{y.events.size(), y.kind, y.state, y.personal_state};
}

caf::expected<events_read> memory_store::ask(const read_events& x) {
  const auto found = streams_.find(x.stream);
  return found == streams_.end() ? events_read{} : events_read{found->second.events};
}

caf::expected<due_prospects> memory_store::ask(const due_query& x) {
  std::vector<std::pair<wall_time, prospect_id>> all;
  for (const auto& [key, at] : due_)
    if (key.first == x.campaign && home(key.second) == x.shard)
      all.emplace_back(at, key.second);
  std::sort(all.begin(), all.end());
  due_prospects out;
  out.asleep = all.size();
  if (!all.empty())
    out.next = all.front().first;
  for (const auto& [at, prospect] : all)
    if (at <= x.until && out.due.size() < x.limit)
      out.due.push_back(prospect);
  return out;
}

caf::expected<prospect_row> memory_store::ask(const load_prospect& x) {
  const auto found = prospects_.find(x.prospect);
  if (found == prospects_.end())
    return refused(ec::not_found, "prospect");
  return found->second;
}

caf::expected<enrolment_row> memory_store::ask(const load_enrolment& x) {
  const auto found = enrolments_.find({x.campaign, x.prospect});
  if (found == enrolments_.end())
    return refused(ec::not_found, "enrolment");
  return found->second;
}

caf::expected<list_hits> memory_store::ask(const check_lists& x) {
  list_hits out;
  const auto own = suppressed_.find(x.line);
  out.internal = own != suppressed_.end() && own->second;
  int64_t number = 0;
  if (x.number.size() == 12 && x.number.starts_with("+1"))
    std::from_chars(x.number.data() + 2, x.number.data() + 12, number);
  for (const auto& [name, copy] : lists_)
    out.lists.push_back({name, copy.version, copy.date, copy.numbers.contains(number)});
  return out;
}

caf::expected<inbox_events> memory_store::ask(const read_inbox& x) {
  inbox_events out;
  for (const auto& event : inbox_)
    if (event.call == x.call)
      out.events.push_back(event);
  return out;
}

caf::expected<known_sids> memory_store::ask(const find_known_sids& x) {
  known_sids out;
  for (const auto& sid : x.sids)
    for (const auto& [id, call] : calls_)
      if (id != x.except && call.call_sid == sid)
        out.sids.push_back(sid);
  return out;
}

caf::expected<meeting_rows> memory_store::ask(const load_meetings& x) {
  meeting_rows out;
  if (!x.call && !x.prospect && !x.manager && !x.meeting)
    return out;
  for (const auto& [id, m] : meetings_)
    if ((!x.call || m.call == x.call) && (!x.prospect || m.prospect == x.prospect)
        && (!x.manager || m.account_manager == x.manager) && (!x.meeting || id == x.meeting)
        && (!x.from || (m.scheduled_at >= *x.from && m.status != "cancelled")))
      out.rows.push_back(m);
  std::stable_sort(out.rows.begin(), out.rows.end(),
                   [](const auto& a, const auto& b) { return a.scheduled_at < b.scheduled_at; });
  return out;
}

caf::expected<open_calls> memory_store::ask(const find_open_calls& x) {
  open_calls out;
  for (const auto& [id, call] : calls_)
    if (home(id) == x.shard && !call.ended_at)
      out.calls.push_back({id, call.campaign, call.prospect});
  return out;
}

caf::expected<context_rows> memory_store::ask(const load_context& x) {
  const auto wants = [](const auto& list, const auto& one) {
    return list.empty() || std::find(list.begin(), list.end(), one) != list.end();
  };
  context_rows out;
  for (const auto& [id, row] : contexts_)
    if (row.prospect == x.prospect && wants(x.types, row.context_type) && wants(x.ids, id))
      out.rows.push_back(row);
  std::sort(out.rows.begin(), out.rows.end(),
            [](const auto& a, const auto& b) { return std::tie(b.created_at, b.id) < std::tie(a.created_at, a.id); });
  if (out.rows.size() > x.limit)
    out.rows.resize(x.limit);
  return out;
}

caf::expected<campaign_rows> memory_store::ask(const load_campaigns&) {
  campaign_rows out;
  for (const auto& [id, row] : campaigns_)
    out.rows.push_back(row);
  return out;
}

caf::expected<recording_row> memory_store::ask(const load_recording& x) {
  const auto found = recordings_.find(x.call);
  if (found == recordings_.end())
    return refused(ec::not_found, "recording");
  return found->second;
}

caf::expected<manager_rows> memory_store::ask(const load_managers& x) {
  manager_rows out;
  for (const auto& [id, row] : managers_)
    if (x.managers.empty() || std::find(x.managers.begin(), x.managers.end(), id) != x.managers.end())
      out.rows.push_back(row);
  std::stable_sort(out.rows.begin(), out.rows.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

/// Calls, with the columns that actors read; nobody asks for other kinds here.
caf::expected<report> memory_store::ask(const report_query& x) {
  if (x.kind != report_kind::calls)
    return refused(ec::invalid_input, "the simulation asks for no other report than calls");
  std::vector<const call_row*> found;
  for (const auto& [id, c] : calls_)
    if ((!x.prospect || c.prospect == *x.prospect) && (!x.campaign || c.campaign == *x.campaign)
        && (!x.open || !c.ended_at))
      found.push_back(&c);
  std::stable_sort(found.begin(), found.end(),
                   [](const auto* a, const auto* b) { return a->initiated_at > b->initiated_at; });
  auto rows = json::array();
  for (const auto* c : found)
    if (rows.size() < x.limit)
      rows.push_back({{"id", to_string(c->id)},
                      {"prospect_id", to_string(c->prospect)},
                      {"prospect", prospects_.contains(c->prospect) ? json(prospects_[c->prospect].name) : json{}},
                      {"initiated_at", to_iso(c->initiated_at)},
                      {"outcome", to_string(c->outcome)}});
  return report{rows.dump()};
}

/// A page of rows in their order, from behind the cursor on.
template <class Fits, class Order>
static context_page page_of(const std::map<uuid, context_row>& all, Fits fits,
                            const std::optional<context_cursor>& after, uint32_t limit, Order order) {
  const auto place = [](const auto& x) { return std::tie(x.embedder, x.created_at, x.id); };
  std::vector<context_row> rows;
  for (const auto& [id, row] : all)
    if (fits(row) && (!after || order(place(*after), place(row))))
      rows.push_back(row);
  std::sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) { return order(place(a), place(b)); });
  context_page out;
  if (rows.size() >= limit) {
    rows.resize(limit);
    out.last = context_cursor{rows.back().embedder, rows.back().created_at, rows.back().id};
  }
  out.rows = std::move(rows);
  return out;
}

caf::expected<context_page> memory_store::ask(const find_stale_context& x) {
  const auto stale = [&](const auto& row) { return row.embedder != x.embedder; };
  return page_of(contexts_, stale, x.after, x.limit, std::less{});
}

caf::expected<context_page> memory_store::ask(const load_vectors& x) {
  const auto embedded = [&](const auto& row) { return row.embedder == x.embedder; };
  return page_of(contexts_, embedded, x.after, x.limit, std::greater{});
}

caf::expected<prospect_page> memory_store::ask(const search_prospects&) {
  return refused(ec::invalid_input, "the simulation looks for nobody by columns");
}

bool memory_store::may_reopen(const enrolment_row& row, wall_time before) const {
  if (row.state != enrolment_state::blocked)
    return false;
  const auto is_one_of = [&](const auto& codes) {
    return std::any_of(codes.begin(), codes.end(),
                       [&](std::string_view code) { return row.reason.starts_with(std::string{code} + ":"); });
  };
  if (is_one_of(blocks_of_the_node))
    return row.updated_at < before;
  return !is_one_of(blocks_for_good) && prospects_.at(row.prospect).updated_at > row.updated_at;
}

caf::expected<reopenable> memory_store::ask(const find_reopenable& x) {
  reopenable out;
  for (const auto& [key, row] : enrolments_)
    if (key.first == x.campaign && home(key.second) == x.shard && (!x.after || key.second > *x.after)
        && may_reopen(row, x.before) && out.prospects.size() < x.limit)
      out.prospects.push_back(key.second);
  return out;
}

caf::expected<prospect_page> memory_store::ask(const load_targets& x) {
  prospect_page out;
  for (const auto& [key, row] : enrolments_) {
    if (key.first != x.campaign || (is_final(row.state) && !may_reopen(row, wall_time::max())))
      continue;
    ++out.total;
    if (x.after && key.second <= *x.after)
      continue;
    if (out.rows.size() == x.limit)
      out.more = true;
    else
      out.rows.push_back(prospects_.at(key.second));
  }
  return out;
}

} // namespace parley::simulation
