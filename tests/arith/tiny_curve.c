/* The point formulas of src/crypto, compiled over a tiny field and tried on everything there is: y^2 = x^3 - 3x + 16 over the
 * field of 307 elements has 331 points, a prime number, so every formula may be used on it as on the real curve. What is
 * expected comes from the affine chord and tangent, and from counting multiples. point_mul_base is not tried: that most of its
 * additions need not be complete holds for the real order only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CRYPTO_BACKEND
#include "crypto/backend_table.h"
#include "crypto/point_table.h"

enum { P = 307, B = 16, ORDER = 331, GX = 0, GY = 4 };

/* What the formulas take from the real field and curve. An element stands for itself, in its lowest limb. */
static const fe tiny_zero = {{0, 0, 0, 0}}, tiny_one = {{1, 0, 0, 0}};
static const point tiny_infinity = {{{1, 0, 0, 0}}, {{1, 0, 0, 0}}, {{0, 0, 0, 0}}};
static const point tiny_generator = {{{GX, 0, 0, 0}}, {{GY, 0, 0, 0}}, {{1, 0, 0, 0}}};
static point_affine tiny_base_table[POINT_BASE_WINDOWS][POINT_BASE_ENTRIES],
    tiny_odd_table[POINT_PARTS][POINT_ODD_ENTRIES];
/* An odd multiple of the order: all a recoding needs. */
static uint64_t tiny_order[4];
#define fe_zero tiny_zero
#define fe_one tiny_one
#define point_infinity tiny_infinity
#define point_generator tiny_generator
#define point_base_table tiny_base_table
#define point_odd_table tiny_odd_table
#define scalar_order tiny_order

static inline void fe_add(fe *r, const fe *a, const fe *b)
{
    *r = (fe){{(a->v[0] + b->v[0]) % P, 0, 0, 0}};
}

static inline void fe_sub(fe *r, const fe *a, const fe *b)
{
    *r = (fe){{(a->v[0] + P - b->v[0]) % P, 0, 0, 0}};
}

static inline void fe_mul(fe *r, const fe *a, const fe *b)
{
    *r = (fe){{a->v[0] * b->v[0] % P, 0, 0, 0}};
}

static inline void fe_sqr(fe *r, const fe *a)
{
    fe_mul(r, a, a);
}

static inline void fe_half(fe *r, const fe *a)
{
    *r = (fe){{a->v[0] % 2 ? (a->v[0] + P) / 2 : a->v[0] / 2, 0, 0, 0}};
}

static void fe_neg(fe *r, const fe *a)
{
    fe_sub(r, &tiny_zero, a);
}

static void fe_inv(fe *r, const fe *a)
{
    fe power = *a, result = tiny_one;
    for (int e = P - 2; e > 0; e /= 2) {
        if (e % 2)
            fe_mul(&result, &result, &power);
        fe_sqr(&power, &power);
    }
    *r = result;
}

static err fe_from_bytes(fe *r, const uint8_t in[32])
{
    *r = (fe){{load_u64be(in + 24), 0, 0, 0}};
    return r->v[0] < P ? ERR_OK : ERR_RANGE;
}

static void fe_to_bytes(uint8_t out[32], const fe *a)
{
    memset(out, 0, 24);
    store_u64be(out + 24, a->v[0]);
}

/* What takes a number into the field's form: here it is in it. */
#define r_squared tiny_one

#include "crypto/scan.h"

#include "crypto/inverse.inc"

#include "crypto/scalar.inc"

#include "crypto/point.inc"

#include "crypto/point_mul.inc"

/* So that all functions count as used, those that are not tried too. */
extern const backend backend_tiny;
const backend backend_tiny = BACKEND_TABLE("tiny");

/* ---- what is expected ---- */

static void need(bool holds, const char *what, int a, int b)
{
    if (holds)
        return;
    fprintf(stderr, "tiny_curve: %s is wrong for %d and %d\n", what, a, b);
    exit(1);
}

/* multiple[i] = i * G by the affine rules; 0 is infinity. index_of[x][y] is i again. */
typedef struct pair {
    int x, y;
} pair;
static pair multiple[ORDER];
static int index_of[P][P];

static int power_of(int a, int e)
{
    int r = 1;
    for (; e > 0; e--)
        r = r * a % P;
    return r;
}

