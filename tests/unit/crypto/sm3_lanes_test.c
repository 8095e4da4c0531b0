#include "crypto/sm3_lanes.h"

#include "backends.h"
#include "peer.h"

/* Messages of every length that fits a block with its padding, a different one in each lane. */
static void each_lane_is_sm3(void **state)
{
    (void)state;
    for (size_t n = 0; n <= SM3_BLOCK - 9; n++) {
        uint8_t blocks[SM3_LANES][SM3_BLOCK] = {{0}}, out[SM3_LANES][SM3_SIZE], expected[SM3_SIZE];
        for (size_t lane = 0; lane < SM3_LANES; lane++) {
            peer_fill(blocks[lane], n);
            blocks[lane][n] = 0x80;
            store_u64be(blocks[lane] + SM3_BLOCK - 8, 8 * n);
        }
        sm3_lanes(out, (const uint8_t(*)[SM3_BLOCK])blocks);
        for (size_t lane = 0; lane < SM3_LANES; lane++) {
            sm3(expected, blocks[lane], n);
            assert_memory_equal(out[lane], expected, sizeof expected);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_lane_is_sm3),
    };
    return RUN_ON_EVERY_BACKEND(tests, NULL, NULL);
}
