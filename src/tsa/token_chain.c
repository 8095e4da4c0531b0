#include "tsa/token_chain.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

enum { AUTH_LEVEL = 2 /* 112 bits: no SHA-1, RSA from 2,048 bits on (SSL_CTX_set_security_level(3)) */ };

/* ---- SM2 ---- */

/* pki/path refuses critical extensions that it does not understand. The leaf's extendedKeyUsage is understood here: tsa/token_verify.c looks
 * at it. */
static bool unknown_critical(const cert *leaf)
{
    extension_list list;
    extension x;
    extension_list_open(&list, leaf->extensions);
    while (leaf->unknown_critical && extension_next(&list, &x) == ERR_OK) {
        switch (oid_from_octets(x.type)) {
        case OID_BASIC_CONSTRAINTS:
        case OID_KEY_USAGE:
        case OID_SUBJECT_KEY_ID:
        case OID_AUTHORITY_KEY_ID:
        case OID_CRL_DISTRIBUTION_POINTS:
        case OID_AUTHORITY_INFO_ACCESS:
        case OID_SUBJECT_ALT_NAME:
        case OID_EXTENDED_KEY_USAGE:
            break;
        default:
            if (x.critical)
                return true;
        }
    }
    return false;
}

static void find_sm2(const cert *leaf, const cert *others, size_t others_n, const cert *roots, size_t roots_n,
                     int64_t at_ms, tsa_chain *out)
{
    static const path_check parts[] = {PATH_ALGORITHM, PATH_SIGNATURE, PATH_BASIC_CONSTRAINTS,
                                       PATH_LENGTH,    PATH_KEY_USAGE, PATH_CRITICAL_EXTENSION};
    path_result r;
    cert copy = *leaf;
    copy.unknown_critical = unknown_critical(leaf);
    (void)(path_validate(&copy, others, others_n, roots, roots_n, at_ms, &r) == ERR_OK); /* r says more */
    if (r.finding[PATH_CHAIN].state != PATH_PASSED)
        return;
    out->state = TSA_CHAIN_TRUSTED;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (r.finding[parts[i]].state == PATH_FAILED)
            out->state = TSA_CHAIN_BROKEN;
    out->early = r.finding[PATH_NOT_BEFORE].state == PATH_FAILED;
    out->late = r.finding[PATH_NOT_AFTER].state == PATH_FAILED;
    for (size_t i = 1; i < r.chain_n && out->state == TSA_CHAIN_TRUSTED; i++)
        out->certs[out->n++] = *r.chain[i];
}

/* ---- OpenSSL ---- */

/* Periods are findings of their own. */
static int on_error(int ok, X509_STORE_CTX *ctx)
{
    tsa_chain *out = X509_STORE_CTX_get_app_data(ctx);
    int error = X509_STORE_CTX_get_error(ctx);
    if (ok)
        return 1;
    if (error != X509_V_ERR_CERT_NOT_YET_VALID && error != X509_V_ERR_CERT_HAS_EXPIRED)
        return 0;
    out->early |= error == X509_V_ERR_CERT_NOT_YET_VALID;
    out->late |= error == X509_V_ERR_CERT_HAS_EXPIRED;
    X509_STORE_CTX_set_error(ctx, X509_V_OK);
    return 1;
}

static bool leads_nowhere(int error)
{
    return error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT || error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
           error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE || error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
           error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT || error == X509_V_ERR_CERT_UNTRUSTED;
}

static X509 *x509_of(bytes der)
{
    const uint8_t *at = der.p;
    return d2i_X509(NULL, &at, (long)der.n);
}

static err add_all(STACK_OF(X509) * stack, X509_STORE *store, const cert *certs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        X509 *x = x509_of(certs[i].der);
        if (!x)
            continue; /* what OpenSSL cannot read leads nowhere */
        bool added = stack ? sk_X509_push(stack, x) > 0 : X509_STORE_add_cert(store, x) == 1;
        if (!added || store)
            X509_free(x);
        if (!added)
            return ERR_MEMORY;
    }
    return ERR_OK;
}

/* What was found, as our own reader sees it; one that it refuses breaks the chain. */
static err keep_chain(arena *a, STACK_OF(X509) * found, tsa_chain *out)
{
    if (sk_X509_num(found) > PATH_CERTS_MAX) {
        out->state = TSA_CHAIN_BROKEN;
        return ERR_OK;
    }
    for (int i = 1; i < sk_X509_num(found); i++) {
        uint8_t *der = NULL;
        int n = i2d_X509(sk_X509_value(found, i), &der);
        void *copy = n > 0 ? arena_copy(a, der, (size_t)n) : NULL;
        OPENSSL_free(der);
        if (!copy)
            return ERR_MEMORY;
        if (cert_parse(&out->certs[out->n], bytes_of(copy, (size_t)n)) != ERR_OK) {
            out->state = TSA_CHAIN_BROKEN;
            return ERR_OK;
        }
        out->n++;
    }
    return ERR_OK;
}

