-- Lists and charts over years are answered from indexes that hold all that is asked: rows of signatures and certificates are wide.
DROP INDEX signature_signed;
CREATE INDEX signature_signed ON signature (signed_at, task_id, signer);

DROP INDEX certificate_state;
CREATE INDEX certificate_state ON certificate (state, not_after, profile, profile_version, user_id);
DROP INDEX certificate_created;
CREATE INDEX certificate_created ON certificate (created_at, serial, user_id, state, profile, not_after);
DROP INDEX certificate_not_after;
CREATE INDEX certificate_not_after ON certificate (not_after, serial, user_id, state, profile);

-- How many people there are in each state, and who the few are that are suspended.
CREATE INDEX app_user_state ON app_user (state, id);

CREATE INDEX token_hour_client ON token_hour (client, hour, tokens);
CREATE INDEX token_hour_unit ON token_hour (unit_id, hour, tokens);

-- What was refused is rare: nothing of it is written for what was not.
CREATE INDEX audit_refused ON audit (sequence) WHERE outcome <> 'ok';

-- So many rows of the audit log that are there in whole (src/service/audit_block.h), made from the log by housekeeping. block: the first one's is 0.
-- node: the root of their subtree. from_ms, to_ms: the earliest and the latest time among them. origins: a filter of their origins.
CREATE TABLE audit_block (
    block BIGINT PRIMARY KEY,
    node BLOB NOT NULL,
    from_ms BIGINT NOT NULL,
    to_ms BIGINT NOT NULL,
    origins BLOB NOT NULL
);

-- When an operator was last seen: sessions that are over stay for a while.
CREATE INDEX console_session_operator ON console_session (operator_id, seen_at);
