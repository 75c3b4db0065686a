#include "adapters/http/transfer.hpp"

#include "adapters/http/endpoint.hpp"

#include <cctype>
#include <cstdlib>
#include <new>
#include <stdexcept>

namespace parley {

using std::chrono::milliseconds;

namespace {

constexpr size_t header_bytes_max = 64u << 10;

int may_proceed(transfer& x) {
  x.repeat_refused = x.request.once && x.handed_over > 0;
  if (x.repeat_refused)
    return CURL_PREREQFUNC_ABORT;
  x.held_back = x.request.proceed && !x.request.proceed();
  if (x.held_back)
    return CURL_PREREQFUNC_ABORT;
  ++x.handed_over;
  // A proxy's CONNECT counts as request bytes too; it carries nothing of ours.
  curl_easy_getinfo(x.easy.get(), CURLINFO_REQUEST_SIZE, &x.written_before);
  return CURL_PREREQFUNC_OK;
}

size_t add_body(transfer& x, const char* data, size_t size) {
  if (x.response.body.size() + size > x.request.response_bytes_max) {
    x.too_large = true;
    return CURL_WRITEFUNC_ERROR;
  }
  x.response.body.append(data, size);
  return size;
}

size_t add_header(transfer& x, const char* data, size_t size) {
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

// What such a step throws ends its own request only.
template <class Result, class Step>
Result guarded(void* context, Result failed, Step step) {
  auto& x = *static_cast<transfer*>(context);
  try {
    return step(x);
  } catch (const std::exception& e) {
    x.thrown = e.what();
    return failed;
  }
}

extern "C" {

// Runs when the connection stands and nothing of the request is written yet.
static int before_request(void* context, char*, char*, int, int) {
  return guarded(context, int{CURL_PREREQFUNC_ABORT}, may_proceed);
}

static size_t take_body(char* data, size_t, size_t size, void* context) {
  return guarded(context, size_t{CURL_WRITEFUNC_ERROR}, [=](transfer& x) { return add_body(x, data, size); });
}

static size_t take_header(char* data, size_t, size_t size, void* context) {
  return guarded(context, size_t{CURL_WRITEFUNC_ERROR}, [=](transfer& x) { return add_header(x, data, size); });
}

} // extern "C"

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

} // namespace

http_failure failure_of(CURLcode code, const transfer& x) {
  if (!x.thrown.empty())
    return http_failure::failed;
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

bool is_sendable(const http_request& request) {
  const auto plain = [](const std::string& text) {
    return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; });
  };
  return plain(request.method) && !request.method.empty() && plain(request.url)
         && std::all_of(request.headers.begin(), request.headers.end(), [&](const auto& header) {
              return !header.first.empty() && plain(header.first) && plain(header.second);
            });
}

void set_up(transfer& x, const std::string& ca_file, milliseconds left) {
  x.easy.reset(curl_easy_init());
  auto* easy = x.easy.get();
  if (!easy)
    throw std::bad_alloc{};
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
  if (!ca_file.empty())
    set(CURLOPT_CAINFO, ca_file.c_str());
  if (is_loopback(request.url)) // a proxy of the environment is for the world outside
    set(CURLOPT_PROXY, "");
  if (request.once) {
    set(CURLOPT_FRESH_CONNECT, 1L);
    set(CURLOPT_FORBID_REUSE, 1L);
  }
  if (request.method == "HEAD")
    set(CURLOPT_NOBODY, 1L);
  else if (!request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH") {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.c_str());
  }
  set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  auto add = [&x](const std::string& line) {
    auto* longer = curl_slist_append(x.headers.get(), line.c_str());
    if (!longer)
      throw std::bad_alloc{};
    static_cast<void>(x.headers.release()); // it is in the longer one
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

void read_end(transfer& x) {
  auto* easy = x.easy.get();
  if (!easy)
    return;
  auto& response = x.response;
  long sent = 0;
  curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &sent);
  response.written = x.repeat_refused || (x.handed_over > 0 && sent > x.written_before);
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  response.status = static_cast<int>(status);
  response.retry_after = retry_after(response, easy);
}

} // namespace parley