static pair chord_or_tangent(pair a, pair b)
{
    int slope = a.x == b.x ? (3 * a.x * a.x + P - 3) * power_of(2 * a.y % P, P - 2) % P
                           : (b.y + P - a.y) * power_of((b.x + P - a.x) % P, P - 2) % P;
    int x = (slope * slope + 2 * P - a.x - b.x) % P;
    return (pair){x, (slope * (a.x + P - x) + P - a.y) % P};
}

static void count_multiples(void)
{
    memset(index_of, 0, sizeof index_of);
    multiple[1] = (pair){GX, GY};
    for (int i = 1; i < ORDER; i++) {
        if (i > 1)
            multiple[i] = chord_or_tangent(multiple[i - 1], multiple[1]);
        int x = multiple[i].x, y = multiple[i].y;
        need((x * x * x + (P - 3) * x + B - y * y) % P == 0, "the curve's equation", x, y);
        need(index_of[x][y] == 0, "the order", i, index_of[x][y]);
        index_of[x][y] = i;
    }
    /* The next one is infinity: the last is the opposite of the first. */
    need(multiple[ORDER - 1].x == GX && multiple[ORDER - 1].y == P - GY, "the order", ORDER, 0);
}

/* i * G with this Z. */
static point tiny_point(int i, int z)
{
    i %= ORDER;
    if (i == 0)
        return (point){{{(uint64_t)z, 0, 0, 0}}, {{(uint64_t)(z + 1) % P, 0, 0, 0}}, {{0, 0, 0, 0}}};
    uint64_t zz = (uint64_t)(z * z % P);
    return (point){{{(uint64_t)multiple[i].x * zz % P, 0, 0, 0}},
                   {{(uint64_t)multiple[i].y * zz * (uint64_t)z % P, 0, 0, 0}},
                   {{(uint64_t)z, 0, 0, 0}}};
}

static point_affine tiny_affine(int i)
{
    return (point_affine){{{(uint64_t)multiple[i % ORDER].x, 0, 0, 0}}, {{(uint64_t)multiple[i % ORDER].y, 0, 0, 0}}};
}

/* Which multiple of G that is; -1 for none. */
static int index_of_point(const point *p)
{
    fe inverse, zz, x, y;
    if (point_is_infinity(p))
        return 0;
    fe_inv(&inverse, &p->z);
    fe_sqr(&zz, &inverse);
    fe_mul(&x, &p->x, &zz);
    fe_mul(&zz, &zz, &inverse);
    fe_mul(&y, &p->y, &zz);
    int i = index_of[x.v[0]][y.v[0]];
    return i > 0 ? i : -1;
}

/* Without a search for what it is: p is i * G. */
static bool is_multiple(const point *p, int i)
{
    i %= ORDER;
    if (i == 0 || point_is_infinity(p))
        return i == 0 && point_is_infinity(p);
    uint64_t z = p->z.v[0], zz = z * z % P;
    return p->x.v[0] == (uint64_t)multiple[i].x * zz % P && p->y.v[0] == (uint64_t)multiple[i].y * zz * z % P;
}

/* ---- the trials ---- */

