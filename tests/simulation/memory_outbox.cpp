// The outbox of the store in memory: deliveries in order per person, and what
// operators decide about them.
#include "tests/simulation/memory_store.hpp"

#include <algorithm>

namespace parley::simulation {

void memory_store::put(const outbox_row& x) {
  for (const auto& known : outbox_)
    if (known.row.id == x.id)
      return;
  outbox_.push_back({x, x.created_at});
}

caf::expected<committed> memory_store::ask(const outbox_result& x) {
  for (auto& known : outbox_) {
    if (known.row.id != x.id)
      continue;
    if (known.state == delivery::done && x.result != delivery::done)
      return caf::make_error(ec::wrong_state, std::string{"the delivery is done already"});
    known.state = x.result;
    ++known.tries;
    if (x.result == delivery::again)
      known.due = x.again_at.value_or(x.at);
    return committed{++position_};
  }
  return caf::make_error(ec::not_found, std::string{"no such delivery"});
}

/// A later delivery of the same object is done: this one would undo it.
bool memory_store::overtaken(size_t index) const {
  const auto& one = outbox_[index].row;
  return !one.object.empty()
         && std::any_of(outbox_.begin() + static_cast<int64_t>(index) + 1, outbox_.end(), [&](const auto& later) {
              return later.state == delivery::done && later.row.object == one.object;
            });
}

void memory_store::retry(size_t index, wall_time at) {
  auto& one = outbox_[index];
  one.state = delivery::again;
  one.dropped = false;
  one.tries = 0;
  one.due = at;
}

caf::expected<outbox_changed> memory_store::ask(const outbox_order& x) {
  outbox_changed out;
  if (x.what == outbox_action::retry && x.ids.empty())
    for (size_t i = 0; i < outbox_.size(); ++i)
      if (outbox_[i].state == delivery::parked && !outbox_[i].dropped) {
        ++(overtaken(i) ? out.left : out.count);
        if (!overtaken(i))
          retry(i, x.at);
      }
  std::vector<size_t> found;
  for (const auto& id : x.ids) {
    const auto at = std::find_if(outbox_.begin(), outbox_.end(), [&](const auto& one) { return one.row.id == id; });
    if (at == outbox_.end())
      return caf::make_error(ec::not_found, "delivery " + to_string(id));
    const auto index = static_cast<size_t>(at - outbox_.begin());
    const bool drops = x.what == outbox_action::drop;
    if (at->state == delivery::done || (drops && at->dropped) || (!drops && !at->waits() && overtaken(index)))
      return caf::make_error(ec::wrong_state, "delivery " + to_string(id));
    found.push_back(index);
  }
  for (const auto index : found)
    if (x.what == outbox_action::drop)
      outbox_[index].dropped = true;
    else
      retry(index, x.at);
  out.count += static_cast<uint32_t>(found.size());
  return out;
}

caf::expected<outbox_entries> memory_store::ask(const outbox_query& x) {
  outbox_entries out;
  for (size_t i = 0; i < outbox_.size(); ++i) {
    const auto& one = outbox_[i];
    const auto owner = one.row.prospect ? uuid{one.row.prospect} : one.row.id;
    if (home(owner) != x.shard || !one.waits() || !first_in_line(i))
      continue;
    if (one.due <= x.now && out.entries.size() < x.limit)
      out.entries.push_back({one.row, one.tries});
    else if (!out.next || one.due < *out.next)
      out.next = one.due;
  }
  return out;
}

/// No earlier delivery to the same person waits.
bool memory_store::first_in_line(size_t index) const {
  for (size_t i = 0; i < index; ++i)
    if (outbox_[i].waits() && outbox_[i].row.prospect && outbox_[i].row.prospect == outbox_[index].row.prospect)
      return false;
  return true;
}

} // namespace parley::simulation
