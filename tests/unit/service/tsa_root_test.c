#include "fixture.h"
#include "pki/pem.h"
#include "service/crl.h"
#include "service/tsa_root.h"
#include "unit/tsa/foreign.h"

static foreign p256, sm2;

static tsa_root add(fixture *f, const char *name, bytes certificate)
{
    tsa_root root;
    assert_int_equal(tsa_root_add(fixture_call(f, "tsa.root_add"), name, TSA_ROOT_TIMESTAMPS, certificate, &root), ERR_OK);
    return root;
}

static void a_root_is_added_listed_and_removed(void **state)
{
    fixture *f = *state;
    const tsa_root *list;
    size_t n;
    tsa_root made = add(f, "国家授时", p256.root);
    audit_entry row = fixture_last_audit(f);
    assert_string_equal(row.event, "tsa.root_add");
    assert_string_equal(row.outcome, "ok");
    assert_string_equal(row.detail, "name=国家授时 for=timestamp subject=CN=Foreign Root,C=CN");
    const char *pem = pem_encode(f->arena, PEM_CERTIFICATE, sm2.root);
    add(f, "另一家", bytes_of_text(pem));
    assert_int_equal(tsa_root_list(fixture_call(f, NULL), &list, &n), ERR_OK);
    assert_int_equal(n, 2);
    assert_memory_equal(list[0].id, made.id, 16);
    assert_string_equal(list[0].name, "国家授时");
    assert_true(bytes_equal(list[0].certificate, p256.root) && bytes_equal(list[1].certificate, sm2.root));
    assert_int_equal(list[0].lists_n, 0);
    assert_int_equal(tsa_root_remove(fixture_call(f, "tsa.root_remove"), made.id), ERR_OK);
    assert_string_equal(fixture_last_audit(f).event, "tsa.root_remove");
    assert_int_equal(tsa_root_remove(fixture_call(f, "tsa.root_remove"), made.id), ERR_NOT_FOUND);
    assert_int_equal(tsa_root_list(fixture_call(f, NULL), &list, &n), ERR_OK);
    assert_int_equal(n, 1);
}

static void assert_no_root(fixture *f, const char *name, bytes certificate, err e, const char *field)
{
    tsa_root root;
    call *c = fixture_call(f, "tsa.root_add");
    assert_int_equal(tsa_root_add(c, name, TSA_ROOT_TIMESTAMPS, certificate, &root), e);
    assert_string_equal(c->fault.field, field);
}

static void what_is_no_root_is_refused(void **state)
{
    fixture *f = *state;
    char long_name[TSA_ROOT_NAME_MAX + 2];
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    assert_no_root(f, "", p256.root, ERR_FIELD_LENGTH, "name");
    assert_no_root(f, long_name, p256.root, ERR_FIELD_LENGTH, "name");
    assert_no_root(f, "a", p256.tsa, ERR_FIELD_VALUE, "certificate");
    assert_no_root(f, "a", f->service->root.der, ERR_FIELD_VALUE, "certificate");
    assert_no_root(f, "a", f->service->issuing.der, ERR_FIELD_VALUE, "certificate");
    assert_no_root(f, "a", bytes_of_text("no PEM"), ERR_ENCODING, "certificate");
    assert_no_root(f, "a", bytes_of(p256.root.p, p256.root.n - 1), ERR_DER, "certificate");
    add(f, "a", p256.root);
    assert_no_root(f, "b", p256.root, ERR_EXISTS, "certificate");
}

static void there_is_room_for_some(void **state)
{
    fixture *f = *state;
    const foreign_paper p = foreign_paper_good();
    for (int i = 0; i < TSA_ROOTS_MAX; i++) {
        uint8_t room[FOREIGN_ROOM];
        add(f, "a", foreign_issue(room, p256.root_key, "Foreign Root", p256.root_key, i + 1, &p, true));
    }
    assert_no_root(f, "a", sm2.root, ERR_LIMIT, "");
}

static err hand_in(fixture *f, const uint8_t id[16], bytes list, tsa_root *out)
{
    return tsa_root_set_crl(fixture_call(f, "tsa.root_crl"), id, list, bytes_of(NULL, 0), out);
}

