#include "adapters/cli/top.hpp"

#include "adapters/cli/control_client.hpp"
#include "adapters/cli/terminal.hpp"
#include "adapters/cli/top_model.hpp"

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>

namespace parley::cli {

using namespace std::chrono_literals;

namespace {

constexpr auto refresh_interval = 1s;
constexpr auto look_patience = 2s;

/// Asks the node on a thread of its own, so that keys are answered whatever
/// the node does.
class asker {
public:
  struct answer {
    top_model::wish asked;
    nlohmann::json tree;  // null when it failed
    nlohmann::json actor; // null when it failed or nobody is looked at
    std::string failure;
  };

  explicit asker(std::string socket) : socket_{std::move(socket)} {
    sigset_t all; // signals are the other thread's
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, &before);
    thread_ = std::thread{[this] { run(); }};
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  ~asker() {
    {
      std::lock_guard lock{mutex_};
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  asker(const asker&) = delete;
  asker& operator=(const asker&) = delete;

  void want(top_model::wish what) {
    std::lock_guard lock{mutex_};
    if (wish_ && *wish_ == what)
      return;
    wish_ = std::move(what);
    fresh_ = true;
    changed_.notify_all();
  }

  std::optional<answer> take() {
    std::lock_guard lock{mutex_};
    return std::exchange(answer_, std::nullopt);
  }

private:
  answer ask(const top_model::wish& what) const {
    answer out;
    out.asked = what;
    try {
      out.tree = get_from_node(socket_, what.tree, look_patience);
      if (!what.actor.empty())
        out.actor = get_from_node(socket_, what.actor, look_patience);
    } catch (const command_failed& e) {
      out.failure = e.what();
    }
    return out;
  }

  void run() {
    std::unique_lock lock{mutex_};
    while (!stopping_) {
      changed_.wait_for(lock, refresh_interval, [this] { return stopping_ || fresh_; });
      fresh_ = false;
      if (stopping_ || !wish_)
        continue;
      const auto what = *wish_;
      lock.unlock();
      auto got = ask(what);
      lock.lock();
      answer_ = std::move(got);
    }
  }

  const std::string socket_;
  std::mutex mutex_; // guards all below but the thread
  std::condition_variable changed_;
  std::optional<top_model::wish> wish_;
  std::optional<answer> answer_;
  bool fresh_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace

void run_top(const std::string& socket) {
  get_from_node(socket, "/healthz", look_patience); // says at once that there is no node
  asker node{socket};
  terminal screen; // put back before the last question to the node is waited for
  top_model model;
  while (!model.ended() && !screen.ends()) {
    node.want(model.wants());
    if (const auto got = node.take()) {
      if (!got->tree.is_null())
        model.take_tree(got->asked, got->tree, std::chrono::steady_clock::now());
      if (!got->actor.is_null())
        model.take_actor(got->asked, got->actor);
      if (!got->failure.empty())
        model.fail(got->failure);
    }
    auto grid = screen.blank();
    model.draw(grid);
    screen.show(grid);
    for (const auto& pressed : screen.wait(100ms))
      model.press(pressed);
  }
}

} // namespace parley::cli
