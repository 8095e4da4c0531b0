/* Signatures in the log that nobody made: rows of tasks and signatures as signing leaves them, of any time, person and kind. */
#ifndef YIQIAN_TESTS_SERVICE_RECORDS_H
#define YIQIAN_TESTS_SERVICE_RECORDS_H

#include "base/text.h"
#include "service/statistics_day.h"
#include "unit/service/fixture.h"

typedef struct record {
    int64_t signed_ms, waited_ms;
    const char *title, *reference, *record_type, *department, *method, *kind, *state;
    const uint8_t *system; /* its id */
    uint8_t task[16];
} record;

typedef struct signer_of {
    user user;
    fixture_key key;
} signer_of;

static inline void records_signer(fixture *f, const char *staff_no, const char *name, signer_of *out)
{
    out->user = fixture_user(f, staff_no, name);
    fixture_certify(f, &out->user, &out->key);
}

static inline void records_system(fixture *f, const char *name, uint8_t id[16])
{
    assert_int_equal(uuid7_create(id), ERR_OK);
    fixture_write(f, "INSERT INTO system (id, name, scopes, state, created_at) VALUES ($1, $2, 'tasks', 'active', $3)",
                  (store_value[]){store_id(id), store_text(name), store_int(f->now_ms)}, 3);
}

static inline const char *records_or(const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}

/* A task of the record's, in this state since then; its id goes into the record. */
static inline void records_task(fixture *f, const signer_of *s, record *r, int64_t finished_ms)
{
    static const uint8_t digest[32];
    assert_int_equal(uuid7_create(r->task), ERR_OK);
    fixture_write(
        f,
        "INSERT INTO task (id, system_id, signer, kind, form, title, description, record_type, reference, "
        "media_type, digest, department, state, created_at, expires_at, finished_at) VALUES ($1, $2, $3, $4, "
        "'digest', $5, '', $6, $7, 'text/plain', $8, $9, $10, $11, $12, $12)",
        (store_value[]){store_id(r->task), store_id(r->system), store_id(s->user.id),
                        store_text(records_or(r->kind, "document")), store_text(records_or(r->title, "出院小结")),
                        store_text(records_or(r->record_type, "")), store_text(records_or(r->reference, "")),
                        store_blob(digest, 32), store_text(r->department), store_text(records_or(r->state, "signed")),
                        store_int(finished_ms - r->waited_ms), store_int(finished_ms)},
        12);
}

/* The same with its signature. */
static inline void records_sign(fixture *f, const signer_of *s, record *r)
{
    uint8_t nothing[64]; /* numbers, but no signature */
    memset(nothing, 1, sizeof nothing);
    records_task(f, s, r, r->signed_ms);
    fixture_write(f,
                  "INSERT INTO signature (task_id, signer, key_id, sid, serial, e, rs, form, method, failures_before, "
                  "signed_at) SELECT $1, $2, $3, $1, serial, $4, $5, 'digest', $6, 0, $7 FROM device_key WHERE id = $3",
                  (store_value[]){store_id(r->task), store_id(s->user.id), store_id(s->key.id), store_blob(nothing, 32),
                                  store_blob(nothing, 64), store_text(records_or(r->method, "pin")),
                                  store_int(r->signed_ms)},
                  7);
}

#endif