static void lists_take_the_place_of_older_ones(void **state)
{
    fixture *f = *state;
    bytes own;
    const bytes *lists;
    size_t n;
    tsa_root made = add(f, "a", p256.root), now;
    foreign_list(&p256, AUTHORITY_NOW, AUTHORITY_NOW + AUTHORITY_DAY, 0, -1);
    const char *pem = pem_encode(f->arena, PEM_CRL, p256.crl);
    assert_int_equal(hand_in(f, made.id, bytes_of_text(pem), &now), ERR_OK);
    assert_int_equal(now.lists_n, 1);
    assert_string_equal(fixture_last_audit(f).detail, "name=a this_update=2026-01-01T00:00:00.000Z revoked=0");
    foreign_list(&p256, AUTHORITY_NOW - 1000, AUTHORITY_NOW + AUTHORITY_DAY, 0, -1);
    assert_int_equal(hand_in(f, made.id, p256.crl, &now), ERR_CONFLICT);
    foreign_list(&p256, AUTHORITY_NOW + 1000, AUTHORITY_NOW + AUTHORITY_DAY, AUTHORITY_NOW, 1);
    assert_int_equal(hand_in(f, made.id, p256.crl, &now), ERR_OK);
    foreign_list(&sm2, AUTHORITY_NOW, AUTHORITY_NOW + AUTHORITY_DAY, 0, -1);
    assert_int_equal(hand_in(f, made.id, sm2.crl, &now), ERR_CHAIN); /* of another root */
    assert_string_equal(f->c.fault.field, "crl");
    /* The server's own has nothing to do with it. */
    assert_int_equal(crl_current(fixture_call(f, NULL), "issuing", &own), ERR_OK);
    assert_int_equal(hand_in(f, made.id, own, &now), ERR_CHAIN);
    assert_int_equal(tsa_root_set_crl(fixture_call(f, "tsa.root_crl"), made.id, own, f->service->issuing.der, &now), ERR_CHAIN);
    assert_int_equal(tsa_root_set_crl(fixture_call(f, "tsa.root_crl"), made.id, own, bytes_of(own.p, 20), &now), ERR_DER);
    assert_string_equal(f->c.fault.field, "issuer");
    assert_int_equal(tsa_root_crls(fixture_call(f, NULL), p256.root, &lists, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_true(bytes_equal(lists[0], p256.crl));
    assert_int_equal(hand_in(f, made.id, p256.root, &now), ERR_DER);
    assert_int_equal(hand_in(f, made.id, bytes_of_text("x"), &now), ERR_ENCODING);
    assert_int_equal(hand_in(f, (const uint8_t[16]){1}, p256.crl, &now), ERR_NOT_FOUND);
    assert_int_equal(tsa_root_remove(fixture_call(f, "tsa.root_remove"), made.id), ERR_OK);
    assert_int_equal(fixture_number(f, "SELECT COUNT(*) FROM tsa_root_crl"), 0);
}

static void its_own_are_trusted_by_themselves(void **state)
{
    fixture *f = *state;
    tsa_trust trust;
    const bytes *lists;
    size_t n;
    add(f, "a", sm2.root);
    assert_int_equal(tsa_root_trust(fixture_call(f, NULL), &trust), ERR_OK);
    assert_true(bytes_equal(trust.roots[0], f->service->root.der));
    assert_true(bytes_equal(trust.roots[trust.roots_n - 1], sm2.root));
    assert_true(bytes_equal(trust.certificates[0], f->service->issuing.der));
    assert_int_equal(tsa_root_crls(fixture_call(f, NULL), f->service->root.der, &lists, &n), ERR_OK);
    assert_int_equal(n, 2);
    assert_int_equal(tsa_root_crls(fixture_call(f, NULL), sm2.root, &lists, &n), ERR_OK);
    assert_int_equal(n, 0);
}

static int set_up(void **state)
{
    (void)state;
    foreign_make(&p256, FOREIGN_P256);
    foreign_make(&sm2, FOREIGN_SM2);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    foreign_drop(&p256);
    foreign_drop(&sm2);
    return 0;
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_root_is_added_listed_and_removed),
        WITH_FIXTURE(what_is_no_root_is_refused),
        WITH_FIXTURE(there_is_room_for_some),
        WITH_FIXTURE(lists_take_the_place_of_older_ones),
        WITH_FIXTURE(its_own_are_trusted_by_themselves),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
