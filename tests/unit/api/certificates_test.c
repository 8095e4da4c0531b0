#include "server.h"

#include "base/text.h"

static void a_certificate_is_listed_shown_and_revoked(void **state)
{
    server *s = *state;
    fixture_key k[3];
    user u = fixture_user(&s->f, "D1001", "王建国");
    for (int i = 0; i < 3; i++)
        fixture_certify(&s->f, &u, &k[i]);
    const char *serial = hex_text(s->f.arena, k[1].parsed.serial.p, k[1].parsed.serial.n);
    const char *path = arena_printf(s->f.arena, "/v1/certificates/%s", serial);
    assert_int_equal(server_get(s, path), 200);
    assert_string_equal(server_text(s, "serial"), serial);
    assert_string_equal(server_text(s, "state"), "active");
    assert_string_equal(server_text(s, "user.staff_no"), "D1001");
    assert_string_equal(server_text(s, "certificate"), base64_text(s->f.arena, k[1].certificate.p, k[1].certificate.n));
    assert_true(json_is_null(server_value(s, "revoked_at")));
    assert_true(json_is_null(server_value(s, "reason")));

    size_t seen = 0;
    const char *list = "/v1/certificates?limit=1";
    for (;; seen++) {
        assert_int_equal(server_get(s, list), 200);
        if (json_is_null(server_value(s, "next")))
            break;
        assert_null(server_value(s, "items.0.certificate"));
        list = arena_printf(s->f.arena, "/v1/certificates?limit=1&after=%s", server_text(s, "next"));
    }
    assert_int_equal(seen, 3);

    const char *revoke = arena_printf(s->f.arena, "%s/revoke", path);
    assert_int_equal(server_post(s, revoke, "{\"reason\":\"keyCompromise\"}"), 200);
    assert_string_equal(server_text(s, "state"), "revoked");
    assert_string_equal(server_text(s, "reason"), "keyCompromise");
    assert_int_equal(strlen(server_text(s, "revoked_at")), 24);
    server_post(s, revoke, "{\"reason\":\"keyCompromise\"}");
    assert_problem(s, 409, "certificate_revoked", NULL);
    assert_int_equal(server_get(s, "/v1/certificates?state=revoked"), 200);
    assert_int_equal(json_array_size(server_value(s, "items")), 1);
    assert_string_equal(server_text(s, "items.0.serial"), serial);
}

static void certificates_are_searched_read_and_counted(void **state)
{
    server *s = *state;
    fixture_key k[2];
    user u = fixture_user(&s->f, "D1001", "王建国"), other = fixture_user(&s->f, "D1002", "李秀英");
    fixture_certify(&s->f, &u, &k[0]);
    fixture_certify(&s->f, &other, &k[1]);
    assert_int_equal(server_get(s, "/v1/certificates?q=%E6%9D%8E&state=active&profile=personal&order=expiry"), 200);
    assert_int_equal(json_array_size(server_value(s, "items")), 1);
    assert_string_equal(server_text(s, "items.0.user.staff_no"), "D1002");
    assert_string_equal(server_text(s, "items.0.profile"), "personal");
    assert_string_equal(server_text(s, "items.0.key_state"), "active");
    assert_null(server_value(s, "items.0.reading"));
    assert_int_equal(server_get(s, "/v1/certificates?q=&expires_before=2026-01-01T00:00:00Z"), 200);
    assert_int_equal(json_array_size(server_value(s, "items")), 0);
    assert_int_equal(server_get(s, arena_printf(s->f.arena, "/v1/certificates/%s",
                                                hex_text(s->f.arena, k[0].parsed.serial.p, k[0].parsed.serial.n))),
                     200);
    assert_string_equal(server_text(s, "reading.subject"), "serialNumber=D1001,CN=王建国,O=示例医院,C=CN");
    assert_string_equal(server_text(s, "reading.key_usage.1"), "nonRepudiation");
    assert_int_equal(strlen(server_text(s, "reading.fingerprint_sm3")), 64);
    assert_string_equal(server_text(s, "reading.extensions.2.text"), "digitalSignature, nonRepudiation");
    assert_int_equal(server_get(s, "/v1/certificates/statistics"), 200);
    assert_int_equal(json_integer_value(server_value(s, "by_state.0.certificates")), 2);
    assert_int_equal(json_array_size(server_value(s, "issued")), 12);
    assert_int_equal(json_integer_value(server_value(s, "people")), 2);
}

static void wrong_requests_are_refused(void **state)
{
    server *s = *state;
    server_get(s, "/v1/certificates?order=best");
    assert_problem(s, 400, "field_value", "order");
    server_get(s, "/v1/certificates?expires_before=soon");
    assert_problem(s, 400, "field_value", "expires_before");
    server_get(s, "/v1/certificates/statistics?x=1");
    assert_problem(s, 400, "field_unknown", "x");
    server_get(s, "/v1/certificates/00");
    assert_problem(s, 404, "certificate_not_found", NULL);
    server_get(s, "/v1/certificates/xyz");
    assert_problem(s, 404, "certificate_not_found", NULL);
    server_post(s, "/v1/certificates/00/revoke", "{\"reason\":\"certificateHold\"}");
    assert_problem(s, 400, "field_value", "reason");
    server_post(s, "/v1/certificates/00/revoke", "{}");
    assert_problem(s, 400, "field_missing", "reason");
    server_get(s, "/v1/certificates?state=good");
    assert_problem(s, 400, "field_value", "state");
    server_get(s, "/v1/certificates?user=D1001");
    assert_problem(s, 400, "field_value", "user");
    server_get(s, "/v1/certificates?after=zz");
    assert_problem(s, 400, "field_value", "after");
    server_get(s, "/v1/certificates?limit=1001");
    assert_problem(s, 400, "field_value", "limit");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_certificate_is_listed_shown_and_revoked),
        WITH_SERVER(certificates_are_searched_read_and_counted),
        WITH_SERVER(wrong_requests_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
