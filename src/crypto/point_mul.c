/* Multiples of points: the part of crypto/point.h where the time goes. */
#include "crypto/point.h"

#include "base/ct.h"
#include "crypto/limb.h"

typedef struct point_affine {
    fe x, y;
} point_affine;

#include "crypto/point_table.inc"

/* Window widths in bits: of base_table, and of k*P. Digits are signed, so a table has 2^(width-1) entries. */
enum { BASE_BITS = 6, BASE_WINDOWS = 43, BASE_ENTRIES = 1 << (BASE_BITS - 1) };
enum { MUL_BITS = 5, MUL_WINDOWS = 52, MUL_ENTRIES = 1 << (MUL_BITS - 1) };

/* A scalar shifted left by one bit, so that a window may take in the bit below it, with zeros above. */
typedef struct recoded {
    uint64_t v[6];
} recoded;

static void recode(recoded *r, const scalar *k)
{
    r->v[0] = k->v[0] << 1;
    for (int i = 1; i < 4; i++)
        r->v[i] = k->v[i] << 1 | k->v[i - 1] >> 63;
    r->v[4] = k->v[3] >> 63;
    r->v[5] = 0;
}

/* A signed digit: its magnitude 0..2^(width-1), and all ones where it is negative. */
typedef struct digit {
    uint64_t magnitude, negative;
} digit;

/* Booth recoding: k = sum of digit(i) * 2^(width*i), digit(i) = b(width*i - 1) + the window's bits as a two's complement
 * number. The windows must cover 257 bits, so that the last one is never negative. */
static digit recoded_digit(const recoded *k, int i, int width)
{
    int at = width * i;
    uint64_t bits = (uint64_t)(((uint128)k->v[at / 64 + 1] << 64 | k->v[at / 64]) >> at % 64);
    bits &= ((uint64_t)2 << width) - 1;
    uint64_t negative = limb_opaque(0 - (bits >> width));
    uint64_t folded = (bits ^ negative) & (((uint64_t)2 << width) - 1);
    return (digit){(folded >> 1) + (folded & 1), negative};
}

/* All ones where a = b. */
static uint64_t same(uint64_t a, uint64_t b)
{
    return limb_zero_mask(a ^ b);
}

static void negate_where(fe *y, uint64_t mask)
{
    fe negated;
    fe_neg(&negated, y);
    fe_select(y, &negated, mask);
}

static void point_select(point *r, const point *a, uint64_t mask)
{
    fe_select(&r->x, &a->x, mask);
    fe_select(&r->y, &a->y, mask);
    fe_select(&r->z, &a->z, mask);
}

/* The entry d of a table of 1*P, 2*P, ..., infinity for 0; every entry is read. */
static void table_point(point *r, const point *table, digit d)
{
    *r = point_infinity;
    for (uint64_t i = 0; i < MUL_ENTRIES; i++)
        point_select(r, &table[i], same(d.magnitude, i + 1));
    negate_where(&r->y, d.negative);
}

/* The same of an affine table; what it gives for 0 is not a point and must not be used. */
static void base_point(point_affine *r, const point_affine *table, digit d)
{
    *r = table[0];
    for (uint64_t i = 1; i < BASE_ENTRIES; i++) {
        uint64_t mask = same(d.magnitude, i + 1);
        fe_select(&r->x, &table[i].x, mask);
        fe_select(&r->y, &table[i].y, mask);
    }
    negate_where(&r->y, d.negative);
}

