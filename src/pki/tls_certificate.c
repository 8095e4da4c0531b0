#include "pki/tls_certificate.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

enum {
    SERIAL = 16,
    HOUR = 3600,
    DAY = 86400,
    NAME_MAX_BYTES = 253,
    LABEL_MAX = 63,
    COMMON_NAME_MAX = 64,
    VERSION_3 = 2
};

/* ---- names ---- */

bool tls_is_address(const char *text)
{
    uint8_t address[16];
    return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

static bool is_label(const char *p, size_t n)
{
    return n > 0 && n <= LABEL_MAX && strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789-") >= n && p[0] != '-' &&
           p[n - 1] != '-';
}

/* RFC 1123 2.1; a last label of digits alone is an address to browsers, or would be one. */
static bool is_name(const char *text)
{
    if (strlen(text) > NAME_MAX_BYTES)
        return false;
    for (const char *at = text;; at++) {
        size_t n = strcspn(at, ".");
        if (!is_label(at, n))
            return false;
        if (at[n] == '\0')
            return strspn(at, "0123456789") < n;
        at += n;
    }
}

err tls_names_check(const tls_names *names, const char **wrong)
{
    *wrong = NULL;
    if (names->names_n == 0 || names->names_n > TLS_NAMES_MAX || names->addresses_n > TLS_NAMES_MAX)
        return ERR_ARG;
    for (size_t i = 0; i < names->names_n; i++)
        if (!is_name(names->names[i])) {
            *wrong = names->names[i];
            return ERR_ARG;
        }
    for (size_t i = 0; i < names->addresses_n; i++)
        if (!tls_is_address(names->addresses[i])) {
            *wrong = names->addresses[i];
            return ERR_ARG;
        }
    return ERR_OK;
}

/* ---- PEM ---- */

static EVP_PKEY *read_key(const char *pem)
{
    BIO *in = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = in ? PEM_read_bio_PrivateKey(in, NULL, NULL, NULL) : NULL;
    BIO_free(in);
    return key;
}

static X509 *read_certificate(bytes pem)
{
    BIO *in = pem.n > 0 ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
    X509 *certificate = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
    BIO_free(in);
    return certificate;
}

static err write_certificate(arena *a, X509 *certificate, char **pem)
{
    char *data;
    BIO *out = BIO_new(BIO_s_mem());
    bool written = out && PEM_write_bio_X509(out, certificate) == 1;
    long n = written ? BIO_get_mem_data(out, &data) : 0;
    *pem = n > 0 ? arena_text(a, data, (size_t)n) : NULL;
    BIO_free(out);
    return *pem ? ERR_OK : ERR_MEMORY;
}

err tls_make_key(char out[TLS_KEY_PEM])
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    BIO *memory = BIO_new(BIO_s_secmem());
    char *data;
    err e = ERR_ENTROPY;
    if (key && memory && PEM_write_bio_PKCS8PrivateKey(memory, key, NULL, NULL, 0, NULL, NULL) == 1) {
        long n = BIO_get_mem_data(memory, &data);
        if (n > 0 && n < TLS_KEY_PEM) {
            memcpy(out, data, (size_t)n);
            out[n] = '\0';
            e = ERR_OK;
        }
    }
    BIO_free(memory);
    EVP_PKEY_free(key);
    return e;
}

/* ---- what both certificates have ---- */

static bool set_serial(X509 *certificate)
{
    uint8_t random[SERIAL];
    if (RAND_bytes(random, sizeof random) != 1)
        return false;
    random[0] = (uint8_t)((random[0] & 0x7f) | 0x40); /* positive, and as long as all others */
    BIGNUM *number = BN_bin2bn(random, sizeof random, NULL);
    bool set = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
    return set;
}

static bool set_period(X509 *certificate, int64_t from, int64_t until)
{
    return ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)from) &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)until);
}

/* OpenSSL's own notation; the values are made here, of names that were checked. */
static bool extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = value ? X509V3_EXT_conf_nid(NULL, &ctx, nid, value) : NULL;
    bool added = extension && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

static bool set_subject(X509 *certificate, const char *common_name)
{
    return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                      (const unsigned char *)common_name, -1, -1, 0) == 1;
}

static X509 *begin(EVP_PKEY *key, const char *common_name, int64_t from, int64_t until)
{
    X509 *certificate = X509_new();
    if (certificate && X509_set_version(certificate, VERSION_3) == 1 && set_serial(certificate) &&
        set_period(certificate, from, until) && X509_set_pubkey(certificate, key) == 1 &&
        set_subject(certificate, common_name))
        return certificate;
    X509_free(certificate);
    return NULL;
}

