#include "unit/pki/authority.h"

#include "asn1/spki.h"

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

/* A certificate put together from parts that cert_issue would not write. */
typedef struct parts {
    bytes version, serial, inner_algorithm, outer_algorithm, issuer, validity, spki, after_spki;
    bytes signature; /* empty: a right one is made */
} parts;

static const char sm2_with_sm3[] = "\x30\x0a\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x75";
static const char sm2_with_sm3_null[] = "\x30\x0c\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x75\x05\x00";
static const char sm2_sign_algorithm[] = "\x30\x0b\x06\x09\x2a\x81\x1c\xcf\x55\x01\x82\x2d\x01";
static const char ecdsa_sha256[] = "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";
static const char a_year[] = "\x30\x1e\x17\x0d"
                             "260101000000Z"
                             "\x17\x0d"
                             "270101000000Z";

static parts good_parts(void)
{
    static uint8_t key[SPKI_SM2_SIZE];
    buffer b = buffer_over(key, sizeof key);
    spki_put(&b, person.key.public_key);
    return (parts){.version = OCTETS("\xa0\x03\x02\x01\x02"),
                   .serial = OCTETS("\x02\x01\x05"),
                   .inner_algorithm = OCTETS(sm2_with_sm3),
                   .outer_algorithm = OCTETS(sm2_with_sm3),
                   .issuer = root.name,
                   .validity = OCTETS(a_year),
                   .spki = bytes_of(key, sizeof key)};
}

static void put(buffer *b, bytes part)
{
    buffer_put(b, part.p, part.n);
}

static bytes put_together(uint8_t room[AUTHORITY_ROOM], const parts *p)
{
    buffer b = buffer_over(room, AUTHORITY_ROOM);
    size_t whole = der_open(&b, DER_SEQUENCE), tbs = der_open(&b, DER_SEQUENCE);
    put(&b, p->version);
    put(&b, p->serial);
    put(&b, p->inner_algorithm);
    put(&b, p->issuer);
    put(&b, p->validity);
    put(&b, person.name);
    put(&b, p->spki);
    put(&b, p->after_spki);
    der_close(&b, tbs);
    /* Algorithm and signature are made aside, then the algorithm is exchanged. */
    uint8_t aside[AUTHORITY_ROOM];
    buffer tail = buffer_over(aside, sizeof aside);
    put(&tail, bytes_of(room + tbs, b.n - tbs));
    assert_int_equal(signed_finish(&tail, 0, root.sign), ERR_OK);
    size_t signature_at = b.n - tbs + sizeof sm2_with_sm3 - 1;
    put(&b, p->outer_algorithm);
    put(&b, p->signature.n > 0 ? p->signature : bytes_of(aside + signature_at, tail.n - signature_at));
    der_close(&b, whole);
    assert_false(b.overflow);
    return bytes_of(b.p, b.n);
}

static err parse_parts(const parts *p, cert *out)
{
    static uint8_t room[AUTHORITY_ROOM];
    return cert_parse(out, put_together(room, p));
}

static err parse_result(const parts *p)
{
    cert c;
    return parse_parts(p, &c);
}

/* [3] { SEQUENCE { extensions } } */
static bytes with_extensions(uint8_t room[512], bytes extensions)
{
    buffer b = buffer_over(room, 512);
    size_t tag = der_open(&b, DER_CONTEXT_CONSTRUCTED(3)), list = der_open(&b, DER_SEQUENCE);
    put(&b, extensions);
    der_close(&b, list);
    der_close(&b, tag);
    assert_false(b.overflow);
    return bytes_of(b.p, b.n);
}

static err parse_extensions(bytes extensions, cert *out)
{
    uint8_t room[512];
    parts p = good_parts();
    p.after_spki = with_extensions(room, extensions);
    return parse_parts(&p, out);
}

static void test_the_parts_are_right(void **state)
{
    (void)state;
    parts p = good_parts();
    cert c;
    assert_int_equal(parse_parts(&p, &c), ERR_OK);
    assert_int_equal(cert_verify_signature(&c, root.key.public_key), ERR_OK);
    assert_false(c.has_key_usage);
    assert_false(c.ca);
    assert_int_equal(c.extensions.n, 0);
    extension x;
    assert_int_equal(cert_find_extension(&c, oid_octets(OID_KEY_USAGE), &x), ERR_NOT_FOUND);
}

