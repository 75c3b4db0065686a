// Goal: a storm of webhooks, doubled, out of order, forged, replayed from calls
// that are over and about calls that never were, harms nobody: the valid ones are
// stored once, the forged ones never, answers come in time, memory stays bounded,
// and the campaign ends as it does without. Method: real processes; many
// connections; valid requests repeat what the node's own inbox holds, so that they
// say nothing that the carrier did not say.
#include "adapters/sandbox/carrier/signature.hpp"
#include "adapters/sandbox/web.hpp"
#include "tests/cluster/evidence.hpp"
#include "tests/cluster/world.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <catch2/catch.hpp>

#include <atomic>
#include <iostream>
#include <mutex>
#include <random>

namespace webhook_storm_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using sandbox::fields;

namespace {

constexpr size_t storm_size = 20'000;
constexpr size_t connections = 40;
/// Of sequence numbers in forged webhooks: no true one comes near.
constexpr size_t forged_sequence = 900;

using counts = std::map<std::string, size_t>;

/// Something that the carrier said, as the node's inbox keeps it.
struct told {
  std::string call;
  std::string sid;
  std::string kind;
  ordered_json event;
};

std::string uuid_text(const std::string& hex) {
  auto out = hex;
  for (const size_t at : {8, 13, 18, 23})
    out.insert(at, "-");
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::vector<told> inbox(const campaign_world& w) {
  std::vector<told> out;
  for (auto& row : store_rows(w, "SELECT hex(call_id), sid, kind, event FROM inbox WHERE kind IN ('status', "
                                 "'machine') AND sid LIKE 'CA%'"))
    out.push_back({uuid_text(row[0]), row[1], row[2], ordered_json::parse(row[3])});
  return out;
}

struct request {
  std::string target;
  std::string body;
  std::string signature;
};

/// Where webhooks go, and what they are signed with.
struct listener {
  explicit listener(const campaign_world& w) {
    const auto config = toml::parse_file((w.world.folder() / "practice.toml").string());
    base = config["telephony"]["public_url"].value<std::string>().value();
    port = static_cast<uint16_t>(config["web"]["webhook_port"].value<int64_t>().value());
    std::ifstream secret{config["telephony"]["auth_token_file"].value<std::string>().value()};
    std::getline(secret, token);
  }

  request sign(const std::string& path, const std::string& call, const fields& form) const {
    request out{path + "?call=" + call, sandbox::to_form(form), {}};
    out.signature = sandbox::twilio_signature(token, base + out.target, form);
    return out;
  }
  /// Once more what the carrier said.
  request again(const told& x) const {
    fields form{{"CallSid", x.sid}, {"AccountSid", "AC00000000000000000000000000000001"}};
    if (x.kind == "machine") {
      form.emplace_back("AnsweredBy", plain_text(x.event["answered_by"]));
      return sign("/voice/amd", x.call, form);
    }
    form.emplace_back("CallStatus", plain_text(x.event["status"]));
    // What a page of instructions told has none: the store ranks it behind those that the carrier counts.
    if (const auto sequence = x.event["sequence"].get<uint32_t>(); sequence <= 1'000'000)
      form.emplace_back("SequenceNumber", std::to_string(sequence));
    form.emplace_back("CallDuration", std::to_string(x.event["duration_ms"].get<int64_t>() / 1000));
    return sign("/voice/status", x.call, form);
  }

  std::string base;
  std::string token;
  uint16_t port = 0;
};

/// The end of a call, as an enemy would have it.
request forged(const listener& to, const told& about, std::mt19937_64& chance) {
  const fields form{{"CallSid", about.sid},
                    {"CallStatus", "completed"},
                    {"SequenceNumber", std::to_string(forged_sequence + chance() % 50)},
                    {"CallDuration", "1"}};
  auto out = to.sign("/voice/status", about.call, form);
  switch (chance() % 5) {
    case 0: out.signature.clear(); break;
    case 1: out.signature = sandbox::twilio_signature("another token", to.base + out.target, form); break;
    case 2: out.body += "&CallDuration=2"; break; // changed under way
    case 3:                                       // signed for another address
      out.signature = sandbox::twilio_signature(to.token, to.base + "/voice/amd?call=" + about.call, form);
      break;
    default: out.signature = "c3Rvcm0="; break;
  }
  return out;
}

/// Events of a call that nobody here ever made.
std::vector<request> of_nobody(const listener& to, std::mt19937_64& chance) {
  static constexpr std::string_view hex = "0123456789abcdef";
  std::string id;
  std::string sid = "ZZ"; // so that the store tells them apart
  for (int i = 0; i < 32; ++i) {
    id += hex[chance() % 16];
    sid += hex[chance() % 16];
  }
  id[12] = '7';
  id[16] = '8';
  std::vector<request> out;
  size_t sequence = 0;
  for (const char* status : {"initiated", "ringing", "in-progress", "completed"})
    out.push_back(to.sign("/voice/status", uuid_text(id),
                          {{"CallSid", sid},
                           {"CallStatus", status},
                           {"SequenceNumber", std::to_string(sequence++)},
                           {"CallDuration", "3"}}));
  return out;
}

/// One connection that is kept, as the carrier keeps its own.
class client {
public:
  explicit client(const listener& to) : to_{to} {}

  unsigned send(const request& what) {
    for (int tries = 0; tries < 3; ++tries)
      try {
        if (!open_)
          connect();
        http::request<http::string_body> asked{http::verb::post, what.target, 11};
        asked.set(http::field::host, "127.0.0.1");
        asked.set(http::field::content_type, "application/x-www-form-urlencoded");
        if (!what.signature.empty())
          asked.set("X-Twilio-Signature", what.signature);
        asked.body() = what.body;
        asked.prepare_payload();
        http::write(*open_, asked);
        http::response<http::string_body> answer;
        http::read(*open_, buffer_, answer);
        if (!answer.keep_alive())
          reset();
        return answer.result_int();
      } catch (const boost::system::system_error&) {
        reset(); // closed by the other side; sent again, as a carrier does
      }
    return 0;
  }

private:
  void connect() {
    open_.emplace(io_);
    open_->connect({boost::asio::ip::address_v4::loopback(), to_.port});
    const timeval patience{30, 0};
    ::setsockopt(open_->native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  void reset() {
    open_.reset();
    buffer_.clear();
  }

  const listener& to_;
  boost::asio::io_context io_;
  std::optional<boost::asio::ip::tcp::socket> open_;
  beast::flat_buffer buffer_;
};

size_t resident_megabytes(int pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/status"};
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("VmRSS:"))
      return std::stoul(line.substr(6)) / 1024;
  return 0;
}

struct weather {
  counts answers;              ///< what was sent and the status of the answer → how often
  std::vector<double> seconds; ///< of each answer, in order of length
  double lasted = 0;
  size_t unknown = 0; ///< webhooks of calls that never were
  size_t memory_before = 0;
  size_t memory_most = 0;
};

weather storm(const campaign_world& w, uint64_t seed) {
  const listener to{w};
  weather out;
  std::mt19937_64 chance{seed};
  // What is sent: 0 again what was told, 1 forged, else one of `strange`.
  std::vector<request> strange;
  while (strange.size() < storm_size * 3 / 10)
    for (auto& x : of_nobody(to, chance))
      strange.push_back(std::move(x));
  out.unknown = strange.size();
  std::vector<size_t> plan;
  for (size_t i = 0; i < strange.size(); ++i)
    plan.push_back(i + 2);
  while (plan.size() < storm_size)
    plan.push_back(plan.size() % 2);
  std::shuffle(plan.begin(), plan.end(), chance); // which puts everything out of order

  std::mutex mutex; // guards the next two
  auto known = std::make_shared<const std::vector<told>>(inbox(w));
  REQUIRE_FALSE(known->empty());
  std::atomic<size_t> next{0};
  out.memory_before = resident_megabytes(w.world.node_pid());
  const auto begun = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (size_t i = 0; i < connections; ++i)
    threads.emplace_back([&, i] {
      std::mt19937_64 own{seed * 1000 + i};
      client line{to};
      counts answers;
      std::vector<double> seconds;
      for (size_t at = 0; (at = next++) < plan.size();) {
        std::shared_ptr<const std::vector<told>> now;
        {
          std::lock_guard lock{mutex};
          now = known;
        }
        const auto& about = (*now)[own() % now->size()];
        const auto what = plan[at];
        const auto asked = what == 0 ? to.again(about) : what == 1 ? forged(to, about, own) : strange[what - 2];
        const auto sent = std::chrono::steady_clock::now();
        const auto status = line.send(asked);
        seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - sent).count());
        ++answers[(what == 0 ? "repeated " : what == 1 ? "forged " : "unknown ") + std::to_string(status)];
      }
      std::lock_guard lock{mutex};
      for (const auto& [word, count] : answers)
        out.answers[word] += count;
      out.seconds.insert(out.seconds.end(), seconds.begin(), seconds.end());
    });
  while (next < plan.size()) {
    std::this_thread::sleep_for(200ms);
    auto fresh = std::make_shared<const std::vector<told>>(inbox(w));
    std::lock_guard lock{mutex};
    known = std::move(fresh);
    out.memory_most = std::max(out.memory_most, resident_megabytes(w.world.node_pid()));
  }
  for (auto& thread : threads)
    thread.join();
  out.lasted = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  std::sort(out.seconds.begin(), out.seconds.end());
  return out;
}

/// Six kinds of people, seven of each, called slowly enough that what is said
/// does not depend on what else the machine does.
struct calm : campaign_world {
  static cli::demo_options slow() {
    auto o = options(21);
    o.media_speed = 5;
    o.speed = 300;
    // What the carrier says comes out of order and doubled the first time, too.
    o.scenario = scenario([](toml::table& t) {
      for (const char* fault : {"reorder_webhooks", "double_webhooks"})
        t["carrier"]["faults"].as_table()->insert_or_assign(fault, 0.3);
    });
    return o;
  }
  calm() : campaign_world{slow()} {
    std::vector<std::string> digits;
    for (int i = 0; i < 7; ++i)
      digits.insert(digits.end(), {"0100", "0102", "0103", "0104", "0107", "0112"});
    create(people(digits), {{"min_probability", 0}, {"attempts_max", 1}, {"best_times", each_hour(8, 20, 20min)}});
    ask("campaign launch");
  }
  ordered_json totals() {
    REQUIRE(wait_for([this] { return finished(); }, 200s));
    const auto all = status();
    return {{"calls", all["calls"]},
            {"dispositions", all["dispositions"]},
            {"meetings", all["meetings"]},
            {"states", all["states"]}};
  }
};

} // namespace

