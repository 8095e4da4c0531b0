-- A token that was made with another ends with that one at the latest; an act that waits for approval says what it is about.

-- parent: the token that it was made with; NULL: none, or before this was kept. made_on: the server's own user, as the audit log has him, who made it or the first
-- of those above it; NULL: an operator in the console (made_by), or before this was kept.
ALTER TABLE operator_token ADD COLUMN parent TEXT REFERENCES operator_token (id);
ALTER TABLE operator_token ADD COLUMN made_on TEXT;
CREATE INDEX operator_token_parent ON operator_token (parent);

-- What it was about when it was asked for, as JSON: what it names may be gone by the time somebody looks. NULL: nothing, or before this was kept.
ALTER TABLE approval ADD COLUMN about TEXT;
