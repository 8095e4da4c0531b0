#include "pki/crl.h"

#include "fixture.h"
#include "service/crl.h"

static crl current(fixture *f, const char *issuer)
{
    bytes der;
    crl list;
    assert_int_equal(crl_current(fixture_call(f, NULL), issuer, &der), ERR_OK);
    assert_int_equal(crl_parse(&list, der), ERR_OK);
    return list;
}

static int64_t number(fixture *f, const char *issuer)
{
    crl list = current(f, issuer);
    int64_t n = 0;
    for (size_t i = 0; i < list.number.n; i++)
        n = n << 8 | list.number.p[i];
    return n;
}

static void refresh(fixture *f, bool even_if_current)
{
    assert_int_equal(crl_refresh(f->service, f->arena, f->now_ms, even_if_current), ERR_OK);
}

static void both_lists_are_there_from_the_start(void **state)
{
    fixture *f = *state;
    crl issuing = current(f, "issuing"), root = current(f, "root");
    bytes der;
    assert_int_equal(crl_verify(&issuing, &f->service->issuing.cert), ERR_OK);
    assert_int_equal(crl_verify(&root, &f->service->root.cert), ERR_OK);
    assert_int_equal(issuing.entries_n, 0);
    assert_int_equal(root.entries_n, 0);
    assert_int_equal(issuing.next_update_ms - issuing.this_update_ms, 24 * 3600000);
    assert_int_equal(number(f, "issuing"), 1);
    assert_int_equal(crl_current(fixture_call(f, NULL), "other", &der), ERR_NOT_FOUND);
}

static void a_revocation_is_listed_at_once(void **state)
{
    fixture *f = *state;
    user u = fixture_user(f, "D1001", "王建国");
    fixture_key k[3];
    certificate_view out;
    crl_entry entry;
    for (int i = 0; i < 3; i++)
        fixture_certify(f, &u, &k[i]);
    f->now_ms += 2000;
    assert_int_equal(
        certificate_revoke(fixture_call(f, "certificate.revoke"), k[1].parsed.serial, REASON_SUPERSEDED, &out), ERR_OK);
    assert_int_equal(
        certificate_revoke(fixture_call(f, "certificate.revoke"), k[2].parsed.serial, REASON_UNSPECIFIED, &out),
        ERR_OK);
    crl list = current(f, "issuing");
    assert_int_equal(crl_verify(&list, &f->service->issuing.cert), ERR_OK);
    assert_int_equal(list.entries_n, 2);
    assert_int_equal(number(f, "issuing"), 3);
    assert_int_equal(crl_find(&list, k[1].parsed.serial, &entry), ERR_OK);
    assert_int_equal(entry.reason, CRL_SUPERSEDED);
    assert_int_equal(entry.revoked_at_ms, f->now_ms / 1000 * 1000);
    assert_int_equal(crl_find(&list, k[2].parsed.serial, &entry), ERR_OK);
    assert_int_equal(crl_find(&list, k[0].parsed.serial, &entry), ERR_NOT_FOUND);
    assert_int_equal(number(f, "root"), 1);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM crl"), 2);
}

static void a_list_is_renewed_at_half_its_life(void **state)
{
    fixture *f = *state;
    int64_t made = fixture_number(f, "SELECT this_update FROM crl WHERE issuer = 'issuing'");
    f->now_ms = made + 12 * 3600000 - 1;
    refresh(f, false);
    assert_int_equal(number(f, "issuing"), 1);
    f->now_ms = made + 12 * 3600000 + 60000;
    refresh(f, false);
    assert_int_equal(number(f, "issuing"), 2);
    assert_int_equal(number(f, "root"), 2);
    refresh(f, false);
    assert_int_equal(number(f, "issuing"), 2);
    refresh(f, true);
    assert_int_equal(number(f, "issuing"), 3);
    assert_int_equal(
        fixture_number(f, "SELECT count(*) FROM audit WHERE event = 'crl.issue' AND subject = 'crl:issuing:3'"), 1);
}

static void a_list_that_was_missed_is_made_up_for(void **state)
{
    fixture *f = *state;
    user u = fixture_user(f, "D1001", "王建国");
    fixture_key k;
    crl_entry entry;
    fixture_certify(f, &u, &k);
    /* Revoked by a clock behind the list's: its time alone would not show that the list lacks it. */
    f->now_ms -= 60000;
    call *c = fixture_call(f, "device.key.remove");
    store_unit *unit = store_unit_begin(f->arena);
    certificate_revoke_in_unit(c, unit, k.id, REASON_CESSATION);
    assert_int_equal(call_commit(c, unit), ERR_OK);
    f->now_ms += 60000;
    assert_int_equal(service_housekeeping(f->service, f->arena, f->now_ms), ERR_OK);
    crl list = current(f, "issuing");
    assert_int_equal(crl_find(&list, k.parsed.serial, &entry), ERR_OK);
    assert_int_equal(service_housekeeping(f->service, f->arena, f->now_ms), ERR_OK);
    assert_int_equal(number(f, "issuing"), 2);
}