/* r = a + b for an affine b. Not for a = infinity or a = +-b. */
static void add_affine(point *r, const point *a, const point_affine *b)
{
    fe zz, u2, s2, h, w, hh, hhh, v;
    fe_sqr(&zz, &a->z);
    fe_mul(&u2, &b->x, &zz);
    fe_mul(&zz, &zz, &a->z);
    fe_mul(&s2, &b->y, &zz);
    fe_sub(&h, &u2, &a->x);
    fe_sub(&w, &s2, &a->y);
    fe_mul(&r->z, &a->z, &h);
    fe_sqr(&hh, &h);
    fe_mul(&hhh, &hh, &h);
    fe_mul(&v, &a->x, &hh);
    fe_sqr(&u2, &w);
    fe_sub(&u2, &u2, &hhh);
    fe_sub(&u2, &u2, &v);
    fe_sub(&r->x, &u2, &v);
    fe_sub(&v, &v, &r->x);
    fe_mul(&v, &v, &w);
    fe_mul(&s2, &a->y, &hhh);
    fe_sub(&r->y, &v, &s2);
}

/* r = a + b, constant-time and right for all inputs.
 * The chord formulas are U1 = X1*Z2^2, S1 = Y1*Z2^3, H = U2 - U1, W = S2 - S1, X3 = W^2 - H^3 - 2*U1*H^2,
 * Y3 = W*(U1*H^2 - X3) - S1*H^3, Z3 = Z*H with Z = Z1*Z2. In the same form the tangent at (U1, S1, Z), which is a, has
 * W = 3*(U1^2 - Z^4), H = 2*S1 and X3 without the term H^3: so for a = b (H = W = 0) these take the chord's places under a mask.
 * For a = -b, H = 0 and W is not, since S1 is not 0 on a curve of odd order, and Z3 = 0 is infinity. An infinite operand is
 * replaced by the other one at the end. */
static void add_complete(point *r, const point *a, const point *b)
{
    fe aa, bb, u1, u2, s1, s2, h, w, hh, hhh, v, z, tangent, t;
    point sum;
    fe_sqr(&aa, &a->z);
    fe_sqr(&bb, &b->z);
    fe_mul(&u1, &a->x, &bb);
    fe_mul(&u2, &b->x, &aa);
    fe_mul(&bb, &bb, &b->z);
    fe_mul(&aa, &aa, &a->z);
    fe_mul(&s1, &a->y, &bb);
    fe_mul(&s2, &b->y, &aa);
    fe_mul(&z, &a->z, &b->z);
    fe_sub(&h, &u2, &u1);
    fe_sub(&w, &s2, &s1);

    uint64_t equal = limb_zero_mask4(h.v) & limb_zero_mask4(w.v);
    fe_sqr(&t, &z);
    fe_sub(&tangent, &u1, &t);
    fe_add(&t, &u1, &t);
    fe_mul(&t, &t, &tangent);
    fe_add(&tangent, &t, &t);
    fe_add(&tangent, &tangent, &t);
    fe_select(&w, &tangent, equal);
    fe_add(&t, &s1, &s1);
    fe_select(&h, &t, equal);

    fe_mul(&sum.z, &z, &h);
    fe_sqr(&hh, &h);
    fe_mul(&hhh, &hh, &h);
    fe_mul(&v, &u1, &hh);
    t = hhh;
    fe_select(&t, &fe_zero, equal);
    fe_sqr(&sum.x, &w);
    fe_sub(&sum.x, &sum.x, &t);
    fe_sub(&sum.x, &sum.x, &v);
    fe_sub(&sum.x, &sum.x, &v);
    fe_sub(&v, &v, &sum.x);
    fe_mul(&v, &v, &w);
    fe_mul(&s1, &s1, &hhh);
    fe_sub(&sum.y, &v, &s1);

    uint64_t a_infinite = limb_zero_mask4(a->z.v), b_infinite = limb_zero_mask4(b->z.v);
    point_select(&sum, b, a_infinite);
    point_select(&sum, a, b_infinite);
    *r = sum;
}

/* The windows are added from the lowest. Before window i the sum S has |S| <= 32 * (64^i - 1) / 63 < 0.51 * 64^i, and the
 * addend D is a non-zero multiple of 64^i with |D| <= 32 * 64^i (or is left out), so S and D differ from each other and from
 * each other's opposite as integers, and S = 0 is the masked case. They do mod n too: below the last window, i <= 41,
 * |S| + |D| < 32.51 * 64^41 < 2^252 < n. In the last, D = d * 2^252 with 0 < d <= 16, and with n = (16 - 2^-28 + ...) * 2^252
 * S + D = k is neither 0 nor n, and S - D = -n would need |S| < 0.51 * 2^252 = |D - n|, which only d = 16 allows, with
 * S = 2^256 - n > 0; but then k = S + D > n. So add_affine is never given a pair it cannot add. */