static err run(arena *a, X509_STORE_CTX *ctx, int64_t at_ms, tsa_chain *out)
{
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    X509_STORE_CTX_set_app_data(ctx, out);
    X509_STORE_CTX_set_verify_cb(ctx, on_error);
    X509_VERIFY_PARAM_set_time(param, (time_t)(at_ms / 1000));
    X509_VERIFY_PARAM_set_depth(param, PATH_CERTS_MAX - 2);
    X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
    if (X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN) != 1)
        return ERR_MEMORY;
    if (X509_verify_cert(ctx) == 1) {
        out->state = TSA_CHAIN_TRUSTED;
        return keep_chain(a, X509_STORE_CTX_get0_chain(ctx), out);
    }
    int error = X509_STORE_CTX_get_error(ctx);
    out->state = leads_nowhere(error) ? TSA_CHAIN_UNTRUSTED : TSA_CHAIN_BROKEN;
    return error == X509_V_ERR_OUT_OF_MEM ? ERR_MEMORY : ERR_OK;
}

static err find_openssl(arena *a, const cert *leaf, const cert *others, size_t others_n, const cert *roots,
                        size_t roots_n, int64_t at_ms, tsa_chain *out)
{
    X509 *x = x509_of(leaf->der);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    STACK_OF(X509) *stack = sk_X509_new_null();
    err e = store && ctx && stack ? ERR_OK : ERR_MEMORY;
    if (e == ERR_OK && !x)
        out->state = TSA_CHAIN_BROKEN;
    if (e != ERR_OK || !x)
        goto out;
    TRY_OUT(add_all(stack, NULL, others, others_n));
    TRY_OUT(add_all(NULL, store, roots, roots_n));
    TRY_OUT(X509_STORE_CTX_init(ctx, store, x, stack) == 1 ? ERR_OK : ERR_MEMORY);
    e = run(a, ctx, at_ms, out);
out:
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    sk_X509_pop_free(stack, X509_free);
    X509_free(x);
    ERR_clear_error();
    return e;
}

err tsa_chain_find(arena *a, const cert *leaf, const cert *others, size_t others_n, const cert *roots, size_t roots_n,
                   int64_t at_ms, tsa_chain *out)
{
    memset(out, 0, sizeof *out);
    out->certs[out->n++] = *leaf;
    if (!leaf->is_sm2)
        return find_openssl(a, leaf, others, others_n, roots, roots_n, at_ms, out);
    find_sm2(leaf, others, others_n, roots, roots_n, at_ms, out);
    return ERR_OK;
}

/* ---- revocation ---- */

static bool signed_by_openssl(const crl *list, const cert *issuer)
{
    const uint8_t *at = list->der.p, *key_at = issuer->spki.p;
    X509_CRL *x = d2i_X509_CRL(NULL, &at, (long)list->der.n);
    EVP_PKEY *key = d2i_PUBKEY(NULL, &key_at, (long)issuer->spki.n);
    bool good = x && key && X509_CRL_verify(x, key) == 1;
    EVP_PKEY_free(key);
    X509_CRL_free(x);
    ERR_clear_error();
    return good;
}

/* crl_verify looks at everything else before it gives ERR_UNSUPPORTED. */
bool tsa_chain_is_list_of(const crl *list, const cert *issuer)
{
    err e = crl_verify(list, issuer);
    if (e != ERR_UNSUPPORTED || list->unknown_critical || list->signed_by_sm2 || issuer->is_sm2)
        return e == ERR_OK;
    return signed_by_openssl(list, issuer);
}

static bool leaves_key_sound(const crl_entry *entry, bool said)
{
    return said && (entry->reason == CRL_UNSPECIFIED || entry->reason == CRL_AFFILIATION_CHANGED ||
                    entry->reason == CRL_SUPERSEDED || entry->reason == CRL_CESSATION_OF_OPERATION);
}

void tsa_revocation_add(tsa_revocation *out, const crl_entry *entry, bool said, int64_t at_ms)
{
    bool counts = !leaves_key_sound(entry, said) || entry->revoked_at_ms <= at_ms;
    if (!out->listed || (counts && !out->revoked)) {
        out->entry = *entry;
        out->said = said;
    }
    out->listed = true;
    out->revoked |= counts;
}

/* Whether the list speaks of the certificate at the time. */
static bool look_up(const crl *list, const cert *c, int64_t at_ms, int64_t now_ms, tsa_revocation *out)
{
    crl_entry entry;
    bool said;
    if (list->this_update_ms > now_ms)
        return false;
    err e = crl_find_said(list, c->serial, &entry, &said);
    if (e != ERR_OK) /* what expired is taken off the list (RFC 5280 3.3); an older list knows nothing of later times */
        return e == ERR_NOT_FOUND && at_ms <= list->next_update_ms && list->this_update_ms <= c->not_after_ms;
    tsa_revocation_add(out, &entry, said, at_ms);
    return true;
}

err tsa_chain_revocation(arena *a, const tsa_chain *chain, const bytes *lists, size_t lists_n, int64_t at_ms,
                         int64_t now_ms, tsa_revocation *out)
{
    crl *read = arena_alloc(a, lists_n * sizeof *read);
    size_t n = 0;
    if (!read)
        return ERR_MEMORY;
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < lists_n; i++)
        n += crl_parse(&read[n], lists[i]) == ERR_OK;
    out->known = chain->n > 1; /* what is trusted as it is has no issuer to ask */
    for (size_t i = 0; i + 1 < chain->n; i++) {
        bool known = false;
        for (size_t k = 0; k < n; k++)
            if (tsa_chain_is_list_of(&read[k], &chain->certs[i + 1]))
                known |= look_up(&read[k], &chain->certs[i], at_ms, now_ms, out);
        out->known &= known;
    }
    return ERR_OK;
}
