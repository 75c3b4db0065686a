#pragma once

#include <nlohmann/json.hpp>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace parley::test {

/// The control socket of a node, whose answers the test gives: HTTP/1.1, one
/// request per connection, one connection at a time.
class fake_node {
public:
  /// The status and body of the answer to a command with these arguments.
  using handler = std::function<std::pair<int, nlohmann::json>(const nlohmann::json&)>;

  fake_node() {
    std::string name = std::filesystem::temp_directory_path() / "parley-cli-XXXXXX";
    if (!::mkdtemp(name.data()))
      throw std::runtime_error{"no temporary folder"};
    folder = name;
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket().copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0
        || ::listen(listener_, 16) != 0)
      throw std::runtime_error{"no socket at " + socket()};
    server_ = std::thread{[this] { serve(); }};
  }
  ~fake_node() {
    ::shutdown(listener_, SHUT_RDWR); // ends accept
    server_.join();
    ::close(listener_);
    std::filesystem::remove_all(folder);
  }

  std::string socket() const { return folder / "control.sock"; }
  void on(const std::string& command, handler answer) {
    std::lock_guard lock{mutex_};
    handlers_[command] = std::move(answer);
  }
  void answers(const std::string& command, nlohmann::json body) {
    on(command, [body](const nlohmann::json&) { return std::pair{200, body}; });
  }
  void refuses(const std::string& command, const std::string& code, const std::string& message) {
    on(command, [=](const nlohmann::json&) {
      return std::pair{400, nlohmann::json{{"error", code}, {"message", message}}};
    });
  }
  /// What was asked so far, each with its "command".
  std::vector<nlohmann::json> asked() const {
    std::lock_guard lock{mutex_};
    return asked_;
  }

  std::filesystem::path folder;

private:
  void serve() {
    while (true) {
      const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (peer < 0)
        return;
      const auto out = answer(body_of(peer));
      for (size_t sent = 0; sent < out.size();) {
        const auto count = ::send(peer, out.data() + sent, out.size() - sent, MSG_NOSIGNAL);
        if (count <= 0)
          break;
        sent += static_cast<size_t>(count);
      }
      ::close(peer);
    }
  }

  static std::string body_of(int peer) {
    std::string in;
    char bytes[4096];
    while (true) {
      const auto head = in.find("\r\n\r\n");
      const auto length = in.find("Content-Length: ");
      if (head != in.npos && length >= head) // a page
        return page_of(in).dump();
      if (head != in.npos && length < head) {
        const auto wanted = std::stoul(in.substr(length + 16));
        if (in.size() >= head + 4 + wanted)
          return in.substr(head + 4, wanted);
      }
      const auto count = ::recv(peer, bytes, sizeof bytes, 0);
      if (count <= 0)
        return {};
      in.append(bytes, static_cast<size_t>(count));
    }
  }

  /// A page that is asked for: the command is its path, "query" what stands
  /// behind the question mark.
  static nlohmann::json page_of(const std::string& head) {
    const auto begin = head.find(' ') + 1;
    const auto target = head.substr(begin, head.find(' ', begin) - begin);
    const auto mark = std::min(target.find('?'), target.size());
    nlohmann::json out{{"command", target.substr(0, mark)}};
    if (mark < target.size())
      out["query"] = target.substr(mark + 1);
    return out;
  }

  std::string answer(const std::string& body) {
    auto request = nlohmann::json::parse(body, nullptr, false);
    std::pair<int, nlohmann::json> out{404,
                                       {{"error", "invalid_input"}, {"message", "the test expects no such command"}}};
    if (request.is_object()) {
      handler found;
      {
        std::lock_guard lock{mutex_};
        asked_.push_back(request);
        if (const auto known = handlers_.find(request.value("command", "")); known != handlers_.end())
          found = known->second;
      }
      if (found)
        out = found(request);
    }
    const auto text = out.second.dump();
    return "HTTP/1.1 " + std::to_string(out.first) + " Answer\r\nContent-Type: application/json\r\nContent-Length: "
           + std::to_string(text.size()) + "\r\nConnection: close\r\n\r\n" + text;
  }

  int listener_ = -1;
  std::thread server_;
  mutable std::mutex mutex_;
  std::map<std::string, handler> handlers_;
  std::vector<nlohmann::json> asked_;
};

} // namespace parley::test
