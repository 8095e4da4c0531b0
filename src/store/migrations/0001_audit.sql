-- The audit log: one row an act. sequence counts from 1 without gaps; leaf is the SM3 leaf hash of the row's canonical bytes
-- (src/audit/audit_row.h).
CREATE TABLE audit (
    sequence BIGINT PRIMARY KEY CHECK (sequence >= 1),
    time_ms BIGINT NOT NULL,
    event TEXT NOT NULL,
    outcome TEXT NOT NULL,
    actor TEXT,
    subject TEXT,
    origin TEXT,
    detail TEXT,
    leaf BLOB NOT NULL
);

-- One row: size and root of the tree after the last group commit, and their HMAC-SM3.
CREATE TABLE audit_head (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    size BIGINT NOT NULL,
    root BLOB NOT NULL,
    mac BLOB NOT NULL
);
