-- The store on PostgreSQL. Sealed columns (bytea) are encrypted with a key of
-- the person that they are about; the keys lie in a schema of their own, made
-- beside this one, so that backups of the two can be kept apart.

-- Words whose capitals do not matter: names, addresses, target filters.
CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);

CREATE TABLE meta (
  key text PRIMARY KEY,
  value text NOT NULL
);

-- Who may write a shard: an append takes the row FOR SHARE and is refused with
-- another epoch. A claim raises the epoch, which waits for open appends.
CREATE TABLE shards (
  shard smallint PRIMARY KEY,
  epoch bigint NOT NULL
);

-- Each process that writes: the position of its last commit tells it whether a
-- commit was made whose answer was lost.
CREATE TABLE writers (
  id uuid PRIMARY KEY,
  host text NOT NULL,
  process integer NOT NULL,
  position bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);
CREATE SEQUENCE positions AS bigint;

-- One row per aggregate, with its state after the last event. The state is
-- kept as it was written (json, not jsonb), so that replay can be compared.
CREATE TABLE streams (
  id uuid PRIMARY KEY,
  kind text NOT NULL,
  version bigint NOT NULL,
  shard smallint NOT NULL REFERENCES shards (shard),
  state json NOT NULL,
  personal_state bytea
) WITH (fillfactor = 80);

-- Only ever appended to. No foreign key of `stream`: the one statement that
-- writes events has just written their streams' rows, versions checked, and
-- nothing deletes a stream; a key would look up and lock that row again for
-- each event.
CREATE TABLE events (
  position bigint GENERATED ALWAYS AS IDENTITY,
  stream uuid NOT NULL,
  version bigint NOT NULL,
  type text NOT NULL,
  data json NOT NULL,
  personal bytea,
  at timestamptz NOT NULL,
  PRIMARY KEY (stream, version)
);
CREATE UNIQUE INDEX events_by_position ON events (position);

CREATE TABLE prospects (
  id uuid PRIMARY KEY,
  source text NOT NULL,
  crm_id text NOT NULL,
  name text NOT NULL,
  email text NOT NULL,
  phone text NOT NULL,
  extension text NOT NULL,
  company text NOT NULL,
  role text NOT NULL,
  timezone text NOT NULL,
  state text NOT NULL,
  postal_code text NOT NULL,
  consent_type text NOT NULL,
  consent_at text NOT NULL,
  consent_source text NOT NULL,
  consent_text text NOT NULL,
  consent_seller text NOT NULL,
  notes text NOT NULL,
  attributes jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  shard smallint NOT NULL
);
CREATE INDEX prospects_by_crm_id ON prospects (crm_id, source) WHERE crm_id <> '';
CREATE INDEX prospects_by_contact ON prospects (phone, email COLLATE nocase);
CREATE INDEX prospects_by_email ON prospects (email COLLATE nocase);
CREATE INDEX prospects_by_shard ON prospects (shard, id);

CREATE TABLE campaigns (
  id uuid PRIMARY KEY,
  name text NOT NULL UNIQUE,
  status text NOT NULL DEFAULT 'draft',
  target_filters jsonb NOT NULL DEFAULT '{}',
  min_probability_threshold integer NOT NULL DEFAULT 50,
  call_script_template text NOT NULL DEFAULT '',
  settings jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL,
  started_at timestamptz,
  completed_at timestamptz
);

CREATE TABLE enrolments (
  campaign_id uuid NOT NULL REFERENCES campaigns (id),
  prospect_id uuid NOT NULL REFERENCES prospects (id),
  state text NOT NULL,
  probability integer,
  strategy bytea,
  attempts integer NOT NULL DEFAULT 0,
  next_due timestamptz,
  last_disposition text NOT NULL DEFAULT 'none',
  reason text NOT NULL DEFAULT '',
  updated_at timestamptz NOT NULL,
  shard smallint NOT NULL,
  PRIMARY KEY (campaign_id, prospect_id)
) WITH (fillfactor = 80);
CREATE INDEX enrolments_by_prospect ON enrolments (prospect_id);
CREATE INDEX enrolments_by_state ON enrolments (campaign_id, state, shard);

