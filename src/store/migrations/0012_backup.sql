-- Backups: those that were made, when they are made by themselves, and who may fetch one.

-- file: its name in the directory of backups. cause: manual or scheduled. size, digest (SM3 of the file): once it is done. error: the code of what
-- ended it. verified_at, finding: of the last time that it was read whole ("ok", or a code). made_by: as in the audit log.
CREATE TABLE backup (
    id BLOB PRIMARY KEY,
    scope TEXT NOT NULL CHECK (scope IN ('configuration', 'all')),
    cause TEXT NOT NULL CHECK (cause IN ('manual', 'scheduled')),
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'removed')),
    file TEXT NOT NULL,
    size BIGINT,
    digest BLOB,
    error TEXT,
    made_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    verified_at BIGINT,
    finding TEXT
);
CREATE INDEX backup_created ON backup (created_at);

-- One row. minute: of the hospital's day. weekday: 1 Monday to 7 Sunday, of a weekly schedule. keep: so many scheduled ones.
-- sealed_passphrase NULL: there is none. changed_at: what was due before is not made up for.
CREATE TABLE backup_setting (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    schedule TEXT NOT NULL CHECK (schedule IN ('off', 'daily', 'weekly')),
    minute BIGINT NOT NULL,
    weekday BIGINT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('configuration', 'all')),
    keep BIGINT NOT NULL,
    sealed_passphrase BLOB,
    version BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
INSERT INTO backup_setting (id, schedule, minute, weekday, scope, keep, version, changed_at)
VALUES (1, 'off', 150, 7, 'all', 7, 1, 0);

-- From the console somebody else approves a download; then the one who asked may fetch it until expires_at.
CREATE TABLE backup_permit (
    backup_id BLOB NOT NULL REFERENCES backup (id),
    operator_id BLOB NOT NULL REFERENCES operator (id),
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (backup_id, operator_id)
);
