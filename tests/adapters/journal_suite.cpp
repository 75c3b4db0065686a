#include "tests/adapters/journal_suite.hpp"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <thread>

namespace parley::test {

namespace fs = std::filesystem;

temporary_folder::temporary_folder() {
  auto pattern = (fs::temp_directory_path() / "parley-test-XXXXXX").string();
  if (!::mkdtemp(pattern.data()))
    throw std::runtime_error{"no temporary folder: " + pattern};
  path_ = pattern;
}

temporary_folder::~temporary_folder() {
  std::error_code ignored; // what stays in /tmp harms no test
  fs::remove_all(path_, ignored);
}

journal_test::journal_test(const fs::path* folder) {
  if (!folder)
    own_folder = std::make_unique<temporary_folder>();
  backend = make_journal_backend(folder ? *folder : own_folder->path());
  start();
}

journal_test::~journal_test() {
  stop();
}

void journal_test::start() {
  config = std::make_unique<system_config>(2);
  sys = std::make_unique<caf::actor_system>(*config);
  self = std::make_unique<caf::scoped_actor>(*sys);
  port = backend->start(*sys);
}

void journal_test::stop() {
  caf::anon_send_exit(port, caf::exit_reason::user_shutdown);
  port = nullptr;
  self.reset();
  sys.reset(); // waits for all actors
  config.reset();
  backend->stop();
}

void journal_test::restart() {
  stop();
  start();
}

void journal_test::await_outage() {
  // Readiness asks, it does not try: somebody has to write.
  caf::anon_send(port, batch({}, {campaign("noticed " + std::to_string(++numbers))}));
  for (int i = 0; i < 400 && ask<committed>(batch({})); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  REQUIRE_FALSE(ask<committed>(batch({})));
}

void journal_test::await_store() {
  for (int i = 0; i < 400 && !ask<committed>(batch({})); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  REQUIRE(ask<committed>(batch({})));
}

bool journal_test::stored_in_plain(const std::string& words) const {
  for (const auto& file : backend->files()) {
    std::ifstream in{file, std::ios::binary};
    std::stringstream all;
    all << in.rdbuf();
    if (all.str().find(words) != std::string::npos)
      return true;
  }
  return false;
}

stream_write journal_test::write(const uuid& id, uint64_t expected, std::vector<std::string> types) const {
  stream_write out;
  out.stream = id;
  out.kind = stream_kind::call;
  out.expected = expected;
  for (auto& type : types) {
    stored_event event;
    event.type = std::move(type);
    event.data = R"({"n":)" + std::to_string(expected + out.events.size() + 1) + "}";
    event.at = now;
    out.events.push_back(std::move(event));
  }
  out.state = R"({"n":)" + std::to_string(expected + out.events.size()) + "}";
  return out;
}

append journal_test::batch(std::vector<stream_write> streams, std::vector<row> rows, uint16_t shard) const {
  append out;
  out.shard = shard;
  out.epoch = epoch();
  out.streams = std::move(streams);
  out.rows = std::move(rows);
  return out;
}

campaign_row journal_test::campaign(const std::string& name) {
  campaign_row out;
  out.id = ids.next<campaign_id>(now);
  out.name = name;
  out.created_at = now;
  return out;
}

prospect_row journal_test::prospect(const std::string& name, uint16_t home) {
  prospect_row out;
  out.id = ids.next<prospect_id>(now, home);
  out.source = "csv";
  out.name = name;
  out.phone = "+1415555" + std::to_string(1000 + numbers++);
  out.email = name + "@example.com";
  out.company = "Acme";
  out.created_at = out.updated_at = now;
  return out;
}

call_row journal_test::call(const campaign_id& campaign, const prospect_id& prospect) {
  call_row out;
  out.id = ids.next<call_id>(now, 3);
  out.campaign = campaign;
  out.prospect = prospect;
  out.status = "intended";
  out.initiated_at = out.created_at = now;
  return out;
}

} // namespace parley::test
