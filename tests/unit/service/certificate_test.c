#include "fixture.h"
#include "pki/path.h"

/* Whether the key is in this state, with or without its share. */
static bool key_is(fixture *f, const fixture_key *k, const char *state, bool share)
{
    const store_value *row;
    assert_int_equal(store_query_one(f->store, f->arena, &row, ERR_OK,
                                     "SELECT count(*) FROM device_key WHERE id = $1 AND state = $2 AND "
                                     "(sealed_share IS NOT NULL) = $3",
                                     (store_value[]){store_id(k->id), store_text(state), store_bool(share)}, 3),
                     ERR_OK);
    return row->i == 1;
}

static err revoke_one(fixture *f, const fixture_key *k, revocation_reason reason, certificate_view *out)
{
    return certificate_revoke(fixture_call(f, "certificate.revoke"), k->parsed.serial, reason, out);
}

static void a_certificate_follows_the_profile_of_persons(void **state)
{
    fixture *f = *state;
    user u = fixture_user(f, "D1001", "王建国");
    fixture_key k;
    fixture_certify(f, &u, &k);
    const cert *x = &k.parsed, *issuing = &f->service->issuing.cert;
    path_result path;
    assert_int_equal(path_validate(x, issuing, 1, &f->service->root.cert, 1, f->now_ms, &path), ERR_OK);
    assert_int_equal(x->serial.n, 16);
    assert_in_range(x->serial.p[0], 1, 0x7f);
    assert_false(x->ca);
    assert_true(x->has_key_usage);
    assert_int_equal(x->key_usage, CERT_DIGITAL_SIGNATURE | CERT_NON_REPUDIATION);
    assert_true(bytes_equal(x->crl_url, bytes_of_text(FIXTURE_URL "/pki/issuing.crl")));
    assert_true(bytes_equal(x->ca_issuers_url, bytes_of_text(FIXTURE_URL "/pki/issuing.cer")));
    assert_true(bytes_equal(x->aki, issuing->ski));
    assert_memory_equal(x->public_key, k.key.public_key, POINT_SIZE);
    assert_int_equal(x->not_after_ms - x->not_before_ms, INT64_C(365) * 86400000);
    extension usage;
    assert_int_equal(cert_find_extension(x, oid_octets(OID_KEY_USAGE), &usage), ERR_OK);
    assert_true(usage.critical);
}

static void no_certificate_outlives_its_issuer(void **state)
{
    fixture *f = *state;
    user u = fixture_user(f, "D1001", "王建国");
    fixture_key k;
    f->service->options.certificate_days = 36500;
    fixture_certify(f, &u, &k);
    assert_int_equal(k.parsed.not_after_ms, f->service->issuing.cert.not_after_ms);
}

