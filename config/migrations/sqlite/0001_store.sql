-- The embedded store. Ids are 16 bytes, big-endian, so that the order of keys
-- is the order of time; instants are Unix milliseconds. The declared types
-- (UUID, INSTANT, JSON, SEALED, BOOLEAN) say what a column means, the second
-- word how SQLite keeps it. The views at the end show both as text.

CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value NOT NULL
) WITHOUT ROWID;

-- Who may write a shard: an append with another epoch is refused.
CREATE TABLE shards (
  shard INTEGER PRIMARY KEY,
  epoch INTEGER NOT NULL
);

-- One row per aggregate, with its state after the last event.
CREATE TABLE streams (
  id UUID BLOB PRIMARY KEY,
  kind TEXT NOT NULL,
  version INTEGER NOT NULL,
  shard INTEGER NOT NULL,
  last_event INTEGER NOT NULL,
  state JSON TEXT NOT NULL,
  personal_state SEALED BLOB
);

-- Only ever appended to. A stream's events are found along `previous`, from
-- `streams.last_event` on: an index by stream would have each event of a
-- commit touch a page of its own, which makes commits six times as large.
CREATE TABLE events (
  position INTEGER PRIMARY KEY,
  stream UUID BLOB NOT NULL,
  version INTEGER NOT NULL,
  previous INTEGER,
  type TEXT NOT NULL,
  data JSON TEXT NOT NULL,
  personal SEALED BLOB,
  at INSTANT INTEGER NOT NULL
);

CREATE TABLE prospects (
  id UUID BLOB PRIMARY KEY,
  source TEXT NOT NULL,
  crm_id TEXT NOT NULL,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  phone TEXT NOT NULL,
  extension TEXT NOT NULL,
  company TEXT NOT NULL,
  role TEXT NOT NULL,
  timezone TEXT NOT NULL,
  state TEXT NOT NULL,
  postal_code TEXT NOT NULL,
  consent_type TEXT NOT NULL,
  consent_at TEXT NOT NULL,
  consent_source TEXT NOT NULL,
  consent_text TEXT NOT NULL,
  consent_seller TEXT NOT NULL,
  notes TEXT NOT NULL,
  attributes JSON TEXT NOT NULL,
  created_at INSTANT INTEGER NOT NULL,
  updated_at INSTANT INTEGER NOT NULL,
  shard INTEGER NOT NULL
);
CREATE INDEX prospects_by_crm_id ON prospects (crm_id, source) WHERE crm_id <> '';
CREATE INDEX prospects_by_contact ON prospects (phone, email COLLATE NOCASE);
CREATE INDEX prospects_by_shard ON prospects (shard, id);

CREATE TABLE campaigns (
  id UUID BLOB PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL DEFAULT 'draft',
  target_filters JSON TEXT NOT NULL DEFAULT '{}',
  min_probability_threshold INTEGER NOT NULL DEFAULT 50,
  call_script_template TEXT NOT NULL DEFAULT '',
  settings JSON TEXT NOT NULL DEFAULT '{}',
  created_at INSTANT INTEGER NOT NULL,
  started_at INSTANT INTEGER,
  completed_at INSTANT INTEGER
);

CREATE TABLE enrolments (
  campaign_id UUID BLOB NOT NULL REFERENCES campaigns (id),
  prospect_id UUID BLOB NOT NULL REFERENCES prospects (id),
  state TEXT NOT NULL,
  probability INTEGER,
  strategy SEALED BLOB,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_due INSTANT INTEGER,
  last_disposition TEXT NOT NULL DEFAULT 'none',
  reason TEXT NOT NULL DEFAULT '',
  updated_at INSTANT INTEGER NOT NULL,
  shard INTEGER NOT NULL,
  PRIMARY KEY (campaign_id, prospect_id)
);
CREATE INDEX enrolments_by_prospect ON enrolments (prospect_id);
CREATE INDEX enrolments_by_state ON enrolments (campaign_id, state, shard);

