/* bench_sm2 [--json] [--backend NAME]: SM2, SM3 and the server side of one co-signature on one core, beside OpenSSL's SM2, SM3 and
 * P-256; 32 random bytes beside OpenSSL's and the kernel's.
 * Everything is measured in turn in short rounds, and of each the best round counts: so a neighbour's load in one moment hits
 * one round, not one contestant. Time is this thread's processor time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "crypto/backend.h"
#include "crypto/drbg.h"
#include "crypto/sm2.h"
#include "crypto/sm3.h"
#include "mpc/mpc_device.h"
#include "mpc/mpc_server.h"
#include "os/entropy.h"

enum { ROUNDS = 9 };
static const double round_seconds = 0.06;
static const entropy seed = {os_entropy_fill, NULL};
static drbg generator;
static const entropy rng = {drbg_fill, &generator};

static void need(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench_sm2: %s failed\n", what);
    exit(1);
}

#define NEED(call) need(call, #call)

/* ---- ours ---- */

static struct {
    sm2_private key;
    uint8_t e[32], rs[64];
    point p;
    point_prepared prepared;
    scalar k;
} own;

static void own_prepare(void)
{
    NEED(sm2_private_generate(&own.key, &rng) == ERR_OK);
    NEED(os_entropy_fill(NULL, own.e, sizeof own.e) == ERR_OK);
    NEED(sm2_sign(own.rs, &own.key, own.e, &rng) == ERR_OK);
    NEED(point_from_bytes(&own.p, own.key.public_key) == ERR_OK);
    point_prepare_var(&own.prepared, &own.p);
    NEED(scalar_random(&own.k, &rng) == ERR_OK);
}

static void own_sign(void)
{
    NEED(sm2_sign(own.rs, &own.key, own.e, &rng) == ERR_OK);
}

/* From the bytes of the key: nothing about it is known beforehand. */
static void own_verify(void)
{
    NEED(sm2_verify_bytes(own.key.public_key, own.e, own.rs) == ERR_OK);
}

/* A key that verifies often. */
static void own_verify_prepared(void)
{
    NEED(sm2_verify_prepared(&own.prepared, own.e, own.rs) == ERR_OK);
}

static void own_base(void)
{
    point r;
    point_mul_base(&r, &own.k);
    NEED(!point_is_infinity(&r));
}

static void own_multiple(void)
{
    point r;
    point_mul(&r, &own.k, &own.p);
    NEED(!point_is_infinity(&r));
}

/* ---- a co-signature: the device's part once, the server's part measured ---- */

static struct {
    mpc_server_share share;
    mpc_sign_request request;
    mpc_sign_item item;
    uint8_t rs[64];
    point public_key;
    point_prepared prepared;
} joint;

static void joint_prepare(void)
{
    static const uint8_t id[MPC_ID] = {1};
    mpc_keygen_request keygen;
    mpc_keygen_answer assigned;
    mpc_device_session *session;
    scalar d1;
    NEED(mpc_device_keygen(&d1, &keygen, id, &rng) == ERR_OK);
    NEED(mpc_server_keygen(&joint.share, &assigned, &keygen, id, &rng) == ERR_OK);
    NEED(point_from_bytes(&joint.public_key, assigned.P) == ERR_OK);
    point_prepare_var(&joint.prepared, &joint.public_key);

    joint.request = (mpc_sign_request){.m = 1, .items = &joint.item};
    memcpy(joint.request.key_id, id, sizeof id);
    NEED(os_entropy_fill(NULL, joint.request.sid, MPC_ID) == ERR_OK);
    memcpy(joint.item.e, own.e, sizeof own.e);
    NEED(mpc_device_sign(&session, &joint.request, &d1, assigned.P, &rng) == ERR_OK);

    point_odd scratch[2];
    mpc_server_checked checked;
    mpc_sign_answer answer;
    NEED(mpc_server_sign_check(&checked, scratch, &joint.share, &joint.request) == ERR_OK);
    NEED(mpc_server_sign_answer(&answer, &joint.share, &joint.request, &checked, &rng) == ERR_OK);
    NEED(mpc_device_finish(session, &joint.rs, &answer, 1) == ERR_OK);
    mpc_device_session_destroy(session);
    scalar_wipe(&d1);
}

