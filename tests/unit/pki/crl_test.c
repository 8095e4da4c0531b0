#include "unit/pki/authority.h"

#include <stdlib.h>

#include "pki/crl.h"

static identity ca, other;
static uint8_t ca_room[AUTHORITY_ROOM];
static cert ca_cert;

static int setup(void **state)
{
    (void)state;
    identity_make(&ca, 11, "仁济示范医院签发CA");
    identity_make(&other, 12, "另一个CA");
    cert_template t = authority_template(&ca, &ca, CERT_ROOT);
    ca_cert = authority_parse(authority_issue(ca_room, &t, &ca));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    identity_drop(&ca);
    identity_drop(&other);
    return 0;
}

enum { ROOM = 4096 };

static crl_template template_of(const crl_entry *entries, size_t n)
{
    return (crl_template){.issuer = ca.name,
                          .number = 7,
                          .this_update_ms = AUTHORITY_NOW,
                          .next_update_ms = AUTHORITY_NOW + AUTHORITY_DAY,
                          .entries = entries,
                          .entries_n = n};
}

static bytes issue(uint8_t room[ROOM], const crl_template *t)
{
    buffer b = buffer_over(room, ROOM);
    assert_int_equal(crl_issue(&b, t, ca.sign), ERR_OK);
    assert_true(b.n <= crl_size_max(t));
    return bytes_of(b.p, b.n);
}

static void test_empty(void **state)
{
    (void)state;
    uint8_t room[ROOM];
    crl_template t = template_of(NULL, 0);
    crl list;
    assert_int_equal(crl_parse(&list, issue(room, &t)), ERR_OK);
    assert_true(bytes_equal(list.issuer, ca.name));
    assert_true(list.this_update_ms == t.this_update_ms && list.next_update_ms == t.next_update_ms);
    assert_true(bytes_equal(list.aki, bytes_of(ca.key_id, sizeof ca.key_id)));
    assert_true(bytes_equal(list.number, OCTETS("\x07")));
    assert_int_equal(list.entries_n, 0);
    assert_null(list.entries.p); /* absent, not empty */
    assert_false(list.unknown_critical);
    assert_int_equal(crl_verify(&list, &ca_cert), ERR_OK);
    crl_entry entry;
    assert_int_equal(crl_find(&list, OCTETS("\x01"), &entry), ERR_NOT_FOUND);
    /* version 2, SM2-with-SM3 */
    assert_memory_equal(list.tbs.p + 3, "\x02\x01\x01\x30\x0a\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x75", 15);
}

static void test_every_reason(void **state)
{
    (void)state;
    static const crl_reason reasons[] = {CRL_UNSPECIFIED,         CRL_KEY_COMPROMISE,      CRL_CA_COMPROMISE,
                                         CRL_AFFILIATION_CHANGED, CRL_SUPERSEDED,          CRL_CESSATION_OF_OPERATION,
                                         CRL_CERTIFICATE_HOLD,    CRL_PRIVILEGE_WITHDRAWN, CRL_AA_COMPROMISE};
    uint8_t serials[COUNT(reasons)][3], room[ROOM];
    crl_entry entries[COUNT(reasons)];
    for (size_t i = 0; i < COUNT(reasons); i++) {
        memcpy(serials[i], (uint8_t[]){0x80, 0, (uint8_t)i}, 3);
        entries[i] = (crl_entry){bytes_of(serials[i], 3), AUTHORITY_NOW - (int64_t)i * 1000, reasons[i]};
    }
    crl_template t = template_of(entries, COUNT(entries));
    crl list;
    assert_int_equal(crl_parse(&list, issue(room, &t)), ERR_OK);
    assert_int_equal(list.entries_n, COUNT(entries));
    assert_int_equal(crl_verify(&list, &ca_cert), ERR_OK);
    for (size_t i = 0; i < COUNT(reasons); i++) {
        crl_entry found;
        assert_int_equal(crl_find(&list, entries[i].serial, &found), ERR_OK);
        assert_true(bytes_equal(found.serial, entries[i].serial));
        assert_int_equal(found.reason, reasons[i]);
        assert_true(found.revoked_at_ms == entries[i].revoked_at_ms);
    }
    crl_entry found;
    bool said;
    assert_int_equal(crl_find_said(&list, entries[0].serial, &found, &said), ERR_OK);
    assert_false(said); /* unspecified is not written */
    assert_int_equal(crl_find_said(&list, entries[1].serial, &found, &said), ERR_OK);
    assert_true(said);
    uint8_t padded[] = {0, 0, 0x80, 0, 1};
    assert_int_equal(crl_find(&list, bytes_of(padded, sizeof padded), &found), ERR_OK);
    assert_int_equal(found.reason, CRL_KEY_COMPROMISE);
    assert_int_equal(crl_find(&list, OCTETS("\x80\x00\x63"), &found), ERR_NOT_FOUND);
    assert_int_equal(crl_find(&list, OCTETS("\x80\x00"), &found), ERR_NOT_FOUND);
    assert_int_equal(crl_find(&list, bytes_of(NULL, 0), &found), ERR_NOT_FOUND);
}

