#include "tsa/token_read.h"

#include "foreign.h"

static uint8_t room[FOREIGN_ROOM], other[2 * FOREIGN_ROOM];
static arena *memory;
static foreign sm2, p256;

static int set_up(void **state)
{
    (void)state;
    foreign_make(&sm2, FOREIGN_SM2);
    foreign_make(&p256, FOREIGN_P256);
    return (memory = arena_create(1 << 20)) ? 0 : 1;
}

static int tear_down(void **state)
{
    (void)state;
    foreign_drop(&sm2);
    foreign_drop(&p256);
    arena_destroy(memory);
    return 0;
}

static void test_fields(void **state)
{
    tsa_token t;
    const char *where;
    foreign_words w = {.profile = CMS_GM, .serial = OCTETS("\x07")};
    (void)state;
    assert_int_equal(tsa_token_read(&t, foreign_token(room, &sm2, &w), &where), ERR_OK);
    assert_true(t.profile == CMS_GM && oid_from_octets(t.content_type) == OID_TST_INFO);
    assert_true(t.certificates_n == 1 && bytes_equal(t.certificates[0], sm2.tsa));
    assert_true(bytes_equal(t.issuer, sm2.parsed.issuer) && bytes_equal(t.serial, sm2.parsed.serial) &&
                t.key_id.n == 0);
    assert_true(t.digest == TSA_SM3 && t.signature_kind == TSA_BY_SM2);
    assert_true(bytes_equal(t.info.serial, OCTETS("\x07")));
    assert_true(t.signed_values.has_signing_time && t.signed_values.signing_time_ms == AUTHORITY_NOW);
    const uint8_t *message = tsa_token_message(memory, &t);
    assert_true(message && message[0] == DER_SET && t.attributes_whole.p[0] == DER_CONTEXT_CONSTRUCTED(0));
    assert_memory_equal(message + 1, t.attributes_whole.p + 1, t.attributes_whole.n - 1);
}

static void test_cut_off(void **state)
{
    tsa_token t;
    const char *where;
    foreign_words w = {.profile = CMS_RFC};
    bytes der = foreign_token(room, &p256, &w);
    (void)state;
    for (size_t n = 0; n < der.n; n++)
        assert_int_equal(tsa_token_read(&t, bytes_of(der.p, n), &where), ERR_DER);
    memcpy(other, der.p, der.n);
    other[der.n] = 0;
    assert_int_equal(tsa_token_read(&t, bytes_of(other, der.n + 1), &where), ERR_DER);
}

static void test_limits(void **state)
{
    static uint8_t large[TSA_READ_MAX + 1];
    tsa_token t;
    const char *where;
    (void)state;
    assert_int_equal(tsa_token_read(&t, bytes_of(large, sizeof large), &where), ERR_LENGTH);
    assert_string_equal(where, "size");
}