TEST_CASE("a storm of 20,000 webhooks changes nothing but the weather", "[cluster][violence]") {
  ordered_json expected;
  {
    calm w;
    expected = w.totals();
  }
  calm w;
  REQUIRE(w.wait_for(
    [&] {
      const auto now = w.status();
      return now["calls"].get<int>() > 18 && now["calls_open"].get<int>() > 6;
    },
    60s)); // some are over, some are up
  auto x = storm(w, 21);
  CHECK(w.status()["status"] == "running"); // it came in the middle
  const auto answered = static_cast<double>(x.seconds.size());
  const auto at = [&](double share) { return x.seconds[static_cast<size_t>(share * (answered - 1))]; };
  std::cout << "storm: " << x.seconds.size() << " webhooks in " << x.lasted << " s, "
            << static_cast<int>(answered / x.lasted) << " a second; answered within " << at(0.5) * 1000
            << " ms (median), " << at(0.99) * 1000 << " ms (p99), " << x.seconds.back() * 1000 << " ms (all); node "
            << x.memory_before << " MB before, " << x.memory_most << " MB at most" << std::endl;
  // Every answer is the right one; nothing was put off.
  const auto each = (storm_size - x.unknown) / 2;
  CHECK(json(x.answers) == json{{"repeated 204", each}, {"forged 403", each}, {"unknown 204", x.unknown}});
  CHECK(at(0.99) < 5.0); // the carrier waits 15 s
  CHECK(x.memory_most < x.memory_before + 200);

  CHECK(w.totals() == expected);
  CHECK(w.wait_for([&] { return w.living("call") == 0; }, 20s)); // also of those that never were
  check_nothing_lost(w);
  check_closed_once(w); // ends the node
  // The carrier's own were out of order, which a repetition is by nature.
  CHECK_FALSE(store_rows(w,
                         "SELECT 1 FROM inbox early JOIN inbox late ON late.sid = early.sid AND late.kind = early.kind "
                         "AND late.position > early.position AND late.sequence < early.sequence "
                         "WHERE early.kind = 'status' AND early.sid LIKE 'CA%'")
                .empty());
  CHECK(store_rows(w, "SELECT count(*), count(DISTINCT sid || sequence) FROM inbox WHERE sid LIKE 'ZZ%'")
        == std::vector<std::vector<std::string>>{{std::to_string(x.unknown), std::to_string(x.unknown)}});
  CHECK(store_rows(w, "SELECT count(*) FROM inbox WHERE sequence BETWEEN " + std::to_string(forged_sequence) + " AND "
                        + std::to_string(forged_sequence + 50))
        == std::vector<std::vector<std::string>>{{"0"}});
  CHECK(store_rows(w, "SELECT count(*) FROM calls WHERE call_sid LIKE 'ZZ%'")
        == std::vector<std::vector<std::string>>{{"0"}});
}

} // namespace webhook_storm_test
