/* Authentication below HTTP: the requests are made by hand, so that connections are clear or not as the test says. */
#include "api/auth.h"
#include "base/text.h"
#include "crypto/sm3.h"
#include "service/console_link.h"
#include "service/operator_token.h"
#include "service/system.h"
#include "unit/service/fixture.h"

static const char *authorization, *cookie, *csrf, *background;

/* In place of the server's: the only headers that are looked at. */
const char *http_header(const http_request *request, const char *name)
{
    (void)request;
    return strcmp(name, "Authorization") == 0          ? authorization
           : strcmp(name, "Cookie") == 0               ? cookie
           : strcmp(name, AUTH_CSRF_HEADER) == 0       ? csrf
           : strcmp(name, AUTH_BACKGROUND_HEADER) == 0 ? background
                                                       : NULL;
}

typedef struct gate {
    fixture f;
    auth *auth;
    system_credential credential;
    http_request rq;
    uint64_t who;
} gate;

static int setup(void **state)
{
    gate *g = calloc(1, sizeof *g);
    business_system emr;
    assert_non_null(g);
    fixture_init(&g->f);
    assert_int_equal(auth_create(&g->auth), ERR_OK);
    assert_int_equal(
        system_create(fixture_call(&g->f, "system.create"), "电子病历", SCOPE_TASKS | SCOPE_VERIFY, false, &emr),
        ERR_OK);
    assert_int_equal(system_credential_create(fixture_call(&g->f, "credential.create"), emr.id, &g->credential),
                     ERR_OK);
    g->rq = (http_request){.arena = g->f.arena,
                           .method = "POST",
                           .path = "/v1/tasks",
                           .query = "",
                           .body = bytes_of_text("{\"a\":1}"),
                           .origin = "192.0.2.7"};
    *state = g;
    return 0;
}

static int teardown(void **state)
{
    gate *g = *state;
    auth_destroy(g->auth);
    fixture_remove(&g->f);
    free(g);
    return 0;
}

static err check(gate *g, const char *header)
{
    call *c = fixture_call(&g->f, "test.act");
    c->actor = ACTOR_NOBODY;
    c->actor_text = "nobody";
    authorization = header;
    g->who = UINT64_MAX;
    err e = auth_check(g->auth, &g->rq, c, &g->who);
    if (e != ERR_OK)
        assert_true(g->who == 0 || e == ERR_REPLAY);
    return e;
}

static const char *mac(gate *g, const char *time, const char *nonce)
{
    uint8_t digest[32], out[32];
    sm3(digest, g->rq.body.p, g->rq.body.n);
    const char *text =
        arena_printf(g->f.arena, "%s\n%s%s%s\n%s\n%s\n%s", g->rq.method, g->rq.path, *g->rq.query ? "?" : "",
                     g->rq.query, hex_text(g->f.arena, digest, 32), time, nonce);
    hmac_sm3(out, g->credential.secret, strlen(g->credential.secret), text, strlen(text));
    return hex_text(g->f.arena, out, 32);
}

static const char *time_text(gate *g, int64_t off)
{
    return arena_printf(g->f.arena, "%lld", (long long)(g->f.now_ms / 1000 + off));
}

/* The header with this time and nonce, rightly signed. */
static const char *signed_with(gate *g, const char *time, const char *nonce)
{
    return arena_printf(g->f.arena, "YQ1-HMAC-SM3 key=%s, time=%s, nonce=%s, signature=%s", g->credential.id, time,
                        nonce, mac(g, time, nonce));
}

static const char *signed_now(gate *g, const char *nonce)
{
    return signed_with(g, time_text(g, 0), nonce);
}

#define NONCE "0123456789abcdef"

static void a_signed_request_is_its_systems(void **state)
{
    gate *g = *state;
    /* Over a clear connection from anywhere: it carries no secret. */
    assert_int_equal(check(g, signed_now(g, NONCE)), ERR_OK);
    assert_int_equal(g->who, WHO_TASKS | WHO_VERIFY);
    const call *c = &g->f.c;
    assert_int_equal(c->actor, ACTOR_SYSTEM);
    assert_memory_equal(c->actor_id, g->credential.system_id, 16);
    assert_string_equal(c->actor_text, call_subject(&g->f.c, "system", g->credential.system_id));
    /* What is committed with the act. */
    assert_string_equal(c->credential_id, g->credential.id);
    assert_string_equal(c->nonce, NONCE);
    /* To the end of the last second in which it would be believed. */
    assert_int_equal(c->nonce_expires, (g->f.now_ms / 1000 + 301) * 1000);
}

