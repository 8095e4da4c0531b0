#include "key_holder.h"
#include "service/crl.h"

static void a_certificate_is_for_logging_in_alone(void **state)
{
    fixture *f = *state;
    holder h;
    cert x;
    extension usage;
    static const uint8_t type[] = {0x55, 0x1d, 0x25};
    holder_make(&h, f, "D1", "auditor");
    assert_true(h.certificate.issued);
    assert_string_equal(h.certificate.state, "active");
    assert_non_null(strstr(h.certificate.subject, "serialNumber=D1"));
    assert_null(strstr(h.certificate.subject, "whoever"));
    assert_int_equal(cert_parse(&x, h.certificate.der), ERR_OK);
    assert_int_equal(x.key_usage, CERT_DIGITAL_SIGNATURE);
    assert_int_equal(cert_find_extension(&x, bytes_of(type, sizeof type), &usage), ERR_OK);
    assert_int_equal(cert_verify_signature(&x, f->service->issuing.cert.public_key), ERR_OK);
    assert_memory_equal(x.public_key, h.key.public_key, POINT_SIZE);
    assert_non_null(strstr(fixture_last_audit(f).detail, "kind=issued"));
}

static void what_is_no_request_of_the_keys_holder(void **state)
{
    fixture *f = *state;
    holder h;
    operator_certificate out;
    holder_make(&h, f, "D1", "auditor");
    bytes csr = holder_csr(f, &h.key);
    uint8_t *changed = arena_copy(f->arena, csr.p, csr.n);
    changed[csr.n - 1] ^= 1;
    assert_int_equal(operator_certificate_issue(fixture_call(f, "x"), h.o.id, bytes_of(changed, csr.n), &out),
                     ERR_SIGNATURE);
    assert_string_equal(f->c.fault.field, "csr");
    assert_int_equal(operator_certificate_issue(fixture_call(f, "x"), h.o.id, bytes_of(csr.p, csr.n - 1), &out),
                     ERR_DER);
    /* His own key may have another certificate, another's may not. */
    assert_int_equal(operator_certificate_issue(fixture_call(f, "x"), h.o.id, csr, &out), ERR_OK);
    console_operator other = holder_operator(f, "D2", "auditor");
    assert_int_equal(operator_certificate_issue(fixture_call(f, "x"), other.id, csr, &out), ERR_EXISTS);
}

static void one_has_ten_at_the_most(void **state)
{
    fixture *f = *state;
    holder h;
    operator_certificate out;
    holder_make(&h, f, "D1", "auditor");
    bytes csr = holder_csr(f, &h.key);
    for (int i = 1; i < OPERATOR_CERTIFICATES; i++)
        assert_int_equal(operator_certificate_issue(fixture_call(f, "x"), h.o.id, csr, &out), ERR_OK);
    assert_int_equal(operator_certificate_issue(fixture_call(f, "x"), h.o.id, csr, &out), ERR_LIMIT);
}

static void a_suspended_operator_gets_none(void **state)
{
    fixture *f = *state;
    holder h;
    operator_certificate out;
    console_operator o;
    holder_make(&h, f, "D1", "auditor");
    assert_int_equal(operator_update(fixture_call(f, "x"), h.o.id, &(operator_change){.state = "suspended"}, &o),
                     ERR_OK);
    assert_int_equal(operator_certificate_issue(fixture_call(f, "x"), h.o.id, holder_csr(f, &h.key), &out),
                     ERR_CONFLICT);
    static const uint8_t nobody[16] = {1};
    assert_int_equal(operator_certificate_issue(fixture_call(f, "x"), nobody, holder_csr(f, &h.key), &out),
                     ERR_OPERATOR_NOT_FOUND);
}

