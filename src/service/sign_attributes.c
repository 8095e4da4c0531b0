#include "service/sign_attributes.h"

#include "asn1/signed_attributes.h"
#include "crypto/sm3.h"
#include "os/clock.h"
#include "service/internal.h"

static err certificate_load(call *c, sign_attributes *of, const signing_key *key)
{
    const store_value *row;
    if (of->has_certificate)
        return ERR_OK;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_CORRUPT,
                        "SELECT certificate FROM certificate WHERE serial = $1",
                        (store_value[]){store_blob(key->serial.p, key->serial.n)}, 1));
    sm3(of->certificate_hash, row->p, row->n);
    of->has_certificate = true;
    return ERR_OK;
}

/* The time is the device's word: it is signed, so it may not be far from what the server sees. */
static err time_check(call *c, int64_t signing_time_ms)
{
    char now[CLOCK_TEXT];
    int64_t away = signing_time_ms - c->now_ms;
    if (signing_time_ms == 0)
        return fault_set(&c->fault, ERR_FIELD_MISSING, "form cms needs a signing time");
    if (signing_time_ms % 1000 != 0)
        return fault_set(&c->fault, ERR_FIELD_VALUE, "the signing time has whole seconds");
    if (away <= SIGN_TIME_TOLERANCE * 1000 && away >= -SIGN_TIME_TOLERANCE * 1000)
        return ERR_OK;
    clock_text(now, c->now_ms);
    return fault_set(&c->fault, ERR_SIGNING_TIME, "the server's time is %s; at most %d seconds apart are allowed", now,
                     SIGN_TIME_TOLERANCE);
}

err sign_attributes_build(call *c, sign_attributes *of, const signing_key *key, const uint8_t digest[32],
                          int64_t signing_time_ms, const uint8_t *authorisation_id, bytes *out)
{
    TRY(time_check(c, signing_time_ms));
    TRY(certificate_load(c, of, key));
    buffer b = buffer_over(arena_alloc(c->arena, SIGNED_ATTRIBUTES_BUILT_MAX), SIGNED_ATTRIBUTES_BUILT_MAX);
    if (!b.p)
        return ERR_MEMORY;
    const signed_attributes_values values = {OID_GM_DATA, digest, signing_time_ms, of->certificate_hash,
                                             authorisation_id};
    TRY(signed_attributes_build(&b, &values));
    *out = bytes_of(b.p, b.n);
    return ERR_OK;
}

err sign_attributes_check(call *c, sign_attributes *of, const signing_key *key, bytes attributes)
{
    der_reader set = der_reader_over(attributes);
    signed_attributes read;
    bytes content;
    TRY(certificate_load(c, of, key));
    if (der_value(&set, &content, DER_SET) != ERR_OK || signed_attributes_read(&read, content) != ERR_OK)
        return ERR_CORRUPT;
    return bytes_equal(read.certificate_hash, bytes_of(of->certificate_hash, SM3_SIZE)) ? ERR_OK : ERR_TASK_NOT_CLAIMED;
}