static void the_parts_stand_in_any_order(void **state)
{
    gate *g = *state;
    const char *time = time_text(g, 0), *id = g->credential.id;
    static const char *const nonces[] = {"nonce-of-order-01", "nonce-of-order-02", "nonce-of-order-03",
                                         "nonce-of-order-04"};
    const char *headers[] = {arena_printf(g->f.arena, "YQ1-HMAC-SM3 signature=%s, nonce=%s, time=%s, key=%s",
                                          mac(g, time, nonces[0]), nonces[0], time, id),
                             arena_printf(g->f.arena, "YQ1-HMAC-SM3 time=%s,key=%s,signature=%s,nonce=%s", time, id,
                                          mac(g, time, nonces[1]), nonces[1]),
                             arena_printf(g->f.arena, "YQ1-HMAC-SM3 nonce=%s,   key=%s, signature=%s, time=%s",
                                          nonces[2], id, mac(g, time, nonces[2]), time)};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        assert_int_equal(check(g, headers[i]), ERR_OK);
}

static void malformed_headers_are_refused(void **state)
{
    gate *g = *state;
    const char *t = time_text(g, 0), *id = g->credential.id, *s = mac(g, t, NONCE);
    arena *a = g->f.arena;
    const char *headers[] = {
        "YQ1-HMAC-SM3 ", "YQ1-HMAC-SM3", "YQ1-HMAC-SM3 key", "YQ1-HMAC-SM3 =", "YQ1-HMAC-SM3 ,,,",
        arena_printf(a, "YQ1-HMAC-SM3 time=%s, nonce=%s, signature=%s", t, NONCE, s),
        arena_printf(a, "YQ1-HMAC-SM3 key=%s, nonce=%s, signature=%s", id, NONCE, s),
        arena_printf(a, "YQ1-HMAC-SM3 key=%s, time=%s, signature=%s", id, t, s),
        arena_printf(a, "YQ1-HMAC-SM3 key=%s, time=%s, nonce=%s", id, t, NONCE),
        /* doubled, each */
        arena_printf(a, "YQ1-HMAC-SM3 key=%s, key=%s, time=%s, nonce=%s, signature=%s", id, id, t, NONCE, s),
        arena_printf(a, "YQ1-HMAC-SM3 key=%s, time=%s, time=%s, nonce=%s, signature=%s", id, t, t, NONCE, s),
        arena_printf(a, "YQ1-HMAC-SM3 key=%s, time=%s, nonce=%s, nonce=%s, signature=%s", id, t, NONCE, NONCE, s),
        arena_printf(a, "YQ1-HMAC-SM3 key=%s, time=%s, nonce=%s, signature=%s, signature=%s", id, t, NONCE, s, s),
        /* a part that nobody knows, or in other letters, or with something around it */
        arena_printf(a, "YQ1-HMAC-SM3 key=%s, time=%s, nonce=%s, signature=%s, realm=x", id, t, NONCE, s),
        arena_printf(a, "YQ1-HMAC-SM3 Key=%s, time=%s, nonce=%s, signature=%s", id, t, NONCE, s),
        arena_printf(a, "YQ1-HMAC-SM3 keys=%s, time=%s, nonce=%s, signature=%s", id, t, NONCE, s),
        arena_printf(a, "YQ1-HMAC-SM3 key =%s, time=%s, nonce=%s, signature=%s", id, t, NONCE, s),
        arena_printf(a, "YQ1-HMAC-SM3  key=%s, time=%s, nonce=%s, signature=%s", id, t, NONCE, s),
        arena_printf(a, "YQ1-HMAC-SM3 key=\"%s\", time=%s, nonce=%s, signature=%s", id, t, NONCE, s),
        arena_printf(a, "YQ1-HMAC-SM3 key=%s; time=%s; nonce=%s; signature=%s", id, t, NONCE, s),
        arena_printf(a, "YQ1-HMAC-SM3 key=, time=%s, nonce=%s, signature=%s", t, NONCE, s),
        arena_printf(a, "yq1-hmac-sm3 key=%s, time=%s, nonce=%s, signature=%s", id, t, NONCE, s),
        arena_printf(a, "YQ1-HMAC-SM3 key=%s, time=%s, nonce=%s, signature=%.63s", id, t, NONCE, s),
        arena_printf(a, "YQ1-HMAC-SM3 key=%s, time=%s, nonce=%s, signature=%s0", id, t, NONCE, s),
        arena_printf(a, "YQ1-HMAC-SM3 key=%s, time=%s, nonce=%s, signature=%.63sg", id, t, NONCE, s),
        arena_printf(a, "YQ1-HMAC-SM3 key=%s, time=%s, nonce=%s, signature=%s ", id, t, NONCE, s),
        arena_printf(a, "YQ1-HMAC-SM3 key=ak_00000000000000000000, time=%s, nonce=%s, signature=%s", t, NONCE, s)};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        if (check(g, headers[i]) != ERR_UNAUTHENTICATED)
            fail_msg("taken: %s", headers[i]);
    /* None of them has used the nonce up. */
    assert_int_equal(check(g, signed_now(g, NONCE)), ERR_OK);
}

