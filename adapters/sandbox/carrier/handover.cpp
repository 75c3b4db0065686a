// How a call is put through to a human: a part of phone_call. Whoever picks up
// may be asked first whether they take it; the person on the call waits.
#include "adapters/sandbox/carrier/phone_call.hpp"

namespace parley::sandbox {

using namespace std::chrono_literals;

namespace {

/// How long the human talks to whom they were given.
constexpr milliseconds human_talk = 12s;
/// From the end of a question until a key is pressed.
constexpr milliseconds finds_the_key = 1s;

milliseconds time_of(const std::vector<std::string>& sentences) {
  milliseconds sum{};
  for (const auto& one : sentences)
    sum += play_time(encode_utterance(one).size());
  return sum;
}

} // namespace

/// Whether the human takes it is decided by their number, as with everybody.
void phone_call::put_through(const twiml::dial& what) {
  const auto how = context_.everybody.put_through(what.number);
  activity_ = activity::dialling;
  human x;
  x.order = what;
  x.sid = new_sid("CA");
  x.until = passed_ + what.timeout;
  if (how.is_busy()) {
    x.comes_to = "busy";
    x.until = passed_ + std::min(what.timeout, milliseconds{1500ms});
  } else if (!how.is_in_service()) {
    x.comes_to = "failed";
    x.until = passed_ + std::min(what.timeout, milliseconds{1200ms});
  } else if (how.answers() && how.rings < what.timeout) {
    x.comes_to = "completed";
    x.until = passed_ + how.rings;
    x.key = how.key();
  }
  human_ = std::move(x);
}

void phone_call::go_on_dialling() {
  auto& x = *human_;
  if (x.stage == human::asking || passed_ < x.until)
    return;
  if (x.stage == human::ringing && x.comes_to == "completed") {
    x.answered = passed_;
    if (x.order.url.empty())
      return bridge();
    return ask_human(x.order.url, x.order.method_of_url);
  }
  if (x.stage != human::listening)
    return dial_over();
  if (const auto asked = std::exchange(x.question, std::nullopt); asked && !x.key.empty())
    return ask_human(absolute(asked->action, x.document_url), asked->method, {{"Digits", x.key}});
  play_to_human();
}

/// Instructions for the human's leg, which is a call of its own.
void phone_call::ask_human(const std::string& target, const std::string& method, const fields& more,
                           std::optional<steady::time_point> since) {
  auto& x = *human_;
  x.stage = human::asking;
  x.document_url = absolute(target, document_url_);
  webhook hook{x.document_url, method, {}, "handover"};
  hook.parameters = {{"CallSid", x.sid},
                     {"ParentCallSid", resource().sid},
                     {"AccountSid", request_.account_sid},
                     {"From", x.order.caller_id},
                     {"To", x.order.number},
                     {"CallStatus", "in-progress"},
                     {"Direction", "outbound-dial"},
                     {"ApiVersion", "2010-04-01"}};
  hook.parameters.insert(hook.parameters.end(), more.begin(), more.end());
  const auto first_try = since.value_or(steady::now());
  http_send(strand_, signed_request(hook, request_.auth_token),
            [self = shared_from_this(), leg = x.sid, target, method, more, first_try](http_reply reply) {
              if (!self->has_human(leg))
                return;
              if (reply.ok())
                return self->load_for_human(reply.body);
              const bool unreached = !reply.error.empty() || reply.status >= 500;
              if (!unreached || steady::now() - first_try >= instructions_max)
                return self->dial_over();
              auto timer = std::make_shared<boost::asio::steady_timer>(self->strand_, instructions_retry);
              timer->async_wait([timer, self, leg, target, method, more, first_try](boost::system::error_code error) {
                if (!error && self->has_human(leg))
                  self->ask_human(target, method, more, first_try);
              });
            });
}

bool phone_call::has_human(const std::string& leg) const {
  return !over_ && human_ && human_->sid == leg;
}

void phone_call::load_for_human(const std::string& document) {
  try {
    const auto verbs = twiml::parse(document);
    human_->verbs.assign(verbs.begin(), verbs.end());
  } catch (const twiml::invalid& error) {
    context_.around.log().record("twiml_error", {{"sid", human_->sid}, {"error", error.what()}});
    return dial_over();
  }
  human_->stage = human::listening;
  play_to_human();
}

/// What stands next; when nothing does, the two are connected. Nobody hears the
/// words: they only take their time.
void phone_call::play_to_human() {
  auto& x = *human_;
  if (x.verbs.empty())
    return bridge();
  const auto next = std::move(x.verbs.front());
  x.verbs.pop_front();
  if (const auto* words = std::get_if<twiml::say>(&next)) {
    x.until = passed_ + time_of({words->text});
  } else if (const auto* wait = std::get_if<twiml::pause>(&next)) {
    x.until = passed_ + wait->length;
  } else if (const auto* question = std::get_if<twiml::gather>(&next)) {
    x.until = passed_ + time_of(question->sentences) + (x.key.empty() ? question->timeout : finds_the_key);
    x.question = *question;
  } else if (const auto* elsewhere = std::get_if<twiml::redirect>(&next)) {
    x.verbs.clear();
    ask_human(absolute(elsewhere->url, x.document_url), elsewhere->method);
  } else {
    dial_over(); // <Hangup>, or a verb that this leg may not use
  }
}

void phone_call::bridge() {
  human_->stage = human::talking;
  human_->since = passed_;
  human_->until = passed_ + human_talk;
}

void phone_call::dial_over() {
  const auto order = human_->order;
  const auto status = human_->comes_to;
  fields more{
    {"DialCallStatus", status}, {"DialCallSid", human_->sid}, {"DialBridged", human_->since ? "true" : "false"}};
  if (human_->answered) // of the human's leg, whether or not they took the call
    more.emplace_back("DialCallDuration",
                      std::to_string(std::chrono::ceil<std::chrono::seconds>(passed_ - *human_->answered).count()));
  forget_human(status);
  activity_ = activity::idle;
  if (order.action.empty())
    return;
  verbs_.clear();
  fetch(absolute(order.action, document_url_), order.method, steady::now(), std::move(more));
}

void phone_call::forget_human(const std::string& unanswered) {
  const auto who = std::exchange(human_, std::nullopt);
  if (!who)
    return;
  const auto call = resource();
  const auto talked = who->since ? passed_ - *who->since : 0ms;
  context_.around.log().record("transfer", {{"sid", call.sid},
                                            {"to", call.to},
                                            {"human", who->order.number},
                                            {"caller_id", who->order.caller_id},
                                            {"status", who->answered ? "completed" : unanswered},
                                            {"bridged", who->since.has_value()},
                                            {"milliseconds", talked.count()}});
}

} // namespace parley::sandbox
