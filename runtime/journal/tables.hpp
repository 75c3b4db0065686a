#pragma once

#include "runtime/journal/sealing.hpp"
#include "runtime/messages/rows.hpp"

#include <array>
#include <string_view>
#include <tuple>

/// How rows lie in tables: names in the order of their fields, for every
/// store. A store walks `fields(row)` to bind or to read and decides only how
/// its database spells the types.
namespace parley::tables {

/// An id or text that is NULL when nil or empty.
template <class T>
struct nullable {
  T& value;
};
// GCC deduces both by itself; clang before 17, which checks the code, does not.
template <class T>
nullable(T&) -> nullable<T>;

/// Text that is sealed at rest with the subject's key.
template <class Text>
struct sealed {
  Text& text;
  const uuid& subject;
  const uuid& owner;
  std::string_view column; ///< with its table, authenticated
};
template <class Text>
sealed(Text&, const uuid&, const uuid&, std::string_view) -> sealed<Text>;

/// The shard of an id: written for the queries of one shard, never read back.
struct home {
  const uuid& id;
};

/// A tuple that refers to fields and holds wrappers.
template <class... Ts>
std::tuple<Ts...> pack(Ts&&... xs) {
  return std::tuple<Ts...>{std::forward<Ts>(xs)...};
}

/// One specialisation per row: `name`, `columns`, how many leading `keys`, and
/// `fields` in the order of the columns.
template <class Row>
struct table;

template <>
struct table<prospect_row> {
  static constexpr std::string_view name = "prospects";
  static constexpr size_t keys = 1;
  static constexpr std::array columns{"id",           "source",         "crm_id",       "name",       "email",
                                      "phone",        "extension",      "company",      "role",       "timezone",
                                      "state",        "postal_code",    "consent_type", "consent_at", "consent_source",
                                      "consent_text", "consent_seller", "notes",        "attributes", "created_at",
                                      "updated_at",   "shard"};
  static auto fields(auto& x) {
    return pack(x.id, x.source, x.crm_id, x.name, x.email, x.phone, x.extension, x.company, x.role, x.timezone, x.state,
                x.postal_code, x.consent_type, x.consent_at, x.consent_source, x.consent_text, x.consent_seller,
                x.notes, x.attributes, x.created_at, x.updated_at, home{x.id});
  }
};

template <>
struct table<campaign_row> {
  static constexpr std::string_view name = "campaigns";
  static constexpr size_t keys = 1;
  static constexpr std::array columns{
    "id",       "name",       "status",     "target_filters", "min_probability_threshold", "call_script_template",
    "settings", "created_at", "started_at", "completed_at"};
  static auto fields(auto& x) {
    return pack(x.id, x.name, x.status, x.target_filters, x.min_probability_threshold, x.call_script_template,
                x.settings, x.created_at, x.started_at, x.completed_at);
  }
};

template <>
struct table<enrolment_row> {
  static constexpr std::string_view name = "enrolments";
  static constexpr size_t keys = 2;
  static constexpr std::array columns{"campaign_id", "prospect_id", "state",    "probability",
                                      "strategy",    "attempts",    "next_due", "last_disposition",
                                      "reason",      "updated_at",  "shard"};
  static auto fields(auto& x) {
    return pack(x.campaign, x.prospect, x.state, x.probability,
                sealed{x.strategy, x.prospect, x.campaign, "enrolments.strategy"}, x.attempts, x.next_due,
                x.last_disposition, x.reason, x.updated_at, home{x.prospect});
  }
};

template <>
struct table<call_row> {
  static constexpr std::string_view name = "calls";
  static constexpr size_t keys = 1;
  static constexpr std::array columns{
    "id",       "campaign_id",      "prospect_id", "call_sid",        "status",  "initiated_at",   "connected_at",
    "ended_at", "duration_seconds", "transcript",  "sentiment_score", "outcome", "meeting_booked", "recording_url",
    "metadata", "created_at",       "shard"};
  static auto fields(auto& x) {
    return pack(x.id, nullable{x.campaign}, nullable{x.prospect}, nullable{x.call_sid}, x.status, x.initiated_at,
                x.connected_at, x.ended_at, x.duration_seconds,
                sealed{x.transcript, x.prospect, x.id, "calls.transcript"}, x.sentiment_score, x.outcome,
                x.meeting_booked, x.recording_url, sealed{x.metadata, x.prospect, x.id, "calls.metadata"}, x.created_at,
                home{x.id});
  }
};

template <>
struct table<meeting_row> {
  static constexpr std::string_view name = "meetings";
  static constexpr size_t keys = 1;
  static constexpr std::array columns{"id",           "call_id",          "prospect_id",  "account_manager_id",
                                      "scheduled_at", "duration_minutes", "meeting_type", "calendar_event_id",
                                      "status",       "zoom_link",        "created_at",   "sequence",
                                      "papers"};
  static auto fields(auto& x) {
    return pack(x.id, nullable{x.call}, nullable{x.prospect}, nullable{x.account_manager}, x.scheduled_at,
                x.duration_minutes, x.meeting_type, x.calendar_event_id, x.status, x.zoom_link, x.created_at,
                x.sequence, sealed{x.papers, x.prospect, x.id, "meetings.papers"});
  }
};

template <>
struct table<manager_row> {
  static constexpr std::string_view name = "account_managers";
  static constexpr size_t keys = 1;
  static constexpr std::array columns{"id",           "name",          "email",       "specialty",
                                      "timezone",     "working_hours", "calendar_id", "meeting_link",
                                      "crm_owner_id", "phone"};
  static auto fields(auto& x) {
    return pack(x.id, x.name, x.email, x.specialty, x.timezone, x.working_hours, x.calendar_id, x.meeting_link,
                x.crm_owner_id, x.phone);
  }
};

template <>
struct table<context_row> {
  static constexpr std::string_view name = "agent_context";
  static constexpr size_t keys = 1;
  static constexpr std::array columns{"id",        "prospect_id", "context_type", "content",
                                      "embedding", "metadata",    "created_at",   "embedder"};
  static auto fields(auto& x) {
    return pack(x.id, x.prospect, x.context_type, sealed{x.content, x.prospect, x.id, "agent_context.content"},
                sealed{x.embedding, x.prospect, x.id, "agent_context.embedding"},
                sealed{x.metadata, x.prospect, x.id, "agent_context.metadata"}, x.created_at, x.embedder);
  }
};

template <>
struct table<ledger_row> {
  static constexpr std::string_view name = "compliance_ledger";
  static constexpr size_t keys = 1;
  static constexpr std::array columns{"id",           "at",      "campaign_id",  "prospect_id", "line",
                                      "call_id",      "verdict", "reason",       "sentence",    "source",
                                      "data_version", "rules",   "earliest_next"};
  static auto fields(auto& x) {
    return pack(x.id, x.at, nullable{x.campaign}, nullable{x.prospect}, x.line, nullable{x.call}, x.verdict, x.reason,
                x.sentence, x.source, x.data_version, x.rules, x.earliest_next);
  }
};

template <>
struct table<suppression_row> {
  static constexpr std::string_view name = "suppressions";
  static constexpr size_t keys = 1;
  static constexpr std::array columns{"line", "source", "reason", "at", "removed"};
  static auto fields(auto& x) { return pack(x.line, x.source, x.reason, x.at, x.removed); }
};

template <>
struct table<recording_row> {
  static constexpr std::string_view name = "recordings";
  static constexpr size_t keys = 1;
  static constexpr std::array columns{"call_id",          "prospect_id", "recording_sid", "content_type",
                                      "duration_seconds", "audio",       "created_at"};
  static auto fields(auto& x) {
    return pack(x.call, x.prospect, x.recording_sid, x.content_type, x.duration_seconds,
                sealed{x.audio, x.prospect, x.call, "recordings.audio"}, x.created_at);
  }
};

/// Columns of `prospects` that a campaign's target filters may name.
inline constexpr std::array<std::string_view, 6> target_filters{"source",   "company", "role",
                                                                "timezone", "state",   "crm_id"};

/// Columns of `prospects` that people can be searched by.
inline constexpr std::array<std::string_view, 11> search_columns{
  "source", "crm_id", "name", "email", "phone", "company", "role", "timezone", "state", "postal_code", "consent_type"};

/// "a, b, c" of a table's columns, for SELECT and INSERT.
template <class Row>
std::string column_list(std::string_view prefix = "") {
  std::string out;
  for (const auto* column : table<Row>::columns)
    out.append(out.empty() ? "" : ", ").append(prefix).append(column);
  return out;
}

/// INSERT that replaces by key, with `?` for each value: SQL that SQLite and
/// PostgreSQL both take (the latter with its own placeholders).
template <class Row, class Placeholder>
std::string upsert(Placeholder placeholder) {
  using t = table<Row>;
  std::string values, keys, updates;
  for (size_t i = 0; i < t::columns.size(); ++i) {
    const std::string column = t::columns[i];
    values += (i ? ", " : "") + placeholder(i);
    if (i < t::keys)
      keys += (i ? ", " : "") + column;
    else
      updates += (i > t::keys ? ", " : "") + column + " = excluded." + column;
  }
  return "INSERT INTO " + std::string{t::name} + " (" + column_list<Row>() + ") VALUES (" + values + ") ON CONFLICT ("
         + keys + ") DO UPDATE SET " + updates;
}

} // namespace parley::tables
