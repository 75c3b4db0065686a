#include "adapters/cli/campaign_watch.hpp"

#include "adapters/cli/command_line.hpp"
#include "adapters/cli/interrupt.hpp"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace parley::cli {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

/// Keys come one by one and without echo; put back at the end.
class single_keys {
public:
  single_keys() {
    on_ = ::isatty(STDIN_FILENO) == 1 && ::tcgetattr(STDIN_FILENO, &before_) == 0;
    if (!on_)
      return;
    auto raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  }
  ~single_keys() {
    if (on_)
      ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  single_keys(const single_keys&) = delete;
  single_keys& operator=(const single_keys&) = delete;

  /// True when somebody pressed q, or the program is to end.
  bool quits_within(std::chrono::milliseconds span) const {
    const auto until = steady::now() + span;
    while (!interrupted) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - steady::now());
      if (left <= 0ms)
        return false;
      pollfd in{STDIN_FILENO, POLLIN, 0};
      if (::poll(&in, on_ ? 1 : 0, static_cast<int>(left.count())) <= 0)
        continue;
      char key = 0;
      if (::read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q')
        return true;
    }
    return true;
  }

private:
  bool on_ = false;
  termios before_{};
};

std::string bar(int64_t part, int64_t whole, int width) {
  const auto filled = whole > 0 ? static_cast<int>(part * width / whole) : 0;
  std::string out;
  for (int i = 0; i < width; ++i)
    out += i < filled ? "█" : "·";
  return out;
}

std::string number(const ordered_json& x) {
  return std::to_string(x.get<int64_t>());
}

/// What changed makes a new line; instants and paces alone do not.
ordered_json counts_of(const ordered_json& funnel) {
  ordered_json out;
  for (const auto* stage : funnel_stages)
    out[stage] = funnel.at(stage);
  out["status"] = funnel.at("status");
  out["enrolling"] = funnel.at("enrolling");
  return out;
}

bool is_over(const ordered_json& funnel) {
  const auto& status = funnel.at("status");
  return status == "completed"
         || (status == "stopped" && funnel["ringing"] == 0 && funnel["talking"] == 0 && funnel["dialling"] == 0);
}

} // namespace

std::string funnel_line(const ordered_json& x) {
  std::string out = plain(x["now"]) + "  " + plain(x["status"]);
  for (const auto* stage : funnel_stages)
    out += ", " + std::string{stage} + " " + number(x.at(stage));
  out += ", " + counted(x["calls_last_10_minutes"].get<int64_t>(), "call", "calls") + " in 10 min, "
         + number(x["calls_last_hour"]) + " in an hour";
  if (!x["estimated_end"].is_null())
    out += ", end about " + plain(x["estimated_end"]);
  if (const auto& reason = x["reason"].get_ref<const std::string&>(); !reason.empty())
    out += "; " + reason;
  return out;
}

std::vector<std::string> funnel_screen(const ordered_json& x, const painter& paint) {
  const auto whole = std::max<int64_t>(1, x["enrolled"].get<int64_t>() + x["listed"].get<int64_t>());
  std::vector<std::string> lines;
  lines.push_back(paint.bold(shortened(plain(x["name"]), 30)) + "  " + plain(x["status"])
                  + (x["enrolling"].get<bool>() ? ", enrolling" : "") + "  " + paint.faint(plain(x["now"])));
  if (!x["reason"].get<std::string>().empty())
    lines.push_back("  " + paint.red(shortened(plain(x["reason"]), 76)));
  for (const auto* stage : funnel_stages) {
    const auto count = x.at(stage).get<int64_t>();
    std::string label{stage};
    label.resize(12, ' ');
    auto figure = std::to_string(count);
    figure.insert(0, figure.size() < 7 ? 7 - figure.size() : 0, ' ');
    lines.push_back("  " + label + figure + "  " + paint.cyan(bar(count, whole, 40)));
  }
  if (const auto lost = x.value("submission_unknown", int64_t{0}); lost > 0)
    lines.push_back(
      "  " + paint.red(counted(lost, "call", "calls") + " may or may not exist: parley call list --unresolved"));
  lines.push_back("  pace        " + number(x["calls_last_10_minutes"]) + " calls in 10 min, "
                  + number(x["calls_last_hour"]) + " in an hour; " + number(x["done_last_hour"])
                  + " people done in it");
  lines.push_back("  end         "
                  + (x["estimated_end"].is_null() ? "not known" : "about " + plain(x["estimated_end"])));
  lines.push_back("  " + paint.faint(shortened(plain(x["estimated_end_basis"]), 76)));
  return lines;
}

namespace {

/// Draws the funnel over the one before.
class funnel_painter {
public:
  void draw(const ordered_json& x, const painter& paint) {
    std::string out;
    if (drawn_ > 0)
      out += "\033[" + std::to_string(drawn_) + "A";
    const auto lines = funnel_screen(x, paint);
    for (const auto& line : lines)
      out += "\r\033[K" + line + "\n";
    out += "\033[J" + paint.faint("q ends this, the campaign goes on") + "\r";
    std::cout << out << std::flush;
    drawn_ = lines.size();
  }
  ~funnel_painter() {
    if (drawn_ > 0)
      std::cout << "\r\033[K" << std::flush;
  }

private:
  size_t drawn_ = 0;
};

void watch(const shared& s, const std::string& campaign) {
  const bool redraws = is_screen(STDOUT_FILENO) && !s.options.json;
  take_interrupts();
  single_keys keys;
  funnel_painter screen;
  ordered_json before;
  while (true) {
    const auto asked = steady::now();
    const auto funnel = s.ask("campaign funnel", {{"campaign", campaign}});
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(steady::now() - asked);
    auto counts = counts_of(funnel);
    if (redraws)
      screen.draw(funnel, s.paint);
    else if (counts != before)
      std::cout << (s.options.json ? funnel.dump() : funnel_line(funnel)) << std::endl;
    before = std::move(counts);
    if (is_over(funnel))
      return;
    // A tenth of the node's time at most, however large the campaign.
    if (keys.quits_within(std::clamp<std::chrono::milliseconds>(took * 10, 1s, 30s)))
      return;
  }
}

} // namespace

void add_campaign_watch(CLI::App& app, const shared_ptr& s) {
  auto which = std::make_shared<std::string>();
  auto* command = add_command(group_of(app, "campaign"), "watch",
                              "A campaign's funnel, live, until it ends or you press q. Elsewhere than on a terminal a "
                              "line for each change; with --json an object for each",
                              "campaign watch Spring");
  command->add_option("campaign", *which, "name or id")->required();
  command->callback([s, which] { watch(*s, *which); });
}

} // namespace parley::cli