static void test_versions(void **state)
{
    (void)state;
    parts p = good_parts();
    uint8_t room[512];
    p.version = bytes_of(NULL, 0); /* v1 */
    assert_int_equal(parse_result(&p), ERR_OK);
    p.after_spki = with_extensions(room, OCTETS("\x30\x0b\x06\x03\x55\x1d\x0f\x04\x04\x03\x02\x06\xc0"));
    assert_int_equal(parse_result(&p), ERR_DER); /* extensions need v3 */
    p.version = OCTETS("\xa0\x03\x02\x01\x01");
    assert_int_equal(parse_result(&p), ERR_DER);
    p.version = OCTETS("\xa0\x03\x02\x01\x02");
    assert_int_equal(parse_result(&p), ERR_OK);
    p.version = OCTETS("\xa0\x03\x02\x01\x03"); /* v4 */
    assert_int_equal(parse_result(&p), ERR_DER);
    p.version = OCTETS("\xa0\x03\x02\x01\x00"); /* the default, written */
    assert_int_equal(parse_result(&p), ERR_DER);
    p.version = OCTETS("\xa0\x06\x02\x01\x02\x02\x01\x02");
    assert_int_equal(parse_result(&p), ERR_DER);
}

static void test_unique_identifiers(void **state)
{
    (void)state;
    parts p = good_parts();
    p.after_spki = OCTETS("\x81\x02\x00\x01\x82\x02\x00\x02");
    assert_int_equal(parse_result(&p), ERR_OK);
    p.version = OCTETS("\xa0\x03\x02\x01\x01");
    assert_int_equal(parse_result(&p), ERR_OK);
    p.version = bytes_of(NULL, 0);
    assert_int_equal(parse_result(&p), ERR_DER);
}

static void test_serials(void **state)
{
    (void)state;
    parts p = good_parts();
    static const char twenty[] =
        "\x02\x14\x7f\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14";
    static const char twenty_one[] =
        "\x02\x15\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15";
    static const char padded[] =
        "\x02\x15\x00\x82\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15";
    const struct {
        bytes serial;
        err e;
    } cases[] = {{OCTETS(twenty), ERR_OK},          {OCTETS(twenty_one), ERR_DER},
                 {OCTETS(padded), ERR_DER},         {OCTETS("\x02\x01\x00"), ERR_DER},
                 {OCTETS("\x02\x01\xff"), ERR_DER}, {OCTETS("\x02\x02\x00\x05"), ERR_DER},
                 {OCTETS("\x02\x00"), ERR_DER}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        p.serial = cases[i].serial;
        assert_int_equal(parse_result(&p), cases[i].e);
    }
}

static void test_algorithms(void **state)
{
    (void)state;
    static const struct {
        const char *inner;
        size_t inner_n;
        const char *outer;
        size_t outer_n;
        err parse, verify;
    } rows[] = {
        {sm2_sign_algorithm, sizeof sm2_sign_algorithm - 1, sm2_sign_algorithm, sizeof sm2_sign_algorithm - 1, ERR_OK,
         ERR_OK},
        {sm2_with_sm3_null, sizeof sm2_with_sm3_null - 1, sm2_with_sm3_null, sizeof sm2_with_sm3_null - 1, ERR_OK,
         ERR_OK},
        {ecdsa_sha256, sizeof ecdsa_sha256 - 1, ecdsa_sha256, sizeof ecdsa_sha256 - 1, ERR_OK, ERR_UNSUPPORTED},
        {sm2_sign_algorithm, sizeof sm2_sign_algorithm - 1, sm2_with_sm3, sizeof sm2_with_sm3 - 1, ERR_DER, ERR_OK},
        {ecdsa_sha256, sizeof ecdsa_sha256 - 1, sm2_with_sm3, sizeof sm2_with_sm3 - 1, ERR_DER, ERR_OK},
        {sm2_with_sm3, sizeof sm2_with_sm3 - 1, sm2_with_sm3_null, sizeof sm2_with_sm3_null - 1, ERR_DER, ERR_OK},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        parts p = good_parts();
        cert c;
        p.inner_algorithm = bytes_of(rows[i].inner, rows[i].inner_n);
        p.outer_algorithm = bytes_of(rows[i].outer, rows[i].outer_n);
        assert_int_equal(parse_parts(&p, &c), rows[i].parse);
        if (rows[i].parse == ERR_OK)
            assert_int_equal(cert_verify_signature(&c, root.key.public_key), rows[i].verify);
        if (rows[i].verify == ERR_UNSUPPORTED) {
            uint8_t zero[sizeof c.signature] = {0};
            assert_memory_equal(c.signature, zero, sizeof zero);
        }
    }
    parts p = good_parts();
    p.inner_algorithm = p.outer_algorithm = OCTETS("\x30\x0d\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x75\x02\x01\x00");
    assert_int_equal(parse_result(&p), ERR_DER); /* parameters other than NULL */
}

