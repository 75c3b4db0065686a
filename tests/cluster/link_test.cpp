// Goal: nodes talk over mutual TLS alone, every order and request goes through
// a door on the other node, and what is lost with a connection is told. Method:
// two actor systems with real sockets, doors that write down what they hear,
// strangers of every kind.
#include "cluster/link/config.hpp"
#include "cluster/link/gate.hpp"
#include "cluster/link/join.hpp"
#include "runtime/registry.hpp"
#include "tests/cluster/certificate_folder.hpp"
#include "tests/support/filled.hpp"

#include <caf/all.hpp>
#include <catch2/catch.hpp>
#include <openssl/ssl.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <fstream>
#include <mutex>
#include <set>
#include <thread>

namespace link_test {

using namespace parley;
using namespace parley::test;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

const system_clock wall;

/// What a door heard, as bytes: any thread.
struct heard {
  void add(std::vector<char> what) {
    const std::lock_guard lock{mutex};
    all.push_back(std::move(what));
  }
  size_t count() const {
    const std::lock_guard lock{mutex};
    return all.size();
  }
  std::multiset<std::vector<char>> sorted() const {
    const std::lock_guard lock{mutex};
    return {all.begin(), all.end()};
  }
  mutable std::mutex mutex;
  std::vector<std::vector<char>> all;
};

bool wait_for(const std::function<bool()>& condition, std::chrono::seconds patience = 10s) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < until) {
    if (condition())
      return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

template <class Answer, class Request>
auto answers(caf::actor_system& system, heard& book) {
  return [&system, &book](const Request& x) -> caf::result<Answer> {
    book.add(on_the_wire(system, x));
    return filled<Answer>();
  };
}

shard_door::behavior_type recording_door(shard_door::pointer self, heard* book) {
  guard(self);
  auto& system = self->system();
  return {
    [&system, book](const carrier_event& x) { book->add(on_the_wire(system, x)); },
    [&system, book](const tell& x) { book->add(on_the_wire(system, x)); },
    answers<campaign_state, campaign_command>(system, *book),
    answers<manager_assigned, assign_manager>(system, *book),
    answers<free_slots, find_slots>(system, *book),
    answers<slot_held, hold_slot>(system, *book),
    answers<slot_confirmed, confirm_slot>(system, *book),
    answers<meeting_changed, move_meeting>(system, *book),
    answers<meeting_changed, cancel_meeting>(system, *book),
    answers<call_steered, steer_call>(system, *book),
    answers<line_settled, suppress_line>(system, *book),
    [](const retire_request&) {},
    answers<inspected_state, inspect_state>(system, *book),
    [](opposite_atom, const caf::actor&) {},
    [](tick_atom) {},
  };
}

pacer_actor::behavior_type recording_pacer(pacer_actor::pointer self, std::atomic<int>* open) {
  guard(self);
  return {
    [](const slot_request&) -> caf::result<slot_grant> { return ec::queue_full; },
    [](const use_slot&) -> caf::result<slot_used> { return ec::slot_expired; },
    [](const slot_dialled&) {},
    [](const return_slot&) {},
    [](const gate_campaign& x) -> caf::result<campaign_gated> {
      return campaign_gated{x.campaign, x.open};
    },
    [](const adopt_slots&) {},
    [](const hold_dials&) {},
    [open](const open_dials& x) { *open = x.open ? 1 : 0; },
    [](const settle_dials&) -> caf::result<dials_settled> { return dials_settled{}; },
    [](tick_atom) {},
    [](const inspect_state&) -> caf::result<inspected_state> { return inspected_state{"{}"}; },
  };
}

/// A node's part of the cluster, and nothing else of it.
struct end {
  end(const cluster_settings& settings, std::string name)
    : settings{settings}, certificates{settings}, own{std::move(name), "1.0", true} {
    context = std::make_shared<node_context>(node_context{wall, tree, metrics, number_hasher{{}}});
    context->shard_count = 2;
    for (int i = 0; i < 2; ++i)
      context->doors.push_back(system.spawn(recording_door, &told));
    context->pacer = system.spawn(recording_pacer, &dials_open);
  }
  ~end() {
    for (const auto& x : context->doors)
      caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(context->pacer, caf::exit_reason::user_shutdown);
    if (own_gate) {
      close_cluster_port(own_gate, port);
      caf::anon_send_exit(own_gate, caf::exit_reason::user_shutdown);
    }
    context->doors.clear();
    context->pacer = pacer_actor{};
  }

  /// Opens the port; the calls live elsewhere.
  void listen() {
    context->elsewhere.set(static_cast<size_t>(entity::call));
    node_greeted facts;
    facts.shards = 2;
    facts.epoch = 9;
    facts.secret.fill(7);
    facts.speed = 720.5;
    facts.pacer = context->pacer;
    facts.doors = context->doors;
    // They stand for the journal and control: only their handles cross.
    facts.journal = caf::actor_cast<journal_port>(context->doors[0]);
    facts.control = caf::actor_cast<control_port>(context->doors[1]);
    own_gate = system.spawn(gate, context_ptr{context}, own, facts, &health);
    port = open_cluster_port(own_gate, settings);
  }
  joined_node join(uint16_t to) {
    settings.join = "127.0.0.1:" + std::to_string(to);
    return join_cluster(system, settings, own);
  }
  void offer(const joined_node& peer) { offer_to_host(system, settings, peer.gate, {own.name, context->doors}); }
  std::string trouble() const {
    const auto all = health.problems();
    return all.empty() ? "" : all.front();
  }

  cluster_settings settings;
  cluster_certificates certificates;
  greet_node own;
  heard told;
  std::atomic<int> dials_open{-1};
  actor_tree tree;
  telemetry metrics;
  node_health health;
  cluster_config config{2, settings, certificates};
  caf::actor_system system{config};
  std::shared_ptr<node_context> context;
  cluster_gate own_gate;
  uint16_t port = 0;
};

cluster_settings impatient(cluster_settings x) {
  x.listen = "127.0.0.1:0";
  x.join_patience = 2s;
  x.peer_timeout = 5s;
  return x;
}

/// How far somebody with these certificates gets at a port: bytes that the
/// other side says once it lets us in.
size_t bytes_from(uint16_t port, const std::string& certificate, const std::string& key) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  REQUIRE(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  const timeval patience{3, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  auto* context = ::SSL_CTX_new(::TLS_client_method());
  if (!certificate.empty()) {
    REQUIRE(::SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) == 1);
    REQUIRE(::SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1);
  }
  auto* tls = ::SSL_new(context);
  ::SSL_set_fd(tls, socket);
  size_t got = 0;
  if (::SSL_connect(tls) == 1) {
    char data[64];
    const int count = ::SSL_read(tls, data, sizeof data);
    got = count > 0 ? static_cast<size_t>(count) : 0;
  }
  ::SSL_free(tls);
  ::SSL_CTX_free(context);
  ::close(socket);
  return got;
}

/// The header that ends a CAF process which reads it: a server handshake with no payload.
void send_crafted_header(uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  REQUIRE(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  const char header[32]{};
  CHECK(::send(socket, header, sizeof header, MSG_NOSIGNAL) == sizeof header);
  const timeval patience{2, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  char answer[64];
  while (::recv(socket, answer, sizeof answer, 0) > 0) { // an alert, perhaps, then the end
  }
  ::close(socket);
}

std::string refusal(const std::function<void()>& what) {
  try {
    what();
    return "done";
  } catch (const std::exception& e) {
    return e.what();
  }
}

} // namespace

TEST_CASE("every order arrives through a door on another node, as it was sent", "[cluster][link]") {
  const certificate_folder files;
  end first{impatient(files.of("first")), "first"};
  end second{impatient(files.of("second")), "second"};
  first.listen();
  const auto peer = second.join(first.port);
  CHECK(peer.facts.shards == 2);
  CHECK(peer.facts.epoch == 9);
  CHECK(peer.facts.secret == std::array<uint8_t, 32>{7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
                                                     7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7});
  CHECK(peer.facts.speed == 720.5);
  REQUIRE(peer.facts.doors.size() == 2);
  const auto& door = peer.facts.doors[1];

  std::multiset<std::vector<char>> sent;
  for (const auto& what : one_of_each(static_cast<const order*>(nullptr)))
    for (const auto kind : {entity::call, entity::campaign_shard}) {
      const tell x{{kind, uuid{3, 4}}, 9, what};
      sent.insert(on_the_wire(second.system, x));
      caf::anon_send(door, x);
    }
  for (const auto& what : one_of_each(static_cast<const decltype(carrier_event::what)*>(nullptr))) {
    auto x = filled<carrier_event>();
    x.what = what;
    sent.insert(on_the_wire(second.system, x));
    caf::anon_send(door, x);
  }
  REQUIRE(wait_for([&] { return first.told.count() >= sent.size(); }));
  CHECK(first.told.sorted() == sent);
}

TEST_CASE("every request through a door on another node is answered", "[cluster][link]") {
  const certificate_folder files;
  end first{impatient(files.of("first")), "first"};
  end second{impatient(files.of("second")), "second"};
  first.listen();
  const auto door = second.join(first.port).facts.doors[0];
  caf::scoped_actor self{second.system};
  const auto check = [&]<class Answer, class Request>(const Answer*, const Request*) {
    const auto request = filled<Request>();
    INFO(caf::type_name<Request>::value);
    self->request(door, 5s, request)
      .receive(
        [&](const Answer& x) { CHECK(on_the_wire(second.system, x) == on_the_wire(second.system, filled<Answer>())); },
        [&](const caf::error& e) { FAIL_CHECK(second.system.render(e)); });
    CHECK(first.told.sorted().contains(on_the_wire(second.system, request)));
  };
  const auto each = [&]<class Answer, class Request>() {
    check(static_cast<const Answer*>(nullptr), static_cast<const Request*>(nullptr));
  };
  each.operator()<campaign_state, campaign_command>();
  each.operator()<manager_assigned, assign_manager>();
  each.operator()<free_slots, find_slots>();
  each.operator()<slot_held, hold_slot>();
  each.operator()<slot_confirmed, confirm_slot>();
  each.operator()<meeting_changed, move_meeting>();
  each.operator()<meeting_changed, cancel_meeting>();
  each.operator()<call_steered, steer_call>();
  each.operator()<line_settled, suppress_line>();
  each.operator()<inspected_state, inspect_state>();
  CHECK(first.told.count() == 10);
}

TEST_CASE("calls are dialled only while a node is there to host them, and by one at a time", "[cluster][link]") {
  const certificate_folder files;
  end first{impatient(files.of("first")), "first"};
  first.listen();
  REQUIRE(wait_for([&] { return first.dials_open == 0; }));
  CHECK_THAT(first.trouble(), Contains("no node has joined"));
  {
    end second{impatient(files.of("second")), "second"};
    second.offer(second.join(first.port));
    REQUIRE(wait_for([&] { return first.dials_open == 1; }));
    CHECK(first.trouble().empty());
    end third{impatient(files.of("third")), "third"};
    CHECK_THAT(refusal([&] { third.offer(third.join(first.port)); }), Contains("second hosts the calls already"));
    CHECK(first.dials_open == 1);
    // A host that is about to stop gets no more.
    caf::anon_send(second.join(first.port).gate, leave_calls{"second"});
    REQUIRE(wait_for([&] { return first.dials_open == 0; }));
    CHECK_THAT(first.trouble(), Contains("draining"));
  }
  REQUIRE(wait_for([&] { return first.trouble().find("is gone") != std::string::npos; }));
  CHECK(first.dials_open == 0);
  end fourth{impatient(files.of("second")), "fourth"};
  fourth.offer(fourth.join(first.port));
  REQUIRE(wait_for([&] { return first.dials_open == 1; }));
}

TEST_CASE("nodes that do not fit together say so at once", "[cluster][link]") {
  const certificate_folder files;
  end first{impatient(files.of("first")), "first"};
  first.listen();
  end second{impatient(files.of("second")), "second"};
  second.settings.join_patience = 1min; // that is not waited for
  second.own.version = "2.0";
  CHECK_THAT(refusal([&] { second.join(first.port); }), Contains("run the same version"));
  second.own.version = "1.0";
  second.own.practice = false;
  CHECK_THAT(refusal([&] { second.join(first.port); }), Contains("PRACTICE"));
  second.own.practice = true;
  caf::scoped_actor self{second.system};
  const auto peer = second.join(first.port);
  self->request(peer.gate, 5s, host_calls{"second", {second.context->doors[0]}})
    .receive([](const calls_hosted&) { FAIL_CHECK("one door for two shards"); },
             [](const caf::error& e) { CHECK(e == ec::invalid_input); });
}

TEST_CASE("only peers with a certificate of the cluster's CA come in", "[cluster][link]") {
  const certificate_folder files;
  const certificate_folder foreign;
  end first{impatient(files.of("first")), "first"};
  first.listen();
  const auto good = files.of("good");
  const auto bad = foreign.of("bad");
  CHECK(bytes_from(first.port, good.certificate_file, good.key_file) > 0); // else the rest would prove nothing
  CHECK(bytes_from(first.port, "", "") == 0);
  CHECK(bytes_from(first.port, bad.certificate_file, bad.key_file) == 0);
  send_crafted_header(first.port);

  // The joining side looks as closely: a foreign node is not believed.
  end stranger{impatient(bad), "stranger"};
  CHECK_THAT(refusal([&] { stranger.join(first.port); }), Contains("cannot be joined"));
  end second{impatient(good), "second"};
  CHECK(second.join(first.port).facts.epoch == 9); // the port still serves its own
}

TEST_CASE("a certificate that is taken away while the node runs harms nobody", "[cluster][link]") {
  const certificate_folder files;
  end first{impatient(files.of("first")), "first"};
  first.listen();
  end second{impatient(files.of("second")), "second"};
  std::filesystem::remove_all(files.path);
  CHECK(bytes_from(first.port, "", "") == 0); // CAF alone would end the process here
  CHECK(second.join(first.port).facts.epoch == 9);
}

TEST_CASE("certificates are checked before a port is opened", "[cluster][link]") {
  const certificate_folder files;
  const certificate_folder foreign;
  const auto load = [](const cluster_settings& x) { return refusal([&] { cluster_certificates{x}; }); };
  const auto good = files.of("node");
  CHECK(load(good) == "done");

  auto x = good;
  x.certificate_file = (files.path / "none.pem").string();
  CHECK_THAT(load(x), Contains("certificate_file") && Contains("cannot be read") && Contains("cluster/certs"));
  x = good;
  x.ca_file = good.key_file;
  CHECK_THAT(load(x), Contains("ca_file") && Contains("holds no PEM certificate"));
  x = good;
  x.key_file = files.of("other").key_file;
  CHECK_THAT(load(x), Contains("is not the key of"));
  x = good;
  x.ca_file = foreign.of("node").ca_file;
  CHECK_THAT(load(x), Contains("is not good for the CA"));
  x = good;
  x.key_file = (files.path / "encrypted.key").string();
  REQUIRE(
    std::system(("openssl pkey -in " + good.key_file + " -aes256 -passout pass:secret -out " + x.key_file).c_str())
    == 0);
  std::filesystem::permissions(x.key_file, std::filesystem::perms::owner_read);
  CHECK_THAT(load(x), Contains("encrypted"));
  std::filesystem::permissions(good.key_file, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  CHECK_THAT(load(good), Contains("open to others") && Contains("chmod 600"));
}

TEST_CASE("a cluster port that is taken is refused with the remedy", "[cluster][link]") {
  const certificate_folder files;
  end first{impatient(files.of("first")), "first"};
  first.listen();
  end second{impatient(files.of("second")), "second"};
  second.settings.listen = "127.0.0.1:" + std::to_string(first.port);
  CHECK_THAT(refusal([&] { second.listen(); }), Contains("[cluster] listen: " + second.settings.listen)
                                                  && Contains("cannot be opened") && Contains("another program's"));
}

TEST_CASE("a cluster section that cannot work is refused with the remedy", "[cluster][link]") {
  const auto problems = [](const std::string& keys) {
    cluster_settings x;
    return refusal([&] {
      settings::document::parse("[cluster]\n" + keys, "test").read([&](settings::section& s) {
        s.table("cluster", [&](settings::section& t) { x.describe(t); });
      });
    });
  };
  const std::string files = "certificate_file = \"a\"\nkey_file = \"b\"\nca_file = \"c\"\n";
  CHECK(problems("") == "done");
  CHECK(problems("listen = \"127.0.0.1:7400\"\n" + files) == "done");
  CHECK_THAT(problems("listen = \"127.0.0.1:7400\"\n"), Contains("certificate_file") && Contains("key_file")
                                                          && Contains("ca_file")
                                                          && Contains("no cluster port without mutual TLS"));
  CHECK_THAT(problems("join = \"somewhere\"\n" + files), Contains("is no HOST:PORT"));
  CHECK_THAT(problems("join = \"a:1\"\nlisten = \"b:2\"\n" + files), Contains("leave out one"));
  CHECK_THAT(problems("calls_elsewhere = true\n"), Contains("set listen"));
}

} // namespace link_test
