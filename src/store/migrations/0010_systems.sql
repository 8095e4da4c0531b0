-- What the console needs of business systems, their credentials and callbacks, the access lists and the policy.

-- version: grows with each change that a person makes; who changes what has changed meanwhile is told. networks: from where the
-- system may call, "10.1.0.0/16, 2001:db8::/32"; '': from anywhere.
ALTER TABLE system ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE system ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE system ADD COLUMN contact TEXT NOT NULL DEFAULT '';
ALTER TABLE system ADD COLUMN networks TEXT NOT NULL DEFAULT '';

-- expires_at: NULL, never. used_at, used_from: noted once a minute at the most. replaced_by: the credential that a rotation made.
ALTER TABLE system_credential ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE system_credential ADD COLUMN expires_at BIGINT;
ALTER TABLE system_credential ADD COLUMN used_at BIGINT;
ALTER TABLE system_credential ADD COLUMN used_from TEXT;
ALTER TABLE system_credential ADD COLUMN replaced_by TEXT;

-- Callbacks that failed are few, and looked for.
CREATE INDEX callback_failed ON callback (endpoint_id, id) WHERE state = 'failed';

ALTER TABLE tsa_access ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

-- The whole policy's version, as a row among its values.
INSERT INTO policy (name, value, changed_at) VALUES ('version', '1', 0);
