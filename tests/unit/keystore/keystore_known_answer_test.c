#include "keystore/keystore_known_answer.h"

#include "unit/crypto/known_answer_row.h"

static void holds_as_it_stands_only(void **state)
{
    (void)state;
    assert_holds_as_it_stands_only(keystore_known_answer, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_as_it_stands_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
