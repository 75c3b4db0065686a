#include "adapters/smtp/transport.hpp"

#include "adapters/http/endpoint.hpp"
#include "adapters/smtp/address.hpp"
#include "runtime/errors.hpp"

#include <curl/curl.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <unordered_map>
#include <vector>

namespace parley::smtp {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

/// libcurl did not take what we gave it.
struct curl_failure : std::runtime_error {
  explicit curl_failure(CURLcode x) : std::runtime_error{curl_easy_strerror(x)}, code{x} {}
  CURLcode code;
};

struct easy_deleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct list_deleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// One try. Stays where it is: libcurl keeps its address.
struct attempt {
  wire_mail mail;
  delivery_callback done;
  steady_clock::time_point limit; ///< of what it is doing now
  std::chrono::milliseconds acceptance;
  size_t sent = 0; ///< octets of the content handed to libcurl
  std::string reply;
  std::unique_ptr<CURL, easy_deleter> easy;
  std::unique_ptr<curl_slist, list_deleter> recipients;
};

constexpr size_t reply_octets_max = 512; // RFC 5321, 4.5.3.1.5

extern "C" {

static size_t give_content(char* out, size_t, size_t size, void* context) {
  auto& x = *static_cast<attempt*>(context);
  const auto count = x.mail.content.copy(out, size, x.sent);
  x.sent += count;
  if (x.sent == x.mail.content.size())
    x.limit = std::max(x.limit, steady_clock::now() + x.acceptance);
  return count;
}

// The server's reply lines; the last one before "221 bye" says how it ended.
static size_t take_reply(char* data, size_t, size_t size, void* context) {
  const std::string_view line{data, std::min(size, reply_octets_max)};
  if (!line.starts_with("221"))
    static_cast<attempt*>(context)->reply = line; // fits: it is reserved
  return size;
}

static size_t ignore_body(char*, size_t, size_t size, void*) {
  return size;
}

} // extern "C"

} // namespace

// libcurl has one code for "the server refused" and "the connection broke", so
// the server's last word counts first.
bool is_temporary(const delivery& x) {
  if (x.ok())
    return false;
  if (x.status >= 400)
    return x.status < 500;
  switch (x.curl_code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_OUT_OF_MEMORY: return true;
    default: return false;
  }
}

/// Servers quote the address that they refuse. It is the person's, and errors
/// are kept and shown in plain text.
static std::string without_addresses(const std::string& reply) {
  std::istringstream in{reply};
  std::string out;
  for (std::string word; in >> word;)
    out += (out.empty() ? "" : " ") + (word.find('@') == word.npos ? word : std::string{"<address>"});
  return out;
}

/// The server's words where it refused something. Where our side gave up, its
/// last word ("220 go on" before a certificate that we do not trust) is no
/// reason.
static std::string reason_of(const delivery& x) {
  const bool agreed = x.status >= 200 && x.status < 400;
  if (!x.reply.empty() && !agreed)
    return without_addresses(x.reply);
  switch (x.curl_code) {
    case CURLE_PEER_FAILED_VERIFICATION: return "the server's certificate is not trusted (see ca_file)";
    case CURLE_USE_SSL_FAILED: return "the server offers no STARTTLS";
    default: return curl_easy_strerror(static_cast<CURLcode>(x.curl_code));
  }
}

caf::error error_of(const delivery& x) {
  auto context = "smtp " + reason_of(x);
  if (x.stopped)
    return caf::make_error(ec::shutting_down, "smtp");
  // 530: login wanted; 534, 535, 538: login refused (RFC 4954, 6).
  const bool is_login = x.status == 530 || x.status == 534 || x.status == 535 || x.status == 538;
  if (x.curl_code == CURLE_LOGIN_DENIED || is_login)
    return caf::make_error(is_temporary(x) ? ec::vendor_unavailable : ec::vendor_unauthorised, std::move(context));
  if (is_temporary(x))
    return caf::make_error(ec::vendor_unavailable, std::move(context));
  if (x.curl_code == CURLE_WEIRD_SERVER_REPLY && x.status == 0)
    return caf::make_error(ec::vendor_answered_rubbish, "smtp: the server does not speak SMTP");
  return caf::make_error(ec::vendor_refused, std::move(context));
}

