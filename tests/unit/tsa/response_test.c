#include "tsa/response.h"

#include <openssl/ts.h>
#include <stdlib.h>

#include "unit/pki/authority.h"

#define TOKEN OCTETS("\x30\x03\x02\x01\x05")

static err read_of(bytes der, tsa_response *out)
{
    return tsa_response_read(out, der);
}

static void test_a_grant(void **state)
{
    (void)state;
    uint8_t room[64];
    buffer b = buffer_over(room, sizeof room);
    tsa_response r;
    assert_int_equal(tsa_response_granted(&b, TOKEN), ERR_OK);
    assert_true(bytes_equal(bytes_of(b.p, b.n), OCTETS("\x30\x0a\x30\x03\x02\x01\x00\x30\x03\x02\x01\x05")));
    assert_int_equal(read_of(bytes_of(b.p, b.n), &r), ERR_OK);
    assert_int_equal(r.status, TSA_GRANTED);
    assert_true(bytes_equal(r.token, TOKEN));
    assert_false(r.has_failure);
    b = buffer_over(room, 9);
    assert_int_equal(tsa_response_granted(&b, TOKEN), ERR_LENGTH);
}

/* Each refusal as OpenSSL reads it. */
static void check_with_openssl(bytes der, tsa_failure why, const char *text)
{
    const unsigned char *p = der.p;
    TS_RESP *resp = d2i_TS_RESP(NULL, &p, (long)der.n);
    assert_non_null(resp);
    assert_ptr_equal(p, der.p + der.n);
    TS_STATUS_INFO *status = TS_RESP_get_status_info(resp);
    assert_int_equal(ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(status)), TSA_REJECTION);
    for (int bit = 0; bit < 32; bit++)
        assert_int_equal(ASN1_BIT_STRING_get_bit(TS_STATUS_INFO_get0_failure_info(status), bit), bit == (int)why);
    const STACK_OF(ASN1_UTF8STRING) *lines = TS_STATUS_INFO_get0_text(status);
    if (text) {
        const ASN1_UTF8STRING *line = sk_ASN1_UTF8STRING_value(lines, 0);
        assert_true(
            bytes_equal(bytes_of(ASN1_STRING_get0_data(line), (size_t)ASN1_STRING_length(line)), bytes_of_text(text)));
    } else {
        assert_true(sk_ASN1_UTF8STRING_num(lines) <= 0);
    }
    assert_null(TS_RESP_get_token(resp));
    TS_RESP_free(resp);
}

static void test_each_refusal(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit <= TSA_SYSTEM_FAILURE; bit++) {
        for (unsigned with_text = 0; tsa_failure_name(bit) && with_text < 2; with_text++) {
            uint8_t room[128];
            buffer b = buffer_over(room, sizeof room);
            const char *text = with_text ? "时间不可用 time not available" : NULL;
            tsa_response r;
            assert_int_equal(tsa_response_refused(&b, (tsa_failure)bit, text), ERR_OK);
            assert_int_equal(read_of(bytes_of(b.p, b.n), &r), ERR_OK);
            assert_int_equal(r.status, TSA_REJECTION);
            assert_true(r.has_failure);
            assert_int_equal(r.failure, bit);
            assert_int_equal(r.token.n, 0);
            assert_true(bytes_equal(r.text, text ? bytes_of_text(text) : bytes_of(NULL, 0)));
            check_with_openssl(bytes_of(b.p, b.n), (tsa_failure)bit, text);
        }
    }
    uint8_t room[16];
    buffer b = buffer_over(room, sizeof room);
    assert_int_equal(tsa_response_refused(&b, TSA_BAD_ALG, "\xff"), ERR_UTF8);
    assert_int_equal(tsa_response_refused(&b, TSA_BAD_ALG, "longer than the room"), ERR_LENGTH);
}

