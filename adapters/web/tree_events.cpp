#include "adapters/web/tree_events.hpp"

#include "runtime/ask.hpp"

#include <boost/asio.hpp>
#include <nlohmann/json.hpp>

namespace parley::web {

namespace net = boost::asio;
using nlohmann::json;

/// An inspector that is being started again answers after a moment.
static constexpr uint32_t failures_max = 20;

tree_events::tree_events(const web_ports& ports, std::chrono::milliseconds timeout, wish what,
                         std::shared_ptr<void> open)
  : ports_{ports}, timeout_{timeout}, wish_{std::move(what)}, open_{std::move(open)} {}

static std::string event(const std::string& id, const std::string& name, const std::string& data) {
  return "id: " + id + "\nevent: " + name + "\ndata: " + data + "\n\n";
}

std::string tree_events::written(const std::string& changes) const {
  std::string out;
  for (const auto& change : json::parse(changes)) {
    const auto what = change.value("what", std::string{});
    if (what != "reset" && !wish_.kind.empty() && change.value("kind", std::string{}) != wish_.kind)
      continue;
    out += event(std::to_string(change.value("position", uint64_t{0})), what, change.dump());
  }
  return out;
}

net::awaitable<std::optional<std::string>> tree_events::next() {
  const auto executor = co_await net::this_coro::executor;
  if (begun_ && !std::exchange(more_, false)) {
    net::steady_timer pause{executor, look_interval};
    boost::system::error_code ignored; // a cancelled wait is a short one
    co_await pause.async_wait(net::redirect_error(net::use_awaitable, ignored));
  }
  inspect_changes order;
  order.since = wish_.since;
  order.limit = changes_at_once;
  const auto answer = co_await ask<inspected_changes>(ports_.system, ports_.inspector, timeout_, order);
  const auto now = std::chrono::steady_clock::now();
  if (!answer) {
    if (++failures_ >= failures_max)
      co_return std::nullopt;
    co_return std::string{};
  }
  failures_ = 0;
  auto text = written(answer->json);
  more_ = wish_.since != 0 && answer->position >= wish_.since + changes_at_once;
  if (!std::exchange(begun_, true)) {
    const auto from = std::to_string(wish_.since ? wish_.since : answer->position);
    text = "retry: 2000\n\n" + event(from, "start", json{{"position", std::stoull(from)}}.dump()) + text;
  } else if (text.empty() && now - told_ >= heartbeat_interval) {
    text = ": heartbeat\n\n";
  }
  wish_.since = answer->position;
  if (!text.empty())
    told_ = now;
  co_return text;
}

} // namespace parley::web
