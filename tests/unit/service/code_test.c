#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "os/entropy.h"
#include "service/code.h"

static const entropy rng = {os_entropy_fill, NULL};

static err refuse(void *ctx, uint8_t *out, size_t n)
{
    (void)ctx;
    (void)out;
    (void)n;
    return ERR_ENTROPY;
}

static err count_up(void *ctx, uint8_t *out, size_t n)
{
    (void)ctx;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(224 + i); /* 224 is a multiple of 32 */
    return ERR_OK;
}

static void codes_take_five_bits_a_character(void **state)
{
    (void)state;
    char code[33];
    assert_int_equal(code_random(code, 32, &(entropy){count_up, NULL}), ERR_OK);
    assert_string_equal(code, "0123456789ABCDEFGHJKMNPQRSTVWXYZ");
}

static void codes_differ(void **state)
{
    (void)state;
    char a[13], b[13];
    assert_int_equal(code_random(a, 12, &rng), ERR_OK);
    assert_int_equal(code_random(b, 12, &rng), ERR_OK);
    assert_int_equal(strlen(a), 12);
    assert_string_not_equal(a, b);
}

static void failures_are_told(void **state)
{
    (void)state;
    char code[33];
    assert_int_equal(code_random(code, 12, &(entropy){refuse, NULL}), ERR_ENTROPY);
    assert_int_equal(code_random(code, 33, &rng), ERR_LENGTH);
    assert_int_equal(code_random_id(code, "ak_", &(entropy){refuse, NULL}), ERR_ENTROPY);
}

static void ids_are_lower_case_behind_their_prefix(void **state)
{
    (void)state;
    char id[CODE_ID_TEXT];
    assert_int_equal(code_random_id(id, "ak_", &rng), ERR_OK);
    assert_int_equal(strlen(id), 23);
    assert_memory_equal(id, "ak_", 3);
    assert_int_equal(strspn(id + 3, "0123456789abcdefghjkmnpqrstvwxyz"), 20);
}

static void typing_habits_do_not_matter(void **state)
{
    (void)state;
    char code[13];
    assert_int_equal(code_normalise(code, 12, "7KQF-3M9X-2TWB"), ERR_OK);
    assert_string_equal(code, "7KQF3M9X2TWB");
    assert_int_equal(code_normalise(code, 12, " 7kqf 3m9x2twb-"), ERR_OK);
    assert_string_equal(code, "7KQF3M9X2TWB");
    assert_int_equal(code_normalise(code, 12, "oOiIlL000111"), ERR_OK);
    assert_string_equal(code, "001111000111");
}

static void what_is_no_code_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "7KQF-3M9X-2TW",
                                      "7KQF-3M9X-2TWBB",
                                      "7KQF-3M9X-2TWU",
                                      "7KQF-3M9X-2TW_",
                                      "七KQF-3M9X-2TWB",
                                      "7KQF\t3M9X\t2TWB"};
    char code[13];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(code_normalise(code, 12, bad[i]), ERR_ENCODING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_take_five_bits_a_character),
        cmocka_unit_test(codes_differ),
        cmocka_unit_test(failures_are_told),
        cmocka_unit_test(ids_are_lower_case_behind_their_prefix),
        cmocka_unit_test(typing_habits_do_not_matter),
        cmocka_unit_test(what_is_no_code_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
