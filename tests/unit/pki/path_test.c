#include "unit/pki/authority.h"

#include "pki/path.h"

/* root -> issuing -> person, and one more CA that may take a place in between */
static identity root, issuing, below, person;
static uint8_t root_room[AUTHORITY_ROOM], issuing_room[AUTHORITY_ROOM], person_room[AUTHORITY_ROOM];
static cert root_cert, issuing_cert, person_cert;

static int setup(void **state)
{
    (void)state;
    identity_make(&root, 21, "仁济示范医院根CA");
    identity_make(&issuing, 22, "仁济示范医院签发CA");
    identity_make(&below, 23, "下级CA");
    identity_make(&person, 24, "张晓明");
    cert_template t = authority_template(&root, &root, CERT_ROOT);
    root_cert = authority_parse(authority_issue(root_room, &t, &root));
    t = authority_template(&root, &issuing, CERT_ISSUING);
    issuing_cert = authority_parse(authority_issue(issuing_room, &t, &root));
    t = authority_template(&issuing, &person, CERT_PERSON);
    person_cert = authority_parse(authority_issue(person_room, &t, &issuing));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    identity_drop(&root);
    identity_drop(&issuing);
    identity_drop(&below);
    identity_drop(&person);
    return 0;
}

static const path_check validated[] = {PATH_CHAIN,      PATH_ALGORITHM, PATH_SIGNATURE,
                                       PATH_NOT_BEFORE, PATH_NOT_AFTER, PATH_BASIC_CONSTRAINTS,
                                       PATH_LENGTH,     PATH_KEY_USAGE, PATH_CRITICAL_EXTENSION};

static bool is_one_of(path_check what, const path_check *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == what)
            return true;
    return false;
}

/* Only these failed, at this place; everything else passed. */
static void assert_failed(const path_result *r, const path_check *failed, size_t n, size_t index)
{
    assert_false(path_passed(r));
    for (size_t i = 0; i < COUNT(validated); i++) {
        const path_finding *f = &r->finding[validated[i]];
        if (is_one_of(validated[i], failed, n)) {
            assert_int_equal(f->state, PATH_FAILED);
            assert_int_equal(f->index, index);
        } else {
            assert_int_equal(f->state, PATH_PASSED);
        }
    }
}

static void assert_one_failed(const path_result *r, path_check failed, size_t index)
{
    assert_failed(r, &failed, 1, index);
}

static err validate(const cert *leaf, const cert *issuer, const cert *anchor, path_result *out)
{
    return path_validate(leaf, issuer, 1, anchor, 1, AUTHORITY_NOW, out);
}

static void test_good(void **state)
{
    (void)state;
    path_result r;
    assert_int_equal(validate(&person_cert, &issuing_cert, &root_cert, &r), ERR_OK);
    assert_true(path_passed(&r));
    assert_int_equal(r.chain_n, 3);
    assert_ptr_equal(r.chain[0], &person_cert);
    assert_ptr_equal(r.chain[1], &issuing_cert);
    assert_ptr_equal(r.chain[2], &root_cert);
    for (size_t i = 0; i < COUNT(validated); i++)
        assert_int_equal(r.finding[validated[i]].state, PATH_PASSED);
    assert_int_equal(r.finding[PATH_CRL].state, PATH_NOT_CHECKED);
    assert_int_equal(r.finding[PATH_REVOCATION].state, PATH_NOT_CHECKED);
}

static void test_short_paths(void **state)
{
    (void)state;
    path_result r;
    assert_int_equal(path_validate(&root_cert, NULL, 0, &root_cert, 1, AUTHORITY_NOW, &r), ERR_OK);
    assert_int_equal(r.chain_n, 1);
    assert_int_equal(path_validate(&issuing_cert, NULL, 0, &root_cert, 1, AUTHORITY_NOW, &r), ERR_OK);
    assert_int_equal(r.chain_n, 2);
    /* an anchor need not be a root */
    assert_int_equal(path_validate(&person_cert, NULL, 0, &issuing_cert, 1, AUTHORITY_NOW, &r), ERR_OK);
    assert_int_equal(r.chain_n, 2);
}

