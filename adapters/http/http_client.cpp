#include "adapters/http/http_client.hpp"

#include "adapters/http/endpoint.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <deque>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <unordered_map>

namespace parley {

using steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

constexpr size_t header_bytes_max = 64u << 10;

struct easy_deleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct list_deleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using easy_handle = std::unique_ptr<CURL, easy_deleter>;

/// A request from `send` to its answer. Stays where it is: libcurl keeps its
/// address.
struct exchange {
  http_request request;
  http_callback done;
  steady::time_point begun;
  http_response response;
  easy_handle easy;
  std::unique_ptr<curl_slist, list_deleter> headers;
  size_t header_bytes = 0;
  int handed_over = 0; // how often libcurl was about to write the request
  long written_before = 0;
  bool held_back = false;
  bool too_large = false;

  steady::time_point deadline() const { return begun + request.timeout; }
};
using exchange_ptr = std::unique_ptr<exchange>;

extern "C" {

// Runs when the connection stands and nothing of the request is written yet.
static int before_request(void* context, char*, char*, int, int) {
  auto& x = *static_cast<exchange*>(context);
  x.held_back = (x.request.once && x.handed_over > 0) || (x.request.proceed && !x.request.proceed());
  if (x.held_back)
    return CURL_PREREQFUNC_ABORT;
  ++x.handed_over;
  // A proxy's CONNECT counts as request bytes too; it carries nothing of ours.
  curl_easy_getinfo(x.easy.get(), CURLINFO_REQUEST_SIZE, &x.written_before);
  return CURL_PREREQFUNC_OK;
}

static size_t take_body(char* data, size_t, size_t size, void* context) {
  auto& x = *static_cast<exchange*>(context);
  if (x.response.body.size() + size > x.request.response_bytes_max) {
    x.too_large = true;
    return CURL_WRITEFUNC_ERROR;
  }
  x.response.body.append(data, size);
  return size;
}

static size_t take_header(char* data, size_t, size_t size, void* context) {
  auto& x = *static_cast<exchange*>(context);
  x.header_bytes += size;
  if (x.header_bytes > header_bytes_max) {
    x.too_large = true;
    return CURL_WRITEFUNC_ERROR;
  }
  const std::string_view line{data, size};
  if (line.starts_with("HTTP/")) { // the final answer after "100 Continue" or a proxy's
    x.response.headers.clear();
    return size;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos)
    return size;
  std::string name{line.substr(0, colon)};
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  auto value = line.substr(colon + 1);
  while (!value.empty() && std::isspace(static_cast<unsigned char>(value.front())))
    value.remove_prefix(1);
  while (!value.empty() && std::isspace(static_cast<unsigned char>(value.back())))
    value.remove_suffix(1);
  x.response.headers.emplace_back(std::move(name), value);
  return size;
}

} // extern "C"

http_failure failure_of(CURLcode code, const exchange& x) {
  if (x.held_back)
    return http_failure::held_back;
  if (x.too_large)
    return http_failure::too_large;
  switch (code) {
    case CURLE_OK: return http_failure::none;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return http_failure::bad_request;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_PROXY: return http_failure::connect;
    case CURLE_OPERATION_TIMEDOUT: return http_failure::timeout;
    default: return http_failure::broken;
  }
}

std::optional<milliseconds> retry_after(const http_response& response, CURL* easy) {
  if (const auto precise = response.header("retry-after-ms")) { // OpenAI and Azure
    const auto ms = std::strtod(std::string{*precise}.c_str(), nullptr);
    if (ms > 0 && ms < 1e10)
      return milliseconds{static_cast<int64_t>(ms)};
  }
  curl_off_t seconds = 0; // libcurl reads both forms, a number and a date
  curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds);
  if (seconds > 0)
    return std::chrono::seconds{seconds};
  return std::nullopt;
}

