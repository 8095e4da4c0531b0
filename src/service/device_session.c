#include "service/device_session.h"

#include <stdlib.h>
#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "crypto/sm3.h"
#include "pki/p256.h"
#include "service/internal.h"

enum { CHALLENGE_SLOTS = 1 << 14, CHALLENGE_WAYS = 8, TOKEN_SIZE = 16 + 8 + 32 };

/* Challenges that were answered, until they would be too old anyway. */
typedef struct challenge_slot {
    uint8_t tag[16];
    int64_t expires_ms;
} challenge_slot;

struct challenge_table {
    pthread_mutex_t lock;
    challenge_slot slots[CHALLENGE_SLOTS];
};

err device_session_table_create(service *s)
{
    s->challenges = calloc(1, sizeof *s->challenges);
    if (!s->challenges)
        return ERR_MEMORY;
    pthread_mutex_init(&s->challenges->lock, NULL);
    return ERR_OK;
}

void device_session_table_destroy(service *s)
{
    if (!s->challenges)
        return;
    pthread_mutex_destroy(&s->challenges->lock);
    free(s->challenges);
    s->challenges = NULL;
}

/* A challenge is u64be time || 16 random || 16 MAC over these, the kind and the id; the server remembers only those that were
 * answered. */

static void challenge_mac(const service *s, session_kind kind, const uint8_t id[16], const uint8_t head[24],
                          uint8_t mac[32])
{
    const uint8_t tag = (uint8_t)kind;
    hmac_sm3_ctx ctx;
    hmac_sm3_init(&ctx, s->challenge_key, sizeof s->challenge_key);
    hmac_sm3_update(&ctx, &tag, 1);
    hmac_sm3_update(&ctx, id, 16);
    hmac_sm3_update(&ctx, head, 24);
    hmac_sm3_final(&ctx, mac);
}

err session_challenge(call *c, session_kind kind, const uint8_t id[16], uint8_t out[DEVICE_CHALLENGE])
{
    uint8_t mac[32];
    store_u64be(out, (uint64_t)c->now_ms);
    TRY(selftest_require(c));
    TRY(c->service->options.rng.fill(c->service->options.rng.ctx, out + 8, 16));
    challenge_mac(c->service, kind, id, out, mac);
    memcpy(out + 24, mac, 16);
    return ERR_OK;
}

err device_session_challenge(call *c, const uint8_t enrolment_id[16], uint8_t out[DEVICE_CHALLENGE])
{
    return session_challenge(c, SESSION_DEVICE, enrolment_id, out);
}

err session_challenge_use(service *s, const uint8_t tag[32], int64_t now_ms, int64_t expires_ms)
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

err session_challenge_check(call *c, session_kind kind, const uint8_t id[16], bytes challenge, uint8_t mac[32],
                            int64_t *expires_ms)
{
    service *s = c->service;
    if (challenge.n != DEVICE_CHALLENGE)
        return ERR_UNAUTHENTICATED;
    challenge_mac(s, kind, id, challenge.p, mac);
    if (!ct_equal(mac, challenge.p + 24, 16))
        return ERR_UNAUTHENTICATED;
    int64_t made = (int64_t)load_u64be(challenge.p);
    *expires_ms = made + DEVICE_CHALLENGE_SECONDS * 1000;
    /* What was answered before a restart is not remembered, so a challenge older than the process does not count. */
    return *expires_ms <= c->now_ms || made < s->started_ms ? ERR_UNAUTHENTICATED : ERR_OK;
}

static void token_mac(const service *s, session_kind kind, const uint8_t head[24], uint8_t mac[32])
{
    const uint8_t tag = (uint8_t)kind;
    hmac_sm3_ctx ctx;
    hmac_sm3_init(&ctx, s->token_key, sizeof s->token_key);
    hmac_sm3_update(&ctx, &tag, 1);
    hmac_sm3_update(&ctx, head, 24);
    hmac_sm3_final(&ctx, mac);
}

err session_token(call *c, session_kind kind, const uint8_t id[16], const char **token, int64_t *expires_ms)
{
    uint8_t plain[TOKEN_SIZE];
    *expires_ms = c->now_ms + DEVICE_SESSION_SECONDS * 1000;
    memcpy(plain, id, 16);
    store_u64be(plain + 16, (uint64_t)*expires_ms);
    token_mac(c->service, kind, plain, plain + 24);
    *token = base64url_text(c->arena, plain, sizeof plain);
    return *token ? ERR_OK : ERR_MEMORY;
}

err session_token_check(const service *s, arena *a, session_kind kind, const char *token, int64_t now_ms,
                        uint8_t id[16])
{
    bytes plain;
    uint8_t mac[32];
    if (base64url_decode(a, token, strlen(token), &plain) != ERR_OK || plain.n != TOKEN_SIZE)
        return ERR_UNAUTHENTICATED;
    token_mac(s, kind, plain.p, mac);
    if (!ct_equal(mac, plain.p + 24, sizeof mac))
        return ERR_UNAUTHENTICATED;
    if ((int64_t)load_u64be(plain.p + 16) <= now_ms)
        return ERR_SESSION_EXPIRED;
    memcpy(id, plain.p, 16);
    return ERR_OK;
}

err device_session_begin(call *c, const uint8_t enrolment_id[16], bytes challenge, const uint8_t signature[64],
                         const char **token, int64_t *expires_ms)
{
    TRY(selftest_require(c));
    static const char tag[] = "yiqian/device-session/1";
    const store_value *row;
    uint8_t message[sizeof tag - 1 + 16 + DEVICE_CHALLENGE], mac[32];
    int64_t challenge_expires;
    TRY(session_challenge_check(c, SESSION_DEVICE, enrolment_id, challenge, mac, &challenge_expires));
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
    TRY(session_challenge_use(c->service, mac, c->now_ms, challenge_expires));
    return session_token(c, SESSION_DEVICE, enrolment_id, token, expires_ms);
}

err device_session_check(const service *s, arena *a, const char *token, int64_t now_ms, uint8_t enrolment_id[16])
{
    TRY(session_token_check(s, a, SESSION_DEVICE, token, now_ms, enrolment_id));
    /* A session ends with its enrolment: a device that was lost or removed is nobody at once. */
    const store_value *row;
    return store_query_one(s->options.store, a, &row, ERR_UNAUTHENTICATED,
                           "SELECT 1 FROM enrolment WHERE id = $1 AND state IN ('open', 'enrolled')",
                           (store_value[]){store_id(enrolment_id)}, 1);
}
