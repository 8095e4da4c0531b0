#include "unit/pki/authority.h"

static identity root, person;

static int setup(void **state)
{
    (void)state;
    identity_make(&root, 1, "仁济示范医院根CA");
    identity_make(&person, 2, "张晓明");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    identity_drop(&root);
    identity_drop(&person);
    return 0;
}

static const char *const crl_url = "http://ca.example.org/v1/crl/1.crl";
static const char *const ca_url = "http://ca.example.org/v1/ca/1.cer";

static bool contains(bytes whole, bytes part)
{
    for (size_t i = 0; i + part.n <= whole.n; i++)
        if (memcmp(whole.p + i, part.p, part.n) == 0)
            return true;
    return false;
}

static void test_person(void **state)
{
    (void)state;
    uint8_t room[AUTHORITY_ROOM];
    cert_template t = authority_template(&root, &person, CERT_PERSON);
    t.crl_url = crl_url;
    t.ca_issuers_url = ca_url;
    cert c = authority_parse(authority_issue(room, &t, &root));
    assert_true(bytes_equal(c.serial, bytes_of(t.serial, t.serial_n)));
    assert_true(bytes_equal(c.issuer, root.name));
    assert_true(bytes_equal(c.subject, person.name));
    assert_true(c.is_sm2 && c.signed_by_sm2);
    assert_memory_equal(c.public_key, person.key.public_key, POINT_SIZE);
    assert_true(c.not_before_ms == t.not_before_ms && c.not_after_ms == t.not_after_ms);
    assert_false(c.ca);
    assert_int_equal(c.path_len, -1);
    assert_true(c.has_key_usage);
    assert_int_equal(c.key_usage, CERT_DIGITAL_SIGNATURE | CERT_NON_REPUDIATION);
    assert_true(bytes_equal(c.ski, bytes_of(person.key_id, sizeof person.key_id)));
    assert_true(bytes_equal(c.aki, bytes_of(root.key_id, sizeof root.key_id)));
    assert_true(bytes_equal(c.crl_url, bytes_of_text(crl_url)));
    assert_true(bytes_equal(c.ca_issuers_url, bytes_of_text(ca_url)));
    assert_false(c.unknown_critical);
    assert_int_equal(cert_verify_signature(&c, root.key.public_key), ERR_OK);
    assert_int_equal(cert_verify_signature(&c, person.key.public_key), ERR_SIGNATURE);
}

static void test_exact_encodings(void **state)
{
    (void)state;
    uint8_t room[AUTHORITY_ROOM];
    cert_template t = authority_template(&root, &person, CERT_PERSON);
    t.crl_url = "http://a/b";
    cert c = authority_parse(authority_issue(room, &t, &root));
    /* version 3, serial, SM2-with-SM3 without parameters */
    assert_true(contains(c.tbs, OCTETS("\xa0\x03\x02\x01\x02\x02\x03\x4d\x01\x02"
                                       "\x30\x0a\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x75")));
    assert_true(contains(c.tbs, OCTETS("\x30\x1e\x17\x0d"
                                       "251231000000Z"
                                       "\x17\x0d"
                                       "261231000000Z")));
    assert_true(contains(c.tbs, OCTETS("\x30\x0e\x06\x03\x55\x1d\x0f\x01\x01\xff\x04\x04\x03\x02\x06\xc0")));
    assert_true(contains(c.tbs, OCTETS("\x30\x1b\x06\x03\x55\x1d\x1f\x04\x14\x30\x12\x30\x10\xa0\x0e\xa0\x0c\x86\x0a"
                                       "http://a/b")));
    assert_false(contains(c.tbs, OCTETS("\x06\x03\x55\x1d\x13"))); /* a person has no basicConstraints */

    t.profile = CERT_ISSUING;
    c = authority_parse(authority_issue(room, &t, &root));
    assert_true(
        contains(c.tbs, OCTETS("\x30\x12\x06\x03\x55\x1d\x13\x01\x01\xff\x04\x08\x30\x06\x01\x01\xff\x02\x01\x00")));
    assert_true(contains(c.tbs, OCTETS("\x30\x0e\x06\x03\x55\x1d\x0f\x01\x01\xff\x04\x04\x03\x02\x01\x06")));

    t.profile = CERT_ROOT;
    c = authority_parse(authority_issue(room, &t, &root));
    assert_true(contains(c.tbs, OCTETS("\x30\x0f\x06\x03\x55\x1d\x13\x01\x01\xff\x04\x05\x30\x03\x01\x01\xff")));
}

