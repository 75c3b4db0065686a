#pragma once

#include "runtime/telemetry/port_book.hpp"

#include <caf/actor_system.hpp>
#include <caf/binary_serializer.hpp>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace parley {

/// All fields of a message, to tell whether two are the same.
template <class Message>
std::string bytes_of(caf::actor_system& system, Message x) {
  std::vector<char> bytes;
  caf::binary_serializer sink{system, bytes};
  if (const auto error = sink(x))
    return {}; // never equal to another, see `add`
  return {bytes.begin(), bytes.end()};
}

/// Writes to a vendor that must not overtake each other: one line per place
/// (a contact, an event), of which one write at a time is done.
///
/// A write that waits or is being done is not begun a second time when it is
/// asked for again, as by a caller whose patience ended: both are answered by
/// its one end.
class write_lines {
public:
  /// To be called once, when the write has ended.
  template <class T>
  using finish = std::function<void(caf::expected<T>)>;

  /// @param waiting_max Further writes are refused with `ec::queue_full`.
  explicit write_lines(size_t waiting_max) : waiting_max_{waiting_max} {}

  /// @param place Its line.
  /// @param key Of the write: only the last one of a key may be joined, else a
  ///   later change would be lost. Fixes `T` together with `content`.
  /// @param content What is written; equal means the same write.
  /// @param begin Does the write, once its turn comes.
  template <class T>
  void add(const std::string& place, std::string key, std::string content, const port_reply<T>& done,
           std::function<void(finish<T>)> begin) {
    auto& line = lines_[place];
    const auto last = std::find_if(line.rbegin(), line.rend(), [&](const write& x) { return x.key == key; });
    const bool joins = last != line.rend() && !content.empty() && last->content == content;
    if (waiting_ >= waiting_max_) {
      if (line.empty())
        lines_.erase(place);
      return done(caf::make_error(ec::queue_full, "too many writes wait"));
    }
    ++waiting_;
    if (joins)
      return std::static_pointer_cast<askers<T>>(last->askers)->push_back(done);
    auto everybody = std::make_shared<askers<T>>(1, done);
    line.push_back({std::move(key), std::move(content), everybody, [this, place, everybody, begin = std::move(begin)] {
                      begin([this, place, everybody](const caf::expected<T>& result) {
                        ended(place, everybody->size());
                        for (const auto& one : *everybody)
                          one(result);
                      });
                    }});
    if (line.size() == 1)
      start(place);
  }

  /// Askers that wait for the end of a write.
  size_t waiting() const { return waiting_; }

private:
  template <class T>
  using askers = std::vector<port_reply<T>>;

  struct write {
    std::string key;
    std::string content;
    std::shared_ptr<void> askers;
    std::function<void()> begin;
  };

  void start(const std::string& place) {
    const auto begin = lines_.at(place).front().begin; // it may end at once, and the line with it
    begin();
  }

  void ended(const std::string& place, size_t answered) {
    waiting_ -= answered;
    auto& line = lines_.at(place);
    line.pop_front();
    if (line.empty())
      lines_.erase(place);
    else
      start(place);
  }

  const size_t waiting_max_;
  size_t waiting_ = 0;
  std::unordered_map<std::string, std::deque<write>> lines_;
};

} // namespace parley
