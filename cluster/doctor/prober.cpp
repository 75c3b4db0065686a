#include "cluster/doctor/prober.hpp"

#include "adapters/http/endpoint.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace parley::doctor {

using namespace std::chrono_literals;

namespace {

struct easy_deleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct list_deleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// One question. Stays where it is: libcurl keeps its address.
struct exchange {
  std::unique_ptr<CURL, easy_deleter> easy{curl_easy_init()};
  std::unique_ptr<curl_slist, list_deleter> headers;
  std::array<char, CURL_ERROR_SIZE> why{};
  http_response response;
  std::string last_line;
  size_t bytes_max = 4u << 20;
  bool upgraded = false;

  exchange() {
    static const auto initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (initialised != CURLE_OK || !easy)
      throw std::runtime_error{"libcurl cannot be initialised"};
    set(CURLOPT_ERRORBUFFER, why.data());
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_USERAGENT, "parley-doctor");
  }

  template <class T>
  void set(CURLoption option, T value) {
    if (const auto code = curl_easy_setopt(easy.get(), option, value); code != CURLE_OK)
      throw std::runtime_error{curl_easy_strerror(code)};
  }

  void add_header(const std::string& line) {
    auto* longer = curl_slist_append(headers.get(), line.c_str());
    if (!longer)
      throw std::bad_alloc{};
    static_cast<void>(headers.release()); // the same list, or the end of the longer one
    headers.reset(longer);
  }

  std::string problem(CURLcode code) const { return why[0] ? why.data() : curl_easy_strerror(code); }
};

