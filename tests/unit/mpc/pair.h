/* Two parties in memory: a device and a server with one key between them, and a generator of known bytes. */
#ifndef TESTS_UNIT_MPC_PAIR_H
#define TESTS_UNIT_MPC_PAIR_H

#include <stdlib.h>
#include <string.h>

#include "crypto/sm3.h"
#include "mpc/mpc_step.h"

#define PAIR_PIN "274950"

/* Known bytes: SM3(seed, counter) ...; it fails from draw number `fail_at` on, and repeats itself where `stuck`. */
typedef struct pair_rng {
    uint32_t seed, drawn, fail_at;
    bool stuck;
    const uint8_t *first; /* what the first draw gives, if not NULL: first_n bytes */
    size_t first_n;
} pair_rng;

static inline err pair_fill(void *ctx, uint8_t *out, size_t n)
{
    pair_rng *g = ctx;
    if (g->fail_at != 0 && g->drawn + 1 >= g->fail_at)
        return ERR_ENTROPY;
    g->drawn++;
    if (g->drawn == 1 && g->first != NULL) {
        assert_int_equal(n, g->first_n);
        memcpy(out, g->first, n);
        return ERR_OK;
    }
    uint8_t seed[8];
    store_u32be(seed, g->seed);
    store_u32be(seed + 4, g->stuck ? 0 : g->drawn);
    sm3_kdf(out, n, seed, sizeof seed);
    return ERR_OK;
}

static inline entropy pair_entropy(pair_rng *g)
{
    return (entropy){pair_fill, g};
}

typedef struct pair {
    pair_rng generator;
    entropy rng;
    scalar d1;
    mpc_keygen_request keygen;
    mpc_keygen_answer answer;
    mpc_server_share share;
    uint8_t key_id[MPC_ID];
} pair;

static inline void pair_fresh(pair *p, void *out, size_t n)
{
    assert_int_equal(pair_fill(&p->generator, out, n), ERR_OK);
}

static inline void pair_random(pair *p, scalar *k)
{
    assert_int_equal(scalar_random(k, &p->rng), ERR_OK);
}

static inline void pair_make(pair *p, uint32_t seed)
{
    uint8_t enrolment_id[MPC_ID];
    memset(p, 0, sizeof *p);
    p->generator.seed = seed;
    p->rng = pair_entropy(&p->generator);
    pair_fresh(p, enrolment_id, sizeof enrolment_id);
    pair_fresh(p, p->key_id, sizeof p->key_id);
    assert_int_equal(mpc_device_keygen(&p->d1, &p->keygen, enrolment_id, &p->rng), ERR_OK);
    assert_int_equal(mpc_server_keygen(&p->share, &p->answer, &p->keygen, p->key_id, &p->rng), ERR_OK);
    assert_int_equal(mpc_step_keygen_check(&p->d1, &p->keygen, &p->answer), ERR_OK);
}

/* The whole private key, which exists in tests only: (d1 * d2)^-1 - 1. */
static inline void pair_whole_key(const pair *p, scalar *d)
{
    scalar_mul(d, &p->d1, &p->share.d2);
    scalar_inv(d, d);
    scalar_sub(d, d, &scalar_one);
}

/* One signing session over m digests. */
typedef struct exchange {
    size_t m;
    mpc_sign_request request;
    mpc_device_session *session;
    mpc_server_checked checked;
    point_odd *points;
    mpc_sign_answer *answers;
    uint8_t (*signatures)[64];
} exchange;

static inline void exchange_open(exchange *x, pair *p, size_t m)
{
    memset(x, 0, sizeof *x);
    x->m = m;
    x->request.m = m;
    x->request.items = calloc(m, sizeof *x->request.items);
    x->points = calloc(2 * m, sizeof *x->points);
    x->answers = calloc(m, sizeof *x->answers);
    x->signatures = calloc(m, sizeof *x->signatures);
    assert_true(x->request.items && x->points && x->answers && x->signatures);
    memcpy(x->request.key_id, p->key_id, MPC_ID);
    pair_fresh(p, x->request.sid, MPC_ID);
    for (size_t i = 0; i < m; i++)
        pair_fresh(p, x->request.items[i].e, 32);
}

/* S1, S2 check. */
static inline void exchange_request(exchange *x, pair *p)
{
    assert_int_equal(mpc_device_sign(&x->session, &x->request, &p->d1, p->share.P, &p->rng), ERR_OK);
    assert_int_equal(mpc_server_sign_check(&x->checked, x->points, &p->share, &x->request), ERR_OK);
}

/* S1 and S2. */
static inline void exchange_answer(exchange *x, pair *p)
{
    exchange_request(x, p);
    assert_int_equal(mpc_server_sign_answer(x->answers, &p->share, &x->request, &x->checked, &p->rng), ERR_OK);
}

static inline void exchange_close(exchange *x)
{
    mpc_device_session_destroy(x->session);
    free(x->request.items);
    free(x->points);
    free(x->answers);
    free(x->signatures);
}

/* Encodings that are no point of the curve. */
enum { PAIR_BAD_POINTS = 8 };
static inline void pair_spoil_point(uint8_t out[POINT_SIZE], const uint8_t good[POINT_SIZE], size_t variant)
{
    static const uint8_t p[32] = {0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0,    0,
                                  0,    0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    memcpy(out, good, POINT_SIZE);
    switch (variant) {
    case 0:
        out[0] = 0x00;
        break;
    case 1:
        out[0] = 0x02;
        break;
    case 2:
        out[0] = 0x06;
        break;
    case 3:
        memset(out, 0, POINT_SIZE);
        break;
    case 4:
        memset(out + 1, 0, POINT_SIZE - 1);
        break;
    case 5:
        out[64] ^= 1;
        break;
    case 6:
        memcpy(out + 1, p, 32);
        break;
    default:
        memcpy(out + 33, p, 32);
    }
}

/* Encodings that are not in [1, n-1]. */
enum { PAIR_BAD_SCALARS = 4 };
static inline void pair_spoil_scalar(uint8_t out[32], size_t variant)
{
    static const uint8_t n[32] = {0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                  0xff, 0xff, 0xff, 0xff, 0xff, 0x72, 0x03, 0xdf, 0x6b, 0x21, 0xc6,
                                  0x05, 0x2b, 0x53, 0xbb, 0xf4, 0x09, 0x39, 0xd5, 0x41, 0x23};
    memcpy(out, n, 32);
    if (variant == 0)
        memset(out, 0, 32);
    else if (variant == 2)
        out[31]++;
    else if (variant == 3)
        memset(out, 0xff, 32);
}

static inline bool pair_is_zero(const void *p, size_t n)
{
    const uint8_t *b = p;
    for (size_t i = 0; i < n; i++)
        if (b[i] != 0)
            return false;
    return true;
}

#endif
