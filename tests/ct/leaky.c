/* What the test must find: each of these does one thing with a secret as it must not be done; `honest` does the same as it must.
 * (memcheck does not see a division by a secret: for that there is the script no_division.) */
#include "ct.h"

#include "base/ct.h"
#include "crypto/backend_table.h"

extern const backend backend_leaky_select, backend_leaky_scan;

static point sum, addend;
static uint8_t table[64];
static volatile uint8_t got;

/* k * P by doubling, and adding where a bit of k is set. */
static void add_by_branch(const scalar *k)
{
    for (int i = 0; i < 256; i++) {
        point_double(&sum, &sum);
        if (k->v[i / 64] >> i % 64 & 1)
            point_add_var(&sum, &sum, &addend);
    }
}

static void look_up(const scalar *k)
{
    got = table[k->v[0] % sizeof table];
}

static void scan(const scalar *k)
{
    got = 0;
    for (size_t i = 0; i < sizeof table; i++) {
        uint64_t difference = i ^ k->v[0] % sizeof table;
        uint8_t mask = (uint8_t)((difference - 1) >> 63);
        got |= table[i] & (uint8_t)(0 - mask);
    }
}

/* The end is reached only where all bytes are the same. */
static void compare_until_different(const scalar *k)
{
    const volatile uint8_t *in = (const volatile uint8_t *)k;
    for (size_t i = 0; i < sizeof *k; i++)
        if (in[i] != table[i])
            return;
}

/* The multiplications of a back end. */
static void multiply(const backend *b, const scalar *k)
{
    b->point_mul(&sum, k, &addend);
    b->point_mul_base(&sum, k);
}

static void select_by_branch(const scalar *k)
{
    multiply(&backend_leaky_select, k);
}

static void scan_by_index(const scalar *k)
{
    multiply(&backend_leaky_scan, k);
}

static void honest(const scalar *k)
{
    multiply(&backend_64, k);
    scan(k);
    bool equal = ct_equal(k, table, sizeof *k);
    PUBLIC(equal);
    NEED(!equal);
}

/* An outcome that is not declared public is a secret too. */
static void act_on_outcome(const scalar *k)
{
    uint8_t encoded[32];
    scalar_to_bytes(encoded, k);
    fe as_field;
    NEED(fe_from_bytes(&as_field, encoded) == ERR_OK);
}

void ct_leaky(const char *kind)
{
    static const struct {
        const char *name;
        void (*run)(const scalar *k);
    } kinds[] = {{"honest", honest},           {"branch", add_by_branch}, {"index", look_up},
                 {"select", select_by_branch}, {"scan", scan_by_index},   {"early_exit", compare_until_different},
                 {"outcome", act_on_outcome}};
    scalar k;
    public_point(&addend);
    sum = addend;
    public_bytes(table, sizeof table);
    public_scalar(&k);
    SECRET(k);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kind, kinds[i].name) != 0)
            continue;
        kinds[i].run(&k);
        return;
    }
    need(false, kind);
}