static void test_no_anchor(void **state)
{
    (void)state;
    path_result r;
    assert_int_equal(path_validate(&person_cert, &issuing_cert, 1, NULL, 0, AUTHORITY_NOW, &r), ERR_CHAIN);
    assert_int_equal(r.finding[PATH_CHAIN].state, PATH_FAILED);
    assert_int_equal(r.finding[PATH_CHAIN].index, 1);
    assert_int_equal(r.chain_n, 2);
    assert_int_equal(r.finding[PATH_SIGNATURE].state, PATH_NOT_CHECKED);
    assert_int_equal(r.finding[PATH_NOT_AFTER].state, PATH_PASSED);
    /* a self-signed certificate is no anchor by itself */
    assert_int_equal(path_validate(&root_cert, &root_cert, 1, NULL, 0, AUTHORITY_NOW, &r), ERR_CHAIN);
    assert_int_equal(r.finding[PATH_CHAIN].state, PATH_FAILED);
    assert_int_equal(path_validate(&person_cert, NULL, 0, &root_cert, 1, AUTHORITY_NOW, &r), ERR_CHAIN);
    assert_int_equal(r.finding[PATH_CHAIN].index, 0);
}

static void test_another_root(void **state)
{
    (void)state;
    uint8_t room[AUTHORITY_ROOM];
    identity false_root;
    identity_make(&false_root, 25, "仁济示范医院根CA"); /* the same name, another key */
    cert_template t = authority_template(&false_root, &false_root, CERT_ROOT);
    cert false_cert = authority_parse(authority_issue(room, &t, &false_root));
    path_result r;
    assert_int_equal(validate(&person_cert, &issuing_cert, &false_cert, &r), ERR_CHAIN);
    assert_int_equal(r.finding[PATH_CHAIN].state, PATH_FAILED);
    assert_int_equal(r.finding[PATH_CHAIN].index, 1);
    false_cert.ski = bytes_of(NULL, 0); /* and nothing tells them apart but the signature */
    assert_int_equal(validate(&person_cert, &issuing_cert, &false_cert, &r), ERR_CHAIN);
    assert_one_failed(&r, PATH_SIGNATURE, 1);
    /* both given: the right one is found */
    cert both[] = {false_cert, root_cert};
    assert_int_equal(path_validate(&person_cert, &issuing_cert, 1, both, 2, AUTHORITY_NOW, &r), ERR_OK);
    assert_ptr_equal(r.chain[2], &both[1]);
    identity_drop(&false_root);
}

static void test_wrong_issuer(void **state)
{
    (void)state;
    uint8_t room[AUTHORITY_ROOM];
    cert_template t = authority_template(&below, &person, CERT_PERSON);
    cert leaf = authority_parse(authority_issue(room, &t, &issuing)); /* names a CA that did not sign it */
    path_result r;
    assert_int_equal(validate(&leaf, &issuing_cert, &root_cert, &r), ERR_CHAIN);
    assert_int_equal(r.finding[PATH_CHAIN].state, PATH_FAILED);
    assert_int_equal(r.finding[PATH_CHAIN].index, 0);
}

static void test_wrong_signature(void **state)
{
    (void)state;
    cert leaf = person_cert;
    leaf.signature[40] ^= 1;
    path_result r;
    assert_int_equal(validate(&leaf, &issuing_cert, &root_cert, &r), ERR_CHAIN);
    assert_one_failed(&r, PATH_SIGNATURE, 0);
    cert middle = issuing_cert;
    middle.signature[0] ^= 1;
    assert_int_equal(validate(&person_cert, &middle, &root_cert, &r), ERR_CHAIN);
    assert_one_failed(&r, PATH_SIGNATURE, 1);
}

