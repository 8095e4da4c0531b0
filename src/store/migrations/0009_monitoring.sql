-- The machine's and the server's state with its history, alarms and where they are told.

-- One row a minute and node, kept for 30 days; then one an hour (monitor_hour), kept for a year. at: the minute's first millisecond. Each
-- column as src/service/monitor_metric.h says; -1: not known.
CREATE TABLE monitor_minute (
    node TEXT NOT NULL,
    at BIGINT NOT NULL,
    cpu BIGINT NOT NULL,
    load BIGINT NOT NULL,
    memory_used BIGINT NOT NULL,
    memory_total BIGINT NOT NULL,
    disk_free BIGINT NOT NULL,
    disk_total BIGINT NOT NULL,
    disk_read BIGINT NOT NULL,
    disk_written BIGINT NOT NULL,
    net_received BIGINT NOT NULL,
    net_sent BIGINT NOT NULL,
    temperature BIGINT NOT NULL,
    process_cpu BIGINT NOT NULL,
    process_memory BIGINT NOT NULL,
    process_files BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    answers_2xx BIGINT NOT NULL,
    answers_3xx BIGINT NOT NULL,
    answers_4xx BIGINT NOT NULL,
    answers_5xx BIGINT NOT NULL,
    latency_p50 BIGINT NOT NULL,
    latency_p95 BIGINT NOT NULL,
    latency_p99 BIGINT NOT NULL,
    requests_waiting BIGINT NOT NULL,
    callbacks_queued BIGINT NOT NULL,
    tasks_unfinished BIGINT NOT NULL,
    stamps_waiting BIGINT NOT NULL,
    signatures BIGINT NOT NULL,
    tokens BIGINT NOT NULL,
    PRIMARY KEY (node, at)
);
CREATE INDEX monitor_minute_at ON monitor_minute (at);

CREATE TABLE monitor_hour (
    node TEXT NOT NULL,
    at BIGINT NOT NULL,
    cpu BIGINT NOT NULL,
    load BIGINT NOT NULL,
    memory_used BIGINT NOT NULL,
    memory_total BIGINT NOT NULL,
    disk_free BIGINT NOT NULL,
    disk_total BIGINT NOT NULL,
    disk_read BIGINT NOT NULL,
    disk_written BIGINT NOT NULL,
    net_received BIGINT NOT NULL,
    net_sent BIGINT NOT NULL,
    temperature BIGINT NOT NULL,
    process_cpu BIGINT NOT NULL,
    process_memory BIGINT NOT NULL,
    process_files BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    answers_2xx BIGINT NOT NULL,
    answers_3xx BIGINT NOT NULL,
    answers_4xx BIGINT NOT NULL,
    answers_5xx BIGINT NOT NULL,
    latency_p50 BIGINT NOT NULL,
    latency_p95 BIGINT NOT NULL,
    latency_p99 BIGINT NOT NULL,
    requests_waiting BIGINT NOT NULL,
    callbacks_queued BIGINT NOT NULL,
    tasks_unfinished BIGINT NOT NULL,
    stamps_waiting BIGINT NOT NULL,
    signatures BIGINT NOT NULL,
    tokens BIGINT NOT NULL,
    PRIMARY KEY (node, at)
);
CREATE INDEX monitor_hour_at ON monitor_hour (at);

-- What a check finds wrong minute after minute is one alarm until it has been well for a while. kind: the check's id; subject: which of several
-- ("" where there is one). value: as the check last said. count: minutes in which it was seen. acknowledged_by: as in the audit log.
CREATE TABLE alarm (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    severity TEXT NOT NULL CHECK (severity IN ('warning', 'critical')),
    state TEXT NOT NULL CHECK (state IN ('open', 'acknowledged', 'closed')),
    value TEXT NOT NULL,
    count BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    acknowledged_at BIGINT,
    acknowledged_by TEXT,
    closed_at BIGINT
);
CREATE UNIQUE INDEX alarm_unclosed ON alarm (kind, subject) WHERE state <> 'closed';
CREATE INDEX alarm_state ON alarm (state, id);

-- Where alarms are told. Of kind mail: host, port, security, sender, recipients (separated by commas), username and sealed_secret (its
-- password; NULL: none). Of kind webhook: url, and sealed_secret, that of the HMAC. severity: the least that is told. digest_minutes: so long after
-- one message the next waits and takes all that came meanwhile. quiet_from, quiet_to: minutes of the hospital's day in which only critical ones
-- are told (equal: none).
CREATE TABLE alarm_channel (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('mail', 'webhook')),
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended', 'removed')),
    host TEXT,
    port BIGINT,
    security TEXT CHECK (security IN ('none', 'starttls', 'tls')),
    sender TEXT,
    recipients TEXT,
    username TEXT,
    url TEXT,
    sealed_secret BLOB,
    severity TEXT NOT NULL CHECK (severity IN ('warning', 'critical')),
    language TEXT NOT NULL CHECK (language IN ('zh', 'en')),
    digest_minutes BIGINT NOT NULL,
    quiet_from BIGINT NOT NULL,
    quiet_to BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    sent_at BIGINT,
    failures BIGINT NOT NULL DEFAULT 0,
    next_at BIGINT NOT NULL DEFAULT 0,
    last_error TEXT
);

-- What is to be told over a channel: an alarm that opened, or closed.
CREATE TABLE alarm_notice (
    id BLOB PRIMARY KEY,
    channel_id BLOB NOT NULL REFERENCES alarm_channel (id),
    alarm_id BLOB NOT NULL REFERENCES alarm (id),
    event TEXT NOT NULL CHECK (event IN ('opened', 'closed')),
    state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'failed')),
    queued_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX alarm_notice_queued ON alarm_notice (channel_id, id) WHERE state = 'queued';
CREATE INDEX alarm_notice_finished ON alarm_notice (finished_at) WHERE finished_at IS NOT NULL;

-- The audit log is searched by what was done, by whom, and to what.
CREATE INDEX audit_time ON audit (time_ms, sequence);
CREATE INDEX audit_event ON audit (event, sequence);
CREATE INDEX audit_actor ON audit (actor, sequence);
CREATE INDEX audit_subject ON audit (subject, sequence);