class transport::worker {
public:
  explicit worker(const smtp_settings& settings) : settings_{settings} {
    static const auto initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    multi_ = curl_multi_init();
    if (initialised != CURLE_OK || !multi_)
      throw std::runtime_error{"libcurl cannot be initialised"};
  }

  ~worker() { curl_multi_cleanup(multi_); }

  static void start(const std::shared_ptr<worker>& self) {
    self->thread_ = std::thread{[self] { self->run(); }};
  }

  void stop() {
    {
      std::lock_guard guard{mutex_};
      stopping_ = true;
    }
    curl_multi_wakeup(multi_);
    // A callback may hold the last handle of the actor that owns us, and then
    // this is our own thread; it keeps the worker until it has ended.
    if (thread_.get_id() == std::this_thread::get_id())
      thread_.detach();
    else
      thread_.join();
  }

  void send(wire_mail mail, steady_clock::time_point limit, delivery_callback done) {
    auto x = std::make_unique<attempt>();
    x->mail = std::move(mail);
    x->limit = limit;
    x->acceptance = settings_.acceptance_timeout;
    x->done = std::move(done);
    x->reply.reserve(reply_octets_max);
    {
      std::lock_guard guard{mutex_};
      arrived_.push_back(std::move(x));
    }
    curl_multi_wakeup(multi_);
  }

private:
  void run() {
    for (;;) {
      try {
        if (!start_arrivals())
          break;
        int count = 0;
        check(curl_multi_perform(multi_, &count));
        collect();
        give_up_late();
        check(curl_multi_poll(multi_, nullptr, 0, static_cast<int>(pause().count()), nullptr)); // `send` wakes it up
      } catch (const std::exception& e) {
        spdlog::error("smtp: {}", e.what());
        end_all(delivery{CURLE_OUT_OF_MEMORY, 0, e.what(), false});
        std::this_thread::sleep_for(milliseconds{100}); // it may go on failing
      }
    }
    end_all(delivery{CURLE_ABORTED_BY_CALLBACK, 0, {}, true});
  }

  static void check(CURLMcode code) {
    if (code != CURLM_OK) // only bad handles and lack of memory are reported here
      throw std::runtime_error{curl_multi_strerror(code)};
  }

  bool start_arrivals() {
    std::vector<std::unique_ptr<attempt>> arrived;
    bool go_on = true;
    {
      std::lock_guard guard{mutex_};
      arrived.swap(arrived_);
      go_on = !stopping_;
    }
    for (auto& x : arrived)
      start(std::move(x));
    return go_on;
  }

  // What cannot be set up is told of this try; the others go on.
  void start(std::unique_ptr<attempt> x) {
    try {
      configure(*x);
      auto* easy = x->easy.get();
      auto& place = running_[easy];
      if (const auto code = curl_multi_add_handle(multi_, easy); code != CURLM_OK) {
        running_.erase(easy);
        check(code);
      }
      place = std::move(x);
    } catch (const curl_failure& e) {
      tell(*x, delivery{e.code, 0, e.what(), false});
    } catch (const std::exception& e) {
      tell(*x, delivery{CURLE_OUT_OF_MEMORY, 0, e.what(), false});
    }
  }

  static void tell(attempt& x, delivery outcome) {
    try {
      x.done(std::move(outcome));
    } catch (const std::exception& e) { // against its contract, but it must not take the others with it
      spdlog::error("smtp: the callback of a try failed: {}", e.what());
    }
  }

  std::unique_ptr<attempt> take(CURL* easy) {
    auto node = running_.extract(easy);
    curl_multi_remove_handle(multi_, easy);
    return std::move(node.mapped());
  }

  void end_all(const delivery& outcome) {
    while (!running_.empty())
      tell(*take(running_.begin()->first), outcome);
  }

