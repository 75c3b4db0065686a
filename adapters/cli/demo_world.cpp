#include "adapters/cli/demo_world.hpp"

#include "adapters/cli/control_client.hpp"
#include "runtime/clock.hpp"
#include "runtime/free_port.hpp"
#include "runtime/settings/toml.hpp"

#include <fstream>

namespace parley::cli {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

fs::path config_folder() {
  if (const char* set = std::getenv("PARLEY_CONFIG_DIR"))
    return set;
  return PARLEY_CONFIG_DIR;
}

static std::string tail_of(const fs::path& log) {
  std::ifstream in{log};
  std::string line;
  std::string last;
  while (std::getline(in, line))
    last = line;
  return last.empty() ? "its log " + log.string() + " is empty" : last;
}

static nlohmann::json ready_line(child_process& child, const char* what, const fs::path& log) {
  const auto line = child.read_line(30s);
  auto parsed = line ? nlohmann::json::parse(*line, nullptr, false) : nlohmann::json{};
  if (!parsed.is_object() || !parsed.value("ready", false))
    throw std::runtime_error{std::string{what} + " did not start: " + tail_of(log)};
  return parsed;
}

/// practice.toml with this run's ports, clock and folder.
static void write_config(const fs::path& to, const fs::path& folder, const nlohmann::json& ports,
                         const demo_options& options, std::chrono::milliseconds real0) {
  const auto config = config_folder();
  auto table = toml::parse_file((config / "practice.toml").string());
  const auto at
    = [](const nlohmann::json& port, const char* path = "") { return "http://127.0.0.1:" + port.dump() + path; };
  const auto section = [&table](const char* name) -> toml::table& { return *table[name].as_table(); };
  section("node").insert_or_assign("speed", options.speed);
  section("node").insert_or_assign("media_speed", options.media_speed);
  section("node").insert_or_assign("start_at", options.start_at);
  section("node").insert_or_assign("start_real", static_cast<int64_t>(real0.count()));
  section("node").insert_or_assign("seed", static_cast<int64_t>(options.seed));
  section("journal").insert_or_assign("data_dir", (folder / "data").string());
  section("telephony").insert_or_assign("base_url", at(ports["carrier"]));
  section("voice_model").insert_or_assign("base_url", at(ports["openai"], "/v1"));
  section("llm").insert_or_assign("base_url", at(ports["openai"], "/v1"));
  section("crm").insert_or_assign("base_url", at(ports["hubspot"]));
  section("enrichment").insert_or_assign("base_url", at(ports["apollo"]));
  section("embedder").insert_or_assign("base_url", at(ports["openai"], "/v1"));
  section("calendar").insert_or_assign("base_url", at(ports["google"]));
  section("calendar").insert_or_assign("token_url", at(ports["google"], "/token"));
  section("mailer").insert_or_assign("base_url", "smtp://127.0.0.1:" + ports["smtp"].dump());
  const auto webhook_port = free_port();
  section("telephony").insert_or_assign("public_url", "http://127.0.0.1:" + std::to_string(webhook_port));
  section("web").insert_or_assign("webhook_port", static_cast<int64_t>(webhook_port));
  section("web").insert_or_assign("local_port", 0);
  section("compliance").insert_or_assign("rules_file", (config / "rules/us-calling-rules.json").string());
  section("compliance").insert_or_assign("area_codes_file", (config / "rules/nanp-timezones.csv").string());
  section("compliance").insert_or_assign("zip_codes_file", (config / "rules/us-zip-states.csv").string());
  for (auto&& [name, value] : table)
    if (auto* keys = value.as_table())
      for (auto&& [key, secret] : *keys)
        if (std::string_view{key.str()}.ends_with("_file") && secret.is_string())
          if (const fs::path file{**secret.as_string()}; file.is_relative() && fs::exists(config / file))
            secret.ref<std::string>() = fs::canonical(config / file).string();
  const auto wins = toml::parse(options.settings);
  // What is built in has no address and no key: such a section replaces the vendor's.
  const auto built_in = [](const toml::table& keys) {
    const auto provider = keys["provider"].value_or(std::string{});
    return provider == "none" || provider == "file" || provider == "hashing";
  };
  for (const auto& [name, part] : wins) {
    auto* keys = part.as_table();
    if (!keys || !table.contains(name.str()) || built_in(*keys)) {
      table.insert_or_assign(name.str(), part);
      continue;
    }
    for (const auto& [key, value] : *keys)
      section(std::string{name.str()}.c_str()).insert_or_assign(key.str(), value);
  }
  std::ofstream{to} << table << '\n';
}

demo_world::demo_world(const demo_options& options) {
  if (options.keep.empty()) {
    auto name = (fs::temp_directory_path() / "parley-demo-XXXXXX").string();
    if (!::mkdtemp(name.data()))
      throw std::runtime_error{"no temporary folder could be made in " + fs::temp_directory_path().string()};
    folder_.path = name;
    folder_.temporary = true;
  } else {
    folder_.path = fs::absolute(options.keep);
    if (fs::exists(folder() / "data"))
      throw std::runtime_error{folder().string() + " holds an earlier run; name another folder with --keep"};
  }
  fs::create_directories(folder());
  const auto self = fs::canonical("/proc/self/exe");
  const auto real0 = real_now();
  const auto number = [](double x) { return std::to_string(x); };
  sandbox_command_ = {(self.parent_path() / "parley-sandbox").string(),
                      "--any-ports",
                      "--seed",
                      std::to_string(options.seed),
                      "--witness",
                      (folder() / "witness.jsonl").string(),
                      "--clock-wall0",
                      options.start_at,
                      "--clock-real0",
                      std::to_string(real0.count()),
                      "--speed",
                      number(options.speed),
                      "--media-speed",
                      number(options.media_speed)};
  if (!options.scenario.empty())
    sandbox_command_.insert(sandbox_command_.end(), {"--scenario", options.scenario});
  if (!options.disobedience.empty())
    sandbox_command_.insert(sandbox_command_.end(), {"--disobedience", options.disobedience});
  start_sandbox();
  // Whoever starts it again needs it where it was.
  for (const auto& [vendor, port] : ports_.items())
    sandbox_command_.insert(sandbox_command_.end(), {"--" + vendor + "-port", port.dump()});

  write_config(folder() / "practice.toml", folder(), ports_, options, real0);
  start_node();
}

demo_world::~demo_world() {
  if (node_)
    node_->stop();
  if (sandbox_)
    sandbox_->stop();
}

demo_world::run_folder::~run_folder() {
  std::error_code ignored; // a folder that stays behind harms nobody
  if (temporary)
    fs::remove_all(path, ignored);
}

void demo_world::start_sandbox() {
  sandbox_ = std::make_unique<child_process>(sandbox_command_, (folder() / "sandbox.log").string());
  ports_ = ready_line(*sandbox_, "the practice world", folder() / "sandbox.log")["ports"];
  witness_port_ = port_of("witness");
}

void demo_world::kill_sandbox() {
  sandbox_->kill();
}

void demo_world::kill_node() {
  node_->kill();
}

void demo_world::spawn_node() {
  const auto program = fs::canonical("/proc/self/exe").parent_path() / "parleyd";
  node_ = std::make_unique<child_process>(std::vector<std::string>{program.string(), "--config",
                                                                   (folder() / "practice.toml").string()},
                                          (folder() / "parleyd.log").string());
}

void demo_world::start_node() {
  spawn_node();
  const auto up = ready_line(*node_, "the node", folder() / "parleyd.log");
  local_port_ = up["local_port"].get<uint16_t>();
}

nlohmann::ordered_json demo_world::command(const std::string& name, nlohmann::json args) const {
  return send_command(socket(), name, std::move(args));
}

nlohmann::ordered_json demo_world::witness(const std::string& path) const {
  return nlohmann::ordered_json::parse(get_page("http://127.0.0.1:" + std::to_string(witness_port_) + path));
}

bool demo_world::running() {
  return node_->running() && sandbox_->running();
}

} // namespace parley::cli
