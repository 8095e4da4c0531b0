#include "fake.h"

#include "own_certificate.h"

typedef struct sample {
    uint8_t subject[128], P[65], der[FAKE_CERTIFICATE];
    size_t subject_n, n;
} sample;

static void make(sample *s)
{
    const name_field fields[] = {{OID_COMMON_NAME, "王建国"}, {OID_SERIAL_NUMBER, "D1001"}};
    buffer b = buffer_over(s->subject, sizeof s->subject);
    assert_int_equal(name_build(&b, fields, 2), ERR_OK);
    s->subject_n = b.n;
    assert_int_equal(point_to_bytes(s->P, &point_generator), ERR_OK);
    s->n = fake_certificate(s->der, bytes_of(s->subject, s->subject_n), s->P);
}

static err check(const sample *s, size_t n)
{
    char serial[2 * OWN_CERTIFICATE_SERIAL + 1];
    err e = own_certificate_check(serial, bytes_of(s->der, n), s->P, bytes_of(s->subject, s->subject_n));
    if (e == ERR_OK)
        assert_string_equal(serial, "0a1b2c");
    return e;
}

static void knows_its_own(void **state)
{
    (void)state;
    sample s;
    make(&s);
    assert_int_equal(check(&s, s.n), ERR_OK);
    s.P[40] ^= 1;
    assert_int_equal(check(&s, s.n), ERR_ANSWER);
    s.P[40] ^= 1;
    s.subject[s.subject_n - 1] ^= 1;
    assert_int_equal(check(&s, s.n), ERR_ANSWER);
    s.subject[s.subject_n - 1] ^= 1;
    s.subject_n--;
    assert_int_equal(check(&s, s.n), ERR_ANSWER);
}

static void refuses_what_is_no_certificate(void **state)
{
    (void)state;
    sample s;
    make(&s);
    for (size_t n = 0; n < s.n; n++)
        assert_int_equal(check(&s, n), ERR_DER);
    s.der[s.n] = 0;
    assert_int_equal(check(&s, s.n + 1), ERR_DER);
    assert_true(own_certificate_is_sequence(bytes_of(s.der, s.n)));
    assert_false(own_certificate_is_sequence(bytes_of(s.der, s.n - 1)));
    assert_false(own_certificate_is_sequence(bytes_of(NULL, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_its_own),
        cmocka_unit_test(refuses_what_is_no_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
