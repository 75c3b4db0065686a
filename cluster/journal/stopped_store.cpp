#include "cluster/journal/stopped_store.hpp"

#include "actors/audit/auditor.hpp"
#include "adapters/postgres/postgres_journal.hpp"
#include "adapters/sqlite/sqlite_journal.hpp"
#include "runtime/registry.hpp"
#include "runtime/system_config.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <thread>

namespace parley::journal_tools {

using namespace std::chrono_literals;

/// Of one question; a page of a large store on a slow disk takes seconds.
static constexpr auto question_timeout = 5min;

struct stopped_store::parts {
  explicit parts(const std::shared_ptr<sqlite_store>& store)
    : parts{store->journal_file().string(), store->identity()} {
    reader = sqlite_questions(system, context, store);
  }
  explicit parts(const std::shared_ptr<postgres_store>& store) : parts{"the database", store->identity()} {
    reader = postgres_questions(system, context, store);
  }
  parts(std::string place, const store_identity& identity) : where{std::move(place)} {
    context = std::make_shared<node_context>(node_context{clock, tree, metrics, number_hasher{identity.secret}});
    context->shard_count = identity.shards;
    context->settings.journal_timeout = question_timeout;
  }
  ~parts() {
    caf::anon_send_exit(reader, caf::exit_reason::user_shutdown);
    reader = journal_reader_actor{};
  }

  template <class Reply, class Question>
  Reply ask(Question question) {
    caf::expected<Reply> out{caf::make_error(caf::sec::request_timeout)};
    caf::scoped_actor self{system};
    self->request(reader, question_timeout, std::move(question))
      .receive([&](Reply& x) { out = std::move(x); }, [&](caf::error& e) { out = std::move(e); });
    if (!out)
      throw store_unusable{where + ": " + system.render(out.error())};
    return std::move(*out);
  }

  std::string where; ///< for messages
  system_clock clock{clock_origin{}};
  actor_tree tree;
  telemetry metrics;
  std::shared_ptr<node_context> context;
  system_config config{2};
  caf::actor_system system{config};
  journal_reader_actor reader;
};

stopped_store::stopped_store(const sqlite_settings& settings)
  : parts_{std::make_unique<parts>(open_stopped_store(settings))} {}
stopped_store::stopped_store(const postgres_settings& settings)
  : parts_{std::make_unique<parts>(open_stopped_store(settings))} {}
stopped_store::~stopped_store() = default;

nlohmann::json stopped_store::verify(uint32_t findings_max,
                                     const std::function<void(const char*, uint64_t, uint64_t)>& progress) const {
  auto& p = *parts_;
  const auto how_far = std::make_shared<commands::progress>();
  auto worker = p.system.spawn(auditor, context_ptr{p.context}, journal_audit_port{p.reader}, how_far);
  caf::expected<report> out{caf::make_error(caf::sec::request_timeout)};
  std::atomic<bool> over{false};
  std::thread waits{[&] { // a scoped actor blocks, and somebody has to say how far it is
    caf::scoped_actor self{p.system};
    self->request(worker, std::chrono::minutes{12 * 60}, audit_journal{false, findings_max})
      .receive([&](report& x) { out = std::move(x); }, [&](caf::error& e) { out = std::move(e); });
    over = true;
  }};
  while (!over) {
    progress(how_far->phase, how_far->done, how_far->total);
    std::this_thread::sleep_for(20ms);
  }
  waits.join();
  caf::anon_send_exit(worker, caf::exit_reason::user_shutdown);
  if (!out)
    throw store_unusable{p.where + ": " + p.system.render(out.error())};
  return nlohmann::json::parse(out->json);
}

exported_events stopped_store::read(const export_events& what) const {
  return parts_->ask<exported_events>(what);
}

campaign_id stopped_store::campaign(const std::string& name) const {
  for (const auto& row : parts_->ask<campaign_rows>(load_campaigns{}).rows)
    if (row.name == name || to_string(row.id) == name)
      return row.id;
  throw store_unusable{"campaign: there is no \"" + name + "\""};
}

} // namespace parley::journal_tools
