#pragma once

#include "runtime/settings/section.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <utility>

namespace parley {

/// What a vendor's answers are kept for, in its own section.
///
/// Real time, also where practice time runs faster: what is kept from is the
/// vendor's own changes, its limits and its price, and those go by the clock on
/// the wall.
struct cache_settings {
  std::chrono::milliseconds cache_for{15 * 60'000};
  size_t cache_answers_max = 10'000;

  void describe(settings::section& s) {
    using namespace std::chrono_literals;
    s.duration("cache_for", cache_for, 0s, 24h, "How long an answer is used again; 0s asks each time.");
    s.number<size_t>("cache_answers_max", cache_answers_max, 1, 1'000'000, "answers",
                     "Answers kept in memory; beyond it the one goes that was not asked for longest.");
  }
};

/// Answers by question, each for a while, the least used ones let go first.
/// Knows no clock and no vendor.
template <class Question, class Answer>
class answer_cache {
public:
  using time_point = std::chrono::steady_clock::time_point;

  answer_cache(std::chrono::nanoseconds keep_for, size_t answers_max)
    : keep_for_{keep_for}, answers_max_{std::max<size_t>(answers_max, 1)} {}

  /// Nothing when it is not there or too old.
  const Answer* find(const Question& question, time_point now) {
    const auto found = by_question_.find(question);
    if (found == by_question_.end())
      return nullptr;
    if (found->second->until <= now) {
      drop(found);
      return nullptr;
    }
    recent_.splice(recent_.begin(), recent_, found->second);
    return &found->second->answer;
  }

  /// A question goes out. Give the mark back with its end: what is changed
  /// meanwhile is not kept, because the answer may be from before.
  uint64_t asked() {
    ++under_way_;
    return first_change_ + changes_.size();
  }

  void answered(const Question& question, const Answer& answer, time_point now, uint64_t mark) {
    bool changed = mark < first_change_; // forgotten which
    for (auto i = mark - first_change_; i < changes_.size() && !changed; ++i)
      changed = changes_[i](question, answer);
    failed();
    if (!changed && keep_for_.count() > 0)
      keep(question, answer, now);
  }

  /// A question that went out has no answer.
  void failed() {
    if (--under_way_ > 0)
      return;
    first_change_ += changes_.size();
    changes_.clear();
  }

  /// Something has changed: forgets all that it concerns.
  void forget_if(const std::function<bool(const Question&, const Answer&)>& concerns) {
    if (under_way_ > 0)
      changes_.push_back(concerns);
    if (changes_.size() > changes_max) {
      changes_.pop_front();
      ++first_change_;
    }
    for (auto at = by_question_.begin(); at != by_question_.end();) {
      const auto here = at++;
      if (concerns(here->second->question, here->second->answer))
        drop(here);
    }
  }

  size_t size() const { return by_question_.size(); }

private:
  struct entry {
    Question question;
    Answer answer;
    time_point until;
  };
  static constexpr size_t changes_max = 1'000;
  using entries = std::list<entry>;
  using index = std::map<Question, typename entries::iterator>;

  void keep(const Question& question, const Answer& answer, time_point now) {
    if (const auto found = by_question_.find(question); found != by_question_.end())
      drop(found);
    while (by_question_.size() >= answers_max_)
      drop(by_question_.find(recent_.back().question));
    recent_.push_front({question, answer, now + keep_for_});
    by_question_.emplace(question, recent_.begin());
  }

  void drop(typename index::iterator which) {
    recent_.erase(which->second);
    by_question_.erase(which);
  }

  std::chrono::nanoseconds keep_for_;
  size_t answers_max_;
  size_t under_way_ = 0;
  std::deque<std::function<bool(const Question&, const Answer&)>> changes_; // while questions are under way
  uint64_t first_change_ = 0;                                               // number of the first of them
  entries recent_;                                                          // asked for last, first
  index by_question_;
};

} // namespace parley