static void expired_certificates_leave_the_list(void **state)
{
    fixture *f = *state;
    user u = fixture_user(f, "D1001", "王建国");
    fixture_key k;
    certificate_view out;
    fixture_certify(f, &u, &k);
    assert_int_equal(
        certificate_revoke(fixture_call(f, "certificate.revoke"), k.parsed.serial, REASON_SUPERSEDED, &out), ERR_OK);
    f->now_ms += INT64_C(365) * 86400000 + 3600000;
    refresh(f, false);
    assert_int_equal(current(f, "issuing").entries_n, 1);
    f->now_ms += 2 * 86400000;
    refresh(f, false);
    assert_int_equal(current(f, "issuing").entries_n, 0);
    refresh(f, false);
    assert_int_equal(number(f, "issuing"), 4);
}

/* More than one page of rows, made directly: only the list is of interest. */
static void many_revocations_are_all_listed(void **state)
{
    fixture *f = *state;
    enum { MANY = 2500 };
    user u = fixture_user(f, "D1001", "王建国");
    fixture_key k;
    fixture_certify(f, &u, &k);
    store_unit *unit = store_unit_begin(f->arena);
    for (uint32_t i = 0; i < MANY; i++) {
        uint8_t *serial = arena_alloc(f->arena, 16);
        serial[0] = 1;
        store_u32be(serial + 12, i * 2654435761u);
        store_unit_add(unit, 1, ERR_INTERNAL,
                       "INSERT INTO certificate (serial, key_id, user_id, state, certificate, not_before, not_after, "
                       "revoked_at, reason, created_at) VALUES ($1, $2, $3, 'revoked', $1, 0, $4, $5, 4, 0)",
                       (store_value[]){store_blob(serial, 16), store_id(k.id), store_id(u.id),
                                       store_int(f->now_ms + 86400000), store_int(f->now_ms)},
                       5);
    }
    assert_int_equal(store_commit(f->store, unit), ERR_OK);
    refresh(f, false);
    crl list = current(f, "issuing");
    assert_int_equal(list.entries_n, MANY);
    assert_int_equal(crl_verify(&list, &f->service->issuing.cert), ERR_OK);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

static void the_lists_are_told_and_made_anew_when_asked(void **state)
{
    fixture *f = *state;
    crl_status lists[CRL_ISSUERS];
    bytes der;
    assert_int_equal(crl_statuses(fixture_call(f, NULL), lists), ERR_OK);
    assert_string_equal(lists[0].issuer, "issuing");
    assert_string_equal(lists[1].issuer, "root");
    assert_int_equal(lists[0].number, 1);
    f->now_ms += 5000;
    assert_int_equal(crl_issue_now(fixture_call(f, "crl.renew"), lists), ERR_OK);
    assert_int_equal(lists[0].number, 2);
    assert_int_equal(lists[0].this_update_ms, f->now_ms / 1000 * 1000);
    assert_int_equal(lists[0].next_update_ms - lists[0].this_update_ms, 24 * 3600000);
    assert_int_equal(lists[0].entries, 0);
    assert_int_equal(lists[1].number, 1);
    assert_int_equal(crl_current(fixture_call(f, NULL), "issuing", &der), ERR_OK);
    assert_int_equal(lists[0].size, der.n);
    assert_string_equal(fixture_last_audit(f).event, "crl.renew");
    assert_string_equal(fixture_last_audit(f).detail, "number=2");
    store_unit *unit = store_unit_begin(f->arena);
    store_unit_add(unit, STORE_ANY, ERR_OK, "DELETE FROM crl", NULL, 0);
    assert_int_equal(store_commit(f->store, unit), ERR_OK);
    assert_int_equal(crl_statuses(fixture_call(f, NULL), lists), ERR_OK);
    assert_int_equal(lists[0].number, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(the_lists_are_told_and_made_anew_when_asked),
        WITH_FIXTURE(both_lists_are_there_from_the_start),
        WITH_FIXTURE(a_revocation_is_listed_at_once),
        WITH_FIXTURE(a_list_is_renewed_at_half_its_life),
        WITH_FIXTURE(a_list_that_was_missed_is_made_up_for),
        WITH_FIXTURE(expired_certificates_leave_the_list),
        WITH_FIXTURE(many_revocations_are_all_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
