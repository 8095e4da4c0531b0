#include "service/tsa_root_list.h"

#include <string.h>

#include "pki/pem.h"
#include "service/internal.h"
#include "tsa/token_chain.h"

enum { ISSUERS = PATH_CERTS_MAX - 1, CRITICAL_TEXT = 160 };

/* ---- the certificates that come along ---- */

/* One in DER, or those of a PEM text, which may have none. */
static err read_issuers(call *c, bytes given, const char *field, cert *out, size_t *n)
{
    bytes der = given, rest = bytes_of(NULL, 0);
    bool pem = given.n == 0 || given.p[0] != DER_SEQUENCE;
    for (rest = pem ? given : rest; *n < ISSUERS; (*n)++) {
        err e = pem ? pem_decode(c->arena, PEM_CERTIFICATE, rest, &der, &rest) : ERR_OK;
        if (e == ERR_NOT_FOUND)
            return ERR_OK;
        if (e == ERR_OK)
            e = cert_parse(&out[*n], der);
        if (e != ERR_OK)
            return e == ERR_MEMORY ? e : fault_field(&c->fault, e, "%s", field);
        if (!pem) {
            (*n)++;
            return ERR_OK;
        }
    }
    return ERR_OK;
}

/* ---- refusals ---- */

static err refuse(call *c, err e)
{
    return fault_field(&c->fault, e, "crl");
}

/* The name, or the number. */
static const char *extension_text(bytes type, char room[CRITICAL_TEXT])
{
    static const struct {
        uint8_t octets[3];
        const char *name;
    } known[] = {{{0x55, 0x1d, 0x1b}, "deltaCRLIndicator"},
                 {{0x55, 0x1d, 0x1c}, "issuingDistributionPoint"},
                 {{0x55, 0x1d, 0x1d}, "certificateIssuer"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (bytes_equal(type, bytes_of(known[i].octets, sizeof known[i].octets)))
            return known[i].name;
    buffer b = buffer_over((uint8_t *)room, CRITICAL_TEXT - 1);
    if (oid_to_text(&b, type) != ERR_OK)
        return "?";
    room[b.n] = '\0';
    return room;
}

static err refuse_critical(call *c, const crl *list)
{
    char room[CRITICAL_TEXT];
    const char *which = extension_text(list->critical, room);
    return refuse(c, fault_set(&c->fault, ERR_UNSUPPORTED,
                               "只收完整的列表：其中关键扩展 %s 不支持 / complete lists only: its critical extension %s is not "
                               "supported",
                               which, which));
}

static bool is_named(const crl *list, const cert *ca)
{
    bool other_key = list->aki.n > 0 && ca->ski.n > 0 && !bytes_equal(list->aki, ca->ski);
    return bytes_equal(list->issuer, ca->subject) && !other_key;
}

static err refuse_list(call *c, const cert *root, const crl *list, const cert *issuers, size_t n)
{
    const cert *of = is_named(list, root) ? root : NULL;
    for (size_t i = 0; i < n && !of; i++)
        of = is_named(list, &issuers[i]) ? &issuers[i] : NULL;
    if (of && list->unknown_critical)
        return refuse_critical(c, list);
    if (of && of->has_key_usage && !(of->key_usage & CERT_CRL_SIGN))
        return refuse(c, fault_set(&c->fault, ERR_CHAIN,
                                   "按其证书的密钥用法，该 CA 不签发吊销列表（无 cRLSign） / by its certificate's key usage the CA "
                                   "signs no lists (no cRLSign)"));
    if (of == root)
        return refuse(c, fault_set(&c->fault, ERR_SIGNATURE, "签名不是此根的 / its signature is not this root's"));
    return refuse(c, fault_set(&c->fault, ERR_CHAIN,
                               "不是此根签发的；其下级 CA 的列表须附该 CA 的证书 / not of this root; a list of a CA below "
                               "it comes with that CA's certificate"));
}

/* ---- whose it is ---- */

/* Of another CA it would be counted, and never speak of anybody. A CA below may have the root's name, too: the root itself, with a new key. */
static err find_issuer(call *c, const cert *root, const crl *list, const cert *issuers, size_t n, const cert **out)
{
    tsa_chain chain;
    *out = root;
    if (tsa_chain_is_list_of(list, root))
        return ERR_OK;
    for (size_t i = 0; i < n; i++) {
        if (!tsa_chain_is_list_of(list, &issuers[i]))
            continue;
        TRY(tsa_chain_find(c->arena, &issuers[i], issuers, n, root, 1, c->now_ms, &chain));
        *out = &issuers[i];
        if (chain.state == TSA_CHAIN_TRUSTED)
            return ERR_OK;
    }
    return refuse_list(c, root, list, issuers, n);
}

err tsa_root_list_check(call *c, const cert *root, const crl *list, bytes given, bytes with, const cert **issuer)
{
    cert *issuers = arena_alloc(c->arena, ISSUERS * sizeof *issuers);
    size_t n = 0;
    if (!issuers)
        return ERR_MEMORY;
    TRY(read_issuers(c, with, "issuer", issuers, &n));
    if (given.n > 0 && given.p[0] != DER_SEQUENCE)
        TRY(read_issuers(c, given, "crl", issuers, &n));
    return find_issuer(c, root, list, issuers, n, issuer);
}
