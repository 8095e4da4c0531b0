-- People in the console: roles, operators, how they log in, their sessions, and acts that wait for a second person.

-- Custom roles; the built-in ones are the program's. permissions: names separated by spaces, empty for none.
CREATE TABLE role (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    permissions TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- A user with a role: role_id, or where that is NULL the built-in one of that name.
CREATE TABLE operator (
    id BLOB PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES app_user (id),
    role TEXT,
    role_id BLOB REFERENCES role (id),
    state TEXT NOT NULL CHECK (state = 'active' OR state = 'suspended' OR state = 'removed'),
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CHECK ((role IS NULL) <> (role_id IS NULL))
);
CREATE UNIQUE INDEX operator_user ON operator (user_id) WHERE state <> 'removed';
CREATE INDEX operator_role ON operator (role_id) WHERE role_id IS NOT NULL;

-- Logs in once. operator_id NULL: it makes the first administrator. secret_hash: SM3.
CREATE TABLE console_link (
    id BLOB PRIMARY KEY,
    operator_id BLOB REFERENCES operator (id),
    secret_hash BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX console_link_operator ON console_link (operator_id);

-- secret_hash: SM3 of the cookie's secret. seen_at: to the minute. ended_at NULL: it goes on, unless expires_at is over or nobody was seen for too long.
CREATE TABLE console_session (
    id BLOB PRIMARY KEY,
    operator_id BLOB NOT NULL REFERENCES operator (id),
    secret_hash BLOB NOT NULL,
    method TEXT NOT NULL CHECK (method = 'link' OR method = 'certificate' OR method = 'scan'),
    origin TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX console_session_open ON console_session (operator_id, id) WHERE ended_at IS NULL;
CREATE INDEX console_session_expiry ON console_session (expires_at);

-- What an operator logs in with: issued by the hospital's CA (serial), or another CA's, known by its fingerprint alone. fingerprint: SM3 of the DER.
CREATE TABLE operator_certificate (
    id BLOB PRIMARY KEY,
    operator_id BLOB NOT NULL REFERENCES operator (id),
    kind TEXT NOT NULL CHECK (kind = 'issued' OR kind = 'bound'),
    serial BLOB NOT NULL,
    fingerprint BLOB NOT NULL,
    certificate BLOB NOT NULL,
    not_before BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state = 'active' OR state = 'revoked'),
    revoked_at BIGINT,
    reason BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX operator_certificate_operator ON operator_certificate (operator_id, id);
CREATE UNIQUE INDEX operator_certificate_fingerprint ON operator_certificate (fingerprint) WHERE state = 'active';
CREATE INDEX operator_certificate_listed ON operator_certificate (serial) WHERE kind = 'issued' AND revoked_at IS NOT NULL;

-- A request that another person has to approve. act: its audit event. sealed_request: headers and body. status: of its answer, once it ran.
CREATE TABLE approval (
    id BLOB PRIMARY KEY,
    act TEXT NOT NULL,
    method TEXT NOT NULL,
    target TEXT NOT NULL,
    sealed_request BLOB NOT NULL,
    asked_by BLOB NOT NULL REFERENCES operator (id),
    decided_by BLOB REFERENCES operator (id),
    state TEXT NOT NULL CHECK (
        state = 'pending' OR state = 'approved' OR state = 'failed' OR state = 'rejected' OR state = 'withdrawn' OR state = 'expired'),
    reason TEXT,
    status BIGINT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    decided_at BIGINT
);
CREATE INDEX approval_pending ON approval (expires_at) WHERE state = 'pending';
CREATE INDEX approval_asker ON approval (asked_by, id);
