/* Bernstein and Yang, "Fast constant-time gcd computation and modular inversion" (CHES 2019), in the variant that starts with
 * delta = 1/2: 590 of its division steps bring any f, g of at most 256 bits, f odd, to f = +-gcd and g = 0. They are
 * done 62 at a time on the lowest bits of f and g, which yields a matrix; only then the whole numbers are touched. */
#include "crypto/inverse.h"

#include "base/ct.h"
#include "crypto/limb.h"

__extension__ typedef __int128 int128;

enum { STEPS = 62, BATCHES = 10 }; /* 620 >= 590; more steps change nothing */

static const uint64_t low62 = UINT64_MAX >> 2;

/* 2^62 * (f, g) after a batch = (u, v; q, r) * (f, g) before it. |u| + |v| and |q| + |r| are at most 2^62. */
typedef struct transition {
    int64_t u, v, q, r;
} transition;

/* 62 division steps on the low limbs. theta is -(delta + 1/2): below 0 where delta is above. A step is
 * (delta, f, g) -> (1 - delta, g, (g - f) / 2) where delta > 0 and g is odd, else (1 + delta, f, (g + (g mod 2) * f) / 2).
 * Unsigned, for the values are right mod 2^64 and signed overflow must not be thought of. */
static int64_t divide_steps(transition *t, int64_t theta, uint64_t f, uint64_t g)
{
    uint64_t u = 1, v = 0, q = 0, r = 1, state = (uint64_t)theta;
    for (int i = 0; i < STEPS; i++) {
        uint64_t swap = limb_opaque(0 - (state >> 63)), odd = limb_opaque(0 - (g & 1));
        g += ((f ^ swap) - swap) & odd;
        q += ((u ^ swap) - swap) & odd;
        r += ((v ^ swap) - swap) & odd;
        swap &= odd;
        state = (state ^ swap) - 1;
        f += g & swap;
        u += q & swap;
        v += r & swap;
        g >>= 1;
        u <<= 1;
        v <<= 1;
    }
    *t = (transition){(int64_t)u, (int64_t)v, (int64_t)q, (int64_t)r};
    return (int64_t)state;
}

/* a * x + b * y of one limb each. Together at most 2^62 * 2^62. */
static inline int128 limb_sum(int64_t a, int64_t x, int64_t b, int64_t y)
{
    return (int128)a * x + (int128)b * y;
}

/* (f, g) = t * (f, g) / 2^62; the division is exact. */
static void apply(signed62 *f, signed62 *g, const transition *t)
{
    int128 c = limb_sum(t->u, f->v[0], t->v, g->v[0]) >> STEPS;
    int128 d = limb_sum(t->q, f->v[0], t->r, g->v[0]) >> STEPS;
    for (int i = 1; i < 5; i++) {
        c += limb_sum(t->u, f->v[i], t->v, g->v[i]);
        d += limb_sum(t->q, f->v[i], t->r, g->v[i]);
        f->v[i - 1] = (int64_t)((uint64_t)c & low62);
        g->v[i - 1] = (int64_t)((uint64_t)d & low62);
        c >>= STEPS;
        d >>= STEPS;
    }
    f->v[4] = (int64_t)c;
    g->v[4] = (int64_t)d;
}

/* r = (a * x + b * y) / 2^62 mod m, for x and y in (-2m, m); r is there again. First k makes up for negative x and y by a
 * multiple of m for each, so that the sum lies in (-2^62 * m, 2^62 * m); then k is lowered by less than 2^62 so that the sum
 * and k * m together are a multiple of 2^62. */
static void combine(signed62 *r, int64_t a, const signed62 *x, int64_t b, const signed62 *y, const inverse_modulus *m)
{
    int64_t k = (a & x->v[4] >> 63) + (b & y->v[4] >> 63);
    int128 c = limb_sum(a, x->v[0], b, y->v[0]);
    k -= (int64_t)((m->inverse * (uint64_t)c + (uint64_t)k) & low62);
    c = (c + (int128)m->m.v[0] * k) >> STEPS;
    for (int i = 1; i < 5; i++) {
        c += limb_sum(a, x->v[i], b, y->v[i]) + (int128)m->m.v[i] * k;
        r->v[i - 1] = (int64_t)((uint64_t)c & low62);
        c >>= STEPS;
    }
    r->v[4] = (int64_t)c;
}

/* The limbs' borrows are carried upwards, so that all but the highest lie in [0, 2^62). */
static void carry_limbs(signed62 *r)
{
    for (int i = 0; i < 4; i++) {
        r->v[i + 1] += r->v[i] >> STEPS;
        r->v[i] &= (int64_t)low62;
    }
}

static void add_where(signed62 *r, const signed62 *m, int64_t mask)
{
    for (int i = 0; i < 5; i++)
        r->v[i] += m->v[i] & mask;
    carry_limbs(r);
}

/* r in (-2m, m) brought to [0, m), after its sign was changed where negative is all ones. */
static void normalise(signed62 *r, int64_t negative, const signed62 *m)
{
    add_where(r, m, r->v[4] >> 63);
    for (int i = 0; i < 5; i++)
        r->v[i] = (r->v[i] ^ negative) - negative;
    carry_limbs(r);
    add_where(r, m, r->v[4] >> 63);
}

void inverse_mod(uint64_t r[4], const uint64_t a[4], const inverse_modulus *m)
{
    const int64_t mask = (int64_t)low62;
    signed62 f = m->m, d = {{0}}, e = {{1}}, next;
    signed62 g = {{(int64_t)a[0] & mask, (int64_t)(a[0] >> 62 | a[1] << 2) & mask,
                   (int64_t)(a[1] >> 60 | a[2] << 4) & mask, (int64_t)(a[2] >> 58 | a[3] << 6) & mask,
                   (int64_t)(a[3] >> 56)}};
    transition t;
    int64_t theta = -1;
    /* Always d * a = f and e * a = g mod m. */
    for (int i = 0; i < BATCHES; i++) {
        theta = divide_steps(&t, theta, (uint64_t)f.v[0] | (uint64_t)f.v[1] << 62,
                             (uint64_t)g.v[0] | (uint64_t)g.v[1] << 62);
        combine(&next, t.u, &d, t.v, &e, m);
        combine(&e, t.q, &d, t.r, &e, m);
        d = next;
        apply(&f, &g, &t);
    }
    normalise(&d, f.v[4] >> 63, &m->m);
    const uint64_t v[5] = {(uint64_t)d.v[0], (uint64_t)d.v[1], (uint64_t)d.v[2], (uint64_t)d.v[3], (uint64_t)d.v[4]};
    r[0] = v[0] | v[1] << 62;
    r[1] = v[1] >> 2 | v[2] << 60;
    r[2] = v[2] >> 4 | v[3] << 58;
    r[3] = v[3] >> 6 | v[4] << 56;
    wipe(&d, sizeof d);
    wipe(&e, sizeof e);
    wipe(&f, sizeof f);
    wipe(&g, sizeof g);
    wipe(&t, sizeof t);
}
