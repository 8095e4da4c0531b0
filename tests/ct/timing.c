/* ct_timing [OPERATION] [--seconds N] [--backend NAME]: does the time of an operation depend on its secret? Measured for a fixed
 * secret and for random ones, in random turn, and judged by the statistics of welch.h. An operation that leaks is measured first:
 * where that is not found, the machine is too noisy for the rest to say anything.
 * ct_timing --statistics: the statistics alone, on numbers that are made up. Exit code 1 where a leak is found. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backends.h"
#include "mpc/mpc_step.h"
#include "os/entropy.h"
#include "welch.h"

static const entropy rng = {os_entropy_fill, NULL};

#define NEED(call) need(call, #call)

static void need(bool done, const char *what)
{
    if (done)
        return;
    fprintf(stderr, "ct_timing: %s failed\n", what);
    exit(2);
}

/* ---- the operations ---- */

/* What an operation is given: the secrets by their class, the rest the same for both or random for both. */
typedef struct input {
    scalar k[4];
    sm2_private key;
    uint8_t cipher[SM2_CIPHER_OVERHEAD + 32];
    mpc_server_share share;
    mpc_device_session *session;
    mpc_sign_answer answer;
} input;

/* What is the same for all inputs of an operation. */
static struct {
    point p, q, pair[2];
    point_odd pair_multiples[2];
    uint8_t P[POINT_SIZE], e[32], plain[32];
    scalar inverse; /* (1 + d)^-1 of the key whose halves S3 works with */
    mpc_sign_item item;
    mpc_sign_request request;
    mpc_server_checked checked;
} common;

static uint8_t out[64];

/* The fixed secret is 2: of its digits all but one are 0, and an inverse is soon found. What treats any of this specially
 * differs most. */
static void secret_of(scalar *k, int class)
{
    if (class == 0)
        *k = (scalar){{2, 0, 0, 0}};
    else
        NEED(scalar_random(k, &rng) == ERR_OK);
}

static void make_scalars(input *in, int class)
{
    for (size_t i = 0; i < sizeof in->k / sizeof *in->k; i++)
        secret_of(&in->k[i], class);
}

static void run_base(input *in)
{
    point r;
    point_mul_base(&r, &in->k[0]);
}

static void run_mul(input *in)
{
    point r;
    point_mul(&r, &in->k[0], &common.p);
}

static void run_two(input *in)
{
    point r;
    point_mul_two(&r, &in->k[0], &common.p, &in->k[1], &common.q);
}

static void run_inv(input *in)
{
    scalar r;
    scalar_inv(&r, &in->k[0]);
}

static void make_key(input *in, int class)
{
    uint8_t d[32];
    make_scalars(in, class);
    scalar_to_bytes(d, &in->k[0]);
    NEED(sm2_private_from_bytes(&in->key, d) == ERR_OK);
}

static void run_sign(input *in)
{
    NEED(sm2_sign_with_nonce(out, &in->key, common.e, &in->k[1]) == ERR_OK);
}

static void make_cipher(input *in, int class)
{
    make_key(in, class);
    NEED(sm2_encrypt(in->cipher, in->key.public_key, bytes_of(common.plain, sizeof common.plain), &rng) == ERR_OK);
}

static void run_decrypt(input *in)
{
    NEED(sm2_decrypt(out, &in->key, bytes_of(in->cipher, sizeof in->cipher)) == ERR_OK);
}

static void make_share(input *in, int class)
{
    make_scalars(in, class);
    in->share.d2 = in->k[0];
}

static void run_answer(input *in)
{
    mpc_sign_answer answer;
    NEED(mpc_step_sign_answer(&answer, &in->share, &common.request, &common.checked, &in->k[1]) == ERR_OK);
}

static void run_s1(input *in)
{
    const mpc_step_nonces nonces = {in->k[1], in->k[2]};
    NEED(mpc_step_sign_request(&in->session, &common.request, &in->k[0], common.P, &nonces, &in->k[3]) == ERR_OK);
}

/* S3 verifies what it made, in a time that depends on r and s, which are public. So the nonces are random in both classes, and
 * the key is one: only how it is divided into d1 and d2 differs. */
