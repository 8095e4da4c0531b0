-- Certificate profiles: what stands in a person's certificate. A version never changes; the newest one is used. A certificate names the
-- version that it was issued by. Which profile is used says the policy 'certificate_profile'; without it 'personal' is.
CREATE TABLE certificate_profile (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'retired')),
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE certificate_profile_version (
    profile TEXT NOT NULL REFERENCES certificate_profile (id),
    version BIGINT NOT NULL,
    definition TEXT NOT NULL,
    note TEXT,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (profile, version)
);

-- What was issued before there were profiles: the life of a certificate is the setting certificate_days.
INSERT INTO certificate_profile (id, name, state, version, created_at, updated_at)
VALUES ('personal', '个人证书 Personal', 'active', 1, 0, 0);
INSERT INTO certificate_profile_version (profile, version, definition, created_by, created_at)
VALUES ('personal', 1,
    '{"key_usage":{"bits":["digitalSignature","nonRepudiation"],"critical":true},"subject":[{"attribute":"C","value":"CN"},{"attribute":"O","value":"{organisation}"},{"attribute":"CN","value":"{name}"},{"attribute":"serialNumber","value":"{staff_no}"}]}',
    'server', 0);

ALTER TABLE certificate ADD COLUMN profile TEXT NOT NULL DEFAULT 'personal';
ALTER TABLE certificate ADD COLUMN profile_version BIGINT NOT NULL DEFAULT 1;
CREATE INDEX certificate_profile_issued ON certificate (profile, created_at);
CREATE INDEX certificate_created ON certificate (created_at, serial);
CREATE INDEX certificate_not_after ON certificate (not_after, serial);
