#include "stored_key.h"

#include <string.h>

#include "base/ct.h"
#include "record.h"

static const uint8_t magic[RECORD_MAGIC] = "yqkey\0\0\4"; /* the last byte is the version */

enum { TRIES_MAX = 0xffff };

static void stage(record *c, stored_stage *value)
{
    uint32_t v = (uint32_t)*value;
    record_number(c, &v);
    c->failed |= v < STORED_OPENING || v > STORED_ENROLLED;
    *value = c->failed ? STORED_OPENING : (stored_stage)v;
}

static void masked(record *c, mpc_device_blob *blob)
{
    record_raw(c, blob->x, sizeof blob->x);
    record_raw(c, blob->salt, sizeof blob->salt);
    record_number(c, &blob->iterations);
    record_raw(c, blob->P, sizeof blob->P);
}

static void whole(record *c, stored_key *key)
{
    uint32_t tries_left = (uint32_t)(key->tries_left + 1);
    record_raw(c, key->id, sizeof key->id);
    record_raw(c, key->replaces, sizeof key->replaces);
    stage(c, &key->stage);
    record_text(c, key->server, sizeof key->server);
    record_text(c, key->staff_no, sizeof key->staff_no);
    record_text(c, key->name, sizeof key->name);
    record_text(c, key->organisation, sizeof key->organisation);
    record_text(c, key->device_name, sizeof key->device_name);
    record_raw(c, key->code_tag, sizeof key->code_tag);
    record_raw(c, key->enrolment_id, sizeof key->enrolment_id);
    record_raw(c, key->key_id, sizeof key->key_id);
    record_variable(c, key->subject, &key->subject_n, sizeof key->subject);
    masked(c, &key->blob);
    record_raw(c, key->sid, sizeof key->sid);
    record_raw(c, key->rs, sizeof key->rs);
    for (size_t i = 0; i < STORED_CERTIFICATES; i++)
        record_variable(c, key->certificate[i], &key->certificate_n[i], sizeof key->certificate[i]);
    record_text(c, key->state, sizeof key->state);
    record_text(c, key->certificate_state, sizeof key->certificate_state);
    record_text(c, key->serial, sizeof key->serial);
    record_text(c, key->not_before, sizeof key->not_before);
    record_text(c, key->not_after, sizeof key->not_after);
    record_number(c, &tries_left);
    c->failed |= tries_left > TRIES_MAX + 1;
    key->tries_left = c->failed ? -1 : (int)tries_left - 1;
    record_flag(c, &key->removing);
    record_flag(c, &key->report.pending);
    record_flag(c, &key->report.has_sid);
    record_flag(c, &key->report.has_task);
    record_raw(c, key->report.sid, sizeof key->report.sid);
    record_raw(c, key->report.task, sizeof key->report.task);
    record_text(c, key->report.code, sizeof key->report.code);
    record_flag(c, &key->refresh.pending);
    record_flag(c, &key->refresh.pin_changing);
    record_raw(c, key->refresh.rid, sizeof key->refresh.rid);
    masked(c, &key->refresh.blob);
    record_flag(c, &key->renewal_due);
    record_flag(c, &key->renewal.pending);
    record_raw(c, key->renewal.id, sizeof key->renewal.id);
    record_raw(c, key->renewal.sid, sizeof key->renewal.sid);
    record_raw(c, key->renewal.rs, sizeof key->renewal.rs);
    record_text(c, key->renewal.name, sizeof key->renewal.name);
    record_text(c, key->renewal.organisation, sizeof key->renewal.organisation);
    record_variable(c, key->renewal.subject, &key->renewal.subject_n, sizeof key->renewal.subject);
    record_flag(c, &key->fingerprint);
    record_flag(c, &key->fingerprint_forbidden);
}

bool stored_key_replaces(const stored_key *key)
{
    static const uint8_t none[16];
    return memcmp(key->replaces, none, sizeof none) != 0;
}

void stored_key_encode(uint8_t out[YQ_RECORD_MAX], size_t *n, const stored_key *key)
{
    stored_key source = *key; /* a record takes what it may write to */
    record r = record_write(out, magic);
    whole(&r, &source);
    *n = record_end(&r);
    wipe(&source, sizeof source);
}

err stored_key_decode(stored_key *key, const uint8_t *p, size_t n)
{
    record r;
    TRY(record_read(&r, p, n, magic));
    memset(key, 0, sizeof *key);
    whole(&r, key);
    return record_finish(&r);
}
