#include "adapters/sandbox/sandbox.hpp"

#include "adapters/sandbox/carrier/carrier.hpp"
#include "adapters/sandbox/default_scenario.hpp"
#include "adapters/sandbox/model/model.hpp"
#include "adapters/sandbox/vendors/vendors.hpp"
#include "adapters/sandbox/world.hpp"

#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <thread>

namespace parley::sandbox {

namespace {

scenario read_scenario(const std::string& file) {
  return file.empty() ? parse_scenario(default_scenario, "practice.toml") : load_scenario(file);
}

/// Everything that listens. The world's threads have ended before it goes.
struct servers {
  servers(world& around, const sandbox_options& options)
    : twilio{around, options.carrier_port}, openai{start_model(around, options.openai_port, model_options_of(options))},
      others{start_vendors(around, vendor_options_of(options))}, witness_server{around.io(), options.witness_port} {
    serve_witness(witness_server, around.log());
    others->serve_mails(witness_server);
    others->serve_calendars(witness_server);
    witness_server.start();
    twilio.start();
  }

  static model_options model_options_of(const sandbox_options& options) {
    model_options out;
    out.mode = model::parse_disobedience(options.disobedience).value_or(model::disobedience::none);
    return out;
  }

  static vendor_options vendor_options_of(const sandbox_options& options) {
    vendor_options out;
    out.hubspot_port = options.hubspot_port;
    out.apollo_port = options.apollo_port;
    out.google_port = options.google_port;
    out.smtp_port = options.smtp_port;
    return out;
  }

  nlohmann::json ports() const {
    return {{"carrier", twilio.port()},        {"openai", openai->port()},        {"hubspot", others->hubspot_port()},
            {"apollo", others->apollo_port()}, {"google", others->google_port()}, {"smtp", others->smtp_port()},
            {"witness", witness_server.port()}};
  }

  carrier twilio;
  std::unique_ptr<http_server> openai;
  std::unique_ptr<vendor_servers> others;
  http_server witness_server;
};

int run(const sandbox_options& options) {
  world_options how;
  how.origin = options.origin;
  how.media_speed = options.media_speed;
  how.seed = options.seed;
  how.witness_file = options.witness_file;
  world around{how, read_scenario(options.scenario)};
  asio::io_context signals;
  asio::signal_set ends{signals, SIGINT, SIGTERM};
  ends.async_wait([](boost::system::error_code, int) {});
  servers all{around, options};
  around.start(std::clamp(std::thread::hardware_concurrency(), 2u, 4u));
  std::cout << nlohmann::json{{"ready", true}, {"ports", all.ports()}}.dump() << std::endl;
  signals.run();
  around.stop();
  return 0;
}

} // namespace

int run_sandbox(const sandbox_options& options) {
  try {
    return run(options);
  } catch (const std::exception& error) {
    // A scenario that cannot be used, a port that is taken, a file that cannot
    // be written: nothing runs yet, and the sentence says what to do.
    std::cerr << "parley sandbox: " << error.what() << '\n';
    return 1;
  }
}

} // namespace parley::sandbox