CREATE TABLE calls (
  id UUID BLOB PRIMARY KEY,
  campaign_id UUID BLOB REFERENCES campaigns (id),
  prospect_id UUID BLOB REFERENCES prospects (id),
  call_sid TEXT UNIQUE,
  status TEXT NOT NULL,
  initiated_at INSTANT INTEGER NOT NULL,
  connected_at INSTANT INTEGER,
  ended_at INSTANT INTEGER,
  duration_seconds INTEGER NOT NULL DEFAULT 0,
  transcript SEALED BLOB,
  sentiment_score REAL NOT NULL DEFAULT 0,
  outcome TEXT NOT NULL DEFAULT 'none',
  meeting_booked BOOLEAN INTEGER NOT NULL DEFAULT 0,
  recording_url TEXT NOT NULL DEFAULT '',
  metadata SEALED BLOB,
  created_at INSTANT INTEGER NOT NULL,
  shard INTEGER NOT NULL
);
CREATE INDEX calls_by_campaign ON calls (campaign_id, initiated_at);
CREATE INDEX calls_by_prospect ON calls (prospect_id, initiated_at);
CREATE INDEX calls_open ON calls (shard) WHERE ended_at IS NULL;

CREATE TABLE account_managers (
  id UUID BLOB PRIMARY KEY,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  specialty TEXT NOT NULL,
  timezone TEXT NOT NULL,
  working_hours JSON TEXT NOT NULL,
  calendar_id TEXT NOT NULL,
  meeting_link TEXT NOT NULL,
  crm_owner_id TEXT NOT NULL
);

CREATE TABLE meetings (
  id UUID BLOB PRIMARY KEY,
  call_id UUID BLOB,
  prospect_id UUID BLOB REFERENCES prospects (id),
  account_manager_id UUID BLOB,
  scheduled_at INSTANT INTEGER NOT NULL,
  duration_minutes INTEGER NOT NULL DEFAULT 30,
  meeting_type TEXT NOT NULL,
  calendar_event_id TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'scheduled',
  zoom_link TEXT NOT NULL,
  created_at INSTANT INTEGER NOT NULL
);
CREATE INDEX meetings_by_time ON meetings (scheduled_at);
CREATE INDEX meetings_by_prospect ON meetings (prospect_id);
CREATE INDEX meetings_by_call ON meetings (call_id);

CREATE TABLE agent_context (
  id UUID BLOB PRIMARY KEY,
  prospect_id UUID BLOB NOT NULL REFERENCES prospects (id),
  context_type TEXT NOT NULL,
  content SEALED BLOB NOT NULL,
  embedding SEALED BLOB NOT NULL,
  metadata SEALED BLOB NOT NULL,
  created_at INSTANT INTEGER NOT NULL
);
CREATE INDEX agent_context_by_prospect ON agent_context (prospect_id, created_at);

-- One row per run of the compliance gate, whatever it said.
CREATE TABLE compliance_ledger (
  id UUID BLOB PRIMARY KEY,
  at INSTANT INTEGER NOT NULL,
  campaign_id UUID BLOB,
  prospect_id UUID BLOB,
  line UUID BLOB NOT NULL,
  call_id UUID BLOB,
  verdict TEXT NOT NULL,
  reason TEXT NOT NULL,
  sentence TEXT NOT NULL,
  source TEXT NOT NULL,
  data_version TEXT NOT NULL,
  rules JSON TEXT NOT NULL,
  earliest_next INSTANT INTEGER
);
CREATE INDEX compliance_ledger_by_prospect ON compliance_ledger (prospect_id, at);
CREATE INDEX compliance_ledger_by_campaign ON compliance_ledger (campaign_id, at);

-- Our own do-not-call list: keyed hashes of numbers, which outlive an erasure.
CREATE TABLE suppressions (
  line UUID BLOB PRIMARY KEY,
  source TEXT NOT NULL,
  reason TEXT NOT NULL,
  at INSTANT INTEGER NOT NULL,
  removed BOOLEAN INTEGER NOT NULL DEFAULT 0
);

-- Versions of the national list, kept as proof of what was checked when. At
-- most one is active, and at most one is coming in; the numbers of a retired
-- one are cleared away bit by bit.
CREATE TABLE national_lists (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  version TEXT NOT NULL,
  imported_at INSTANT INTEGER NOT NULL,
  numbers INTEGER NOT NULL DEFAULT 0,
  status TEXT NOT NULL CHECK (status IN ('incoming', 'active', 'retired', 'cleared'))
);
CREATE TABLE national_dnc (
  list INTEGER NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY (list, number)
) WITHOUT ROWID;

