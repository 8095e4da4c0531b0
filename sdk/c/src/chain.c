#include "chain.h"

#include <string.h>

#include "base/text.h"
#include "pki/path.h"

chain_trust chain_of_key(const stored_key *key)
{
    return (chain_trust){bytes_of(key->certificate[1], key->certificate_n[1]),
                         bytes_of(key->certificate[2], key->certificate_n[2])};
}

static bool usage_is(const cert *c, chain_use use)
{
    const unsigned usage = use == CHAIN_PERSON ? CERT_DIGITAL_SIGNATURE | CERT_NON_REPUDIATION : CERT_DIGITAL_SIGNATURE;
    return !c->ca && c->is_sm2 && c->has_key_usage && c->key_usage == usage;
}

err chain_check(cert *out, bytes der, const chain_trust *trust, chain_use use, int64_t seconds)
{
    cert issuing = {0}, root = {0};
    path_result result;
    bool rooted = trust->root.n > 0;
    TRY(cert_parse(out, der));
    if (cert_parse(&issuing, trust->issuing) != ERR_OK || (rooted && cert_parse(&root, trust->root) != ERR_OK))
        return ERR_CHAIN;
    int64_t at_ms = seconds * 1000;
    if (out->not_before_ms > at_ms && out->not_before_ms - at_ms <= CHAIN_CLOCK_SECONDS * 1000)
        at_ms = out->not_before_ms;
    TRY(path_validate(out, &issuing, rooted ? 1 : 0, rooted ? &root : &issuing, 1, at_ms, &result));
    return usage_is(out, use) ? ERR_OK : ERR_CHAIN;
}

err chain_name(char *out, size_t cap, bytes name, oid type)
{
    buffer b = buffer_over(out, cap - 1);
    TRY(name_value(&b, name, type));
    out[b.n] = 0;
    for (size_t i = 0; i < b.n; i++)
        if ((unsigned char)out[i] < 0x20 || out[i] == 0x7f)
            return ERR_UTF8;
    return utf8_valid(out, b.n) && !utf8_deceptive(out, b.n) ? ERR_OK : ERR_UTF8;
}
