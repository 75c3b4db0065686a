#include "cluster/doctor/neighbours.hpp"

#include "adapters/postgres/session.hpp"
#include "cluster/doctor/host_facts.hpp"
#include "cluster/link/certificates.hpp"

#include <openssl/pem.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <memory>

namespace parley::doctor {

namespace {

constexpr auto connect_patience = std::chrono::milliseconds{5'000};

database_facts read_database(std::string setting, const postgres_settings& settings, const std::string& address,
                             const std::string& password) {
  database_facts out;
  out.setting = std::move(setting);
  try {
    postgres::session db{settings, address, password, postgres::session::access::read};
    out.where = db.where();
    out.version = db.server_version();
    out.reached = true;
  } catch (const postgres::failure& e) {
    out.problem = e.what(); // libpq's own words, over several lines
    std::replace(out.problem.begin(), out.problem.end(), '\n', ' ');
  }
  return out;
}

/// When the first certificate of a PEM file ends.
std::optional<std::chrono::sys_seconds> end_of(const std::string& file) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in{std::fopen(file.c_str(), "r"), std::fclose};
  if (!in)
    return std::nullopt;
  const std::unique_ptr<X509, decltype(&::X509_free)> certificate{PEM_read_X509(in.get(), nullptr, nullptr, nullptr),
                                                                  ::X509_free};
  std::tm end{};
  if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1)
    return std::nullopt;
  return std::chrono::sys_seconds{std::chrono::seconds{::timegm(&end)}};
}

using address_list = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

/// Empty when the name means nothing; `problem` says why.
address_list look_up(const cluster_address& x, std::string& problem) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const auto code = ::getaddrinfo(x.host.c_str(), std::to_string(x.port).c_str(), &hints, &found); code != 0)
    problem = ::gai_strerror(code);
  return {found, ::freeaddrinfo};
}

/// The address behind a name, as a listener binds it; the name where there is
/// none.
std::string numeric_of(const cluster_address& x) {
  std::string problem;
  const auto list = look_up(x, problem);
  std::array<char, NI_MAXHOST> text{};
  if (!list
      || ::getnameinfo(list->ai_addr, list->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0)
    return x.host;
  return text.data();
}

std::string connect_problem(const addrinfo& to) {
  const int handle = ::socket(to.ai_family, to.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, to.ai_protocol);
  if (handle < 0)
    return std::strerror(errno);
  int wrong = ::connect(handle, to.ai_addr, to.ai_addrlen) == 0 ? 0 : errno;
  if (wrong == EINPROGRESS) {
    pollfd wait{handle, POLLOUT, 0};
    socklen_t size = sizeof wrong;
    if (::poll(&wait, 1, static_cast<int>(connect_patience.count())) != 1)
      wrong = ETIMEDOUT;
    else if (::getsockopt(handle, SOL_SOCKET, SO_ERROR, &wrong, &size) != 0)
      wrong = errno;
  }
  ::close(handle);
  return wrong == 0 ? "" : std::strerror(wrong);
}

} // namespace

std::vector<database_facts> read_databases(const postgres_settings& s) {
  const auto or_journals = [&](const std::string& password) { return password.empty() ? s.password : password; };
  std::vector<database_facts> out{read_database("journal.url", s, s.address(), s.password)};
  if (!s.reports_url.empty())
    out.push_back(read_database("journal.reports_url", s, s.reports_url, or_journals(s.reports_password)));
  if (!s.keys_url.empty())
    out.push_back(read_database("journal.keys_url", s, s.keys_url, or_journals(s.keys_password)));
  return out;
}

finding check_database(const database_facts& x) {
  if (!x.reached)
    return failure(x.setting, "PostgreSQL cannot be used: " + x.problem,
                   "see that the server runs, that this machine may reach it, and that it takes the user and password "
                   "of "
                     + x.setting + " (docs/postgres.md)");
  return ok(x.setting, "PostgreSQL " + std::to_string(x.version / 10'000) + "." + std::to_string(x.version % 10'000)
                         + " answers " + x.where);
}

cluster_certificate_facts read_cluster_certificate(const cluster_settings& settings) {
  cluster_certificate_facts out;
  out.file = settings.certificate_file;
  out.expires = end_of(settings.certificate_file);
  try {
    cluster_certificates{settings};
  } catch (const certificates_unusable& e) {
    // It says what is wrong; then, behind the last semicolon, what to do.
    const std::string text = e.what();
    const auto remedy = text.rfind("; ");
    out.problem = text.substr(0, remedy);
    out.remedy = remedy == text.npos ? "end what takes the machine's memory, then look again" : text.substr(remedy + 2);
  }
  return out;
}

finding check_cluster_certificate(const cluster_certificate_facts& x, wall_time now) {
  constexpr auto check = "cluster certificate";
  constexpr auto again = "make a new one with cluster/certs node, and restart the node to have it read";
  // What is out of date is refused, too, but an end is better told as one.
  if (x.expires && *x.expires <= now)
    return failure(check,
                   x.file + " ended " + std::to_string(std::chrono::floor<std::chrono::days>(now - *x.expires).count())
                     + " days ago",
                   again);
  if (!x.problem.empty())
    return failure(check, x.problem, x.remedy);
  if (!x.expires)
    return ok(check, x.file + " and its key are good for the cluster");
  const auto left = std::chrono::floor<std::chrono::days>(*x.expires - now);
  const auto text = x.file + " and its key are good for the cluster, " + std::to_string(left.count()) + " days more";
  return left < std::chrono::days{14} ? warning(check, text, again) : ok(check, text);
}

std::string connect_over_network(const cluster_address& address) {
  std::string problem;
  const auto list = look_up(address, problem);
  for (const auto* x = list.get(); x; x = x->ai_next)
    if (problem = connect_problem(*x); problem.empty())
      break;
  return problem;
}

findings check_cluster(const cluster_settings& s, bool running, const ask_connect& connect, wall_time now) {
  constexpr auto check = "cluster";
  if (!s.listens() && !s.joins())
    return {skipped(check, "this node is alone, and opens no cluster port")};
  findings out{check_cluster_certificate(read_cluster_certificate(s), now)};
  if (s.listens()) {
    // A node that cannot have its cluster port ends at once: one that runs has it.
    const auto address = parse_cluster_address(s.listen);
    out.push_back(check_port(read_port("cluster.listen", numeric_of(address), address.port, running)));
  } else if (const auto problem = connect(parse_cluster_address(s.join)); !problem.empty()) {
    out.push_back(failure(check, "the node at " + s.join + " cannot be reached: " + problem,
                          "start it, see that cluster.listen there and cluster.join here are the same address, and "
                          "that the port is open between them"));
  } else {
    out.push_back(ok(check, "somebody answers at " + s.join));
  }
  return out;
}

} // namespace parley::doctor
