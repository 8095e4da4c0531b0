#include "asn1/message_form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void what_could_be_another_forms_message(void **state)
{
    (void)state;
    static const uint8_t long_value[4 + 300] = {0x30, 0x82, 0x01, 0x2c};
    const struct {
        bytes document;
        bool ambiguous;
    } cases[] = {{bytes_of("0123456789abcdef0123456789abcdef", 32), true},
                 {bytes_of("0123456789abcdef0123456789abcde", 31), false},
                 {bytes_of("0123456789abcdef0123456789abcdef0", 33), false},
                 {bytes_of("\x30\x00", 2), true},
                 {bytes_of("\x31\x03\x02\x01\x05", 5), true},
                 {bytes_of("\x30\x03\x02\x01\x05", 5), true},
                 {bytes_of(long_value, sizeof long_value), true},
                 {bytes_of(long_value, sizeof long_value - 1), false}, /* one byte is missing */
                 {bytes_of("\x31\x03\x02\x01\x05\x00", 6), false},     /* one too many */
                 {bytes_of("\x04\x03\x02\x01\x05", 5), false},         /* an OCTET STRING */
                 {bytes_of("0", 1), false},
                 {bytes_of("", 0), false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (message_form_ambiguous(cases[i].document) != cases[i].ambiguous)
            fail_msg("case %zu", i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_could_be_another_forms_message)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
