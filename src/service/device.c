#include "service/device.h"

#include <stdlib.h>
#include <string.h>

#include "asn1/name.h"
#include "base/ct.h"
#include "base/text.h"
#include "crypto/sm3.h"
#include "mpc/mpc_server.h"
#include "os/entropy.h"
#include "os/log.h"
#include "pki/p256.h"
#include "service/certificate.h"
#include "service/enrolment_offer.h"
#include "service/internal.h"
#include "service/share.h"
#include "service/sign.h"

enum {
    ACTIVATION_TRIES = 5,
    ENROLMENT_OPEN_SECONDS = 86400, /* to finish an enrolment once its code was used */
    CHALLENGE_SLOTS = 1 << 14,
    CHALLENGE_WAYS = 8,
    TOKEN_SIZE = 16 + 8 + 32
};

/* Challenges that were answered, until they would be too old anyway. */
typedef struct challenge_slot {
    uint8_t tag[16];
    int64_t expires_ms;
} challenge_slot;

struct challenge_table {
    pthread_mutex_t lock;
    challenge_slot slots[CHALLENGE_SLOTS];
};

err device_open(service *s)
{
    s->challenges = calloc(1, sizeof *s->challenges);
    if (!s->challenges)
        return ERR_MEMORY;
    pthread_mutex_init(&s->challenges->lock, NULL);
    return ERR_OK;
}

void device_close(service *s)
{
    if (!s->challenges)
        return;
    pthread_mutex_destroy(&s->challenges->lock);
    free(s->challenges);
    s->challenges = NULL;
}

/* Enrolment */

err device_subject(call *c, const uint8_t user_id[16], bytes *subject)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_USER_NOT_FOUND,
                        "SELECT staff_no, name FROM app_user WHERE id = $1", (store_value[]){store_id(user_id)}, 1));
    /* No department: people move, and a certificate outlives that. */
    name_field fields[] = {{OID_COUNTRY, "CN"},
                           {OID_ORGANIZATION, c->service->options.organisation},
                           {OID_COMMON_NAME, row[1].p},
                           {OID_SERIAL_NUMBER, row[0].p}};
    uint8_t *der = arena_alloc(c->arena, NAME_DER_MAX);
    if (!der)
        return ERR_MEMORY;
    buffer out = buffer_over(der, NAME_DER_MAX);
    TRY(name_build(&out, fields, sizeof fields / sizeof *fields));
    *subject = bytes_of(der, out.n);
    return ERR_OK;
}

/* One offer of the user, and whether the code typed is its code. */
typedef struct offer {
    uint8_t id[16];
    bool open, right, own_credential;
    int64_t tries;
} offer;

static err offers_load(call *c, const uint8_t user_id[16], const char *code, const uint8_t credential[65], offer **out,
                       size_t *n)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT id, state, code_hash, credential, tries FROM enrolment WHERE user_id = $1 AND "
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
        offers[i].tries = v[4].i;
    }
    *out = offers;
    *n = rows.rows;
    return ERR_OK;
}

/* A wrong code counts against every offer of this person that is still unused. */
static err code_wrong(call *c, const uint8_t user_id[16], const offer *offers, size_t n)
{
    int64_t most = -1;
    for (size_t i = 0; i < n; i++)
        if (!offers[i].open && offers[i].tries > most)
            most = offers[i].tries;
    if (most < 0)
        return ERR_ACTIVATION;
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(
        unit, STORE_ANY, ERR_OK,
        "UPDATE enrolment SET tries = tries + 1, state = CASE WHEN tries + 1 >= $2 THEN 'closed' ELSE state END "
        "WHERE user_id = $1 AND state = 'offered'",
        (store_value[]){store_id(user_id), store_int(ACTIVATION_TRIES)}, 2);
    TRY(call_commit_refusal(c, unit, ERR_ACTIVATION));
    c->fault.tries_left = most + 1 >= ACTIVATION_TRIES ? 0 : (int)(ACTIVATION_TRIES - most - 1);
    return ERR_ACTIVATION;
}