static void joint_answer(void)
{
    point_odd scratch[2];
    mpc_server_checked checked;
    mpc_sign_answer answer;
    NEED(mpc_server_sign_check(&checked, scratch, &joint.share, &joint.request) == ERR_OK);
    NEED(mpc_server_sign_answer(&answer, &joint.share, &joint.request, &checked, &rng) == ERR_OK);
}

/* Proof, answer, and the verification of what the device sends back: of a key seen for the first time, and of one that signs
 * often, as the server does it. */
static void joint_server(void)
{
    joint_answer();
    NEED(sm2_verify(&joint.public_key, joint.item.e, joint.rs) == ERR_OK);
}

static void joint_server_prepared(void)
{
    joint_answer();
    NEED(sm2_verify_prepared(&joint.prepared, joint.item.e, joint.rs) == ERR_OK);
}

/* ---- OpenSSL ---- */

typedef struct peer {
    EVP_PKEY *key;
    EVP_PKEY_CTX *sign, *verify;
    uint8_t signature[80];
    size_t signature_n;
    EC_GROUP *group;
    EC_POINT *p, *r;
    BIGNUM *k;
    BN_CTX *ctx;
} peer;

static peer sm2, p256;

static void peer_prepare(peer *x, const char *type, const char *curve, int nid)
{
    uint8_t k[32];
    char name[16];
    (void)snprintf(name, sizeof name, "%s", curve);
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0),
                                 OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    NEED(EVP_PKEY_keygen_init(make) == 1);
    NEED(EVP_PKEY_CTX_set_params(make, params) == 1);
    NEED(EVP_PKEY_generate(make, &x->key) == 1);
    EVP_PKEY_CTX_free(make);
    x->sign = EVP_PKEY_CTX_new(x->key, NULL);
    x->verify = EVP_PKEY_CTX_new(x->key, NULL);
    NEED(EVP_PKEY_sign_init(x->sign) == 1);
    NEED(EVP_PKEY_verify_init(x->verify) == 1);

    scalar_to_bytes(k, &own.k);
    x->group = EC_GROUP_new_by_curve_name(nid);
    x->ctx = BN_CTX_new();
    x->k = BN_bin2bn(k, sizeof k, NULL);
    x->p = EC_POINT_new(x->group);
    x->r = EC_POINT_new(x->group);
    NEED(EC_POINT_mul(x->group, x->p, x->k, NULL, NULL, x->ctx) == 1);
}

static void peer_release(peer *x)
{
    EVP_PKEY_CTX_free(x->sign);
    EVP_PKEY_CTX_free(x->verify);
    EVP_PKEY_free(x->key);
    EC_POINT_free(x->p);
    EC_POINT_free(x->r);
    EC_GROUP_free(x->group);
    BN_free(x->k);
    BN_CTX_free(x->ctx);
}

static void peer_sign(peer *x)
{
    x->signature_n = sizeof x->signature;
    NEED(EVP_PKEY_sign(x->sign, x->signature, &x->signature_n, own.e, sizeof own.e) == 1);
}

static void peer_verify(peer *x)
{
    NEED(EVP_PKEY_verify(x->verify, x->signature, x->signature_n, own.e, sizeof own.e) == 1);
}

static void peer_base(peer *x)
{
    NEED(EC_POINT_mul(x->group, x->r, x->k, NULL, NULL, x->ctx) == 1);
}

static void peer_multiple(peer *x)
{
    NEED(EC_POINT_mul(x->group, x->r, NULL, x->p, x->k, x->ctx) == 1);
}

#define OF_BOTH(operation)                                                                                             \
    static void openssl_##operation(void)                                                                              \
    {                                                                                                                  \
        peer_##operation(&sm2);                                                                                        \
    }                                                                                                                  \
    static void p256_##operation(void)                                                                                 \
    {                                                                                                                  \
        peer_##operation(&p256);                                                                                       \
    }
