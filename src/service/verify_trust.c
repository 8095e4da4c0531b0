#include "service/verify_trust.h"

#include "service/internal.h"
#include "service/tsa_root.h"

/* clang-format off */
static const verify_reason
    revocation_none = {"not_revoked", "按已提供的吊销列表，证书链中没有证书被吊销", "By the lists that were handed in no certificate of the chain is revoked"},
    revocation_yes = {"revoked", "按已提供的吊销列表，该时间证书链中有证书已被吊销", "By the lists that were handed in a certificate of the chain was revoked at that time"},
    revocation_unknown = {"no_revocation_data", "缺少证书链中某个颁发者在该时间适用的吊销列表，未检查；须由管理员提供",
                          "Not checked: of an issuer in the chain there is no list that speaks of that time; an administrator has to hand it in"};
/* clang-format on */

/* The certificates that may stand between: given, come along, and this CA's own. */
static err gather(call *c, const verify_request *r, const subject_matter *m, cert *out, size_t *n)
{
    *n = 0;
    for (size_t i = 0; i < r->intermediates_n; i++) {
        const char *field = arena_printf(c->arena, "intermediates[%zu]", i);
        if (!field)
            return ERR_MEMORY;
        TRY(verify_certificate_read(c, r->intermediates[i], field, &out[(*n)++]));
    }
    for (size_t i = 0; i < m->certificates_n; i++)
        TRY(verify_certificate_read(c, m->certificates[i], "cms", &out[(*n)++]));
    out[(*n)++] = c->service->issuing.cert;
    return ERR_OK;
}

static err to_others(call *c, const cert *leaf, const cert *between, size_t n, verification *v, path_result *out)
{
    const tsa_root *roots;
    size_t roots_n;
    TRY(tsa_root_signers(c, &roots, &roots_n));
    cert *anchors = arena_alloc(c->arena, roots_n * sizeof *anchors);
    path_result found;
    if (!anchors)
        return ERR_MEMORY;
    for (size_t i = 0; i < roots_n; i++)
        if (cert_parse(&anchors[i], roots[i].certificate) != ERR_OK)
            return ERR_CORRUPT;
    if (roots_n == 0)
        return ERR_OK;
    err e = path_validate(leaf, between, n, anchors, roots_n, v->time_ms, &found);
    if (e != ERR_OK && e != ERR_CHAIN)
        return e;
    if (found.finding[PATH_CHAIN].state != PATH_PASSED)
        return ERR_OK;
    *out = found;
    for (size_t i = 0; i < roots_n; i++)
        if (found.chain[found.chain_n - 1] == &anchors[i])
            v->root = &roots[i];
    return v->root ? ERR_OK : ERR_INTERNAL;
}

err verify_trust_path(call *c, const verify_request *r, const subject_matter *m, verification *v, path_result *out)
{
    size_t n;
    cert *between =
        arena_alloc(c->arena, (VERIFY_INTERMEDIATES + SIGNED_DATA_CERTIFICATES + 1) * sizeof *between);
    v->root = NULL;
    if (!between)
        return ERR_MEMORY;
    TRY(gather(c, r, m, between, &n));
    err e = path_validate(&m->leaf, between, n, &c->service->root.cert, 1, v->time_ms, out);
    if (e != ERR_OK && e != ERR_CHAIN)
        return e;
    return out->finding[PATH_CHAIN].state == PATH_PASSED ? ERR_OK : to_others(c, &m->leaf, between, n, v, out);
}

enum { DAY_MS = 86400000 };

/* A list from after the end of the certificate that it would speak of may have left it out (RFC 5280 3.3): of what was revoked before, it says nothing. It speaks of
 * what its own key certified: of a CA that went over to a new key there are lists of both, under one name. */
static bool is_in_time(const path_result *path, const crl *list)
{
    for (size_t i = 0; i + 1 < path->chain_n; i++)
        if (list->this_update_ms <= path->chain[i]->not_after_ms + DAY_MS &&
            crl_verify(list, path->chain[i + 1]) == ERR_OK)
            return true;
    return false;
}

err verify_trust_revocation(call *c, path_result *path, verification *v)
{
    const bytes *given;
    size_t given_n, n = 0;
    TRY(tsa_root_crls(c, v->root->certificate, &given, &given_n));
    crl *lists = arena_alloc(c->arena, given_n * sizeof *lists);
    if (!lists)
        return ERR_MEMORY;
    for (size_t i = 0; i < given_n; i++)
        n += crl_parse(&lists[n], given[i]) == ERR_OK && is_in_time(path, &lists[n]);
    err e = path_check_revocation(path, lists, n, v->time_ms, c->now_ms);
    if (e != ERR_OK && e != ERR_CHAIN)
        return e;
    bool revoked = path->finding[PATH_REVOCATION].state == PATH_FAILED;
    if (revoked) {
        v->revoked_ms = path->revoked.revoked_at_ms;
        v->revoked_reason = path->revoked.reason;
        verify_find(v, VERIFY_REVOCATION, VERIFY_FAILED, &revocation_yes);
    } else if (path->finding[PATH_CRL].state == PATH_PASSED)
        verify_find(v, VERIFY_REVOCATION, VERIFY_PASSED, &revocation_none);
    else
        verify_find(v, VERIFY_REVOCATION, VERIFY_NOT_DONE, &revocation_unknown);
    return ERR_OK;
}
