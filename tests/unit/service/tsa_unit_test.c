#include "stamp.h"

#include "pki/crl.h"
#include "service/crl.h"

static tsa_unit_request wish(const char *name)
{
    return (tsa_unit_request){.name = name, .algorithm = SIGNER_SM2, .limit_us = 2000, .time_digits = 6};
}

static void the_first_start_makes_a_unit_below_the_issuing_ca(void **state)
{
    fixture *f = *state;
    const tsa_unit *u = tsa_unit_find(f->service, NULL);
    cert own;
    extension usage;
    assert_non_null(u);
    assert_string_equal(u->name, "sm2");
    assert_ptr_equal(tsa_unit_find(f->service, "sm2"), u);
    assert_ptr_equal(tsa_unit_of(f->service, u->id), u);
    assert_int_equal(cert_parse(&own, u->certificate), ERR_OK);
    assert_int_equal(cert_verify_signature(&own, f->service->issuing.cert.public_key), ERR_OK);
    assert_true(bytes_equal(own.issuer, f->service->issuing.cert.subject));
    assert_int_equal(cert_find_extension(&own, oid_octets(OID_EXTENDED_KEY_USAGE), &usage), ERR_OK);
    assert_true(usage.critical);
    assert_int_equal(own.key_usage, CERT_DIGITAL_SIGNATURE);
    assert_in_range((own.not_after_ms - own.not_before_ms) / 86400000, 1825, 1827);
    assert_int_equal(u->chain_n, 2);
    assert_true(bytes_equal(u->chain[0], f->service->issuing.der));
    assert_true(bytes_equal(u->chain[1], f->service->root.der));
    assert_int_equal(u->limit_us, 1000000);
    assert_int_equal(u->time_digits, 3);
    assert_false(u->ordering);
    assert_null(tsa_unit_next(u));
    audit_entry row = fixture_last_audit(f);
    assert_int_equal(fixture_number(f,
                                    "SELECT count(*) FROM audit WHERE event = 'tsa.unit_create' AND actor = 'server' "
                                    "AND outcome = 'ok'"),
                     1);
    assert_non_null(row.event);
}

static void a_later_start_finds_it(void **state)
{
    fixture *f = *state;
    uint8_t id[16];
    memcpy(id, tsa_unit_find(f->service, NULL)->id, sizeof id);
    fixture_close(f);
    fixture_open(f);
    const tsa_unit *u = tsa_unit_find(f->service, NULL);
    assert_memory_equal(u->id, id, sizeof id);
    assert_non_null(u->signer);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM tsa_unit"), 1);
}

static void units_are_added(void **state)
{
    fixture *f = *state;
    const tsa_unit *u;
    tsa_unit_request rq = wish("theatre-2");
    assert_int_equal(tsa_unit_create(fixture_call(f, "tsa.unit_create"), &rq, &u), ERR_OK);
    assert_ptr_equal(tsa_unit_find(f->service, "theatre-2"), u);
    assert_int_equal(u->limit_us, 2000);
    assert_int_equal(u->time_digits, 6);
    audit_entry row = fixture_last_audit(f);
    assert_string_equal(row.event, "tsa.unit_create");
    assert_string_equal(row.detail, "name=theatre-2 algorithm=sm2 limit_us=2000 digits=6");
    assert_int_equal(tsa_unit_create(fixture_call(f, "tsa.unit_create"), &rq, &u), ERR_EXISTS);
    assert_string_equal(f->c.fault.field, "unit");
}

static void other_algorithms_have_a_root_of_their_own(void **state)
{
    fixture *f = *state;
    static const struct {
        const char *name;
        signer_algorithm algorithm;
    } rows[] = {{"p256", SIGNER_P256}, {"rsa", SIGNER_RSA}};
    for (size_t i = 0; i < 2; i++) {
        const tsa_unit *u, *second;
        cert own, root;
        tsa_unit_request rq = {rows[i].name, rows[i].algorithm, 1000000, 0, false};
        assert_int_equal(tsa_unit_create(fixture_call(f, "tsa.unit_create"), &rq, &u), ERR_OK);
        assert_int_equal(u->algorithm, rows[i].algorithm);
        assert_int_equal(u->chain_n, 1);
        assert_int_equal(cert_parse(&own, u->certificate), ERR_OK);
        assert_int_equal(cert_parse(&root, u->chain[0]), ERR_OK);
        assert_true(root.ca && bytes_equal(root.subject, root.issuer));
        assert_true(bytes_equal(own.issuer, root.subject));
        assert_true(bytes_equal(own.aki, root.ski));
        rq.name = i == 0 ? "p256-2" : "rsa-2";
        assert_int_equal(tsa_unit_create(fixture_call(f, "tsa.unit_create"), &rq, &second), ERR_OK);
        assert_true(bytes_equal(second->chain[0], u->chain[0]));
        /* By GM/T 0033 only SM2 signs. */
        tsa_request query = stamp_request(TSA_SHA256);
        assert_refused(stamp_answer(stamp_call(f), stamp_query(f->arena, &query), rows[i].name, CMS_GM),
                       TSA_UNACCEPTED_POLICY);
        query.policy = oid_octets(OID_POLICY_DEMONSTRATION_GM);
        assert_refused(stamp_answer(stamp_call(f), stamp_query(f->arena, &query), rows[i].name, CMS_RFC),
                       TSA_UNACCEPTED_POLICY);
        query.policy = bytes_of(NULL, 0);
        assert_int_equal(stamp_answer(stamp_call(f), stamp_query(f->arena, &query), rows[i].name, CMS_RFC).status,
                         TSA_GRANTED);
    }
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM tsa_authority"), 2);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM audit WHERE event = 'tsa.authority_create'"), 2);
    fixture_close(f);
    fixture_open(f);
    assert_int_equal(tsa_unit_find(f->service, "rsa-2")->algorithm, SIGNER_RSA);
}

