#include "tsa/digest.h"

#include <stdlib.h>

#include <openssl/evp.h>

#include "crypto/sm3.h"

struct tsa_digest {
    sm3_ctx sm3;
    EVP_MD_CTX *evp; /* NULL: SM3 */
};

static const EVP_MD *evp_hash(tsa_hash hash)
{
    return hash == TSA_SHA256 ? EVP_sha256() : hash == TSA_SHA384 ? EVP_sha384() : EVP_sha512();
}

static void destroy(tsa_digest *d)
{
    if (d)
        EVP_MD_CTX_free(d->evp);
    free(d);
}

err tsa_digest_begin(tsa_digest **out, tsa_hash hash)
{
    *out = NULL;
    tsa_digest *d = calloc(1, sizeof *d);
    if (!d)
        return ERR_MEMORY;
    sm3_init(&d->sm3);
    if (hash != TSA_SM3) {
        d->evp = EVP_MD_CTX_new();
        if (!d->evp || EVP_DigestInit_ex(d->evp, evp_hash(hash), NULL) != 1) {
            destroy(d);
            return ERR_MEMORY;
        }
    }
    *out = d;
    return ERR_OK;
}

err tsa_digest_add(tsa_digest *d, bytes part)
{
    if (d->evp)
        return EVP_DigestUpdate(d->evp, part.p, part.n) == 1 ? ERR_OK : ERR_INTERNAL;
    sm3_update(&d->sm3, part.p, part.n);
    return ERR_OK;
}

err tsa_digest_end(tsa_digest *d, uint8_t out[TSA_IMPRINT_MAX])
{
    err e = ERR_OK;
    if (d && out && d->evp)
        e = EVP_DigestFinal_ex(d->evp, out, NULL) == 1 ? ERR_OK : ERR_INTERNAL;
    else if (d && out)
        sm3_final(&d->sm3, out);
    destroy(d);
    return e;
}

err tsa_digest_of(uint8_t out[TSA_IMPRINT_MAX], tsa_hash hash, bytes message)
{
    tsa_digest *d;
    TRY(tsa_digest_begin(&d, hash));
    err e = tsa_digest_add(d, message);
    err end = tsa_digest_end(d, out);
    return e != ERR_OK ? e : end;
}