-- When to wake a prospect for a campaign. How many sleep is counted as rows
-- come and go, since counting them would cost more the more of them sleep.
CREATE TABLE due (
  campaign_id UUID BLOB NOT NULL,
  prospect_id UUID BLOB NOT NULL,
  shard INTEGER NOT NULL,
  at INSTANT INTEGER NOT NULL,
  PRIMARY KEY (campaign_id, prospect_id)
) WITHOUT ROWID;
CREATE INDEX due_by_time ON due (campaign_id, shard, at);
CREATE TABLE due_counts (
  campaign_id UUID BLOB NOT NULL,
  shard INTEGER NOT NULL,
  asleep INTEGER NOT NULL,
  PRIMARY KEY (campaign_id, shard)
) WITHOUT ROWID;
CREATE TRIGGER due_counts_up AFTER INSERT ON due BEGIN
  INSERT INTO due_counts VALUES (new.campaign_id, new.shard, 1)
    ON CONFLICT (campaign_id, shard) DO UPDATE SET asleep = asleep + 1;
END;
CREATE TRIGGER due_counts_down AFTER DELETE ON due BEGIN
  UPDATE due_counts SET asleep = asleep - 1 WHERE campaign_id = old.campaign_id AND shard = old.shard;
END;

-- Deliveries outside. A done one keeps its row, without payload, so that the
-- same id is not delivered again.
CREATE TABLE outbox (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  id UUID BLOB NOT NULL UNIQUE,
  prospect_id UUID BLOB,
  shard INTEGER NOT NULL,
  kind TEXT NOT NULL,
  payload SEALED BLOB,
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'parked')),
  tries INTEGER NOT NULL DEFAULT 0,
  due_at INSTANT INTEGER NOT NULL,
  detail TEXT NOT NULL DEFAULT '',
  created_at INSTANT INTEGER NOT NULL,
  updated_at INSTANT INTEGER NOT NULL
);
CREATE INDEX outbox_waiting ON outbox (shard, position) WHERE state = 'waiting';
CREATE INDEX outbox_by_prospect ON outbox (prospect_id, position) WHERE state = 'waiting';
CREATE INDEX outbox_parked ON outbox (position) WHERE state = 'parked';

-- Webhooks, stored before they are acknowledged.
CREATE TABLE inbox (
  position INTEGER PRIMARY KEY,
  call_id UUID BLOB NOT NULL,
  sid TEXT NOT NULL,
  kind TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  at INSTANT INTEGER NOT NULL,
  event JSON TEXT NOT NULL,
  raw SEALED BLOB NOT NULL,
  UNIQUE (sid, kind, sequence)
);
CREATE INDEX inbox_by_call ON inbox (call_id, position);

-- For people who look with sqlite3.

CREATE VIEW readable_campaigns AS SELECT
  lower(substr(hex(id),1,8)||'-'||substr(hex(id),9,4)||'-'||substr(hex(id),13,4)||'-'||substr(hex(id),17,4)||'-'||substr(hex(id),21)) AS id,
  name,
  status,
  min_probability_threshold,
  strftime('%Y-%m-%dT%H:%M:%fZ', created_at / 1000.0, 'unixepoch') AS created_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', started_at / 1000.0, 'unixepoch') AS started_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', completed_at / 1000.0, 'unixepoch') AS completed_at
FROM campaigns;

CREATE VIEW readable_prospects AS SELECT
  lower(substr(hex(id),1,8)||'-'||substr(hex(id),9,4)||'-'||substr(hex(id),13,4)||'-'||substr(hex(id),17,4)||'-'||substr(hex(id),21)) AS id,
  source,
  crm_id,
  name,
  email,
  phone,
  company,
  role,
  timezone,
  state,
  strftime('%Y-%m-%dT%H:%M:%fZ', created_at / 1000.0, 'unixepoch') AS created_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', updated_at / 1000.0, 'unixepoch') AS updated_at
FROM prospects;

CREATE VIEW readable_enrolments AS SELECT
  lower(substr(hex(campaign_id),1,8)||'-'||substr(hex(campaign_id),9,4)||'-'||substr(hex(campaign_id),13,4)||'-'||substr(hex(campaign_id),17,4)||'-'||substr(hex(campaign_id),21)) AS campaign_id,
  lower(substr(hex(prospect_id),1,8)||'-'||substr(hex(prospect_id),9,4)||'-'||substr(hex(prospect_id),13,4)||'-'||substr(hex(prospect_id),17,4)||'-'||substr(hex(prospect_id),21)) AS prospect_id,
  state,
  probability,
  attempts,
  strftime('%Y-%m-%dT%H:%M:%fZ', next_due / 1000.0, 'unixepoch') AS next_due,
  last_disposition,
  reason,
  strftime('%Y-%m-%dT%H:%M:%fZ', updated_at / 1000.0, 'unixepoch') AS updated_at