std::string lower(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first == text.npos ? std::string_view{} : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

extern "C" {

static size_t take_body(char* data, size_t, size_t size, void* context) {
  auto& x = *static_cast<exchange*>(context);
  if (x.response.body.size() + size > x.bytes_max)
    return 0;
  x.response.body.append(data, size);
  return size;
}

static size_t take_header(char* data, size_t, size_t size, void* context) {
  auto& x = *static_cast<exchange*>(context);
  const auto line = trimmed({data, size});
  if (line.starts_with("HTTP/")) {
    x.response.headers.clear();
    x.upgraded = line.find(" 101") != line.npos;
  } else if (const auto colon = line.find(':'); colon != line.npos) {
    x.response.headers.emplace_back(lower(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
  } else if (line.empty() && x.upgraded) {
    return 0; // the socket is open, and that was the question
  }
  return size;
}

static size_t take_reply(char* data, size_t, size_t size, void* context) {
  const auto line = trimmed({data, size});
  if (!line.starts_with("221")) // "bye" says nothing
    static_cast<exchange*>(context)->last_line = line.substr(0, 200);
  return size;
}

static size_t ignore(char*, size_t, size_t size, void*) {
  return size;
}

} // extern "C"

http_failure failure_of(CURLcode code) {
  switch (code) {
    case CURLE_OK: return http_failure::none;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return http_failure::bad_request;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE: return http_failure::connect;
    case CURLE_OPERATION_TIMEDOUT: return http_failure::timeout;
    default: return http_failure::broken;
  }
}

http_response exchange_over_network(const http_request& request, const std::string& ca_file) {
  exchange x;
  x.bytes_max = request.response_bytes_max;
  x.set(CURLOPT_URL, request.url.c_str());
  x.set(CURLOPT_PROTOCOLS_STR, "http,https");
  x.set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  x.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
  x.set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  if (!ca_file.empty())
    x.set(CURLOPT_CAINFO, ca_file.c_str());
  if (is_loopback(request.url)) // a proxy of the environment is for the world outside
    x.set(CURLOPT_PROXY, "");
  if (!request.body.empty() || request.method == "POST") {
    x.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    x.set(CURLOPT_POSTFIELDS, request.body.c_str());
  }
  x.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  x.add_header("Expect:");
  for (const auto& [name, value] : request.headers)
    x.add_header(name + ": " + value);
  x.set(CURLOPT_HTTPHEADER, x.headers.get());
  x.set(CURLOPT_WRITEFUNCTION, &take_body);
  x.set(CURLOPT_WRITEDATA, &x);
  x.set(CURLOPT_HEADERFUNCTION, &take_header);
  x.set(CURLOPT_HEADERDATA, &x);
  const auto begun = std::chrono::steady_clock::now();
  const auto code = curl_easy_perform(x.easy.get());
  x.response.took = std::chrono::steady_clock::now() - begun;
  long status = 0;
  curl_easy_getinfo(x.easy.get(), CURLINFO_RESPONSE_CODE, &status);
  x.response.status = static_cast<int>(status);
  if (code == CURLE_OK || x.upgraded)
    return std::move(x.response);
  x.response.failure = failure_of(code);
  x.response.detail = x.problem(code);
  return std::move(x.response);
}

} // namespace

ask_http http_over_network(const std::string& ca_file) {
  return [ca_file](const http_request& request) {
    try {
      return exchange_over_network(request, ca_file);
    } catch (const std::runtime_error& e) { // an option that libcurl does not take
      http_response failed;
      failed.failure = http_failure::failed;
      failed.detail = e.what();
      return failed;
    }
  };
}

mail_answer mail_over_network(const smtp_settings& s) {
  exchange x;
  // libcurl takes our name from the URL's path.
  x.set(CURLOPT_URL, (s.hello.empty() ? s.base_url : s.base_url + "/" + s.hello).c_str());
  x.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  x.set(CURLOPT_USE_SSL, long{s.security == "none" && is_loopback(s.base_url) ? CURLUSESSL_NONE : CURLUSESSL_ALL});
  if (!s.ca_file.empty())
    x.set(CURLOPT_CAINFO, s.ca_file.c_str());
  if (!s.user.empty()) {
    x.set(CURLOPT_USERNAME, s.user.c_str());
    x.set(CURLOPT_PASSWORD, s.password.c_str());
    x.set(CURLOPT_SASL_IR, 1L); // logs in as the mailer does
  }
  x.set(CURLOPT_PROXY, "");
  x.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(s.connect_timeout.count()));
  x.set(CURLOPT_TIMEOUT_MS, static_cast<long>(s.send_timeout.count()));
  x.set(CURLOPT_NOBODY, 1L);
  x.set(CURLOPT_CUSTOMREQUEST, "NOOP"); // without a recipient, instead of VRFY
  x.set(CURLOPT_HEADERFUNCTION, &take_reply);
  x.set(CURLOPT_HEADERDATA, &x);
  x.set(CURLOPT_WRITEFUNCTION, &ignore);
  const auto code = curl_easy_perform(x.easy.get());
  mail_answer out;
  out.reached = !x.last_line.empty();
  out.taken = code == CURLE_OK;
  out.login_bad = code == CURLE_LOGIN_DENIED;
  if (code != CURLE_OK)
    out.problem = x.problem(code) + (x.last_line.empty() ? "" : " (" + x.last_line + ")");
  return out;
}

namespace {

/// The last certificate's field that libcurl tells, e.g. "Expire date".
std::string field_of(const curl_certinfo& chain, std::string_view name) {
  if (chain.num_of_certs < 1)
    return {};
  for (const auto* x = chain.certinfo[0]; x; x = x->next) // the host's own comes first
    if (std::string_view line{x->data}; line.starts_with(name) && line.substr(name.size()).starts_with(":"))
      return std::string{trimmed(line.substr(name.size() + 1))};
  return {};
}

/// The name that people know an authority by: its organisation, "O = …".
std::string organisation_of(const std::string& issuer) {
  const auto at = issuer.find("O = ");
  if (at == issuer.npos)
    return issuer.substr(0, 60);
  const auto end = issuer.find_first_of(",;", at);
  return issuer.substr(at + 4, end == issuer.npos ? end : end - at - 4);
}

CURLcode shake_hands(exchange& x, const std::string& url, bool verify) {
  x.set(CURLOPT_URL, url.c_str());
  x.set(CURLOPT_PROTOCOLS_STR, "https");
  x.set(CURLOPT_CERTINFO, 1L);
  x.set(CURLOPT_NOBODY, 1L);
  x.set(CURLOPT_CONNECTTIMEOUT_MS, 5'000L);
  x.set(CURLOPT_TIMEOUT_MS, 10'000L);
  x.set(CURLOPT_SSL_VERIFYPEER, verify ? 1L : 0L);
  x.set(CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
  x.set(CURLOPT_WRITEFUNCTION, &ignore);
  return curl_easy_perform(x.easy.get());
}

} // namespace

certificate_facts certificate_over_network(const std::string& url) {
  certificate_facts out;
  out.host = host_of(url);
  exchange strict;
  const auto code = shake_hands(strict, url, true);
  out.trusted = code != CURLE_PEER_FAILED_VERIFICATION && failure_of(code) != http_failure::connect
                && code != CURLE_OPERATION_TIMEDOUT;
  out.reached = out.trusted || code == CURLE_PEER_FAILED_VERIFICATION;
  if (!out.trusted)
    out.problem = strict.problem(code);
  if (!out.reached)
    return out;
  exchange lenient; // a chain that is refused is not told
  auto& told = out.trusted ? strict : lenient;
  if (!out.trusted)
    shake_hands(lenient, url, false);
  curl_certinfo* chain = nullptr;
  curl_easy_getinfo(told.easy.get(), CURLINFO_CERTINFO, &chain);
  if (chain) {
    if (const auto ends = curl_getdate(field_of(*chain, "Expire date").c_str(), nullptr); ends > 0)
      out.expires = std::chrono::sys_seconds{std::chrono::seconds{ends}};
    out.issuer = organisation_of(field_of(*chain, "Issuer"));
  }
  return out;
}

std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text) {
  const auto seconds = curl_getdate(std::string{text}.c_str(), nullptr);
  if (seconds < 0)
    return std::nullopt;
  return std::chrono::sys_seconds{std::chrono::seconds{seconds}};
}

ask_http noting_clocks(ask_http ask, std::vector<clock_facts>& into) {
  return [ask = std::move(ask), &into](const http_request& request) {
    auto response = ask(request);
    if (response.failure != http_failure::none || is_loopback(request.url))
      return response;
    if (const auto told = response.header("date"))
      if (const auto theirs = parse_http_date(*told)) {
        // The header has whole seconds: on average it is half a second late,
        // and it was written about when the answer began.
        const auto ours = std::chrono::system_clock::now() - response.took / 2;
        into.push_back(
          {host_of(request.url), std::chrono::duration_cast<std::chrono::milliseconds>(ours - (*theirs + 500ms))});
      }
    return response;
  };
}

} // namespace parley::doctor
