/* A certificate for TLS on the loopback. */
#ifndef YIQIAN_TESTS_HTTP_SELF_SIGNED_H
#define YIQIAN_TESTS_HTTP_SELF_SIGNED_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

/* The PEM texts of a P-256 key and a certificate that it signs itself, for 127.0.0.1. */
static inline void self_signed_make(char *certificate, char *key, size_t cap)
{
    EVP_PKEY *pair = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    X509_NAME *name = X509_get_subject_name(x);
    assert_true(X509_set_version(x, 2) && ASN1_INTEGER_set(X509_get_serialNumber(x), 1));
    assert_true(X509_gmtime_adj(X509_getm_notBefore(x), -60) && X509_gmtime_adj(X509_getm_notAfter(x), 3600));
    assert_true(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0));
    assert_true(X509_set_issuer_name(x, name) && X509_set_pubkey(x, pair));
    X509_EXTENSION *alternative = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
    assert_true(X509_add_ext(x, alternative, -1) && X509_sign(x, pair, EVP_sha256()) > 0);
    BIO *out = BIO_new(BIO_s_mem());
    assert_true(PEM_write_bio_X509(out, x));
    certificate[BIO_read(out, certificate, (int)cap - 1)] = 0;
    assert_true(PEM_write_bio_PrivateKey(out, pair, NULL, NULL, 0, NULL, NULL));
    key[BIO_read(out, key, (int)cap - 1)] = 0;
    BIO_free(out);
    X509_EXTENSION_free(alternative);
    X509_free(x);
    EVP_PKEY_free(pair);
}

#endif
