#pragma once

#include "adapters/cli/child_process.hpp"
#include "adapters/cli/demo.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <string>

namespace parley::cli {

/// The processes of a demo: the practice world and one node, on ports that the
/// system chose, with data in a folder of their own.
class demo_world {
public:
  /// Starts both and waits until they are ready. Throws std::runtime_error
  /// with the end of the log when one does not come up.
  explicit demo_world(const demo_options& options);
  /// Stops both; a temporary folder goes with them.
  ~demo_world();

  nlohmann::ordered_json command(const std::string& name, nlohmann::json args = nlohmann::json::object()) const;
  /// What the practice world itself saw: "/report", "/events?from=N", "/mails".
  nlohmann::ordered_json witness(const std::string& path = "/report") const;
  bool running();
  /// SIGKILL to the node, as a power cut would do it.
  void kill_node();
  /// Starts the node on its data; waits until it is ready.
  void start_node();
  /// Starts it and does not wait.
  void spawn_node();
  /// SIGKILL to the practice world: its calls are gone, its log stays.
  void kill_sandbox();
  /// Starts the practice world where it was, with nothing but its log.
  void start_sandbox();
  int node_pid() const { return node_->pid(); }
  int sandbox_pid() const { return sandbox_->pid(); }
  const std::filesystem::path& folder() const { return folder_.path; }
  std::string socket() const { return (folder() / "data" / "control.sock").string(); }
  uint16_t local_port() const { return local_port_; }
  uint16_t witness_port() const { return witness_port_; }
  /// Of the practice world: carrier, openai, hubspot, apollo, google, smtp, witness.
  uint16_t port_of(const std::string& vendor) const { return ports_.at(vendor).get<uint16_t>(); }

private:
  /// A temporary one goes when its processes have ended, also when the start
  /// fails: then no destructor of ours runs.
  struct run_folder {
    std::filesystem::path path;
    bool temporary = false;
    ~run_folder();
  };

  run_folder folder_; // before the processes that write to it
  std::vector<std::string> sandbox_command_;
  nlohmann::json ports_;
  std::unique_ptr<child_process> sandbox_;
  std::unique_ptr<child_process> node_;
  uint16_t witness_port_ = 0;
  uint16_t local_port_ = 0;
};

/// Folder of config/ that this program was built with, or PARLEY_CONFIG_DIR.
std::filesystem::path config_folder();

} // namespace parley::cli
