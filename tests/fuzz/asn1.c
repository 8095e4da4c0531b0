/* Every reader of src/asn1 over the same input. What a strict reader takes, the writer gives back byte for byte; signatures as OpenSSL
 * reads them. */
#include <openssl/ecdsa.h>

#include "asn1/csr_info.h"
#include "asn1/ecsig.h"
#include "asn1/name.h"
#include "asn1/oid.h"
#include "asn1/spki.h"
#include "base/text.h"
#include "fuzz.h"

enum { ROOM = 1 << 16 };

static uint8_t room[ROOM], text_room[ROOM];

/* Starts writing anew; the tests below write the value they read and compare it with where it stood. */
static buffer fresh(void)
{
    return buffer_over(room, sizeof room);
}

static void check_same(const buffer *b, bytes whole)
{
    CHECK(!b->overflow && bytes_equal(bytes_of(b->p, b->n), whole));
}

static void check_numbers(bytes whole)
{
    der_reader r = der_reader_over(whole);
    bytes content;
    uint64_t number;
    buffer b = fresh();
    if (der_integer(&r, &content) == ERR_OK) {
        der_put(&b, DER_INTEGER, content);
        check_same(&b, whole);
    }
    r = der_reader_over(whole);
    b = fresh();
    if (der_unsigned(&r, &content) == ERR_OK) {
        der_put_unsigned(&b, content);
        check_same(&b, whole);
    }
    r = der_reader_over(whole);
    b = fresh();
    if (der_uint64(&r, &number) == ERR_OK) {
        der_put_uint64(&b, number);
        check_same(&b, whole);
    }
}

static void check_bits(bytes whole)
{
    der_reader r = der_reader_over(whole);
    bytes octets;
    uint16_t named;
    buffer b = fresh();
    if (der_bit_string(&r, &octets) == ERR_OK) {
        der_put_bit_string(&b, octets);
        check_same(&b, whole);
    }
    r = der_reader_over(whole);
    b = fresh();
    if (der_named_bits(&r, &named) == ERR_OK) {
        der_put_named_bits(&b, named);
        check_same(&b, whole);
    }
}

/* GeneralizedTime is read for every year, because some types have nothing else (RFC 3161 2.4.2); it is written where UTCTime cannot be. */
static void check_time(const buffer *b, bytes whole, int64_t time)
{
    der_reader r = der_reader_over(bytes_of(b->p, b->n));
    int64_t again;
    if (*whole.p == *b->p)
        check_same(b, whole);
    else
        CHECK(*whole.p == DER_GENERALIZED_TIME && *b->p == DER_UTC_TIME && der_time(&r, &again) == ERR_OK &&
              again == time);
}

static void check_small(bytes whole)
{
    der_reader r = der_reader_over(whole);
    bool flag;
    int64_t time;
    buffer b = fresh();
    if (der_boolean(&r, &flag) == ERR_OK) {
        der_put_boolean(&b, flag);
        check_same(&b, whole);
    }
    r = der_reader_over(whole);
    b = fresh();
    if (der_null(&r) == ERR_OK) {
        der_put_null(&b);
        check_same(&b, whole);
    }
    r = der_reader_over(whole);
    b = fresh();
    if (der_time(&r, &time) == ERR_OK) {
        CHECK(der_put_time(&b, time) == ERR_OK);
        check_time(&b, whole, time);
    }
}

static void check_oid(bytes whole)
{
    der_reader r = der_reader_over(whole);
    bytes content;
    if (der_oid(&r, &content) != ERR_OK)
        return;
    oid known = oid_from_octets(content);
    CHECK(known == OID_UNKNOWN || bytes_equal(oid_octets(known), content));
    buffer text = buffer_over(text_room, sizeof text_room), back = fresh();
    if (oid_to_text(&text, content) == ERR_OK && oid_from_text(&back, bytes_of(text.p, text.n)) == ERR_OK)
        CHECK(bytes_equal(bytes_of(back.p, back.n), content));
    else
        CHECK(known == OID_UNKNOWN);
}

