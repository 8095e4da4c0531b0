#include "service/device.h"

#include <string.h>

#include "base/ct.h"
#include "os/entropy.h"
#include "pki/p256.h"
#include "service/certificate_profile.h"
#include "service/enrolment_offer.h"
#include "service/internal.h"
#include "service/rate.h"

enum {
    ACTIVATION_TRIES = 200 /* of all addresses together */,
    ENROLMENT_OPEN_SECONDS = 86400 /* to finish an enrolment once its code was used */
};

err device_subject(call *c, const uint8_t user_id[16], bytes *subject)
{
    certificate_profile_made made;
    TRY(certificate_profile_make(c, user_id, &made));
    *subject = made.applied.subject;
    return ERR_OK;
}

/* One offer of the user, and whether the code typed is its code. */
typedef struct offer {
    uint8_t id[16];
    bool open, right, own_credential;
} offer;

static err offers_load(call *c, const uint8_t user_id[16], const char *code, const uint8_t credential[65], offer **out,
                       size_t *n)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT id, state, code_hash, credential FROM enrolment WHERE user_id = $1 AND "
                    "state IN ('offered', 'open') AND expires_at > $2 ORDER BY id LIMIT 100",
                    (store_value[]){store_id(user_id), store_int(c->now_ms)}, 2));
    offer *offers = arena_alloc(c->arena, rows.rows * sizeof *offers);
    if (!offers)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        uint8_t hash[32], stored[32];
        TRY(store_column_id(offers[i].id, &v[0]));
        TRY(store_column_blob(stored, sizeof stored, &v[2]));
        enrolment_code_hash(c->service, offers[i].id, code, hash);
        offers[i].open = strcmp(v[1].p, "open") == 0;
        offers[i].right = ct_equal(hash, stored, sizeof hash);
        offers[i].own_credential = bytes_equal(bytes_of(v[3].p, v[3].n), bytes_of(credential, 65));
    }
    *out = offers;
    *n = rows.rows;
    return ERR_OK;
}

/* A wrong code: the same work and the same answer whether there is such a person, with or without an offer. It counts against every offer
 * that is still unused, but no more than a few from one address: a stranger who knows a staff number cannot use up its codes. */
static err code_wrong(call *c, const char *staff_no, const uint8_t *user_id)
{
    int64_t left;
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    TRY(rate_wrong_code(c, staff_no, &left));
    store_unit_add(
        unit, STORE_ANY, ERR_OK,
        "UPDATE enrolment SET tries = tries + 1, state = CASE WHEN tries + 1 >= $2 THEN 'closed' ELSE state END "
        "WHERE user_id = $1 AND state = 'offered'",
        (store_value[]){store_id(user_id), store_int(ACTIVATION_TRIES)}, 2);
    TRY(call_commit_refusal(c, unit, ERR_ACTIVATION));
    c->fault.tries_left = (int)left;
    return ERR_ACTIVATION;
}

/* The time of the answer must not tell either: the offers of nobody are looked for, too. */
static err nobody(call *c, const device_enrol_request *request, const char *code)
{
    static const uint8_t id[16];
    offer *offers;
    size_t n;
    TRY(offers_load(c, id, code, request->credential, &offers, &n));
    return code_wrong(c, request->staff_no, NULL);
}

static err offer_take(call *c, const device_enrol_request *request, const char *code, const uint8_t user_id[16],
                      bool suspended, uint8_t id[16])
{
    uint8_t device_id[16];
    offer *offers;
    size_t n;
    TRY(offers_load(c, user_id, code, request->credential, &offers, &n));
    const offer *found = NULL;
    for (size_t i = 0; i < n; i++)
        if (offers[i].right)
            found = &offers[i];
    if (!found || (found->open && !found->own_credential))
        return ERR_ACTIVATION;
    /* Told only to who has the code, which is not used up by it. */
    if (suspended)
        return ERR_USER_SUSPENDED;
    memcpy(id, found->id, 16);
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    if (!found->open) {
        TRY(uuid7_create(device_id));
        store_unit_add(unit, 1, ERR_INTERNAL,
                       "INSERT INTO device (id, platform, name, state, created_at) VALUES ($1, $2, $3, 'active', $4)",
                       (store_value[]){store_id(device_id), store_text(request->platform), store_text(request->name),
                                       store_int(c->now_ms)},
                       4);
        store_unit_add(unit, 1, ERR_ACTIVATION,
                       "UPDATE enrolment SET state = 'open', device_id = $2, credential = $3, expires_at = $4 "
                       "WHERE id = $1 AND state = 'offered'",
                       (store_value[]){store_id(id), store_id(device_id), store_blob(request->credential, 65),
                                       store_int(c->now_ms + ENROLMENT_OPEN_SECONDS * INT64_C(1000))},
                       4);
    }
    return call_commit(c, unit);
}

err device_enrol(call *c, const device_enrol_request *request, device_enrolment *out)
{
    const store_value *row;
    char code[ENROLMENT_CODE_TEXT];
    TRY(selftest_require(c));
    TRY(p256_check(request->credential));
    /* Not a code at all is no attempt. */
    if (enrolment_code_normalise(request->activation_code, code) != ERR_OK)
        return ERR_ACTIVATION;
    err e = store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                            "SELECT id, state, staff_no, name FROM app_user WHERE staff_no = $1",
                            (store_value[]){store_text(request->staff_no)}, 1);
    if (e == ERR_NOT_FOUND)
        return nobody(c, request, code);
    TRY(e);
    TRY(store_column_id(out->user_id, &row[0]));
    c->subject = call_subject(c, "user", out->user_id);
    TRY(key_lock_take(c->service->locks, out->user_id));
    e = offer_take(c, request, code, out->user_id, strcmp(row[1].p, "active") != 0, out->id);
    key_lock_release(c->service->locks, out->user_id);
    if (e == ERR_ACTIVATION)
        return code_wrong(c, request->staff_no, out->user_id);
    TRY(e);
    out->staff_no = row[2].p;
    out->name = row[3].p;
    out->organisation = c->service->options.organisation;
    return device_subject(c, out->user_id, &out->subject);
}

err device_standing(call *c, uint8_t user_id[16])
{
    const store_value *v;
    TRY(store_query_one(c->service->options.store, c->arena, &v, ERR_UNAUTHENTICATED,
                        "SELECT n.user_id, u.state, k.state, c.state, c.not_after FROM enrolment n "
                        "JOIN app_user u ON u.id = n.user_id JOIN device_key k ON k.enrolment_id = n.id "
                        "JOIN certificate c ON c.serial = k.serial WHERE n.id = $1 AND n.state = 'enrolled'",
                        (store_value[]){store_id(c->actor_id)}, 1));
    TRY(store_column_id(user_id, &v[0]));
    if (strcmp(v[1].p, "active") != 0)
        return ERR_USER_SUSPENDED;
    if (strcmp(v[3].p, "expired") == 0 || v[4].i <= c->now_ms)
        return ERR_CERTIFICATE_EXPIRED;
    if (strcmp(v[3].p, "frozen") == 0)
        return ERR_CERTIFICATE_FROZEN;
    if (strcmp(v[3].p, "superseded") == 0)
        return ERR_CERTIFICATE_SUPERSEDED;
    if (strcmp(v[3].p, "active") != 0)
        return ERR_CERTIFICATE_REVOKED;
    if (strcmp(v[2].p, "locked") == 0)
        return ERR_KEY_LOCKED;
    return strcmp(v[2].p, "active") == 0 ? ERR_OK : ERR_KEY_STATE;
}