/* RFC 3161 2.3: one extended key usage, and critical. */
static void test_timestamp(void **state)
{
    (void)state;
    uint8_t room[AUTHORITY_ROOM];
    cert_template t = authority_template(&root, &person, CERT_TIMESTAMP);
    cert c = authority_parse(authority_issue(room, &t, &root));
    extension x;
    assert_false(c.ca);
    assert_int_equal(c.key_usage, CERT_DIGITAL_SIGNATURE);
    assert_int_equal(cert_find_extension(&c, oid_octets(OID_EXTENDED_KEY_USAGE), &x), ERR_OK);
    assert_true(x.critical);
    assert_true(bytes_equal(x.value, OCTETS("\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x08")));
    t = authority_template(&root, &person, CERT_WORKSTATION);
    c = authority_parse(authority_issue(room, &t, &root));
    assert_int_equal(cert_find_extension(&c, oid_octets(OID_EXTENDED_KEY_USAGE), &x), ERR_NOT_FOUND);
}

/* SubjectPublicKeyInfo of a P-256 key: the base point, whose private key is 1. */
static const uint8_t p256_spki[] = {
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6,
    0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98,
    0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b,
    0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};

static err octets_sign(signer *self, bytes message, uint8_t octets[SIGNER_OCTETS_MAX], size_t *n)
{
    (void)self;
    (void)message;
    memcpy(octets, "octets", 6);
    *n = 6;
    return ERR_OK;
}

/* Of another algorithm: its key, its algorithm inside and outside, what the signer gave (whether that verifies is asked of OpenSSL
 * in tests/unit/tsa/token_test.c). */
static void test_other_algorithms(void **state)
{
    (void)state;
    static const bytes algorithms[] = {
        {(const uint8_t *)"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02", 12},
        {(const uint8_t *)"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00", 15}};
    for (size_t i = 0; i < COUNT(algorithms); i++) {
        uint8_t room[AUTHORITY_ROOM], key_id[CERT_KEY_ID_SIZE], digest[SM3_SIZE];
        signer ca = {.algorithm = i == 0 ? SIGNER_P256 : SIGNER_RSA,
                     .spki = bytes_of(p256_spki, sizeof p256_spki),
                     .sign_octets = octets_sign};
        cert_template t = authority_template(&root, &person, CERT_TIMESTAMP);
        t.spki = ca.spki;
        t.public_key = NULL;
        buffer b = buffer_over(room, sizeof room);
        assert_int_equal(cert_issue(&b, &t, &ca), ERR_OK);
        cert c = authority_parse(bytes_of(b.p, b.n));
        assert_true(bytes_equal(c.spki, ca.spki));
        assert_false(c.is_sm2 || c.signed_by_sm2);
        assert_int_equal(cert_spki_key_id(key_id, ca.spki), ERR_OK);
        sm3(digest, p256_spki + sizeof p256_spki - POINT_SIZE, POINT_SIZE);
        assert_memory_equal(key_id, digest, sizeof key_id);
        assert_true(bytes_equal(c.ski, bytes_of(key_id, sizeof key_id)));
        assert_true(bytes_equal(c.aki, c.ski));
        assert_memory_equal(c.tbs.p + c.tbs.n, algorithms[i].p, algorithms[i].n);
        assert_memory_equal(c.tbs.p + c.tbs.n + algorithms[i].n, "\x03\x07\x00octets", 9);
        t.spki.n--;
        assert_int_equal(cert_issue(&b, &t, &ca), ERR_DER);
    }
}

static void test_authorities(void **state)
{
    (void)state;
    static const struct {
        cert_profile profile;
        int path_len;
    } rows[] = {{CERT_ROOT, -1}, {CERT_ISSUING, 0}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t room[AUTHORITY_ROOM];
        cert_template t = authority_template(&root, &person, rows[i].profile);
        cert c = authority_parse(authority_issue(room, &t, &root));
        assert_true(c.ca);
        assert_int_equal(c.path_len, rows[i].path_len);
        assert_int_equal(c.key_usage, CERT_KEY_CERT_SIGN | CERT_CRL_SIGN);
        assert_int_equal(c.crl_url.n, 0);
        assert_int_equal(c.ca_issuers_url.n, 0);
    }
}

