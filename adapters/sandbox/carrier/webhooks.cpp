#include "adapters/sandbox/carrier/webhooks.hpp"

#include "adapters/sandbox/carrier/signature.hpp"

#include <boost/asio/post.hpp>

namespace parley::sandbox {

using namespace std::chrono_literals;

namespace {

/// Real time between tries, about as long as a node needs to come back.
constexpr milliseconds retry_after[]{250ms, 500ms, 1000ms, 2000ms, 4000ms};

} // namespace

webhook_faults::webhook_faults(const world& around)
  : doubles{around, "double webhook", around.script().carrier.faults.double_webhooks},
    delays{around, "delay webhook", around.script().carrier.faults.delay_webhooks},
    reorders{around, "reorder webhook", around.script().carrier.faults.reorder_webhooks},
    losses{around, "lose webhook", around.script().carrier.faults.lose_webhooks} {
  // nop
}

http_outgoing signed_request(const webhook& hook, const std::string& auth_token) {
  http_outgoing out;
  out.method = hook.method;
  out.url = hook.url;
  if (hook.method == "GET") {
    if (!hook.parameters.empty())
      out.url += (out.url.find('?') == out.url.npos ? "?" : "&") + to_form(hook.parameters);
    out.headers.emplace_back("X-Twilio-Signature", twilio_signature(auth_token, out.url, {}));
    return out;
  }
  out.body = to_form(hook.parameters);
  out.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8");
  out.headers.emplace_back("X-Twilio-Signature", twilio_signature(auth_token, hook.url, hook.parameters));
  return out;
}

webhook_line::webhook_line(world& around, webhook_faults& faults, boost::asio::any_io_executor strand,
                           std::string auth_token, std::string call)
  : world_{around}, faults_{faults}, strand_{std::move(strand)}, auth_token_{std::move(auth_token)}, call_{std::move(
                                                                                                       call)} {
  // nop
}

void webhook_line::later(milliseconds real, std::function<void()> then) {
  auto timer = std::make_shared<boost::asio::steady_timer>(strand_, real);
  timer->async_wait([timer, self = shared_from_this(), then = std::move(then)](boost::system::error_code error) {
    if (!error)
      then();
  });
}

void webhook_line::send(webhook hook) {
  const auto occasion = call_ + " " + hook.kind;
  if (faults_.losses.strikes(occasion))
    return;
  const auto media_delay = world_.script().carrier.faults.delay;
  if (faults_.delays.strikes(occasion)) {
    const auto real = std::chrono::duration_cast<milliseconds>(world_.real(media_delay));
    return later(real, [this, hook = std::move(hook)] { deliver(hook, 0, false); });
  }
  const bool twice = faults_.doubles.strikes(occasion);
  if (faults_.reorders.strikes(occasion)) {
    held_back_.push_back(std::move(hook));
    // The last webhook of a call has no successor to wait for.
    const auto real = std::chrono::duration_cast<milliseconds>(world_.real(media_delay));
    return later(real, [this] {
      waiting_.insert(waiting_.end(), held_back_.begin(), held_back_.end());
      held_back_.clear();
      next();
    });
  }
  waiting_.push_back(hook);
  if (twice)
    waiting_.push_back(std::move(hook));
  waiting_.insert(waiting_.end(), held_back_.begin(), held_back_.end());
  held_back_.clear();
  next();
}

void webhook_line::next() {
  if (busy_ || waiting_.empty())
    return;
  busy_ = true;
  auto hook = std::move(waiting_.front());
  waiting_.pop_front();
  deliver(std::move(hook), 0, true);
}

void webhook_line::deliver(webhook hook, int attempt, bool in_line) {
  auto request = signed_request(hook, auth_token_);
  http_send(strand_, std::move(request),
            [self = shared_from_this(), hook = std::move(hook), attempt, in_line](http_reply reply) {
              const bool unreached = !reply.error.empty() || reply.status >= 500;
              if (unreached && attempt < static_cast<int>(std::size(retry_after)))
                self->later(retry_after[attempt],
                            [self = self.get(), hook, attempt] { self->deliver(hook, attempt + 1, false); });
              if (in_line) {
                self->busy_ = false;
                self->next();
              }
            });
}

} // namespace parley::sandbox