static void another_cas_is_bound_as_it_is(void **state)
{
    fixture *f = *state;
    sm2_private key, other;
    operator_certificate out;
    cert x;
    uint8_t id[16];
    console_operator a = holder_operator(f, "D1", "auditor"), b = holder_operator(f, "D2", "auditor");
    assert_int_equal(sm2_private_generate(&key, &f->rng), ERR_OK);
    assert_int_equal(sm2_private_generate(&other, &f->rng), ERR_OK);
    bytes der = holder_foreign(f, &key, 30, CERT_STATEMENT);
    assert_int_equal(operator_certificate_check(fixture_call(f, NULL), der, &x, id), ERR_UNAUTHENTICATED);
    assert_int_equal(operator_certificate_bind(fixture_call(f, "x"), a.id, der, &out), ERR_OK);
    assert_false(out.issued);
    assert_int_equal(operator_certificate_check(fixture_call(f, NULL), der, &x, id), ERR_OK);
    assert_memory_equal(id, a.id, 16);
    assert_int_equal(operator_certificate_bind(fixture_call(f, "x"), b.id, der, &out), ERR_EXISTS);
    assert_int_equal(operator_certificate_bind(fixture_call(f, "x"), a.id, der, &out), ERR_EXISTS);
    /* The same key in another certificate of that CA is not this one. */
    assert_int_equal(
        operator_certificate_check(fixture_call(f, NULL), holder_foreign(f, &key, 30, CERT_STATEMENT), &x, id),
        ERR_UNAUTHENTICATED);
    assert_int_equal(
        operator_certificate_bind(fixture_call(f, "x"), b.id, holder_foreign(f, &other, 30, CERT_ISSUING), &out),
        ERR_FIELD_VALUE);
    f->now_ms += 31 * INT64_C(86400000);
    assert_int_equal(operator_certificate_check(fixture_call(f, NULL), der, &x, id), ERR_UNAUTHENTICATED);
    assert_int_equal(operator_certificate_bind(fixture_call(f, "x"), b.id, der, &out), ERR_CERTIFICATE_EXPIRED);
}

static void the_hospitals_own_are_not_bound(void **state)
{
    fixture *f = *state;
    holder h;
    operator_certificate out;
    console_operator b = holder_operator(f, "D2", "auditor");
    holder_make(&h, f, "D1", "auditor");
    assert_int_equal(operator_certificate_bind(fixture_call(f, "x"), b.id, h.certificate.der, &out), ERR_FIELD_VALUE);
    assert_int_equal(operator_certificate_bind(fixture_call(f, "x"), b.id, f->service->issuing.der, &out),
                     ERR_FIELD_VALUE);
}

static void a_revoked_one_is_on_the_list(void **state)
{
    fixture *f = *state;
    holder h;
    cert x;
    crl list;
    crl_entry entry;
    bytes der;
    uint8_t id[16];
    holder_make(&h, f, "D1", "auditor");
    assert_int_equal(operator_certificate_revoke(fixture_call(f, "x"), h.o.id, h.certificate.id, REASON_HOLD),
                     ERR_FIELD_VALUE);
    assert_int_equal(operator_certificate_revoke(fixture_call(f, "x"), h.o.id, h.certificate.id, REASON_KEY_COMPROMISE),
                     ERR_OK);
    assert_int_equal(operator_certificate_check(fixture_call(f, NULL), h.certificate.der, &x, id), ERR_UNAUTHENTICATED);
    assert_int_equal(operator_certificate_revoke(fixture_call(f, "x"), h.o.id, h.certificate.id, REASON_KEY_COMPROMISE),
                     ERR_CERTIFICATE_REVOKED);
    assert_int_equal(crl_current(fixture_call(f, NULL), "issuing", &der), ERR_OK);
    assert_int_equal(crl_parse(&list, der), ERR_OK);
    assert_int_equal(crl_find(&list, h.certificate.serial, &entry), ERR_OK);
    assert_int_equal(entry.reason, REASON_KEY_COMPROMISE);
    /* Another's is not found under this one's name. */
    holder other;
    holder_make(&other, f, "D2", "auditor");
    assert_int_equal(
        operator_certificate_revoke(fixture_call(f, "x"), h.o.id, other.certificate.id, REASON_UNSPECIFIED),
        ERR_NOT_FOUND);
}

static void whoever_is_removed_has_none(void **state)
{
    fixture *f = *state;
    holder h;
    cert x;
    uint8_t id[16];
    const operator_certificate *list;
    size_t n;
    holder_make(&h, f, "D1", "auditor");
    assert_int_equal(operator_certificate_list(fixture_call(f, NULL), h.o.id, &list, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_int_equal(operator_remove(fixture_call(f, "x"), h.o.id, 0), ERR_OK);
    assert_int_equal(operator_certificate_check(fixture_call(f, NULL), h.certificate.der, &x, id), ERR_UNAUTHENTICATED);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM operator_certificate WHERE state = 'active'"), 0);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_certificate_is_for_logging_in_alone),
        WITH_FIXTURE(what_is_no_request_of_the_keys_holder),
        WITH_FIXTURE(one_has_ten_at_the_most),
        WITH_FIXTURE(a_suspended_operator_gets_none),
        WITH_FIXTURE(another_cas_is_bound_as_it_is),
        WITH_FIXTURE(the_hospitals_own_are_not_bound),
        WITH_FIXTURE(a_revoked_one_is_on_the_list),
        WITH_FIXTURE(whoever_is_removed_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