static err offer_take(call *c, const device_enrol_request *request, const uint8_t user_id[16], bool suspended,
                      uint8_t id[16])
{
    char code[ENROLMENT_CODE_TEXT];
    uint8_t device_id[16];
    offer *offers;
    size_t n;
    if (enrolment_code_normalise(request->activation_code, code) != ERR_OK)
        return ERR_ACTIVATION;
    TRY(offers_load(c, user_id, code, request->credential, &offers, &n));
    const offer *found = NULL;
    for (size_t i = 0; i < n; i++)
        if (offers[i].right)
            found = &offers[i];
    if (!found || (found->open && !found->own_credential))
        return code_wrong(c, user_id, offers, n);
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
    TRY(selftest_require(c));
    TRY(p256_check(request->credential));
    /* One error for a wrong staff number and a wrong code. */
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_ACTIVATION,
                        "SELECT id, state, staff_no, name FROM app_user WHERE staff_no = $1",
                        (store_value[]){store_text(request->staff_no)}, 1));
    TRY(store_column_id(out->user_id, &row[0]));
    c->subject = call_subject(c, "user", out->user_id);
    TRY(key_lock_take(c->service->locks, out->user_id));
    err e = offer_take(c, request, out->user_id, strcmp(row[1].p, "active") != 0, out->id);
    key_lock_release(c->service->locks, out->user_id);
    TRY(e);
    out->staff_no = row[2].p;
    out->name = row[3].p;
    out->organisation = c->service->options.organisation;
    return device_subject(c, out->user_id, &out->subject);
}

/* Sessions. A challenge is u64be time || 16 random || 16 MAC over these and the enrolment; the server remembers only those that
 * were answered. */

static void challenge_mac(const service *s, const uint8_t enrolment_id[16], const uint8_t head[24], uint8_t mac[32])
{
    hmac_sm3_ctx ctx;
    hmac_sm3_init(&ctx, s->challenge_key, sizeof s->challenge_key);
    hmac_sm3_update(&ctx, enrolment_id, 16);
    hmac_sm3_update(&ctx, head, 24);
    hmac_sm3_final(&ctx, mac);
}

err device_challenge(call *c, const uint8_t enrolment_id[16], uint8_t out[DEVICE_CHALLENGE])
{
    uint8_t mac[32];
    store_u64be(out, (uint64_t)c->now_ms);
    TRY(c->service->options.rng.fill(c->service->options.rng.ctx, out + 8, 16));
    challenge_mac(c->service, enrolment_id, out, mac);
    memcpy(out + 24, mac, 16);
    return ERR_OK;
}

/* Takes the challenge's slot; ERR_REPLAY if it was taken before. */
static err challenge_use(service *s, const uint8_t tag[16], int64_t now_ms, int64_t expires_ms)
{
    struct challenge_table *table = s->challenges;
    err e = ERR_BUSY;
    challenge_slot *free_slot = NULL;
    size_t first = (load_u32be(tag) % (CHALLENGE_SLOTS / CHALLENGE_WAYS)) * CHALLENGE_WAYS;
    pthread_mutex_lock(&table->lock);
    for (size_t i = 0; i < CHALLENGE_WAYS; i++) {
        challenge_slot *slot = &table->slots[first + i];
        if (slot->expires_ms > now_ms && memcmp(slot->tag, tag, 16) == 0) {
            e = ERR_REPLAY;
            goto out;
        }
        if (slot->expires_ms <= now_ms)
            free_slot = slot;
    }
    if (free_slot) {
        memcpy(free_slot->tag, tag, 16);
        free_slot->expires_ms = expires_ms;
        e = ERR_OK;
    }
out:
    pthread_mutex_unlock(&table->lock);
    return e;
}

/* mac: also the challenge's name in the table. */
static err challenge_check(call *c, const uint8_t enrolment_id[16], bytes challenge, uint8_t mac[32], int64_t *expires)
{
    service *s = c->service;
    if (challenge.n != DEVICE_CHALLENGE)
        return ERR_UNAUTHENTICATED;
    challenge_mac(s, enrolment_id, challenge.p, mac);
    if (!ct_equal(mac, challenge.p + 24, 16))
        return ERR_UNAUTHENTICATED;
    int64_t made = (int64_t)load_u64be(challenge.p);
    *expires = made + DEVICE_CHALLENGE_SECONDS * 1000;
    /* What was answered before a restart is not remembered, so a challenge older than the process does not count. */
    return *expires <= c->now_ms || made < s->started_ms ? ERR_UNAUTHENTICATED : ERR_OK;
}

