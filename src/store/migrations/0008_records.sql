-- Finding signatures, and counting them.

-- Of all of them by time: rows come in at its end, so that it costs a commit no page of its own.
CREATE INDEX signature_signed ON signature (signed_at, task_id);
-- Tasks that ended in another way than by a signature alone: few, and nothing of it is written when one is signed.
CREATE INDEX task_unsigned ON task (finished_at) WHERE
    state = 'declined' OR state = 'cancelled' OR state = 'expired' OR state = 'withdrawn';

-- Days that are over, of the hospital's civil time, counted from the log: how many signatures (of kind outcome: tasks) had each value
-- (src/service/statistics_day.h). day: since 1970-01-01.
CREATE TABLE statistics_day (
    kind TEXT NOT NULL,
    day BIGINT NOT NULL,
    value TEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (kind, day, value)
);
CREATE INDEX statistics_day_value ON statistics_day (kind, value, day);

-- One row: the first day that is not counted, and the zone whose days these are.
CREATE TABLE statistics_state (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    zone_minutes BIGINT NOT NULL,
    day BIGINT NOT NULL
);
