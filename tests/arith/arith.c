/* arith PART COUNT [SEED]: trials of the arithmetic, every back end against OpenSSL and so against every other. PART is field,
 * scalar or point. The seed is printed; with it a failure is found again. */
#include "arith.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends.h"
#include "base/bytes.h"
#include "os/entropy.h"

const char *backends[BACKENDS];
size_t backend_count;
modulus field, order;
BN_CTX *ctx;
static uint64_t state, seed;

void need(bool done, const char *what)
{
    if (done)
        return;
    fprintf(stderr, "arith: %s failed\n", what);
    exit(1);
}

void use_backend(size_t i)
{
    NEED(backend_force(backends[i]) == ERR_OK);
}

/* ---- numbers ---- */

uint64_t draw(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

void draw_bytes(uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)draw();
}

static void add_small(uint64_t v[4], uint64_t small)
{
    for (int i = 0; i < 4; i++) {
        v[i] += small;
        small = v[i] < small;
    }
}

static void subtract_small(uint64_t v[4], uint64_t small)
{
    for (int i = 0; i < 4; i++) {
        uint64_t before = v[i];
        v[i] -= small;
        small = v[i] > before;
    }
}

static void nudge(uint64_t v[4])
{
    uint64_t small = draw_below(2) ? draw_below(5) : draw() >> draw_below(64);
    if (draw_below(2))
        add_small(v, small);
    else
        subtract_small(v, small);
}

static uint64_t edge_limb(const modulus *m, int i)
{
    static const uint64_t edges[] = {0,
                                     1,
                                     UINT64_MAX,
                                     UINT64_MAX - 1,
                                     UINT64_C(1) << 63,
                                     UINT64_MAX >> 1,
                                     UINT64_C(1) << 32,
                                     UINT64_C(0xffffffff),
                                     UINT64_MAX << 32};
    uint64_t pick = draw_below(14);
    if (pick < sizeof edges / sizeof *edges)
        return edges[pick];
    return pick == 9 ? m->v[i] : pick == 10 ? m->v[i] + 1 : pick == 11 ? m->v[i] - 1 : draw();
}

void draw_any(uint64_t v[4], const modulus *m)
{
    memset(v, 0, 4 * sizeof *v);
    switch (draw_below(8)) {
    case 0: /* m, m / 2 or 2^256, or what lies beside them */
        memcpy(v, m->v, 4 * sizeof *v);
        switch (draw_below(3)) {
        case 0:
            for (int i = 0; i < 4; i++)
                v[i] = v[i] >> 1 | (i < 3 ? m->v[i + 1] << 63 : 0);
            break;
        case 1:
            memset(v, 0, 4 * sizeof *v);
        }
        nudge(v);
        break;
    case 1: { /* a power of two */
        uint64_t at = draw_below(2) ? 32 * draw_below(8) : draw_below(256);
        v[at / 64] = UINT64_C(1) << at % 64;
        nudge(v);
        break;
    }
    case 2: /* a few bits, or all but a few */
        for (uint64_t i = draw_below(4); i-- > 0;) {
            uint64_t at = draw_below(256);
            v[at / 64] ^= UINT64_C(1) << at % 64;
        }
        if (draw_below(2))
            for (int i = 0; i < 4; i++)
                v[i] = ~v[i];
        break;
    case 3: /* a run of ones */
        for (uint64_t at = draw_below(256), end = at + draw_below(257 - at); at < end; at++)
            v[at / 64] |= UINT64_C(1) << at % 64;
        break;
    case 4:
    case 5:
        for (int i = 0; i < 4; i++)
            v[i] = edge_limb(m, i);
        break;
    default:
        for (int i = 0; i < 4; i++)
            v[i] = draw();
    }
}

static bool below(const uint64_t a[4], const uint64_t b[4])
{
    for (int i = 3; i > 0; i--)
        if (a[i] != b[i])
            return a[i] < b[i];
    return a[0] < b[0];
}

void draw_number(uint64_t v[4], const modulus *m)
{
    do
        draw_any(v, m);
    while (!below(v, m->v));
}

void bytes_of_limbs(uint8_t out[32], const uint64_t v[4])
{
    for (int i = 0; i < 4; i++)
        store_u64be(out + 24 - 8 * i, v[i]);
}