static void test_entry_encoding(void **state)
{
    (void)state;
    uint8_t room[ROOM];
    crl_entry entries[] = {{OCTETS("\x05"), AUTHORITY_NOW, CRL_UNSPECIFIED},
                           {OCTETS("\x06"), AUTHORITY_NOW, CRL_SUPERSEDED}};
    crl_template t = template_of(entries, COUNT(entries));
    crl list;
    assert_int_equal(crl_parse(&list, issue(room, &t)), ERR_OK);
    static const char expected[] = "\x30\x12\x02\x01\x05\x17\x0d"
                                   "260101000000Z"
                                   "\x30\x20\x02\x01\x06\x17\x0d"
                                   "260101000000Z"
                                   "\x30\x0c\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x0a\x01\x04";
    assert_true(bytes_equal(list.entries, OCTETS(expected)));
}

static void test_a_given_authority_key_id(void **state)
{
    (void)state;
    uint8_t room[ROOM];
    crl_entry zero = {OCTETS("\x00\x00"), AUTHORITY_NOW, CRL_UNSPECIFIED};
    crl_template t = template_of(&zero, 1);
    t.authority_key_id = OCTETS("another method");
    crl list;
    assert_int_equal(crl_parse(&list, issue(room, &t)), ERR_OK);
    assert_true(bytes_equal(list.aki, OCTETS("another method")));
    crl_entry found;
    assert_int_equal(crl_find(&list, OCTETS("\x00"), &found), ERR_OK);
}

static void test_issue_refuses(void **state)
{
    (void)state;
    static const crl_entry bad_entries[] = {
        {{NULL, 0}, AUTHORITY_NOW, CRL_UNSPECIFIED},
        {{(const uint8_t *)"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15", 21},
         AUTHORITY_NOW,
         CRL_UNSPECIFIED},
        {{(const uint8_t *)"\x01", 1}, AUTHORITY_NOW, CRL_REMOVE_FROM_CRL},
        {{(const uint8_t *)"\x01", 1}, AUTHORITY_NOW, (crl_reason)7},
        {{(const uint8_t *)"\x01", 1}, AUTHORITY_NOW, (crl_reason)11},
        {{(const uint8_t *)"\x01", 1}, INT64_MAX, CRL_UNSPECIFIED},
    };
    uint8_t room[ROOM];
    for (size_t i = 0; i < COUNT(bad_entries); i++) {
        crl_template t = template_of(&bad_entries[i], 1);
        buffer b = buffer_over(room, sizeof room);
        assert_int_equal(crl_issue(&b, &t, ca.sign), ERR_RANGE);
    }
    crl_template t = template_of(NULL, 0);
    buffer b = buffer_over(room, sizeof room);
    t.next_update_ms = t.this_update_ms;
    assert_int_equal(crl_issue(&b, &t, ca.sign), ERR_RANGE);
    t = template_of(NULL, 0);
    t.issuer = bytes_of(NULL, 0);
    assert_int_equal(crl_issue(&b, &t, ca.sign), ERR_DER);
    t = template_of(NULL, 0);
    for (size_t cap = 0; cap < 200; cap++) {
        b = buffer_over(room, cap);
        assert_int_equal(crl_issue(&b, &t, ca.sign), ERR_LENGTH);
    }
}

