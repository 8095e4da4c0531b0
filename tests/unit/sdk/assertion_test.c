#include "assertion.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static const assertion_claim claim = {"电子病历", "登录 \"A\\B\"", "0190a3f0-0000-7000-8000-000000000001", "D1001",
                                      "0a1b2c"};

#define HEAD                                                                                                           \
    "{\"type\":\"yiqian/login/1\",\"system\":\"电子病历\",\"system_id\":\"0190a3f0-0000-7000-8000-0000000000aa\","
#define LOGIN "\"login\":\"0190a3f0-0000-7000-8000-000000000001\","
#define NONCE "\"nonce\":\"n-0123456789\","
#define PURPOSE "\"purpose\":\"登录 \\\"A\\\\B\\\"\","
#define PERSON "\"staff_no\":\"D1001\",\"name\":\"王建国\","
#define TAIL "\"certificate\":\"0a1b2c\",\"time\":\"2026-03-01T08:00:00.000Z\"}"
#define WHOLE HEAD LOGIN NONCE PURPOSE PERSON TAIL

static bool claims(const char *text)
{
    return assertion_claims(bytes_of_text(text), &claim);
}

static void what_the_server_writes_is_taken(void **state)
{
    (void)state;
    assert_true(claims(WHOLE));
    assert_true(claims(HEAD LOGIN "\"nonce\":\"\"," PURPOSE PERSON TAIL));
    assert_true(claims(HEAD LOGIN "\"nonce\":\"\\\"\\\\\"," PURPOSE PERSON TAIL));
    /* renamed since the enrolment: the staff number is who it is */
    assert_true(claims(HEAD LOGIN NONCE PURPOSE "\"staff_no\":\"D1001\",\"name\":\"王建邦\"," TAIL));
}

static void another_claim_is_not(void **state)
{
    (void)state;
    assertion_claim other = claim;
    other.system = "电子病历2";
    assert_false(assertion_claims(bytes_of_text(WHOLE), &other));
    other = claim;
    other.purpose = "";
    assert_false(assertion_claims(bytes_of_text(WHOLE), &other));
    other = claim;
    other.login = "0190a3f0-0000-7000-8000-000000000002";
    assert_false(assertion_claims(bytes_of_text(WHOLE), &other));
    other = claim;
    other.staff_no = "D100";
    assert_false(assertion_claims(bytes_of_text(WHOLE), &other));
    other = claim;
    other.certificate = "0a1b2d";
    assert_false(assertion_claims(bytes_of_text(WHOLE), &other));
}

