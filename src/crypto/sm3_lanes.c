#include "crypto/sm3_lanes.h"

#include <string.h>

#include "base/ct.h"
#include "crypto/backend_table.h"

/* The compiler's own vectors: one register of AVX2, which the back end adx has, else two of SSE2 or NEON. */
typedef uint32_t lanes __attribute__((vector_size(4 * SM3_LANES)));

#define WORD lanes
#include "crypto/sm3_rounds.inc"

static inline __attribute__((always_inline)) void digest(uint8_t out[SM3_LANES][SM3_SIZE],
                                                         const uint8_t blocks[SM3_LANES][SM3_BLOCK])
{
    static const uint32_t iv[8] = {0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600,
                                   0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e};
    lanes state[8], w[16];
    uint32_t words[16][SM3_LANES];
    for (int lane = 0; lane < SM3_LANES; lane++)
        for (int i = 0; i < 16; i++)
            words[i][lane] = load_u32be(blocks[lane] + 4 * i);
    memcpy(w, words, sizeof w);
    for (int i = 0; i < 8; i++)
        state[i] = (lanes){0} + iv[i];
    compress_words(state, w);
    memcpy(words, state, sizeof state);
    for (int lane = 0; lane < SM3_LANES; lane++)
        for (int i = 0; i < 8; i++)
            store_u32be(out[lane] + 4 * i, words[i][lane]);
    wipe(words, sizeof words);
    wipe(state, sizeof state);
    wipe(w, sizeof w);
}

#if defined(__x86_64__)
static __attribute__((target("avx2"))) void digest_avx2(uint8_t out[SM3_LANES][SM3_SIZE],
                                                        const uint8_t blocks[SM3_LANES][SM3_BLOCK])
{
    digest(out, blocks);
}
#endif

void sm3_lanes(uint8_t out[SM3_LANES][SM3_SIZE], const uint8_t blocks[SM3_LANES][SM3_BLOCK])
{
#if defined(__x86_64__)
    if (backend_used() == &backend_adx) {
        digest_avx2(out, blocks);
        return;
    }
#endif
    digest(out, blocks);
}