  void give_up_late() {
    std::vector<CURL*> late;
    for (const auto& [easy, x] : running_)
      if (x->limit <= steady_clock::now())
        late.push_back(easy);
    for (auto* easy : late) {
      const auto x = take(easy);
      tell(*x, delivery{CURLE_OPERATION_TIMEDOUT, 0, {}, false});
    }
  }

  milliseconds pause() const {
    milliseconds longest{1'000};
    for (const auto& [easy, x] : running_)
      longest = std::min(longest, std::chrono::ceil<milliseconds>(x->limit - steady_clock::now()));
    return std::max(longest, milliseconds{0});
  }

  void configure(attempt& x) const {
    x.easy.reset(curl_easy_init());
    if (!x.easy)
      throw std::bad_alloc{};
    const auto set = [easy = x.easy.get()](CURLoption option, auto value) {
      if (const auto code = curl_easy_setopt(easy, option, value); code != CURLE_OK)
        throw curl_failure{code};
    };
    const auto& s = settings_;
    // libcurl takes our name from the URL's path.
    set(CURLOPT_URL, (s.hello.empty() ? s.base_url : s.base_url + "/" + s.hello).c_str());
    set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set(CURLOPT_USE_SSL, long{s.security == "none" && is_loopback(s.base_url) ? CURLUSESSL_NONE : CURLUSESSL_ALL});
    if (!s.ca_file.empty())
      set(CURLOPT_CAINFO, s.ca_file.c_str());
    if (!s.user.empty()) {
      set(CURLOPT_USERNAME, s.user.c_str());
      set(CURLOPT_PASSWORD, s.password.c_str());
      set(CURLOPT_SASL_IR, 1L); // saves a round trip
    }
    set(CURLOPT_PROXY, ""); // a proxy from the environment is for HTTP
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(s.connect_timeout.count()));
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    // Longer than both limits of ours, which tell the content's way from the
    // wait for the last word.
    set(CURLOPT_SERVER_RESPONSE_TIMEOUT,
        static_cast<long>(std::chrono::ceil<std::chrono::seconds>(s.send_timeout + s.acceptance_timeout).count()));
    set(CURLOPT_MAIL_FROM, x.mail.from.c_str());
    for (const auto& address : x.mail.recipients) {
      auto* head = curl_slist_append(x.recipients.get(), address.c_str());
      if (!head)
        throw std::bad_alloc{};
      if (!x.recipients)
        x.recipients.reset(head); // it stays the same from now on
    }
    set(CURLOPT_MAIL_RCPT, x.recipients.get());
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(x.mail.content.size()));
    set(CURLOPT_READFUNCTION, &give_content);
    set(CURLOPT_READDATA, &x);
    set(CURLOPT_HEADERFUNCTION, &take_reply);
    set(CURLOPT_HEADERDATA, &x);
    set(CURLOPT_WRITEFUNCTION, &ignore_body);
  }

  void collect() {
    int left = 0;
    while (const auto* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE)
        continue;
      const auto code = message->data.result;
      const auto x = take(message->easy_handle);
      long status = 0;
      curl_easy_getinfo(x->easy.get(), CURLINFO_RESPONSE_CODE, &status);
      tell(*x, delivery{code, static_cast<int>(status), without_addresses(x->reply), false});
    }
  }

  const smtp_settings settings_;
  CURLM* multi_ = nullptr;
  std::mutex mutex_; // guards the two below
  std::vector<std::unique_ptr<attempt>> arrived_;
  bool stopping_ = false;
  std::unordered_map<CURL*, std::unique_ptr<attempt>> running_;
  std::thread thread_;
};

transport::transport(const smtp_settings& settings) : worker_{std::make_shared<worker>(settings)} {
  worker::start(worker_);
}

transport::~transport() {
  worker_->stop();
}

void transport::send(wire_mail mail, steady_clock::time_point limit, delivery_callback done) {
  worker_->send(std::move(mail), limit, std::move(done));
}

} // namespace parley::smtp
