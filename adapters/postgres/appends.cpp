// Appends, many in one statement: it checks the epochs with the shards' rows
// locked FOR SHARE, checks the versions, and writes streams and events, all of
// it or nothing.
#include "adapters/postgres/writer.hpp"

#include <set>

namespace parley::postgres {

namespace {

/// $1, $2: shard and epoch of the appends. $3 to $9: streams with the version
/// that they are at and the one that they come to. $10 on: events, in order.
/// Answers how many shards are at their epoch, and how many streams moved.
constexpr auto append_sql = R"(
WITH fence AS MATERIALIZED (
  SELECT s.shard FROM unnest($1::smallint[], $2::bigint[]) AS w (shard, epoch)
    JOIN shards s ON s.shard = w.shard AND s.epoch = w.epoch FOR SHARE OF s
), writes AS MATERIALIZED (
  SELECT * FROM unnest($3::uuid[], $4::text[], $5::bigint[], $6::bigint[], $7::smallint[], $8::text[], $9::bytea[])
    AS w (id, kind, expected, version, shard, state, personal_state)
), fits AS MATERIALIZED (
  SELECT (SELECT count(*) FROM fence) = cardinality($1::smallint[]) AND NOT EXISTS (
    SELECT 1 FROM writes w LEFT JOIN streams s ON s.id = w.id
      WHERE coalesce(s.version, 0) <> w.expected OR s.kind <> w.kind) AS all_of_it
), born AS (
  INSERT INTO streams (id, kind, version, shard, state, personal_state)
    SELECT id, kind, version, shard, state::json, personal_state FROM writes
      WHERE expected = 0 AND (SELECT all_of_it FROM fits)
    ON CONFLICT (id) DO NOTHING RETURNING id
), moved AS (
  UPDATE streams s SET version = w.version, state = w.state::json, personal_state = w.personal_state
    FROM writes w WHERE s.id = w.id AND s.version = w.expected AND s.kind = w.kind AND w.expected > 0
      AND (SELECT all_of_it FROM fits) RETURNING s.id
), written AS (
  SELECT (SELECT count(*) FROM born) + (SELECT count(*) FROM moved) AS streams
), stored AS (
  INSERT INTO events (stream, version, type, data, personal, at)
    SELECT e.stream, e.version, e.type, e.data::json, e.personal, e.at
      FROM unnest($10::uuid[], $11::bigint[], $12::text[], $13::text[], $14::bytea[], $15::timestamptz[])
        WITH ORDINALITY AS e (stream, version, type, data, personal, at, number)
      WHERE (SELECT all_of_it FROM fits) ORDER BY e.number
)
SELECT (SELECT count(*) FROM fence), (SELECT streams FROM written))";

/// Streams of many appends, merged: a stream that several of them move is
/// written once.
class append_batch {
public:
  append_batch(const sealer& seal, uint16_t shards) : seal_{seal}, shards_{shards} {}

  /// Empty when the append fits behind those before it.
  std::optional<sql::refusal> check(const append& x) const {
    std::map<uuid, uint64_t> moved;
    for (const auto& stream : x.streams) {
      const auto name = "stream " + to_string(stream.stream);
      if (shard_of(stream.stream, shards_) != x.shard)
        return sql::refusal{ec::invalid_input, name + " does not live in shard " + std::to_string(x.shard)};
      if (stream.events.empty())
        return sql::refusal{ec::invalid_input, name + ": a write needs an event"};
      const auto earlier = moved.find(stream.stream);
      const auto known = streams_.find(stream.stream);
      const auto version = earlier != moved.end()    ? earlier->second
                           : known != streams_.end() ? known->second.version
                                                     : stream.expected;
      if (version != stream.expected || (known != streams_.end() && known->second.last->kind != stream.kind))
        return sql::refusal{ec::append_refused, std::string{to_string(stream.kind)} + " " + to_string(stream.stream)
                                                  + " is at version " + std::to_string(version) + ", not "
                                                  + std::to_string(stream.expected)};
      moved[stream.stream] = version + stream.events.size();
    }
    if (const auto fence = fences_.find(x.shard); fence != fences_.end() && fence->second != x.epoch)
      return sql::refusal{ec::append_refused, "shard " + std::to_string(x.shard) + " is at epoch "
                                                + std::to_string(fence->second) + ", not " + std::to_string(x.epoch)};
    return std::nullopt;
  }

  void add(const append& x) {
    fences_[x.shard] = x.epoch;
    for (const auto& stream : x.streams) {
      auto& known
        = streams_.try_emplace(stream.stream, merged{stream.expected, stream.expected, nullptr}).first->second;
      known.version += stream.events.size();
      known.last = &stream;
      writes_.push_back(&stream);
    }
  }