void point_mul_base(point *r, const scalar *k)
{
    recoded bits;
    point sum = point_infinity, next;
    point_affine addend;
    uint64_t empty = ~(uint64_t)0;
    recode(&bits, k);
    for (int i = 0; i < BASE_WINDOWS; i++) {
        digit d = recoded_digit(&bits, i, BASE_BITS);
        uint64_t nothing = limb_zero_mask(d.magnitude);
        base_point(&addend, base_table[i], d);
        add_affine(&next, &sum, &addend);
        point_select(&next, &(point){addend.x, addend.y, fe_one}, empty);
        point_select(&sum, &next, ~nothing);
        empty &= nothing;
    }
    *r = sum;
    wipe(&bits, sizeof bits);
    wipe(&sum, sizeof sum);
    wipe(&next, sizeof next);
    wipe(&addend, sizeof addend);
}

/* table = P, 2P, ..., 16P; P is public and may be infinity. */
static void multiples_var(point table[MUL_ENTRIES], const point *p)
{
    table[0] = *p;
    for (int i = 1; i < MUL_ENTRIES; i++) {
        if (i % 2 == 1)
            point_double(&table[i], &table[i / 2]);
        else
            point_add_var(&table[i], &table[i - 1], p);
    }
}

static void double_times(point *r, int times)
{
    for (int i = 0; i < times; i++)
        point_double(r, r);
}

/* r += d * P for the digit d of window i. */
static void add_digit(point *r, const recoded *k, int i, const point table[MUL_ENTRIES])
{
    point addend;
    table_point(&addend, table, recoded_digit(k, i, MUL_BITS));
    add_complete(r, r, &addend);
    wipe(&addend, sizeof addend);
}

/* Complete additions throughout: k = n - 6 ends in (n - 3)P + (-3)P, a doubling, and in point_mul_two the sum can meet an
 * addend anywhere, since whoever sends P and Q may choose one as a multiple of the other. */
void point_mul(point *r, const scalar *k, const point *p)
{
    recoded bits;
    point table[MUL_ENTRIES], sum = point_infinity;
    multiples_var(table, p);
    recode(&bits, k);
    for (int i = MUL_WINDOWS - 1; i >= 0; i--) {
        double_times(&sum, MUL_BITS);
        add_digit(&sum, &bits, i, table);
    }
    *r = sum;
    wipe(&bits, sizeof bits);
    wipe(&sum, sizeof sum);
}

void point_mul_two(point *r, const scalar *j, const point *p, const scalar *k, const point *q)
{
    recoded p_bits, q_bits;
    point p_table[MUL_ENTRIES], q_table[MUL_ENTRIES], sum = point_infinity;
    multiples_var(p_table, p);
    multiples_var(q_table, q);
    recode(&p_bits, j);
    recode(&q_bits, k);
    for (int i = MUL_WINDOWS - 1; i >= 0; i--) {
        double_times(&sum, MUL_BITS);
        add_digit(&sum, &p_bits, i, p_table);
        add_digit(&sum, &q_bits, i, q_table);
    }
    *r = sum;
    wipe(&p_bits, sizeof p_bits);
    wipe(&q_bits, sizeof q_bits);
    wipe(&sum, sizeof sum);
}

/* Widths of the non-adjacent forms: digits are odd and below 2^(width-1). */
enum { TERM_BITS = 5, TERM_ENTRIES = 1 << (TERM_BITS - 2), ODD_BITS = 9, NAF_SIZE = 257 };

