-- The phones that log an operator in: whoever has any other phone of his, from before he was one, signs records with it and nothing else. A row is of one
-- operator: somebody who is made one again after he was removed begins anew. how: enrolled, by his own asking or by the server's own user while he was the
-- operator; confirmed, by himself in the console; earlier, it had logged him in before this table was there.
CREATE TABLE operator_phone (
    operator_id BLOB NOT NULL REFERENCES operator (id),
    enrolment_id BLOB NOT NULL REFERENCES enrolment (id),
    how TEXT NOT NULL CHECK (how = 'enrolled' OR how = 'confirmed' OR how = 'earlier'),
    added_at BIGINT NOT NULL,
    PRIMARY KEY (operator_id, enrolment_id)
);
CREATE INDEX operator_phone_enrolment ON operator_phone (enrolment_id);

-- Of an enrolment by scan: whom the phone that scans it will log in; NULL: nobody.
ALTER TABLE scan ADD COLUMN operator_id BLOB REFERENCES operator (id);

-- What has logged him in goes on: it signed a login of the console's own system, which has no credentials, since he is an operator.
INSERT INTO operator_phone (operator_id, enrolment_id, how, added_at)
SELECT o.id, k.enrolment_id, 'earlier', max(g.signed_at)
FROM system y
JOIN task t ON t.system_id = y.id AND t.kind = 'login'
JOIN signature g ON g.task_id = t.id
JOIN device_key k ON k.id = g.key_id
JOIN operator o ON o.user_id = g.signer AND o.state <> 'removed' AND g.signed_at >= o.created_at
WHERE y.name = '管理控制台' AND NOT EXISTS (SELECT 1 FROM system_credential x WHERE x.system_id = y.id)
GROUP BY o.id, k.enrolment_id;

-- made_by: who made it in the console, or with a token of his; NULL: the server's own user, or it is from before this was kept. ended_at: when that one could
-- manage operators no more; it is for good.
ALTER TABLE operator_token ADD COLUMN made_by BLOB REFERENCES operator (id);
ALTER TABLE operator_token ADD COLUMN ended_at BIGINT;

-- A link that two people set up: it logs in with a code alone, of which code_hash is an HMAC under a key of the server's. Whoever approved was shown the code;
-- asked_by takes the link, which is drawn anew then. tries: of the code.
ALTER TABLE console_link ADD COLUMN code_hash BLOB;
ALTER TABLE console_link ADD COLUMN asked_by BLOB REFERENCES operator (id);
ALTER TABLE console_link ADD COLUMN tries BIGINT NOT NULL DEFAULT 0;
