// The mails of a person's threads become pieces of `agent_context`.
#include "actors/memory/emails.hpp"
#include "actors/memory/memory.hpp"
#include "runtime/registry.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace parley {

/// Of one person at once; more than a prompt has room for.
static constexpr size_t fresh_max = 20;

uuid memory_state::row_id(const prospect_id& person, const crm_email& mail) const {
  return ctx->hasher.of("agent_context.email", to_string(person) + " " + mail.id);
}

caf::result<emails_remembered> memory_state::remember(remember_emails x) {
  emails_reply answer{self};
  std::erase_if(x.emails, [](const auto& mail) { return mail.id.empty(); });
  if (x.emails.empty()) {
    answer(emails_remembered{});
    return answer.later();
  }
  load_context known{x.prospect, static_cast<uint32_t>(x.emails.size()), {"email"}, {}};
  for (const auto& mail : x.emails)
    known.ids.push_back(row_id(x.prospect, mail));
  self->request(ctx->journal, ctx->settings.journal_timeout, std::move(known))
    .then(
      [this, x = std::move(x), answer](const context_rows& found) mutable {
        std::erase_if(x.emails, [&](const auto& mail) {
          const auto id = row_id(x.prospect, mail);
          return std::any_of(found.rows.begin(), found.rows.end(), [&](const auto& row) { return row.id == id; });
        });
        std::sort(x.emails.begin(), x.emails.end(), [](const auto& a, const auto& b) { return a.at > b.at; });
        x.emails.resize(std::min(x.emails.size(), fresh_max));
        std::reverse(x.emails.begin(), x.emails.end()); // a thread is read from its beginning
        summarise(x.prospect, std::move(x.emails), answer);
      },
      [answer](caf::error& e) { answer(std::move(e)); });
  return answer.later();
}

void memory_state::summarise(const prospect_id& person, std::vector<crm_email> fresh, const emails_reply& answer) {
  if (fresh.empty())
    return answer(emails_remembered{});
  if (!ctx->has_llm)
    return store(person, fresh, {}, answer);
  auto question = memories::summary_question(fresh);
  if (const auto* error = std::get_if<mind::template_error>(&question)) {
    spdlog::warn("memory: mails are summarised by rules, because of the template: {}", error->what);
    return store(person, fresh, {}, answer);
  }
  const auto mails = std::make_shared<const std::vector<crm_email>>(std::move(fresh));
  self->request(ctx->llm, ctx->settings.vendor_timeout, std::get<completion_request>(std::move(question)))
    .then([this, person, mails, answer](
            const completion& x) { store(person, *mails, memories::read_summaries(x.text, mails->size()), answer); },
          [this, person, mails, answer](const caf::error& e) {
            spdlog::info("memory: mails of {} are summarised by rules ({})", to_string(person),
                         self->system().render(e));
            store(person, *mails, {}, answer);
          });
}

void memory_state::store(const prospect_id& person, const std::vector<crm_email>& fresh,
                         const std::map<size_t, std::string>& summaries, const emails_reply& answer) {
  append batch;
  batch.shard = shard_of(person, ctx->shard_count);
  batch.epoch = ctx->epoch;
  for (size_t i = 0; i < fresh.size(); ++i) {
    const auto found = summaries.find(i + 1);
    const bool by_model = found != summaries.end();
    const auto summary = by_model ? found->second : memories::summary_by_rules(fresh[i]);
    batch.rows.push_back(
      memories::row_of(fresh[i], row_id(person, fresh[i]), person, summary, by_model ? "llm" : "rules"));
  }
  const auto count = static_cast<uint32_t>(batch.rows.size());
  self->request(ctx->journal, ctx->settings.journal_timeout, std::move(batch))
    .then(
      [this, count, answer](const committed&) {
        emails += count;
        answer(emails_remembered{count});
      },
      [answer](caf::error& e) { answer(std::move(e)); });
}

} // namespace parley
