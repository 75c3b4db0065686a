#include "adapters/http/http_client.hpp"

#include "adapters/http/transfer.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <unordered_map>

namespace parley {

using steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

class http_client::worker {
public:
  explicit worker(http_client_options options) : options_{std::move(options)} {
    static const auto initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (initialised != CURLE_OK)
      throw std::runtime_error{"libcurl cannot be initialised"};
    multi_ = curl_multi_init();
    if (!multi_)
      throw std::bad_alloc{};
  }

  ~worker() { curl_multi_cleanup(multi_); }
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;

  // The thread keeps its worker, see `stop`.
  static void begin(const std::shared_ptr<worker>& self) {
    self->thread_ = std::thread{[self] { self->run(); }};
  }

  void send(http_request request, http_callback done, milliseconds delay) {
    auto x = std::make_unique<transfer>();
    x->request = std::move(request);
    x->done = std::move(done);
    x->begun = steady::now() + delay;
    auto refusal = is_sendable(x->request) ? http_failure::none : http_failure::bad_request;
    if (refusal == http_failure::none) {
      std::lock_guard guard{mutex_};
      if (stopping_)
        refusal = http_failure::shutting_down;
      else if (unstarted_ >= options_.waiting_max)
        refusal = http_failure::queue_full;
      else {
        ++unstarted_;
        arrived_.push_back(std::move(x));
      }
    }
    if (refusal != http_failure::none)
      return finish(std::move(x), refusal, "not sent");
    curl_multi_wakeup(multi_);
  }

  void stop() {
    {
      std::lock_guard guard{mutex_};
      stopping_ = true;
    }
    curl_multi_wakeup(multi_);
    if (!thread_.joinable())
      return;
    // An actor that owns the client may end by its last handle, which one of
    // our callbacks may hold. The thread then ends by itself, after that.
    if (thread_.get_id() == std::this_thread::get_id())
      thread_.detach();
    else
      thread_.join();
  }

private:
  void run() {
    for (;;) {
      try {
        if (!take_arrivals())
          break;
        start_due();
        int running = 0;
        check(curl_multi_perform(multi_, &running));
        collect();
        check(curl_multi_poll(multi_, nullptr, 0, static_cast<int>(pause().count()), nullptr));
      } catch (const std::exception& e) {
        spdlog::error("http client: {}", e.what());
        answer_all(http_failure::failed, e.what());
        std::this_thread::sleep_for(milliseconds{100}); // it may go on failing
      }
    }
    answer_all(http_failure::shutting_down, "canceled");
  }

  static void check(CURLMcode code) {
    if (code != CURLM_OK) // only bad handles and lack of memory are reported here
      throw std::runtime_error{curl_multi_strerror(code)};
  }

  bool take_arrivals() {
    std::lock_guard guard{mutex_};
    while (!arrived_.empty()) {
      waiting_.emplace(arrived_.front()->begun, nullptr)->second = std::move(arrived_.front());
      arrived_.pop_front();
    }
    return !stopping_;
  }

  // Those whose time has come, oldest first, as far as connections allow.
  void start_due() {
    const auto now = steady::now();
    for (auto i = waiting_.begin(); i != waiting_.end() && i->first <= now;) {
      const bool late = i->second->deadline() <= now;
      if (!late && running_.size() >= options_.running_max) {
        ++i;
        continue;
      }
      auto x = std::move(i->second);
      i = waiting_.erase(i);
      {
        std::lock_guard guard{mutex_};
        --unstarted_;
      }
      if (late)
        finish(std::move(x), http_failure::timeout, "no free connection in time");
      else
        start(std::move(x), now);
    }
  }

  void start(transfer_ptr x, steady::time_point now) {
    try {
      set_up(*x, options_.ca_file, std::chrono::ceil<milliseconds>(x->deadline() - now));
      auto* easy = x->easy.get();
      auto& place = running_[easy];
      if (const auto code = curl_multi_add_handle(multi_, easy); code != CURLM_OK) {
        running_.erase(easy);
        check(code);
      }
      place = std::move(x);
    } catch (const std::exception& e) {
      finish(std::move(x), http_failure::failed, e.what());
    }
  }

  void collect() {
    int left = 0;
    while (const auto* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE)
        continue;
      const auto code = message->data.result;
      auto x = take(message->easy_handle);
      const auto failure = failure_of(code, *x);
      const auto detail = failure == http_failure::failed ? x->thrown : std::string{curl_easy_strerror(code)};
      finish(std::move(x), failure, failure == http_failure::none ? "" : detail);
    }
  }

  transfer_ptr take(CURL* easy) {
    auto found = running_.find(easy);
    auto x = std::move(found->second);
    running_.erase(found);
    curl_multi_remove_handle(multi_, easy);
    return x;
  }

  static void finish(transfer_ptr x, http_failure failure, const std::string& detail) {
    auto& response = x->response;
    response.failure = failure;
    response.detail = detail;
    response.took = std::max(steady::duration{0}, steady::now() - x->begun);
    read_end(*x);
    try {
      x->done(std::move(response));
    } catch (const std::exception& e) { // against its contract, but it must not take the others with it
      spdlog::error("http client: the callback of a request failed: {}", e.what());
    }
  }

  milliseconds pause() const {
    // libcurl shortens this by its own timers, and `send` wakes it up.
    milliseconds longest{1'000};
    const auto now = steady::now();
    for (const auto& [begun, x] : waiting_) {
      const auto due = begun > now ? begun : x->deadline();
      longest = std::min(longest, std::max(milliseconds{0}, std::chrono::ceil<milliseconds>(due - now)));
      if (begun > now)
        break;
    }
    return longest;
  }

  void answer_all(http_failure failure, const std::string& why) {
    while (!running_.empty())
      finish(take(running_.begin()->first), failure, why);
    while (!waiting_.empty()) {
      auto x = std::move(waiting_.begin()->second);
      waiting_.erase(waiting_.begin());
      {
        std::lock_guard guard{mutex_};
        --unstarted_;
      }
      finish(std::move(x), failure, why);
    }
  }

  const http_client_options options_;
  CURLM* multi_ = nullptr;
  std::mutex mutex_; // guards the three below
  std::deque<transfer_ptr> arrived_;
  size_t unstarted_ = 0; // in arrived_ or waiting_
  bool stopping_ = false;
  std::multimap<steady::time_point, transfer_ptr> waiting_; // by the time they may start
  std::unordered_map<CURL*, transfer_ptr> running_;
  std::thread thread_;
};

http_client::http_client(http_client_options options) : worker_{std::make_shared<worker>(std::move(options))} {
  worker::begin(worker_);
}

http_client::~http_client() {
  stop();
}

void http_client::send(http_request request, http_callback done, milliseconds delay) {
  worker_->send(std::move(request), std::move(done), delay);
}

void http_client::stop() {
  worker_->stop();
}

} // namespace parley
