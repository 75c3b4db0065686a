#include "actors/control/dry_run_report.hpp"

#include "runtime/json.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace parley::commands {

using kind = dry::planned::kind;

namespace {

std::string_view word(kind what) {
  switch (what) {
    case kind::called: return "called";
    case kind::blocked: return "blocked";
    case kind::disqualified: return "disqualified";
    case kind::under_way: return "under_way";
    default: return "undecided";
  }
}

args row_of(const dry::planned& x) {
  args out{
    {"prospect", x.prospect}, {"name", x.name}, {"company", x.company}, {"zone", x.zone}, {"what", word(x.what)}};
  out["probability"] = x.probability ? args(*x.probability) : args{};
  if (x.guess)
    out["guess"] = *x.guess;
  if (x.what != kind::blocked && x.what != kind::disqualified)
    out["at"] = x.at;
  if (!x.reason.empty()) {
    out["reason"] = x.reason;
    out["sentence"] = x.sentence;
    out["source"] = x.source;
  }
  return out;
}

double rounded(double x) {
  return std::round(x * 100) / 100;
}

} // namespace

std::chrono::milliseconds plan_summary::call_length() const {
  const auto talk = past_calls < calls_for_average ? std::chrono::milliseconds{policy.call_limit}
                                                   : std::chrono::milliseconds{past_minutes * 60'000 / past_calls};
  return policy.ring_timeout + talk;
}

void plan_summary::take(dry::planned x) {
  (x.what == kind::called ? called_ : others_).push_back(std::move(x));
}

args plan_summary::minutes() const {
  const auto calls = static_cast<double>(called_.size());
  const auto longest = std::ceil(std::chrono::duration<double, std::ratio<60>>{policy.call_limit}.count());
  args out{{"first_attempts", nullptr},
           {"first_attempts_at_most", calls * longest},
           {"all_attempts_at_most", calls * longest * policy.attempts_max}};
  if (past_calls < calls_for_average) {
    out["basis"] = "There are fewer than " + std::to_string(calls_for_average)
                   + " ended calls to estimate from. At most: each call lasts as long as call_limit allows.";
    return out;
  }
  out["first_attempts"] = rounded(calls * static_cast<double>(past_minutes) / static_cast<double>(past_calls));
  out["basis"] = "From " + std::to_string(past_calls) + " ended calls of "
                 + (past_of_all ? "all campaigns" : "this campaign") + ", unanswered ones among them, which came to "
                 + std::to_string(past_minutes) + " minutes begun.";
  return out;
}

args plan_summary::cost(const args& minutes) const {
  if (!(price > 0))
    return {{"basis", "The price of a minute is not known; set minute_price in [node], or give --minute-price."}};
  args out{{"currency", currency}, {"minute_price", price}};
  for (const auto* key : {"first_attempts", "first_attempts_at_most", "all_attempts_at_most"})
    out[key] = minutes[key].is_null() ? args{} : args(rounded(minutes[key].get<double>() * price));
  out["basis"] = "Minutes times minute_price, which stands for carrier and voice model together.";
  return out;
}

/// By hour, so that a manager sees the day.
static args by_hour(const std::vector<dry::planned>& called) {
  std::map<wall_time, uint64_t> hours;
  for (const auto& x : called)
    ++hours[std::chrono::floor<std::chrono::hours>(x.at)];
  auto out = args::array();
  for (const auto& [hour, calls] : hours)
    out.push_back({{"hour", hour}, {"calls", calls}});
  return out;
}

/// Reasons for which somebody is blocked, the most frequent first, each with
/// the sentence and source of its first one.
static args by_reason(const std::vector<dry::planned>& others) {
  struct reason {
    const dry::planned* first = nullptr;
    uint64_t count = 0;
  };
  std::map<std::string, reason> reasons;
  for (const auto& x : others)
    if (x.what == kind::blocked) {
      auto& one = reasons[x.reason];
      one.first = one.first ? one.first : &x;
      ++one.count;
    }
  auto out = args::array();
  for (const auto& [name, x] : reasons)
    out.push_back({{"reason", name}, {"count", x.count}, {"sentence", x.first->sentence}, {"source", x.first->source}});
  std::stable_sort(out.begin(), out.end(), [](const args& a, const args& b) {
    return a["count"].get<uint64_t>() > b["count"].get<uint64_t>();
  });
  return out;
}

static args first_rows(const std::vector<dry::planned>& all, size_t count) {
  auto out = args::array();
  for (size_t i = 0; i < all.size() && i < count; ++i)
    out.push_back(row_of(all[i]));
  return out;
}

/// What is known of the chances of those who would be called.
static std::string research_note(const std::vector<dry::planned>& called, const campaign_policy& policy) {
  const auto unknown = std::ranges::count_if(called, [](const auto& x) { return !x.probability; });
  if (unknown == 0)
    return "The chance of everybody who would be called is known: from research, or by the rules that it goes by "
           "where there is no language model.";
  const auto least = "min_probability (" + std::to_string(policy.min_probability) + ")";
  const auto guessed = std::ranges::count_if(called, [](const auto& x) { return !x.probability && x.guess; });
  const auto unlikely = std::ranges::count_if(called, [&](const auto& x) {
    return !x.probability && x.guess && *x.guess < policy.min_probability;
  });
  auto out = "A dry run asks no language model, so research may still disqualify " + std::to_string(unknown)
             + " of them: whoever turns out less likely than " + least + " is not called.";
  if (guessed > 0)
    out += " Rules alone, without the vendors' answers, would disqualify " + std::to_string(unlikely) + " of "
           + std::to_string(guessed) + "; that is a guess.";
  return out;
}

args plan_summary::told() const {
  // They come in the order in which their numbers were through.
  auto called = called_;
  std::sort(called.begin(), called.end(),
            [](const auto& a, const auto& b) { return std::tie(a.at, a.prospect) < std::tie(b.at, b.prospect); });
  auto others = others_;
  std::sort(others.begin(), others.end(), [](const auto& a, const auto& b) {
    return std::tie(a.reason, a.prospect) < std::tie(b.reason, b.prospect);
  });
  const auto count = [&](kind what) {
    return std::count_if(others.begin(), others.end(), [&](const auto& x) { return x.what == what; });
  };
  const auto known
    = std::count_if(called.begin(), called.end(), [](const auto& x) { return x.probability.has_value(); });
  const auto unknown = std::ssize(called) - known;
  const auto costs = minutes();
  return {{"campaign", policy.campaign},
          {"name", policy.name},
          {"status", status},
          {"now", now},
          {"prospects", called.size() + others.size()},
          {"called", called.size()},
          {"blocked", count(kind::blocked)},
          {"disqualified", count(kind::disqualified)},
          {"under_way", count(kind::under_way)},
          {"undecided", count(kind::undecided)},
          {"research", {{"known", known}, {"unknown", unknown}, {"note", research_note(called, policy)}}},
          {"calls_at_once", policy.calls_at_once},
          {"calls", first_rows(called, listed_max)},
          {"by_hour", by_hour(called)},
          {"blocked_by_reason", by_reason(others)},
          {"not_called", first_rows(others, listed_max)},
          {"minutes", costs},
          {"cost", cost(costs)}};
}

} // namespace parley::commands
