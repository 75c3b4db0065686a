-- Copies of do-not-call lists: the national one and those that states keep.
-- A copy's age counts from the list's own date, not from its import. At most
-- one copy of each list is active, and at most one is coming in.
ALTER TABLE national_lists RENAME TO dnc_lists;
ALTER TABLE national_dnc RENAME TO dnc_numbers;
ALTER TABLE dnc_lists ADD COLUMN name TEXT NOT NULL DEFAULT 'national';
ALTER TABLE dnc_lists ADD COLUMN date INSTANT INTEGER NOT NULL DEFAULT 0;
UPDATE dnc_lists SET date = imported_at;
-- Early imports kept the country code, so that no number was ever found.
UPDATE dnc_numbers SET number = number - 10000000000 WHERE number BETWEEN 12000000000 AND 19999999999;
