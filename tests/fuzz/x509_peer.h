/* What the harnesses of certificates, requests and lists compare with OpenSSL. It reads BER with tolerance, so whatever our strict readers
 * take it should take too. It refuses three things that ours pass over unread because nothing here uses them: attribute values of names
 * (name_check says so), algorithm parameters of other algorithms, and the unique identifiers of version 2. */
#ifndef YIQIAN_TESTS_FUZZ_X509_PEER_H
#define YIQIAN_TESTS_FUZZ_X509_PEER_H

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "asn1/name.h"
#include "base/text.h"
#include "fuzz.h"

static inline bool peer_takes_name(bytes name)
{
    const uint8_t *at = name.p;
    X509_NAME *peer = d2i_X509_NAME(NULL, &at, (long)name.n);
    bool taken = peer && at == name.p + name.n;
    X509_NAME_free(peer);
    ERR_clear_error();
    return taken;
}

/* Whether OpenSSL takes the value of the reader's next AlgorithmIdentifier or SubjectPublicKeyInfo. */
static inline bool peer_takes_algorithm(bytes whole)
{
    const uint8_t *at = whole.p;
    X509_ALGOR *peer = d2i_X509_ALGOR(NULL, &at, (long)whole.n);
    bool taken = peer && at == whole.p + whole.n;
    X509_ALGOR_free(peer);
    ERR_clear_error();
    return taken;
}

static inline bool peer_takes_key(bytes whole)
{
    const uint8_t *at = whole.p;
    X509_PUBKEY *peer = d2i_X509_PUBKEY(NULL, &at, (long)whole.n);
    bool taken = peer && at == whole.p + whole.n;
    X509_PUBKEY_free(peer);
    ERR_clear_error();
    return taken;
}

/* The algorithm that stands after the tbs. */
static inline bytes peer_algorithm(bytes der)
{
    der_reader outer = der_reader_over(der), sequence;
    bytes algorithm = {NULL, 0};
    CHECK(der_enter(&outer, &sequence, DER_SEQUENCE) == ERR_OK);
    CHECK(der_any(&sequence, NULL, NULL, NULL) == ERR_OK && der_any(&sequence, NULL, NULL, &algorithm) == ERR_OK);
    return algorithm;
}

static inline int64_t peer_time(const ASN1_TIME *time)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    struct tm t;
    CHECK(ASN1_TIME_to_tm(time, &t) == 1);
    int64_t year = t.tm_year + 1900, y = t.tm_mon > 1 ? year : year - 1;
    int64_t days = year * 365 + y / 4 - y / 100 + y / 400 + before[t.tm_mon] + t.tm_mday - 1;
    return (((days - 719527) * 24 + t.tm_hour) * 60 + t.tm_min) * INT64_C(60000) + t.tm_sec * INT64_C(1000);
}

static inline void peer_check_number(const ASN1_INTEGER *number, bytes magnitude)
{
    uint8_t room[64];
    BIGNUM *value = ASN1_INTEGER_to_BN(number, NULL);
    CHECK(value && !BN_is_negative(value) && magnitude.n <= sizeof room);
    CHECK(BN_bn2binpad(value, room, (int)magnitude.n) == (int)magnitude.n);
    CHECK(bytes_equal(bytes_of(room, magnitude.n), magnitude));
    BN_free(value);
}

static inline void peer_check_name(const X509_NAME *name, bytes ours)
{
    const uint8_t *der;
    size_t n;
    CHECK(X509_NAME_get0_der(name, &der, &n) == 1 && bytes_equal(bytes_of(der, n), ours));
}

/* A name as text is UTF-8 without control characters, safe in a log. */
static inline void peer_check_name_text(bytes name)
{
    static uint8_t room[1 << 17];
    buffer text = buffer_over(room, sizeof room);
    if (name_text(&text, name) != ERR_OK)
        return;
    CHECK(utf8_valid((const char *)text.p, text.n));
    for (size_t i = 0; i < text.n; i++)
        CHECK(text.p[i] >= 0x20 && text.p[i] != 0x7f);
}

#endif
