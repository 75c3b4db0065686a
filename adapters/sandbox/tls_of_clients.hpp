#pragma once

#include <boost/asio/ssl/context.hpp>

namespace parley::sandbox {

/// What the practice world's own clients speak TLS by. They call a node under
/// test, whose certificate nobody vouches for: none is asked for.
inline boost::asio::ssl::context& tls_of_clients() {
  static boost::asio::ssl::context context{boost::asio::ssl::context::tls_client};
  return context;
}

} // namespace parley::sandbox
