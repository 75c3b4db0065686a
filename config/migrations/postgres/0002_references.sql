-- References that were missing, and why others are missing for good. A row
-- that an older Parley left without its counterpart stays; new ones are
-- refused. No index is made for them: nothing here is ever deleted from the
-- tables that they lead to.

-- Whoever sleeps is enrolled: the two rows are written by one append, the
-- enrolment first. Only a new row is checked; a later time of the same sleeper
-- changes no key.
ALTER TABLE due ADD CONSTRAINT due_enrolment
  FOREIGN KEY (campaign_id, prospect_id) REFERENCES enrolments (campaign_id, prospect_id) NOT VALID;

-- Whom a delivery is about is known before anything is delivered; a null is a
-- delivery about nobody.
ALTER TABLE outbox ADD CONSTRAINT outbox_prospect
  FOREIGN KEY (prospect_id) REFERENCES prospects (id) NOT VALID;

-- A recording comes home after its call has ended.
ALTER TABLE recordings ADD CONSTRAINT recordings_call
  FOREIGN KEY (call_id) REFERENCES calls (id) NOT VALID;
ALTER TABLE recordings ADD CONSTRAINT recordings_prospect
  FOREIGN KEY (prospect_id) REFERENCES prospects (id) NOT VALID;

-- Rows that are there already: where all are sound, the database may rely on it.
DO $$
DECLARE
  one record;
BEGIN
  FOR one IN SELECT conrelid::regclass AS owner, conname AS name FROM pg_constraint
    WHERE conrelid IN ('due'::regclass, 'outbox'::regclass, 'recordings'::regclass) AND contype = 'f'
      AND NOT convalidated
  LOOP
    BEGIN
      EXECUTE format('ALTER TABLE %s VALIDATE CONSTRAINT %I', one.owner, one.name);
    EXCEPTION WHEN foreign_key_violation THEN
      RAISE WARNING 'table % has older rows that break %; new ones are checked', one.owner, one.name;
    END;
  END LOOP;
END $$;

-- References that are left out on purpose. The comments stand in the database,
-- too, for whoever wonders there.
COMMENT ON COLUMN inbox.call_id IS
  'no foreign key: any node takes webhooks in, before it answers them, and one may name a call that is not known yet or never was';
COMMENT ON COLUMN compliance_ledger.campaign_id IS
  'no foreign key: the ledger is the proof of why somebody was called or not; it stands by itself and outlives what it names';
COMMENT ON COLUMN compliance_ledger.prospect_id IS 'no foreign key, as campaign_id';
COMMENT ON COLUMN compliance_ledger.call_id IS 'no foreign key, as campaign_id';
COMMENT ON COLUMN due_counts.campaign_id IS
  'no foreign key: made by triggers from due, whose rows have theirs';
COMMENT ON COLUMN meetings.call_id IS
  'no foreign key: the call lies in another shard, whose append may be written later';
COMMENT ON COLUMN meetings.account_manager_id IS 'no foreign key, as call_id';
COMMENT ON COLUMN dnc_numbers.list IS
  'no foreign key: hundreds of millions of rows, copied in and cleared away by their list alone';

-- What is known of a call beside its columns and is not personal, for people
-- who ask in SQL: calls.metadata has the same and what was noted and concluded
-- of the talk, and is sealed for that.
CREATE VIEW call_metadata AS
  SELECT id AS call_id,
         jsonb_build_object('attempt', state -> 'attempt', 'answered_by', state -> 'who',
                            'carrier_status', state -> 'status', 'sip_code', state -> 'sip_code',
                            'reason', state -> 'wish_reason', 'stage', state -> 'stage',
                            'transfer', state -> 'transfer', 'message', state -> 'message',
                            'recording', state -> 'recording') AS metadata
    FROM streams WHERE kind = 'call';
