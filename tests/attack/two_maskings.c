/* A PIN changed: one d1 masked twice gives both PINs to whoever has both blobs; ours masks another d1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "attack/pins.h"

/* How many pairs of PINs make one d1 of both blobs, and the last of them. */
static size_t meet(size_t found[2], const mpc_device_blob *before, const mpc_device_blob *after)
{
    scalar old_d1[PINS], new_d1[PINS];
    size_t n = 0;
    pins_try(old_d1, before);
    pins_try(new_d1, after);
    for (size_t i = 0; i < PINS; i++)
        for (size_t j = 0; j < PINS; j++)
            if (scalar_equal(&old_d1[i], &new_d1[j])) {
                n++;
                found[0] = i;
                found[1] = j;
            }
    return n;
}

static void a_new_salt_for_the_same_share_gives_both_pins(void **state)
{
    (void)state;
    pair p;
    mpc_device_blob before, after;
    size_t found[2];
    pair_make(&p, 250);
    pins_mask(&before, &p, &p.d1, PINS_RIGHT);
    pins_mask(&after, &p, &p.d1, PINS_OTHER);
    assert_memory_not_equal(before.salt, after.salt, MPC_SALT);
    assert_int_equal(meet(found, &before, &after), 1);
    assert_int_equal(found[0], PINS_RIGHT);
    assert_int_equal(found[1], PINS_OTHER);
}

/* d1' = d1 * t: each pair of PINs has its own t = d1' / d1, and t is in neither blob. */
static void a_refreshed_share_gives_neither(void **state)
{
    (void)state;
    pair p;
    mpc_device_blob before, after;
    mpc_refresh_request request;
    mpc_refresh_confirm confirm;
    scalar new_d1;
    uint8_t u_server[32];
    size_t found[2];
    pair_make(&p, 251);
    memset(&confirm, 0, sizeof confirm);
    memcpy(request.key_id, p.key_id, MPC_ID);
    pair_fresh(&p, request.sid, MPC_ID);
    pair_fresh(&p, request.rid, MPC_ID);
    pair_fresh(&p, request.u_device, 32);
    pair_fresh(&p, u_server, 32);
    pins_mask(&before, &p, &p.d1, PINS_RIGHT);
    assert_int_equal(mpc_device_refresh(&request, &p.d1, p.share.P, &p.rng), ERR_OK);
    assert_int_equal(mpc_device_confirm(&confirm, &new_d1, &p.d1, &request, u_server, p.share.P, &p.rng), ERR_OK);
    pins_mask(&after, &p, &new_d1, PINS_OTHER);
    assert_int_equal(meet(found, &before, &after), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_salt_for_the_same_share_gives_both_pins),
        cmocka_unit_test(a_refreshed_share_gives_neither),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
