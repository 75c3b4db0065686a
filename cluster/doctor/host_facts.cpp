#include "cluster/doctor/host_facts.hpp"

#include "actors/compliance/rules.hpp"
#include "adapters/cli/control_client.hpp"
#include "adapters/http/endpoint.hpp"
#include "adapters/postgres/session.hpp"
#include "adapters/sqlite/database.hpp"
#include "adapters/twilio/node_proof.hpp"
#include "adapters/twilio/signature.hpp"
#include "runtime/settings/toml.hpp"

#include <date/date.h>
#include <date/tz.h>
#include <sodium.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>

namespace parley::doctor {

namespace fs = std::filesystem;

/// The zones as of 2026e keep these offsets all year round.
static bool knows_canada() {
  using namespace std::chrono_literals;
  const auto winter = date::sys_days{date::year{2027} / 1 / 15} + 12h;
  try {
    for (const auto& [zone, offset] : {std::pair{"America/Vancouver", -7h},
                                       {"America/Edmonton", -6h},
                                       {"America/Inuvik", -6h},
                                       {"America/Winnipeg", -5h}})
      if (date::locate_zone(zone)->get_info(winter).offset != offset)
        return false;
  } catch (const std::runtime_error&) { // not even the zone is there
    return false;
  }
  return true;
}

tzdata_facts read_tzdata(const std::string& zoneinfo) {
  tzdata_facts out;
  // The data's own file begins with its version; some systems have a file of
  // nothing else.
  for (const auto& [file, before] : {std::pair{"tzdata.zi", "# version "}, {"+VERSION", ""}}) {
    std::ifstream in{zoneinfo + "/" + file};
    std::string line;
    if (out.version.empty() && std::getline(in, line) && line.starts_with(before))
      out.version = line.substr(std::strlen(before));
  }
  out.canada = knows_canada();
  return out;
}

folder_facts read_folder(const std::string& setting, const std::string& folder) {
  folder_facts out;
  out.setting = setting;
  out.folder = folder;
  std::error_code none;
  out.exists = fs::is_directory(folder, none);
  // What does not exist yet is made in the nearest folder that does.
  auto nearest = fs::absolute(folder);
  while (!fs::exists(nearest, none) && nearest.has_relative_path())
    nearest = nearest.parent_path();
  out.writable = ::access(nearest.c_str(), W_OK | X_OK) == 0;
  if (!out.writable)
    out.error = std::strerror(errno);
  if (!fs::is_directory(nearest, none)) {
    out.writable = false;
    out.error = nearest.string() + " is no folder";
  }
  struct statvfs disk {};
  if (::statvfs(nearest.c_str(), &disk) == 0)
    out.free_bytes = static_cast<uint64_t>(disk.f_bavail) * disk.f_frsize;
  return out;
}

static void read_mode(secret_facts& x) {
  struct stat file {};
  x.exists = ::stat(x.file.c_str(), &file) == 0;
  x.mode = file.st_mode & 07777;
}

static void collect_secrets(const toml::table& table, const std::string& path, const fs::path& folder,
                            std::vector<secret_facts>& out) {
  static const std::set<std::string_view> open{"rules_file",       "area_codes_file", "zip_codes_file", "ca_file",
                                               "certificate_file", "log_file",        "master_key_file"};
  for (const auto& [name, node] : table) {
    const auto key = std::string{name.str()};
    const auto where = path.empty() ? key : path + "." + key;
    if (const auto* inner = node.as_table())
      collect_secrets(*inner, where, folder, out);
    else if (const auto file = node.value<std::string>(); file && key.ends_with("_file") && !open.contains(key)) {
      secret_facts x;
      x.setting = where;
      x.file = (folder / *file).lexically_normal().string();
      read_mode(x);
      out.push_back(std::move(x));
    }
  }
}

std::vector<secret_facts> read_secret_files(const std::string& config_file, const node_settings& settings) {
  std::vector<secret_facts> out;
  collect_secrets(toml::parse_file(config_file), "", fs::path{config_file}.parent_path(), out);
  secret_facts key;
  key.setting = settings.journal.master_key_file.empty() ? "master key" : "journal.master_key_file";
  key.file = settings.journal.master_key_file.empty() ? settings.journal.data_dir + "/master.key"
                                                      : settings.journal.master_key_file;
  key.made_by_us = settings.journal.master_key_file.empty();
  read_mode(key);
  out.push_back(std::move(key));
  return out;
}

rules_facts read_rules(const compliance_settings& settings) {
  rules_facts out;
  try {
    out.version
      = calling_rules::load(settings.rules_file, settings.area_codes_file, settings.zip_codes_file)->version();
  } catch (const std::exception& e) { // whatever it is, nobody can be called
    out.problem = e.what();
    return out;
  }
  std::ifstream in{settings.rules_file};
  const auto x = nlohmann::json::parse(in, nullptr, false);
  if (x.is_object() && x.contains("as_of") && x["as_of"].is_string()) {
    std::istringstream text{x["as_of"].get<std::string>()};
    date::sys_days day;
    if (text >> date::parse("%F", day))
      out.as_of = std::chrono::sys_days{day.time_since_epoch()};
  }
  return out;
}

/// Of a database that a node has made its store in.
static list_facts read_national_list(const postgres_settings& settings) {
  list_facts out;
  try {
    postgres::session db{settings, settings.address(), settings.password, postgres::session::access::read};
    out.store = !db.execute("SELECT to_regclass('dnc_lists')")[0][0].is_null();
    if (!out.store)
      return out;
    auto row = postgres::rows_of(
      db.run("SELECT version, date, numbers FROM dnc_lists WHERE name = 'national' AND status = 'active'"));
    if (row.next()) {
      out.version = row.get<std::string>(0);
      out.date = row.get<wall_time>(1);
      out.numbers = row.get<uint64_t>(2);
    }
  } catch (const postgres::failure& e) {
    out.problem = e.what();
  }
  return out;
}

list_facts read_national_list(const node_settings& whole) {
  if (whole.journal_provider == "postgres")
    return read_national_list(whole.postgres);
  const auto& settings = whole.journal;
  list_facts out;
  const auto file = fs::path{settings.data_dir} / "journal.db";
  std::error_code none;
  out.store = fs::exists(file, none);
  if (!out.store)
    return out;
  try {
    sqlite::database db{file, sqlite::database::access::read, settings.busy_timeout};
    auto row = db.query("SELECT version, date, numbers FROM dnc_lists WHERE name = 'national' AND status = 'active'");
    if (row.next()) {
      out.version = row.get<std::string>(0);
      out.date = row.get<wall_time>(1);
      out.numbers = row.get<uint64_t>(2);
    }
  } catch (const sqlite::failure& e) {
    out.problem = e.what();
  }
  return out;
}

bool node_runs(const node_settings& settings) {
  std::error_code none;
  if (!fs::exists(settings.web.control_socket, none))
    return false;
  try {
    cli::send_command(settings.web.control_socket, "node status");
    return true;
  } catch (const cli::command_failed& e) {
    return e.exit_code() != cli::exit_no_node;
  }
}

/// Why an address cannot be bound; empty when it can.
static std::string bind_problem(const std::string& address, uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  addrinfo* found = nullptr;
  if (const auto code = ::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found); code != 0)
    return "no IP address: " + std::string{::gai_strerror(code)};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list{found, ::freeaddrinfo};
  const int handle = ::socket(list->ai_family, list->ai_socktype, list->ai_protocol);
  if (handle < 0)
    return std::strerror(errno);
  const int yes = 1; // as the node does: what only waits to be forgotten is free
  ::setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const bool bound = ::bind(handle, list->ai_addr, list->ai_addrlen) == 0 && ::listen(handle, 1) == 0;
  std::string why = bound ? "" : std::strerror(errno);
  ::close(handle);
  return why;
}