static void nonces_have_16_to_64_plain_characters(void **state)
{
    gate *g = *state;
    char longest[66];
    memset(longest, 'x', sizeof longest - 1);
    longest[65] = '\0';
    assert_int_equal(check(g, signed_now(g, longest)), ERR_UNAUTHENTICATED);
    longest[64] = '\0';
    assert_int_equal(check(g, signed_now(g, longest)), ERR_OK);
    assert_int_equal(check(g, signed_now(g, "0123456789abcde")), ERR_UNAUTHENTICATED);
    assert_int_equal(check(g, signed_now(g, "")), ERR_UNAUTHENTICATED);
    assert_int_equal(check(g, signed_now(g, "ABCxyz0189-_ABCx")), ERR_OK);
    static const char *const others[] = {"0123456789abcde=", "0123456789abcde+",  "0123456789abcde/",
                                         "0123456789abcde.", "01234567 89abcdef", "0123456789abcdé"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(check(g, signed_now(g, others[i])), ERR_UNAUTHENTICATED);
}

static void the_time_is_a_number_within_five_minutes(void **state)
{
    gate *g = *state;
    static const char *const no_numbers[] = {"",
                                             "x",
                                             "-1",
                                             "+1700000000",
                                             "1700000000.5",
                                             "0x6553f100",
                                             " 1700000000",
                                             "1700000000 ",
                                             "1e9",
                                             "9999999999999",
                                             "99999999999999999999999"};
    for (size_t i = 0; i < sizeof no_numbers / sizeof *no_numbers; i++)
        assert_int_equal(check(g, signed_with(g, no_numbers[i], NONCE)), ERR_UNAUTHENTICATED);
    static const int64_t skewed[] = {-301, 301, -86400, 86400};
    for (size_t i = 0; i < sizeof skewed / sizeof *skewed; i++) {
        assert_int_equal(check(g, signed_with(g, time_text(g, skewed[i]), NONCE)), ERR_CLOCK_SKEW);
        assert_non_null(
            strstr(g->f.c.fault.detail, arena_printf(g->f.arena, " %lld s ", (long long)llabs((long long)skewed[i]))));
    }
    assert_int_equal(check(g, signed_with(g, "0", NONCE)), ERR_CLOCK_SKEW);
    assert_int_equal(check(g, signed_with(g, "999999999999", NONCE)), ERR_CLOCK_SKEW);
    /* Who does not know the secret is not told the server's time. */
    const char *foreign = arena_printf(g->f.arena, "YQ1-HMAC-SM3 key=%s, time=%s, nonce=%s, signature=%064d",
                                       g->credential.id, time_text(g, 900), NONCE, 0);
    assert_int_equal(check(g, foreign), ERR_UNAUTHENTICATED);
    assert_string_equal(g->f.c.fault.detail, "");
    assert_int_equal(check(g, signed_with(g, time_text(g, -300), "nonce-five-minutes-ago")), ERR_OK);
    assert_int_equal(check(g, signed_with(g, time_text(g, 300), "nonce-five-minutes-on")), ERR_OK);
}

static void every_part_of_the_request_is_signed(void **state)
{
    gate *g = *state;
    http_request rq = g->rq;
    rq.query = "limit=1";
    const char *header;
    for (int part = 0; part < 6; part++) {
        g->rq = rq;
        header = signed_now(g, NONCE);
        if (part == 0)
            g->rq.method = "PUT";
        else if (part == 1)
            g->rq.path = "/v1/taskz";
        else if (part == 2)
            g->rq.query = "limit=2";
        else if (part == 3)
            g->rq.query = "";
        else if (part == 4)
            g->rq.body = bytes_of_text("{\"a\":2}");
        else
            g->rq.body = bytes_of(NULL, 0);
        assert_int_equal(check(g, header), ERR_UNAUTHENTICATED);
    }
    g->rq = rq;
    const char *now = time_text(g, 0), *s = mac(g, now, NONCE);
    header = arena_printf(g->f.arena, "YQ1-HMAC-SM3 key=%s, time=%s, nonce=%s, signature=%s", g->credential.id,
                          time_text(g, 1), NONCE, s);
    assert_int_equal(check(g, header), ERR_UNAUTHENTICATED);
    header = arena_printf(g->f.arena, "YQ1-HMAC-SM3 key=%s, time=%s, nonce=%s, signature=%s", g->credential.id, now,
                          "0123456789abcdeX", s);
    assert_int_equal(check(g, header), ERR_UNAUTHENTICATED);
    assert_int_equal(check(g, signed_now(g, NONCE)), ERR_OK);
}

static void a_nonce_is_taken_once_while_its_time_counts(void **state)
{
    gate *g = *state;
    const char *ahead = signed_with(g, time_text(g, 300), NONCE);
    assert_int_equal(check(g, ahead), ERR_OK);
    assert_int_equal(check(g, ahead), ERR_REPLAY);
    /* Under another time too: the nonce is what is remembered. */
    assert_int_equal(check(g, signed_now(g, NONCE)), ERR_REPLAY);
    /* To the last second in which the request would still be believed. */
    g->f.now_ms += 600 * 1000;
    assert_int_equal(check(g, ahead), ERR_REPLAY);
    g->f.now_ms += 1000;
    assert_int_equal(check(g, ahead), ERR_CLOCK_SKEW);
    assert_int_equal(check(g, signed_now(g, NONCE)), ERR_OK);
    /* Another credential's nonces are its own. */
    system_credential second;
    assert_int_equal(
        system_credential_create(fixture_call(&g->f, "credential.create"), g->credential.system_id, &second), ERR_OK);
    g->credential = second;
    assert_int_equal(check(g, signed_now(g, NONCE)), ERR_OK);
}

static void a_bearer_key_needs_a_connection_that_keeps_it(void **state)
{
    gate *g = *state;
    operator_token token;
    const char *text;
    assert_int_equal(
        operator_token_create(fixture_call(&g->f, "token.create"), "值班", SCOPE_AUDITOR, 3600, &token, &text), ERR_OK);
    const char *bearers[] = {
        arena_printf(g->f.arena, "Bearer %s.%s", g->credential.id, g->credential.secret),
        arena_printf(g->f.arena, "Bearer %s", text),
    };
    const uint64_t who[] = {WHO_TASKS | WHO_VERIFY, permission_of_role(ROLE_AUDITOR) << WHO_PERMISSIONS_AT};
    for (size_t i = 0; i < 2; i++) {
        g->rq.tls = g->rq.loopback = g->rq.unix_socket = false;
        assert_int_equal(check(g, bearers[i]), ERR_INSECURE);
        assert_int_equal(auth_secure(&g->rq), ERR_INSECURE);
        g->rq.tls = true;
        assert_int_equal(check(g, bearers[i]), ERR_OK);
        assert_true(g->who == who[i]);
        g->rq.tls = false;
        g->rq.loopback = true;
        assert_int_equal(check(g, bearers[i]), ERR_OK);
        g->rq.loopback = false;
        g->rq.unix_socket = true;
        assert_int_equal(check(g, bearers[i]), ERR_OK);
        assert_null(g->f.c.nonce);
    }
    g->rq.unix_socket = false;
    assert_int_equal(check(g, "Bearer whatever"), ERR_INSECURE);
}

static void wrong_bearers_are_refused(void **state)
{
    gate *g = *state;
    arena *a = g->f.arena;
    const char *id = g->credential.id, *secret = g->credential.secret;
    g->rq.tls = true;
    const char *headers[] = {"Bearer ",
                             "Bearer",
                             "Bearer ak_",
                             "Bearer ot_",
                             "Bearer ot_.",
                             "Bearer x.y",
                             "Basic d2hvOmV2ZXI=",
                             "",
                             arena_printf(a, "bearer %s.%s", id, secret),
                             arena_printf(a, "Bearer %s", id),
                             arena_printf(a, "Bearer %s.", id),
                             arena_printf(a, "Bearer %s.%.42s", id, secret),
                             arena_printf(a, "Bearer %s.%sA", id, secret),
                             arena_printf(a, "Bearer %s.%s ", id, secret),
                             arena_printf(a, "Bearer %s.%s", id, id),
                             arena_printf(a, "Bearer %.22s.%s", id, secret),
                             arena_printf(a, "Bearer %s%s", id, secret)};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        if (check(g, headers[i]) != ERR_UNAUTHENTICATED)
            fail_msg("taken: %s", headers[i]);
    assert_int_equal(check(g, arena_printf(a, "Bearer %s.%s", id, secret)), ERR_OK);
    assert_int_equal(system_credential_revoke(fixture_call(&g->f, "credential.revoke"), g->credential.system_id, id),
                     ERR_OK);
    assert_int_equal(check(g, arena_printf(a, "Bearer %s.%s", id, secret)), ERR_UNAUTHENTICATED);
    assert_int_equal(check(g, signed_now(g, NONCE)), ERR_UNAUTHENTICATED);
}

static void the_socket_is_its_owners(void **state)
{
    gate *g = *state;
    g->rq.unix_socket = true;
    g->rq.uid = (uint32_t)geteuid();
    assert_int_equal(check(g, NULL), ERR_OK);
    assert_true(g->who == (WHO_SOCKET | PERMISSION_ALL << WHO_PERMISSIONS_AT));
    assert_int_equal(g->f.c.actor, ACTOR_OPERATOR);
    assert_string_equal(g->f.c.actor_text, arena_printf(g->f.arena, "operator:uid:%u", g->rq.uid));
    g->rq.uid = 0;
    assert_int_equal(check(g, NULL), ERR_OK);
    g->rq.uid = (uint32_t)geteuid() + 4711;
    assert_int_equal(check(g, NULL), ERR_UNAUTHENTICATED);
    assert_int_equal(g->f.c.actor, ACTOR_NOBODY);
    /* Whoever says who he is, is that or nobody. */
    g->rq.uid = 0;
    assert_int_equal(check(g, "Bearer x"), ERR_UNAUTHENTICATED);
    assert_int_equal(check(g, "Basic d2hvOmV2ZXI="), ERR_UNAUTHENTICATED);
    assert_int_equal(check(g, signed_now(g, NONCE)), ERR_OK);
    assert_int_equal(g->who, WHO_TASKS | WHO_VERIFY);
    /* Not a uid that came some other way. */
    g->rq.unix_socket = false;
    g->rq.loopback = g->rq.tls = true;
    assert_int_equal(check(g, NULL), ERR_UNAUTHENTICATED);
}

/* An auditor who is logged in; the cookie's value. */
static const char *log_in(gate *g)
{
    console_operator o;
    const char *text, *value;
    int64_t expires;
    assert_int_equal(operator_create(fixture_call(&g->f, "operator.create"), "D1", "王建国", "auditor", &o), ERR_OK);
    assert_int_equal(console_link_create(fixture_call(&g->f, "operator.link"), o.id, &text, &expires), ERR_OK);
    assert_int_equal(console_link_use(fixture_call(&g->f, "console.login"), text, &value), ERR_OK);
    return value;
}

static err check_cookie(gate *g, const char *text)
{
    cookie = text;
    g->f.c.console = NULL;
    err e = check(g, NULL);
    cookie = NULL;
    return e;
}

static void a_cookie_is_a_person_in_the_console(void **state)
{
    gate *g = *state;
    arena *a = g->f.arena;
    const char *value = log_in(g), *good = arena_printf(a, "lang=zh; yiqian_console=%s; x=1", value);
    g->rq.loopback = true;
    g->rq.method = "GET";
    assert_int_equal(check_cookie(g, good), ERR_OK);
    assert_true(g->who == (WHO_CONSOLE | permission_of_role(ROLE_AUDITOR) << WHO_PERMISSIONS_AT));
    assert_non_null(g->f.c.console);
    assert_memory_equal(g->f.c.actor_id, g->f.c.console->user_id, 16);
    assert_string_equal(g->f.c.actor_text, call_subject(&g->f.c, "operator", g->f.c.console->operator_id));
    /* Not over a connection that anybody may read. */
    g->rq.loopback = false;
    assert_int_equal(check_cookie(g, good), ERR_INSECURE);
    g->rq.tls = true;
    assert_int_equal(check_cookie(g, good), ERR_OK);
    /* Two of the name: one of them is somebody else's. */
    assert_int_equal(check_cookie(g, arena_printf(a, "yiqian_console=%s; yiqian_console=%s", value, value)),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(check_cookie(g, arena_printf(a, "xyiqian_console=%s", value)), ERR_UNAUTHENTICATED);
    assert_int_equal(check_cookie(g, "yiqian_console="), ERR_UNAUTHENTICATED);
    /* Where there is an Authorization header, the cookie is nothing. */
    cookie = good;
    assert_int_equal(check(g, "Bearer x"), ERR_UNAUTHENTICATED);
    assert_int_equal(check(g, signed_now(g, NONCE)), ERR_OK);
    assert_int_equal(g->who, WHO_TASKS | WHO_VERIFY);
    /* Through the Unix socket he is who the cookie says, no more. */
    g->rq.unix_socket = true;
    g->rq.uid = (uint32_t)geteuid();
    assert_int_equal(check(g, NULL), ERR_OK);
    cookie = NULL;
    assert_true(g->who == (WHO_CONSOLE | permission_of_role(ROLE_AUDITOR) << WHO_PERMISSIONS_AT));
}

static void what_changes_something_carries_the_token(void **state)
{
    gate *g = *state;
    const char *good = arena_printf(g->f.arena, "yiqian_console=%s", log_in(g));
    static const char *const methods[] = {"POST", "PATCH", "PUT", "DELETE"};
    g->rq.tls = true;
    g->rq.method = "GET";
    assert_int_equal(check_cookie(g, good), ERR_OK);
    const char *token = console_session_csrf(&g->f.c, g->f.c.console);
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        g->rq.method = methods[i];
        csrf = NULL;
        assert_int_equal(check_cookie(g, good), ERR_CSRF);
        assert_int_equal(g->who, 0);
        csrf = "x";
        assert_int_equal(check_cookie(g, good), ERR_CSRF);
        csrf = token;
        assert_int_equal(check_cookie(g, good), ERR_OK);
    }
    csrf = NULL;
}

static void what_the_page_asks_by_itself_keeps_nothing_awake(void **state)
{
    gate *g = *state;
    const char *good = arena_printf(g->f.arena, "yiqian_console=%s", log_in(g));
    g->rq.tls = true;
    g->rq.method = "GET";
    background = "1";
    for (int i = 0; i < 14; i++) {
        g->f.now_ms += 60000;
        (void)fixture_call(&g->f, NULL);
        assert_int_equal(check_cookie(g, good), ERR_OK);
    }
    background = NULL;
    g->f.now_ms += 60000;
    (void)fixture_call(&g->f, NULL);
    assert_int_equal(check_cookie(g, good), ERR_SESSION_EXPIRED);
}

#define AT_GATE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_GATE(a_signed_request_is_its_systems),
        AT_GATE(the_parts_stand_in_any_order),
        AT_GATE(malformed_headers_are_refused),
        AT_GATE(nonces_have_16_to_64_plain_characters),
        AT_GATE(the_time_is_a_number_within_five_minutes),
        AT_GATE(every_part_of_the_request_is_signed),
        AT_GATE(a_nonce_is_taken_once_while_its_time_counts),
        AT_GATE(a_bearer_key_needs_a_connection_that_keeps_it),
        AT_GATE(wrong_bearers_are_refused),
        AT_GATE(the_socket_is_its_owners),
        AT_GATE(a_cookie_is_a_person_in_the_console),
        AT_GATE(what_changes_something_carries_the_token),
        AT_GATE(what_the_page_asks_by_itself_keeps_nothing_awake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