static void test_a_hundred_thousand_entries(void **state)
{
    (void)state;
    enum { N = 100000 };
    crl_entry *entries = calloc(N, sizeof *entries);
    uint8_t(*serials)[CERT_SERIAL_SIZE] = calloc(N, sizeof *serials);
    assert_non_null(entries);
    assert_non_null(serials);
    for (uint32_t i = 0; i < N; i++) {
        memset(serials[i], 0xff, CERT_SERIAL_SIZE);
        store_u32be(serials[i] + 12, i);
        entries[i] = (crl_entry){bytes_of(serials[i], CERT_SERIAL_SIZE), AUTHORITY_NOW + i, CRL_KEY_COMPROMISE};
    }
    crl_template t = template_of(entries, N);
    size_t bound = crl_size_max(&t);
    uint8_t *room = malloc(bound);
    assert_non_null(room);
    buffer b = buffer_over(room, bound);
    assert_int_equal(crl_issue(&b, &t, ca.sign), ERR_OK);
    crl list;
    assert_int_equal(crl_parse(&list, bytes_of(b.p, b.n)), ERR_OK);
    assert_int_equal(list.entries_n, N);
    assert_int_equal(crl_verify(&list, &ca_cert), ERR_OK);
    static const size_t places[] = {0, 1, N / 2, N - 1};
    for (size_t i = 0; i < COUNT(places); i++) {
        crl_entry found;
        assert_int_equal(crl_find(&list, entries[places[i]].serial, &found), ERR_OK);
        assert_true(found.revoked_at_ms == AUTHORITY_NOW + (int64_t)(places[i] / 1000) * 1000);
    }
    free(room);
    free(serials);
    free(entries);
}

static void test_longest_entries_fit_the_bound(void **state)
{
    (void)state;
    uint8_t serial[CERT_SERIAL_MAX], room[ROOM];
    memset(serial, 0xff, sizeof serial);
    crl_entry entries[30];
    for (size_t i = 0; i < COUNT(entries); i++)
        entries[i] = (crl_entry){bytes_of(serial, sizeof serial), INT64_C(253402300799000), CRL_KEY_COMPROMISE};
    crl_template t = template_of(entries, COUNT(entries));
    t.number = UINT64_MAX;
    t.this_update_ms = t.next_update_ms = INT64_C(253402300799000);
    t.this_update_ms -= 1000;
    (void)issue(room, &t);
}

static void test_whose_list_it_is(void **state)
{
    (void)state;
    uint8_t room[ROOM], cert_room[AUTHORITY_ROOM];
    crl_template t = template_of(NULL, 0);
    crl list;
    assert_int_equal(crl_parse(&list, issue(room, &t)), ERR_OK);

    cert_template ct = authority_template(&other, &other, CERT_ROOT);
    cert issuer = authority_parse(authority_issue(cert_room, &ct, &other));
    assert_int_equal(crl_verify(&list, &issuer), ERR_CHAIN); /* another name */
    ct = authority_template(&other, &other, CERT_ROOT);
    ct.public_key = ca.key.public_key;
    issuer = authority_parse(authority_issue(cert_room, &ct, &ca));
    assert_int_equal(crl_verify(&list, &issuer), ERR_CHAIN); /* another name for the same key */
    ct = authority_template(&ca, &ca, CERT_ROOT);
    ct.public_key = other.key.public_key;
    issuer = authority_parse(authority_issue(cert_room, &ct, &ca));
    assert_int_equal(crl_verify(&list, &issuer), ERR_CHAIN); /* the same name, another key identifier */
    issuer.ski = bytes_of(NULL, 0);
    assert_int_equal(crl_verify(&list, &issuer), ERR_SIGNATURE);
    ct = authority_template(&ca, &ca, CERT_PERSON);
    issuer = authority_parse(authority_issue(cert_room, &ct, &ca));
    assert_int_equal(crl_verify(&list, &issuer), ERR_CHAIN); /* no cRLSign */
}

static void test_no_flip_is_accepted(void **state)
{
    (void)state;
    uint8_t room[ROOM];
    crl_entry entries[] = {{OCTETS("\x05"), AUTHORITY_NOW, CRL_UNSPECIFIED},
                           {OCTETS("\x06"), AUTHORITY_NOW, CRL_SUPERSEDED}};
    crl_template t = template_of(entries, COUNT(entries));
    bytes der = issue(room, &t);
    for (size_t i = 0; i < der.n; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            crl list;
            room[i] ^= (uint8_t)(1u << bit);
            assert_false(crl_parse(&list, der) == ERR_OK && crl_verify(&list, &ca_cert) == ERR_OK);
            room[i] ^= (uint8_t)(1u << bit);
        }
    }
    crl list;
    for (size_t n = 0; n < der.n; n++)
        assert_int_equal(crl_parse(&list, bytes_of(der.p, n)), ERR_DER);
    assert_int_equal(crl_parse(&list, der), ERR_OK);
}

