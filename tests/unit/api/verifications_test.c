#include "server.h"

#include "base/text.h"

static const char document_text[] = "出院小结：患者张三（虚构），住院 7 天后好转出院。";

/* The body of a verification of this document under a fresh key's certificate. */
static const char *request(server *s, const char *text, const char *more)
{
    fixture_key k;
    uint8_t e[32], rs[64];
    user u = fixture_user(&s->f, "D1001", "王建国");
    fixture_certify(&s->f, &u, &k);
    sm2_digest(e, k.key.public_key, bytes_of_text(document_text));
    assert_int_equal(sm2_sign(rs, &k.key, e, &s->f.rng), ERR_OK);
    return arena_printf(s->f.arena,
                        "{\"form\":\"raw\",\"document\":\"%s\",\"signature\":\"%s\",\"certificate\":\"%s\"%s}",
                        base64_text(s->f.arena, text, strlen(text)), base64_text(s->f.arena, rs, 64),
                        base64_text(s->f.arena, k.certificate.p, k.certificate.n), more);
}

static void a_valid_signature_is_told_check_by_check(void **state)
{
    server *s = *state;
    static const char *const checks[] = {"signature_format", "document",  "signature", "chain",
                                         "period",           "key_usage", "revocation"};
    assert_int_equal(server_post(s, "/v1/verify", request(s, document_text, "")), 200);
    assert_true(json_is_true(server_value(s, "valid")));
    for (size_t i = 0; i < 7; i++) {
        assert_string_equal(server_text(s, arena_printf(s->f.arena, "checks.%zu.check", i)), checks[i]);
        assert_string_equal(server_text(s, arena_printf(s->f.arena, "checks.%zu.state", i)),
                            i == 1 ? "not_done" : "ok");
    }
    assert_string_equal(server_text(s, "signer.staff_no"), "D1001");
    assert_string_equal(server_text(s, "signer.name"), "王建国");
    assert_true(json_is_true(server_value(s, "signer.issued_here")));
    assert_true(json_is_null(server_value(s, "signer.revoked_at")));
    assert_string_equal(server_text(s, "time_source"), "now");
    assert_string_equal(server_text(s, "id"), "1234567812345678");
    assert_int_equal(strlen(server_text(s, "e")), 64);
}

static void a_changed_document_is_an_answer_not_an_error(void **state)
{
    server *s = *state;
    assert_int_equal(server_post(s, "/v1/verify", request(s, "另一份文档", "")), 200);
    assert_true(json_is_false(server_value(s, "valid")));
    assert_string_equal(server_text(s, "checks.2.code"), "signature_invalid");
    assert_true(strlen(server_text(s, "checks.2.reason")) > 0);
}

static void the_time_may_be_given_in_any_zone(void **state)
{
    server *s = *state;
    assert_int_equal(server_post(s, "/v1/verify", request(s, document_text, ",\"time\":\"2001-02-03T04:05:06+08:00\"")),
                     200);
    assert_string_equal(server_text(s, "time"), "2001-02-02T20:05:06.000Z");
    assert_string_equal(server_text(s, "time_source"), "given");
    assert_string_equal(server_text(s, "checks.4.code"), "not_yet_valid");
}

static void malformed_requests_are_refused(void **state)
{
    server *s = *state;
    server_post(s, "/v1/verify", "{}");
    assert_problem(s, 400, "field_missing", "signature");
    server_post(s, "/v1/verify",
                "{\"form\":\"raw\",\"signature\":\"MA==\",\"certificate\":\"MA==\",\"document\":\"MA==\"}");
    assert_problem(s, 400, "bad_der", "certificate");
    server_post(s, "/v1/verify", "{\"signature\":\"not base64\"}");
    assert_problem(s, 400, "field_value", "signature");
    server_post(s, "/v1/verify", "{\"digest\":\"00\"}");
    assert_problem(s, 400, "field_length", "digest");
    server_post(s, "/v1/verify", "{\"intermediates\":[\"MA==\",\"*\"]}");
    assert_problem(s, 400, "field_value", "intermediates[1]");
    server_post(s, "/v1/verify", "{\"time\":\"2026-02-29T00:00:00Z\"}");
    assert_problem(s, 400, "field_value", "time");
    server_post(s, "/v1/verify", "{\"task\":\"00000000-0000-0000-0000-000000000000\"}");
    assert_problem(s, 404, "task_not_found", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_valid_signature_is_told_check_by_check),
        WITH_SERVER(a_changed_document_is_an_answer_not_an_error),
        WITH_SERVER(the_time_may_be_given_in_any_zone),
        WITH_SERVER(malformed_requests_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
