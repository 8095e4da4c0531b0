#include "service/like.h"

#include "fixture.h"

static void nothing_stands_for_anything_else(void **state)
{
    fixture *f = *state;
    assert_string_equal(like_contains(f->arena, "心内Ab", strlen("心内Ab")), "%心内ab%");
    assert_string_equal(like_contains(f->arena, "5%_!\\", 5), "%5!%!_!!\\%");
    assert_string_equal(like_contains(f->arena, "", 0), "%%");
    assert_string_equal(like_contains(f->arena, "two words", 3), "%two%");
}

static void a_text_is_found_in_itself_alone(void **state)
{
    static const char *const texts[] = {"a%b", "a_b", "a!b", "a\\b", "axb", "A%B"};
    fixture *f = *state;
    for (size_t i = 0; i < 6; i++)
        for (size_t j = 0; j < 6; j++) {
            const store_value *row;
            const char *pattern = like_contains(f->arena, texts[i], strlen(texts[i]));
            assert_int_equal(store_query_one(f->store, f->arena, &row, ERR_INTERNAL,
                                             "SELECT CASE WHEN lower($1) LIKE $2 ESCAPE '!' THEN 1 ELSE 0 END",
                                             (store_value[]){store_text(texts[j]), store_text(pattern)}, 2),
                             ERR_OK);
            assert_int_equal(row[0].i, i % 5 == j % 5); /* the first and the last are the same but for their case */
        }
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(nothing_stands_for_anything_else),
        WITH_FIXTURE(a_text_is_found_in_itself_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
