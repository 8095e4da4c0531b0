/* tsa_peer answer DIR  makes a timestamp unit of each algorithm (DIR/{sm2,p256,rsa}.cer below DIR/{sm2,p256,rsa}_root.cer, DER) and answers
 *                      each request DIR/NAME.tsq with DIR/NAME.tsr, a grant or a refusal. The name says how:
 *                      ALGORITHM-PROFILE-DIGITS-ORDERING-ACCURACY-TIME[-...], "rsa-rfc-3-0-1002003-1790000000123456-7"
 * tsa_peer cost N      CPU microseconds of a token of each algorithm, over N of them, and of the bare SM2 signature */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keystore/openssl_key.h"
#include "os/clock.h"
#include "os/entropy.h"
#include "os/file.h"
#include "tsa/response.h"
#include "tsa/token.h"

#define BEGIN INT64_C(1577836800000) /* 2020-01-01T00:00:00Z */
#define END INT64_C(2524608000000)   /* 2050-01-01T00:00:00Z */

enum { ALGORITHMS = SIGNER_RSA + 1, DIGITS = TSA_TIME_DIGITS_MAX + 1 };

static const entropy rng = {os_entropy_fill, NULL};
static const char *const algorithm_names[ALGORITHMS] = {"sm2", "p256", "rsa"};

static void expect(const char *what, const char *name, bool holds)
{
    if (holds)
        return;
    fprintf(stderr, "tsa_peer: %s %s\n", what, name);
    exit(1);
}

static void check(const char *what, const char *name, err e)
{
    if (e != ERR_OK)
        fprintf(stderr, "tsa_peer: %s\n", err_code(e));
    expect(what, name, e == ERR_OK);
}

/* ---- the units ---- */

typedef struct unit {
    signer *root_key, *key;
    bytes root, certificate;
    tsa_issuer *issuers[2][DIGITS]; /* by ordering and digits; made when asked for */
} unit;

static signer *new_key(signer_algorithm algorithm)
{
    signer *s = NULL;
    if (algorithm == SIGNER_SM2) {
        sm2_private key;
        check("key", "sm2", sm2_private_generate(&key, &rng));
        s = signer_in_memory(&key, &rng);
        sm2_private_wipe(&key);
    } else {
        uint8_t pkcs8[OPENSSL_KEY_MAX];
        size_t n;
        check("key", algorithm_names[algorithm], openssl_key_generate(algorithm, pkcs8, &n));
        check("key", algorithm_names[algorithm], openssl_key_signer(&s, bytes_of(pkcs8, n)));
    }
    expect("memory", "key", s);
    return s;
}

static bytes new_name(arena *a, const char *common_name)
{
    name_field fields[] = {{OID_COUNTRY, "CN"}, {OID_ORGANIZATION, "仁济示范医院"}, {OID_COMMON_NAME, common_name}};
    buffer b = buffer_over(arena_alloc(a, 256), 256);
    expect("memory", common_name, b.p);
    check("name", common_name, name_build(&b, fields, 3));
    return bytes_of(b.p, b.n);
}

static bytes new_certificate(arena *a, bytes issuer, bytes subject, signer *ca, const signer *of, cert_profile profile)
{
    cert_template t = {.serial_n = CERT_SERIAL_SIZE,
                       .issuer = issuer,
                       .subject = subject,
                       .public_key = of->public_key,
                       .spki = of->spki,
                       .not_before_ms = BEGIN,
                       .not_after_ms = END,
                       .profile = profile};
    check("serial", "", cert_serial_generate(t.serial, &rng));
    size_t cap = cert_size_max(&t);
    buffer b = buffer_over(arena_alloc(a, cap), cap);
    expect("memory", "certificate", b.p);
    check("certificate", "", cert_issue(&b, &t, ca));
    return bytes_of(b.p, b.n);
}

static void unit_make(arena *a, unit *u, signer_algorithm algorithm)
{
    bytes root = new_name(a, "时间戳根CA"), name = new_name(a, "时间戳服务器");
    *u = (unit){.root_key = new_key(algorithm), .key = new_key(algorithm)};
    u->root = new_certificate(a, root, root, u->root_key, u->root_key, CERT_ROOT);
    u->certificate = new_certificate(a, root, name, u->root_key, u->key, CERT_TIMESTAMP);
}

