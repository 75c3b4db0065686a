-- Invitations count their changes, account managers have a number to hand
-- calls over to, and a vector knows whose it is.
ALTER TABLE meetings ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE meetings ADD COLUMN papers SEALED BLOB;
CREATE INDEX meetings_by_manager ON meetings (account_manager_id, scheduled_at);
ALTER TABLE account_managers ADD COLUMN phone TEXT NOT NULL DEFAULT '';
ALTER TABLE agent_context ADD COLUMN embedder TEXT NOT NULL DEFAULT '';
CREATE INDEX agent_context_by_embedder ON agent_context (embedder, created_at, id);
CREATE INDEX prospects_by_email ON prospects (email COLLATE NOCASE);

-- Recordings, sealed; the carrier's copy is deleted once ours is here.
CREATE TABLE recordings (
  call_id UUID BLOB PRIMARY KEY,
  prospect_id UUID BLOB NOT NULL,
  recording_sid TEXT NOT NULL,
  content_type TEXT NOT NULL,
  duration_seconds INTEGER NOT NULL DEFAULT 0,
  audio SEALED BLOB NOT NULL,
  created_at INSTANT INTEGER NOT NULL
);
