#include "fixture.h"

#include <pthread.h>

#include "base/text.h"

static const char *text_of(fixture *f, bytes name, oid type)
{
    buffer b = buffer_over(arena_alloc(f->arena, 512), 511);
    assert_int_equal(name_value(&b, name, type), ERR_OK);
    return (const char *)b.p;
}

static void the_first_start_makes_a_demonstration_ca(void **state)
{
    fixture *f = *state;
    const cert *root = &f->service->root.cert, *issuing = &f->service->issuing.cert;
    assert_string_equal(text_of(f, root->subject, OID_COMMON_NAME), "示例医院 内部根 CA (yiqian demonstration root)");
    assert_string_equal(text_of(f, root->subject, OID_COUNTRY), "CN");
    assert_string_equal(text_of(f, root->subject, OID_ORGANIZATION), "示例医院");
    assert_string_equal(text_of(f, root->subject, OID_ORGANIZATIONAL_UNIT), "内部演示");
    assert_true(bytes_equal(root->issuer, root->subject));
    assert_true(bytes_equal(issuing->issuer, root->subject));
    assert_true(root->ca && issuing->ca);
    assert_int_equal(issuing->path_len, 0);
    assert_int_equal(cert_verify_signature(root, root->public_key), ERR_OK);
    assert_int_equal(cert_verify_signature(issuing, root->public_key), ERR_OK);
    assert_true(bytes_equal(issuing->crl_url, bytes_of_text(FIXTURE_URL "/pki/root.crl")));
    assert_true(bytes_equal(issuing->ca_issuers_url, bytes_of_text(FIXTURE_URL "/pki/root.cer")));
    assert_in_range((root->not_after_ms - root->not_before_ms) / 86400000, 7304, 7306);
    assert_in_range((issuing->not_after_ms - issuing->not_before_ms) / 86400000, 3651, 3653);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM audit WHERE event = 'ca.create' AND actor = 'server'"), 1);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM crl"), 2);
}

static void a_later_start_finds_it(void **state)
{
    fixture *f = *state;
    uint8_t root[POINT_SIZE], issuing[POINT_SIZE];
    memcpy(root, f->service->root.cert.public_key, sizeof root);
    memcpy(issuing, f->service->issuing.cert.public_key, sizeof issuing);
    fixture_close(f);
    fixture_open(f);
    assert_memory_equal(root, f->service->root.cert.public_key, sizeof root);
    assert_memory_equal(issuing, f->service->issuing.signer->public_key, sizeof issuing);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM ca"), 2);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM crl"), 2);
}

static service_options options_of(fixture *f, const char *organisation)
{
    return (service_options){.store = f->store,
                             .audit = f->audit,
                             .keystore = f->keystore,
                             .rng = f->rng,
                             .public_url = FIXTURE_URL,
                             .organisation = organisation,
                             .certificate_days = 365,
                             .crl_hours = 24};
}

static void forget(fixture *f)
{
    store_unit *unit = store_unit_begin(f->arena);
    service_close(f->service);
    f->service = NULL;
    store_unit_add(unit, 2, ERR_INTERNAL, "DELETE FROM ca", NULL, 0);
    store_unit_add(unit, 2, ERR_INTERNAL, "DELETE FROM crl", NULL, 0);
    assert_int_equal(store_commit(f->store, unit), ERR_OK);
}

static void long_names_are_cut_in_the_common_name_only(void **state)
{
    fixture *f = *state;
    char organisation[3 * 65 + 1] = "";
    for (int i = 0; i < 64; i++)
        strcat(organisation, "医");
    forget(f);
    service_options options = options_of(f, organisation);
    assert_int_equal(service_open(&f->service, &options), ERR_OK);
    assert_string_equal(text_of(f, f->service->root.cert.subject, OID_ORGANIZATION), organisation);
    const char *cn = text_of(f, f->service->root.cert.subject, OID_COMMON_NAME);
    assert_non_null(strstr(cn, "医 内部根 CA (yiqian demonstration root)"));
    forget(f);
    strcat(organisation, "院");
    options = options_of(f, organisation);
    assert_int_not_equal(service_open(&f->service, &options), ERR_OK);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM ca"), 0);
}

