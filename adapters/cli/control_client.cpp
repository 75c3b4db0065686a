#include "adapters/cli/control_client.hpp"

#include <curl/curl.h>

#include <memory>

namespace parley::cli {

namespace {

size_t append(char* data, size_t size, size_t count, void* out) {
  static_cast<std::string*>(out)->append(data, size * count);
  return size * count;
}

struct answer {
  CURLcode code = CURLE_OK;
  long status = 0;
  std::string body;
};

answer exchange(const std::string& url, const std::string* socket, const std::string* body,
                std::chrono::milliseconds timeout = std::chrono::minutes{2}) {
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl{curl_easy_init(), curl_easy_cleanup};
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers{
    curl_slist_append(nullptr, "Content-Type: application/json"), curl_slist_free_all};
  answer out;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_NOPROXY, "*"); // it is on this machine
  if (socket)
    curl_easy_setopt(curl.get(), CURLOPT_UNIX_SOCKET_PATH, socket->c_str());
  if (body) {
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body->size()));
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body->c_str());
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  }
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &out.body);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L); // there are threads
  out.code = curl_easy_perform(curl.get());
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &out.status);
  return out;
}

command_failed no_node(const std::string& socket, CURLcode code) {
  return {"no_node",
          "no node answers on " + socket + " (" + curl_easy_strerror(code)
            + "); start one with parleyd --config FILE, or name its socket with --socket",
          exit_no_node};
}

/// Whether the node was never reached, so that nothing can have come of it.
bool never_reached(CURLcode code) {
  return code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST; // the latter for a path too long
}

} // namespace

nlohmann::ordered_json send_command(const std::string& socket, const std::string& command, nlohmann::json arguments,
                                    std::chrono::milliseconds timeout) {
  arguments["command"] = command;
  const auto body = arguments.dump();
  const auto got = exchange("http://localhost/v1/command", &socket, &body, timeout);
  if (never_reached(got.code))
    throw no_node(socket, got.code);
  if (got.code != CURLE_OK)
    throw command_failed{"unconfirmed",
                         "the node on " + socket + " gave no answer to \"" + command + "\" ("
                           + curl_easy_strerror(got.code)
                           + "); an order may have taken effect all the same: look before you repeat it",
                         exit_refused};
  auto parsed = nlohmann::ordered_json::parse(got.body, nullptr, false);
  if (parsed.is_discarded())
    throw command_failed{"rubbish", "the node answered no JSON (status " + std::to_string(got.status) + ")",
                         exit_refused};
  if (got.status >= 300)
    throw command_failed{parsed.value("error", std::string{"failed"}), parsed.value("message", got.body), exit_refused};
  return parsed;
}

nlohmann::json get_from_node(const std::string& socket, const std::string& path, std::chrono::milliseconds timeout) {
  const auto got = exchange("http://localhost" + path, &socket, nullptr, timeout);
  if (never_reached(got.code))
    throw no_node(socket, got.code);
  if (got.code != CURLE_OK) // a page changes nothing, so it is only asked for again
    throw command_failed{"failed",
                         "the node on " + socket + " gave no page (" + curl_easy_strerror(got.code) + "); try again",
                         exit_refused};
  auto parsed = nlohmann::json::parse(got.body, nullptr, false);
  if (!parsed.is_object())
    throw command_failed{"rubbish", "the node answered no JSON (status " + std::to_string(got.status) + ")",
                         exit_refused};
  if (got.status >= 300)
    throw command_failed{parsed.value("error", std::string{"failed"}), parsed.value("message", got.body), exit_refused};
  return parsed;
}

std::string get_page(const std::string& url) {
  const auto got = exchange(url, nullptr, nullptr);
  if (got.code != CURLE_OK || got.status >= 300)
    throw command_failed{"no_page", url + ": " + (got.code != CURLE_OK ? curl_easy_strerror(got.code) : got.body),
                         exit_refused};
  return got.body;
}

} // namespace parley::cli