OF_BOTH(sign)
OF_BOTH(verify)
OF_BOTH(base)
OF_BOTH(multiple)

/* ---- SM3 ---- */

enum { LONG = 16384, SHORT = 64 };
static uint8_t text[LONG];

static void own_sm3(size_t n)
{
    uint8_t out[SM3_SIZE];
    sm3(out, text, n);
    text[0] = out[0];
}

static void peer_sm3(size_t n)
{
    static EVP_MD *method;
    static EVP_MD_CTX *ctx;
    uint8_t out[SM3_SIZE];
    if (!method) {
        method = EVP_MD_fetch(NULL, "SM3", NULL);
        ctx = EVP_MD_CTX_new();
    }
    NEED(EVP_DigestInit_ex2(ctx, method, NULL) == 1);
    NEED(EVP_DigestUpdate(ctx, text, n) == 1);
    NEED(EVP_DigestFinal_ex(ctx, out, NULL) == 1);
    text[0] = out[0];
}

static void own_sm3_long(void)
{
    own_sm3(LONG);
}

static void own_sm3_short(void)
{
    own_sm3(SHORT);
}

static void peer_sm3_long(void)
{
    peer_sm3(LONG);
}

static void peer_sm3_short(void)
{
    peer_sm3(SHORT);
}

/* ---- 32 random bytes, what a nonce takes: ours, and the system call itself ---- */

static void own_random(void)
{
    uint8_t out[32];
    NEED(drbg_fill(&generator, out, sizeof out) == ERR_OK);
    text[0] = out[0];
}

static void system_random(void)
{
    uint8_t out[32];
    NEED(os_entropy_fill(NULL, out, sizeof out) == ERR_OK);
    text[0] = out[0];
}

static void openssl_random(void)
{
    uint8_t out[32];
    NEED(RAND_priv_bytes(out, sizeof out) == 1);
    text[0] = out[0];
}

/* ---- the table and the rounds ---- */

enum { YIQIAN, OPENSSL, OPENSSL_P256, SYSTEM, CONTESTANTS };
static const char *const contestants[CONTESTANTS] = {"yiqian", "openssl", "openssl_p256", "getrandom"};

/* scale turns calls a second into the unit. */
static const struct {
    const char *name, *unit;
    double scale;
    void (*run[CONTESTANTS])(void);
} rows[] = {
    {"sign", "1/s", 1, {own_sign, openssl_sign, p256_sign}},
    {"verify", "1/s", 1, {own_verify, openssl_verify, p256_verify}},
    {"verify_known", "1/s", 1, {own_verify_prepared, openssl_verify, p256_verify}},
    {"mul_base", "1/s", 1, {own_base, openssl_base, p256_base}},
    {"mul_point", "1/s", 1, {own_multiple, openssl_multiple, p256_multiple}},
    {"sm3_16k", "MB/s", LONG / 1e6, {own_sm3_long, peer_sm3_long, NULL}},
    {"sm3_64", "MB/s", SHORT / 1e6, {own_sm3_short, peer_sm3_short, NULL}},
    {"random_32", "1/s", 1, {own_random, openssl_random, NULL, system_random}},
    {"cosign_new", "1/s", 1, {joint_server, NULL, NULL}},
    {"cosign_server", "1/s", 1, {joint_server_prepared, NULL, NULL}},
};
enum { ROWS = sizeof rows / sizeof rows[0], COSIGN = ROWS - 1, RANDOM = ROWS - 3 };

static double best[ROWS][CONTESTANTS];

static double now(void)
{
    struct timespec t;
    NEED(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Calls a second over at least round_seconds. */
static double rate(void (*run)(void))
{
    double start = now(), elapsed = 0, calls = 0;
    for (int batch = 1; elapsed < round_seconds; batch *= 2) {
        for (int i = 0; i < batch; i++)
            run();
        calls += batch;
        elapsed = now() - start;
    }
    return calls / elapsed;
}

static void measure(void)
{
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t row = 0; row < ROWS; row++) {
            for (int c = 0; c < CONTESTANTS; c++) {
                if (!rows[row].run[c])
                    continue;
                double figure = rate(rows[row].run[c]) * rows[row].scale;
                if (figure > best[row][c])
                    best[row][c] = figure;
            }
        }
    }
}

