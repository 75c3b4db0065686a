#pragma once

#include "adapters/sandbox/model/model.hpp"
#include "adapters/sandbox/vendors/vendors.hpp"

#include <catch2/catch.hpp>
#include <curl/curl.h>

#include <cstring>

/// What the tests of the practice vendors share: libcurl over real sockets.
namespace parley::sandbox::test {

using nlohmann::json;

struct answer {
  long status = 0;
  json body;
  std::string headers;
};

inline size_t append(char* data, size_t size, size_t count, void* out) {
  static_cast<std::string*>(out)->append(data, size * count);
  return size * count;
}

struct curl_handle {
  CURL* get = curl_easy_init();
  curl_slist* list = nullptr;
  ~curl_handle() {
    curl_slist_free_all(list);
    curl_easy_cleanup(get);
  }
};

/// One HTTP request; `body` is JSON, or a form when it is a string.
inline answer http(const std::string& method, const std::string& url, const json& body = nullptr,
                   const std::string& token = "practice-token") {
  curl_handle curl;
  std::string text, headers;
  const auto sent = body.is_null() ? std::string{} : body.is_string() ? body.get<std::string>() : body.dump();
  curl.list = curl_slist_append(curl.list, body.is_string() ? "Content-Type: application/x-www-form-urlencoded"
                                                            : "Content-Type: application/json");
  if (!token.empty())
    curl.list = curl_slist_append(curl.list, ("Authorization: Bearer " + token).c_str());
  curl_easy_setopt(curl.get, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get, CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_easy_setopt(curl.get, CURLOPT_HTTPHEADER, curl.list);
  if (!body.is_null()) {
    curl_easy_setopt(curl.get, CURLOPT_POSTFIELDSIZE, static_cast<long>(sent.size()));
    curl_easy_setopt(curl.get, CURLOPT_COPYPOSTFIELDS, sent.c_str());
  }
  curl_easy_setopt(curl.get, CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(curl.get, CURLOPT_WRITEDATA, &text);
  curl_easy_setopt(curl.get, CURLOPT_HEADERFUNCTION, append);
  curl_easy_setopt(curl.get, CURLOPT_HEADERDATA, &headers);
  curl_easy_setopt(curl.get, CURLOPT_TIMEOUT, 10L);
  REQUIRE(curl_easy_perform(curl.get) == CURLE_OK);
  answer result;
  curl_easy_getinfo(curl.get, CURLINFO_RESPONSE_CODE, &result.status);
  result.body = json::parse(text, nullptr, false);
  result.headers = headers;
  return result;
}

inline size_t read_some(char* buffer, size_t size, size_t count, void* source) {
  auto& rest = *static_cast<std::string_view*>(source);
  const auto taken = rest.copy(buffer, size * count);
  rest.remove_prefix(taken);
  return taken;
}

inline CURLcode mail(uint16_t port, const std::string& raw, bool with_password = false) {
  curl_handle curl;
  const auto url = "smtp://127.0.0.1:" + std::to_string(port);
  std::string_view rest{raw};
  curl.list = curl_slist_append(curl.list, "<ada@byrondental.example>");
  curl.list = curl_slist_append(curl.list, "<manager@northwind.example>");
  curl_easy_setopt(curl.get, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get, CURLOPT_MAIL_FROM, "<katie@northwind.example>");
  curl_easy_setopt(curl.get, CURLOPT_MAIL_RCPT, curl.list);
  curl_easy_setopt(curl.get, CURLOPT_READFUNCTION, read_some);
  curl_easy_setopt(curl.get, CURLOPT_READDATA, &rest);
  curl_easy_setopt(curl.get, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl.get, CURLOPT_TIMEOUT, 10L);
  if (with_password) {
    curl_easy_setopt(curl.get, CURLOPT_USERNAME, "katie");
    curl_easy_setopt(curl.get, CURLOPT_PASSWORD, "secret");
  }
  return curl_easy_perform(curl.get);
}

/// All vendors but the carrier, in one world.
struct practice_vendors {
  explicit practice_vendors(const vendor_options& options = {}, uint64_t seed = 1, scenario script = {},
                            clock_origin origin = {})
    : around{world_options{origin, 20, seed, ""}, std::move(script)}, vendors{start_vendors(around, options)},
      openai{start_model(around, 0)} {
    around.start(2);
  }
  ~practice_vendors() {
    vendors->stop();
    openai->stop();
    around.stop();
  }
  std::string hubspot(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(vendors->hubspot_port()) + path;
  }
  std::string apollo(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(vendors->apollo_port()) + path;
  }
  std::string google(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(vendors->google_port()) + path;
  }
  std::string chat(const std::string& path = "/v1/chat/completions") const { return openai->base_url() + path; }
  std::string google_token() const {
    const auto got = http("POST", google("/token"),
                          json("grant_type=refresh_token&client_id=a&client_secret=b&refresh_token=c"), "");
    REQUIRE(got.status == 200);
    return got.body["access_token"];
  }
  /// How many of the witness's entries are of that kind and operation.
  size_t seen(const std::string& kind, const std::string& operation = "") {
    size_t count = 0;
    for (const auto& entry : around.log().events())
      count += entry["kind"] == kind && (operation.empty() || entry["operation"] == operation) ? 1 : 0;
    return count;
  }

  world around;
  std::unique_ptr<vendor_servers> vendors;
  std::unique_ptr<http_server> openai;
};

} // namespace parley::sandbox::test