/* A list put together from parts that crl_issue would not write, and signed. */
typedef struct list_parts {
    bytes version, algorithm, issuer, next_update, entries;
    bytes extensions; /* what stands inside SEQUENCE OF Extension */
    bytes last;       /* after that SEQUENCE */
} list_parts;

static err parse_parts(const list_parts *p, crl *out)
{
    static uint8_t room[ROOM];
    buffer b = buffer_over(room, sizeof room);
    size_t whole = der_open(&b, DER_SEQUENCE), tbs = der_open(&b, DER_SEQUENCE);
    buffer_put(&b, p->version.p, p->version.n);
    buffer_put(&b, p->algorithm.p, p->algorithm.n);
    buffer_put(&b, p->issuer.p, p->issuer.n);
    assert_int_equal(der_put_time(&b, AUTHORITY_NOW), ERR_OK);
    buffer_put(&b, p->next_update.p, p->next_update.n);
    buffer_put(&b, p->entries.p, p->entries.n);
    if (p->extensions.n > 0) {
        size_t tag = der_open(&b, DER_CONTEXT_CONSTRUCTED(0));
        der_put(&b, DER_SEQUENCE, p->extensions);
        buffer_put(&b, p->last.p, p->last.n);
        der_close(&b, tag);
    }
    der_close(&b, tbs);
    assert_int_equal(signed_finish(&b, tbs, ca.sign), ERR_OK);
    der_close(&b, whole);
    return crl_parse(out, bytes_of(b.p, b.n));
}

#define SM2_WITH_SM3 OCTETS("\x30\x0a\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x75")

static err parse_list(bytes version, bytes next_update, bytes entries, bytes extensions, crl *out)
{
    list_parts p = {.version = version,
                    .algorithm = SM2_WITH_SM3,
                    .issuer = ca.name,
                    .next_update = next_update,
                    .entries = entries,
                    .extensions = extensions};
    return parse_parts(&p, out);
}

#define V2 OCTETS("\x02\x01\x01")
#define NEXT                                                                                                           \
    OCTETS("\x17\x0d"                                                                                                  \
           "260201000000Z")
#define NONE bytes_of(NULL, 0)
#define ENTRY_TIME                                                                                                     \
    "\x17\x0d"                                                                                                         \
    "260101000000Z"

static void test_lists_of_others(void **state)
{
    (void)state;
    crl list;
    assert_int_equal(parse_list(V2, NEXT, NONE, NONE, &list), ERR_OK);
    assert_int_equal(list.aki.n, 0);
    assert_int_equal(crl_verify(&list, &ca_cert), ERR_OK);
    assert_int_equal(parse_list(V2, NONE, NONE, NONE, &list), ERR_OK);
    assert_true(list.next_update_ms == INT64_MAX);
    assert_int_equal(parse_list(NONE, NEXT, OCTETS("\x30\x00"), NONE, &list),
                     ERR_OK); /* v1, and an empty list written */
    assert_int_equal(parse_list(NONE, NEXT, NONE, OCTETS("\x30\x0a\x06\x03\x55\x1d\x14\x04\x03\x02\x01\x01"), &list),
                     ERR_DER); /* extensions need v2 */
    assert_int_equal(parse_list(OCTETS("\x02\x01\x00"), NEXT, NONE, NONE, &list), ERR_DER);
    assert_int_equal(parse_list(OCTETS("\x02\x01\x02"), NEXT, NONE, NONE, &list), ERR_DER);
    /* invalidityDate changes nothing, even critical. */
    assert_int_equal(parse_list(V2, NEXT,
                                OCTETS("\x30\x33\x30\x31\x02\x01\x05" ENTRY_TIME
                                       "\x30\x1d\x30\x1b\x06\x03\x55\x1d\x18\x01\x01\xff\x04\x11\x18\x0f"
                                       "20251201000000Z"),
                                NONE, &list),
                     ERR_OK);
    assert_false(list.unknown_critical);
}

static void test_what_is_not_understood_is_not_used(void **state)
{
    (void)state;
    crl list;
    /* deltaCRLIndicator */
    assert_int_equal(
        parse_list(V2, NEXT, NONE, OCTETS("\x30\x0d\x06\x03\x55\x1d\x1b\x01\x01\xff\x04\x03\x02\x01\x01"), &list),
        ERR_OK);
    assert_true(list.unknown_critical);
    assert_int_equal(crl_verify(&list, &ca_cert), ERR_UNSUPPORTED);
    /* certificateIssuer in an entry: an indirect list */
    assert_int_equal(parse_list(V2, NEXT,
                                OCTETS("\x30\x24\x30\x22\x02\x01\x05" ENTRY_TIME
                                       "\x30\x0e\x30\x0c\x06\x03\x55\x1d\x1d\x01\x01\xff\x04\x02\x30\x00"),
                                NONE, &list),
                     ERR_OK);
    assert_int_equal(crl_verify(&list, &ca_cert), ERR_UNSUPPORTED);
}

