#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "service/audit_name.h"

static void in_order_and_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < audit_names_n; i++) {
        const audit_name *one = &audit_names[i];
        if (i > 0 && strcmp(audit_names[i - 1].event, one->event) >= 0)
            fail_msg("%s stands behind %s", one->event, audit_names[i - 1].event);
        assert_ptr_equal(audit_name_of(one->event), one);
        assert_true(*one->zh && *one->en);
    }
    assert_null(audit_name_of("task"));
    assert_null(audit_name_of(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(in_order_and_found)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
