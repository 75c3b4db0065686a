-- Keys of persons, wrapped with the master key. In a schema of their own, or in
-- a database of their own: backups of the journal hold no key then, and one
-- that was destroyed is gone for all of them.
CREATE SCHEMA IF NOT EXISTS parley_keys;
CREATE TABLE IF NOT EXISTS parley_keys.keys (
  subject uuid PRIMARY KEY,
  wrapped bytea,
  destroyed_at timestamptz,
  CHECK ((wrapped IS NULL) <> (destroyed_at IS NULL))
);