static void test_parse_refuses(void **state)
{
    (void)state;
    static const char number[] = "\x30\x0a\x06\x03\x55\x1d\x14\x04\x03\x02\x01\x01";
    static const char twice[] = "\x30\x0a\x06\x03\x55\x1d\x14\x04\x03\x02\x01\x01"
                                "\x30\x0a\x06\x03\x55\x1d\x14\x04\x03\x02\x01\x01";
    static const char negative[] = "\x30\x0a\x06\x03\x55\x1d\x14\x04\x03\x02\x01\xff";
    crl list;
    assert_int_equal(parse_list(V2, NEXT, NONE, OCTETS(number), &list), ERR_OK);
    assert_int_equal(parse_list(V2, NEXT, NONE, OCTETS(twice), &list), ERR_DER);
    assert_int_equal(parse_list(V2, NEXT, NONE, OCTETS(negative), &list), ERR_DER);
    static const char number_and_more[] = "\x30\x0c\x06\x03\x55\x1d\x14\x04\x05\x02\x01\x01\x05\x00";
    assert_int_equal(parse_list(V2, NEXT, NONE, OCTETS(number_and_more), &list), ERR_DER);
    list_parts p = {.version = V2, .algorithm = SM2_WITH_SM3, .issuer = ca.name, .next_update = NEXT};
    assert_int_equal(parse_parts(&p, &list), ERR_OK);
    p.extensions = OCTETS(number);
    p.last = OCTETS("\x05\x00");
    assert_int_equal(parse_parts(&p, &list), ERR_DER);
    p.last = NONE;
    p.issuer = OCTETS("\x30\x02\x31\x00");
    assert_int_equal(parse_parts(&p, &list), ERR_DER);
    p.issuer = ca.name;
    p.algorithm = OCTETS("\x30\x0b\x06\x09\x2a\x81\x1c\xcf\x55\x01\x82\x2d\x01"); /* not that of the signature */
    assert_int_equal(parse_parts(&p, &list), ERR_DER);
    static const struct {
        const char *entries;
        size_t n;
    } bad[] = {
        {"\x30\x05\x30\x03\x02\x01\x05", 7},             /* no date */
        {"\x30\x14\x30\x12\x02\x01\xff" ENTRY_TIME, 22}, /* a negative serial */
        {"\x30\x22\x30\x20\x02\x01\x05" ENTRY_TIME "\x30\x0c\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x0a\x01\x0b", 36},
        {"\x30\x22\x30\x20\x02\x01\x05" ENTRY_TIME "\x30\x0c\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x02\x01\x01", 36},
        {"\x30\x16\x30\x14\x02\x01\x05" ENTRY_TIME "\x05\x00", 24},         /* NULL for extensions */
        {"\x30\x18\x30\x16\x02\x01\x05" ENTRY_TIME "\x30\x00\x05\x00", 26}, /* and something after them */
        {"\x30\x24\x30\x22\x02\x01\x05" ENTRY_TIME "\x30\x0e\x30\x0c\x06\x03\x55\x1d\x15\x04\x05\x0a\x01\x01\x05\x00",
         38},
        {"\x30\x02\x05\x00", 4},
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(parse_list(V2, NEXT, bytes_of(bad[i].entries, bad[i].n), NONE, &list), ERR_DER);
    assert_int_equal(crl_parse(&list, NONE), ERR_DER);
    assert_int_equal(crl_parse(&list, bytes_of("\x30", CRL_DER_MAX + (size_t)1)), ERR_LENGTH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_every_reason),
        cmocka_unit_test(test_entry_encoding),
        cmocka_unit_test(test_a_given_authority_key_id),
        cmocka_unit_test(test_issue_refuses),
        cmocka_unit_test(test_a_hundred_thousand_entries),
        cmocka_unit_test(test_longest_entries_fit_the_bound),
        cmocka_unit_test(test_whose_list_it_is),
        cmocka_unit_test(test_no_flip_is_accepted),
        cmocka_unit_test(test_lists_of_others),
        cmocka_unit_test(test_what_is_not_understood_is_not_used),
        cmocka_unit_test(test_parse_refuses),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
