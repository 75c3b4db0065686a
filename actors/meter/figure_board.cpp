#include "actors/meter/figure_board.hpp"

#include <algorithm>
#include <map>

namespace parley {

using nlohmann::json;

namespace {

/// One metric's values by labels; campaigns that share "other" are one series.
class gathered {
public:
  gathered(const json& rows, std::vector<const char*> labels, telemetry& bounds) {
    for (const auto& row : rows) {
      prometheus::Labels named;
      for (const auto* label : labels) {
        const auto value = row.value(label, std::string{});
        named[label] = std::string_view{label} == "campaign" ? bounds.bounded("campaign", value) : value;
      }
      counts_[named] += row.value("count", 0.0);
      oldest_[named] = std::max(oldest_[named], row.value("oldest", 0.0));
    }
  }

  void counts(scrape& out, const char* name, const char* help) const {
    for (const auto& [labels, value] : counts_)
      out.gauge(name, help, value, labels);
  }
  void oldest(scrape& out, const char* name, const char* help) const {
    for (const auto& [labels, value] : oldest_)
      out.gauge(name, help, value, labels);
  }

private:
  std::map<prometheus::Labels, double> counts_;
  std::map<prometheus::Labels, double> oldest_;
};

} // namespace

void figure_board::put(json figures, std::chrono::steady_clock::time_point now) {
  std::lock_guard lock{mutex_};
  figures_ = std::move(figures);
  at_ = now;
}

void figure_board::read(scrape& out, telemetry& labels, std::chrono::steady_clock::time_point now) const {
  json x;
  {
    std::lock_guard lock{mutex_};
    if (!figures_ || now - at_ > age_max)
      return;
    x = *figures_;
  }
  const auto rows = [&](const char* list) { return x.value(list, json::array()); };
  gathered{rows("campaigns"), {"status"}, labels}.counts(out, "parley_campaigns", "Campaigns by status.");

  const gathered open{rows("calls_open"), {"campaign"}, labels};
  open.counts(out, "parley_calls_open", "Calls that are intended, ringing, up or not settled yet.");
  open.oldest(out, "parley_calls_open_oldest_seconds", "Wall time since the oldest open call was intended.");
  gathered{rows("calls_stuck"), {"campaign"}, labels}.counts(
    out, "parley_calls_stuck", "Open calls that outlived their own limit by half an hour of wall time.");

  gathered{rows("prospects"), {"campaign", "state"}, labels}.counts(
    out, "parley_prospects", "Prospects that are enrolled in a campaign, by state.");
  gathered{rows("asleep"), {"campaign"}, labels}.counts(out, "parley_prospects_asleep",
                                                        "Prospects that have a time at which they are woken.");
  const gathered overdue{rows("overdue"), {"campaign"}, labels};
  overdue.counts(out, "parley_prospects_overdue", "Prospects of running campaigns whose time to be woken has come.");
  overdue.oldest(out, "parley_prospects_overdue_oldest_seconds",
                 "Wall time since the first of the overdue prospects should have been woken.");

  const gathered outbox{rows("outbox"), {"kind", "state"}, labels};
  outbox.counts(out, "parley_outbox_deliveries", "Deliveries outside that wait or are parked, by kind.");
  outbox.oldest(out, "parley_outbox_oldest_seconds", "Wall time since the oldest of these deliveries was decided.");

  gathered{rows("meetings"), {"status"}, labels}.counts(out, "parley_meetings",
                                                        "Meetings that were booked, by status.");
  const gathered lists{rows("do_not_call_lists"), {"list"}, labels};
  lists.counts(out, "parley_do_not_call_numbers", "Numbers of our copies of do-not-call lists.");
  lists.oldest(out, "parley_do_not_call_list_age_seconds",
               "Wall time since the list was made of which we have a copy.");
  out.counter("parley_inbox_events_total", "Webhooks that were stored.", x.value("inbox", 0.0));
  out.gauge("parley_store_figures_age_seconds", "Since the figures of the store were read.",
            std::chrono::duration<double>{now - at_}.count());
}

} // namespace parley
