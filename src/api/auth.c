#include "api/auth.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ct.h"
#include "base/text.h"
#include "crypto/sm3.h"
#include "service/console_session.h"
#include "service/device_session.h"
#include "service/operator_token.h"
#include "service/scope.h"
#include "service/system.h"
#include "service/workstation.h"

enum {
    SKEW_SECONDS = 300,
    NONCE_MIN = 16,
    NONCE_MAX = 64,
    /* Slots for the nonces of the last SKEW_SECONDS on both sides of now: a full set of ways is answered "busy", never forgotten. */
    NONCE_SLOTS = 1 << 19,
    NONCE_WAYS = 16
};

typedef struct nonce_slot {
    uint8_t tag[12];
    uint32_t expires; /* Unix seconds */
} nonce_slot;

struct auth {
    pthread_mutex_t lock;
    nonce_slot slots[NONCE_SLOTS];
};

err auth_create(auth **out)
{
    auth *a = calloc(1, sizeof *a);
    if (!a)
        return ERR_MEMORY;
    pthread_mutex_init(&a->lock, NULL);
    *out = a;
    return ERR_OK;
}

void auth_destroy(auth *a)
{
    if (!a)
        return;
    pthread_mutex_destroy(&a->lock);
    free(a);
}

err auth_secure(const http_request *request)
{
    return request->tls || request->loopback || request->unix_socket ? ERR_OK : ERR_INSECURE;
}

/* Takes the nonce for this credential; ERR_REPLAY if it was taken within its life. */
static err nonce_take(auth *a, const char *credential, const char *nonce, int64_t now, int64_t expires)
{
    uint8_t hash[SM3_SIZE];
    sm3_ctx ctx;
    sm3_init(&ctx);
    sm3_update(&ctx, credential, strlen(credential) + 1);
    sm3_update(&ctx, nonce, strlen(nonce));
    sm3_final(&ctx, hash);
    size_t first = load_u32be(hash + 28) % (NONCE_SLOTS / NONCE_WAYS) * NONCE_WAYS;
    nonce_slot *free_slot = NULL;
    err e = ERR_BUSY;
    pthread_mutex_lock(&a->lock);
    for (size_t i = 0; i < NONCE_WAYS; i++) {
        nonce_slot *slot = &a->slots[first + i];
        if (slot->expires < now) {
            free_slot = slot;
        } else if (memcmp(slot->tag, hash, sizeof slot->tag) == 0) {
            e = ERR_REPLAY;
            goto out;
        }
    }
    if (free_slot) {
        memcpy(free_slot->tag, hash, sizeof free_slot->tag);
        free_slot->expires = (uint32_t)expires;
        e = ERR_OK;
    }
out:
    pthread_mutex_unlock(&a->lock);
    return e;
}

/* The parts of "key=..., time=..., nonce=..., signature=...". */
typedef struct signed_header {
    const char *key, *time, *nonce, *signature;
} signed_header;

static err header_parse(char *text, signed_header *out)
{
    static const char *const names[] = {"key", "time", "nonce", "signature"};
    const char **targets[] = {&out->key, &out->time, &out->nonce, &out->signature};
    memset(out, 0, sizeof *out);
    while (*text) {
        size_t i, n = strcspn(text, "=");
        for (i = 0; i < 4; i++)
            if (strlen(names[i]) == n && memcmp(names[i], text, n) == 0)
                break;
        if (i == 4 || text[n] != '=' || *targets[i])
            return ERR_UNAUTHENTICATED;
        text += n + 1;
        *targets[i] = text;
        text += strcspn(text, ",");
        if (*text) {
            *text++ = 0;
            text += strspn(text, " ");
        }
    }
    return out->key && out->time && out->nonce && out->signature ? ERR_OK : ERR_UNAUTHENTICATED;
}

static err decimal(const char *text, int64_t *out)
{
    *out = 0;
    if (!*text || strlen(text) > 12)
        return ERR_UNAUTHENTICATED;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return ERR_UNAUTHENTICATED;
        *out = *out * 10 + (*text - '0');
    }
    return ERR_OK;
}

