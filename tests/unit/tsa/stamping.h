/* A timestamp unit of each algorithm, below a root of its own. */
#ifndef YIQIAN_TESTS_TSA_STAMPING_H
#define YIQIAN_TESTS_TSA_STAMPING_H

#include "keystore/openssl_key.h"
#include "tsa/token.h"
#include "unit/pki/authority.h"

enum { STAMPING_ALGORITHMS = SIGNER_RSA + 1, STAMPING_ROOM = 4096 };

typedef struct stamping {
    signer_algorithm algorithm;
    signer *root_key, *key;
    uint8_t root_room[STAMPING_ROOM], room[STAMPING_ROOM], name_room[2][256];
    bytes root, certificate;
} stamping;

static inline signer *stamping_key(signer_algorithm algorithm, uint8_t seed)
{
    signer *made = NULL;
    if (algorithm == SIGNER_SM2) {
        sm2_private key;
        uint8_t d[32];
        sm3(d, &seed, 1);
        d[0] &= 0x7f;
        assert_int_equal(sm2_private_from_bytes(&key, d), ERR_OK);
        made = signer_in_memory(&key, authority_entropy());
    } else {
        uint8_t pkcs8[OPENSSL_KEY_MAX];
        size_t n;
        assert_int_equal(openssl_key_generate(algorithm, pkcs8, &n), ERR_OK);
        assert_int_equal(openssl_key_signer(&made, bytes_of(pkcs8, n)), ERR_OK);
    }
    assert_non_null(made);
    return made;
}

static inline bytes stamping_name(uint8_t room[256], const char *common_name)
{
    name_field fields[] = {{OID_COUNTRY, "CN"}, {OID_ORGANIZATION, "仁济示范医院"}, {OID_COMMON_NAME, common_name}};
    buffer b = buffer_over(room, 256);
    assert_int_equal(name_build(&b, fields, COUNT(fields)), ERR_OK);
    return bytes_of(b.p, b.n);
}

static inline bytes stamping_issue(uint8_t room[STAMPING_ROOM], bytes issuer, bytes subject, signer *ca,
                                   const signer *of, cert_profile profile)
{
    cert_template t = {.serial = {0x5a, (uint8_t)profile},
                       .serial_n = 2,
                       .issuer = issuer,
                       .subject = subject,
                       .public_key = of->public_key,
                       .spki = of->spki,
                       .not_before_ms = AUTHORITY_NOW - AUTHORITY_DAY,
                       .not_after_ms = AUTHORITY_NOW + 3650 * AUTHORITY_DAY,
                       .profile = profile};
    buffer b = buffer_over(room, STAMPING_ROOM);
    assert_int_equal(cert_issue(&b, &t, ca), ERR_OK);
    return bytes_of(b.p, b.n);
}

static inline void stamping_make(stamping *s, signer_algorithm algorithm)
{
    s->algorithm = algorithm;
    s->root_key = stamping_key(algorithm, 1);
    s->key = stamping_key(algorithm, 2);
    bytes root = stamping_name(s->name_room[0], "时间戳根"), unit = stamping_name(s->name_room[1], "时间戳服务器");
    s->root = stamping_issue(s->root_room, root, root, s->root_key, s->root_key, CERT_ROOT);
    s->certificate = stamping_issue(s->room, root, unit, s->root_key, s->key, CERT_TIMESTAMP);
}

static inline void stamping_drop(stamping *s)
{
    signer_destroy(s->root_key);
    signer_destroy(s->key);
}

static inline tsa_issuer *stamping_issuer(const stamping *s, bool ordering, unsigned digits)
{
    tsa_issuer *issuer;
    const tsa_issuer_options options = {.signer = s->key,
                                        .certificate = s->certificate,
                                        .chain = &s->root,
                                        .chain_n = 1,
                                        .ordering = ordering,
                                        .time_digits = digits};
    assert_int_equal(tsa_issuer_create(&issuer, &options), ERR_OK);
    return issuer;
}

#endif