static void test_signature_encoding(void **state)
{
    (void)state;
    parts p = good_parts();
    p.signature = OCTETS("\x03\x09\x00\x30\x06\x02\x01\x01\x02\x01\x01");
    assert_int_equal(parse_result(&p), ERR_OK);
    p.signature = OCTETS("\x03\x0a\x00\x30\x07\x02\x02\x00\x01\x02\x01\x01"); /* a padded integer */
    assert_int_equal(parse_result(&p), ERR_DER);
    p.signature = OCTETS("\x03\x0a\x00\x30\x06\x02\x01\x01\x02\x01\x01\x00"); /* something after it */
    assert_int_equal(parse_result(&p), ERR_DER);
    p.signature = OCTETS("\x04\x09\x00\x30\x06\x02\x01\x01\x02\x01\x01"); /* an OCTET STRING */
    assert_int_equal(parse_result(&p), ERR_DER);
}

static void test_keys(void **state)
{
    (void)state;
    parts p = good_parts();
    uint8_t key[SPKI_SM2_SIZE];
    memcpy(key, p.spki.p, sizeof key);
    p.spki = bytes_of(key, sizeof key);
    key[SPKI_SM2_SIZE - 1] ^= 1;
    assert_int_equal(parse_result(&p), ERR_POINT);
    key[SPKI_SM2_SIZE - 1] ^= 1;
    key[22] = 0x2e; /* another curve: not a key of ours, and its point is not looked at */
    cert c;
    assert_int_equal(parse_parts(&p, &c), ERR_OK);
    assert_false(c.is_sm2);
    uint8_t zero[POINT_SIZE] = {0};
    assert_memory_equal(c.public_key, zero, sizeof zero);
}

static void test_periods_and_names(void **state)
{
    (void)state;
    parts p = good_parts();
    p.validity = OCTETS("\x30\x0f\x17\x0d"
                        "260101000000Z");
    assert_int_equal(parse_result(&p), ERR_DER);
    p.validity = OCTETS("\x30\x1e\x17\x0d"
                        "261301000000Z"
                        "\x17\x0d"
                        "270101000000Z");
    assert_int_equal(parse_result(&p), ERR_DER);
    p.validity = OCTETS("\x30\x20\x17\x0d"
                        "260101000000Z"
                        "\x17\x0d"
                        "270101000000Z"
                        "\x05\x00");
    assert_int_equal(parse_result(&p), ERR_DER);
    p = good_parts();
    p.issuer = OCTETS("\x30\x02\x31\x00");
    assert_int_equal(parse_result(&p), ERR_DER);
}

#define KEY_USAGE "\x30\x0b\x06\x03\x55\x1d\x0f\x04\x04\x03\x02\x06\xc0"