static void another_form_is_not(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "{",
        " " WHOLE,
        WHOLE " ",
        WHOLE "\n",
        WHOLE WHOLE,
        /* members: one too few, too many, twice, in another order, with white space */
        HEAD LOGIN NONCE PURPOSE PERSON "\"certificate\":\"0a1b2c\"}",
        HEAD LOGIN NONCE PURPOSE PERSON "\"role\":\"admin\"," TAIL,
        HEAD LOGIN NONCE NONCE PURPOSE PERSON TAIL,
        HEAD NONCE LOGIN PURPOSE PERSON TAIL,
        HEAD LOGIN NONCE PURPOSE "\"staff_no\": \"D1001\",\"name\":\"王建国\"," TAIL,
        /* a text that ends early and goes on as members of its own */
        HEAD LOGIN "\"nonce\":\"n\",\"staff_no\":\"N2002\"," PURPOSE PERSON TAIL,
        HEAD LOGIN NONCE PURPOSE "\"staff_no\":\"D1001\",\"name\":\"x\",\"staff_no\":\"N2002\"," TAIL,
        /* escapes that JSON has and this form has not; one at the end; a quote that is none */
        HEAD LOGIN "\"nonce\":\"\\u0041\"," PURPOSE PERSON TAIL,
        HEAD LOGIN "\"nonce\":\"\\n\"," PURPOSE PERSON TAIL,
        HEAD LOGIN "\"nonce\":\"\\",
        HEAD LOGIN "\"nonce\":\"abc",
        HEAD LOGIN NONCE "\"purpose\":\"登录 \\u0022A\\\\B\\\"\"," PERSON TAIL,
        /* no control characters, no bytes that are not UTF-8 */
        HEAD LOGIN "\"nonce\":\"a\nb\"," PURPOSE PERSON TAIL,
        HEAD LOGIN "\"nonce\":\"a\x7f\"," PURPOSE PERSON TAIL,
        HEAD LOGIN "\"nonce\":\"\xff\"," PURPOSE PERSON TAIL,
        /* types, ids and times */
        HEAD LOGIN "\"nonce\":1," PURPOSE PERSON TAIL,
        HEAD LOGIN NONCE PURPOSE PERSON "\"certificate\":\"0a1b2c\",\"time\":\"2026-03-01T08:00:00Z\"}",
        HEAD LOGIN NONCE PURPOSE PERSON "\"certificate\":\"0a1b2c\",\"time\":\"2026-03-01T08:00:00.000+\"}",
        HEAD LOGIN NONCE PURPOSE PERSON "\"certificate\":\"0a1b2c\",\"time\":\"2026-03-01T08:00:00.000Z\",}",
        "{\"type\":\"yiqian/login/"
        "2\",\"system\":\"电子病历\",\"system_id\":\"0190a3f0-0000-7000-8000-0000000000aa\"," LOGIN NONCE PURPOSE PERSON
            TAIL,
        "{\"type\":\"yiqian/login/"
        "1\",\"system\":\"电子病历\",\"system_id\":\"0190A3F0-0000-7000-8000-0000000000aa\"," LOGIN NONCE PURPOSE PERSON
            TAIL,
        "{\"type\":\"yiqian/login/1\",\"system\":\"电子病历\",\"system_id\":\"\"," LOGIN NONCE PURPOSE PERSON TAIL,
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(claims(wrong[i]));
    char whole[] = WHOLE;
    for (size_t n = 0; n < sizeof whole - 1; n++)
        assert_false(assertion_claims(bytes_of(whole, n), &claim));
    whole[sizeof whole - 3] = 0;
    assert_false(assertion_claims(bytes_of(whole, sizeof whole - 1), &claim));
}

static void a_longer_one_is_not(void **state)
{
    (void)state;
    static const char head[] = HEAD LOGIN "\"nonce\":\"", tail[] = "\"," PURPOSE PERSON TAIL;
    const size_t fixed = sizeof head - 1 + sizeof tail - 1;
    char *text = malloc(ASSERTION_MAX + 1);
    assert_non_null(text);
    for (size_t n = ASSERTION_MAX; n <= ASSERTION_MAX + 1; n++) {
        memcpy(text, head, sizeof head - 1);
        memset(text + sizeof head - 1, 'n', n - fixed);
        memcpy(text + n - (sizeof tail - 1), tail, sizeof tail - 1);
        assert_int_equal(assertion_claims(bytes_of(text, n), &claim), n == ASSERTION_MAX);
    }
    free(text);
}

static void what_is_reserved(void **state)
{
    (void)state;
    assert_true(assertion_reserved(bytes_of_text(WHOLE)));
    assert_true(assertion_reserved(bytes_of_text("{\"type\":\"yiqian/")));
    assert_false(assertion_reserved(bytes_of_text("{\"type\":\"yiqian")));
    assert_false(assertion_reserved(bytes_of_text(" {\"type\":\"yiqian/login/1\"")));
    assert_false(assertion_reserved(bytes_of(NULL, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_server_writes_is_taken),
        cmocka_unit_test(another_claim_is_not),
        cmocka_unit_test(another_form_is_not),
        cmocka_unit_test(a_longer_one_is_not),
        cmocka_unit_test(what_is_reserved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
