#include "adapters/cli/demo_crash.hpp"

#include "adapters/cli/output.hpp"

namespace parley::cli {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

/// Calls between two crashes, so that the next one meets others.
static constexpr size_t calls_between = 10;
/// Real time after which a crash takes what it finds.
static constexpr auto moment_patience = 20s;

/// The calls that are up, if this is a moment to crash at.
std::optional<demo_crash> demo_crasher::moment(bool any_talk) const {
  demo_crash out;
  std::vector<std::string> talks;
  for (const auto& call : world_.command("call list", {{"campaign", campaign_}, {"open", true}})) {
    const auto status = plain(call["status"]);
    if (status != "ringing" && status != "talking")
      continue;
    out.calls.push_back(plain(call["id"]));
    ++(status == "ringing" ? out.ringing : out.talking);
    if (status == "talking")
      talks.push_back(plain(call["id"]));
  }
  if (out.talking == 0 || (out.ringing == 0 && !any_talk))
    return std::nullopt;
  for (const auto& id : talks) {
    const auto shown = world_.command("call show", {{"call", id}});
    const auto metadata = shown.value("metadata", nlohmann::ordered_json{});
    out.booking += metadata.is_object() && metadata.value("stage", std::string{}) == "booking";
  }
  return out.booking > 0 || any_talk ? std::optional{out} : std::nullopt;
}

void demo_crasher::look() {
  if (is_done())
    return;
  const auto calls = [this] {
    return world_.command("campaign status", {{"campaign", campaign_}})["calls"].get<size_t>();
  };
  if (!made_.empty() && calls() < calls_before_ + calls_between) {
    waiting_since_ = steady::now();
    return;
  }
  auto crash = moment(steady::now() - waiting_since_ > moment_patience);
  if (!crash)
    return;
  crash->at = plain(world_.command("node status")["now"]);
  const auto begun = steady::now();
  world_.kill_node();
  crash->up = world_.witness()["calls"]["open"].get<size_t>();
  world_.start_node();
  crash->away_seconds = std::chrono::duration<double>(steady::now() - begun).count();
  made_.push_back(std::move(*crash));
  calls_before_ = calls();
  waiting_since_ = steady::now();
}

} // namespace parley::cli
