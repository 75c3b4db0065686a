-- A delivery that an operator gave up, with who did it, when and why; and the
-- outside object that a delivery writes as a whole, which a later one of the same
-- object overtakes. SQLite
-- cannot change a CHECK, so the table is made anew; positions stay, since they
-- are the order in which things are delivered.
CREATE TABLE outbox_new (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  id UUID BLOB NOT NULL UNIQUE,
  prospect_id UUID BLOB,
  shard INTEGER NOT NULL,
  kind TEXT NOT NULL,
  payload SEALED BLOB,
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'parked', 'dropped')),
  tries INTEGER NOT NULL DEFAULT 0,
  due_at INSTANT INTEGER NOT NULL,
  detail TEXT NOT NULL DEFAULT '',
  created_at INSTANT INTEGER NOT NULL,
  updated_at INSTANT INTEGER NOT NULL,
  dropped_by TEXT NOT NULL DEFAULT '',
  dropped_at INSTANT INTEGER,
  drop_reason TEXT NOT NULL DEFAULT '',
  object TEXT NOT NULL DEFAULT ''
);
INSERT INTO outbox_new (position, id, prospect_id, shard, kind, payload, state, tries, due_at, detail, created_at,
                        updated_at)
  SELECT position, id, prospect_id, shard, kind, payload, state, tries, due_at, detail, created_at, updated_at
  FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_new RENAME TO outbox;
CREATE INDEX outbox_waiting ON outbox (shard, position) WHERE state = 'waiting';
CREATE INDEX outbox_by_prospect ON outbox (prospect_id, position) WHERE state = 'waiting';
CREATE INDEX outbox_parked ON outbox (position) WHERE state = 'parked';
CREATE INDEX outbox_by_object ON outbox (object, position) WHERE object <> '';