/* ---- the root ---- */

/* Every form is constrained that TLS asks for: where no address is named, none is allowed. */
static const char *constraints_of(arena *a, const tls_names *names)
{
    const char *text = names->addresses_n > 0 ? "critical" : "critical,excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:::/::";
    for (size_t i = 0; i < names->names_n && text; i++)
        text = arena_printf(a, "%s,permitted;DNS:%s", text, names->names[i]);
    for (size_t i = 0; i < names->addresses_n && text; i++)
        text = arena_printf(a, "%s,permitted;IP:%s/%s", text, names->addresses[i],
                            strchr(names->addresses[i], ':') ? "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
                                                             : "255.255.255.255");
    return text;
}

static X509 *build_root(arena *a, EVP_PKEY *key, const tls_names *names, int64_t now)
{
    char name[COMMON_NAME_MAX + 1];
    (void)snprintf(name, sizeof name, "yiqian TLS root, %s", names->names[0]);
    X509 *root = begin(key, name, now - HOUR, now + (int64_t)TLS_ROOT_DAYS * DAY);
    if (root && X509_set_issuer_name(root, X509_get_subject_name(root)) == 1 &&
        extend(root, root, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
        extend(root, root, NID_key_usage, "critical,keyCertSign,cRLSign") &&
        extend(root, root, NID_subject_key_identifier, "hash") &&
        extend(root, root, NID_name_constraints, constraints_of(a, names)) && X509_sign(root, key, EVP_sha256()) > 0)
        return root;
    X509_free(root);
    return NULL;
}

err tls_make_root(arena *a, const char *key_pem, const tls_names *names, int64_t now, char **pem)
{
    const char *wrong;
    TRY(tls_names_check(names, &wrong));
    EVP_PKEY *key = read_key(key_pem);
    X509 *root = key ? build_root(a, key, names, now) : NULL;
    err e = !key ? ERR_ARG : root ? write_certificate(a, root, pem) : ERR_MEMORY;
    X509_free(root);
    EVP_PKEY_free(key);
    return e;
}

/* ---- a server's ---- */

static const char *alternatives_of(arena *a, const tls_names *names)
{
    const char *text = "";
    for (size_t i = 0; i < names->names_n && text; i++)
        text = arena_printf(a, "%s%sDNS:%s", text, *text ? "," : "", names->names[i]);
    for (size_t i = 0; i < names->addresses_n && text; i++)
        text = arena_printf(a, "%s,IP:%s", text, names->addresses[i]);
    return text;
}

static bool has_names(const X509 *certificate)
{
    return X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1) >= 0;
}

/* The names of the certificate before are taken over as they are. */
static bool take_over(X509 *certificate, X509 *before)
{
    int at = X509_get_ext_by_NID(before, NID_subject_alt_name, -1);
    return X509_set_subject_name(certificate, X509_get_subject_name(before)) == 1 &&
           X509_add_ext(certificate, X509_get_ext(before, at), -1) == 1;
}

typedef struct order {
    X509 *root, *before; /* before: NULL where there are names */
    EVP_PKEY *root_key, *key;
    const tls_names *names;
    int64_t from, until;
} order;

static X509 *build_server(arena *a, const order *o)
{
    const char *name = o->names && strlen(o->names->names[0]) <= COMMON_NAME_MAX ? o->names->names[0] : "yiqian";
    X509 *certificate = begin(o->key, name, o->from, o->until);
    if (certificate && X509_set_issuer_name(certificate, X509_get_subject_name(o->root)) == 1 &&
        extend(certificate, o->root, NID_basic_constraints, "critical,CA:FALSE") &&
        extend(certificate, o->root, NID_key_usage, "critical,digitalSignature") &&
        extend(certificate, o->root, NID_ext_key_usage, "serverAuth") &&
        extend(certificate, o->root, NID_subject_key_identifier, "hash") &&
        extend(certificate, o->root, NID_authority_key_identifier, "keyid:always") &&
        (o->before ? take_over(certificate, o->before)
                   : extend(certificate, o->root, NID_subject_alt_name, alternatives_of(a, o->names))) &&
        X509_sign(certificate, o->root_key, EVP_sha256()) > 0)
        return certificate;
    X509_free(certificate);
    return NULL;
}

