#include "crypto/entropy_health.h"

#include "os/entropy.h"
#include "peer.h"

/* A source of bytes that the test lays down. */
static uint8_t laid[ENTROPY_HEALTH_BYTES];

static err laid_fill(void *ctx, uint8_t *out, size_t n)
{
    (void)ctx;
    assert_int_equal(n, sizeof laid);
    memcpy(out, laid, n);
    return ERR_OK;
}

static const entropy laid_source = {laid_fill, NULL};

/* 0, 1, 2, ... : nothing repeats, and in a window each byte comes twice. */
static void lay_count(void)
{
    for (size_t i = 0; i < sizeof laid; i++)
        laid[i] = (uint8_t)i;
}

static void the_system_passes(void **state)
{
    (void)state;
    const entropy system_source = {os_entropy_fill, NULL};
    for (int i = 0; i < 200; i++)
        assert_int_equal(entropy_health_check(&system_source), ERR_OK);
}

static void a_source_that_fails_or_is_stuck(void **state)
{
    (void)state;
    uint8_t value = 0;
    const entropy stuck = {stuck_entropy_fill, &value};
    assert_int_equal(entropy_health_check(&broken_entropy), ERR_ENTROPY);
    do
        assert_int_equal(entropy_health_check(&stuck), ERR_ENTROPY);
    while (++value != 0);
}

/* Wherever they stand, the sixth equal byte in a row is one too many. */
static void repetitions(void **state)
{
    (void)state;
    for (size_t at = 0; at + ENTROPY_HEALTH_REPEATS <= sizeof laid; at++) {
        lay_count();
        for (size_t i = 1; i < ENTROPY_HEALTH_REPEATS - 1; i++)
            laid[at + i] = laid[at];
        assert_int_equal(entropy_health_check(&laid_source), ERR_OK);
        laid[at + ENTROPY_HEALTH_REPEATS - 1] = laid[at];
        assert_int_equal(entropy_health_check(&laid_source), ERR_ENTROPY);
    }
}

/* The first byte of a window 18 times passes, 19 times does not; of another byte nothing is said. */
static void proportion(void **state)
{
    (void)state;
    for (size_t window = 0; window < sizeof laid; window += ENTROPY_HEALTH_WINDOW) {
        lay_count();
        for (size_t i = 2; i <= 16; i++)
            laid[window + 10 * i] = laid[window];
        laid[window + 258] = laid[window];
        assert_int_equal(entropy_health_check(&laid_source), ERR_OK);
        laid[window + ENTROPY_HEALTH_WINDOW - 1] = laid[window];
        assert_int_equal(entropy_health_check(&laid_source), ERR_ENTROPY);
        lay_count();
        for (size_t i = 1; i <= 40; i++)
            laid[window + 10 * i] = 77;
        assert_int_equal(entropy_health_check(&laid_source), ERR_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_system_passes),
        cmocka_unit_test(a_source_that_fails_or_is_stuck),
        cmocka_unit_test(repetitions),
        cmocka_unit_test(proportion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