static void test_periods(void **state)
{
    (void)state;
    const int64_t begin = person_cert.not_before_ms, end = person_cert.not_after_ms;
    const struct {
        int64_t at;
        err e;
        path_check failed;
    } cases[] = {
        {begin, ERR_OK, PATH_CHAIN},
        {begin - 1, ERR_CHAIN, PATH_NOT_BEFORE},
        {end, ERR_OK, PATH_CHAIN},
        {end + 999, ERR_OK, PATH_CHAIN},
        {end + 1000, ERR_CHAIN, PATH_NOT_AFTER},
        {INT64_MAX, ERR_CHAIN, PATH_NOT_AFTER},
        {INT64_MIN, ERR_CHAIN, PATH_NOT_BEFORE},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        path_result r;
        assert_int_equal(path_validate(&person_cert, &issuing_cert, 1, &root_cert, 1, cases[i].at, &r), cases[i].e);
        if (cases[i].e != ERR_OK)
            assert_one_failed(&r, cases[i].failed, 0);
    }
}

static void test_period_of_an_issuer(void **state)
{
    (void)state;
    uint8_t room[AUTHORITY_ROOM];
    cert_template t = authority_template(&root, &issuing, CERT_ISSUING);
    t.not_after_ms = AUTHORITY_NOW - 1000;
    cert expired = authority_parse(authority_issue(room, &t, &root));
    path_result r;
    assert_int_equal(validate(&person_cert, &expired, &root_cert, &r), ERR_CHAIN);
    assert_one_failed(&r, PATH_NOT_AFTER, 1);
    t = authority_template(&root, &root, CERT_ROOT);
    t.not_before_ms = AUTHORITY_NOW + 1000;
    cert early = authority_parse(authority_issue(room, &t, &root));
    assert_int_equal(validate(&person_cert, &issuing_cert, &early, &r), ERR_CHAIN);
    assert_one_failed(&r, PATH_NOT_BEFORE, 2);
}

static void test_a_person_is_no_issuer(void **state)
{
    (void)state;
    uint8_t person_as_issuer[AUTHORITY_ROOM], room[AUTHORITY_ROOM];
    cert_template t = authority_template(&root, &issuing, CERT_PERSON);
    cert issuer = authority_parse(authority_issue(person_as_issuer, &t, &root));
    t = authority_template(&issuing, &person, CERT_PERSON);
    cert leaf = authority_parse(authority_issue(room, &t, &issuing));
    static const path_check both[] = {PATH_BASIC_CONSTRAINTS, PATH_KEY_USAGE};
    path_result r;
    assert_int_equal(validate(&leaf, &issuer, &root_cert, &r), ERR_CHAIN);
    assert_failed(&r, both, COUNT(both), 1);
}

static void test_ca_flag(void **state)
{
    (void)state;
    uint8_t room[AUTHORITY_ROOM];
    cert issuer = authority_parse(authority_patch(room, issuing_cert.der, OCTETS("\x30\x06\x01\x01\xff\x02\x01\x00"),
                                                  OCTETS("\x30\x06\x01\x01\x00\x02\x01\x00"), &root));
    path_result r;
    assert_int_equal(validate(&person_cert, &issuer, &root_cert, &r), ERR_CHAIN);
    assert_one_failed(&r, PATH_BASIC_CONSTRAINTS, 1);
}

static void test_key_usage(void **state)
{
    (void)state;
    uint8_t room[AUTHORITY_ROOM];
    bytes both = OCTETS("\x03\x02\x01\x06"), crl_only = OCTETS("\x03\x02\x01\x02"),
          cert_only = OCTETS("\x03\x02\x02\x04");
    cert issuer = authority_parse(authority_patch(room, issuing_cert.der, both, crl_only, &root));
    path_result r;
    assert_int_equal(validate(&person_cert, &issuer, &root_cert, &r), ERR_CHAIN);
    assert_one_failed(&r, PATH_KEY_USAGE, 1);
    issuer = authority_parse(authority_patch(room, issuing_cert.der, both, cert_only, &root));
    assert_int_equal(validate(&person_cert, &issuer, &root_cert, &r), ERR_OK);
}

