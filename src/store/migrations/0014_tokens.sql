-- A token that was made with another ends with that one at the latest; an act that waits for approval says what it is about; a root is trusted for
-- timestamps, for signatures, or both.

-- parent: the token that it was made with; NULL: none, or before this was kept. made_on: the server's own user, as the audit log has him, who made it or the first
-- of those above it; NULL: an operator in the console (made_by), or before this was kept.
ALTER TABLE operator_token ADD COLUMN parent TEXT REFERENCES operator_token (id);
ALTER TABLE operator_token ADD COLUMN made_on TEXT;
CREATE INDEX operator_token_parent ON operator_token (parent);

-- What it was about when it was asked for, as JSON: what it names may be gone by the time somebody looks. NULL: nothing, or before this was kept.
ALTER TABLE approval ADD COLUMN about TEXT;

-- What a root of another authority is trusted for; those that are there were taken for timestamps.
ALTER TABLE tsa_root ADD COLUMN for_timestamps BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE tsa_root ADD COLUMN for_signatures BOOLEAN NOT NULL DEFAULT FALSE;