static void check_text(uint8_t tag, bytes content)
{
    CHECK(tag != DER_UTF8_STRING || der_string_valid(tag, content) == utf8_valid((const char *)content.p, content.n));
    if (tag == DER_PRINTABLE_STRING || tag == DER_IA5_STRING || tag == DER_VISIBLE_STRING || tag == DER_NUMERIC_STRING)
        for (size_t i = 0; der_string_valid(tag, content) && i < content.n; i++)
            CHECK(content.p[i] > 0 && content.p[i] < 0x80);
}

static void check_level(der_reader *r, unsigned depth);

static void check_value(bytes whole, uint8_t tag, bytes content, unsigned depth)
{
    buffer b = fresh();
    der_put(&b, tag, content);
    check_same(&b, whole);
    CHECK(der_is_one_value(whole, tag));
    b = fresh();
    size_t opened = der_open(&b, tag);
    buffer_put(&b, content.p, content.n);
    der_close(&b, opened);
    check_same(&b, whole);
    check_numbers(whole);
    check_bits(whole);
    check_small(whole);
    check_oid(whole);
    check_text(tag, content);
    der_reader outer = der_reader_over(whole), inner;
    if (der_enter(&outer, &inner, tag) == ERR_OK)
        check_level(&inner, depth + 1);
}

static void check_level(der_reader *r, unsigned depth)
{
    uint8_t tag;
    bytes content, whole;
    CHECK(r->p <= r->end);
    while (depth < 4 * DER_DEPTH_MAX && der_any(r, &tag, &content, &whole) == ERR_OK)
        check_value(whole, tag, content, depth);
}

static void check_signature(bytes in)
{
    uint8_t rs[ECSIG_SIZE], der[ECSIG_DER_MAX], r[32], s[32];
    size_t n;
    if (ecsig_from_der(rs, in) != ERR_OK)
        return;
    CHECK(ecsig_to_der(der, &n, rs) == ERR_OK && bytes_equal(bytes_of(der, n), in));
    const uint8_t *at = in.p;
    ECDSA_SIG *peer = d2i_ECDSA_SIG(NULL, &at, (long)in.n);
    CHECK(peer && at == in.p + in.n);
    CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(peer), r, 32) == 32 && BN_bn2binpad(ECDSA_SIG_get0_s(peer), s, 32) == 32);
    CHECK(memcmp(rs, r, 32) == 0 && memcmp(rs + 32, s, 32) == 0);
    ECDSA_SIG_free(peer);
}

static void check_key(bytes in)
{
    der_reader r = der_reader_over(in);
    spki key;
    if (spki_read(&r, &key) != ERR_OK)
        return;
    buffer b = fresh();
    if (key.is_sm2) {
        spki_put(&b, key.key.p);
        check_same(&b, key.der);
    }
}

static void check_name(bytes in)
{
    buffer text = buffer_over(text_room, sizeof text_room);
    if (name_check(in) != ERR_OK || name_text(&text, in) != ERR_OK)
        return;
    /* Safe in a log. */
    CHECK(utf8_valid((const char *)text.p, text.n));
    for (size_t i = 0; i < text.n; i++)
        CHECK(text.p[i] >= 0x20 && text.p[i] != 0x7f);
    for (oid type = OID_UNKNOWN + 1; type < OID_COUNT; type++) {
        buffer value = fresh();
        if (name_value(&value, in, type) == ERR_OK)
            CHECK(utf8_valid((const char *)value.p, value.n));
    }
}

static void check_request_info(bytes in)
{
    bytes subject;
    uint8_t key[SPKI_KEY_SIZE];
    if (csr_info_read(in, &subject, key) != ERR_OK)
        return;
    buffer b = fresh();
    CHECK(csr_info_build(&b, subject, key) == ERR_OK);
    if (b.n == in.n) /* else it has attributes, which are passed over */
        check_same(&b, in);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    bytes in = bytes_of(p, n);
    if (n > ROOM / 2)
        return 0;
    der_reader r = der_reader_over(in);
    check_level(&r, 0);
    check_signature(in);
    check_key(in);
    check_name(in);
    check_request_info(in);
    buffer text = buffer_over(text_room, sizeof text_room), octets = fresh();
    if (oid_from_text(&octets, in) == ERR_OK) {
        CHECK(oid_to_text(&text, bytes_of(octets.p, octets.n)) == ERR_OK);
        CHECK(bytes_equal(bytes_of(text.p, text.n), in));
    }
    return 0;
}