static void test_path_length(void **state)
{
    (void)state;
    uint8_t below_room[AUTHORITY_ROOM], leaf_room[AUTHORITY_ROOM];
    cert_template t = authority_template(&issuing, &below, CERT_ISSUING);
    cert chain[] = {authority_parse(authority_issue(below_room, &t, &issuing)), issuing_cert};
    t = authority_template(&below, &person, CERT_PERSON);
    cert leaf = authority_parse(authority_issue(leaf_room, &t, &below));
    path_result r;
    /* the issuing CA's path length is 0, but a CA stands below it */
    assert_int_equal(path_validate(&leaf, chain, 2, &root_cert, 1, AUTHORITY_NOW, &r), ERR_CHAIN);
    assert_int_equal(r.chain_n, 4);
    assert_one_failed(&r, PATH_LENGTH, 2);
    /* the leaf itself does not count */
    assert_int_equal(path_validate(&chain[0], &issuing_cert, 1, &root_cert, 1, AUTHORITY_NOW, &r), ERR_OK);
}

static void test_self_issued_certificates_do_not_count(void **state)
{
    (void)state;
    uint8_t old_with_new[AUTHORITY_ROOM], leaf_room[AUTHORITY_ROOM];
    /* the issuing CA goes over to a new key under its old name and signs that with the old one */
    identity renewed;
    identity_make(&renewed, 26, "仁济示范医院签发CA");
    cert_template t = authority_template(&issuing, &renewed, CERT_ISSUING);
    cert chain[] = {authority_parse(authority_issue(old_with_new, &t, &issuing)), issuing_cert};
    t = authority_template(&renewed, &person, CERT_PERSON);
    cert leaf = authority_parse(authority_issue(leaf_room, &t, &renewed));
    path_result r;
    assert_int_equal(path_validate(&leaf, chain, 2, &root_cert, 1, AUTHORITY_NOW, &r), ERR_OK);
    assert_int_equal(r.chain_n, 4);
    identity_drop(&renewed);
}

static void test_critical_extension(void **state)
{
    (void)state;
    uint8_t room[AUTHORITY_ROOM];
    extension unknown = {OCTETS("\x2a\x03\x04"), true, OCTETS("\x05\x00")};
    cert_template t = authority_template(&issuing, &person, CERT_PERSON);
    t.extensions = &unknown;
    t.extensions_n = 1;
    cert leaf = authority_parse(authority_issue(room, &t, &issuing));
    path_result r;
    assert_int_equal(validate(&leaf, &issuing_cert, &root_cert, &r), ERR_CHAIN);
    assert_one_failed(&r, PATH_CRITICAL_EXTENSION, 0);
    unknown.critical = false;
    leaf = authority_parse(authority_issue(room, &t, &issuing));
    assert_int_equal(validate(&leaf, &issuing_cert, &root_cert, &r), ERR_OK);
}

static void test_other_algorithms(void **state)
{
    (void)state;
    cert leaf = person_cert;
    leaf.signed_by_sm2 = false;
    path_result r;
    assert_int_equal(validate(&leaf, &issuing_cert, &root_cert, &r), ERR_CHAIN);
    assert_one_failed(&r, PATH_ALGORITHM, 0);
    leaf = person_cert;
    leaf.is_sm2 = false;
    assert_int_equal(validate(&leaf, &issuing_cert, &root_cert, &r), ERR_CHAIN);
    assert_one_failed(&r, PATH_ALGORITHM, 0);
}

static void test_the_search_finds_its_way(void **state)
{
    (void)state;
    /* an expired certificate of the same CA stands first */
    uint8_t room[AUTHORITY_ROOM];
    cert_template t = authority_template(&root, &issuing, CERT_ISSUING);
    t.not_after_ms = AUTHORITY_NOW - 1000;
    uint8_t early_room[AUTHORITY_ROOM];
    cert_template early = authority_template(&root, &issuing, CERT_ISSUING);
    early.not_before_ms = AUTHORITY_NOW + 1000;
    cert candidates[] = {authority_parse(authority_issue(room, &t, &root)), person_cert, root_cert,
                         authority_parse(authority_issue(early_room, &early, &root)), issuing_cert};
    path_result r;
    assert_int_equal(path_validate(&person_cert, candidates, 5, &root_cert, 1, AUTHORITY_NOW, &r), ERR_OK);
    assert_ptr_equal(r.chain[1], &candidates[4]);
    /* where none passes, the first is what is told about */
    assert_int_equal(path_validate(&person_cert, candidates, 4, &root_cert, 1, AUTHORITY_NOW, &r), ERR_CHAIN);
    assert_one_failed(&r, PATH_NOT_AFTER, 1);
}

