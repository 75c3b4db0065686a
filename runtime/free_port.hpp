#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>

namespace parley {

/// A TCP port that nobody has on 127.0.0.1 at this moment, for worlds whose
/// parts must know each other's address before they start. Throws
/// `runtime_error` where there is none.
inline uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool ok = socket >= 0 && ::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0
                  && ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  if (socket >= 0)
    ::close(socket);
  if (!ok)
    throw std::runtime_error{"no free port on 127.0.0.1"};
  return ntohs(address.sin_port);
}

} // namespace parley