static void test_a_given_authority_key_id(void **state)
{
    (void)state;
    uint8_t room[AUTHORITY_ROOM];
    cert_template t = authority_template(&root, &person, CERT_PERSON);
    t.authority_key_id = OCTETS("another method");
    cert c = authority_parse(authority_issue(room, &t, &root));
    assert_true(bytes_equal(c.aki, OCTETS("another method")));
}

static void test_periods_after_2049(void **state)
{
    (void)state;
    uint8_t room[AUTHORITY_ROOM];
    cert_template t = authority_template(&root, &person, CERT_ROOT);
    t.not_after_ms = INT64_C(2524608000000); /* 2050-01-01 */
    cert c = authority_parse(authority_issue(room, &t, &root));
    assert_true(c.not_after_ms == t.not_after_ms);
    assert_true(contains(c.tbs, OCTETS("\x18\x0f"
                                       "20500101000000Z")));
}

static void test_serials(void **state)
{
    (void)state;
    static const struct {
        const char *serial;
        size_t n;
        err e;
        size_t read_n;
    } rows[] = {
        {"\x01", 1, ERR_OK, 1},
        {"\x00\x80", 2, ERR_OK, 1},
        {"\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 20, ERR_OK, 20},
        {"\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 20, ERR_RANGE, 0},
        {"", 0, ERR_RANGE, 0},
        {"\x00", 1, ERR_RANGE, 0},
        {"\x00\x00", 2, ERR_RANGE, 0},
        {"\x80", 1, ERR_RANGE, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t room[AUTHORITY_ROOM];
        cert_template t = authority_template(&root, &person, CERT_PERSON);
        memset(t.serial, 0, sizeof t.serial);
        memcpy(t.serial, rows[i].serial, rows[i].n);
        t.serial_n = rows[i].n;
        buffer b = buffer_over(room, sizeof room);
        assert_int_equal(cert_issue(&b, &t, root.sign), rows[i].e);
        if (rows[i].e == ERR_OK)
            assert_int_equal(authority_parse(bytes_of(b.p, b.n)).serial.n, rows[i].read_n);
    }
    cert_template t = authority_template(&root, &person, CERT_PERSON);
    uint8_t room[AUTHORITY_ROOM];
    buffer b = buffer_over(room, sizeof room);
    t.serial_n = CERT_SERIAL_MAX + 1;
    assert_int_equal(cert_issue(&b, &t, root.sign), ERR_RANGE);
}

static err constant_fill(void *ctx, uint8_t *out, size_t n)
{
    memset(out, *(const uint8_t *)ctx, n);
    return ERR_OK;
}

static err failing_fill(void *ctx, uint8_t *out, size_t n)
{
    (void)ctx;
    (void)out;
    (void)n;
    return ERR_ENTROPY;
}

static void test_random_serials(void **state)
{
    (void)state;
    uint8_t serial[CERT_SERIAL_SIZE], other[CERT_SERIAL_SIZE];
    uint8_t values[] = {0x00, 0x80, 0xff, 0x7f};
    for (size_t i = 0; i < COUNT(values); i++) {
        entropy source = {constant_fill, &values[i]};
        assert_int_equal(cert_serial_generate(serial, &source), ERR_OK);
        assert_true(serial[0] >= 1 && serial[0] <= 0x7f);
        assert_int_equal(serial[0], (values[i] & 0x7f) ? values[i] & 0x7f : 1);
        assert_int_equal(serial[15], values[i]);
    }
    assert_int_equal(cert_serial_generate(serial, authority_entropy()), ERR_OK);
    assert_int_equal(cert_serial_generate(other, authority_entropy()), ERR_OK);
    assert_memory_not_equal(serial, other, sizeof serial);
    entropy failing = {failing_fill, NULL};
    assert_int_equal(cert_serial_generate(serial, &failing), ERR_ENTROPY);
}

static void test_further_extensions(void **state)
{
    (void)state;
    uint8_t room[AUTHORITY_ROOM];
    static const char policy[] = "\x30\x08\x30\x06\x06\x04\x2a\x03\x04\x05";
    extension further[] = {
        {oid_octets(OID_CERTIFICATE_POLICIES), false, bytes_of(policy, sizeof policy - 1)},
        {oid_octets(OID_GB_IDENTITY), false, OCTETS("\x0c\x04test")},
    };
    cert_template t = authority_template(&root, &person, CERT_PERSON);
    t.extensions = further;
    t.extensions_n = COUNT(further);
    cert c = authority_parse(authority_issue(room, &t, &root));
    assert_false(c.unknown_critical);
    for (size_t i = 0; i < COUNT(further); i++) {
        extension found;
        assert_int_equal(cert_find_extension(&c, further[i].type, &found), ERR_OK);
        assert_true(bytes_equal(found.value, further[i].value));
        assert_false(found.critical);
    }
    extension found;
    assert_int_equal(cert_find_extension(&c, oid_octets(OID_EXTENDED_KEY_USAGE), &found), ERR_NOT_FOUND);

    further[1].critical = true;
    c = authority_parse(authority_issue(room, &t, &root));
    assert_true(c.unknown_critical);
    assert_int_equal(cert_find_extension(&c, oid_octets(OID_GB_IDENTITY), &found), ERR_OK);
    assert_true(found.critical);
}

static err issue_with(extension first, extension second)
{
    uint8_t room[AUTHORITY_ROOM];
    extension further[] = {first, second};
    cert_template t = authority_template(&root, &person, CERT_PERSON);
    t.extensions = further;
    t.extensions_n = COUNT(further);
    buffer b = buffer_over(room, sizeof room);
    return cert_issue(&b, &t, root.sign);
}

static void test_extensions_refused(void **state)
{
    (void)state;
    bytes null = OCTETS("\x05\x00");
    extension tax = {oid_octets(OID_GB_TAXATION), false, null}, ic = {oid_octets(OID_GB_IC_REGISTRATION), false, null};
    assert_int_equal(issue_with(tax, ic), ERR_OK);
    assert_int_equal(issue_with(tax, tax), ERR_EXISTS);
    static const oid reserved[] = {OID_SUBJECT_KEY_ID,    OID_AUTHORITY_KEY_ID,        OID_KEY_USAGE,
                                   OID_BASIC_CONSTRAINTS, OID_CRL_DISTRIBUTION_POINTS, OID_AUTHORITY_INFO_ACCESS};
    for (size_t i = 0; i < COUNT(reserved); i++)
        assert_int_equal(issue_with(tax, (extension){oid_octets(reserved[i]), false, null}), ERR_EXISTS);
    uint8_t long_type[65];
    memset(long_type, 0x2a, sizeof long_type);
    assert_int_equal(issue_with(tax, (extension){bytes_of(long_type, sizeof long_type), false, null}), ERR_DER);
    assert_int_equal(issue_with(tax, (extension){bytes_of(NULL, 0), false, null}), ERR_DER);
    assert_int_equal(issue_with(tax, (extension){OCTETS("\x2a\x80\x01"), false, null}), ERR_DER);
    assert_int_equal(issue_with(tax, (extension){ic.type, false, bytes_of(NULL, 0)}), ERR_DER);
    assert_int_equal(issue_with(tax, (extension){ic.type, false, OCTETS("\x05\x00\x05\x00")}), ERR_DER);
    assert_int_equal(issue_with(tax, (extension){ic.type, false, OCTETS("text")}), ERR_DER);
}

static void test_template_refused(void **state)
{
    (void)state;
    uint8_t room[AUTHORITY_ROOM], off_curve[POINT_SIZE];
    memcpy(off_curve, person.key.public_key, sizeof off_curve);
    off_curve[64] ^= 1;
    const cert_template good = authority_template(&root, &person, CERT_PERSON);
    cert_template bad[9];
    err expected[COUNT(bad)];
    for (size_t i = 0; i < COUNT(bad); i++)
        bad[i] = good;
    bad[0].issuer = bytes_of(NULL, 0), expected[0] = ERR_DER;
    bad[1].subject = OCTETS("\x31\x00"), expected[1] = ERR_DER;
    bad[2].public_key = off_curve, expected[2] = ERR_POINT;
    bad[3].not_after_ms = bad[3].not_before_ms - 1, expected[3] = ERR_RANGE;
    bad[4].not_after_ms = INT64_MAX, expected[4] = ERR_RANGE;
    bad[5].crl_url = "http://例.cn/", expected[5] = ERR_ENCODING;
    bad[6].ca_issuers_url = "http://a b/", expected[6] = ERR_ENCODING;
    bad[7].crl_url = "", expected[7] = ERR_ENCODING;
    static const extension many[EXTENSION_MAX];
    bad[8].extensions = many, bad[8].extensions_n = COUNT(many), expected[8] = ERR_LIMIT;
    for (size_t i = 0; i < COUNT(bad); i++) {
        buffer b = buffer_over(room, sizeof room);
        assert_int_equal(cert_issue(&b, &bad[i], root.sign), expected[i]);
    }
}

static void test_limits_that_hold(void **state)
{
    (void)state;
    uint8_t room[AUTHORITY_ROOM], types[26][3];
    extension many[COUNT(types)];
    for (uint8_t i = 0; i < COUNT(types); i++) {
        memcpy(types[i], (uint8_t[]){0x2a, 0x03, i}, sizeof types[i]);
        many[i] = (extension){bytes_of(types[i], sizeof types[i]), false, OCTETS("\x05\x00")};
    }
    cert_template t = authority_template(&root, &person, CERT_PERSON);
    t.not_after_ms = t.not_before_ms;
    t.extensions = many;
    t.extensions_n = COUNT(many);
    t.crl_url = crl_url;
    t.ca_issuers_url = ca_url;
    assert_true(authority_issue(room, &t, &root).n <= cert_size_max(&t));
}

static void test_size_bound(void **state)
{
    (void)state;
    uint8_t room[AUTHORITY_ROOM];
    extension further = {oid_octets(OID_GB_IDENTITY), true, OCTETS("\x0c\x04test")};
    cert_template t = authority_template(&root, &person, CERT_ISSUING);
    t.crl_url = crl_url;
    t.ca_issuers_url = ca_url;
    t.extensions = &further;
    t.extensions_n = 1;
    memset(t.serial, 0x7f, sizeof t.serial);
    t.serial_n = sizeof t.serial;
    t.not_after_ms = INT64_C(253402300799000);
    size_t bound = cert_size_max(&t);
    size_t n = authority_issue(room, &t, &root).n;
    assert_true(n <= bound && bound < n + 300);
    for (size_t cap = 0; cap + 80 < n; cap += 7) {
        uint8_t *exact = test_malloc(cap + 1);
        buffer b = buffer_over(exact, cap);
        assert_int_equal(cert_issue(&b, &t, root.sign), ERR_LENGTH);
        test_free(exact);
    }
}

static void test_appends(void **state)
{
    (void)state;
    uint8_t room[AUTHORITY_ROOM];
    cert_template t = authority_template(&root, &person, CERT_PERSON);
    buffer b = buffer_over(room, sizeof room);
    buffer_put(&b, "before", 6);
    assert_int_equal(cert_issue(&b, &t, root.sign), ERR_OK);
    assert_memory_equal(room, "before", 6);
    cert c = authority_parse(bytes_of(room + 6, b.n - 6));
    assert_int_equal(cert_verify_signature(&c, root.key.public_key), ERR_OK);
}

static err refusing_sign(signer *self, const uint8_t e[32], uint8_t rs[64])
{
    (void)self;
    (void)e;
    (void)rs;
    return ERR_IO;
}

static void test_signer_errors_are_passed_on(void **state)
{
    (void)state;
    uint8_t room[AUTHORITY_ROOM];
    signer broken = {.sign = refusing_sign};
    cert_template t = authority_template(&root, &person, CERT_PERSON);
    buffer b = buffer_over(room, sizeof room);
    assert_int_equal(cert_issue(&b, &t, &broken), ERR_IO);
}

static void test_usage_in_the_place_of_a_row(void **state)
{
    (void)state;
    uint8_t room[AUTHORITY_ROOM];
    bytes purposes[] = {oid_octets(OID_CLIENT_AUTH), OCTETS("\x2a\x03")};
    cert_usage usage = {CERT_NON_REPUDIATION, false, purposes, 2, false};
    cert_template t = authority_template(&root, &person, CERT_PERSON);
    t.usage = &usage;
    cert c = authority_parse(authority_issue(room, &t, &root));
    assert_int_equal(c.key_usage, CERT_NON_REPUDIATION);
    assert_true(contains(c.tbs, OCTETS("\x30\x0b\x06\x03\x55\x1d\x0f\x04\x04\x03\x02\x06\x40")));
    assert_true(
        contains(c.tbs, OCTETS("\x30\x17\x06\x03\x55\x1d\x25\x04\x10\x30\x0e\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02"
                               "\x06\x02\x2a\x03")));
    assert_false(c.unknown_critical);
    usage.purposes_critical = true;
    c = authority_parse(authority_issue(room, &t, &root));
    assert_true(c.unknown_critical);

    buffer b = buffer_over(room, sizeof room);
    usage.key_usage = 0;
    assert_int_equal(cert_issue(&b, &t, root.sign), ERR_ARG);
    usage.key_usage = CERT_DIGITAL_SIGNATURE | CERT_KEY_CERT_SIGN;
    assert_int_equal(cert_issue(&b, &t, root.sign), ERR_ARG);
    usage.key_usage = CERT_DIGITAL_SIGNATURE | CERT_CRL_SIGN;
    assert_int_equal(cert_issue(&b, &t, root.sign), ERR_ARG);
    usage.key_usage = CERT_DIGITAL_SIGNATURE;
    t.profile = CERT_ISSUING;
    assert_int_equal(cert_issue(&b, &t, root.sign), ERR_ARG);
    t.profile = CERT_PERSON;
    extension twice = {oid_octets(OID_EXTENDED_KEY_USAGE), false, OCTETS("\x30\x04\x06\x02\x2a\x03")};
    t.extensions = &twice;
    t.extensions_n = 1;
    assert_int_equal(cert_issue(&b, &t, root.sign), ERR_EXISTS);
}

static void test_what_would_be_signed(void **state)
{
    (void)state;
    uint8_t room[AUTHORITY_ROOM], tbs[AUTHORITY_ROOM];
    cert_template t = authority_template(&root, &person, CERT_PERSON);
    cert whole = authority_parse(authority_issue(room, &t, &root)), alone;
    buffer b = buffer_over(tbs, sizeof tbs);
    assert_int_equal(cert_issue_tbs(&b, &t, root.sign), ERR_OK);
    assert_true(bytes_equal(bytes_of(b.p, b.n), whole.tbs));
    assert_int_equal(cert_parse_tbs(&alone, bytes_of(b.p, b.n)), ERR_OK);
    assert_true(bytes_equal(alone.subject, whole.subject));
    assert_int_equal(alone.der.n, 0);
    assert_int_equal(cert_verify_signature(&alone, root.key.public_key), ERR_UNSUPPORTED);
    buffer_put_u8(&b, 0);
    assert_int_equal(cert_parse_tbs(&alone, bytes_of(b.p, b.n)), ERR_DER);
    assert_int_equal(cert_parse_tbs(&alone, bytes_of(b.p, b.n - 2)), ERR_DER);
    assert_int_equal(cert_parse_tbs(&alone, bytes_of(NULL, CERT_DER_MAX + 1)), ERR_LENGTH);
    b = buffer_over(tbs, 64);
    assert_int_equal(cert_issue_tbs(&b, &t, root.sign), ERR_LENGTH);
    t.serial_n = 0;
    assert_int_equal(cert_issue_tbs(&b, &t, root.sign), ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usage_in_the_place_of_a_row),
        cmocka_unit_test(test_what_would_be_signed),
        cmocka_unit_test(test_person),
        cmocka_unit_test(test_exact_encodings),
        cmocka_unit_test(test_timestamp),
        cmocka_unit_test(test_other_algorithms),
        cmocka_unit_test(test_authorities),
        cmocka_unit_test(test_a_given_authority_key_id),
        cmocka_unit_test(test_periods_after_2049),
        cmocka_unit_test(test_serials),
        cmocka_unit_test(test_random_serials),
        cmocka_unit_test(test_further_extensions),
        cmocka_unit_test(test_extensions_refused),
        cmocka_unit_test(test_template_refused),
        cmocka_unit_test(test_limits_that_hold),
        cmocka_unit_test(test_size_bound),
        cmocka_unit_test(test_appends),
        cmocka_unit_test(test_signer_errors_are_passed_on),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
