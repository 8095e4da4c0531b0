#include "base/text.h"
#include "key_holder.h"
#include "service/login.h"

typedef struct door {
    fixture f;
    holder h;
    uint8_t challenge[CONSOLE_CHALLENGE];
    const char *message;
    uint8_t rs[64];
} door;

static int setup(void **state)
{
    door *d = calloc(1, sizeof *d);
    int64_t expires;
    assert_non_null(d);
    fixture_init(&d->f);
    holder_make(&d->h, &d->f, "D1", "auditor");
    assert_int_equal(console_challenge_make(fixture_call(&d->f, NULL), d->challenge, &d->message, &expires), ERR_OK);
    assert_int_equal(expires, d->f.now_ms + CONSOLE_CHALLENGE_SECONDS * 1000);
    holder_sign(&d->f, &d->h.key, d->message, d->rs);
    *state = d;
    return 0;
}

static int teardown(void **state)
{
    door *d = *state;
    fixture_remove(&d->f);
    free(d);
    return 0;
}

/* As somebody without credentials. */
static err use(door *d, const uint8_t challenge[CONSOLE_CHALLENGE], bytes certificate, bytes signature)
{
    const char *cookie;
    call *c = fixture_call(&d->f, "console.login");
    c->actor = ACTOR_NOBODY;
    return console_challenge_use(c, challenge, certificate, signature, &cookie);
}

static err use_rs(door *d, const uint8_t rs[64])
{
    return use(d, d->challenge, d->h.certificate.der, bytes_of(rs, 64));
}

static void a_signature_logs_in_once(void **state)
{
    door *d = *state;
    assert_int_equal(use_rs(d, d->rs), ERR_OK);
    assert_string_equal(fixture_last_audit(&d->f).detail, "method=certificate");
    assert_int_equal(use_rs(d, d->rs), ERR_REPLAY);
    /* After a restart, and so on any server of the database, too. */
    fixture_close(&d->f);
    fixture_open(&d->f);
    assert_int_equal(use_rs(d, d->rs), ERR_REPLAY);
    assert_int_equal(fixture_number(&d->f, "SELECT count(*) FROM console_session"), 1);
}

static void the_signature_may_be_der(void **state)
{
    door *d = *state;
    uint8_t der[ECSIG_DER_MAX];
    size_t n;
    assert_int_equal(ecsig_to_der(der, &n, d->rs), ERR_OK);
    assert_int_equal(use(d, d->challenge, d->h.certificate.der, bytes_of(der, n - 1)), ERR_UNAUTHENTICATED);
    assert_int_equal(use(d, d->challenge, d->h.certificate.der, bytes_of(der, n)), ERR_OK);
}

static void the_message_is_the_servers_own(void **state)
{
    door *d = *state;
    uint8_t rs[64];
    assert_true(login_reserved(bytes_of_text(d->message)));
    assert_non_null(strstr(d->message, "\"server\":\"" FIXTURE_URL "\""));
    /* Signed for another server. */
    const char *hex = hex_text(d->f.arena, d->challenge, CONSOLE_CHALLENGE);
    holder_sign(
        &d->f, &d->h.key,
        arena_printf(d->f.arena,
                     "{\"type\":\"yiqian/console/1\",\"server\":\"https://other.example\",\"challenge\":\"%s\"}", hex),
        rs);
    assert_int_equal(use_rs(d, rs), ERR_UNAUTHENTICATED);
    /* The challenge alone, without what it is for. */
    holder_sign(&d->f, &d->h.key, hex, rs);
    assert_int_equal(use_rs(d, rs), ERR_UNAUTHENTICATED);
}