FROM enrolments;

CREATE VIEW readable_calls AS SELECT
  lower(substr(hex(id),1,8)||'-'||substr(hex(id),9,4)||'-'||substr(hex(id),13,4)||'-'||substr(hex(id),17,4)||'-'||substr(hex(id),21)) AS id,
  lower(substr(hex(campaign_id),1,8)||'-'||substr(hex(campaign_id),9,4)||'-'||substr(hex(campaign_id),13,4)||'-'||substr(hex(campaign_id),17,4)||'-'||substr(hex(campaign_id),21)) AS campaign_id,
  lower(substr(hex(prospect_id),1,8)||'-'||substr(hex(prospect_id),9,4)||'-'||substr(hex(prospect_id),13,4)||'-'||substr(hex(prospect_id),17,4)||'-'||substr(hex(prospect_id),21)) AS prospect_id,
  call_sid,
  status,
  strftime('%Y-%m-%dT%H:%M:%fZ', initiated_at / 1000.0, 'unixepoch') AS initiated_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', connected_at / 1000.0, 'unixepoch') AS connected_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', ended_at / 1000.0, 'unixepoch') AS ended_at,
  duration_seconds,
  sentiment_score,
  outcome,
  meeting_booked
FROM calls;

CREATE VIEW readable_meetings AS SELECT
  lower(substr(hex(id),1,8)||'-'||substr(hex(id),9,4)||'-'||substr(hex(id),13,4)||'-'||substr(hex(id),17,4)||'-'||substr(hex(id),21)) AS id,
  lower(substr(hex(call_id),1,8)||'-'||substr(hex(call_id),9,4)||'-'||substr(hex(call_id),13,4)||'-'||substr(hex(call_id),17,4)||'-'||substr(hex(call_id),21)) AS call_id,
  lower(substr(hex(prospect_id),1,8)||'-'||substr(hex(prospect_id),9,4)||'-'||substr(hex(prospect_id),13,4)||'-'||substr(hex(prospect_id),17,4)||'-'||substr(hex(prospect_id),21)) AS prospect_id,
  lower(substr(hex(account_manager_id),1,8)||'-'||substr(hex(account_manager_id),9,4)||'-'||substr(hex(account_manager_id),13,4)||'-'||substr(hex(account_manager_id),17,4)||'-'||substr(hex(account_manager_id),21)) AS account_manager_id,
  strftime('%Y-%m-%dT%H:%M:%fZ', scheduled_at / 1000.0, 'unixepoch') AS scheduled_at,
  duration_minutes,
  meeting_type,
  status,
  calendar_event_id,
  zoom_link
FROM meetings;

CREATE VIEW readable_compliance_ledger AS SELECT
  lower(substr(hex(id),1,8)||'-'||substr(hex(id),9,4)||'-'||substr(hex(id),13,4)||'-'||substr(hex(id),17,4)||'-'||substr(hex(id),21)) AS id,
  strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch') AS at,
  lower(substr(hex(campaign_id),1,8)||'-'||substr(hex(campaign_id),9,4)||'-'||substr(hex(campaign_id),13,4)||'-'||substr(hex(campaign_id),17,4)||'-'||substr(hex(campaign_id),21)) AS campaign_id,
  lower(substr(hex(prospect_id),1,8)||'-'||substr(hex(prospect_id),9,4)||'-'||substr(hex(prospect_id),13,4)||'-'||substr(hex(prospect_id),17,4)||'-'||substr(hex(prospect_id),21)) AS prospect_id,
  lower(substr(hex(call_id),1,8)||'-'||substr(hex(call_id),9,4)||'-'||substr(hex(call_id),13,4)||'-'||substr(hex(call_id),17,4)||'-'||substr(hex(call_id),21)) AS call_id,
  verdict,
  reason,
  sentence,
  source,
  data_version,
  strftime('%Y-%m-%dT%H:%M:%fZ', earliest_next / 1000.0, 'unixepoch') AS earliest_next
FROM compliance_ledger;

CREATE VIEW readable_events AS SELECT
  position,
  lower(substr(hex(stream),1,8)||'-'||substr(hex(stream),9,4)||'-'||substr(hex(stream),13,4)||'-'||substr(hex(stream),17,4)||'-'||substr(hex(stream),21)) AS stream,
  version,
  type,
  data,
  strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch') AS at
FROM events;

