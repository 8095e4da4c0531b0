#include "tsa/request.h"

#include <string.h>

#include "unit/pki/authority.h"

static const uint8_t octets[TSA_IMPRINT_MAX + 1] = {0xca, 0xfe};

/* A TimeStampReq of these parts, whatever they are. */
typedef struct request_parts {
    uint8_t version;
    bytes hash, parameters; /* content of the OID, a whole value */
    size_t imprint_n;
    bytes rest; /* whole values after the imprint */
} request_parts;

static bytes make(uint8_t room[TSA_REQUEST_MAX], const request_parts *p)
{
    buffer b = buffer_over(room, TSA_REQUEST_MAX);
    size_t request = der_open(&b, DER_SEQUENCE);
    der_put_uint64(&b, p->version);
    size_t imprint = der_open(&b, DER_SEQUENCE), algorithm = der_open(&b, DER_SEQUENCE);
    der_put(&b, DER_OID, p->hash);
    buffer_put(&b, p->parameters.p, p->parameters.n);
    der_close(&b, algorithm);
    der_put(&b, DER_OCTET_STRING, bytes_of(octets, p->imprint_n));
    der_close(&b, imprint);
    buffer_put(&b, p->rest.p, p->rest.n);
    der_close(&b, request);
    assert_false(b.overflow);
    return bytes_of(b.p, b.n);
}

static request_parts sm3_parts(void)
{
    return (request_parts){
        .version = 1, .hash = oid_octets(OID_SM3), .parameters = OCTETS("\x05\x00"), .imprint_n = 32};
}

static void refuse(bytes der, tsa_failure expected, err e)
{
    tsa_request request;
    tsa_failure why = TSA_SYSTEM_FAILURE;
    assert_int_equal(tsa_request_read(&request, der, &why), e);
    assert_int_equal(why, expected);
}

static void refuse_parts(const request_parts *p, tsa_failure expected, err e)
{
    uint8_t room[TSA_REQUEST_MAX];
    refuse(make(room, p), expected, e);
}

static void refuse_rest(bytes rest, tsa_failure expected, err e)
{
    request_parts p = sm3_parts();
    p.rest = rest;
    refuse_parts(&p, expected, e);
}

static void test_every_shape_is_read_and_written_to_the_same_octets(void **state)
{
    (void)state;
    static const char negative[] = {(char)0xff, 0x01};
    const bytes nonces[] = {
        {NULL, 0}, OCTETS("\x00"), OCTETS("\x7f"), bytes_of(negative, 2), bytes_of(octets, TSA_NONCE_MAX)};
    for (tsa_hash hash = 0; hash < TSA_HASH_COUNT; hash++)
        for (size_t nonce = 0; nonce < COUNT(nonces); nonce++)
            for (unsigned flags = 0; flags < 8; flags++) {
                uint8_t room[TSA_REQUEST_MAX], again_room[TSA_REQUEST_MAX];
                buffer b = buffer_over(room, sizeof room), again = buffer_over(again_room, sizeof again_room);
                tsa_request r = {.hash = hash,
                                 .imprint = bytes_of(octets, tsa_hash_size(hash)),
                                 .nonce = nonces[nonce],
                                 .certificates = flags & 1,
                                 .bare_hash = flags & 2},
                            read;
                tsa_failure why;
                if (flags & 4)
                    r.policy = oid_octets(OID_POLICY_GM);
                assert_int_equal(tsa_request_write(&b, &r), ERR_OK);
                assert_int_equal(tsa_request_read(&read, bytes_of(b.p, b.n), &why), ERR_OK);
                assert_int_equal(read.hash, hash);
                assert_true(bytes_equal(read.imprint, r.imprint));
                assert_true(bytes_equal(read.policy, r.policy));
                assert_true(bytes_equal(read.nonce, r.nonce));
                assert_int_equal(read.certificates, r.certificates);
                assert_int_equal(tsa_request_write(&again, &read), ERR_OK);
                assert_true(bytes_equal(bytes_of(b.p, b.n), bytes_of(again.p, again.n)));
            }
}

/* As OpenSSL 3.0 writes it: openssl ts -query -digest 00..1f -sm3 -cert -no_nonce. */
static void test_a_request_of_openssl(void **state)
{
    (void)state;
    static const uint8_t der[] = {0x30, 0x38, 0x02, 0x01, 0x01, 0x30, 0x30, 0x30, 0x0c, 0x06, 0x08, 0x2a,
                                  0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x11, 0x05, 0x00, 0x04, 0x20, 0x00,
                                  0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c,
                                  0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
                                  0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x01, 0x01, 0xff};
    tsa_request r;
    tsa_failure why;
    assert_int_equal(tsa_request_read(&r, bytes_of(der, sizeof der), &why), ERR_OK);
    assert_int_equal(r.hash, TSA_SM3);
    assert_int_equal(r.imprint.p[31], 0x1f);
    assert_true(r.certificates);
    assert_false(r.bare_hash);
    assert_int_equal(r.nonce.n + r.policy.n, 0);
}

