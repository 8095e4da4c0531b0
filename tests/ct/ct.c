/* ct NAME BACKEND, under valgrind: the part NAME with the back end forced. Exits with 0, or with what valgrind's
 * --error-exitcode says where a secret decided about a branch or an address. */
#include "ct.h"

#include <stdio.h>
#include <stdlib.h>

#include "backends.h"

void need(bool done, const char *what)
{
    if (done)
        return;
    fprintf(stderr, "ct: %s failed\n", what);
    exit(1);
}

/* splitmix64: what is signed here is of no interest, only that it is the same every time. */
static uint64_t state = 20240601;

void public_bytes(uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t z = state += 0x9e3779b97f4a7c15;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        out[i] = (uint8_t)(z >> 56);
    }
}

static err fill_public(void *rng, uint8_t *out, size_t n)
{
    (void)rng;
    public_bytes(out, n);
    return ERR_OK;
}

static err fill_secret(void *rng, uint8_t *out, size_t n)
{
    (void)rng;
    public_bytes(out, n);
    (void)VALGRIND_MAKE_MEM_UNDEFINED(out, n);
    return ERR_OK;
}

const entropy public_rng = {fill_public, NULL}, secret_rng = {fill_secret, NULL};

void public_scalar(scalar *k)
{
    NEED(scalar_random(k, &public_rng) == ERR_OK);
}

void public_point(point *p)
{
    scalar k;
    uint8_t encoded[POINT_SIZE];
    public_scalar(&k);
    point_mul_base(p, &k);
    NEED(point_to_bytes(encoded, p) == ERR_OK && point_from_bytes(p, encoded) == ERR_OK);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } parts[] = {{"field", ct_field}, {"scalar", ct_scalar}, {"point", ct_point},   {"hash", ct_hash},
                 {"sm2", ct_sm2},     {"device", ct_device}, {"server", ct_server}, {"keystore", ct_keystore}};
    if (argc != 3) {
        fprintf(stderr, "usage: valgrind ct NAME BACKEND\n");
        return 2;
    }
    if (!RUNNING_ON_VALGRIND) {
        fprintf(stderr, "ct: shows nothing without valgrind\n");
        return 2;
    }
    if (!backend_runs_here(argv[2])) {
        printf("this processor has no %s\n", argv[2]);
        return TEST_SKIPPED;
    }
    NEED(backend_force(argv[2]) == ERR_OK);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (strcmp(argv[1], parts[i].name) != 0)
            continue;
        parts[i].run();
        return 0;
    }
    if (strncmp(argv[1], "leaky_", 6) == 0) {
        ct_leaky(argv[1] + 6);
        return 0;
    }
    fprintf(stderr, "ct: no part %s\n", argv[1]);
    return 2;
}
