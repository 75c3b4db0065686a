// The threads of a person's mails become pieces of `agent_context`, one each.
#include "actors/memory/emails.hpp"
#include "actors/memory/memory.hpp"
#include "runtime/registry.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace parley {

/// Of one person at once; more than a prompt has room for. Those with the newest
/// mails are taken, the others when the person is researched again.
static constexpr size_t threads_max = 10;

uuid memory_state::row_id(const prospect_id& person, const memories::mail_thread& thread) const {
  return ctx->hasher.of("agent_context.thread", to_string(person) + " " + thread.key);
}

caf::result<emails_remembered> memory_state::remember(remember_emails x) {
  emails_reply answer{self};
  std::erase_if(x.emails, [](const auto& mail) { return mail.id.empty(); });
  auto threads = memories::threads_of(std::move(x.emails));
  if (threads.empty()) {
    answer(emails_remembered{});
    return answer.later();
  }
  load_context known{x.prospect, static_cast<uint32_t>(threads.size()), {"email"}, {}};
  for (const auto& thread : threads)
    known.ids.push_back(row_id(x.prospect, thread));
  self->request(ctx->journal, ctx->settings.journal_timeout, std::move(known))
    .then(
      [this, person = x.prospect, threads = std::move(threads), answer](const context_rows& found) mutable {
        for (auto& thread : threads)
          for (const auto& row : found.rows)
            if (row.id == row_id(person, thread))
              memories::take_known(thread, row);
        std::erase_if(threads, [](const auto& thread) { return thread.fresh() == 0; });
        threads.resize(std::min(threads.size(), threads_max));
        summarise(person, std::move(threads), answer);
      },
      [answer](caf::error& e) { answer(std::move(e)); });
  return answer.later();
}

void memory_state::summarise(const prospect_id& person, std::vector<memories::mail_thread> threads,
                             const emails_reply& answer) {
  if (threads.empty())
    return answer(emails_remembered{});
  if (!ctx->has_llm)
    return store(person, threads, {}, answer);
  auto question = memories::summary_question(threads);
  if (const auto* error = std::get_if<mind::template_error>(&question)) {
    spdlog::warn("memory: mails are summarised by rules, because of the template: {}", error->what);
    return store(person, threads, {}, answer);
  }
  const auto kept = std::make_shared<const std::vector<memories::mail_thread>>(std::move(threads));
  self->request(ctx->llm, ctx->settings.vendor_timeout, std::get<completion_request>(std::move(question)))
    .then([this, person, kept, answer](
            const completion& x) { store(person, *kept, memories::read_summaries(x.text, kept->size()), answer); },
          [this, person, kept, answer](const caf::error& e) {
            spdlog::info("memory: mails of {} are summarised by rules ({})", to_string(person),
                         self->system().render(e));
            store(person, *kept, {}, answer);
          });
}

void memory_state::store(const prospect_id& person, const std::vector<memories::mail_thread>& threads,
                         const std::map<size_t, std::string>& summaries, const emails_reply& answer) {
  append batch;
  batch.shard = shard_of(person, ctx->shard_count);
  batch.epoch = ctx->epoch;
  uint32_t count = 0;
  for (size_t i = 0; i < threads.size(); ++i) {
    const auto found = summaries.find(i + 1);
    const bool by_model = found != summaries.end();
    const auto summary = by_model ? found->second : memories::summary_by_rules(threads[i]);
    batch.rows.push_back(
      memories::row_of(threads[i], row_id(person, threads[i]), person, summary, by_model ? "llm" : "rules"));
    count += static_cast<uint32_t>(threads[i].fresh());
  }
  self->request(ctx->journal, ctx->settings.journal_timeout, std::move(batch))
    .then(
      [this, count, answer](const committed&) {
        emails += count;
        answer(emails_remembered{count});
      },
      [answer](caf::error& e) { answer(std::move(e)); });
}

} // namespace parley