static uint64_t draw(void)
{
    static uint64_t state = 20240601;
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static int draw_z(void)
{
    return 1 + (int)(draw() % (P - 1));
}

/* Every point in every form, alone. */
static void one_point(void)
{
    for (int i = 0; i < ORDER; i++)
        for (int z = 1; z < P; z++) {
            point p = tiny_point(i, z), r;
            need(index_of_point(&p) == i, "a point", i, z);
            point_double(&r, &p);
            need(is_multiple(&r, 2 * i), "point_double", i, z);
            point_neg(&r, &p);
            need(is_multiple(&r, ORDER - i), "point_neg", i, z);
        }
}

/* Every pair, with some Z of either; for equal and opposite points, where formulas fail, with all Z of one. */
static void two_points(void)
{
    for (int i = 0; i < ORDER; i++)
        for (int j = 0; j < ORDER; j++) {
            bool special = i == j || i + j == ORDER || i == 0 || j == 0;
            for (int round = 0; round < (special ? P - 1 : 4); round++) {
                point a = tiny_point(i, special ? 1 + round : draw_z()), b = tiny_point(j, draw_z()), r;
                point_add_var(&r, &a, &b);
                need(is_multiple(&r, i + j), "point_add_var", i, j);
                need(point_equal_var(&a, &b) == (i == j), "point_equal_var", i, j);
                if (j == 0)
                    continue;
                const point_affine affine = tiny_affine(j);
                add_affine_complete(&r, &a, &affine);
                need(is_multiple(&r, i + j), "add_affine_complete", i, j);
                r = a;
                add_affine_var(&r, &affine);
                need(is_multiple(&r, i + j), "add_affine_var", i, j);
                if (i != 0 && i != j && i + j != ORDER) {
                    add_affine(&r, &a, &affine);
                    need(is_multiple(&r, i + j), "add_affine", i, j);
                }
            }
        }
}

/* k mod 331. */
static int reduced(const scalar *k)
{
    int r = 0;
    for (int i = 3; i >= 0; i--)
        for (int bit = 63; bit >= 0; bit--)
            r = (2 * r + (int)(k->v[i] >> bit & 1)) % ORDER;
    return r;
}

/* A scalar below tiny_order: any where that is large. */
static scalar draw_scalar(void)
{
    if (tiny_order[3] == 0)
        return (scalar){{draw() % ORDER, 0, 0, 0}};
    scalar k = {{draw(), draw(), draw(), draw() % tiny_order[3]}};
    if (draw() % 4 == 0)
        k.v[1] = k.v[2] = k.v[3] = 0;
    return k;
}

/* With the order itself every k, and the sum meets its addend all the time; with a multiple of it large k. */
static void multiples(void)
{
    for (int i = 0; i < ORDER; i++)
        for (int j = 0; j < ORDER; j++) {
            point p = tiny_point(i, draw_z()), r;
            scalar k = tiny_order[3] == 0 ? (scalar){{(uint64_t)j, 0, 0, 0}} : draw_scalar();
            if (tiny_order[3] != 0 && j >= 30)
                break;
            point_mul(&r, &k, &p);
            need(is_multiple(&r, i * reduced(&k)), "point_mul", i, j);
        }
}

static void sums_of_multiples(void)
{
    for (int round = 0; round < 5000; round++) {
        int index[POINT_TERMS], sum = 0;
        point_term terms[POINT_TERMS];
        point r;
        for (int t = 0; t < POINT_TERMS; t++) {
            /* Half of them a small multiple of the one before. */
            index[t] = t > 0 && draw() % 2 ? index[t - 1] * (int)(draw() % 5) % ORDER : (int)(draw() % ORDER);
            terms[t].k = draw_scalar();
            terms[t].p = tiny_point(index[t], draw_z());
        }
        point_mul_two(&r, &terms[0].k, &terms[0].p, &terms[1].k, &terms[1].p);
        need(is_multiple(&r, index[0] * reduced(&terms[0].k) + index[1] * reduced(&terms[1].k)), "point_mul_two",
             index[0], index[1]);
        size_t n = draw() % (POINT_TERMS + 1);
        for (size_t t = 0; t < n; t++)
            sum += index[t] * reduced(&terms[t].k);
        scalar g = draw_scalar();
        bool with_generator = draw() % 2;
        point_multi_var(&r, with_generator ? &g : NULL, terms, n);
        need(is_multiple(&r, sum + (with_generator ? reduced(&g) : 0)), "point_multi_var", (int)n, sum);
        if (index[0] == 0)
            continue;
        point_prepared prepared;
        point_prepare_var(&prepared, &terms[0].p);
        point_prepared_var(&r, &g, &terms[0].k, &prepared);
        need(is_multiple(&r, index[0] * reduced(&terms[0].k) + reduced(&g)), "point_prepared_var", index[0], round);
    }
}

/* ORDER * (2^247 + 1): odd, and as large as a scalar is. */
static void use_large_order(void)
{
    memset(tiny_order, 0, sizeof tiny_order);
    tiny_order[0] = ORDER;
    tiny_order[3] = (uint64_t)ORDER << 55;
}

int main(void)
{
    count_multiples();
    for (int s = 0, factor = 1; s < POINT_PARTS; s++) {
        for (int j = 0; j < POINT_ODD_ENTRIES; j++)
            tiny_odd_table[s][j] = tiny_affine((2 * j + 1) * factor % ORDER);
        for (int bit = 0; bit < 64; bit++)
            factor = 2 * factor % ORDER;
    }
    one_point();
    two_points();
    memset(tiny_order, 0, sizeof tiny_order);
    tiny_order[0] = ORDER;
    multiples();
    sums_of_multiples();
    use_large_order();
    multiples();
    sums_of_multiples();
    printf("every point and every pair of points of the tiny curve\n");
    return 0;
}