/* The token with its outermost values of indefinite length, and its content in two pieces, as BER has it. */
static bytes as_ber(bytes der)
{
    der_reader outer = der_reader_over(der), info, explicitly, data;
    bytes type, whole;
    buffer b = buffer_over(other, sizeof other);
    assert_int_equal(der_enter(&outer, &info, DER_SEQUENCE), ERR_OK);
    assert_int_equal(der_any(&info, NULL, NULL, &type), ERR_OK);
    assert_int_equal(der_enter(&info, &explicitly, DER_CONTEXT_CONSTRUCTED(0)), ERR_OK);
    assert_int_equal(der_enter(&explicitly, &data, DER_SEQUENCE), ERR_OK);
    buffer_put(&b, "\x30\x80", 2);
    buffer_put(&b, type.p, type.n);
    buffer_put(&b, "\xa0\x80\x30\x80", 4);
    for (int i = 0; !der_at_end(&data); i++) {
        der_reader content, inner;
        bytes octets;
        assert_int_equal(der_any(&data, NULL, NULL, &whole), ERR_OK);
        if (i != 2) {
            buffer_put(&b, whole.p, whole.n);
            continue;
        }
        der_reader r = der_reader_over(whole);
        assert_int_equal(der_enter(&r, &content, DER_SEQUENCE), ERR_OK);
        assert_int_equal(der_any(&content, NULL, NULL, &type), ERR_OK);
        assert_int_equal(der_enter(&content, &inner, DER_CONTEXT_CONSTRUCTED(0)), ERR_OK);
        assert_int_equal(der_value(&inner, &octets, DER_OCTET_STRING), ERR_OK);
        buffer_put(&b, "\x30\x80", 2);
        buffer_put(&b, type.p, type.n);
        buffer_put(&b, "\xa0\x80\x24\x80", 4);
        der_put(&b, DER_OCTET_STRING, bytes_of(octets.p, 10));
        der_put(&b, DER_OCTET_STRING, bytes_of(octets.p + 10, octets.n - 10));
        buffer_put(&b, "\0\0\0\0\0\0", 6);
    }
    buffer_put(&b, "\0\0\0\0\0\0", 6);
    assert_false(b.overflow);
    return bytes_of(b.p, b.n);
}

static void test_ber(void **state)
{
    static uint8_t around[FOREIGN_ROOM];
    tsa_token t, of_der;
    const char *where;
    bool converted;
    foreign_words w = {.profile = CMS_RFC};
    bytes der = foreign_token(room, &p256, &w), ber = as_ber(der);
    (void)state;
    assert_int_equal(tsa_token_read(&of_der, der, &where), ERR_OK);
    assert_int_equal(tsa_token_read(&t, ber, &where), ERR_DER);
    assert_int_equal(tsa_token_read_any(memory, &t, ber, &converted, &where), ERR_OK);
    assert_true(converted && bytes_equal(t.content, of_der.content) && bytes_equal(t.attributes, of_der.attributes) &&
                bytes_equal(t.signature, of_der.signature));
    /* the same inside a response */
    buffer b = buffer_over(around, sizeof around);
    size_t response = der_open(&b, DER_SEQUENCE), status = der_open(&b, DER_SEQUENCE);
    der_put_uint64(&b, 0);
    der_close(&b, status);
    buffer_put(&b, ber.p, ber.n);
    der_close(&b, response);
    assert_int_equal(tsa_token_read_any(memory, &t, bytes_of(b.p, b.n), &converted, &where), ERR_OK);
    assert_true(converted && bytes_equal(t.content, of_der.content));
    assert_int_equal(tsa_token_read_any(memory, &t, der, &converted, &where), ERR_OK);
    assert_false(converted);
    /* of the other profile OpenSSL knows nothing */
    w.profile = CMS_GM;
    assert_int_equal(tsa_token_read_any(memory, &t, as_ber(foreign_token(room, &sm2, &w)), &converted, &where),
                     ERR_DER);
    /* nor is rubbish behind it taken */
    ber = as_ber(der = foreign_token(room, &p256, &(foreign_words){.profile = CMS_RFC}));
    other[ber.n] = 0;
    assert_int_equal(tsa_token_read_any(memory, &t, bytes_of(ber.p, ber.n + 1), &converted, &where), ERR_DER);
}

static void test_certificates(void **state)
{
    tsa_token t;
    const char *where;
    foreign_words w = {.profile = CMS_RFC, .no_certificates = true, .by_key_id = true};
    (void)state;
    assert_int_equal(tsa_token_read(&t, foreign_token(room, &p256, &w), &where), ERR_OK);
    assert_true(t.certificates_n == 0 && t.issuer.n == 0 && bytes_equal(t.key_id, p256.parsed.ski));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields), cmocka_unit_test(test_cut_off),      cmocka_unit_test(test_limits),
        cmocka_unit_test(test_ber),    cmocka_unit_test(test_certificates),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
