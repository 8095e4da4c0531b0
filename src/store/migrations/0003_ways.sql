-- What the further ways of signing need: idempotent creation, policy, refreshed and renewed keys, workstations and authorisations,
-- scanning, callbacks.

-- What a create made under an idempotency key: the same key with the same request gives that again. actor: as in the audit log.
CREATE TABLE idempotency (
    actor TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_digest BLOB NOT NULL,
    made BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (actor, idempotency_key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);

-- What the hospital decides while the server runs; a name that has no row has its default.
CREATE TABLE policy (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);

-- The P1 of shares that a refresh replaced: a proof under one of them is a clone alarm.
CREATE TABLE retired_share (
    key_id BLOB NOT NULL REFERENCES device_key (id),
    retired_at BIGINT NOT NULL,
    sealed_p1 BLOB NOT NULL,
    PRIMARY KEY (key_id, retired_at)
);

-- A new certificate for the same key (renew), or leave to put another key in its place (rekey): signed for under the key's PIN. enrolment_id: in
-- which the other key is made; public_key: of the key that leave was given for. serial: of the certificate that was
-- issued (renew).
CREATE TABLE renewal (
    id BLOB PRIMARY KEY,
    key_id BLOB NOT NULL REFERENCES device_key (id),
    kind TEXT NOT NULL CHECK (kind IN ('renew', 'rekey')),
    enrolment_id BLOB REFERENCES enrolment (id),
    public_key BLOB,
    serial BLOB,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'closed')),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX renewal_key ON renewal (key_id, state);
CREATE INDEX renewal_open ON renewal (expires_at) WHERE state = 'open';
CREATE INDEX renewal_enrolment ON renewal (enrolment_id) WHERE enrolment_id IS NOT NULL;

-- A registered workstation. public_key: of its installation, SM2, certified when it is registered. tries: wrong codes.
CREATE TABLE workstation (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    place TEXT NOT NULL,
    public_key BLOB,
    certificate BLOB,
    code_hash BLOB NOT NULL,
    tries BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('offered', 'active', 'removed')),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX workstation_name ON workstation (name) WHERE state <> 'removed';

-- id: auth_id, the key id under which the workstation signs; it is never given up, so none is used twice. scope: while offered, what the
-- workstation asks for; then the exact bytes that the phone showed. count_left: of the scope's count, taken with the claims.
-- method: how the person approved, by the device's word. expires_at: of the offer, then of the scope. sealed_share: d2' and P1', of no use without the pad in its file (service/
-- authorisation_share.h); gone when it is closed, as is sealed_for_workstation, which is the phone's, passed on. failures: wrong proofs.
CREATE TABLE authorisation (
    id BLOB PRIMARY KEY,
    workstation_id BLOB NOT NULL REFERENCES workstation (id),
    key_id BLOB REFERENCES device_key (id),
    user_id BLOB REFERENCES app_user (id),
    pk_w BLOB NOT NULL,
    scope BLOB,
    count_left BIGINT,
    count_used BIGINT NOT NULL DEFAULT 0,
    sealed_share BLOB,
    sealed_for_workstation BLOB,
    method TEXT CHECK (method IN ('pin', 'fingerprint')),
    state TEXT NOT NULL CHECK (
        state = 'offered' OR state = 'active' OR state = 'closed' OR state = 'expired' OR state = 'exhausted'),
    failures BIGINT NOT NULL DEFAULT 0,
    open_sid BLOB,
    open_until BIGINT,
    created_at BIGINT NOT NULL,
    approved_at BIGINT,
    expires_at BIGINT NOT NULL,
    closed_at BIGINT,
    closed_by TEXT
);
CREATE INDEX authorisation_key ON authorisation (key_id, state);
CREATE INDEX authorisation_user ON authorisation (user_id, id);
CREATE INDEX authorisation_workstation ON authorisation (workstation_id, state);
CREATE INDEX authorisation_unfinished ON authorisation (expires_at) WHERE closed_at IS NULL;
CREATE INDEX authorisation_made ON authorisation (created_at, id);
CREATE INDEX authorisation_state ON authorisation (state, created_at, id);

-- Something that a phone scans or types: a login, tasks to be signed, an enrolment. id: of a login also its task's. user_id: who alone
-- may scan it (NULL: anybody); scanned_by: who did; enrolment_id: of the device that did, or (kind enrol) what was offered to it.
-- sealed_secret: of the codes that change. number: what both screens must show where the code was typed. state: as far as the session
-- itself goes; what became of a scanned one stands in its task or enrolment.
CREATE TABLE scan (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('login', 'sign', 'enrol')),
    system_id BLOB REFERENCES system (id),
    user_id BLOB REFERENCES app_user (id),
    scanned_by BLOB REFERENCES app_user (id),
    enrolment_id BLOB REFERENCES enrolment (id),
    task_id BLOB REFERENCES task (id),
    batch_id BLOB,
    sealed_secret BLOB NOT NULL,
    short_code TEXT,
    number BIGINT,
    nonce TEXT,
    purpose TEXT NOT NULL DEFAULT '',
    assertion TEXT,
    reason TEXT,
    state TEXT NOT NULL CHECK (
        state = 'open' OR state = 'scanned' OR state = 'declined' OR state = 'cancelled' OR state = 'expired'),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE UNIQUE INDEX scan_short_code ON scan (short_code) WHERE finished_at IS NULL;
CREATE INDEX scan_unfinished ON scan (expires_at) WHERE finished_at IS NULL;

-- Where a business system wants to hear of what happened to its tasks; kind push: a service that wakes phones, and learns no more
-- than whom. place: its number among its system's endpoints (of the push endpoints), below 4. events: a bit an event
-- (src/service/callback_queue.h). sealed_secret: of the HMAC; sealed_previous: the one before it, which still signs until previous_until.
CREATE TABLE callback_endpoint (
    id BLOB PRIMARY KEY,
    system_id BLOB REFERENCES system (id),
    kind TEXT NOT NULL CHECK (kind IN ('system', 'push')),
    place BIGINT NOT NULL,
    url TEXT NOT NULL,
    events BIGINT NOT NULL,
    sealed_secret BLOB NOT NULL,
    sealed_previous BLOB,
    previous_until BIGINT,
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended', 'removed')),
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX callback_endpoint_place ON callback_endpoint (system_id, place) WHERE state <> 'removed';
CREATE UNIQUE INDEX callback_endpoint_push ON callback_endpoint (place) WHERE kind = 'push' AND state <> 'removed';

-- One message to one endpoint. subject: the task (or user) it is about; sequence: grows with each message about the same subject.
-- queued_at: when it was made, or sent anew; next_at: the next try.
CREATE TABLE callback (
    id BLOB PRIMARY KEY,
    endpoint_id BLOB NOT NULL REFERENCES callback_endpoint (id),
    subject BLOB NOT NULL,
    sequence BIGINT NOT NULL,
    event TEXT NOT NULL,
    happened_at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state = 'queued' OR state = 'delivered' OR state = 'failed'),
    tries BIGINT NOT NULL,
    queued_at BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    finished_at BIGINT,
    last_status BIGINT,
    last_error TEXT
);
CREATE INDEX callback_subject ON callback (subject, endpoint_id, sequence);
-- With the id: all that waits for an endpoint is due at one moment, once it answers again, and the first few are taken in order.
CREATE INDEX callback_due ON callback (endpoint_id, next_at, id) WHERE finished_at IS NULL;
CREATE INDEX callback_finished ON callback (finished_at) WHERE finished_at IS NOT NULL;
