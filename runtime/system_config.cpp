#include "runtime/system_config.hpp"

#include "runtime/errors.hpp"
#include "runtime/registry.hpp"

#include <caf/deep_to_string.hpp>

#include <algorithm>
#include <thread>

namespace parley {

system_config::system_config(size_t threads) {
  add_message_types<caf::id_block::parley>();
  // The one-argument template of CAF 0.17.6 does not compile, hence the lambda.
  add_error_category(caf::atom("parley"), [](uint8_t code, caf::atom_value, const caf::message& context) {
    auto text = to_string(static_cast<ec>(code));
    for (size_t i = 0; i < context.size(); ++i)
      if (context.match_element<std::string>(i))
        text += ": " + context.get_as<std::string>(i);
    return text;
  });
  set("scheduler.policy", caf::atom("sharing"));
  set("scheduler.max-threads", threads ? threads : size_t{std::max(2u, std::thread::hardware_concurrency())});
  set("scheduler.max-throughput", size_t{50});
}

} // namespace parley