/* A width-w non-adjacent form: k = sum of v[i] * 2^i, and of any w digits in a row at most one is not 0. */
typedef struct naf {
    int16_t v[NAF_SIZE];
    int length; /* digits up to and including the highest that is not 0 */
} naf;

static unsigned bits_at(const uint64_t k[4], int at, int count)
{
    uint64_t low = k[at / 64] >> at % 64;
    if (at % 64 + count > 64 && at / 64 < 3)
        low |= k[at / 64 + 1] << (64 - at % 64);
    return (unsigned)low & ((1u << count) - 1);
}

static void naf_of(naf *r, const uint64_t k[4], int width)
{
    unsigned carry = 0;
    *r = (naf){{0}, 0};
    for (int at = 0; at < NAF_SIZE;) {
        unsigned bit = at < 256 ? bits_at(k, at, 1) : 0;
        if (bit == carry) {
            at++;
            continue;
        }
        unsigned word = (at < 256 ? bits_at(k, at, width) : 0) + carry;
        carry = word >> (width - 1) & 1;
        r->v[at] = (int16_t)((int)word - (int)(carry << width));
        r->length = at + 1;
        at += width;
    }
}

/* G for the lower 128 bits of its scalar, 2^128 * G for the upper: so G costs no doublings beyond 128. */
static void generator_nafs(naf r[2], const scalar *g)
{
    const uint64_t low[4] = {g->v[0], g->v[1], 0, 0}, high[4] = {g->v[2], g->v[3], 0, 0};
    naf_of(&r[0], low, ODD_BITS);
    naf_of(&r[1], high, ODD_BITS);
}

/* r += b, right for all inputs. The sum met b or its opposite just where add_affine gives Z = 0. */
static void add_affine_var(point *r, const point_affine *b)
{
    point sum;
    if (point_is_infinity(r)) {
        *r = (point){b->x, b->y, fe_one};
        return;
    }
    add_affine(&sum, r, b);
    if (point_is_infinity(&sum))
        point_add_var(r, r, &(point){b->x, b->y, fe_one});
    else
        *r = sum;
}

/* r += d * P from P's odd multiples. */
static void add_odd_affine(point *r, const point_affine *table, int d)
{
    point_affine b = table[(d < 0 ? -d : d) / 2];
    if (d < 0)
        fe_neg(&b.y, &b.y);
    add_affine_var(r, &b);
}

static void add_odd(point *r, const point *table, int d)
{
    point b = table[(d < 0 ? -d : d) / 2];
    if (d < 0)
        point_neg(&b, &b);
    point_add_var(r, r, &b);
}

static void odd_multiples(point table[TERM_ENTRIES], const point *p)
{
    point twice;
    table[0] = *p;
    point_double(&twice, p);
    for (int i = 1; i < TERM_ENTRIES; i++)
        point_add_var(&table[i], &table[i - 1], &twice);
}

void point_multi_var(point *r, const scalar *g, const point_term *terms, size_t count)
{
    naf g_naf[2], term_naf[POINT_TERMS];
    point table[POINT_TERMS][TERM_ENTRIES], sum = point_infinity;
    int length = 0;
    for (size_t t = 0; t < count; t++) {
        naf_of(&term_naf[t], terms[t].k.v, TERM_BITS);
        odd_multiples(table[t], &terms[t].p);
        length = term_naf[t].length > length ? term_naf[t].length : length;
    }
    generator_nafs(g_naf, g ? g : &(scalar){{0, 0, 0, 0}});
    for (int h = 0; h < 2; h++)
        length = g_naf[h].length > length ? g_naf[h].length : length;

    for (int i = length - 1; i >= 0; i--) {
        point_double(&sum, &sum);
        for (size_t t = 0; t < count; t++) {
            if (term_naf[t].v[i] != 0)
                add_odd(&sum, table[t], term_naf[t].v[i]);
        }
        for (int h = 0; h < 2; h++) {
            if (g_naf[h].v[i] != 0)
                add_odd_affine(&sum, odd_table[h], g_naf[h].v[i]);
        }
    }
    *r = sum;
}