static void make_session(input *in, int class)
{
    point P1;
    mpc_server_checked checked;
    point_odd scratch[2];
    scalar inverse;
    secret_of(&in->k[0], class);
    scalar_inv(&inverse, &in->k[0]);
    scalar_mul(&in->share.d2, &common.inverse, &inverse);
    point_mul_base(&P1, &inverse);
    NEED(point_to_bytes(in->share.P1, &P1) == ERR_OK);
    memcpy(in->share.P, common.P, POINT_SIZE);
    NEED(mpc_device_sign(&in->session, &common.request, &in->k[0], common.P, &rng) == ERR_OK);
    NEED(mpc_server_sign_check(&checked, scratch, &in->share, &common.request) == ERR_OK);
    NEED(mpc_server_sign_answer(&in->answer, &in->share, &common.request, &checked, &rng) == ERR_OK);
}

static void run_s3(input *in)
{
    uint8_t signature[1][64];
    NEED(mpc_device_finish(in->session, signature, &in->answer, 1) == ERR_OK);
}

/* A multiplication as it must not be: only where a bit is set a point is added. */
static void run_leaky(input *in)
{
    point r = common.p;
    for (int i = 0; i < 256; i++)
        if (in->k[0].v[i / 64] >> i % 64 & 1)
            point_add_var(&r, &r, &common.q);
}

typedef struct operation {
    const char *name;
    void (*make)(input *in, int class);
    void (*run)(input *in);
} operation;

static const operation operations[] = {
    {"sign", make_key, run_sign},       {"mul_base", make_scalars, run_base},  {"mul", make_scalars, run_mul},
    {"mul_two", make_scalars, run_two}, {"scalar_inv", make_scalars, run_inv}, {"decrypt", make_cipher, run_decrypt},
    {"answer", make_share, run_answer}, {"s1", make_scalars, run_s1},          {"s3", make_session, run_s3}};
static const operation leaky = {"leaky", make_scalars, run_leaky};

static void prepare_common(void)
{
    sm2_private key;
    point *const points[] = {&common.p, &common.q, &common.pair[0], &common.pair[1]};
    uint8_t encoded[POINT_SIZE];
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        scalar k;
        NEED(scalar_random(&k, &rng) == ERR_OK);
        point_mul_base(points[i], &k);
        NEED(point_to_bytes(encoded, points[i]) == ERR_OK && point_from_bytes(points[i], encoded) == ERR_OK);
    }
    NEED(sm2_private_generate(&key, &rng) == ERR_OK);
    memcpy(common.P, key.public_key, POINT_SIZE);
    common.inverse = key.inverse;
    common.request = (mpc_sign_request){.m = 1, .items = &common.item};
    point_odd_var(common.pair_multiples, common.pair, 2);
    common.checked.points = common.pair_multiples;
}

/* ---- measuring ---- */

/* In the finest unit there is; nothing before it is still under way, and nothing after it has begun. */
static uint64_t now(void)
{
#if defined(__x86_64__)
    uint32_t low, high;
    __asm__ volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
#else
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
#endif
}

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

enum { BATCH = 500 };
static input inputs[BATCH];
static int classes[BATCH];
static uint64_t times[BATCH];

/* A batch's inputs are all made before the first is measured, and each is brought to the same place. */
static void measure_batch(const operation *o)
{
    static input work;
    uint8_t coins[BATCH];
    NEED(os_entropy_fill(NULL, coins, sizeof coins) == ERR_OK);
    for (int i = 0; i < BATCH; i++) {
        classes[i] = coins[i] & 1;
        o->make(&inputs[i], classes[i]);
    }
    for (int i = 0; i < BATCH; i++) {
        work = inputs[i];
        uint64_t from = now();
        o->run(&work);
        times[i] = now() - from;
        mpc_device_session_destroy(work.session);
        inputs[i].session = NULL;
        work.session = NULL;
    }
}

/* The largest |t| after so many seconds. */
static double measure(const operation *o, double seconds, double *measurements)
{
    static comparison c;
    measure_batch(o); /* caches and predictors are warm after it */
    measure_batch(o);
    comparison_init(&c, times, BATCH);
    double end = seconds_now() + seconds;
    do {
        measure_batch(o);
        for (int i = 0; i < BATCH; i++)
            comparison_add(&c, classes[i], (double)times[i]);
    } while (seconds_now() < end);
    *measurements = c.all.n[0] + c.all.n[1];
    return comparison_worst(&c);
}

