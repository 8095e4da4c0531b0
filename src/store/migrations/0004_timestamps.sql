-- The timestamp server: its units, the log of what they issued, the clock's history, who may ask, whom else it trusts.

-- A timestamp unit: a key and its certificate. chain: the certificates above it, DER, issuer first. sealed_key: of SM2 the 32-byte
-- scalar, else PKCS#8; empty of a retired one, which never signs again. limit_us: how far its clock may be off at the most. time_digits: of a
-- token's seconds. revoked_at, reason: of a retired one's certificate, which goes on the issuing CA's list if it is an SM2 unit's. What tokens
-- are rebuilt from never changes: algorithm, certificate, chain, ordering, time_digits; a new certificate is a new unit.
CREATE TABLE tsa_unit (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    algorithm TEXT NOT NULL CHECK (algorithm IN ('sm2', 'p256', 'rsa')),
    certificate BLOB NOT NULL,
    chain BLOB NOT NULL,
    sealed_key BLOB NOT NULL,
    limit_us BIGINT NOT NULL,
    time_digits BIGINT NOT NULL,
    ordering BOOLEAN NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'stopped', 'retired')),
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    reason BIGINT
);
CREATE UNIQUE INDEX tsa_unit_name ON tsa_unit (name) WHERE state <> 'retired';

-- The built-in CAs of units whose clients know no SM2 (the SM2 unit's is the issuing CA of the table ca).
CREATE TABLE tsa_authority (
    algorithm TEXT PRIMARY KEY CHECK (algorithm IN ('p256', 'rsa')),
    certificate BLOB NOT NULL,
    sealed_key BLOB NOT NULL,
    created_at BIGINT NOT NULL
);

-- Every token issued, with all that its signature covers: the token itself can be written again from it (service/token_log.h).
-- client: "anonymous", "system:<id>", "server". demonstration: the clock was trusted as it was, and the policy says so. policy: content
-- octets of the identifier; NULL: this product's own for gm and demonstration. certificates: the token carries them. block: tokens counted by
-- thousands as they come (service/token_log.h). Imprints are random: an index of all of them is written in as many places as there are
-- rows, and the more slowly the longer it is; within a block they lie together.
CREATE TABLE token (
    serial BLOB PRIMARY KEY,
    unit_id BLOB NOT NULL,
    gm BOOLEAN NOT NULL,
    demonstration BOOLEAN NOT NULL,
    policy BLOB,
    certificates BOOLEAN NOT NULL,
    time_us BIGINT NOT NULL,
    accuracy_us BIGINT NOT NULL,
    hash TEXT NOT NULL,
    bare_hash BOOLEAN NOT NULL DEFAULT FALSE,
    imprint BLOB NOT NULL,
    nonce BLOB,
    client TEXT NOT NULL,
    origin TEXT NOT NULL,
    signature BLOB NOT NULL,
    block BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX token_time ON token (time_us);
CREATE INDEX token_client ON token (client, time_us);
CREATE INDEX token_imprint ON token (block, imprint);

-- Whole hours that are over, counted from the log; and what was refused, by PKIFailureInfo or error code.
CREATE TABLE token_hour (
    hour BIGINT NOT NULL,
    unit_id BLOB NOT NULL,
    client TEXT NOT NULL,
    tokens BIGINT NOT NULL,
    PRIMARY KEY (hour, unit_id, client)
);
CREATE TABLE token_refusal (
    hour BIGINT NOT NULL,
    client TEXT NOT NULL,
    reason TEXT NOT NULL,
    refusals BIGINT NOT NULL,
    PRIMARY KEY (hour, client, reason)
);

-- The timestamp of a finished signature. serial: NULL while it is still to be made (the time was not available).
CREATE TABLE signature_stamp (
    task_id BLOB PRIMARY KEY,
    serial BLOB,
    asked_at BIGINT NOT NULL
);
CREATE INDEX signature_stamp_open ON signature_stamp (asked_at) WHERE serial IS NULL;

-- What the clock was found to be whenever that changed, and at least once an hour: a chain, each row signed with the row before it.
CREATE TABLE clock_history (
    sequence BIGINT PRIMARY KEY,
    at_us BIGINT NOT NULL,
    state TEXT NOT NULL,
    statement TEXT NOT NULL,
    signature BLOB NOT NULL
);
CREATE INDEX clock_history_time ON clock_history (at_us);

-- The key that says what the time is (the clock's history, /v1/time): certified by the issuing CA.
CREATE TABLE time_signer (
    id BLOB PRIMARY KEY,
    certificate BLOB NOT NULL,
    sealed_key BLOB NOT NULL,
    created_at BIGINT NOT NULL
);

-- Who may ask for timestamps: a network ("10.1.0.0/16", in its one shortest form) or a business system, allowed or denied; deny wins.
-- per_minute: requests a minute of each client that the row admits; NULL: the server's own limit, 0: none.
CREATE TABLE tsa_access (
    id BLOB PRIMARY KEY,
    action TEXT NOT NULL CHECK (action IN ('allow', 'deny')),
    network TEXT,
    system_id BLOB REFERENCES system (id),
    per_minute BIGINT,
    note TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX tsa_access_network ON tsa_access (network, action);
CREATE UNIQUE INDEX tsa_access_system ON tsa_access (system_id, action);

-- Roots of other authorities whose timestamps are verified here, and the last lists that were given of theirs and of CAs below them.
CREATE TABLE tsa_root (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    certificate BLOB NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);
CREATE TABLE tsa_root_crl (
    root_id BLOB NOT NULL REFERENCES tsa_root (id),
    issuer BLOB NOT NULL,
    crl BLOB NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (root_id, issuer)
);

-- Finished signatures of this system's tasks are stamped.
ALTER TABLE system ADD COLUMN stamps BOOLEAN NOT NULL DEFAULT FALSE;