static void print_cell(int width, int digits, double figure)
{
    if (figure > 0)
        printf(" %*.*f", width, digits, figure);
    else
        printf(" %*s", width, "-");
}

static double ratio(size_t row, int c)
{
    return best[row][c] > 0 ? best[row][YIQIAN] / best[row][c] : 0;
}

static void print_table(void)
{
    printf("back end %s\n", backend_current());
    printf("%-14s %-5s %10s %10s %14s %10s %8s\n", "one core", "", "yiqian", "OpenSSL", "OpenSSL P-256", "x OpenSSL",
           "x P-256");
    for (size_t row = 0; row < ROWS; row++) {
        printf("%-14s %-5s", rows[row].name, rows[row].unit);
        print_cell(10, 0, best[row][YIQIAN]);
        print_cell(10, 0, best[row][OPENSSL]);
        print_cell(14, 0, best[row][OPENSSL_P256]);
        print_cell(10, 2, ratio(row, OPENSSL));
        print_cell(8, 2, ratio(row, OPENSSL_P256));
        printf("\n");
    }
    printf("server side of one co-signature (proof, answer, final verification): %.0f us\n",
           1e6 / best[COSIGN][YIQIAN]);
    printf("32 random bytes: %.0f ns, by getrandom %.0f ns\n", 1e9 / best[RANDOM][YIQIAN], 1e9 / best[RANDOM][SYSTEM]);
}

/* {"benchmark", "figures": {row: {"unit", contestant: n, ...}}, "ratios": {row: {contestant: yiqian / contestant}}} */
static void print_json(void)
{
    json_t *figures = json_object(), *ratios = json_object();
    for (size_t row = 0; row < ROWS; row++) {
        json_t *figure = json_pack("{s:s}", "unit", rows[row].unit), *against = json_object();
        for (int c = 0; c < CONTESTANTS; c++) {
            if (best[row][c] > 0)
                NEED(json_object_set_new(figure, contestants[c], json_real(best[row][c])) == 0);
            if (best[row][c] > 0 && c != YIQIAN)
                NEED(json_object_set_new(against, contestants[c], json_real(ratio(row, c))) == 0);
        }
        NEED(json_object_set_new(figures, rows[row].name, figure) == 0);
        NEED(json_object_set_new(ratios, rows[row].name, against) == 0);
    }
    NEED(json_object_set_new(json_object_get(figures, rows[COSIGN].name), "microseconds",
                             json_real(1e6 / best[COSIGN][YIQIAN])) == 0);
    json_t *all = json_pack("{s:s, s:s, s:o, s:o}", "benchmark", "sm2", "backend", backend_current(), "figures",
                            figures, "ratios", ratios);
    NEED(json_dumpf(all, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(6) | JSON_PRESERVE_ORDER) == 0);
    printf("\n");
    json_decref(all);
}

int main(int argc, char **argv)
{
    bool json = false, good = true;
    for (int i = 1; i < argc && good; i++) {
        if (strcmp(argv[i], "--json") == 0)
            json = true;
        else
            good = strcmp(argv[i], "--backend") == 0 && ++i < argc && backend_force(argv[i]) == ERR_OK;
    }
    if (!good) {
        fprintf(stderr, "usage: bench_sm2 [--json] [--backend adx|64|32]\n");
        return 2;
    }
    const atomic_uint *forks;
    NEED(os_entropy_forks(&forks) == ERR_OK);
    NEED(drbg_open(&generator, &seed, forks) == ERR_OK);
    own_prepare();
    joint_prepare();
    peer_prepare(&sm2, "SM2", "SM2", NID_sm2);
    peer_prepare(&p256, "EC", "P-256", NID_X9_62_prime256v1);
    measure();
    if (json)
        print_json();
    else
        print_table();
    peer_release(&sm2);
    peer_release(&p256);
    return 0;
}
