#pragma once

#include "runtime/node_context.hpp"
#include "runtime/registry.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <deque>
#include <functional>

namespace parley {

/// What a core decides: what happened, and what to do about it once that is
/// stored.
template <class Core>
struct decision {
  std::vector<typename Core::event> events;
  std::vector<typename Core::effect> effects;
  /// What no store may hold up, because the law wants it at once. Only what
  /// does no harm when it is done twice, or when its event is lost.
  std::vector<typename Core::effect> at_once{};
};

/// Event to journal form. Events are structs with `static constexpr auto
/// type` and nlohmann's to_json; a member `personal`, if any, is sealed.
template <class Event>
stored_event to_stored(const Event& event, wall_time at) {
  stored_event out;
  out.type = Event::type;
  out.at = at;
  nlohmann::json data = event;
  if constexpr (requires { event.personal; }) {
    out.personal = nlohmann::json(event.personal).dump();
    data.erase("personal");
  }
  out.data = data.dump();
  return out;
}

/// The shell of a journalled actor: decide, journal, then act.
///
/// A Core is a struct of types and pure functions, plain C++:
///   state, event (a variant), effect (a variant);
///   static void apply(state&, const event&);
///   static std::vector<row> rows(const state&)         projections after a change
///   static prospect_id subject(const state&)           whose key seals
///   static json public_part(const state&), personal_part(const state&)
///   static state restore(json public, json personal)
///
/// Events are applied when they are decided and appends are pipelined; an
/// effect waits until everything up to its own decision is committed. A
/// refused or unanswered append ends the actor without its effects: what is
/// stored is the truth, and the next one loads that. (`at_once` is the exception.)
template <class Core>
class aggregate {
public:
  using state_type = typename Core::state;
  using effect_type = typename Core::effect;
  using perform_type = std::function<void(effect_type&)>;

  aggregate() = default;
  aggregate(const aggregate&) = delete;

  /// Loads the stream, then calls `ready`. Until then `loaded()` is false and
  /// the owner queues what comes in. `initial` is the state of a stream that
  /// does not exist yet: it knows at least its own id.
  template <class Self>
  void load(Self* self, context_ptr ctx, uuid stream, stream_kind kind, state_type initial, perform_type perform,
            std::function<void()> ready) {
    state_ = std::move(initial);
    ctx_ = std::move(ctx);
    stream_ = stream;
    kind_ = kind;
    perform_ = std::move(perform);
    quit_ = [self](caf::error reason) { self->quit(std::move(reason)); };
    send_ = [this, self](append&& batch, uint64_t version) {
      self->request(ctx_->journal, ctx_->settings.append_timeout, std::move(batch))
        .then([this, version](const committed&) { release(version); }, [this](caf::error& e) { fail(e); });
    };
    self->request(ctx_->journal, ctx_->settings.journal_timeout, load_stream{stream})
      .then(
        [this, ready = std::move(ready)](const loaded_stream& x) {
          if (x.version > 0)
            state_ = Core::restore(nlohmann::json::parse(x.state), x.personal_state.empty()
                                                                     ? nlohmann::json::object()
                                                                     : nlohmann::json::parse(x.personal_state));
          version_ = committed_ = x.version;
          loaded_ = true;
          ready();
        },
        [this](caf::error& e) { fail(e); });
  }

  bool loaded() const { return loaded_; }
  const state_type& state() const { return state_; }
  uint64_t version() const { return version_; }
  const uuid& stream() const { return stream_; }

  /// Takes a decision: applies its events, appends them (with further streams
  /// and rows in the same transaction), and performs its effects after the
  /// commit, in order.
  void take(decision<Core> what, std::vector<stream_write> further_streams = {}, std::vector<row> further_rows = {}) {
    if (failed_)
      return;
    auto at_once = std::move(what.at_once);
    if (!what.events.empty() || !further_streams.empty() || !further_rows.empty()) {
      append batch;
      batch.shard = shard_of(stream_, ctx_->shard_count);
      batch.epoch = ctx_->epoch;
      if (!what.events.empty())
        batch.streams.push_back(write_of(what.events));
      for (auto& stream : further_streams)
        batch.streams.push_back(std::move(stream));
      if (!what.events.empty())
        batch.rows = Core::rows(state_);
      for (auto& row : further_rows)
        batch.rows.push_back(std::move(row));
      queue_.push_back({++appended_, std::move(what.effects)});
      send_(std::move(batch), appended_);
    } else if (!queue_.empty()) {
      queue_.push_back({appended_, std::move(what.effects)});
    } else {
      perform(what.effects);
    }
    perform(at_once);
  }

  /// True when nothing waits for a commit.
  bool settled() const { return queue_.empty() && released_ == appended_; }

  /// The journal form of the first events of a stream that another aggregate
  /// of the same shard brings to life (a line intends a call).
  static stream_write birth(uuid stream, stream_kind kind, const std::vector<typename Core::event>& events,
                            wall_time now, std::vector<row>& rows) {
    state_type fresh;
    stream_write write;
    write.stream = stream;
    write.kind = kind;
    for (const auto& event : events) {
      Core::apply(fresh, event);
      write.events.push_back(std::visit([&](const auto& e) { return to_stored(e, now); }, event));
    }
    finish(write, fresh);
    for (auto& row : Core::rows(fresh))
      rows.push_back(std::move(row));
    return write;
  }

private:
  struct waiting {
    uint64_t append;
    std::vector<effect_type> effects;
  };

  static void finish(stream_write& write, const state_type& state) {
    write.state = Core::public_part(state).dump();
    const auto personal = Core::personal_part(state);
    if (!personal.empty())
      write.personal_state = personal.dump();
    write.subject = Core::subject(state);
  }

  stream_write write_of(const std::vector<typename Core::event>& events) {
    stream_write write;
    write.stream = stream_;
    write.kind = kind_;
    write.expected = version_;
    const auto now = ctx_->clock.now();
    for (const auto& event : events) {
      Core::apply(state_, event);
      write.events.push_back(std::visit([&](const auto& e) { return to_stored(e, now); }, event));
    }
    version_ += events.size();
    finish(write, state_);
    return write;
  }

  void release(uint64_t append) {
    released_ = std::max(released_, append);
    committed_ = version_;
    while (!failed_ && !queue_.empty() && queue_.front().append <= released_) {
      auto effects = std::move(queue_.front().effects);
      queue_.pop_front();
      perform(effects);
    }
  }

  void perform(std::vector<effect_type>& effects) {
    for (auto& effect : effects)
      perform_(effect);
  }

  void fail(caf::error& e) {
    if (failed_)
      return;
    failed_ = true; // what was not committed is not done
    queue_.clear();
    spdlog::warn("{} {}: append or load failed, starting over from the journal (code {})", to_string(kind_),
                 to_string(stream_), static_cast<int>(e.code()));
    quit_(caf::make_error(ec::append_refused, to_string(stream_)));
  }

  context_ptr ctx_;
  uuid stream_;
  stream_kind kind_ = stream_kind::campaign;
  perform_type perform_;
  std::function<void(caf::error)> quit_;
  std::function<void(append&&, uint64_t)> send_;
  state_type state_;
  std::deque<waiting> queue_;
  uint64_t version_ = 0;
  uint64_t committed_ = 0;
  uint64_t appended_ = 0;
  uint64_t released_ = 0;
  bool loaded_ = false;
  bool failed_ = false;
};

} // namespace parley