static void test_hashes_that_are_not_taken(void **state)
{
    (void)state;
    request_parts p = sm3_parts();
    const bytes others[] = {OCTETS("\x2a\x86\x48\x86\xf7\x0d\x02\x05") /* MD5 */,
                            OCTETS("\x2b\x0e\x03\x02\x1a") /* SHA-1 */,
                            OCTETS("\x60\x86\x48\x01\x65\x03\x04\x02\x04") /* SHA-224 */, OCTETS("\x2a\x03")};
    for (size_t i = 0; i < COUNT(others); i++) {
        p.hash = others[i];
        refuse_parts(&p, TSA_BAD_ALG, ERR_UNSUPPORTED);
    }
    p = sm3_parts();
    p.parameters = OCTETS("\x02\x01\x05");
    refuse_parts(&p, TSA_BAD_ALG, ERR_UNSUPPORTED);
}

static void test_imprints_that_do_not_fit(void **state)
{
    (void)state;
    for (tsa_hash hash = 0; hash < TSA_HASH_COUNT; hash++) {
        request_parts p = sm3_parts();
        p.hash = oid_octets(tsa_hash_oid(hash));
        p.imprint_n = tsa_hash_size(hash) + 1;
        refuse_parts(&p, TSA_BAD_DATA_FORMAT, ERR_LENGTH);
        p.imprint_n = tsa_hash_size(hash) - 1;
        refuse_parts(&p, TSA_BAD_DATA_FORMAT, ERR_LENGTH);
        p.imprint_n = 0;
        refuse_parts(&p, TSA_BAD_DATA_FORMAT, ERR_LENGTH);
    }
}

static void test_versions(void **state)
{
    (void)state;
    request_parts p = sm3_parts();
    p.version = 0;
    refuse_parts(&p, TSA_BAD_REQUEST, ERR_PROTOCOL);
    p.version = 2;
    refuse_parts(&p, TSA_BAD_REQUEST, ERR_PROTOCOL);
}

static void test_extensions(void **state)
{
    (void)state;
    static const char one[] = "\xa0\x0a\x30\x08\x06\x02\x2a\x03\x04\x02\x05\x00";
    refuse_rest(OCTETS(one), TSA_UNACCEPTED_EXTENSION, ERR_UNSUPPORTED);
    /* critical TRUE */
    refuse_rest(OCTETS("\xa0\x0d\x30\x0b\x06\x02\x2a\x03\x01\x01\xff\x04\x02\x05\x00"), TSA_UNACCEPTED_EXTENSION,
                ERR_UNSUPPORTED);
    /* none at all, twice the same, no SEQUENCE */
    refuse_rest(OCTETS("\xa0\x00"), TSA_BAD_DATA_FORMAT, ERR_DER);
    refuse_rest(OCTETS("\xa0\x14\x30\x08\x06\x02\x2a\x03\x04\x02\x05\x00\x30\x08\x06\x02\x2a\x03\x04\x02\x05\x00"),
                TSA_BAD_DATA_FORMAT, ERR_DER);
    refuse_rest(OCTETS("\xa0\x02\x05\x00"), TSA_BAD_DATA_FORMAT, ERR_DER);
}

static void test_nonces(void **state)
{
    (void)state;
    uint8_t room[2 + TSA_NONCE_MAX + 1] = {DER_INTEGER, TSA_NONCE_MAX + 1, 0x11};
    refuse_rest(bytes_of(room, sizeof room), TSA_BAD_REQUEST, ERR_LENGTH);
    refuse_rest(OCTETS("\x02\x00"), TSA_BAD_DATA_FORMAT, ERR_DER);         /* no octet */
    refuse_rest(OCTETS("\x02\x02\x00\x01"), TSA_BAD_DATA_FORMAT, ERR_DER); /* not minimal */
    refuse_rest(OCTETS("\x02\x02\xff\x80"), TSA_BAD_DATA_FORMAT, ERR_DER);
}