// A line break in a header would start another one, or another request.
bool sendable(const http_request& request) {
  const auto plain = [](const std::string& text) {
    return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; });
  };
  return plain(request.method) && !request.method.empty() && plain(request.url)
         && std::all_of(request.headers.begin(), request.headers.end(), [&](const auto& header) {
              return !header.first.empty() && plain(header.first) && plain(header.second);
            });
}

} // namespace

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
    auto x = std::make_unique<exchange>();
    x->request = std::move(request);
    x->done = std::move(done);
    x->begun = steady::now() + delay;
    auto refusal = sendable(x->request) ? http_failure::none : http_failure::bad_request;
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
    while (take_arrivals()) {
      start_due();
      int running = 0;
      check(curl_multi_perform(multi_, &running));
      collect();
      check(curl_multi_poll(multi_, nullptr, 0, static_cast<int>(pause().count()), nullptr));
    }
    shut_down();
  }

  static void check(CURLMcode code) {
    if (code != CURLM_OK) // only bad handles and lack of memory are reported here
      throw std::runtime_error{curl_multi_strerror(code)};
  }

  bool take_arrivals() {
    std::lock_guard guard{mutex_};
    for (auto& x : arrived_) {
      const auto begun = x->begun;
      waiting_.emplace(begun, std::move(x));
    }
    arrived_.clear();
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

  void start(exchange_ptr x, steady::time_point now) {
    x->easy.reset(curl_easy_init());
    if (!x->easy)
      throw std::bad_alloc{};
    configure(*x, std::chrono::ceil<milliseconds>(x->deadline() - now));
    auto* easy = x->easy.get();
    running_.emplace(easy, std::move(x));
    check(curl_multi_add_handle(multi_, easy));
  }

  void configure(exchange& x, milliseconds left) const {
    auto* easy = x.easy.get();
    const auto& request = x.request;
    const auto set = [easy](CURLoption option, auto value) {
      if (const auto code = curl_easy_setopt(easy, option, value); code != CURLE_OK)
        throw std::runtime_error{curl_easy_strerror(code)};
    };
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1}); // its "written" is exact
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_ACCEPT_ENCODING, "");
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::max<int64_t>(1, request.connect_timeout.count())));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<int64_t>(1, left.count())));
    set(CURLOPT_USERAGENT, "parley");
    if (!options_.ca_file.empty())
      set(CURLOPT_CAINFO, options_.ca_file.c_str());
    if (is_loopback(request.url)) // a proxy of the environment is for the world outside
      set(CURLOPT_PROXY, "");
    if (request.once) {
      set(CURLOPT_FRESH_CONNECT, 1L);
      set(CURLOPT_FORBID_REUSE, 1L);
    }
    if (request.method == "HEAD")
      set(CURLOPT_NOBODY, 1L);
    else if (!request.body.empty() || request.method == "POST" || request.method == "PUT"
             || request.method == "PATCH") {
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      set(CURLOPT_POSTFIELDS, request.body.c_str());
    }
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    auto add = [&x](const std::string& line) {
      auto* longer = curl_slist_append(x.headers.get(), line.c_str());
      if (!longer)
        throw std::bad_alloc{};
      x.headers.release();
      x.headers.reset(longer);
    };
    add("Expect:"); // no round trip for "100 Continue"
    for (const auto& [name, value] : request.headers)
      add(value.empty() ? name + ';' : name + ": " + value);
    set(CURLOPT_HTTPHEADER, x.headers.get());
    set(CURLOPT_PREREQFUNCTION, &before_request);
    set(CURLOPT_PREREQDATA, &x);
    set(CURLOPT_WRITEFUNCTION, &take_body);
    set(CURLOPT_WRITEDATA, &x);
    set(CURLOPT_HEADERFUNCTION, &take_header);
    set(CURLOPT_HEADERDATA, &x);
  }

  void collect() {
    int left = 0;
    while (const auto* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE)
        continue;
      const auto code = message->data.result;
      auto x = take(message->easy_handle);
      const auto failure = failure_of(code, *x);
      finish(std::move(x), failure, failure == http_failure::none ? "" : curl_easy_strerror(code));
    }
  }

  exchange_ptr take(CURL* easy) {
    auto found = running_.find(easy);
    auto x = std::move(found->second);
    running_.erase(found);
    curl_multi_remove_handle(multi_, easy);
    return x;
  }

  static void finish(exchange_ptr x, http_failure failure, std::string detail) {
    auto& response = x->response;
    response.failure = failure;
    response.detail = std::move(detail);
    response.took = std::max(steady::duration{0}, steady::now() - x->begun);
    if (auto* easy = x->easy.get()) {
      long sent = 0;
      curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &sent);
      response.written = x->handed_over > 0 && sent > x->written_before;
      long status = 0;
      curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
      response.status = static_cast<int>(status);
      response.retry_after = retry_after(response, easy);
    }
    x->done(std::move(response));
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

  void shut_down() {
    while (!running_.empty())
      finish(take(running_.begin()->first), http_failure::shutting_down, "canceled");
    for (auto& [begun, x] : waiting_)
      finish(std::move(x), http_failure::shutting_down, "not sent");
    waiting_.clear();
  }

  const http_client_options options_;
  CURLM* multi_ = nullptr;
  std::mutex mutex_; // guards the three below
  std::deque<exchange_ptr> arrived_;
  size_t unstarted_ = 0; // in arrived_ or waiting_
  bool stopping_ = false;
  std::multimap<steady::time_point, exchange_ptr> waiting_; // by the time they may start
  std::unordered_map<CURL*, exchange_ptr> running_;
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