static bool nonce_well_formed(const char *nonce)
{
    size_t n = strlen(nonce);
    return n >= NONCE_MIN && n <= NONCE_MAX &&
           strspn(nonce, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == n;
}

/* HMAC-SM3 over "method\npath[?query]\nhex SM3(body)\ntime\nnonce". */
static void request_mac(const http_request *rq, const signed_header *h, bytes secret, uint8_t mac[SM3_SIZE])
{
    uint8_t digest[SM3_SIZE];
    char digest_text[2 * SM3_SIZE + 1];
    hmac_sm3_ctx ctx;
    sm3(digest, rq->body.p, rq->body.n);
    hex_encode(digest_text, digest, sizeof digest);
    hmac_sm3_init(&ctx, secret.p, secret.n);
    hmac_sm3_update(&ctx, rq->method, strlen(rq->method));
    hmac_sm3_update(&ctx, "\n", 1);
    hmac_sm3_update(&ctx, rq->path, strlen(rq->path));
    if (*rq->query) {
        hmac_sm3_update(&ctx, "?", 1);
        hmac_sm3_update(&ctx, rq->query, strlen(rq->query));
    }
    hmac_sm3_update(&ctx, "\n", 1);
    hmac_sm3_update(&ctx, digest_text, 2 * SM3_SIZE);
    hmac_sm3_update(&ctx, "\n", 1);
    hmac_sm3_update(&ctx, h->time, strlen(h->time));
    hmac_sm3_update(&ctx, "\n", 1);
    hmac_sm3_update(&ctx, h->nonce, strlen(h->nonce));
    hmac_sm3_final(&ctx, mac);
}

static uint64_t who_of_scopes(uint32_t scopes)
{
    static const struct {
        uint32_t scope, who;
    } systems[] = {{SCOPE_TASKS, WHO_TASKS},
                   {SCOPE_USERS, WHO_USERS},
                   {SCOPE_VERIFY, WHO_VERIFY},
                   {SCOPE_TIMESTAMPS, WHO_TIMESTAMPS}};
    static const struct {
        uint32_t scope;
        permission_role role;
    } operators[] = {
        {SCOPE_OPERATOR, ROLE_OPERATOR}, {SCOPE_ADMINISTRATOR, ROLE_ADMINISTRATOR}, {SCOPE_AUDITOR, ROLE_AUDITOR}};
    uint64_t who = 0;
    for (size_t i = 0; i < sizeof systems / sizeof *systems; i++)
        if (scopes & systems[i].scope)
            who |= systems[i].who;
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (scopes & operators[i].scope)
            who |= permission_of_role(operators[i].role) << WHO_PERMISSIONS_AT;
    /* Whoever has a backup and its passphrase has the hospital's keys: that is for people, whom a second one can approve. */
    return who & ~(uint64_t)MAY_BACKUP_MANAGE;
}

bool auth_token_may(const http_route *route)
{
    return (route->who & who_of_scopes(SCOPE_OF_OPERATORS)) != 0;
}

/* A credential that works, used from where it may not be, is one that somebody else may have: recorded whatever the request was. */
static err be_system(call *c, const system_credential *credential, uint64_t *who)
{
    bool record;
    c->actor = ACTOR_SYSTEM;
    memcpy(c->actor_id, credential->system_id, 16);
    c->actor_text = call_subject(c, "system", credential->system_id);
    if (!c->actor_text)
        return ERR_MEMORY;
    *who = who_of_scopes(credential->scopes);
    err e = system_credential_admit(c, credential, &record);
    if (e != ERR_ADDRESS)
        return e;
    c->audit_event = record ? "system.address_refused" : NULL;
    c->subject = c->actor_text;
    c->detail = arena_printf(c->arena, "credential=%s", credential->id);
    return c->detail ? e : ERR_MEMORY;
}

static err check_signed(auth *a, const http_request *rq, call *c, const char *parameters, uint64_t *who)
{
    signed_header h;
    system_credential credential;
    uint8_t mac[SM3_SIZE], given[SM3_SIZE];
    int64_t time, now = c->now_ms / 1000;
    char *text = arena_text(c->arena, parameters, strlen(parameters));
    if (!text)
        return ERR_MEMORY;
    TRY(header_parse(text, &h));
    TRY(decimal(h.time, &time));
    if (!nonce_well_formed(h.nonce) || hex_decode(given, sizeof given, h.signature, strlen(h.signature)) != ERR_OK)
        return ERR_UNAUTHENTICATED;
    TRY(system_credential_open(c, h.key, &credential));
    request_mac(rq, &h, bytes_of(credential.secret, strlen(credential.secret)), mac);
    if (!ct_equal(mac, given, sizeof mac))
        return ERR_UNAUTHENTICATED;
    /* A request that waited was checked when it came; only its credential is looked at again. */
    if (rq->runs > 0)
        return be_system(c, &credential, who);
    if (time < now - SKEW_SECONDS || time > now + SKEW_SECONDS)
        return fault_set(&c->fault, ERR_CLOCK_SKEW, "the request's time is %lld s away from the server's",
                         (long long)(time > now ? time - now : now - time));
    /* Before the call has an actor: a replay that anyone can send leaves no audit row. */
    TRY(nonce_take(a, h.key, h.nonce, now, time + SKEW_SECONDS));
    TRY(be_system(c, &credential, who));
    /* Committed with the act as well: a restart forgets the table above. */
    c->credential_id = h.key;
    c->nonce = h.nonce;
    c->nonce_expires = (time + SKEW_SECONDS + 1) * 1000;
    return ERR_OK;
}

static err check_bearer(const http_request *rq, call *c, const char *token, uint64_t *who)
{
    TRY(auth_secure(rq));
    if (strncmp(token, "ak_", 3) == 0) {
        system_credential credential;
        size_t n = strcspn(token, ".");
        const char *id = arena_text(c->arena, token, n);
        if (!id)
            return ERR_MEMORY;
        TRY(system_credential_open(c, id, &credential));
        size_t secret_n = strlen(credential.secret);
        if (token[n] != '.' || strlen(token + n + 1) != secret_n ||
            !ct_equal(token + n + 1, credential.secret, secret_n))
            return ERR_UNAUTHENTICATED;
        return be_system(c, &credential, who);
    }
    if (strncmp(token, "ot_", 3) == 0) {
        uint32_t scopes;
        const char *id;
        TRY(operator_token_check(c, token, &scopes, &id));
        c->token_id = id;
        c->actor = ACTOR_OPERATOR;
        c->actor_text = arena_printf(c->arena, "operator:token:%s", id);
        *who = who_of_scopes(scopes);
        return c->actor_text ? ERR_OK : ERR_MEMORY;
    }
    if (strncmp(token, AUTH_WORKSTATION_PREFIX, sizeof AUTH_WORKSTATION_PREFIX - 1) == 0) {
        TRY(workstation_session_check(c->service, c->arena, token + sizeof AUTH_WORKSTATION_PREFIX - 1, c->now_ms,
                                      c->actor_id));
        c->actor = ACTOR_WORKSTATION;
        c->actor_text = call_subject(c, "workstation", c->actor_id);
        *who = WHO_WORKSTATION;
        return c->actor_text ? ERR_OK : ERR_MEMORY;
    }
    TRY(device_session_check(c->service, c->arena, token, c->now_ms, c->actor_id));
    c->actor = ACTOR_DEVICE;
    c->actor_text = call_subject(c, "device", c->actor_id);
    *who = WHO_DEVICE;
    return c->actor_text ? ERR_OK : ERR_MEMORY;
}

/* The value of the console's cookie (RFC 6265 4.2.1), NULL where there is none. Two of that name are one too many: the server set one. */
static err find_cookie(call *c, const char *header, const char **value)
{
    static const char name[] = AUTH_COOKIE "=";
    *value = NULL;
    for (const char *at = header; *at;) {
        size_t n = strcspn(at, ";");
        if (n >= sizeof name - 1 && memcmp(at, name, sizeof name - 1) == 0) {
            if (*value)
                return ERR_UNAUTHENTICATED;
            *value = arena_text(c->arena, at + sizeof name - 1, n - (sizeof name - 1));
            if (!*value)
                return ERR_MEMORY;
        }
        at += n;
        at += strspn(at, "; ");
    }
    return ERR_OK;
}

static err check_cookie(const http_request *rq, call *c, const char *cookie, uint64_t *who)
{
    console_session *s = arena_alloc(c->arena, sizeof *s);
    if (!s)
        return ERR_MEMORY;
    TRY(auth_secure(rq));
    TRY(console_session_check(c, cookie, s));
    if (strcmp(rq->method, "GET") != 0 && strcmp(rq->method, "HEAD") != 0 &&
        !console_session_csrf_good(c, s, http_header(rq, AUTH_CSRF_HEADER)))
        return ERR_CSRF;
    if (!http_header(rq, AUTH_BACKGROUND_HEADER))
        TRY(console_session_seen(c, s));
    c->actor = ACTOR_OPERATOR;
    memcpy(c->actor_id, s->user_id, 16);
    c->actor_text = call_subject(c, "operator", s->operator_id);
    c->console = s;
    *who = WHO_CONSOLE | s->permissions << WHO_PERMISSIONS_AT;
    return c->actor_text ? ERR_OK : ERR_MEMORY;
}

err auth_check(auth *a, const http_request *rq, call *c, uint64_t *who)
{
    const char *header = http_header(rq, "Authorization");
    *who = 0;
    if (header && strncmp(header, "YQ1-HMAC-SM3 ", 13) == 0)
        return check_signed(a, rq, c, header + 13, who);
    if (header && strncmp(header, "Bearer ", 7) == 0)
        return check_bearer(rq, c, header + 7, who);
    if (header)
        return ERR_UNAUTHENTICATED;
    const char *cookies = http_header(rq, "Cookie"), *cookie = NULL;
    if (cookies)
        TRY(find_cookie(c, cookies, &cookie));
    if (cookie)
        return check_cookie(rq, c, cookie, who);
    /* Whoever may open the server's own socket as the server's user, or as root, could change its files as well. */
    if (rq->unix_socket && (rq->uid == (uint32_t)geteuid() || rq->uid == 0)) {
        c->actor = ACTOR_OPERATOR;
        c->own_socket = true;
        c->actor_text = arena_printf(c->arena, "operator:uid:%u", rq->uid);
        *who = WHO_SOCKET | PERMISSION_ALL << WHO_PERMISSIONS_AT;
        return c->actor_text ? ERR_OK : ERR_MEMORY;
    }
    return ERR_UNAUTHENTICATED;
}
