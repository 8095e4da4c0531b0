#include "server.h"

#include "base/text.h"
#include "unit/tsa/foreign.h"

static foreign p256;
static uint8_t room[FOREIGN_ROOM];

static const char *base64(server *s, bytes b)
{
    return base64_text(s->f.arena, b.p, b.n);
}

static const char *token(server *s)
{
    foreign_words w = {.profile = CMS_RFC,
                       .nonce = OCTETS("\x00\x80"),
                       .time = "20260101000000.25Z",
                       .accuracy = OCTETS("\x30\x03\x02\x01\x01")};
    return base64(s, foreign_token(room, &p256, &w));
}

static const char *trust(server *s)
{
    const char *body = arena_printf(s->f.arena, "{\"name\":\"a\",\"certificate\":\"%s\"}", base64(s, p256.root));
    assert_int_equal(server_post(s, "/v1/tsa/roots", body), 201);
    return token(s);
}

static int verify(server *s, const char *token_text, const char *more)
{
    return server_post(s, "/v1/timestamps/verify", arena_printf(s->f.arena, "{\"token\":\"%s\"%s}", token_text, more));
}

static void a_valid_timestamp_is_told_check_by_check(void **state)
{
    server *s = *state;
    const char *given = trust(s);
    const uint8_t imprint[32] = {0x11, 0x11};
    const char *more =
        arena_printf(s->f.arena, ",\"imprint\":\"%s\",\"hash\":\"sm3\",\"nonce\":\"AIA=\",\"policy\":\"1.2.3\"",
                     base64(s, bytes_of(imprint, 32)));
    assert_int_equal(verify(s, given, more), 200);
    assert_true(json_is_true(server_value(s, "valid")));
    assert_int_equal(json_array_size(server_value(s, "checks")), 16);
    assert_string_equal(server_text(s, "checks.0.check"), "structure");
    for (int i = 0; i < 16; i++) {
        const char *result = server_text(s, arena_printf(s->f.arena, "checks.%d.result", i));
        const char *check = server_text(s, arena_printf(s->f.arena, "checks.%d.check", i));
        bool open = strcmp(check, "tsa_name") == 0 || strcmp(check, "revocation") == 0;
        assert_string_equal(result, open ? "not_checked" : "passed");
    }
    assert_string_equal(server_text(s, "time"), "2026-01-01T00:00:00.250000Z");
    assert_int_equal(json_integer_value(server_value(s, "accuracy_us")), 1000000);
    assert_string_equal(server_text(s, "policy"), "1.2.3");
    assert_string_equal(server_text(s, "nonce"), "0080");
    assert_string_equal(server_text(s, "profile"), "rfc");
    assert_string_equal(server_text(s, "signature_algorithm"), "ECDSA");
    assert_string_equal(server_text(s, "signer.subject"), "CN=Foreign TSA,C=CN");
    assert_string_equal(server_text(s, "root"), "CN=Foreign Root,C=CN");
    assert_true(json_is_null(server_value(s, "malformed_at")) && json_is_null(server_value(s, "signer.revoked_at")));
}

static void one_that_is_not_is_an_answer_too(void **state)
{
    server *s = *state;
    assert_int_equal(verify(s, token(s), ",\"document\":\"MTIz\",\"at\":\"2026-06-01T00:00:00+08:00\""), 200);
    assert_true(json_is_false(server_value(s, "valid")));
    assert_string_equal(server_text(s, "checks.1.code"), "imprint_differs");
    assert_true(strlen(server_text(s, "checks.1.detail")) > 0 && strlen(server_text(s, "checks.1.detail_en")) > 0);
    assert_true(json_is_null(server_value(s, "root")));
    assert_int_equal(verify(s, "MAA=", ""), 200);
    assert_string_equal(server_text(s, "checks.0.code"), "structure_malformed");
    assert_string_equal(server_text(s, "malformed_at"), "ContentInfo.contentType");
    assert_true(json_is_null(server_value(s, "signer")) && !server_value(s, "time"));
}

static void malformed_requests_are_refused(void **state)
{
    server *s = *state;
    server_post(s, "/v1/timestamps/verify", "{}");
    assert_problem(s, 400, "field_missing", "token");
    verify(s, "*", "");
    assert_problem(s, 400, "field_value", "token");
    verify(s, token(s), ",\"policy\":\"1.2.x\"");
    assert_problem(s, 400, "field_value", "policy");
    verify(s, token(s), ",\"certificates\":[\"*\"]");
    assert_problem(s, 400, "field_value", "certificates[0]");
    verify(s, token(s), ",\"at\":\"2026-02-29T00:00:00+08:00\"");
    assert_problem(s, 400, "field_value", "at");
    verify(s, token(s), ",\"imprint\":\"MTIz\",\"hash\":\"md5\"");
    assert_problem(s, 400, "field_value", "hash");
    verify(s, token(s), ",\"other\":1");
    assert_problem(s, 400, "field_unknown", "other");
}

static int set_up(void **state)
{
    (void)state;
    foreign_make(&p256, FOREIGN_P256);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    foreign_drop(&p256);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_valid_timestamp_is_told_check_by_check),
        WITH_SERVER(one_that_is_not_is_an_answer_too),
        WITH_SERVER(malformed_requests_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