static void test_what_is_no_request(void **state)
{
    (void)state;
    uint8_t room[TSA_REQUEST_MAX + 1] = {0};
    request_parts p = sm3_parts();
    bytes whole = make(room, &p);
    for (size_t n = 0; n < whole.n; n++)
        refuse(bytes_of(room, n), TSA_BAD_DATA_FORMAT, ERR_DER);
    room[whole.n] = 0;
    refuse(bytes_of(room, whole.n + 1), TSA_BAD_DATA_FORMAT, ERR_DER);
    refuse(bytes_of(room, sizeof room), TSA_BAD_REQUEST, ERR_LENGTH);
    refuse_rest(OCTETS("\x01\x01\x00"), TSA_BAD_DATA_FORMAT, ERR_DER);                 /* the DEFAULT, written */
    refuse_rest(OCTETS("\x01\x01\x01"), TSA_BAD_DATA_FORMAT, ERR_DER);                 /* BER's TRUE */
    refuse_rest(OCTETS("\x02\x01\x01\x06\x02\x2a\x03"), TSA_BAD_DATA_FORMAT, ERR_DER); /* out of order */
    refuse_rest(OCTETS("\x06\x02\x2a\x83"), TSA_BAD_DATA_FORMAT, ERR_DER);             /* an OID that does not end */
    refuse_rest(OCTETS("\x05\x00"), TSA_BAD_DATA_FORMAT, ERR_DER);
    p.parameters = OCTETS("\x05\x00\x05\x00");
    refuse_parts(&p, TSA_BAD_DATA_FORMAT, ERR_DER);
}

static void test_what_is_not_written(void **state)
{
    (void)state;
    uint8_t room[64];
    buffer b = buffer_over(room, sizeof room);
    tsa_request r = {.hash = TSA_SHA384, .imprint = bytes_of(octets, 32)};
    assert_int_equal(tsa_request_write(&b, &r), ERR_LENGTH);
    r = (tsa_request){.hash = TSA_SM3, .imprint = bytes_of(octets, 32), .nonce = bytes_of(octets, TSA_NONCE_MAX + 1)};
    assert_int_equal(tsa_request_write(&b, &r), ERR_LENGTH);
    r = (tsa_request){.hash = TSA_SHA512, .imprint = bytes_of(octets, 64)};
    assert_int_equal(tsa_request_write(&b, &r), ERR_LENGTH);
}

static void test_a_nonce_is_an_integer_in_der(void **state)
{
    (void)state;
    const bytes good[] = {{NULL, 0},
                          OCTETS("\x00"),
                          OCTETS("\x00\x80"),
                          OCTETS("\x7f"),
                          OCTETS("\xff\x7f"),
                          OCTETS("\xff"),
                          bytes_of(octets, TSA_NONCE_MAX)};
    const bytes bad[] = {OCTETS("\x00\x7f"), OCTETS("\x00\x00"), OCTETS("\xff\x80"), OCTETS("\xff\xff")};
    uint8_t room[128];
    tsa_request r = {.hash = TSA_SM3, .imprint = bytes_of(octets, 32)};
    for (size_t i = 0; i < COUNT(good); i++)
        assert_int_equal(tsa_nonce_check(good[i]), ERR_OK);
    for (size_t i = 0; i < COUNT(bad); i++) {
        buffer b = buffer_over(room, sizeof room);
        r.nonce = bad[i];
        assert_int_equal(tsa_nonce_check(bad[i]), ERR_DER);
        assert_int_equal(tsa_request_write(&b, &r), ERR_DER);
    }
    assert_int_equal(tsa_nonce_check(bytes_of(octets, TSA_NONCE_MAX + 1)), ERR_LENGTH);
}

static void test_names(void **state)
{
    (void)state;
    tsa_hash hash;
    for (tsa_hash i = 0; i < TSA_HASH_COUNT; i++) {
        assert_int_equal(tsa_hash_from_name(&hash, tsa_hash_name(i)), ERR_OK);
        assert_int_equal(hash, i);
        assert_int_equal(tsa_hash_from_oid(&hash, oid_octets(tsa_hash_oid(i))), ERR_OK);
        assert_int_equal(hash, i);
    }
    assert_int_equal(tsa_hash_from_name(&hash, "sha1"), ERR_UNSUPPORTED);
    assert_int_equal(tsa_hash_from_oid(&hash, oid_octets(OID_SM4)), ERR_UNSUPPORTED);
    size_t known = 0;
    for (unsigned bit = 0; bit < 64; bit++)
        known += tsa_failure_name(bit) != NULL;
    assert_int_equal(known, 8);
    assert_string_equal(tsa_failure_name(TSA_SYSTEM_FAILURE), "systemFailure");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_shape_is_read_and_written_to_the_same_octets),
        cmocka_unit_test(test_a_request_of_openssl),
        cmocka_unit_test(test_hashes_that_are_not_taken),
        cmocka_unit_test(test_imprints_that_do_not_fit),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_extensions),
        cmocka_unit_test(test_nonces),
        cmocka_unit_test(test_what_is_no_request),
        cmocka_unit_test(test_what_is_not_written),
        cmocka_unit_test(test_a_nonce_is_an_integer_in_der),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