static void every_changed_bit_of_a_challenge_is_seen(void **state)
{
    door *d = *state;
    for (size_t i = 0; i < CONSOLE_CHALLENGE; i++) {
        uint8_t changed[CONSOLE_CHALLENGE], rs[64];
        memcpy(changed, d->challenge, sizeof changed);
        changed[i] ^= 1;
        const char *hex = hex_text(d->f.arena, changed, CONSOLE_CHALLENGE);
        holder_sign(&d->f, &d->h.key,
                    arena_printf(d->f.arena,
                                 "{\"type\":\"yiqian/console/1\",\"server\":\"" FIXTURE_URL "\",\"challenge\":\"%s\"}",
                                 hex),
                    rs);
        assert_int_equal(use(d, changed, d->h.certificate.der, bytes_of(rs, 64)), ERR_UNAUTHENTICATED);
    }
    assert_int_equal(use_rs(d, d->rs), ERR_OK);
}

static void a_challenge_gets_old(void **state)
{
    door *d = *state;
    d->f.now_ms += CONSOLE_CHALLENGE_SECONDS * 1000;
    assert_int_equal(use_rs(d, d->rs), ERR_UNAUTHENTICATED);
    d->f.now_ms -= 1;
    assert_int_equal(use_rs(d, d->rs), ERR_OK);
}

static void another_key_is_nobodys(void **state)
{
    door *d = *state;
    holder other;
    uint8_t rs[64];
    holder_make(&other, &d->f, "D2", "auditor");
    holder_sign(&d->f, &other.key, d->message, rs);
    assert_int_equal(use_rs(d, rs), ERR_UNAUTHENTICATED);
    assert_int_equal(use(d, d->challenge, other.certificate.der, bytes_of(d->rs, 64)), ERR_UNAUTHENTICATED);
    uint8_t zeros[64] = {0};
    assert_int_equal(use_rs(d, zeros), ERR_UNAUTHENTICATED);
    /* What failed took no challenge. */
    assert_int_equal(use_rs(d, d->rs), ERR_OK);
}

static void a_certificate_out_of_its_period_opens_nothing(void **state)
{
    door *d = *state;
    int64_t expires;
    d->f.now_ms += 366 * INT64_C(86400000);
    assert_int_equal(console_challenge_make(fixture_call(&d->f, NULL), d->challenge, &d->message, &expires), ERR_OK);
    holder_sign(&d->f, &d->h.key, d->message, d->rs);
    assert_int_equal(use_rs(d, d->rs), ERR_UNAUTHENTICATED);
}

static void whoever_is_suspended_stays_outside(void **state)
{
    door *d = *state;
    console_operator o;
    user u;
    assert_int_equal(operator_update(fixture_call(&d->f, "x"), d->h.o.id, &(operator_change){.state = "suspended"}, &o),
                     ERR_OK);
    assert_int_equal(use_rs(d, d->rs), ERR_UNAUTHENTICATED);
    assert_int_equal(operator_update(fixture_call(&d->f, "x"), d->h.o.id, &(operator_change){.state = "active"}, &o),
                     ERR_OK);
    assert_int_equal(user_update(fixture_call(&d->f, "x"), d->h.o.user_id, &(user_change){.state = "suspended"}, &u),
                     ERR_OK);
    assert_int_equal(use_rs(d, d->rs), ERR_UNAUTHENTICATED);
    assert_int_equal(user_update(fixture_call(&d->f, "x"), d->h.o.user_id, &(user_change){.state = "active"}, &u),
                     ERR_OK);
    assert_int_equal(
        operator_certificate_revoke(fixture_call(&d->f, "x"), d->h.o.id, d->h.certificate.id, REASON_SUPERSEDED),
        ERR_OK);
    assert_int_equal(use_rs(d, d->rs), ERR_UNAUTHENTICATED);
}

#define AT_DOOR(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_DOOR(a_signature_logs_in_once),
        AT_DOOR(the_signature_may_be_der),
        AT_DOOR(the_message_is_the_servers_own),
        AT_DOOR(every_changed_bit_of_a_challenge_is_seen),
        AT_DOOR(a_challenge_gets_old),
        AT_DOOR(another_key_is_nobodys),
        AT_DOOR(a_certificate_out_of_its_period_opens_nothing),
        AT_DOOR(whoever_is_suspended_stays_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