static void test_extension_values(void **state)
{
    (void)state;
    cert c;
    assert_int_equal(parse_extensions(OCTETS(KEY_USAGE), &c), ERR_OK);
    assert_int_equal(c.key_usage, CERT_DIGITAL_SIGNATURE | CERT_NON_REPUDIATION);
    /* decipherOnly is bit 8 */
    assert_int_equal(parse_extensions(OCTETS("\x30\x0c\x06\x03\x55\x1d\x0f\x04\x05\x03\x03\x07\x08\x80"), &c), ERR_OK);
    assert_int_equal(c.key_usage, CERT_KEY_AGREEMENT | CERT_DECIPHER_ONLY);
    /* cA FALSE, written although it is the default, and pathLenConstraint */
    assert_int_equal(parse_extensions(OCTETS("\x30\x0c\x06\x03\x55\x1d\x13\x04\x05\x30\x03\x01\x01\x00"), &c), ERR_OK);
    assert_false(c.ca);
    assert_int_equal(
        parse_extensions(OCTETS("\x30\x0f\x06\x03\x55\x1d\x13\x04\x08\x30\x06\x01\x01\xff\x02\x01\x03"), &c), ERR_OK);
    assert_true(c.ca);
    assert_int_equal(c.path_len, 3);
    assert_int_equal(parse_extensions(OCTETS("\x30\x14\x06\x03\x55\x1d\x13\x04\x0d\x30\x0b\x01\x01\xff\x02\x06\x01\x00"
                                             "\x00\x00\x00\x00"),
                                      &c),
                     ERR_OK);
    assert_int_equal(c.path_len, INT32_MAX);
    /* a path length without cA means nothing */
    assert_int_equal(parse_extensions(OCTETS("\x30\x0c\x06\x03\x55\x1d\x13\x04\x05\x30\x03\x02\x01\x00"), &c), ERR_OK);
    assert_false(c.ca);
    /* critical FALSE, written */
    assert_int_equal(parse_extensions(OCTETS("\x30\x0e\x06\x03\x55\x1d\x0f\x01\x01\x00\x04\x04\x03\x02\x06\xc0"), &c),
                     ERR_OK);
}

