#include "service/timestamp_verify.h"

#include <string.h>

#include "pki/pem.h"
#include "service/tsa_root.h"
#include "tsa/digest.h"

/* A document is hashed by the token's own hash; what cannot be read has none, and is judged without. */
static err take_document(call *c, const timestamp_verify_request *r, const tsa_token *token, tsa_expected *x)
{
    uint8_t *digest = arena_alloc(c->arena, TSA_IMPRINT_MAX);
    if (!digest)
        return ERR_MEMORY;
    if (!token)
        return ERR_OK;
    x->hash = token->info.hash;
    x->imprint = bytes_of(digest, tsa_hash_size(x->hash));
    return tsa_digest_of(digest, x->hash, r->document);
}

static err take_imprint(call *c, const timestamp_verify_request *r, const tsa_token *token, tsa_expected *x)
{
    if (r->hash && tsa_hash_from_name(&x->hash, r->hash) != ERR_OK)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "hash");
    if (!r->hash && token)
        x->hash = token->info.hash;
    if (r->hash && r->imprint.n != tsa_hash_size(x->hash))
        return fault_field(&c->fault, ERR_FIELD_LENGTH, "imprint");
    x->imprint = r->imprint;
    return ERR_OK;
}

static err take_matter(call *c, const timestamp_verify_request *r, tsa_expected *x)
{
    tsa_token token;
    bool converted;
    const char *where;
    if (r->document.p && r->imprint.p)
        return fault_field(
            &c->fault, fault_set(&c->fault, ERR_FIELD_VALUE, "give the document or its digest, not both"), "imprint");
    if (r->hash && !r->imprint.p)
        return fault_field(&c->fault, fault_set(&c->fault, ERR_FIELD_MISSING, "hash is that of the imprint"),
                           "imprint");
    err e = tsa_token_read_any(c->arena, &token, r->token, &converted, &where);
    if (e == ERR_MEMORY)
        return e;
    const tsa_token *read = e == ERR_OK ? &token : NULL;
    return r->document.p ? take_document(c, r, read, x) : r->imprint.p ? take_imprint(c, r, read, x) : ERR_OK;
}

static err take_certificates(call *c, const timestamp_verify_request *r, const tsa_trust *trust, tsa_expected *x)
{
    size_t n = r->certificates_n;
    bytes *all = arena_alloc(c->arena, (n + trust->certificates_n) * sizeof *all);
    if (!all)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        all[i] = r->certificates[i];
        if (all[i].n > 0 && all[i].p[0] == DER_SEQUENCE)
            continue;
        err e = pem_decode(c->arena, PEM_CERTIFICATE, r->certificates[i], &all[i], NULL);
        if (e != ERR_OK)
            return e == ERR_MEMORY ? e : fault_field(&c->fault, ERR_ENCODING, "certificates[%zu]", i);
    }
    if (trust->certificates_n > 0)
        memcpy(all + n, trust->certificates, trust->certificates_n * sizeof *all);
    x->certificates = all;
    x->certificates_n = n + trust->certificates_n;
    return ERR_OK;
}

static err own_unit(void *context, const cert *by, bool *knows, crl_entry *entry)
{
    return tsa_root_own(context, by->der, knows, entry);
}

static err lists_of(void *context, const cert *root, const bytes **crls, size_t *n)
{
    return tsa_root_crls(context, root->der, crls, n);
}

err timestamp_verify(call *c, const timestamp_verify_request *r, tsa_verification *out)
{
    tsa_trust trust;
    tsa_expected x = {.nonce = r->nonce, .policy = r->policy, .now_us = (r->at_ms ? r->at_ms : c->now_ms) * 1000};
    TRY(take_matter(c, r, &x));
    TRY(tsa_root_trust(c, &trust));
    TRY(take_certificates(c, r, &trust, &x));
    x.roots = trust.roots;
    x.roots_n = trust.roots_n;
    x.issuer_knows = own_unit;
    x.more_crls = lists_of;
    x.context = c;
    return tsa_verify(c->arena, r->token, &x, out);
}