  void subjects(std::vector<uuid>& out) const {
    for (const auto* write : writes_)
      out.push_back(write->subject);
  }

  /// True when all of it is written.
  bool write(session& db) {
    if (fences_.empty())
      return true;
    std::vector<array> columns(15);
    for (const auto& [shard, epoch] : fences_) {
      columns[0].add(shard);
      columns[1].add(epoch);
    }
    for (const auto& [id, stream] : streams_) {
      columns[2].add(id);
      columns[3].add(stream.last->kind);
      columns[4].add(stream.expected);
      columns[5].add(stream.version);
      columns[6].add(shard_of(id, shards_));
      columns[7].add(stream.last->state);
      columns[8].add(sealed_or_null(stream.last->personal_state, stream.last->subject,
                                    {"streams.personal_state", id, stream.version}));
    }
    for (const auto* stream : writes_) {
      auto version = stream->expected;
      for (const auto& event : stream->events) {
        columns[9].add(stream->stream);
        columns[10].add(++version);
        columns[11].add(event.type);
        columns[12].add(event.data);
        columns[13].add(sealed_or_null(event.personal, stream->subject, {"events.personal", stream->stream, version}));
        columns[14].add(event.at);
      }
    }
    std::vector<parameter> parameters;
    for (auto& column : columns)
      parameters.push_back(column.done());
    auto row = rows_of(db.run(append_sql, parameters));
    row.next();
    return row.get<size_t>(0) == fences_.size() && row.get<size_t>(1) == streams_.size();
  }

private:
  struct merged {
    uint64_t expected; ///< in the store
    uint64_t version;  ///< in the end
    const stream_write* last;
  };

  parameter sealed_or_null(const std::string& text, const uuid& subject, const sealed_place& place) const {
    if (text.empty())
      return std::nullopt;
    return bytes_text(seal_.seal(text, subject, place));
  }

  const sealer& seal_;
  const uint16_t shards_;
  std::map<uint16_t, uint64_t> fences_;
  std::map<uuid, merged> streams_;
  std::vector<const stream_write*> writes_;
};

} // namespace

bool writer::append_all(const std::vector<const append*>& appends, std::vector<outcome>& out) {
  append_batch streams{seal_, shards_};
  auto rows = batch();
  for (const auto* x : appends) {
    if (auto refused = streams.check(*x)) {
      out.emplace_back(*refused);
      continue;
    }
    streams.add(*x);
    for (const auto& row : x->rows)
      rows.add(row);
    out.emplace_back(committed{begun_});
  }
  std::vector<uuid> subjects;
  streams.subjects(subjects);
  rows.subjects(subjects);
  store_->keys().prepare(subjects);
  if (!streams.write(db()))
    return false;
  rows.write(db());
  return true;
}

outcome writer::append_one(const append& x) {
  std::vector<outcome> out;
  if (!append_all({&x}, out))
    throw why_refused(x);
  if (auto* refused = std::get_if<sql::refusal>(&out.front()))
    throw *refused;
  return out.front();
}

/// The statement only counts; this finds what it was.
sql::refusal writer::why_refused(const append& x) {
  try {
    check_epoch(x.shard, x.epoch);
  } catch (const sql::refusal& e) {
    return e;
  }
  for (const auto& stream : x.streams) {
    auto row = rows_of(db().run("SELECT version, kind FROM streams WHERE id = $1::uuid", {to_string(stream.stream)}));
    const bool exists = row.next();
    const auto version = exists ? row.get<uint64_t>(0) : 0;
    if (version != stream.expected || (exists && row.get<stream_kind>(1) != stream.kind))
      return {ec::append_refused, std::string{to_string(stream.kind)} + " " + to_string(stream.stream)
                                    + " is at version " + std::to_string(version) + ", not "
                                    + std::to_string(stream.expected)};
  }
  return {ec::append_refused, "a stream of the append was moved by somebody else"};
}

void writer::check_epoch(uint16_t shard, uint64_t epoch) {
  auto row = rows_of(db().run("SELECT epoch FROM shards WHERE shard = $1::int", {std::to_string(shard)}));
  if (!row.next())
    throw sql::refusal{ec::invalid_input, "there is no shard " + std::to_string(shard)};
  if (const auto current = row.get<uint64_t>(0); current != epoch)
    throw sql::refusal{ec::append_refused, "shard " + std::to_string(shard) + " is at epoch " + std::to_string(current)
                                             + ", not " + std::to_string(epoch)};
}

} // namespace parley::postgres