void bn_of_limbs(BIGNUM *r, const uint64_t v[4])
{
    uint8_t encoded[32];
    bytes_of_limbs(encoded, v);
    NEED(BN_bin2bn(encoded, sizeof encoded, r) != NULL);
}

void limbs_of_bn(uint64_t v[4], const BIGNUM *r)
{
    uint8_t encoded[32];
    NEED(BN_bn2binpad(r, encoded, sizeof encoded) == sizeof encoded);
    for (int i = 0; i < 4; i++)
        v[i] = load_u64be(encoded + 24 - 8 * i);
}

/* ---- results ---- */

static void print_bytes(const char *name, const uint8_t *p, size_t n)
{
    fprintf(stderr, "  %-8s ", name);
    for (size_t i = 0; i < n; i++)
        fprintf(stderr, "%02x", p[i]);
    fprintf(stderr, "\n");
}

static void print_limbs(const char *name, const uint64_t v[4])
{
    uint8_t encoded[32];
    bytes_of_limbs(encoded, v);
    print_bytes(name, encoded, sizeof encoded);
}

static void print_trial(const trial *t, const char *what)
{
    fprintf(stderr, "%s, back end %s: %s (seed %" PRIu64 ")\n", t->operation, backend_current(), what, seed);
    print_limbs("a", t->a);
    print_limbs("b", t->b);
}

void check_limbs(const trial *t, const uint64_t ours[4], const BIGNUM *theirs)
{
    uint64_t expected[4];
    limbs_of_bn(expected, theirs);
    if (memcmp(ours, expected, sizeof expected) == 0)
        return;
    print_trial(t, "not what OpenSSL has");
    print_limbs("ours", ours);
    print_limbs("OpenSSL", expected);
    exit(1);
}

void check_same(const trial *t, const void *first, const void *other, size_t n)
{
    if (memcmp(first, other, n) == 0)
        return;
    print_trial(t, "not what OpenSSL or another back end has");
    print_bytes("expected", first, n);
    print_bytes("ours", other, n);
    exit(1);
}

void check_true(const trial *t, bool holds)
{
    if (holds)
        return;
    print_trial(t, "is false");
    exit(1);
}

/* ---- the program ---- */

static void modulus_init(modulus *m, const char *hex)
{
    BIGNUM *top = BN_new();
    NEED(BN_hex2bn(&m->bn, hex) == 64);
    limbs_of_bn(m->v, m->bn);
    NEED(BN_set_bit(top, 256));
    m->r = BN_new();
    NEED(BN_nnmod(m->r, top, m->bn, ctx));
    m->r_inverse = BN_mod_inverse(NULL, m->r, m->bn, ctx);
    NEED(m->r_inverse != NULL);
    BN_free(top);
}

static void modulus_free(modulus *m)
{
    BN_free(m->bn);
    BN_free(m->r);
    BN_free(m->r_inverse);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(uint64_t count);
    } parts[] = {{"field", field_trials}, {"scalar", scalar_trials}, {"point", point_trials}};
    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: arith field|scalar|point COUNT [SEED]\n");
        return 2;
    }
    if (argc == 4)
        seed = strtoull(argv[3], NULL, 10);
    else
        NEED(os_entropy_fill(NULL, (uint8_t *)&seed, sizeof seed) == ERR_OK);
    state = seed;
    for (size_t i = 0; i < BACKENDS && backend_name(i) != NULL; i++) {
        if (backend_runs_here(backend_name(i)))
            backends[backend_count++] = backend_name(i);
        else
            printf("this processor has no %s\n", backend_name(i));
    }
    ctx = BN_CTX_new();
    NEED(ctx != NULL);
    modulus_init(&field, "fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff");
    modulus_init(&order, "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (strcmp(argv[1], parts[i].name) != 0)
            continue;
        uint64_t count = strtoull(argv[2], NULL, 10);
        printf("%s, %" PRIu64 " trials, seed %" PRIu64 ", back ends", argv[1], count, seed);
        for (size_t j = 0; j < backend_count; j++)
            printf(" %s", backends[j]);
        printf("\n");
        fflush(stdout);
        parts[i].run(count);
        modulus_free(&field);
        modulus_free(&order);
        BN_CTX_free(ctx);
        return 0;
    }
    fprintf(stderr, "arith: no part %s\n", argv[1]);
    return 2;
}
