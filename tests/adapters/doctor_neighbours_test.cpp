// Goal: a database that is away, cluster certificates that would keep the node
// from starting, and a cluster port or peer that is not there are each found
// with a remedy. Method: real files made by cluster/certs, sockets on loopback,
// facts by hand for a database that answers.
#include "cluster/doctor/neighbours.hpp"
#include "tests/cluster/certificate_folder.hpp"
#include "tests/support/stub_server.hpp"

#include <sys/stat.h>

#include <fstream>

namespace doctor_neighbours_test {

using namespace parley;
using namespace parley::doctor;
using namespace std::chrono_literals;
using Catch::Contains;
using test::certificate_folder;

namespace {

const auto real_time = wall_time{std::chrono::floor<std::chrono::milliseconds>(
  std::chrono::system_clock::now().time_since_epoch())}; // certificates are made for it

std::string nobody(const cluster_address&) {
  return "not asked";
}

finding judged(const cluster_settings& s, wall_time at = real_time) {
  return check_cluster_certificate(read_cluster_certificate(s), at);
}

} // namespace

TEST_CASE("a database that is not there is a failure that names its setting", "[doctor]") {
  postgres_settings s;
  s.url = "postgresql://parley@127.0.0.1:1/parley";
  s.reports_url = "postgresql://reader@127.0.0.1:1/parley";
  const auto all = read_databases(s);
  REQUIRE(all.size() == 2); // the keys are with the journal
  CHECK(all[0].setting == "journal.url");
  CHECK(all[1].setting == "journal.reports_url");
  for (const auto& x : all) {
    CHECK_FALSE(x.reached);
    const auto told = check_database(x);
    CHECK(told.state == health::failure);
    CHECK(told.check == x.setting);
    CHECK(told.sentence.find('\n') == std::string::npos);
    CHECK_THAT(told.sentence, Contains("refused"));
    CHECK_THAT(told.remedy, Contains(x.setting) && Contains("docs/postgres.md"));
  }
}

TEST_CASE("a database that answers is found by version and place", "[doctor]") {
  const auto told = check_database({"journal.url", true, "as parley@db:5432/parley", "", 150'004});
  CHECK(told.state == health::ok);
  CHECK_THAT(told.sentence, Contains("PostgreSQL 15.4") && Contains("parley@db:5432/parley"));
}

TEST_CASE("cluster certificates are good until their end comes near", "[doctor]") {
  const certificate_folder files;
  const auto s = files.of("east");
  CHECK(judged(s).state == health::ok);
  CHECK_THAT(judged(s).sentence, Contains("36") && Contains("days more")); // a year, less the time since
  CHECK(judged(s, real_time + 24h * 360).state == health::warning);
  const auto over = judged(s, real_time + 24h * 368);
  CHECK(over.state == health::failure);
  CHECK_THAT(over.sentence, Contains("ended 3 days ago") || Contains("ended 2 days ago"));
  CHECK_THAT(over.remedy, Contains("cluster/certs node"));
}

TEST_CASE("cluster certificates that would keep the node from starting are failures", "[doctor]") {
  const certificate_folder files;
  const certificate_folder others;
  const auto east = files.of("east");
  const auto west = files.of("west");
  auto wrong_key = east;
  wrong_key.key_file = files.of("north").key_file;
  auto missing = east;
  missing.certificate_file += ".none";
  auto stranger = others.of("east");
  stranger.ca_file = east.ca_file;
  auto open = west;
  ::chmod(open.key_file.c_str(), 0644);
  auto rubbish = east;
  rubbish.ca_file = (files.path / "rubbish.pem").string();
  std::ofstream{rubbish.ca_file} << "no certificate\n";
  for (const auto& [s, words, remedy] : {std::tuple{wrong_key, "is not the key of", "made together"},
                                         {missing, "cannot be read", "cluster/certs"},
                                         {stranger, "is not good for the CA", "cluster/certs node"},
                                         {open, "is open to others", "chmod 600"},
                                         {rubbish, "holds no PEM certificate", "cluster/certs"}}) {
    CAPTURE(words);
    const auto told = judged(s);
    CHECK(told.state == health::failure);
    CHECK_THAT(told.sentence, Contains(words));
    CHECK_THAT(told.remedy, Contains(remedy));
  }
}

TEST_CASE("the cluster port must be free or our own node's", "[doctor]") {
  const certificate_folder files;
  auto s = files.of("east");
  uint16_t port = 0;
  {
    test::stub_server other{[](const auto&) { return test::stub_answer{}; }};
    port = other.port();
    s.listen = "127.0.0.1:" + std::to_string(port);
    const auto taken = check_cluster(s, false, nobody, real_time);
    REQUIRE(taken.size() == 2);
    CHECK(taken[0].state == health::ok);
    CHECK(taken[1].state == health::failure);
    CHECK_THAT(taken[1].remedy, Contains("cluster.listen"));
    CHECK(check_cluster(s, true, nobody, real_time)[1].state == health::ok);
  }
  s.listen = "localhost:" + std::to_string(port); // names are looked up
  CHECK(check_cluster(s, false, nobody, real_time)[1].state == health::ok);
  s.listen = "198.51.100.1:" + std::to_string(port); // no address of this machine
  CHECK(check_cluster(s, false, nobody, real_time)[1].state == health::failure);
}

TEST_CASE("the node that is joined must answer", "[doctor]") {
  const certificate_folder files;
  auto s = files.of("west");
  uint16_t port = 0;
  {
    test::stub_server store{[](const auto&) { return test::stub_answer{}; }};
    port = store.port();
    s.join = "127.0.0.1:" + std::to_string(port);
    const auto all = check_cluster(s, false, connect_over_network, real_time);
    REQUIRE(all.size() == 2);
    CHECK(is_fit(all));
    CHECK_THAT(all[1].sentence, Contains(s.join));
  }
  const auto gone = check_cluster(s, false, connect_over_network, real_time);
  CHECK(gone[1].state == health::failure);
  CHECK_THAT(gone[1].sentence, Contains("refused"));
  CHECK_THAT(gone[1].remedy, Contains("cluster.listen"));
  CHECK_FALSE(connect_over_network({"no such host", 7400}).empty());
}

TEST_CASE("a node that is alone has no cluster to look at", "[doctor]") {
  const auto all = check_cluster({}, false, nobody, real_time);
  REQUIRE(all.size() == 1);
  CHECK(all[0].state == health::skipped);
}

} // namespace doctor_neighbours_test
