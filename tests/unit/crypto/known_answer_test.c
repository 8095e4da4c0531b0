#include "crypto/known_answer.h"

#include "kat.h"

static void all_hold(void **state)
{
    (void)state;
    assert_int_equal(known_answer_crypto_n, 9);
    for (size_t i = 0; i < known_answer_crypto_n; i++)
        if (!known_answer_holds(&known_answer_crypto[i]))
            fail_msg("%s does not hold", known_answer_crypto[i].name);
}

/* A changed digit at the ends and between, an answer cut, made longer, empty, or no hex. */
static void each_finds_an_answer_that_was_changed(void **state)
{
    (void)state;
    for (size_t i = 0; i < known_answer_crypto_n; i++) {
        known_answer row = known_answer_crypto[i];
        char answer[2 * KNOWN_ANSWER_MAX + 8];
        size_t n = strlen(row.answer);
        for (size_t at = 0; at < n; at += at + 7 < n ? 7 : 1) {
            strcpy(answer, row.answer);
            answer[at] = answer[at] == '7' ? '8' : '7';
            row.answer = answer;
            if (known_answer_holds(&row))
                fail_msg("%s holds with digit %zu changed", row.name, at);
            row.answer = known_answer_crypto[i].answer;
        }
        strcpy(answer, row.answer);
        row.answer = answer;
        strcat(answer, "00");
        assert_false(known_answer_holds(&row));
        answer[n - 2] = '\0';
        assert_false(known_answer_holds(&row));
        answer[n - 3] = '\0';
        assert_false(known_answer_holds(&row));
        answer[0] = 'g';
        assert_false(known_answer_holds(&row));
        answer[0] = '\0';
        assert_false(known_answer_holds(&row));
    }
}

static void names_are_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < known_answer_crypto_n; i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(known_answer_crypto[i].name, known_answer_crypto[j].name);
}

/* Those that the standards give are the same in tests/kat. */
static void the_standards_answers_are_those_of_the_file(void **state)
{
    (void)state;
    json_t *kat = kat_load(), *sign = json_object_get(kat, "sign"), *encrypt = json_object_get(kat, "encrypt");
    char text[2 * KNOWN_ANSWER_MAX + 1];
    for (size_t i = 0; i < known_answer_crypto_n; i++) {
        const known_answer *row = &known_answer_crypto[i];
        if (strcmp(row->name, "sm3") == 0)
            assert_string_equal(row->answer, kat_text(json_array_get(json_object_get(kat, "sm3"), 1), "h"));
        snprintf(text, sizeof text, "%s%s", kat_text(sign, "r"), kat_text(sign, "s"));
        if (strcmp(row->name, "sm2_sign") == 0)
            assert_string_equal(row->answer, text);
        snprintf(text, sizeof text, "%s%s%s", kat_text(encrypt, "C1"), kat_text(encrypt, "C3"),
                 kat_text(encrypt, "C2"));
        if (strcmp(row->name, "sm2_decrypt") == 0)
            assert_string_equal(row->answer, text);
    }
    json_decref(kat);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_hold),
        cmocka_unit_test(each_finds_an_answer_that_was_changed),
        cmocka_unit_test(names_are_unique),
        cmocka_unit_test(the_standards_answers_are_those_of_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
