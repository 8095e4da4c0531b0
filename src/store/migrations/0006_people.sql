-- People: concurrent changes are told apart, other systems' ids, what profiles may write into certificates, seals.

-- Counted up by every change of the person, his departments, aliases and attributes: who changes an older one is told (If-Match).
-- updated_by: what the one who made that change is called.
ALTER TABLE app_user ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE app_user ADD COLUMN updated_by TEXT;

-- The members of a department, in the order of listings.
CREATE INDEX user_department_name ON user_department (department, user_id);

-- By which id another system knows the person: its tasks may name the signer by it.
CREATE TABLE user_alias (
    system_id BLOB NOT NULL REFERENCES system (id),
    external_id TEXT NOT NULL,
    user_id BLOB NOT NULL REFERENCES app_user (id),
    PRIMARY KEY (system_id, external_id)
);
CREATE INDEX user_alias_user ON user_alias (user_id);

-- What a certificate profile may name: {attribute:NAME}.
CREATE TABLE user_attribute (
    user_id BLOB NOT NULL REFERENCES app_user (id),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (user_id, name)
);

-- picture: PNG as src/doc/seal_picture.h writes it. version: counted up by each picture, also after one was removed (picture empty).
CREATE TABLE user_seal (
    user_id BLOB PRIMARY KEY REFERENCES app_user (id),
    version BIGINT NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    picture BLOB NOT NULL
);