static void a_sandbox_says_so_and_stays_one(void **state)
{
    fixture *f = *state;
    char organisation[3 * 64 + 1] = "";
    for (int i = 0; i < 64; i++)
        strcat(organisation, "医");
    /* A database made without cannot become one. */
    service_close(f->service);
    f->service = NULL;
    service_options options = options_of(f, FIXTURE_ORGANISATION);
    options.sandbox = true;
    assert_int_equal(service_open(&f->service, &options), ERR_CONFIG);
    options.sandbox = false;
    assert_int_equal(service_open(&f->service, &options), ERR_OK);
    assert_false(service_is_sandbox(f->service));
    /* Nor the other way round. */
    forget(f);
    options.sandbox = true;
    options.organisation = organisation;
    assert_int_equal(service_open(&f->service, &options), ERR_OK);
    assert_true(service_is_sandbox(f->service));
    const cert *authorities[] = {&f->service->root.cert, &f->service->issuing.cert};
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(text_of(f, authorities[i]->subject, OID_ORGANIZATIONAL_UNIT), "沙箱 SANDBOX");
        assert_non_null(strstr(text_of(f, authorities[i]->subject, OID_COMMON_NAME), "(yiqian sandbox"));
        const char *o = text_of(f, authorities[i]->subject, OID_ORGANIZATION);
        assert_int_equal(strncmp(o, "沙箱 SANDBOX · 医", strlen("沙箱 SANDBOX · 医")), 0);
        assert_int_equal(utf8_length(o, strlen(o)), 64);
    }
    assert_int_equal(strncmp(f->service->options.organisation, SANDBOX_MARK, sizeof SANDBOX_MARK - 1), 0);
    service_close(f->service);
    f->service = NULL;
    options.sandbox = false;
    assert_int_equal(service_open(&f->service, &options), ERR_CONFIG);
    options.sandbox = true;
    assert_int_equal(service_open(&f->service, &options), ERR_OK);
}

typedef struct starter {
    fixture *f;
    service *service;
    err e;
} starter;

static void *start(void *arg)
{
    starter *s = arg;
    service_options options = options_of(s->f, FIXTURE_ORGANISATION);
    s->e = service_open(&s->service, &options);
    return NULL;
}

static void of_two_first_starts_one_makes_it(void **state)
{
    fixture *f = *state;
    enum { STARTERS = 4 };
    starter starters[STARTERS];
    pthread_t threads[STARTERS];
    forget(f);
    for (int i = 0; i < STARTERS; i++) {
        starters[i] = (starter){.f = f};
        assert_int_equal(pthread_create(&threads[i], NULL, start, &starters[i]), 0);
    }
    for (int i = 0; i < STARTERS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < STARTERS; i++) {
        assert_int_equal(starters[i].e, ERR_OK);
        assert_memory_equal(starters[i].service->root.cert.public_key, starters[0].service->root.cert.public_key,
                            POINT_SIZE);
        assert_memory_equal(starters[i].service->issuing.cert.public_key, starters[0].service->issuing.cert.public_key,
                            POINT_SIZE);
    }
    for (int i = 0; i < STARTERS; i++)
        service_close(starters[i].service);
}

static void a_ca_of_another_master_key_does_not_open(void **state)
{
    fixture *f = *state;
    service *s = NULL;
    fixture_write(f,
                  "UPDATE ca SET sealed_key = (SELECT sealed_key FROM ca WHERE name = 'root') WHERE name = 'issuing'",
                  NULL, 0);
    service_options options = options_of(f, FIXTURE_ORGANISATION);
    assert_int_equal(service_open(&s, &options), ERR_DECRYPT);
    fixture_write(f, "DELETE FROM ca WHERE name = 'issuing'", NULL, 0);
    assert_int_equal(service_open(&s, &options), ERR_CORRUPT);
    assert_null(s);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(the_first_start_makes_a_demonstration_ca),   WITH_FIXTURE(a_later_start_finds_it),
        WITH_FIXTURE(long_names_are_cut_in_the_common_name_only), WITH_FIXTURE(of_two_first_starts_one_makes_it),
        WITH_FIXTURE(a_ca_of_another_master_key_does_not_open),   WITH_FIXTURE(a_sandbox_says_so_and_stays_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