static void test_extensions_refused(void **state)
{
    (void)state;
    cert c;
    assert_int_equal(parse_extensions(OCTETS(KEY_USAGE KEY_USAGE), &c), ERR_DER); /* twice */
    const bytes bad[] = {
        OCTETS("\x30\x0d\x06\x03\x55\x1d\x0f\x04\x06\x03\x02\x06\xc0\x05\x00"), /* something after the value */
        OCTETS("\x30\x0b\x06\x03\x55\x1d\x0f\x04\x04\x03\x02\x00\xc0"),         /* trailing zero bits */
        OCTETS("\x30\x0c\x06\x03\x55\x1d\x13\x04\x05\x30\x03\x01\x01\x01"),     /* BOOLEAN 01 */
        OCTETS("\x30\x0c\x06\x03\x55\x1d\x13\x04\x05\x30\x03\x02\x01\xff"),     /* a negative path length */
        OCTETS("\x30\x09\x06\x03\x55\x1d\x0e\x04\x02\x05\x00"),                 /* a key identifier that is NULL */
        OCTETS("\x30\x0b\x06\x03\x55\x1d\x13\x04\x04\x30\x00\x05\x00"),         /* something after it, and in it */
        OCTETS("\x30\x11\x06\x03\x55\x1d\x13\x04\x0a\x30\x08\x01\x01\xff\x02\x01\x03\x05\x00"),
        OCTETS("\x30\x0c\x06\x03\x55\x1d\x0e\x04\x05\x04\x01k\x05\x00"),
        OCTETS("\x30\x0b\x06\x03\x55\x1d\x1f\x04\x04\x30\x00\x05\x00"),
        OCTETS("\x30\x10\x06\x08\x2b\x06\x01\x05\x05\x07\x01\x01\x04\x04\x30\x00\x05\x00"),
        OCTETS("\x30\x19\x06\x08\x2b\x06\x01\x05\x05\x07\x01\x01\x04\x0d\x30\x0b\x30\x09\x06\x02\x2a\x03\x86\x01k"
               "\x05\x00"),
        OCTETS("\x30\x09\x06\x03\x55\x1d\x23\x04\x02\x05\x00"),
        OCTETS("\x30\x09\x06\x03\x55\x1d\x1f\x04\x02\x05\x00"),
        OCTETS("\x30\x0c\x06\x08\x2b\x06\x01\x05\x05\x07\x01\x01\x04\x00"),
        OCTETS("\x30\x05\x06\x03\x55\x1d\x0f"),         /* no value */
        OCTETS("\x30\x07\x06\x03\x55\x1d\x0f\x05\x00"), /* not an OCTET STRING */
        OCTETS("\x30\x0a\x06\x03\x55\x1d\x0f\x01\x01\xfe\x04\x00"),
        OCTETS("\x04\x00"),
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(parse_extensions(bad[i], &c), ERR_DER);
    parts p = good_parts();
    p.after_spki = OCTETS("\xa3\x04\x30\x00\x05\x00"); /* something after the list */
    assert_int_equal(parse_result(&p), ERR_DER);
    p.after_spki = OCTETS("\xa4\x02\x30\x00");
    assert_int_equal(parse_result(&p), ERR_DER);
}

static void test_too_many_extensions(void **state)
{
    (void)state;
    for (unsigned n = EXTENSION_MAX; n <= EXTENSION_MAX + 1; n++) {
        uint8_t room[512];
        buffer b = buffer_over(room, sizeof room);
        for (unsigned i = 0; i < n; i++) {
            const uint8_t one[] = {0x30, 0x07, 0x06, 0x03, 0x2a, 0x03, (uint8_t)i, 0x04, 0x00};
            buffer_put(&b, one, sizeof one);
        }
        cert c;
        assert_int_equal(parse_extensions(bytes_of(b.p, b.n), &c), n <= EXTENSION_MAX ? ERR_OK : ERR_DER);
    }
}

static void test_critical_extensions(void **state)
{
    (void)state;
    cert c;
    assert_int_equal(parse_extensions(OCTETS("\x30\x0a\x06\x03\x2a\x03\x04\x01\x01\xff\x04\x00"), &c), ERR_OK);
    assert_true(c.unknown_critical);
    assert_int_equal(parse_extensions(OCTETS("\x30\x07\x06\x03\x2a\x03\x04\x04\x00"), &c), ERR_OK);
    assert_false(c.unknown_critical);
    /* nameConstraints, which is known to nobody here */
    assert_int_equal(parse_extensions(OCTETS("\x30\x0c\x06\x03\x55\x1d\x1e\x01\x01\xff\x04\x02\x30\x00"), &c), ERR_OK);
    assert_true(c.unknown_critical);
    assert_int_equal(parse_extensions(OCTETS("\x30\x0c\x06\x03\x55\x1d\x11\x01\x01\xff\x04\x02\x30\x00"), &c), ERR_OK);
    assert_false(c.unknown_critical);
}

/* cRLDistributionPoints with one fullName of the GeneralNames given. */
static bytes distribution_points(uint8_t room[512], bytes general_names)
{
    buffer b = buffer_over(room, 512);
    extension_opened at = extension_open(&b, oid_octets(OID_CRL_DISTRIBUTION_POINTS), false);
    size_t points = der_open(&b, DER_SEQUENCE), one = der_open(&b, DER_SEQUENCE);
    size_t name = der_open(&b, DER_CONTEXT_CONSTRUCTED(0)), full = der_open(&b, DER_CONTEXT_CONSTRUCTED(0));
    put(&b, general_names);
    der_close(&b, full);
    der_close(&b, name);
    der_close(&b, one);
    der_close(&b, points);
    extension_close(&b, at);
    return bytes_of(b.p, b.n);
}

static void test_the_first_http_url_is_taken(void **state)
{
    (void)state;
    uint8_t room[512];
    cert c;
    bytes ldap_then_http = OCTETS("\x86\x08ldap:///\x86\x08http://a\x86\x08http://b");
    assert_int_equal(parse_extensions(distribution_points(room, ldap_then_http), &c), ERR_OK);
    assert_true(bytes_equal(c.crl_url, bytes_of_text("http://a")));
    assert_int_equal(parse_extensions(distribution_points(room, OCTETS("\x86\x08ldap:///")), &c), ERR_OK);
    assert_int_equal(c.crl_url.n, 0);
    /* what could not be put into a request line */
    assert_int_equal(parse_extensions(distribution_points(room, OCTETS("\x86\x0ahttp://\r\nx")), &c), ERR_OK);
    assert_int_equal(c.crl_url.n, 0);
    assert_int_equal(parse_extensions(distribution_points(room, OCTETS("\x86\x09https://a")), &c), ERR_OK);
    assert_true(bytes_equal(c.crl_url, bytes_of_text("https://a")));
    assert_int_equal(parse_extensions(distribution_points(room, OCTETS("\x86\x07http://")), &c), ERR_OK);
    assert_int_equal(c.crl_url.n, 0);
    /* points with a name relative to the issuer's, and with nothing but an issuer */
    assert_int_equal(parse_extensions(OCTETS("\x30\x15\x06\x03\x55\x1d\x1f\x04\x0e\x30\x0c\x30\x04\xa0\x02\xa1\x00"
                                             "\x30\x04\xa2\x02\x30\x00"),
                                      &c),
                     ERR_OK);
    assert_int_equal(c.crl_url.n, 0);
}

static void test_other_ways_of_access(void **state)
{
    (void)state;
    uint8_t room[512];
    buffer b = buffer_over(room, sizeof room);
    extension_opened at = extension_open(&b, oid_octets(OID_AUTHORITY_INFO_ACCESS), false);
    size_t list = der_open(&b, DER_SEQUENCE);
    put(&b, OCTETS("\x30\x14\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x01\x86\x08http://a")); /* OCSP */
    put(&b, OCTETS("\x30\x14\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x02\x86\x08http://b"));
    der_close(&b, list);
    extension_close(&b, at);
    cert c;
    assert_int_equal(parse_extensions(bytes_of(b.p, b.n), &c), ERR_OK);
    assert_true(bytes_equal(c.ca_issuers_url, bytes_of_text("http://b")));
}

static void test_size_limit(void **state)
{
    (void)state;
    static uint8_t large[CERT_DER_MAX + 1];
    cert c;
    assert_int_equal(cert_parse(&c, bytes_of(large, sizeof large)), ERR_LENGTH);
    assert_int_equal(cert_parse(&c, bytes_of(NULL, 0)), ERR_DER);
}

static bytes full_certificate(uint8_t room[AUTHORITY_ROOM])
{
    cert_template t = authority_template(&root, &person, CERT_PERSON);
    t.crl_url = "http://ca.example.org/1.crl";
    t.ca_issuers_url = "http://ca.example.org/1.cer";
    return authority_issue(room, &t, &root);
}

static void test_no_truncation_is_accepted(void **state)
{
    (void)state;
    uint8_t room[AUTHORITY_ROOM];
    bytes der = full_certificate(room);
    for (size_t n = 0; n < der.n; n++) {
        uint8_t *copy = test_malloc(n + 1);
        memcpy(copy, der.p, n);
        cert c;
        assert_int_equal(cert_parse(&c, bytes_of(copy, n)), ERR_DER);
        test_free(copy);
    }
    room[der.n] = 0;
    cert c;
    assert_int_equal(cert_parse(&c, bytes_of(room, der.n + 1)), ERR_DER);
}

static void test_no_flip_is_accepted(void **state)
{
    (void)state;
    uint8_t room[AUTHORITY_ROOM];
    bytes der = full_certificate(room);
    for (size_t i = 0; i < der.n; i++) {
        const uint8_t flips[] = {(uint8_t)(1u << i % 8), 0xff};
        for (size_t k = 0; k < COUNT(flips); k++) {
            cert c;
            room[i] ^= flips[k];
            bool accepted = cert_parse(&c, der) == ERR_OK && cert_verify_signature(&c, root.key.public_key) == ERR_OK;
            assert_false(accepted);
            room[i] ^= flips[k];
        }
    }
    cert c = authority_parse(der);
    assert_int_equal(cert_verify_signature(&c, root.key.public_key), ERR_OK);
}

static void test_verify_with_a_key_that_is_none(void **state)
{
    (void)state;
    uint8_t room[AUTHORITY_ROOM], key[POINT_SIZE] = {0x04};
    cert c = authority_parse(full_certificate(room));
    assert_int_equal(cert_verify_signature(&c, key), ERR_POINT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_parts_are_right),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_unique_identifiers),
        cmocka_unit_test(test_serials),
        cmocka_unit_test(test_algorithms),
        cmocka_unit_test(test_signature_encoding),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_periods_and_names),
        cmocka_unit_test(test_extension_values),
        cmocka_unit_test(test_extensions_refused),
        cmocka_unit_test(test_too_many_extensions),
        cmocka_unit_test(test_critical_extensions),
        cmocka_unit_test(test_the_first_http_url_is_taken),
        cmocka_unit_test(test_other_ways_of_access),
        cmocka_unit_test(test_size_limit),
        cmocka_unit_test(test_no_truncation_is_accepted),
        cmocka_unit_test(test_no_flip_is_accepted),
        cmocka_unit_test(test_verify_with_a_key_that_is_none),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
