/* Who is asking: no Authorization header is taken but the very one that a business system with the secret has signed, and that only
 * once and in its time. First byte odd: the rest is the header as it comes. Even: choices of time, nonce, query and body, signed by the
 * harness with the right secret, and edits of the header, the query and the body afterwards. */
#include <time.h>

#include "api/auth.h"
#include "crypto/sm3.h"
#include "service.h"

enum { ROOM = 1 << 20, INPUT_MAX = 4096, SKEW = 300 };

static auth *nonces;
static system_credential credential;
static fixture *f;

static void set_up(void)
{
    if (f)
        return;
    f = service_make();
    business_system office = fixture_system(f, "电子病历");
    CHECK(system_credential_create(fixture_call(f, "system.credential_create"), office.id, &credential) == ERR_OK);
}

/* Its memory is bounded, and what it cannot remember it refuses: from time to time anew. */
static void forget_nonces(void)
{
    static unsigned runs;
    if (runs++ % 50000 != 0)
        return;
    auth_destroy(nonces);
    CHECK(auth_create(&nonces) == ERR_OK);
}

static err check(arena *a, const char *header, const char *query, bytes body, uint64_t *who)
{
    http_request request = {
        .arena = a, .method = "POST", .path = "/v1/tasks", .query = query, .body = body, .loopback = true};
    call c = {.service = f->service, .arena = a, .now_ms = f->now_ms, .actor_text = "nobody", .origin = "tcp"};
    fault_clear(&c.fault);
    headers[0].name = "Authorization";
    headers[0].value = header;
    headers_n = 1;
    return auth_check(nonces, &request, &c, who);
}

/* Spaces after a comma and the case of the signature's digits may change; all else is what was signed. */
static char *canonical(arena *a, const char *header)
{
    char *out = arena_alloc(a, strlen(header) + 1), *to = out;
    CHECK(out);
    bool in_signature = false;
    for (const char *at = header; *at; at++) {
        if (strncmp(at, "signature=", 10) == 0)
            in_signature = true;
        *to++ = in_signature && *at >= 'A' && *at <= 'F' ? (char)(*at + 'a' - 'A') : *at;
        if (*at == ',') {
            in_signature = false;
            at += strspn(at + 1, " ");
        }
    }
    *to = 0;
    return out;
}

static void hmac(arena *a, const char *time, const char *nonce, const char *query, bytes body, char mac_text[65])
{
    uint8_t digest[SM3_SIZE], mac[SM3_SIZE];
    sm3(digest, body.p, body.n);
    const char *text = arena_printf(a, "POST\n/v1/tasks%s%s\n%s\n%s\n%s", *query ? "?" : "", query,
                                    hex_text(a, digest, sizeof digest), time, nonce);
    hmac_sm3_ctx ctx;
    CHECK(text);
    hmac_sm3_init(&ctx, credential.secret, strlen(credential.secret));
    hmac_sm3_update(&ctx, text, strlen(text));
    hmac_sm3_final(&ctx, mac);
    hex_encode(mac_text, mac, sizeof mac);
}

static bool nonce_formed(const char *nonce)
{
    size_t n = strlen(nonce);
    return n >= 16 && n <= 64 && strspn(nonce, "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz") == n;
}

/* n bytes of the input as a C string, with a counter behind it so that no nonce comes twice by itself. */
static const char *nonce_of(arena *a, choices *c)
{
    static unsigned counter;
    size_t n = choose_below(c, 70);
    bytes text = choose_bytes(c, n);
    const char *cut = arena_text(a, text.p, text.n);
    CHECK(cut);
    const char *nonce = arena_printf(a, "%s%08x", cut, counter++);
    CHECK(nonce);
    return nonce;
}

static void check_signed(arena *a, choices *c)
{
    char mac[65];
    uint64_t who;
    int delta = (int)choose_u16(c) % 700 - 350;
    const char *time = arena_printf(a, "%lld", (long long)(f->now_ms / 1000 + delta));
    const char *nonce = nonce_of(a, c);
    uint8_t query[12] = "limit=7&a=b", body[12] = "{\"a\":\"b\"}..";
    query[choose_below(c, 12)] = 0;
    hmac(a, time, nonce, (const char *)query, bytes_of(body, sizeof body), mac);
    const char *header =
        arena_printf(a, "YQ1-HMAC-SM3 key=%s, time=%s, nonce=%s, signature=%s", credential.id, time, nonce, mac);
    CHECK(header);
    char *sent = arena_text(a, header, strlen(header));
    CHECK(sent);
    (void)choose_edits(c, sent, strlen(sent));
    bool same = strcmp(canonical(a, sent), canonical(a, header)) == 0;
    uint8_t query_before[12], body_before[12];
    memcpy(query_before, query, sizeof query);
    memcpy(body_before, body, sizeof body);
    (void)choose_edits(c, query, strlen((char *)query));
    (void)choose_edits(c, body, sizeof body);
    bool changed = memcmp(query, query_before, sizeof query) != 0 || memcmp(body, body_before, sizeof body) != 0;
    err e = check(a, sent, (const char *)query, bytes_of(body, sizeof body), &who);
    bool right = same && !changed && delta >= -SKEW && delta <= SKEW && nonce_formed(nonce);
    CHECK((e == ERR_OK) == right);
    CHECK((who == WHO_TASKS) == right && (right || who == 0));
    if (right)
        CHECK(check(a, sent, (const char *)query, bytes_of(body, sizeof body), &who) == ERR_REPLAY);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    if (n == 0 || n > INPUT_MAX)
        return 0;
    set_up();
    forget_nonces();
    arena *a = arena_create(ROOM);
    CHECK(a);
    choices c = {bytes_of(p, n)};
    uint64_t who;
    if (choose(&c) & 1) {
        const char *header = arena_text(a, c.left.p, c.left.n);
        CHECK(header);
        err e = check(a, header, "", bytes_of(NULL, 0), &who);
        CHECK(e != ERR_OK && e < ERR_MEMORY && who == 0);
    } else {
        check_signed(a, &c);
    }
    arena_destroy(a);
    return 0;
}
