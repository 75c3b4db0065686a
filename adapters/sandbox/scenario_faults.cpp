// What goes wrong in a scenario.
#include "adapters/sandbox/scenario_reader.hpp"

namespace parley::sandbox {

namespace {

constexpr double times_max = 1e9;

fault read_fault(scenario_reader& from, std::string_view key) {
  fault out;
  if (!from.is_table(key)) {
    out.probability = from.number(key, 0, 0, 1);
    return out;
  }
  auto table = *from.table(key);
  out.every = static_cast<uint32_t>(table.number("every", 0, 1, times_max));
  if (table.has("first"))
    out.first = static_cast<uint32_t>(table.number("first", 1, 1, times_max));
  table.done();
  return out;
}

void read_common(scenario_reader& from, vendor_faults& out) {
  out.errors = read_fault(from, "errors");
  out.rate_limits = read_fault(from, "rate_limits");
  out.retry_after = std::chrono::seconds{static_cast<int64_t>(from.number("retry_after_seconds", 1, 0, 3600))};
  out.latency = from.seconds("latency_seconds", out.latency);
  auto outage = from.table("outage");
  if (!outage)
    return;
  out.outage_from = outage->instant("from");
  out.outage_until = outage->instant("until");
  if (out.outage_until <= out.outage_from)
    outage->refuse("until", "must be later than from");
  outage->done();
}

/// One vendor's table, with what only this vendor gets wrong.
template <class Faults, class More>
void read_vendor(scenario_reader& from, std::string_view name, Faults& out, More more) {
  auto table = from.table(name);
  if (!table)
    return;
  read_common(*table, out);
  more(*table);
  table->done();
}

} // namespace

void read_carrier_faults(scenario_reader from, carrier_faults& out) {
  out.double_webhooks = read_fault(from, "double_webhooks");
  out.delay_webhooks = read_fault(from, "delay_webhooks");
  out.reorder_webhooks = read_fault(from, "reorder_webhooks");
  out.lose_webhooks = read_fault(from, "lose_webhooks");
  out.drop_replies = read_fault(from, "drop_replies");
  out.too_many_requests = read_fault(from, "too_many_requests");
  out.server_errors = read_fault(from, "server_errors");
  out.delay = from.seconds("delay_seconds", out.delay);
  out.list_late = from.seconds("list_late_seconds", out.list_late);
  out.queue = from.seconds("queue_seconds", out.queue);
  from.done();
}

void read_vendor_faults(scenario_reader from, faults_script& out) {
  const auto nothing = [](scenario_reader&) {};
  read_vendor(from, "crm", out.crm, nothing);
  read_vendor(from, "enrichment", out.enrichment, nothing);
  read_vendor(from, "calendar", out.calendar, nothing);
  read_vendor(from, "mail", out.mail, nothing);
  read_vendor(from, "llm", out.llm, [&](scenario_reader& x) { out.llm.prose = read_fault(x, "prose"); });
  read_vendor(from, "model", out.model,
              [&](scenario_reader& x) { out.model.disconnects = read_fault(x, "disconnects"); });
  from.done();
}

} // namespace parley::sandbox