static void token_mac(const service *s, const uint8_t head[24], uint8_t mac[32])
{
    hmac_sm3(mac, s->token_key, sizeof s->token_key, head, 24);
}

err device_session(call *c, const uint8_t enrolment_id[16], bytes challenge, const uint8_t signature[64],
                   const char **token, int64_t *expires_ms)
{
    static const char tag[] = "yiqian/device-session/1";
    const store_value *row;
    uint8_t message[sizeof tag - 1 + 16 + DEVICE_CHALLENGE], plain[TOKEN_SIZE], mac[32];
    int64_t challenge_expires;
    TRY(challenge_check(c, enrolment_id, challenge, mac, &challenge_expires));
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_UNAUTHENTICATED,
                        "SELECT credential FROM enrolment WHERE id = $1 AND state IN ('open', 'enrolled')",
                        (store_value[]){store_id(enrolment_id)}, 1));
    if (row[0].n != P256_POINT)
        return ERR_CORRUPT;
    memcpy(message, tag, sizeof tag - 1);
    memcpy(message + sizeof tag - 1, enrolment_id, 16);
    memcpy(message + sizeof tag - 1 + 16, challenge.p, DEVICE_CHALLENGE);
    if (p256_verify(row[0].p, bytes_of(message, sizeof message), signature) != ERR_OK)
        return ERR_UNAUTHENTICATED;
    /* Only now: whoever has no credential could fill the table. */
    TRY(challenge_use(c->service, mac, c->now_ms, challenge_expires));
    *expires_ms = c->now_ms + DEVICE_SESSION_SECONDS * 1000;
    memcpy(plain, enrolment_id, 16);
    store_u64be(plain + 16, (uint64_t)*expires_ms);
    token_mac(c->service, plain, plain + 24);
    *token = base64url_text(c->arena, plain, sizeof plain);
    return *token ? ERR_OK : ERR_MEMORY;
}

err device_authenticate(const service *s, arena *a, const char *token, int64_t now_ms, uint8_t enrolment_id[16])
{
    bytes plain;
    uint8_t mac[32];
    if (base64url_decode(a, token, strlen(token), &plain) != ERR_OK || plain.n != TOKEN_SIZE)
        return ERR_UNAUTHENTICATED;
    token_mac(s, plain.p, mac);
    if (!ct_equal(mac, plain.p + 24, sizeof mac))
        return ERR_UNAUTHENTICATED;
    if ((int64_t)load_u64be(plain.p + 16) <= now_ms)
        return ERR_SESSION_EXPIRED;
    memcpy(enrolment_id, plain.p, 16);
    return ERR_OK;
}

/* Keys */

static err keygen_commit(call *c, const mpc_keygen_request *request, const uint8_t user_id[16],
                         const mpc_server_share *share, const uint8_t key_id[16])
{
    uint8_t sealed[SHARE_SEALED];
    TRY(share_seal(c, key_id, share, sealed));
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    /* Another P1 replaces the key, a locked one too: the device was started anew. While its enrolment is open no key has a
     * certificate. */
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE device_key SET state = 'destroyed', sealed_share = NULL WHERE enrolment_id = $1 AND "
                   "state <> 'destroyed' AND EXISTS (SELECT 1 FROM enrolment WHERE id = $1 AND state = 'open')",
                   (store_value[]){store_id(request->enrolment_id)}, 1);
    store_unit_add(
        unit, 1, ERR_ENROLMENT_CLOSED,
        "INSERT INTO device_key (id, enrolment_id, user_id, public_key, sealed_share, state, failures, "
        "failures_since_refresh, created_at) SELECT $1, id, $3, $4, $5, 'enrolling', 0, 0, $6 FROM enrolment "
        "WHERE id = $2 AND state = 'open' AND expires_at > $6",
        (store_value[]){store_id(key_id), store_id(request->enrolment_id), store_id(user_id),
                        store_blob(share->P, POINT_SIZE), store_blob(sealed, sizeof sealed), store_int(c->now_ms)},
        6);
    return call_commit(c, unit);
}