static void test_a_maze_ends(void **state)
{
    (void)state;
    enum { N = 24 };
    static uint8_t rooms[N][AUTHORITY_ROOM];
    cert maze[N];
    for (uint8_t i = 0; i < N; i++) {
        /* all self-issued under one name, with different serials: each may have issued each */
        cert_template t = authority_template(&issuing, &issuing, CERT_ISSUING);
        t.serial[0] = (uint8_t)(i + 1);
        maze[i] = authority_parse(authority_issue(rooms[i], &t, &issuing));
    }
    path_result r;
    assert_int_equal(path_validate(&person_cert, maze, N, &root_cert, 1, AUTHORITY_NOW, &r), ERR_CHAIN);
    assert_int_equal(r.finding[PATH_CHAIN].state, PATH_FAILED);
    assert_int_equal(r.chain_n, PATH_CERTS_MAX);
    for (size_t i = 1; i < r.chain_n; i++)
        for (size_t k = 1; k < i; k++)
            assert_ptr_not_equal(r.chain[i], r.chain[k]);
    /* and the way out is found where there is one near */
    cert with_exit[N + 1];
    with_exit[0] = issuing_cert;
    memcpy(with_exit + 1, maze, sizeof maze);
    assert_int_equal(path_validate(&person_cert, with_exit, N + 1, &root_cert, 1, AUTHORITY_NOW, &r), ERR_OK);
}

static void test_names(void **state)
{
    (void)state;
    for (path_check i = 0; i < PATH_CHECK_COUNT; i++) {
        assert_non_null(path_check_name(i));
        for (path_check k = 0; k < i; k++)
            assert_string_not_equal(path_check_name(i), path_check_name(k));
    }
}

enum { CRL_ROOM = 1024 };

static crl list_of(uint8_t room[CRL_ROOM], const identity *issuer, const crl_entry *entries, size_t n,
                   int64_t this_update_ms)
{
    crl_template t = {.issuer = issuer->name,
                      .number = 1,
                      .this_update_ms = this_update_ms,
                      .next_update_ms = this_update_ms + AUTHORITY_DAY,
                      .entries = entries,
                      .entries_n = n};
    buffer b = buffer_over(room, CRL_ROOM);
    assert_int_equal(crl_issue(&b, &t, issuer->sign), ERR_OK);
    crl list;
    assert_int_equal(crl_parse(&list, bytes_of(b.p, b.n)), ERR_OK);
    return list;
}

/* Validates the good path and adds revocation by the lists. */
static err revocation(path_result *r, const crl *lists, size_t n, int64_t at_ms, int64_t now_ms)
{
    assert_int_equal(path_validate(&person_cert, &issuing_cert, 1, &root_cert, 1, at_ms, r), ERR_OK);
    return path_check_revocation(r, lists, n, at_ms, now_ms);
}

static void assert_finding(const path_result *r, path_check what, path_state state, size_t index)
{
    assert_int_equal(r->finding[what].state, state);
    if (state == PATH_FAILED)
        assert_int_equal(r->finding[what].index, index);
}

static void test_not_revoked(void **state)
{
    (void)state;
    uint8_t rooms[2][CRL_ROOM];
    crl_entry somebody = {OCTETS("\x77"), AUTHORITY_NOW, CRL_KEY_COMPROMISE};
    crl lists[] = {list_of(rooms[0], &root, NULL, 0, AUTHORITY_NOW),
                   list_of(rooms[1], &issuing, &somebody, 1, AUTHORITY_NOW)};
    path_result r;
    assert_int_equal(revocation(&r, lists, 2, AUTHORITY_NOW, AUTHORITY_NOW), ERR_OK);
    assert_finding(&r, PATH_CRL, PATH_PASSED, 0);
    assert_finding(&r, PATH_REVOCATION, PATH_PASSED, 0);
    assert_int_equal(r.revoked.serial.n, 0);
    assert_true(r.revoked.revoked_at_ms == 0);
}