static tsa_issuer *unit_issuer(unit *u, bool ordering, unsigned digits)
{
    tsa_issuer **issuer = &u->issuers[ordering][digits];
    const tsa_issuer_options options = {.signer = u->key,
                                        .certificate = u->certificate,
                                        .chain = &u->root,
                                        .chain_n = 1,
                                        .ordering = ordering,
                                        .time_digits = digits};
    if (!*issuer)
        check("unit", "", tsa_issuer_create(issuer, &options));
    return *issuer;
}

static void unit_drop(unit *u)
{
    for (size_t i = 0; i < 2 * DIGITS; i++)
        tsa_issuer_destroy(u->issuers[i / DIGITS][i % DIGITS]);
    signer_destroy(u->key);
    signer_destroy(u->root_key);
}

/* ---- answering ---- */

typedef struct asked {
    signer_algorithm algorithm;
    cms_profile profile;
    unsigned digits, ordering;
    unsigned long long accuracy_us;
    long long time_us;
} asked;

static asked asked_by(const char *name)
{
    asked a = {.algorithm = SIGNER_SM2};
    bool known = false;
    char algorithm[8], profile[8];
    int n = sscanf(name, "%7[a-z0-9]-%7[a-z]-%u-%u-%llu-%lld", algorithm, profile, &a.digits, &a.ordering,
                   &a.accuracy_us, &a.time_us);
    expect("the name", name, n == 6);
    for (size_t i = 0; i < ALGORITHMS; i++) {
        if (strcmp(algorithm, algorithm_names[i]) != 0)
            continue;
        a.algorithm = (signer_algorithm)i;
        known = true;
    }
    a.profile = strcmp(profile, "gm") == 0 ? CMS_GM : CMS_RFC;
    expect("the name", name, known && a.digits < DIGITS && a.ordering < 2);
    return a;
}

static void grant(buffer *out, unit *units, const asked *a, const tsa_request *r, tsa_serials *serials)
{
    uint8_t room[TSA_TOKEN_MAX], signature[TSA_SIGNATURE_MAX];
    size_t n;
    buffer token = buffer_over(room, sizeof room);
    tsa_statement s = {.profile = a->profile,
                       .policy = r->policy,
                       .hash = r->hash,
                       .imprint = r->imprint,
                       .time_us = a->time_us,
                       .accuracy_us = a->accuracy_us,
                       .nonce = r->nonce};
    if (s.policy.n == 0)
        s.policy = oid_octets(a->profile == CMS_GM ? OID_POLICY_GM : OID_POLICY_RFC);
    check("serial", "", tsa_serial_next(serials, a->time_us / 1000, s.serial));
    tsa_issuer *issuer = unit_issuer(&units[a->algorithm], a->ordering, a->digits);
    check("token", "", tsa_token_issue(&token, issuer, &s, r->certificates, signature, &n));
    check("response", "", tsa_response_granted(out, bytes_of(token.p, token.n)));
}

static void answer_one(arena *memory, const char *dir, const char *file, unit *units, tsa_serials *serials)
{
    uint8_t room[TSA_TOKEN_MAX + TSA_RESPONSE_OVERHEAD];
    buffer out = buffer_over(room, sizeof room);
    char *path = arena_printf(memory, "%s/%s", dir, file);
    bytes der;
    tsa_request request;
    tsa_failure why;
    expect("memory", file, path);
    check("read", file, file_read(memory, path, 1 << 20, &der));
    const asked a = asked_by(file);
    if (tsa_request_read(&request, der, &why) == ERR_OK)
        grant(&out, units, &a, &request, serials);
    else
        check("refuse", file, tsa_response_refused(&out, why, "请求被拒绝 request refused"));
    path[strlen(path) - 1] = 'r';
    check("write", file, file_write(path, out.p, out.n, 0644));
}

