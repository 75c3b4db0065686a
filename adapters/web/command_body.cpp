#include "adapters/web/command_body.hpp"

#include "runtime/foreign_json.hpp"

namespace parley::web {

std::optional<control_command> read_command(std::string_view body) {
  auto arguments = parse_foreign(body);
  if (!arguments.is_object() || !arguments.contains("command") || !arguments["command"].is_string())
    return std::nullopt;
  control_command order;
  order.name = arguments["command"].get<std::string>();
  arguments.erase("command");
  order.arguments = arguments.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return order;
}

} // namespace parley::web
