#include "service/enrolment_offer.h"

#include <stdio.h>
#include <string.h>

#include "base/ct.h"
#include "crypto/sm3.h"
#include "os/entropy.h"
#include "service/code.h"
#include "service/column.h"
#include "service/internal.h"
#include "service/operator_phone.h"

void enrolment_code_hash(const service *s, const uint8_t enrolment_id[16], const char *code, uint8_t out[32])
{
    hmac_sm3_ctx ctx;
    hmac_sm3_init(&ctx, s->code_key, sizeof s->code_key);
    hmac_sm3_update(&ctx, enrolment_id, 16);
    hmac_sm3_update(&ctx, code, ENROLMENT_CODE_LENGTH);
    hmac_sm3_final(&ctx, out);
}

err enrolment_code_normalise(const char *text, char out[ENROLMENT_CODE_TEXT])
{
    return code_normalise(out, ENROLMENT_CODE_LENGTH, text);
}

err enrolment_user_check(call *c, const uint8_t user_id[16])
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_USER_NOT_FOUND,
                        "SELECT state FROM app_user WHERE id = $1", (store_value[]){store_id(user_id)}, 1));
    const char *state = column_text(&row[0]);
    return state && strcmp(state, "active") == 0 ? ERR_OK : ERR_USER_SUSPENDED;
}

void enrolment_offer_add(call *c, store_unit *unit, const uint8_t user_id[16], const enrolment_offer *offer)
{
    store_unit_add(
        unit, STORE_ANY, ERR_OK,
        "UPDATE enrolment SET state = 'closed' WHERE user_id = $1 AND state = 'offered' AND id NOT IN "
        "(SELECT id FROM enrolment WHERE user_id = $1 AND state = 'offered' ORDER BY created_at DESC, id DESC "
        "LIMIT $2)",
        (store_value[]){store_id(user_id), store_int(ENROLMENT_OFFERS - 1)}, 2);
    store_unit_add(unit, 1, ERR_USER_SUSPENDED,
                   "INSERT INTO enrolment (id, user_id, code_hash, state, tries, created_at, expires_at) "
                   "SELECT $1, id, $3, 'offered', 0, $4, $5 FROM app_user WHERE id = $2 AND state = 'active'",
                   (store_value[]){store_id(offer->id), store_id(user_id), store_blob(offer->hash, sizeof offer->hash),
                                   store_int(c->now_ms), store_int(offer->expires_ms)},
                   5);
}

err enrolment_offer_make(call *c, int64_t ttl_seconds, enrolment_offer *out)
{
    char code[ENROLMENT_CODE_TEXT];
    TRY(uuid7_create(out->id));
    TRY(code_random(code, ENROLMENT_CODE_LENGTH, &c->service->options.rng));
    enrolment_code_hash(c->service, out->id, code, out->hash);
    out->expires_ms = c->now_ms + ttl_seconds * 1000;
    snprintf(out->code, sizeof out->code, "%.4s-%.4s-%.4s", code, code + 4, code + 8);
    wipe(code, sizeof code);
    return ERR_OK;
}

err enrolment_offer_create(call *c, const uint8_t user_id[16], int64_t ttl_seconds, enrolment_offer *out)
{
    store_unit *unit = store_unit_begin(c->arena);
    c->subject = call_subject(c, "user", user_id);
    if (!unit)
        return ERR_MEMORY;
    if (ttl_seconds < ENROLMENT_TTL_MIN || ttl_seconds > ENROLMENT_TTL_MAX)
        return fault_field(&c->fault, ERR_RANGE, "expires_in");
    TRY(enrolment_user_check(c, user_id));
    TRY(selftest_require(c));
    TRY(enrolment_offer_make(c, ttl_seconds, out));
    c->detail = call_subject(c, "enrolment", out->id);
    operator_guard_phone(c, unit, user_id);
    enrolment_offer_add(c, unit, user_id, out);
    operator_phone_add_enrolment(c, unit, user_id, out->id);
    return operator_phone_fault(c, call_commit(c, unit));
}
