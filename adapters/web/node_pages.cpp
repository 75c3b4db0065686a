#include "adapters/web/node_pages.hpp"

#include "adapters/http/endpoint.hpp"
#include "adapters/http/http_message.hpp"
#include "adapters/web/command_body.hpp"
#include "adapters/web/tree_events.hpp"
#include "runtime/ask.hpp"

#include <nlohmann/json.hpp>

#include <charconv>

namespace parley::web {

namespace net = boost::asio;
using nlohmann::json;

static constexpr const char* json_type = "application/json";
static constexpr std::string_view stream_path = "/inspect/stream";

// False when the text is there and no number.
template <class T>
static bool read_number(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

node_pages::node_pages(const web_settings& settings, const web_ports& ports) : settings_{settings}, ports_{ports} {}

static http::status status_of(const caf::error& error) {
  if (error == caf::sec::request_timeout)
    return http::status::gateway_timeout;
  if (error.category() != caf::atom("parley"))
    return http::status::service_unavailable; // the actor is gone or going
  switch (static_cast<ec>(error.code())) {
    case ec::invalid_input:
    case ec::invalid_configuration: return http::status::bad_request;
    case ec::not_found: return http::status::not_found;
    case ec::conflict:
    case ec::wrong_state: return http::status::conflict;
    case ec::unconfirmed: return http::status::gateway_timeout;
    default: return http::status::service_unavailable;
  }
}

response node_pages::failure(const caf::error& error) const {
  const bool ours = error.category() == caf::atom("parley");
  const auto code = ours                                 ? to_string(static_cast<ec>(error.code()))
                    : error == caf::sec::request_timeout ? "timeout"
                                                         : "unavailable";
  auto message = ports_.system.render(error);
  // The renderer of our own errors puts the code's name before the context.
  if (ours && message.starts_with(code + ": "))
    message = message.substr(code.size() + 2);
  return json_error(status_of(error), code, message);
}

static bool is_by_loopback(const request& asked) {
  const auto host = asked[http::field::host];
  return is_loopback("http://" + std::string{host.data(), host.size()});
}

/// What a reader of the stream wants; none when it cannot be understood.
static std::optional<tree_events::wish> read_wish(const request& asked) {
  const std::string target{asked.target().data(), asked.target().size()};
  const auto cut = std::min(target.find('?'), target.size());
  const auto fields = form_decode(target.substr(std::min(cut + 1, target.size())));
  if (!fields)
    return std::nullopt;
  tree_events::wish wish;
  uint64_t since = 0;
  for (const auto& [name, value] : *fields)
    if (name == "kind")
      wish.kind = value;
    else if (name == "since" && !read_number(value, since))
      return std::nullopt;
  const auto last = asked["Last-Event-ID"];
  read_number({last.data(), last.size()}, wish.since); // a foreign one counts as none
  if (wish.since == 0)
    wish.since = since;
  return wish;
}

net::awaitable<response> node_pages::local(request asked) const {
  if (!is_by_loopback(asked))
    co_return json_error(http::status::forbidden, "invalid_input", "ask by 127.0.0.1 or localhost");
  co_return co_await view(std::move(asked));
}

net::awaitable<response> node_pages::control(request asked) const {
  if (asked.target() != "/v1/command")
    co_return co_await view(std::move(asked));
  if (asked.method() != http::verb::post)
    co_return json_error(http::status::method_not_allowed, "invalid_input", "commands are sent by POST");
  co_return co_await command(std::move(asked.body()));
}

net::awaitable<response> node_pages::command(std::string body) const {
  const auto order = read_command(body);
  if (!order)
    co_return json_error(http::status::bad_request, "invalid_input",
                         "the body must be a JSON object with the command's name in \"command\", nested no deeper than "
                         "100 levels");
  auto answer = co_await ask<control_answer>(ports_.system, ports_.control, settings_.command_timeout, *order);
  if (!answer && answer.error() == caf::sec::request_timeout)
    co_return json_error(http::status::gateway_timeout, "timeout",
                         "a part of the node did not answer in time ([actors] timeouts, [web] command_timeout); the "
                         "command may still take effect. One that is sent with \"background\": true is waited for "
                         "as a job: \"job show\"");
  if (!answer)
    co_return failure(answer.error());
  co_return reply(http::status::ok, std::move(answer->json), json_type);
}

net::awaitable<response> node_pages::view(request asked) const {
  if (asked.method() != http::verb::get && asked.method() != http::verb::head)
    co_return json_error(http::status::method_not_allowed, "invalid_input", "pages are read by GET");
  const std::string target{asked.target().data(), asked.target().size()};
  const auto cut = std::min(target.find('?'), target.size());
  const auto path = target.substr(0, cut);
  static const std::string actors = "/inspect/actors/";
  if (path == "/metrics")
    co_return reply(http::status::ok, ports_.telemetry.exposition(), "text/plain; version=0.0.4; charset=utf-8");
  if (path == "/healthz")
    co_return reply(http::status::ok, R"({"status":"ok"})", json_type);
  if (path == "/readyz")
    co_return readiness();
  if (path == stream_path) { // why `stream` did not take it
    if (asked.method() != http::verb::get)
      co_return json_error(http::status::method_not_allowed, "invalid_input", "the stream is followed by GET");
    if (!read_wish(asked))
      co_return json_error(http::status::bad_request, "invalid_input", "since must be a whole number");
    co_return json_error(http::status::service_unavailable, "queue_full",
                         std::to_string(streams_max) + " readers follow the stream already; end one of them");
  }
  if (path == "/inspect/tree")
    co_return co_await tree(target.substr(std::min(cut + 1, target.size())));
  if (path.starts_with(actors))
    co_return co_await actor(path.substr(actors.size()));
  co_return json_error(http::status::not_found, "not_found", "no such page");
}

std::optional<endless_page> node_pages::local_stream(const request& asked) const {
  return is_by_loopback(asked) ? stream(asked) : std::nullopt;
}

std::optional<endless_page> node_pages::stream(const request& asked) const {
  const std::string target{asked.target().data(), asked.target().size()};
  const auto cut = std::min(target.find('?'), target.size());
  if (target.substr(0, cut) != stream_path || asked.method() != http::verb::get)
    return std::nullopt;
  auto wish = read_wish(asked);
  if (!wish)
    return std::nullopt; // told in `view`, as what follows
  if (streams_->fetch_add(1) >= streams_max) {
    streams_->fetch_sub(1);
    return std::nullopt;
  }
  const std::shared_ptr<void> open{nullptr, [streams = streams_](void*) { streams->fetch_sub(1); }};
  auto events = std::make_shared<tree_events>(ports_, settings_.inspect_timeout, std::move(*wish), open);
  endless_page page;
  page.next = [events] { return events->next(); };
  return page;
}

response node_pages::readiness() const {
  const auto reasons = ports_.not_ready ? ports_.not_ready() : std::vector<std::string>{};
  const json body{{"ready", reasons.empty()}, {"reasons", reasons}};
  return reply(reasons.empty() ? http::status::ok : http::status::service_unavailable, body.dump(), json_type);
}

net::awaitable<response> node_pages::tree(std::string query) const {
  inspect_tree order;
  order.limit = page_default;
  std::string sort = "born";
  bool good = true;
  std::string unknown;
  const auto fields = form_decode(query);
  for (const auto& [name, value] : fields.value_or(http_fields{})) {
    if (name == "under")
      good = good && read_number(value, order.under);
    else if (name == "depth")
      good = good && read_number(value, order.depth);
    else if (name == "after")
      good = good && read_number(value, order.after);
    else if (name == "limit")
      good = good && read_number(value, order.limit);
    else if (name == "kind")
      order.kind = value;
    else if (name == "with")
      order.with = value;
    else if (name == "sort")
      sort = value;
    else if (name == "reversed") {
      order.reversed = value == "1" || value == "true";
      if (!order.reversed && value != "0" && value != "false")
        co_return json_error(http::status::bad_request, "invalid_input", "reversed must be 1 or 0");
    } else
      unknown += (unknown.empty() ? "" : ", ") + name;
  }
  // A misspelt one would show another page than the one asked for.
  if (!unknown.empty())
    co_return json_error(http::status::bad_request, "invalid_input",
                         "unknown parameters: " + unknown
                           + "; there are under, depth, kind, after, limit, with, sort and reversed");
  const auto by = parse<tree_order>(sort);
  if (!by)
    co_return json_error(http::status::bad_request, "invalid_input",
                         "sort must be born, rate, backlog, errors, age, handled, children, kind or key");
  if (*by == tree_order::born ? order.reversed : order.after != 0)
    co_return json_error(http::status::bad_request, "invalid_input",
                         order.reversed ? "reversed needs a sort other than born"
                                        : "a sorted page is the only one: leave out after, or sort");
  order.by = *by;
  if (!good || !fields)
    co_return json_error(http::status::bad_request, "invalid_input",
                         "under, depth, after and limit must be whole numbers");
  if (order.limit < 1 || order.limit > page_max)
    co_return json_error(http::status::bad_request, "invalid_input",
                         "limit must be 1 to " + std::to_string(page_max) + "; the next page is asked for with after");
  auto answer = co_await ask<inspected_tree>(ports_.system, ports_.inspector, settings_.inspect_timeout, order);
  if (!answer)
    co_return failure(answer.error());
  co_return reply(http::status::ok, std::move(answer->json), json_type);
}

net::awaitable<response> node_pages::actor(std::string id) const {
  inspect_state order;
  if (!read_number(id, order.actor))
    co_return json_error(http::status::bad_request, "invalid_input", "an actor's id is a whole number");
  auto answer = co_await ask<inspected_state>(ports_.system, ports_.inspector, settings_.inspect_timeout, order);
  if (!answer)
    co_return failure(answer.error());
  co_return reply(http::status::ok, std::move(answer->json), json_type);
}

} // namespace parley::web