/* True where a leak was found. */
static bool report(const operation *o, double seconds)
{
    double n, t = measure(o, seconds, &n);
    const char *verdict = t > leak_from         ? "LEAK"
                          : n < ENOUGH          ? "too few measurements"
                          : t > suspicious_from ? "suspicious: measure longer"
                                                : "none found";
    printf("%-12s %-4s %9.0f measurements  |t| %6.2f  %s\n", o->name, backend_current(), n, t, verdict);
    fflush(stdout);
    return t > leak_from;
}

/* ---- the statistics on made-up times ---- */

static double uniform(void)
{
    static uint64_t state = 1;
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return (double)((z ^ z >> 31) >> 11) / 9007199254740992.0;
}

/* Around 10,000 with a spread of about 100; one in fifty is disturbed and takes up to a hundred times as long. */
static double made_up_time(double shift, double spread, double disturbance)
{
    double t = 0;
    for (int i = 0; i < 12; i++)
        t += uniform() - 0.5;
    t = 10000 + shift + 100 * spread * t;
    return uniform() < 0.02 ? t + disturbance * uniform() : t;
}

/* The largest |t|, and that of all times uncropped, where class 1 differs by shift and spread. */
static double made_up(double shift, double spread, double *uncropped)
{
    static comparison c;
    uint64_t sample[2000];
    for (size_t i = 0; i < 2000; i++)
        sample[i] = (uint64_t)made_up_time(i % 2 ? shift : 0, i % 2 ? spread : 1, 1e6);
    comparison_init(&c, sample, 2000);
    for (int i = 0; i < 100000; i++) {
        int class = uniform() < 0.5;
        comparison_add(&c, class, made_up_time(class ? shift : 0, class ? spread : 1, 1e6));
    }
    *uncropped = fabs(welch_t(&c.all));
    return comparison_worst(&c);
}

static int check_statistics(void)
{
    double uncropped, same = made_up(0, 1, &uncropped);
    printf("the same: |t| %.2f\n", same);
    double shifted = made_up(10, 1, &uncropped), shifted_uncropped = uncropped;
    printf("0.1 %% longer under disturbances: |t| %.2f, uncropped %.2f\n", shifted, uncropped);
    double wider = made_up(0, 1.1, &uncropped);
    printf("only spread more: |t| %.2f\n", wider);
    /* By hand: means 2 and 4 of 100 times 1, 3 and 100 times 3, 5: t = -2 / sqrt(2 * (100 / 99) / 100). */
    welch w = {.n = {0}};
    for (int i = 0; i < 100; i++) {
        welch_add(&w, 0, i % 2 ? 1 : 3);
        welch_add(&w, 1, i % 2 ? 3 : 5);
    }
    double by_hand = fabs(welch_t(&w) + 2 / sqrt(2 * (100.0 / 99) / 100));
    bool right = same < suspicious_from && shifted > leak_from && shifted_uncropped < suspicious_from &&
                 wider > leak_from && by_hand < 1e-9;
    printf("%s\n", right ? "as it must be" : "WRONG");
    return !right;
}

/* ---- the program ---- */

static int usage(void)
{
    fprintf(stderr, "usage: ct_timing [OPERATION] [--seconds N] [--backend NAME] | --statistics\noperations:");
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        fprintf(stderr, " %s", operations[i].name);
    fprintf(stderr, "\n");
    return 2;
}

int main(int argc, char **argv)
{
    const char *name = NULL, *backend = NULL;
    double seconds = 20, n;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--statistics") == 0)
            return check_statistics();
        if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc)
            seconds = strtod(argv[++i], NULL);
        else if (strcmp(argv[i], "--backend") == 0 && i + 1 < argc)
            backend = argv[++i];
        else if (argv[i][0] != '-' && name == NULL)
            name = argv[i];
        else
            return usage();
    }
    bool known = name == NULL;
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        known = known || strcmp(name, operations[i].name) == 0;
    if (!known || seconds <= 0)
        return usage();
    if (backend != NULL) {
        need(backend_runs_here(backend), "this processor runs no such back end: it");
        NEED(backend_force(backend) == ERR_OK);
    }

    prepare_common();
    double t = measure(&leaky, 2, &n);
    printf("%-12s %-4s %9.0f measurements  |t| %6.2f  %s\n", "self-check", backend_current(), n, t,
           t > leak_from ? "the leak is found" : "the leak is NOT found: the rest says nothing");
    if (t <= leak_from)
        return 2;
    bool found = false;
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (name == NULL || strcmp(name, operations[i].name) == 0)
            found |= report(&operations[i], seconds);
    return found;
}
