-- What else people edit has a version, and a device's key says when it last signed.

-- version: grows with each change that a person makes; who changes what has changed meanwhile is told (If-Match).
ALTER TABLE system_credential ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE callback_endpoint ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

-- When the device last finished a signature with it; a workstation's under an authorisation are not the device's. NULL: never.
ALTER TABLE device_key ADD COLUMN used_at BIGINT;
UPDATE device_key SET used_at = (SELECT max(s.signed_at) FROM signature s WHERE s.signer = device_key.user_id AND
    s.key_id = device_key.id AND s.method <> 'authorisation') WHERE serial IS NOT NULL;
