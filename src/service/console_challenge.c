#include "service/console_challenge.h"

#include <string.h>

#include "asn1/ecsig.h"
#include "base/ct.h"
#include "base/text.h"
#include "crypto/sm2.h"
#include "service/internal.h"
#include "service/login.h"
#include "service/operator_certificate.h"

enum { RANDOM = 16, MAC = 16, SIGNED = 8 + RANDOM };

/* A challenge is u64be time || 16 random || 16 MAC over these. */
static void challenge_mac(const call *c, const uint8_t head[SIGNED], uint8_t mac[SM3_SIZE])
{
    uint8_t key[32];
    hmac_sm3_ctx ctx;
    keystore_derive(c->service->options.keystore, "console-challenge", key);
    hmac_sm3_init(&ctx, key, sizeof key);
    hmac_sm3_update(&ctx, head, SIGNED);
    hmac_sm3_final(&ctx, mac);
    wipe(key, sizeof key);
}

/* It begins as only the server's own messages do, so that no document of a business system is one; it names the server, so that what was signed for another is
 * nothing here. The public URL has no characters that JSON escapes (os/config). */
static const char *message_of(const call *c, const uint8_t challenge[CONSOLE_CHALLENGE])
{
    const char *hex = hex_text(c->arena, challenge, CONSOLE_CHALLENGE);
    return hex ? arena_printf(c->arena, LOGIN_RESERVED "console/1\",\"server\":\"%s\",\"challenge\":\"%s\"}",
                              c->service->options.public_url, hex)
               : NULL;
}

err console_challenge_make(call *c, uint8_t challenge[CONSOLE_CHALLENGE], const char **message, int64_t *expires_ms)
{
    uint8_t mac[SM3_SIZE];
    const entropy *rng = &c->service->options.rng;
    TRY(selftest_require(c));
    store_u64be(challenge, (uint64_t)c->now_ms);
    TRY(rng->fill(rng->ctx, challenge + 8, RANDOM));
    challenge_mac(c, challenge, mac);
    memcpy(challenge + SIGNED, mac, MAC);
    *message = message_of(c, challenge);
    *expires_ms = c->now_ms + CONSOLE_CHALLENGE_SECONDS * INT64_C(1000);
    return *message ? ERR_OK : ERR_MEMORY;
}

static err check_challenge(const call *c, const uint8_t challenge[CONSOLE_CHALLENGE], int64_t *expires_ms)
{
    uint8_t mac[SM3_SIZE];
    challenge_mac(c, challenge, mac);
    if (!ct_equal(mac, challenge + SIGNED, MAC))
        return ERR_UNAUTHENTICATED;
    *expires_ms = (int64_t)load_u64be(challenge) + CONSOLE_CHALLENGE_SECONDS * INT64_C(1000);
    return *expires_ms > c->now_ms ? ERR_OK : ERR_UNAUTHENTICATED;
}

static err check_rs(const cert *x, bytes message, const uint8_t rs[64])
{
    uint8_t e[32];
    sm2_digest(e, x->public_key, message);
    return sm2_verify_bytes(x->public_key, e, rs) == ERR_OK ? ERR_OK : ERR_UNAUTHENTICATED;
}

/* 64 bytes may be either form. */
static err check_signature(const cert *x, bytes message, bytes signature)
{
    uint8_t rs[64];
    if (signature.n == sizeof rs && check_rs(x, message, signature.p) == ERR_OK)
        return ERR_OK;
    return ecsig_from_der(rs, signature) == ERR_OK ? check_rs(x, message, rs) : ERR_UNAUTHENTICATED;
}

err console_challenge_use(call *c, const uint8_t challenge[CONSOLE_CHALLENGE], bytes certificate, bytes signature,
                          const char **cookie)
{
    cert x;
    uint8_t operator_id[16];
    int64_t expires_ms;
    TRY(selftest_require(c));
    TRY(check_challenge(c, challenge, &expires_ms));
    TRY(operator_certificate_check(c, certificate, &x, operator_id));
    const char *message = message_of(c, challenge);
    store_unit *unit = store_unit_begin(c->arena);
    if (!message || !unit)
        return ERR_MEMORY;
    TRY(check_signature(&x, bytes_of_text(message), signature));
    /* Taken in the unit that begins the session. */
    c->credential_id = "console-challenge";
    c->nonce = hex_text(c->arena, challenge + 8, RANDOM);
    c->nonce_expires = expires_ms + 1000;
    if (!c->nonce)
        return ERR_MEMORY;
    /* It may have been revoked since it was read. */
    uint8_t *fingerprint = arena_alloc(c->arena, SM3_SIZE);
    if (!fingerprint)
        return ERR_MEMORY;
    sm3(fingerprint, certificate.p, certificate.n);
    store_unit_add(unit, 1, ERR_UNAUTHENTICATED,
                   "SELECT id FROM operator_certificate WHERE fingerprint = $1 AND state = 'active'",
                   (store_value[]){store_blob(fingerprint, SM3_SIZE)}, 1);
    TRY(console_session_begin(c, unit, operator_id, "certificate", cookie));
    return call_commit(c, unit);
}