static void test_revoked(void **state)
{
    (void)state;
    uint8_t rooms[2][CRL_ROOM];
    const int64_t revoked_at = AUTHORITY_NOW + 3600000, issued = AUTHORITY_NOW + 7200000;
    crl_entry me = {person_cert.serial, revoked_at, CRL_KEY_COMPROMISE};
    crl lists[] = {list_of(rooms[0], &root, NULL, 0, issued), list_of(rooms[1], &issuing, &me, 1, issued)};
    path_result r;
    assert_int_equal(revocation(&r, lists, 2, issued, issued), ERR_CHAIN);
    assert_finding(&r, PATH_CRL, PATH_PASSED, 0);
    assert_finding(&r, PATH_REVOCATION, PATH_FAILED, 0);
    assert_int_equal(r.revoked.reason, CRL_KEY_COMPROMISE);
    assert_true(r.revoked.revoked_at_ms == revoked_at);
    /* at that very moment it already was; a signature made before stands */
    assert_int_equal(revocation(&r, lists, 2, revoked_at, issued), ERR_CHAIN);
    assert_int_equal(revocation(&r, lists, 2, revoked_at - 1, issued), ERR_OK);
    assert_finding(&r, PATH_REVOCATION, PATH_PASSED, 0);
}

static void test_revoked_issuer(void **state)
{
    (void)state;
    uint8_t rooms[2][CRL_ROOM];
    crl_entry it = {issuing_cert.serial, AUTHORITY_NOW - 1000, CRL_CA_COMPROMISE};
    crl lists[] = {list_of(rooms[0], &root, &it, 1, AUTHORITY_NOW),
                   list_of(rooms[1], &issuing, NULL, 0, AUTHORITY_NOW)};
    path_result r;
    assert_int_equal(revocation(&r, lists, 2, AUTHORITY_NOW, AUTHORITY_NOW), ERR_CHAIN);
    assert_finding(&r, PATH_REVOCATION, PATH_FAILED, 1);
    assert_int_equal(r.revoked.reason, CRL_CA_COMPROMISE);
}

static void test_lists_that_do_not_serve(void **state)
{
    (void)state;
    uint8_t rooms[3][CRL_ROOM];
    crl good = list_of(rooms[0], &root, NULL, 0, AUTHORITY_NOW),
        mine = list_of(rooms[1], &issuing, NULL, 0, AUTHORITY_NOW);
    path_result r;
    assert_int_equal(revocation(&r, NULL, 0, AUTHORITY_NOW, AUTHORITY_NOW), ERR_CHAIN);
    assert_finding(&r, PATH_CRL, PATH_FAILED, 0);
    assert_int_equal(revocation(&r, &mine, 1, AUTHORITY_NOW, AUTHORITY_NOW), ERR_CHAIN); /* the root's is missing */
    assert_finding(&r, PATH_CRL, PATH_FAILED, 1);

    crl both[] = {good, mine};
    both[1].signature[5] ^= 1;
    assert_int_equal(revocation(&r, both, 2, AUTHORITY_NOW, AUTHORITY_NOW), ERR_CHAIN);
    assert_finding(&r, PATH_CRL, PATH_FAILED, 0);
    both[1] = list_of(rooms[2], &issuing, NULL, 0, AUTHORITY_NOW - 2 * AUTHORITY_DAY); /* its nextUpdate is over */
    assert_int_equal(revocation(&r, both, 2, AUTHORITY_NOW, AUTHORITY_NOW), ERR_CHAIN);
    assert_finding(&r, PATH_CRL, PATH_FAILED, 0);
    both[1] = list_of(rooms[2], &issuing, NULL, 0, AUTHORITY_NOW + 60000); /* not issued yet */
    assert_int_equal(revocation(&r, both, 2, AUTHORITY_NOW, AUTHORITY_NOW), ERR_CHAIN);
    assert_finding(&r, PATH_CRL, PATH_FAILED, 0);
    assert_int_equal(revocation(&r, both, 2, AUTHORITY_NOW, AUTHORITY_NOW + 60000), ERR_OK);

    /* somebody else's list under the issuer's name */
    identity thief;
    identity_make(&thief, 27, "仁济示范医院签发CA");
    both[1] = list_of(rooms[2], &thief, NULL, 0, AUTHORITY_NOW);
    assert_int_equal(revocation(&r, both, 2, AUTHORITY_NOW, AUTHORITY_NOW), ERR_CHAIN);
    assert_finding(&r, PATH_CRL, PATH_FAILED, 0);
    identity_drop(&thief);
}

