#include "adapters/web/tree_events.hpp"

#include "runtime/ask.hpp"

#include <boost/asio.hpp>
#include <simdjson.h>

namespace parley::web {

namespace net = boost::asio;
namespace ondemand = simdjson::ondemand;

/// An inspector that is being started again answers after a moment.
static constexpr uint32_t failures_max = 20;

tree_events::tree_events(const web_ports& ports, std::chrono::milliseconds timeout, wish what,
                         std::shared_ptr<void> open, std::chrono::milliseconds heartbeat)
  : ports_{ports}, timeout_{timeout}, wish_{std::move(what)}, open_{std::move(open)}, heartbeat_{heartbeat} {}

static void write_event(std::string& out, std::string_view id, std::string_view name, std::string_view data) {
  for (const auto part : {std::string_view{"id: "}, id, std::string_view{"\nevent: "}, name,
                          std::string_view{"\ndata: "}, data, std::string_view{"\n\n"}})
    out += part;
}

// Each change goes out as the inspector wrote it: a reader costs no more than
// the search for three of its fields.
std::string tree_events::written(const std::string& changes) const {
  std::string out;
  out.reserve(changes.size() * 3 / 2);
  const simdjson::padded_string padded{changes};
  ondemand::parser parser;
  ondemand::document document = parser.iterate(padded);
  for (ondemand::object change : document.get_array()) {
    const std::string_view text = change.raw_json();
    change.reset();
    std::string_view position;
    std::string_view what;
    std::string_view kind;
    for (auto field : change) {
      const std::string_view name = field.unescaped_key();
      if (name == "position")
        position = field.value().raw_json_token();
      else if (name == "what")
        what = field.value().get_string();
      else if (name == "kind")
        kind = field.value().get_string();
    }
    if (what == "reset" || wish_.kind.empty() || kind == wish_.kind)
      write_event(out, position, what, text);
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
    std::string begin{"retry: 2000\n\n"};
    write_event(begin, from, "start", "{\"position\":" + from + '}');
    text = begin + text;
  } else if (text.empty() && now - told_ >= heartbeat_) {
    text = ": heartbeat\n\n";
  }
  wish_.since = answer->position;
  if (!text.empty())
    told_ = now;
  co_return text;
}

} // namespace parley::web