static void a_certificate_is_shown_and_listed(void **state)
{
    fixture *f = *state;
    user u = fixture_user(f, "D1001", "王建国"), other = fixture_user(f, "D1002", "李秀英");
    fixture_key k[4];
    certificate_view shown;
    const certificate_view *list;
    size_t n;
    for (int i = 0; i < 4; i++)
        fixture_certify(f, i == 2 ? &other : &u, &k[i]); /* all in one millisecond: serials decide the order */
    assert_int_equal(certificate_show(fixture_call(f, NULL), k[0].parsed.serial, &shown), ERR_OK);
    assert_true(bytes_equal(shown.der, k[0].certificate));
    assert_string_equal(shown.staff_no, "D1001");
    assert_string_equal(shown.state, "active");
    assert_int_equal(shown.not_after_ms, k[0].parsed.not_after_ms);
    certificate_filter filter = {.limit = 1};
    size_t seen = 0;
    for (; certificate_list(fixture_call(f, NULL), &filter, &list, &n) == ERR_OK && n == 1; seen++)
        filter.after = list[0].serial;
    assert_int_equal(seen, 4);
    filter = (certificate_filter){.limit = 10, .user_id = other.id};
    assert_int_equal(certificate_list(fixture_call(f, NULL), &filter, &list, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_true(bytes_equal(list[0].serial, k[2].parsed.serial));
    filter = (certificate_filter){.limit = 10, .state = "revoked"};
    assert_int_equal(certificate_list(fixture_call(f, NULL), &filter, &list, &n), ERR_OK);
    assert_int_equal(n, 0);
    filter = (certificate_filter){.limit = 10, .after = bytes_of("none", 4)};
    assert_int_equal(certificate_list(fixture_call(f, NULL), &filter, &list, &n), ERR_FIELD_VALUE);
    assert_int_equal(certificate_show(fixture_call(f, NULL), bytes_of("none", 4), &shown), ERR_CERTIFICATE_NOT_FOUND);
}

static void revocation_destroys_the_key_and_tells_why(void **state)
{
    fixture *f = *state;
    user u = fixture_user(f, "D1001", "王建国");
    fixture_key k, kept;
    certificate_view out;
    fixture_certify(f, &u, &k);
    fixture_certify(f, &u, &kept);
    f->now_ms += 5000;
    assert_int_equal(revoke_one(f, &k, REASON_KEY_COMPROMISE, &out), ERR_OK);
    assert_string_equal(out.state, "revoked");
    assert_int_equal(out.reason, REASON_KEY_COMPROMISE);
    assert_int_equal(out.revoked_ms, f->now_ms);
    assert_true(key_is(f, &k, "destroyed", false));
    assert_true(key_is(f, &kept, "active", true));
    assert_int_equal(fixture_number(f,
                                    "SELECT count(*) FROM audit WHERE event = 'certificate.revoke' AND outcome = 'ok' "
                                    "AND detail = 'reason=keyCompromise'"),
                     1);
    assert_int_equal(revoke_one(f, &k, REASON_UNSPECIFIED, &out), ERR_CERTIFICATE_REVOKED);
    assert_int_equal(certificate_show(fixture_call(f, NULL), k.parsed.serial, &out), ERR_OK);
    assert_int_equal(out.reason, REASON_KEY_COMPROMISE);
}

static void what_is_over_is_not_revoked(void **state)
{
    fixture *f = *state;
    user u = fixture_user(f, "D1001", "王建国");
    fixture_key k;
    certificate_view out;
    fixture_certify(f, &u, &k);
    assert_int_equal(
        certificate_revoke(fixture_call(f, "certificate.revoke"), bytes_of("none", 4), REASON_UNSPECIFIED, &out),
        ERR_CERTIFICATE_NOT_FOUND);
    fixture_write(f, "UPDATE certificate SET state = 'superseded'", NULL, 0);
    assert_int_equal(revoke_one(f, &k, REASON_UNSPECIFIED, &out), ERR_CONFLICT);
    fixture_write(f, "UPDATE certificate SET state = 'active'", NULL, 0);
    f->now_ms += INT64_C(366) * 86400000;
    assert_int_equal(certificate_show(fixture_call(f, NULL), k.parsed.serial, &out), ERR_OK);
    assert_string_equal(out.state, "expired");
    assert_int_equal(revoke_one(f, &k, REASON_UNSPECIFIED, &out), ERR_CERTIFICATE_EXPIRED);
    assert_true(key_is(f, &k, "active", true));
}

static void a_unit_may_revoke_the_certificate_of_a_key(void **state)
{
    fixture *f = *state;
    user u = fixture_user(f, "D1001", "王建国");
    fixture_key k;
    certificate_view out;
    fixture_certify(f, &u, &k);
    call *c = fixture_call(f, "device.key.remove");
    store_unit *unit = store_unit_begin(f->arena);
    certificate_revoke_in_unit(c, unit, k.id, REASON_CESSATION);
    assert_int_equal(call_commit(c, unit), ERR_OK);
    assert_int_equal(certificate_show(c, k.parsed.serial, &out), ERR_OK);
    assert_string_equal(out.state, "revoked");
    assert_int_equal(out.reason, REASON_CESSATION);
    /* Again, and for a key without a certificate: nothing to do is fine. */
    unit = store_unit_begin(f->arena);
    certificate_revoke_in_unit(c, unit, k.id, REASON_SUPERSEDED);
    certificate_revoke_in_unit(c, unit, k.enrolment_id, REASON_CESSATION);
    assert_int_equal(call_commit(c, unit), ERR_OK);
    assert_int_equal(certificate_show(c, k.parsed.serial, &out), ERR_OK);
    assert_int_equal(out.reason, REASON_CESSATION);
}

static void reasons_have_names(void **state)
{
    (void)state;
    static const char *const names[] = {"unspecified", "keyCompromise", "affiliationChanged", "superseded",
                                        "cessationOfOperation"};
    revocation_reason reason;
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(certificate_reason_from_name(names[i], &reason), ERR_OK);
        assert_string_equal(certificate_reason_name(reason), names[i]);
    }
    assert_int_equal(certificate_reason_from_name("certificateHold", &reason), ERR_FIELD_VALUE);
    assert_string_equal(certificate_reason_name(6), "certificateHold");
    assert_null(certificate_reason_name(7));
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_certificate_follows_the_profile_of_persons),
        WITH_FIXTURE(no_certificate_outlives_its_issuer),
        WITH_FIXTURE(a_certificate_is_shown_and_listed),
        WITH_FIXTURE(revocation_destroys_the_key_and_tells_why),
        WITH_FIXTURE(what_is_over_is_not_revoked),
        WITH_FIXTURE(a_unit_may_revoke_the_certificate_of_a_key),
        cmocka_unit_test(reasons_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
