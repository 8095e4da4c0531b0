/* What the tests of pki sign with: keys made from a seed, so that every run has the same ones, and templates for certificates. */
#ifndef YIQIAN_TESTS_PKI_AUTHORITY_H
#define YIQIAN_TESTS_PKI_AUTHORITY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/sm3.h"
#include "pki/cert.h"
#include "pki/signed.h"

#define AUTHORITY_NOW INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */
#define AUTHORITY_DAY INT64_C(86400000)

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define OCTETS(literal) bytes_of(literal, sizeof(literal) - 1)

typedef struct identity {
    sm2_private key;
    signer *sign;
    uint8_t name_room[256];
    bytes name;
    uint8_t key_id[CERT_KEY_ID_SIZE];
} identity;

/* Not random, and need not be: nothing here is secret. */
static inline err authority_fill(void *ctx, uint8_t *out, size_t n)
{
    uint32_t *counter = ctx;
    for (size_t i = 0; i < n; i++) {
        uint8_t block[SM3_SIZE], be[4];
        store_u32be(be, (*counter)++);
        sm3(block, be, sizeof be);
        out[i] = block[0];
    }
    return ERR_OK;
}

static inline const entropy *authority_entropy(void)
{
    static uint32_t counter;
    static const entropy source = {authority_fill, &counter};
    return &source;
}

static inline void identity_make(identity *id, uint8_t seed, const char *common_name)
{
    uint8_t d[32];
    sm3(d, &seed, 1);
    d[0] &= 0x7f; /* below n */
    assert_int_equal(sm2_private_from_bytes(&id->key, d), ERR_OK);
    id->sign = signer_in_memory(&id->key, authority_entropy());
    assert_non_null(id->sign);
    name_field fields[] = {{OID_COUNTRY, "CN"}, {OID_ORGANIZATION, "仁济示范医院"}, {OID_COMMON_NAME, common_name}};
    buffer b = buffer_over(id->name_room, sizeof id->name_room);
    assert_int_equal(name_build(&b, fields, COUNT(fields)), ERR_OK);
    id->name = bytes_of(b.p, b.n);
    cert_key_id(id->key_id, id->key.public_key);
}

static inline void identity_drop(identity *id)
{
    signer_destroy(id->sign);
    sm2_private_wipe(&id->key);
}

/* Valid from a day before AUTHORITY_NOW for a year. */
static inline cert_template authority_template(const identity *issuer, const identity *subject, cert_profile profile)
{
    return (cert_template){.serial = {0x4d, 0x01, (uint8_t)profile},
                           .serial_n = 3,
                           .issuer = issuer->name,
                           .subject = subject->name,
                           .public_key = subject->key.public_key,
                           .not_before_ms = AUTHORITY_NOW - AUTHORITY_DAY,
                           .not_after_ms = AUTHORITY_NOW + 364 * AUTHORITY_DAY,
                           .profile = profile};
}

enum { AUTHORITY_ROOM = 2048 };

static inline bytes authority_issue(uint8_t room[AUTHORITY_ROOM], const cert_template *t, const identity *issuer)
{
    buffer b = buffer_over(room, AUTHORITY_ROOM);
    assert_int_equal(cert_issue(&b, t, issuer->sign), ERR_OK);
    return bytes_of(b.p, b.n);
}

static inline cert authority_parse(bytes der)
{
    cert c;
    assert_int_equal(cert_parse(&c, der), ERR_OK);
    return c;
}

/* A certificate with octets of its tbs exchanged for others (as many), and signed anew: what cert_issue would not write. */
static inline bytes authority_patch(uint8_t room[AUTHORITY_ROOM], bytes der, bytes from, bytes to,
                                    const identity *issuer)
{
    uint8_t tbs[AUTHORITY_ROOM];
    cert c = authority_parse(der);
    size_t at = 0;
    assert_int_equal(from.n, to.n);
    memcpy(tbs, c.tbs.p, c.tbs.n);
    while (at + from.n <= c.tbs.n && memcmp(tbs + at, from.p, from.n) != 0)
        at++;
    assert_true(at + from.n <= c.tbs.n);
    memcpy(tbs + at, to.p, to.n);
    buffer b = buffer_over(room, AUTHORITY_ROOM);
    size_t whole = der_open(&b, DER_SEQUENCE), start = b.n;
    buffer_put(&b, tbs, c.tbs.n);
    assert_int_equal(signed_finish(&b, start, issuer->sign), ERR_OK);
    der_close(&b, whole);
    return bytes_of(b.p, b.n);
}

#endif