static void what_cannot_be_is_refused_by_field(void **state)
{
    fixture *f = *state;
    const tsa_unit *u;
    static const char *const names[] = {"", "gm", "-a", "A", "a b", "a/b", "医", "a23456789012345678901234567890123"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        tsa_unit_request rq = wish(names[i]);
        assert_int_equal(tsa_unit_create(fixture_call(f, "tsa.unit_create"), &rq, &u), ERR_FIELD_VALUE);
        assert_string_equal(f->c.fault.field, "unit");
    }
    tsa_unit_request rq = wish("a");
    rq.limit_us = 0;
    assert_int_equal(tsa_unit_create(fixture_call(f, "tsa.unit_create"), &rq, &u), ERR_FIELD_VALUE);
    rq.limit_us = UINT64_C(3600000001);
    assert_int_equal(tsa_unit_create(fixture_call(f, "tsa.unit_create"), &rq, &u), ERR_FIELD_VALUE);
    assert_string_equal(f->c.fault.field, "limit_us");
    rq = wish("a");
    rq.time_digits = 7;
    assert_int_equal(tsa_unit_create(fixture_call(f, "tsa.unit_create"), &rq, &u), ERR_FIELD_VALUE);
    assert_string_equal(f->c.fault.field, "time_digits");
    rq = wish("a");
    f->service->selftest_failed = true;
    assert_int_equal(tsa_unit_create(fixture_call(f, "tsa.unit_create"), &rq, &u), ERR_SELF_TEST);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM tsa_unit"), 1);
}

static void states(void **state)
{
    fixture *f = *state;
    const tsa_unit *u;
    assert_int_equal(tsa_unit_set_state(fixture_call(f, "tsa.unit_stop"), "sm2", TSA_UNIT_STOPPED, &u), ERR_OK);
    assert_int_equal(tsa_unit_set_state(fixture_call(f, "tsa.unit_stop"), "sm2", TSA_UNIT_STOPPED, &u), ERR_OK);
    assert_string_equal(fixture_last_audit(f).detail, "name=sm2 stopped -> stopped");
    fixture_close(f);
    fixture_open(f);
    assert_int_equal(atomic_load(&tsa_unit_find(f->service, "sm2")->state), TSA_UNIT_STOPPED);
    assert_int_equal(tsa_unit_set_state(fixture_call(f, "tsa.unit_start"), "sm2", TSA_UNIT_ACTIVE, &u), ERR_OK);
    assert_int_equal(tsa_unit_set_state(fixture_call(f, "tsa.unit_stop"), "sm2", TSA_UNIT_RETIRED, &u), ERR_ARG);
    assert_int_equal(tsa_unit_retire(fixture_call(f, "tsa.unit_retire"), "sm2", REASON_UNSPECIFIED, &u),
                     ERR_FIELD_VALUE);
    assert_string_equal(f->c.fault.field, "reason");
    assert_int_equal(tsa_unit_retire(fixture_call(f, "tsa.unit_retire"), "sm2", REASON_SUPERSEDED, &u), ERR_OK);
    assert_int_equal(u->revoked_ms, (f->now_ms / 1000 + 1) * 1000);
    assert_int_equal(tsa_unit_retire(fixture_call(f, "tsa.unit_retire"), "sm2", REASON_SUPERSEDED, &u),
                     ERR_UNIT_NOT_FOUND);
    assert_int_equal(fixture_number(f, "SELECT length(sealed_key) FROM tsa_unit"), 0);
    assert_null(tsa_unit_find(f->service, "sm2"));
    assert_int_equal(tsa_unit_set_state(fixture_call(f, "tsa.unit_start"), "sm2", TSA_UNIT_ACTIVE, &u),
                     ERR_UNIT_NOT_FOUND);
    /* Its name is free again, and no start makes another by itself. */
    fixture_close(f);
    fixture_open(f);
    assert_null(tsa_unit_find(f->service, NULL));
    assert_null(tsa_unit_first(f->service)->signer);
    tsa_unit_request rq = wish("sm2");
    assert_int_equal(tsa_unit_create(fixture_call(f, "tsa.unit_create"), &rq, &u), ERR_OK);
    assert_ptr_equal(tsa_unit_find(f->service, NULL), u);
    assert_ptr_equal(tsa_unit_next(tsa_unit_first(f->service)), u);
}

