#pragma once

#include "adapters/sandbox/people/person.hpp"
#include "adapters/sandbox/scenario.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace parley::sandbox {

class world;

/// What happens when a number is dialled.
struct pickup {
  persona_kind kind = persona_kind::eager;
  /// From 1: how often this number has been dialled.
  int attempt = 1;
  /// How long it rings until somebody answers, or until it is known to be busy.
  milliseconds rings{};

  bool is_busy() const { return kind == persona_kind::busy; }
  bool is_in_service() const { return kind != persona_kind::not_in_service; }
  bool answers() const { return !is_busy() && is_in_service() && kind != persona_kind::no_answer; }
  /// What they press when a call that is put through to them asks for "1" to
  /// take it; empty: nothing, as a machine or somebody who does not listen.
  std::string key() const;
};

/// Everybody who has a telephone: knows who picks up at a number, and that
/// the same person is called again. Safe to use from any thread.
class people {
public:
  explicit people(const world& around) : world_{around} {}

  /// Counts an attempt to reach the number and says what comes of it.
  pickup dial(const std::string& number);
  /// What comes of putting a call through to the number: every time the same,
  /// and no attempt to reach somebody.
  pickup put_through(const std::string& number) const;
  /// The person who picked up. @param number Chooses the phrasings, too.
  std::unique_ptr<person> answer(const std::string& number, const pickup& how) const;

  /// Who the scenario says is at this number.
  persona_kind kind_of(const std::string& number) const;

private:
  persona_kind by_weight(const std::string& subject, bool reachable_only) const;

  const world& world_;
  std::mutex mutex_;
  std::map<std::string, int> attempts_;
};

} // namespace parley::sandbox