static void test_what_is_no_response(void **state)
{
    (void)state;
    tsa_response r;
    const struct {
        bytes der;
        err e;
    } rows[] = {
        {OCTETS(""), ERR_DER},
        {OCTETS("\x30\x00"), ERR_DER},
        {OCTETS("\x30\x05\x30\x03\x02\x01\x00"), ERR_DER},                             /* a grant without a token */
        {OCTETS("\x30\x07\x30\x03\x02\x01\x00\x05\x00"), ERR_DER},                     /* whose token is none */
        {OCTETS("\x30\x0a\x30\x03\x02\x01\x02\x30\x03\x02\x01\x05"), ERR_DER},         /* a refusal with one */
        {OCTETS("\x30\x0c\x30\x03\x02\x01\x00\x30\x03\x02\x01\x05\x05\x00"), ERR_DER}, /* something after it */
        {OCTETS("\x30\x05\x30\x03\x02\x01\x02\x00"), ERR_DER},
        {OCTETS("\x30\x05\x30\x03\x02\x01\x06"), ERR_UNSUPPORTED}, /* no such status */
        {OCTETS("\x30\x05\x30\x03\x02\x01\xff"), ERR_DER},
        {OCTETS("\x30\x07\x30\x05\x02\x01\x02\x30\x00"), ERR_DER},             /* no string */
        {OCTETS("\x30\x0a\x30\x08\x02\x01\x02\x30\x03\x0c\x01\xff"), ERR_DER}, /* not UTF-8 */
        {OCTETS("\x30\x0d\x30\x0b\x02\x01\x02\x30\x06\x0c\x01\x61\x0c\x01\xff"), ERR_DER},
        {OCTETS("\x30\x09\x30\x07\x02\x01\x02\x03\x02\x06\x40"), ERR_UNSUPPORTED},             /* bit 1 */
        {OCTETS("\x30\x0c\x30\x0a\x02\x01\x02\x03\x05\x05\x00\x00\x00\x20"), ERR_UNSUPPORTED}, /* bit 26 */
        {OCTETS("\x30\x0d\x30\x0b\x02\x01\x02\x03\x06\x07\x00\x00\x00\x00\x80"), ERR_UNSUPPORTED},
        {OCTETS("\x30\x09\x30\x07\x02\x01\x02\x03\x02\x06\x80"), ERR_DER}, /* zeros at its end */
        {OCTETS("\x30\x08\x30\x06\x02\x01\x02\x03\x01\x00"), ERR_DER},
        {OCTETS("\x30\x09\x30\x07\x02\x01\x02\x03\x02\x08\x80"), ERR_DER},
        {OCTETS("\x30\x07\x30\x05\x02\x01\x02\x05\x00"), ERR_DER},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(read_of(rows[i].der, &r), rows[i].e);
}

static void test_what_others_answer(void **state)
{
    (void)state;
    tsa_response r;
    /* two strings, two bits */
    assert_int_equal(
        read_of(OCTETS("\x30\x11\x30\x0f\x02\x01\x02\x30\x06\x0c\x01\x61\x0c\x01\x62\x03\x02\x02\x24"), &r), ERR_OK);
    assert_true(bytes_equal(r.text, OCTETS("a")));
    assert_int_equal(r.failure, TSA_BAD_REQUEST);
    /* granted with modifications; waiting, without a word */
    assert_int_equal(read_of(OCTETS("\x30\x0a\x30\x03\x02\x01\x01\x30\x03\x02\x01\x05"), &r), ERR_OK);
    assert_int_equal(r.status, TSA_GRANTED_WITH_MODS);
    assert_int_equal(read_of(OCTETS("\x30\x05\x30\x03\x02\x01\x03"), &r), ERR_OK);
    assert_int_equal(r.status, TSA_WAITING);
    assert_false(r.has_failure);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_grant),
        cmocka_unit_test(test_each_refusal),
        cmocka_unit_test(test_what_is_no_response),
        cmocka_unit_test(test_what_others_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