/* RFC 3161 4: with a reason that leaves the key sound, what was issued before stands. Without an SM2 certificate there is no list. */
static void a_retired_units_certificate_is_revoked(void **state)
{
    fixture *f = *state;
    const tsa_unit *u, *p256;
    bytes der;
    crl list;
    crl_entry entry;
    cert own;
    assert_int_equal(tsa_unit_create(fixture_call(f, "tsa.unit_create"),
                                     &(tsa_unit_request){"p256", SIGNER_P256, 1000000, 3, false}, &p256),
                     ERR_OK);
    f->now_ms = f->now_ms / 1000 * 1000 + 900; /* what was issued in this second stands by the list, too */
    assert_int_equal(tsa_unit_retire(fixture_call(f, "tsa.unit_retire"), "p256", REASON_CESSATION, &p256), ERR_OK);
    assert_int_equal(tsa_unit_retire(fixture_call(f, "tsa.unit_retire"), "sm2", REASON_KEY_COMPROMISE, &u), ERR_OK);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM audit WHERE event = 'tsa.unit_retire' AND detail = "
                                       "'name=sm2 reason=keyCompromise'"),
                     1);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(crl_current(fixture_call(f, NULL), "issuing", &der), ERR_OK);
        assert_int_equal(crl_parse(&list, der), ERR_OK);
        assert_int_equal(cert_parse(&own, u->certificate), ERR_OK);
        assert_int_equal(crl_find(&list, own.serial, &entry), ERR_OK);
        assert_int_equal(entry.reason, CRL_KEY_COMPROMISE);
        assert_true(entry.revoked_at_ms > f->now_ms);
        assert_int_equal(cert_parse(&own, p256->certificate), ERR_OK);
        assert_int_equal(crl_find(&list, own.serial, &entry), ERR_NOT_FOUND);
        assert_int_equal(u->reason, REASON_KEY_COMPROMISE);
        fixture_close(f);
        fixture_open(f);
        u = tsa_unit_first(f->service);
        p256 = tsa_unit_next(u);
    }
    f->now_ms += INT64_C(86400000) * 1830; /* it has expired, and leaves the list */
    assert_int_equal(crl_refresh(f->service, f->arena, f->now_ms, true), ERR_OK);
    assert_int_equal(crl_current(fixture_call(f, NULL), "issuing", &der), ERR_OK);
    assert_int_equal(crl_parse(&list, der), ERR_OK);
    assert_int_equal(cert_parse(&own, u->certificate), ERR_OK);
    assert_int_equal(crl_find(&list, own.serial, &entry), ERR_NOT_FOUND);
}

static void names_of_algorithms_and_states(void **state)
{
    signer_algorithm a = SIGNER_RSA;
    (void)state;
    assert_string_equal(tsa_unit_algorithm_name(SIGNER_P256), "p256");
    assert_string_equal(tsa_unit_state_name(TSA_UNIT_RETIRED), "retired");
    assert_int_equal(tsa_unit_algorithm_from_name(&a, "sm2"), ERR_OK);
    assert_int_equal(a, SIGNER_SM2);
    assert_int_equal(tsa_unit_algorithm_from_name(&a, "dsa"), ERR_NOT_FOUND);
    assert_int_equal(tsa_unit_algorithm_from_name(&a, NULL), ERR_NOT_FOUND);
}

static void a_damaged_row_stops_the_start(void **state)
{
    fixture *f = *state;
    static const char *const damages[] = {"UPDATE tsa_unit SET chain = $1", "UPDATE tsa_unit SET certificate = $1",
                                          "UPDATE tsa_unit SET sealed_key = $1"};
    service_options options = f->service->options;
    char url[] = FIXTURE_URL, organisation[] = FIXTURE_ORGANISATION;
    options.public_url = url;
    options.organisation = organisation;
    options.authorisations_dir = NULL;
    options.tsa_policy = options.tsa_policy_gm = bytes_of(NULL, 0);
    service_close(f->service);
    for (size_t i = 0; i < 3; i++) {
        const store_value *kept;
        assert_int_equal(store_query_one(f->store, f->arena, &kept, ERR_NOT_FOUND,
                                         "SELECT chain, certificate, sealed_key FROM tsa_unit", NULL, 0),
                         ERR_OK);
        fixture_write(f, damages[i], (store_value[]){store_blob("damaged", 7)}, 1);
        f->service = NULL;
        assert_int_not_equal(service_open(&f->service, &options), ERR_OK);
        fixture_write(f, damages[i], (store_value[]){kept[i]}, 1);
    }
    assert_int_equal(service_open(&f->service, &options), ERR_OK);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(the_first_start_makes_a_unit_below_the_issuing_ca),
        WITH_FIXTURE(a_later_start_finds_it),
        WITH_FIXTURE(units_are_added),
        WITH_FIXTURE(other_algorithms_have_a_root_of_their_own),
        WITH_FIXTURE(what_cannot_be_is_refused_by_field),
        WITH_FIXTURE(states),
        WITH_FIXTURE(a_retired_units_certificate_is_revoked),
        WITH_FIXTURE(names_of_algorithms_and_states),
        WITH_FIXTURE(a_damaged_row_stops_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