static void test_one_list_that_says_revoked_is_enough(void **state)
{
    (void)state;
    uint8_t rooms[3][CRL_ROOM];
    crl_entry me = {person_cert.serial, AUTHORITY_NOW - 5000, CRL_SUPERSEDED};
    crl lists[] = {list_of(rooms[0], &root, NULL, 0, AUTHORITY_NOW),
                   list_of(rooms[1], &issuing, NULL, 0, AUTHORITY_NOW - 60000),
                   list_of(rooms[2], &issuing, &me, 1, AUTHORITY_NOW)};
    path_result r;
    assert_int_equal(revocation(&r, lists, 3, AUTHORITY_NOW, AUTHORITY_NOW), ERR_CHAIN);
    assert_finding(&r, PATH_REVOCATION, PATH_FAILED, 0);
    assert_int_equal(r.revoked.reason, CRL_SUPERSEDED);
    /* of two that say so, the first is told about */
    uint8_t room[CRL_ROOM];
    crl_entry again = {person_cert.serial, AUTHORITY_NOW - 9000, CRL_KEY_COMPROMISE};
    lists[1] = list_of(room, &issuing, &again, 1, AUTHORITY_NOW);
    assert_int_equal(revocation(&r, lists, 3, AUTHORITY_NOW, AUTHORITY_NOW), ERR_CHAIN);
    assert_int_equal(r.revoked.reason, CRL_KEY_COMPROMISE);
}

static void test_a_failed_path_stays_failed(void **state)
{
    (void)state;
    uint8_t rooms[2][CRL_ROOM];
    crl lists[] = {list_of(rooms[0], &root, NULL, 0, AUTHORITY_NOW),
                   list_of(rooms[1], &issuing, NULL, 0, AUTHORITY_NOW)};
    cert leaf = person_cert;
    leaf.signature[0] ^= 1;
    path_result r;
    assert_int_equal(validate(&leaf, &issuing_cert, &root_cert, &r), ERR_CHAIN);
    assert_int_equal(path_check_revocation(&r, lists, 2, AUTHORITY_NOW, AUTHORITY_NOW), ERR_CHAIN);
    assert_finding(&r, PATH_CRL, PATH_PASSED, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_short_paths),
        cmocka_unit_test(test_no_anchor),
        cmocka_unit_test(test_another_root),
        cmocka_unit_test(test_wrong_issuer),
        cmocka_unit_test(test_wrong_signature),
        cmocka_unit_test(test_periods),
        cmocka_unit_test(test_period_of_an_issuer),
        cmocka_unit_test(test_a_person_is_no_issuer),
        cmocka_unit_test(test_ca_flag),
        cmocka_unit_test(test_key_usage),
        cmocka_unit_test(test_path_length),
        cmocka_unit_test(test_self_issued_certificates_do_not_count),
        cmocka_unit_test(test_critical_extension),
        cmocka_unit_test(test_other_algorithms),
        cmocka_unit_test(test_the_search_finds_its_way),
        cmocka_unit_test(test_a_maze_ends),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_not_revoked),
        cmocka_unit_test(test_revoked),
        cmocka_unit_test(test_revoked_issuer),
        cmocka_unit_test(test_lists_that_do_not_serve),
        cmocka_unit_test(test_one_list_that_says_revoked_is_enough),
        cmocka_unit_test(test_a_failed_path_stays_failed),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
