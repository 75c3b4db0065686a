#include "adapters/media/response_gate.hpp"

#include <algorithm>
#include <utility>

namespace parley::media {

void response_gate::push(request x) {
  if (waiting_.size() >= waiting_max)
    waiting_.pop_back();
  waiting_.push_back(std::move(x));
}

void response_gate::want() {
  const auto plain = std::find_if(waiting_.begin(), waiting_.end(), [](const request& x) { return x.plain; });
  if (plain != waiting_.end()) {
    plain->before_answer = plain->before_answer && !answer_due_since_;
    return;
  }
  push({{}, true, !answer_due_since_});
}

void response_gate::want(std::string instructions) {
  push({std::move(instructions), false, false});
}

std::optional<response_gate::request> response_gate::next(time_point now, bool tools_open) {
  if (state_ != state::idle || speaking_ || answer_due_since_)
    return std::nullopt;
  const auto it
    = std::find_if(waiting_.begin(), waiting_.end(), [&](const request& x) { return !(x.plain && tools_open); });
  if (it == waiting_.end())
    return std::nullopt;
  asked_ = std::move(*it);
  waiting_.erase(it);
  state_ = state::asked;
  asked_open_ = true;
  last_heard_ = now;
  return asked_;
}

void response_gate::speech_started() {
  speaking_ = true;
  answer_due_since_.reset();
}

void response_gate::speech_stopped(time_point now) {
  if (!speaking_)
    return;
  speaking_ = false;
  answer_due_since_ = now;
}

bool response_gate::created(std::string_view response, time_point now) {
  // The model's own answer has read all that was sent before the person was
  // done, so a wish from then is fulfilled. A later one may have crossed it.
  if (answer_due_since_)
    std::erase_if(waiting_, [](const request& x) { return x.plain && x.before_answer; });
  answer_due_since_.reset();
  // One that we did not ask for is the model's answer to the person: the model
  // knows best that the person is done.
  const bool unwelcome = speaking_ && state_ == state::asked;
  speaking_ = unwelcome;
  state_ = state::running;
  response_ = response;
  last_heard_ = now;
  return unwelcome;
}

void response_gate::done() {
  state_ = state::idle;
  asked_open_ = false;
  response_.clear();
}

void response_gate::refused(bool busy, time_point now) {
  if (!std::exchange(asked_open_, false))
    return;
  last_heard_ = now;
  if (busy) {
    state_ = state::running;     // its own, which may have been announced already
    asked_.instructions.clear(); // these are in the conversation by now
    waiting_.insert(waiting_.begin(), std::move(asked_));
  } else if (state_ == state::asked) {
    state_ = state::idle;
  }
}

response_gate::verdict response_gate::check(time_point now, milliseconds timeout) {
  if (state_ != state::idle)
    return now - last_heard_ > timeout ? verdict::failed : verdict::fine;
  if (!answer_due_since_ || now - *answer_due_since_ <= timeout)
    return verdict::fine;
  answer_due_since_.reset();
  if (waiting_.empty())
    push({{}, true, false});
  return verdict::nudged;
}

} // namespace parley::media
