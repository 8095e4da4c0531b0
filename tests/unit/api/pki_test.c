#include "server.h"

#include "pki/crl.h"
#include "pki/pem.h"

static void the_files_of_certificates_are_there_for_anyone(void **state)
{
    server *s = *state;
    crl list;
    assert_int_equal(server_call(s, "", "GET", "/pki/root.cer", NULL), 200);
    assert_string_equal(s->content_type, "application/pkix-cert");
    assert_string_equal(s->cache_control, "public, max-age=86400");
    assert_true(bytes_equal(s->raw, s->f.service->root.der));
    assert_int_equal(server_call(s, "", "GET", "/pki/issuing.cer", NULL), 200);
    assert_true(bytes_equal(s->raw, s->f.service->issuing.der));
    assert_int_equal(server_call(s, "", "GET", "/pki/issuing.crl", NULL), 200);
    assert_string_equal(s->content_type, "application/pkix-crl");
    assert_string_equal(s->cache_control, "public, max-age=60");
    assert_int_equal(crl_parse(&list, s->raw), ERR_OK);
    assert_int_equal(crl_verify(&list, &s->f.service->issuing.cert), ERR_OK);
    assert_int_equal(server_call(s, "", "GET", "/pki/root.crl", NULL), 200);
    assert_int_equal(crl_parse(&list, s->raw), ERR_OK);
    assert_int_equal(crl_verify(&list, &s->f.service->root.cert), ERR_OK);
}

static void the_chain_is_told_as_text(void **state)
{
    server *s = *state;
    bytes issuing, root, rest;
    assert_int_equal(server_call(s, "", "GET", "/v1/ca", NULL), 200);
    assert_non_null(strstr(server_text(s, "root.subject"), "yiqian demonstration root"));
    assert_int_equal(strlen(server_text(s, "issuing.serial")), 32);
    bytes pem = bytes_of_text(server_text(s, "chain_pem"));
    assert_int_equal(pem_decode(s->f.arena, PEM_CERTIFICATE, pem, &issuing, &rest), ERR_OK);
    assert_int_equal(pem_decode(s->f.arena, PEM_CERTIFICATE, rest, &root, NULL), ERR_OK);
    assert_true(bytes_equal(issuing, s->f.service->issuing.der));
    assert_true(bytes_equal(root, s->f.service->root.der));
}

static void operators_see_the_lists_and_may_have_a_new_one(void **state)
{
    server *s = *state;
    assert_int_equal(server_get(s, "/v1/ca/crls"), 200);
    assert_string_equal(server_text(s, "items.0.issuer"), "issuing");
    assert_int_equal(json_integer_value(server_value(s, "items.0.number")), 1);
    assert_string_equal(server_text(s, "items.1.url"), FIXTURE_URL "/pki/root.crl");
    assert_int_equal(server_post(s, "/v1/ca/crls", ""), 200);
    assert_int_equal(json_integer_value(server_value(s, "items.0.number")), 2);
    assert_int_equal(server_call(s, "", "POST", "/v1/ca/crls", ""), 401);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(operators_see_the_lists_and_may_have_a_new_one),
        WITH_SERVER(the_files_of_certificates_are_there_for_anyone),
        WITH_SERVER(the_chain_is_told_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
