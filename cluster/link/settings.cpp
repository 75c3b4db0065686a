#include "cluster/link/settings.hpp"

#include <charconv>

namespace parley {

cluster_address parse_cluster_address(const std::string& text) {
  cluster_address out;
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0)
    return out;
  out.host = text.substr(0, colon);
  const auto* begin = text.data() + colon + 1;
  const auto* end = text.data() + text.size();
  if (const auto read = std::from_chars(begin, end, out.port); read.ec != std::errc{} || read.ptr != end)
    out.port = 0;
  return out;
}

void cluster_settings::describe(settings::section& s) {
  using namespace std::chrono_literals;
  s.text("listen", listen, "HOST:PORT where other nodes of the cluster join this one; empty: no cluster port.");
  s.text("join", join, "HOST:PORT of the node whose calls this one hosts; empty: this node has a store of its own.");
  s.flag("calls_elsewhere", calls_elsewhere,
         "Calls and their conversations live on the node that joins; without it nothing is dialled.");
  s.file("certificate_file", certificate_file, "This node's certificate, PEM; cluster/certs makes one.");
  s.file("key_file", key_file, "Its key, PEM, mode 0600.");
  s.file("ca_file", ca_file,
         "The cluster's own CA, PEM. Whoever has a certificate of it is trusted with everything, so give no other "
         "purpose to it.");
  s.duration("join_patience", join_patience, 1s, 1h, "How long a joining node tries before it gives up.");
  s.duration("peer_timeout", peer_timeout, 1s, 1min,
             "A node that says nothing for so long counts as gone, and its connection is closed.");
  for (const auto& [key, address] : {std::pair{"listen", &listen}, std::pair{"join", &join}})
    if (!address->empty() && parse_cluster_address(*address).port == 0)
      s.problem(key, "\"" + *address + "\" is no HOST:PORT; write it as 10.0.0.1:7400");
  if (listens() && joins())
    s.problem("join", "a node listens for others or joins one; leave out one of listen and join");
  if (calls_elsewhere && !listens())
    s.problem("calls_elsewhere", "nobody could join to host the calls; set listen, too");
  if (!listens() && !joins())
    return;
  // CAF's protocol trusts its peers: one crafted header ends the process.
  for (const auto& [key, file] : {std::pair{"certificate_file", &certificate_file}, std::pair{"key_file", &key_file},
                                  std::pair{"ca_file", &ca_file}})
    if (file->empty())
      s.problem(key, "is missing: no cluster port without mutual TLS; make the files with cluster/certs");
}

} // namespace parley
