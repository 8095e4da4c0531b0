#include "stored_key.h"

#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "crypto/sm3.h"

static const uint8_t magic[8] = "yqkey\0\0\3"; /* the last byte is the version */

enum { TRIES_MAX = 0xffff };

/* Writes or reads, field by field in one order: what is written is what is read. */
typedef struct codec {
    bool reading, failed;
    buffer out;
    bytes in;
} codec;

static void raw(codec *c, void *p, size_t n)
{
    if (!c->reading) {
        buffer_put(&c->out, p, n);
        return;
    }
    if (c->failed || n > c->in.n) {
        c->failed = true;
        return;
    }
    memcpy(p, c->in.p, n);
    c->in = bytes_of(c->in.p + n, c->in.n - n);
}

static void number(codec *c, uint32_t *value)
{
    uint8_t be[4];
    store_u32be(be, *value);
    raw(c, be, sizeof be);
    if (c->reading)
        *value = c->failed ? 0 : load_u32be(be);
}

static void flag(codec *c, bool *value)
{
    uint8_t byte = *value;
    raw(c, &byte, 1);
    if (c->reading) {
        c->failed |= byte > 1;
        *value = !c->failed && byte == 1;
    }
}

static void variable(codec *c, uint8_t *p, size_t *n, size_t cap)
{
    uint32_t size = (uint32_t)*n;
    number(c, &size);
    if (size > cap) {
        c->failed = true;
        size = 0;
    }
    *n = size;
    raw(c, p, size);
}

static void text(codec *c, char *p, size_t cap)
{
    size_t n = c->reading ? 0 : strlen(p);
    variable(c, (uint8_t *)p, &n, cap - 1);
    if (c->reading) {
        p[n] = 0;
        c->failed = c->failed || !utf8_valid(p, n);
    }
}

static void stage(codec *c, stored_stage *value)
{
    uint32_t v = (uint32_t)*value;
    number(c, &v);
    c->failed |= v < STORED_OPENING || v > STORED_ENROLLED;
    *value = c->failed ? STORED_OPENING : (stored_stage)v;
}

static void masked(codec *c, mpc_device_blob *blob)
{
    raw(c, blob->x, sizeof blob->x);
    raw(c, blob->salt, sizeof blob->salt);
    number(c, &blob->iterations);
    raw(c, blob->P, sizeof blob->P);
}

static void whole(codec *c, stored_key *key)
{
    uint32_t tries_left = (uint32_t)(key->tries_left + 1);
    raw(c, key->id, sizeof key->id);
    raw(c, key->replaces, sizeof key->replaces);
    stage(c, &key->stage);
    text(c, key->server, sizeof key->server);
    text(c, key->staff_no, sizeof key->staff_no);
    text(c, key->name, sizeof key->name);
    text(c, key->organisation, sizeof key->organisation);
    text(c, key->device_name, sizeof key->device_name);
    raw(c, key->code_tag, sizeof key->code_tag);
    raw(c, key->enrolment_id, sizeof key->enrolment_id);
    raw(c, key->key_id, sizeof key->key_id);
    variable(c, key->subject, &key->subject_n, sizeof key->subject);
    masked(c, &key->blob);
    raw(c, key->sid, sizeof key->sid);
    raw(c, key->rs, sizeof key->rs);
    for (size_t i = 0; i < STORED_CERTIFICATES; i++)
        variable(c, key->certificate[i], &key->certificate_n[i], sizeof key->certificate[i]);
    text(c, key->state, sizeof key->state);
    text(c, key->certificate_state, sizeof key->certificate_state);
    text(c, key->serial, sizeof key->serial);
    text(c, key->not_before, sizeof key->not_before);
    text(c, key->not_after, sizeof key->not_after);
    number(c, &tries_left);
    c->failed |= tries_left > TRIES_MAX + 1;
    key->tries_left = c->failed ? -1 : (int)tries_left - 1;
    flag(c, &key->removing);
    flag(c, &key->report.pending);
    flag(c, &key->report.has_sid);
    flag(c, &key->report.has_task);
    raw(c, key->report.sid, sizeof key->report.sid);
    raw(c, key->report.task, sizeof key->report.task);
    text(c, key->report.code, sizeof key->report.code);
    flag(c, &key->refresh.pending);
    flag(c, &key->refresh.pin_changing);
    raw(c, key->refresh.rid, sizeof key->refresh.rid);
    masked(c, &key->refresh.blob);
    flag(c, &key->renewal_due);
    flag(c, &key->renewal.pending);
    raw(c, key->renewal.id, sizeof key->renewal.id);
    raw(c, key->renewal.sid, sizeof key->renewal.sid);
    raw(c, key->renewal.rs, sizeof key->renewal.rs);
    text(c, key->renewal.name, sizeof key->renewal.name);
    text(c, key->renewal.organisation, sizeof key->renewal.organisation);
    variable(c, key->renewal.subject, &key->renewal.subject_n, sizeof key->renewal.subject);
}

bool stored_key_replaces(const stored_key *key)
{
    static const uint8_t none[16];
    return memcmp(key->replaces, none, sizeof none) != 0;
}

void stored_key_encode(uint8_t out[YQ_RECORD_MAX], size_t *n, const stored_key *key)
{
    stored_key source = *key; /* the codec takes what it may write to */
    codec c = {.out = buffer_over(out, YQ_RECORD_MAX - SM3_SIZE)};
    buffer_put(&c.out, magic, sizeof magic);
    whole(&c, &source);
    sm3(out + c.out.n, out, c.out.n);
    *n = c.out.n + SM3_SIZE;
    wipe(&source, sizeof source);
}

err stored_key_decode(stored_key *key, const uint8_t *p, size_t n)
{
    uint8_t sum[SM3_SIZE];
    if (n < sizeof magic + SM3_SIZE || memcmp(p, magic, sizeof magic) != 0)
        return ERR_CORRUPT;
    sm3(sum, p, n - SM3_SIZE);
    if (memcmp(sum, p + n - SM3_SIZE, SM3_SIZE) != 0)
        return ERR_CORRUPT;
    codec c = {.reading = true, .in = bytes_of(p + sizeof magic, n - sizeof magic - SM3_SIZE)};
    memset(key, 0, sizeof *key);
    whole(&c, key);
    return c.failed || c.in.n != 0 ? ERR_CORRUPT : ERR_OK;
}
