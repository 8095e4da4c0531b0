-- What the main job needs: people, devices, keys, certificates, business systems, tasks and signatures.
-- Ids are UUIDv7 (16 bytes) made by the application; times are Unix milliseconds; states are the architecture's words. The states
-- of keys and tasks are checked with OR: for IN with more than two values SQLite builds a table at every write.

-- One row, written to see whether anything can be (src/service/health.c).
CREATE TABLE health_probe (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    writes BIGINT NOT NULL
);

-- certificates: the single-certificate switch of this person; 'policy': as the hospital's policy says.
CREATE TABLE app_user (
    id BLOB PRIMARY KEY,
    staff_no TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended')),
    certificates TEXT NOT NULL DEFAULT 'policy' CHECK (certificates IN ('policy', 'single', 'many')),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE user_department (
    user_id BLOB NOT NULL REFERENCES app_user (id),
    place BIGINT NOT NULL,
    department TEXT NOT NULL,
    PRIMARY KEY (user_id, place)
);

CREATE TABLE device (
    id BLOB PRIMARY KEY,
    platform TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'removed')),
    created_at BIGINT NOT NULL
);

-- offered: a code was given out; open: the code was used, the key is being made; enrolled: there is a certificate.
CREATE TABLE enrolment (
    id BLOB PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES app_user (id),
    device_id BLOB REFERENCES device (id),
    code_hash BLOB NOT NULL,
    credential BLOB,
    state TEXT NOT NULL CHECK (state IN ('offered', 'open', 'enrolled', 'closed')),
    tries BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX enrolment_user ON enrolment (user_id, state);

-- sealed_share: d2 || P1 under the master key. serial: of its newest certificate. open_sid, open_until: the one sign request that
-- is open. failures: in a row, started anew by an unlock; failures_untold: those its user has not been told of at a signature.
-- issued_sid: of the server, for one request of R1, R3 or an authorisation. sealed_pending: the share and the values of a refresh
-- that is not confirmed; pending_rid names it, or the last one that was. alarmed_at: a retired share was used (clone alarm).
CREATE TABLE device_key (
    id BLOB PRIMARY KEY,
    enrolment_id BLOB NOT NULL REFERENCES enrolment (id),
    user_id BLOB NOT NULL REFERENCES app_user (id),
    public_key BLOB NOT NULL,
    sealed_share BLOB,
    serial BLOB,
    state TEXT NOT NULL CHECK (
        state = 'enrolling' OR state = 'active' OR state = 'locked' OR state = 'frozen' OR state = 'destroyed'),
    failures BIGINT NOT NULL,
    failures_since_refresh BIGINT NOT NULL,
    failures_untold BIGINT NOT NULL DEFAULT 0,
    open_sid BLOB,
    open_until BIGINT,
    issued_sid BLOB,
    issued_until BIGINT,
    sealed_pending BLOB,
    pending_rid BLOB,
    refreshed_at BIGINT NOT NULL,
    alarmed_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX device_key_enrolment ON device_key (enrolment_id);
CREATE INDEX device_key_user ON device_key (user_id);

CREATE TABLE ca (
    name TEXT PRIMARY KEY CHECK (name IN ('root', 'issuing')),
    certificate BLOB NOT NULL,
    sealed_key BLOB NOT NULL,
    created_at BIGINT NOT NULL
);

-- revoked_at: since when it is on the revocation list, frozen ones too. superseded without that: renewed, its key is still good.
-- unfrozen: how often it was taken off the list.
CREATE TABLE certificate (
    serial BLOB PRIMARY KEY,
    key_id BLOB NOT NULL REFERENCES device_key (id),
    user_id BLOB NOT NULL REFERENCES app_user (id),
    state TEXT NOT NULL CHECK (state IN ('active', 'frozen', 'revoked', 'superseded', 'expired')),
    certificate BLOB NOT NULL,
    not_before BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    revoked_at BIGINT,
    reason BIGINT,
    unfrozen BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);
CREATE INDEX certificate_key ON certificate (key_id);
CREATE INDEX certificate_user ON certificate (user_id);
CREATE INDEX certificate_state ON certificate (state, not_after);
CREATE INDEX certificate_listed ON certificate (serial) WHERE revoked_at IS NOT NULL;
CREATE INDEX certificate_unfrozen ON certificate (unfrozen) WHERE unfrozen > 0;

-- The newest list of each CA. changes: how often a certificate had been put on the list or taken off when it was made.
CREATE TABLE crl (
    issuer TEXT NOT NULL CHECK (issuer IN ('root', 'issuing')),
    number BIGINT NOT NULL,
    crl BLOB NOT NULL,
    changes BIGINT NOT NULL,
    this_update BIGINT NOT NULL,
    next_update BIGINT NOT NULL,
    PRIMARY KEY (issuer, number)
);

CREATE TABLE system (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended')),
    created_at BIGINT NOT NULL
);

CREATE TABLE system_credential (
    id TEXT PRIMARY KEY,
    system_id BLOB NOT NULL REFERENCES system (id),
    sealed_secret BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'revoked')),
    created_at BIGINT NOT NULL
);
CREATE INDEX system_credential_system ON system_credential (system_id);

