// Goal: the tables that people read have the columns and defaults that are
// promised to them, on every store. Method: the store's own catalogue.
#include "tests/adapters/journal_suite.hpp"

namespace journal_columns_suite {

using namespace parley;
using test::journal_test;

namespace {

using columns = std::map<std::string, std::string>;

/// What is promised: a table may have more.
const std::map<std::string, columns> promised{
  {"prospects",
   {{"id", ""},
    {"crm_id", ""},
    {"name", ""},
    {"email", ""},
    {"phone", ""},
    {"company", ""},
    {"role", ""},
    {"timezone", ""},
    {"created_at", ""},
    {"updated_at", ""},
    {"source", ""}}}, // with crm_id the person's identity
  {"campaigns",
   {{"id", ""},
    {"name", ""},
    {"status", "draft"},
    {"target_filters", "{}"},
    {"min_probability_threshold", "50"},
    {"call_script_template", ""},
    {"created_at", ""},
    {"started_at", ""},
    {"completed_at", ""}}},
  {"enrolments",
   {{"campaign_id", ""},
    {"prospect_id", ""},
    {"state", ""},
    {"probability", ""},
    {"strategy", ""},
    {"attempts", "0"},
    {"next_due", ""}}},
  {"calls",
   {{"id", ""},
    {"campaign_id", ""},
    {"prospect_id", ""},
    {"call_sid", ""},
    {"status", ""},
    {"initiated_at", ""},
    {"connected_at", ""},
    {"ended_at", ""},
    {"duration_seconds", "0"},
    {"transcript", ""},
    {"sentiment_score", "0"},
    {"outcome", "none"},
    {"meeting_booked", "0"},
    {"recording_url", ""},
    {"metadata", ""},
    {"created_at", ""}}},
  {"meetings",
   {{"id", ""},
    {"call_id", ""},
    {"prospect_id", ""},
    {"account_manager_id", ""},
    {"scheduled_at", ""},
    {"duration_minutes", "30"},
    {"meeting_type", ""},
    {"calendar_event_id", ""},
    {"status", "scheduled"},
    {"zoom_link", ""},
    {"created_at", ""}}},
  {"agent_context",
   {{"id", ""},
    {"prospect_id", ""},
    {"context_type", ""},
    {"content", ""},
    {"embedding", ""},
    {"metadata", ""},
    {"created_at", ""}}},
};

} // namespace

TEST_CASE_METHOD(journal_test, "the tables that people read have their columns and defaults") {
  for (const auto& [table, wanted] : promised) {
    INFO(table);
    const auto there = backend->columns(table);
    columns found;
    for (const auto& [name, value] : wanted)
      if (const auto at = there.find(name); at != there.end())
        found.insert(*at);
    CHECK(found == wanted);
  }
}

} // namespace journal_columns_suite