/* The key that this enrolment is making, if its P1 is the one in the request: then the answer was lost. */
static err keygen_repeated(call *c, const mpc_keygen_request *request, mpc_keygen_answer *answer, bool *repeated)
{
    const store_value *row;
    mpc_server_share share;
    uint8_t key_id[16], public_key[POINT_SIZE];
    *repeated = false;
    err e = store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                            "SELECT id, public_key, sealed_share FROM device_key WHERE enrolment_id = $1 AND "
                            "state = 'enrolling' ORDER BY id DESC LIMIT 1",
                            (store_value[]){store_id(request->enrolment_id)}, 1);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    TRY(store_column_id(key_id, &row[0]));
    TRY(store_column_blob(public_key, sizeof public_key, &row[1]));
    TRY(share_open(c, key_id, public_key, bytes_of(row[2].p, row[2].n), &share));
    if (memcmp(share.P1, request->P1, POINT_SIZE) == 0) {
        e = mpc_server_keygen_repeat(answer, &share, key_id);
        *repeated = e == ERR_OK;
    }
    mpc_server_share_wipe(&share);
    return e;
}

/* "The audit log gets only SM3 of the exchange" (K2): P1, the proof, P and P2. */
static const char *exchange_detail(call *c, const mpc_keygen_request *request, const mpc_keygen_answer *answer)
{
    uint8_t digest[SM3_SIZE];
    sm3_ctx ctx;
    sm3_init(&ctx);
    sm3_update(&ctx, request->P1, POINT_SIZE);
    sm3_update(&ctx, request->proof.c, MPC_CHALLENGE);
    sm3_update(&ctx, request->proof.z, 32);
    sm3_update(&ctx, answer->P, POINT_SIZE);
    sm3_update(&ctx, answer->P2, POINT_SIZE);
    sm3_final(&ctx, digest);
    const char *hex = hex_text(c->arena, digest, sizeof digest);
    return hex ? arena_printf(c->arena, "exchange=%s", hex) : NULL;
}

static err keygen_locked(call *c, const mpc_keygen_request *request, mpc_keygen_answer *answer)
{
    const store_value *row;
    mpc_server_share share;
    uint8_t user_id[16], key_id[16];
    bool repeated;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_ENROLMENT_CLOSED,
                        "SELECT user_id FROM enrolment WHERE id = $1 AND state = 'open' AND expires_at > $2",
                        (store_value[]){store_id(request->enrolment_id), store_int(c->now_ms)}, 2));
    TRY(store_column_id(user_id, &row[0]));
    TRY(keygen_repeated(c, request, answer, &repeated));
    if (repeated) {
        c->subject = call_subject(c, "key", answer->key_id);
        c->detail = "repeated";
        return call_commit(c, store_unit_begin(c->arena));
    }
    TRY(uuid7_create(key_id));
    c->subject = call_subject(c, "key", key_id);
    TRY(mpc_server_keygen(&share, answer, request, key_id, &c->service->options.rng));
    c->detail = exchange_detail(c, request, answer);
    err e = c->detail ? keygen_commit(c, request, user_id, &share, key_id) : ERR_MEMORY;
    mpc_server_share_wipe(&share);
    return e;
}

err device_keygen(call *c, const mpc_keygen_request *request, mpc_keygen_answer *answer)
{
    if (memcmp(request->enrolment_id, c->actor_id, 16) != 0)
        return fault_field(&c->fault, ERR_FORBIDDEN, "enrolment_id");
    TRY(selftest_require(c));
    TRY(key_lock_take(c->service->locks, request->enrolment_id));
    err e = keygen_locked(c, request, answer);
    key_lock_release(c->service->locks, request->enrolment_id);
    return e;
}