static void write_certificate(arena *memory, const char *dir, const char *name, const char *end, bytes der)
{
    char *path = arena_printf(memory, "%s/%s%s.cer", dir, name, end);
    expect("memory", name, path);
    check("write", name, file_write(path, der.p, der.n, 0644));
}

static void answer(const char *dir)
{
    unit units[ALGORITHMS];
    tsa_serials *serials;
    arena *lasting = arena_create(1 << 16), *memory = arena_create(1 << 22);
    DIR *files = opendir(dir);
    expect("memory", dir, lasting && memory && files);
    check("serials", "", tsa_serials_create(&serials, &rng));
    for (size_t i = 0; i < ALGORITHMS; i++) {
        unit_make(lasting, &units[i], (signer_algorithm)i);
        write_certificate(memory, dir, algorithm_names[i], "", units[i].certificate);
        write_certificate(memory, dir, algorithm_names[i], "_root", units[i].root);
    }
    for (struct dirent *file = readdir(files); file; file = readdir(files)) {
        size_t n = strlen(file->d_name);
        arena_reset(memory);
        if (n > 4 && strcmp(file->d_name + n - 4, ".tsq") == 0)
            answer_one(memory, dir, file->d_name, units, serials);
    }
    closedir(files);
    for (size_t i = 0; i < ALGORITHMS; i++)
        unit_drop(&units[i]);
    tsa_serials_destroy(serials);
    arena_destroy(memory);
    arena_destroy(lasting);
}

/* ---- what it costs ---- */

static double cost_of_token(unit *u, unsigned long n)
{
    tsa_serials *serials;
    tsa_issuer *issuer = unit_issuer(u, false, 6);
    uint8_t room[TSA_TOKEN_MAX], signature[TSA_SIGNATURE_MAX], imprint[32] = {1};
    size_t signature_n;
    tsa_statement s = {.profile = CMS_RFC,
                       .policy = oid_octets(OID_POLICY_RFC),
                       .hash = TSA_SM3,
                       .imprint = bytes_of(imprint, sizeof imprint),
                       .accuracy_us = 1500,
                       .nonce = bytes_of("\x12\x34\x56\x78\x9a\xbc\xde\xf0", 8)};
    check("serials", "", tsa_serials_create(&serials, &rng));
    uint64_t begin = clock_thread_cpu_ns();
    for (unsigned long i = 0; i < n; i++) {
        buffer b = buffer_over(room, sizeof room);
        s.time_us = (int64_t)(clock_unix_ns() / 1000);
        check("serial", "", tsa_serial_next(serials, s.time_us / 1000, s.serial));
        check("token", "", tsa_token_issue(&b, issuer, &s, true, signature, &signature_n));
    }
    uint64_t ns = clock_thread_cpu_ns() - begin;
    tsa_serials_destroy(serials);
    return (double)ns / 1000 / (double)n;
}

static double cost_of_signature(const unit *u, unsigned long n)
{
    uint8_t e[32] = {1}, rs[64];
    uint64_t begin = clock_thread_cpu_ns();
    for (unsigned long i = 0; i < n; i++) {
        check("sign", "", u->key->sign(u->key, e, rs));
        memcpy(e, rs, sizeof e);
    }
    return (double)(clock_thread_cpu_ns() - begin) / 1000 / (double)n;
}

static void cost(unsigned long n)
{
    arena *a = arena_create(1 << 16);
    expect("memory", "", a && n > 0);
    for (size_t i = 0; i < ALGORITHMS; i++) {
        unit u;
        unit_make(a, &u, (signer_algorithm)i);
        printf("%s: %.2f us a token", algorithm_names[i], cost_of_token(&u, n));
        if (i == SIGNER_SM2)
            printf(", %.2f us a bare signature", cost_of_signature(&u, n));
        printf("\n");
        unit_drop(&u);
    }
    arena_destroy(a);
}

int main(int argc, char **argv)
{
    expect("usage:", "tsa_peer answer DIR | cost N", argc == 3);
    if (strcmp(argv[1], "cost") == 0)
        cost(strtoul(argv[2], NULL, 10));
    else
        answer(argv[2]);
    return 0;
}