/* As a phone would at `now`: period, purpose, signature, the root's constraints. */
static bool is_vouched_for(X509 *certificate, X509 *root, int64_t now)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    bool good = false;
    if (store && ctx && X509_STORE_add_cert(store, root) == 1 &&
        X509_STORE_CTX_init(ctx, store, certificate, NULL) == 1) {
        X509_STORE_CTX_set_time(ctx, 0, (time_t)now);
        good = X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER) == 1 && X509_verify_cert(ctx) == 1;
    }
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    return good;
}

static int64_t seconds_of(const ASN1_TIME *time)
{
    int days = 0, seconds = 0;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    bool read = epoch && ASN1_TIME_diff(&days, &seconds, epoch, time) == 1;
    ASN1_TIME_free(epoch);
    return read ? (int64_t)days * DAY + seconds : 0;
}

static err serve_order(arena *a, order *o, int days, int64_t now, char **pem)
{
    if (X509_check_private_key(o->root, o->root_key) != 1)
        return ERR_CHAIN;
    const int64_t end = seconds_of(X509_get0_notAfter(o->root)), wanted = now + (int64_t)days * DAY;
    o->from = now - HOUR;
    o->until = wanted < end ? wanted : end;
    X509 *certificate = build_server(a, o);
    err e = !certificate                                 ? ERR_MEMORY
            : !is_vouched_for(certificate, o->root, now) ? ERR_CHAIN
                                                         : write_certificate(a, certificate, pem);
    X509_free(certificate);
    return e;
}

err tls_make_server(arena *a, const tls_root *root, const char *key_pem, const tls_names *names, bytes before_pem,
                    int days, int64_t now, char **pem)
{
    const char *wrong;
    if (days < 1 || days > TLS_SERVER_DAYS_MAX)
        return ERR_ARG;
    if (names)
        TRY(tls_names_check(names, &wrong));
    order o = {.root = read_certificate(root->certificate_pem),
               .before = names ? NULL : read_certificate(before_pem),
               .root_key = read_key(root->key_pem),
               .key = read_key(key_pem),
               .names = names};
    err e = o.root && o.root_key && o.key && (names || (o.before && has_names(o.before)))
                ? serve_order(a, &o, days, now, pem)
                : ERR_ARG;
    X509_free(o.root);
    X509_free(o.before);
    EVP_PKEY_free(o.root_key);
    EVP_PKEY_free(o.key);
    return e;
}

/* ---- what one says ---- */

static bool read_fingerprint(X509 *certificate, char out[TLS_FINGERPRINT])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned n;
    if (X509_digest(certificate, EVP_sha256(), digest, &n) != 1)
        return false;
    for (unsigned i = 0; i < n; i++)
        (void)snprintf(out + (size_t)3 * i, 4, "%02X%s", digest[i], i + 1 < n ? ":" : "");
    return true;
}

static const char *name_text(arena *a, const GENERAL_NAME *name)
{
    char text[INET6_ADDRSTRLEN];
    if (name->type == GEN_DNS)
        return arena_text(a, ASN1_STRING_get0_data(name->d.dNSName), (size_t)ASN1_STRING_length(name->d.dNSName));
    int n = name->type == GEN_IPADD ? ASN1_STRING_length(name->d.iPAddress) : 0;
    if (n != 4 && n != 16)
        return arena_text(a, "?", 1);
    return inet_ntop(n == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(name->d.iPAddress), text, sizeof text)
               ? arena_text(a, text, strlen(text))
               : NULL;
}

static err read_names(arena *a, X509 *certificate, tls_facts *out)
{
    GENERAL_NAMES *all = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    int n = all ? sk_GENERAL_NAME_num(all) : 0;
    const char **names = arena_alloc(a, ((size_t)n + 1) * sizeof *names);
    err e = names ? ERR_OK : ERR_MEMORY;
    for (int i = 0; i < n && e == ERR_OK; i++)
        if (!(names[i] = name_text(a, sk_GENERAL_NAME_value(all, i))))
            e = ERR_MEMORY;
    GENERAL_NAMES_free(all);
    out->names = names;
    return e;
}

err tls_read(arena *a, bytes pem, tls_facts *out)
{
    *out = (tls_facts){.not_after = 0};
    X509 *certificate = read_certificate(pem);
    if (!certificate)
        return ERR_DER;
    out->not_after = seconds_of(X509_get0_notAfter(certificate));
    err e = read_fingerprint(certificate, out->fingerprint) ? read_names(a, certificate, out) : ERR_MEMORY;
    X509_free(certificate);
    return e;
}