err device_key_remove(call *c, const uint8_t key_id[16])
{
    const store_value *row;
    c->subject = call_subject(c, "key", key_id);
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_KEY_NOT_FOUND,
                        "SELECT state FROM device_key WHERE id = $1 AND enrolment_id = $2 AND state <> 'destroyed'",
                        (store_value[]){store_id(key_id), store_id(c->actor_id)}, 2));
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    certificate_revoke_in_unit(c, unit, key_id, REASON_CESSATION);
    store_unit_add(
        unit, 1, ERR_KEY_NOT_FOUND,
        "UPDATE device_key SET state = 'destroyed', sealed_share = NULL WHERE id = $1 AND state <> 'destroyed'",
        (store_value[]){store_id(key_id)}, 1);
    store_unit_add(unit, STORE_ANY, ERR_OK, "UPDATE enrolment SET state = 'closed' WHERE id = $1",
                   (store_value[]){store_id(c->actor_id)}, 1);
    TRY(key_lock_take(c->service->locks, key_id));
    err e = call_commit(c, unit);
    key_lock_release(c->service->locks, key_id);
    TRY(e);
    /* The removal stands; housekeeping makes the list if it fails now. */
    e = crl_refresh(c->service, c->arena, c->now_ms, true);
    if (e != ERR_OK)
        log_write(LOG_ERROR, "service", "no new CRL after a removal yet code=%s", err_code(e));
    return ERR_OK;
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
    if (strcmp(v[3].p, "active") != 0)
        return ERR_CERTIFICATE_REVOKED;
    if (strcmp(v[2].p, "locked") == 0)
        return ERR_KEY_LOCKED;
    return strcmp(v[2].p, "active") == 0 ? ERR_OK : ERR_KEY_STATE;
}

#define KEY_VIEW                                                                                                       \
    "SELECT k.id, k.enrolment_id, k.state, d.name, d.platform, k.failures, k.created_at, c.serial, c.certificate, "    \
    "c.state, c.not_before, c.not_after, k.failures_since_refresh FROM device_key k JOIN enrolment n ON n.id = "       \
    "k.enrolment_id "                                                                                                  \
    "JOIN device d ON d.id = n.device_id LEFT JOIN certificate c ON c.key_id = k.id AND c.state <> 'superseded' "

static err key_views(call *c, const char *sql, const uint8_t id[16], const device_key_view **out, size_t *n)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows, sql, (store_value[]){store_id(id)}, 1));
    device_key_view *views = arena_alloc(c->arena, rows.rows * sizeof *views);
    if (!views)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        device_key_view *view = &views[i];
        TRY(store_column_id(view->id, &v[0]));
        TRY(store_column_id(view->enrolment_id, &v[1]));
        view->state = v[2].p;
        view->device_name = v[3].p;
        view->platform = v[4].p;
        view->tries_left = sign_tries_left(view->state, v[5].i, v[12].i);
        view->created_ms = v[6].i;
        view->has_certificate = v[7].type != STORE_NULL;
        view->serial = bytes_of(v[7].p, v[7].n);
        view->certificate = bytes_of(v[8].p, v[8].n);
        view->certificate_state = v[9].p;
        view->not_before_ms = v[10].i;
        view->not_after_ms = v[11].i;
    }
    *out = views;
    *n = rows.rows;
    return ERR_OK;
}

err device_keys_of_enrolment(call *c, const device_key_view **out, size_t *n)
{
    return key_views(c, KEY_VIEW "WHERE k.enrolment_id = $1 ORDER BY k.id LIMIT 100", c->actor_id, out, n);
}

err device_keys_of_user(call *c, const uint8_t user_id[16], const device_key_view **out, size_t *n)
{
    return key_views(c, KEY_VIEW "WHERE k.user_id = $1 ORDER BY k.id LIMIT 1000", user_id, out, n);
}

err device_key_unlock(call *c, const uint8_t key_id[16])
{
    const store_value *row;
    c->subject = call_subject(c, "key", key_id);
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_KEY_NOT_FOUND,
                        "SELECT state FROM device_key WHERE id = $1", (store_value[]){store_id(key_id)}, 1));
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(
        unit, 1, ERR_KEY_STATE,
        "UPDATE device_key SET failures = 0, failures_since_refresh = 0, state = CASE WHEN state = 'locked' THEN "
        "CASE WHEN EXISTS (SELECT 1 FROM certificate c WHERE c.key_id = device_key.id) THEN 'active' ELSE "
        "'enrolling' END ELSE state END WHERE id = $1 AND state IN ('active', 'enrolling', 'locked')",
        (store_value[]){store_id(key_id)}, 1);
    return call_commit(c, unit);
}