CREATE TABLE calls (
  id uuid PRIMARY KEY,
  campaign_id uuid REFERENCES campaigns (id),
  prospect_id uuid REFERENCES prospects (id),
  call_sid text UNIQUE,
  status text NOT NULL,
  initiated_at timestamptz NOT NULL,
  connected_at timestamptz,
  ended_at timestamptz,
  duration_seconds integer NOT NULL DEFAULT 0,
  transcript bytea,
  sentiment_score double precision NOT NULL DEFAULT 0,
  outcome text NOT NULL DEFAULT 'none',
  meeting_booked boolean NOT NULL DEFAULT false,
  recording_url text NOT NULL DEFAULT '',
  metadata bytea,
  created_at timestamptz NOT NULL,
  shard smallint NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX calls_by_campaign ON calls (campaign_id, initiated_at);
CREATE INDEX calls_by_status ON calls (campaign_id, status, initiated_at);
CREATE INDEX calls_by_prospect ON calls (prospect_id, initiated_at);
CREATE INDEX calls_open ON calls (shard) WHERE ended_at IS NULL;

CREATE TABLE account_managers (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  email text NOT NULL,
  specialty text NOT NULL,
  timezone text NOT NULL,
  working_hours text NOT NULL,
  calendar_id text NOT NULL,
  meeting_link text NOT NULL,
  crm_owner_id text NOT NULL,
  phone text NOT NULL DEFAULT ''
);

-- Calls and account managers of other shards may be written later, hence no
-- reference to them.
CREATE TABLE meetings (
  id uuid PRIMARY KEY,
  call_id uuid,
  prospect_id uuid REFERENCES prospects (id),
  account_manager_id uuid,
  scheduled_at timestamptz NOT NULL,
  duration_minutes integer NOT NULL DEFAULT 30,
  meeting_type text NOT NULL,
  calendar_event_id text NOT NULL,
  status text NOT NULL DEFAULT 'scheduled',
  zoom_link text NOT NULL,
  created_at timestamptz NOT NULL,
  sequence integer NOT NULL DEFAULT 0,
  papers bytea
);
CREATE INDEX meetings_by_time ON meetings (scheduled_at);
CREATE INDEX meetings_by_prospect ON meetings (prospect_id);
CREATE INDEX meetings_by_call ON meetings (call_id);
CREATE INDEX meetings_by_manager ON meetings (account_manager_id, scheduled_at);

-- `embedding` lies open, since sealed vectors could not be searched. The node
-- makes it a vector(1536) with an index where pgvector is installed.
CREATE TABLE agent_context (
  id uuid PRIMARY KEY,
  prospect_id uuid NOT NULL REFERENCES prospects (id),
  context_type text NOT NULL,
  content bytea NOT NULL,
  embedding real[],
  metadata bytea NOT NULL,
  created_at timestamptz NOT NULL,
  embedder text COLLATE "C" NOT NULL DEFAULT ''
);
CREATE INDEX agent_context_by_prospect ON agent_context (prospect_id, created_at);
CREATE INDEX agent_context_by_embedder ON agent_context (embedder, created_at, id);

-- One row per run of the compliance gate, whatever it said.
CREATE TABLE compliance_ledger (
  id uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  campaign_id uuid,
  prospect_id uuid,
  line uuid NOT NULL,
  call_id uuid,
  verdict text NOT NULL,
  reason text NOT NULL,
  sentence text NOT NULL,
  source text NOT NULL,
  data_version text NOT NULL,
  rules jsonb NOT NULL,
  earliest_next timestamptz
);
CREATE INDEX compliance_ledger_by_prospect ON compliance_ledger (prospect_id, at);
CREATE INDEX compliance_ledger_by_campaign ON compliance_ledger (campaign_id, at);
CREATE INDEX compliance_ledger_by_call ON compliance_ledger (call_id) WHERE call_id IS NOT NULL;

-- Our own do-not-call list: keyed hashes of numbers, which outlive an erasure.
CREATE TABLE suppressions (
  line uuid PRIMARY KEY,
  source text NOT NULL,
  reason text NOT NULL,
  at timestamptz NOT NULL,
  removed boolean NOT NULL DEFAULT false
);

-- Copies of do-not-call lists: the national one and those that states keep. A
-- copy's age counts from the list's own date, not from its import. At most one
-- copy of each list is active, and at most one is coming in; the numbers of a
-- retired one are cleared away bit by bit.
CREATE TABLE dnc_lists (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL DEFAULT 'national',
  version text NOT NULL,
  date timestamptz NOT NULL,
  imported_at timestamptz NOT NULL,
  numbers bigint NOT NULL DEFAULT 0,
  status text NOT NULL CHECK (status IN ('incoming', 'active', 'retired', 'cleared'))
);
CREATE UNIQUE INDEX dnc_lists_active ON dnc_lists (name) WHERE status = 'active';
CREATE UNIQUE INDEX dnc_lists_incoming ON dnc_lists (name) WHERE status = 'incoming';
CREATE TABLE dnc_numbers (
  list bigint NOT NULL,
  number bigint NOT NULL,
  PRIMARY KEY (list, number)
);

-- When to wake a prospect for a campaign. How many sleep is counted as rows
-- come and go, since counting them would cost more the more of them sleep.
CREATE TABLE due (
  campaign_id uuid NOT NULL,
  prospect_id uuid NOT NULL,
  shard smallint NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (campaign_id, prospect_id)
);
CREATE INDEX due_by_time ON due (shard, campaign_id, at);
CREATE TABLE due_counts (
  campaign_id uuid NOT NULL,
  shard smallint NOT NULL,
  asleep bigint NOT NULL,
  PRIMARY KEY (campaign_id, shard)
) WITH (fillfactor = 50);
-- In the order of the keys, so that two writers never wait for each other.
CREATE FUNCTION due_counts_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO due_counts AS c (campaign_id, shard, asleep)
    SELECT campaign_id, shard, count(*) FROM changed GROUP BY campaign_id, shard ORDER BY campaign_id, shard
    ON CONFLICT (campaign_id, shard) DO UPDATE SET asleep = c.asleep + excluded.asleep;
  RETURN NULL;
END $$;
CREATE FUNCTION due_counts_down() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO due_counts AS c (campaign_id, shard, asleep)
    SELECT campaign_id, shard, -count(*) FROM changed GROUP BY campaign_id, shard ORDER BY campaign_id, shard
    ON CONFLICT (campaign_id, shard) DO UPDATE SET asleep = c.asleep + excluded.asleep;
  RETURN NULL;
END $$;
CREATE TRIGGER due_counts_up AFTER INSERT ON due
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION due_counts_up();
CREATE TRIGGER due_counts_down AFTER DELETE ON due
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION due_counts_down();

-- Deliveries outside. A done one keeps its row, without payload, so that the
-- same id is not delivered again; a dropped one says who gave it up and why.
CREATE TABLE outbox (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id uuid NOT NULL UNIQUE,
  prospect_id uuid,
  shard smallint NOT NULL,
  kind text NOT NULL,
  payload bytea,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'parked', 'dropped')),
  tries integer NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL,
  detail text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  dropped_by text NOT NULL DEFAULT '',
  dropped_at timestamptz,
  drop_reason text NOT NULL DEFAULT '',
  object text NOT NULL DEFAULT ''
);
CREATE INDEX outbox_waiting ON outbox (shard, position) WHERE state = 'waiting';
CREATE INDEX outbox_by_prospect ON outbox (prospect_id, position) WHERE state = 'waiting';
CREATE INDEX outbox_parked ON outbox (position) WHERE state = 'parked';
CREATE INDEX outbox_by_object ON outbox (object, position) WHERE object <> '';

-- Webhooks, stored before they are acknowledged. They belong to no shard: any
-- node may take them in.
CREATE TABLE inbox (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  call_id uuid NOT NULL,
  sid text NOT NULL,
  kind text NOT NULL,
  sequence bigint NOT NULL,
  at timestamptz NOT NULL,
  event jsonb NOT NULL,
  raw bytea NOT NULL,
  UNIQUE (sid, kind, sequence)
);
CREATE INDEX inbox_by_call ON inbox (call_id, position);

-- Recordings, sealed; the carrier's copy is deleted once ours is here.
CREATE TABLE recordings (
  call_id uuid PRIMARY KEY,
  prospect_id uuid NOT NULL,
  recording_sid text NOT NULL,
  content_type text NOT NULL,
  duration_seconds integer NOT NULL DEFAULT 0,
  audio bytea NOT NULL,
  created_at timestamptz NOT NULL
);
ALTER TABLE recordings ALTER COLUMN audio SET STORAGE EXTERNAL; -- sealed bytes do not compress