port_facts read_port(const std::string& setting, const std::string& address, uint16_t port, bool running) {
  port_facts out;
  out.setting = setting;
  out.address = address;
  out.port = port;
  if (port == 0)
    return out;
  out.error = bind_problem(address, port);
  out.free = out.error.empty();
  out.ours = !out.free && running;
  return out;
}

static std::string fresh_nonce() {
  static const auto initialised = sodium_init();
  if (initialised < 0)
    throw std::runtime_error{"libsodium cannot be initialised"};
  std::array<unsigned char, 16> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  std::array<char, 33> hex{};
  sodium_bin2hex(hex.data(), hex.size(), bytes.data(), bytes.size());
  return hex.data();
}

/// Whether an address names no port, or the one of https.
static bool is_standard_port(const std::string& url) {
  auto authority = url.substr(url.find("://") + 3);
  authority = authority.substr(0, authority.find('/'));
  const auto colon = authority.rfind(':');
  return colon == authority.npos || authority.back() == ']' || authority.substr(colon + 1) == "443";
}

webhook_facts ask_webhook(const twilio_settings& carrier, const std::string& url, bool running, const ask_http& ask) {
  webhook_facts out;
  out.url = url;
  out.node_runs = running;
  out.standard_port = is_standard_port(carrier.public_url);
  if (!running)
    return out;
  const auto nonce = fresh_nonce();
  const auto path = std::string{twilio::proof_path} + "?nonce=" + nonce;
  auto question = get(url + path);
  question.timeout = std::chrono::seconds{10};
  question.headers.emplace_back("X-Twilio-Signature",
                                twilio::signature(carrier.auth_token, carrier.public_address(path), {}));
  const auto answer = ask(question);
  out.reached = answer.failure == http_failure::none;
  out.problem = answer.detail;
  out.status = answer.status;
  for (const auto& token : carrier.webhook_tokens())
    out.is_ours |= answer.ok() && answer.body.substr(0, answer.body.find('\n')) == twilio::node_proof(token, nonce);
  if (!out.is_ours)
    return out;
  auto upgrade = get(url + "/voice/stream");
  upgrade.timeout = std::chrono::seconds{10};
  upgrade.headers = {{"Connection", "Upgrade"},
                     {"Upgrade", "websocket"},
                     {"Sec-WebSocket-Version", "13"},
                     {"Sec-WebSocket-Key", "cGFybGV5IGRvY3RvciAtPg=="}, // any 16 bytes
                     {"X-Twilio-Signature", twilio::signature(carrier.auth_token, carrier.stream_address(), {})}};
  out.stream_status = ask(upgrade).status;
  return out;
}

} // namespace parley::doctor