CREATE TABLE operator_token (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    secret_hash BLOB NOT NULL,
    scopes TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'revoked')),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Nonces of signed requests that changed something, kept past a restart until they are too old to be replayed.
CREATE TABLE request_nonce (
    credential_id TEXT NOT NULL,
    nonce TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (credential_id, nonce)
);
CREATE INDEX request_nonce_expiry ON request_nonce (expires_at);

-- Tasks that were made in one call; size of them.
CREATE TABLE task_batch (
    id BLOB PRIMARY KEY,
    system_id BLOB NOT NULL REFERENCES system (id),
    title TEXT NOT NULL,
    size BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

-- kind login: its message is a login assertion that the server wrote. fields: JSON, [[label, value], ...], shown to the signer. digest: SM3 of the document (form raw: of the message itself).
-- after_task: this one waits until that one is signed. finished_at: when it came to its last state, NULL while waiting, pending or
-- claimed. reason: why it was declined, cancelled or withdrawn. priority: 0 normal, 1 high, 2 urgent. claim_*: the open or lapsed claim.
CREATE TABLE task (
    id BLOB PRIMARY KEY,
    system_id BLOB NOT NULL REFERENCES system (id),
    signer BLOB NOT NULL REFERENCES app_user (id),
    kind TEXT NOT NULL DEFAULT 'document' CHECK (kind IN ('document', 'login')),
    batch_id BLOB REFERENCES task_batch (id),
    batch_place BIGINT,
    after_task BLOB REFERENCES task (id),
    priority BIGINT NOT NULL DEFAULT 0,
    form TEXT NOT NULL CHECK (form = 'raw' OR form = 'digest' OR form = 'cms'),
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    fields TEXT NOT NULL DEFAULT '[]',
    record_type TEXT NOT NULL DEFAULT '',
    reference TEXT NOT NULL,
    media_type TEXT NOT NULL,
    digest BLOB NOT NULL,
    document_size BIGINT,
    department TEXT,
    state TEXT NOT NULL CHECK (
        state = 'waiting' OR state = 'pending' OR state = 'claimed' OR state = 'signed' OR state = 'withdrawn' OR
        state = 'declined' OR state = 'cancelled' OR state = 'expired'),
    reason TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    finished_at BIGINT,
    claim_key BLOB,
    claim_sid BLOB,
    claim_until BIGINT
);
CREATE INDEX task_system ON task (system_id, id);
CREATE INDEX task_reference ON task (system_id, reference, id);
CREATE INDEX task_of_batch ON task (batch_id, batch_place) WHERE batch_id IS NOT NULL;
CREATE INDEX task_after ON task (after_task) WHERE after_task IS NOT NULL;
-- Of unfinished tasks only: small however many were signed, and not touched when a claim changes the state.
CREATE INDEX task_unfinished_signer ON task (signer, priority DESC, id) WHERE finished_at IS NULL;
CREATE INDEX task_unfinished_expiry ON task (expires_at) WHERE finished_at IS NULL;

-- Kept until the task is finished, whichever way; tasks over one document have a copy each.
CREATE TABLE task_document (
    task_id BLOB PRIMARY KEY REFERENCES task (id),
    content BLOB NOT NULL
);

-- Written before an answer of S2 leaves: from here a signature may exist. key_id: the key's, or the authorisation's under which a
-- workstation signs. subject is a task, or that for which a certificate request is signed (an enrolment, a renewal). attributes: M of form cms.
-- method: how the person showed that it is he, by the device's word.
CREATE TABLE claim (
    key_id BLOB NOT NULL,
    sid BLOB NOT NULL,
    item BIGINT NOT NULL,
    subject BLOB NOT NULL,
    e BLOB NOT NULL,
    attributes BLOB,
    method TEXT NOT NULL,
    claimed_at BIGINT NOT NULL,
    PRIMARY KEY (key_id, sid, item)
);

-- signer: the task's, for his history. authorisation_id: of a signature that a workstation made. attributes: the signed attributes (form cms).
CREATE TABLE signature (
    task_id BLOB PRIMARY KEY REFERENCES task (id),
    signer BLOB NOT NULL REFERENCES app_user (id),
    key_id BLOB NOT NULL REFERENCES device_key (id),
    sid BLOB NOT NULL,
    serial BLOB NOT NULL REFERENCES certificate (serial),
    e BLOB NOT NULL,
    rs BLOB NOT NULL,
    form TEXT NOT NULL,
    method TEXT NOT NULL CHECK (method IN ('pin', 'fingerprint', 'authorisation')),
    authorisation_id BLOB,
    attributes BLOB,
    failures_before BIGINT NOT NULL,
    signed_at BIGINT NOT NULL
);
CREATE INDEX signature_of_signer ON signature (signer, signed_at, task_id);
