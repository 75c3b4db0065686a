#pragma once

#include "actors/call/core.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace parley::test {

using namespace std::chrono_literals;

inline const wall_time t0 = *parse_iso("2026-12-01T15:00:00Z");

/// A call whose events are applied as the shell would.
struct life {
  calls::state s;
  std::vector<calls::core::effect> effects;

  life() {
    calls::call_intended e;
    e.call = call_id{uuid{1, 2}};
    e.at = t0;
    e.personal.brief.person.phone = "+14155550132";
    calls::core::apply(s, e);
  }
  void take(calls::decision d) {
    for (const auto& e : d.events)
      calls::core::apply(s, e);
    for (auto* done : {&d.at_once, &d.effects})
      for (auto& x : *done)
        effects.push_back(std::move(x));
  }
  void created(const std::string& sid = "CA1") {
    originated answer;
    answer.outcome = submission::created;
    answer.sid = sid;
    take(calls::on_originated(s, answer, t0 + 1s));
  }
  void says(carrier_status status, std::chrono::seconds duration = 0s, int sip = 0, const std::string& sid = "CA1") {
    take(calls::on_carrier(s, sid, {status, duration, sip}, t0 + 10s));
  }
  void spoken(speaker who, const std::string& text) {
    calls::decision d;
    d.events.push_back(calls::turn_spoken{{{who, text, 1000, 2000, false, "", text}}});
    take(std::move(d));
  }
  disposition end() {
    take(calls::close(s, t0 + 60s));
    return s.outcome;
  }
  template <class Effect>
  size_t count() const {
    return static_cast<size_t>(
      std::count_if(effects.begin(), effects.end(), [](const auto& x) { return std::holds_alternative<Effect>(x); }));
  }
};

} // namespace parley::test
