#pragma once

#include <nlohmann/json.hpp>

#include <chrono>
#include <stdexcept>
#include <string>

namespace parley::cli {

/// The node refused a command, or is not there. what() is for the user.
class command_failed : public std::runtime_error {
public:
  command_failed(std::string code, const std::string& message, int exit_code)
    : std::runtime_error{message}, code_{std::move(code)}, exit_code_{exit_code} {}
  const std::string& code() const { return code_; }
  int exit_code() const { return exit_code_; }

private:
  std::string code_;
  int exit_code_;
};

/// Exit codes of `parley`: 0 done, 1 refused or failed, 2 wrong usage, 3 no
/// node answers.
inline constexpr int exit_refused = 1;
inline constexpr int exit_usage = 2;
inline constexpr int exit_no_node = 3;

/// Sends one command to the node behind a control socket and waits for its
/// answer. Throws `command_failed`, with the code `unconfirmed` when the node
/// was reached and no answer came: the command may have taken effect.
nlohmann::ordered_json
send_command(const std::string& socket, const std::string& command, nlohmann::json arguments = nlohmann::json::object(),
             std::chrono::milliseconds timeout = std::chrono::minutes{2});

/// GET of a page on this machine; throws `command_failed`.
std::string get_page(const std::string& url);

/// GET of a JSON page ("/inspect/tree?depth=2") from the node behind a control
/// socket; throws `command_failed`.
nlohmann::json get_from_node(const std::string& socket, const std::string& path, std::chrono::milliseconds timeout);

} // namespace parley::cli
