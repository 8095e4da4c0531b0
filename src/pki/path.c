#include "pki/path.h"

static const char *const names[PATH_CHECK_COUNT] = {
    [PATH_CHAIN] = "chain",
    [PATH_ALGORITHM] = "algorithm",
    [PATH_SIGNATURE] = "signature",
    [PATH_NOT_BEFORE] = "not_before",
    [PATH_NOT_AFTER] = "not_after",
    [PATH_BASIC_CONSTRAINTS] = "basic_constraints",
    [PATH_LENGTH] = "path_length",
    [PATH_KEY_USAGE] = "key_usage",
    [PATH_CRITICAL_EXTENSION] = "critical_extension",
    [PATH_CRL] = "crl",
    [PATH_REVOCATION] = "revocation",
};

const char *path_check_name(path_check check)
{
    return names[check];
}

bool path_passed(const path_result *r)
{
    for (size_t i = 0; i < PATH_CHECK_COUNT; i++)
        if (r->finding[i].state == PATH_FAILED)
            return false;
    return r->finding[PATH_CHAIN].state == PATH_PASSED;
}

static void check(path_result *r, path_check what, size_t index, bool passed)
{
    path_finding *f = &r->finding[what];
    if (f->state == PATH_FAILED)
        return;
    f->state = passed ? PATH_PASSED : PATH_FAILED;
    f->index = index;
}

/* The checks on a certificate by itself. */
static void check_certificate(path_result *r, size_t i, int64_t at_ms)
{
    const cert *c = r->chain[i];
    check(r, PATH_NOT_BEFORE, i, c->not_before_ms <= at_ms);
    /* notAfter is the last second of the period, and that second counts to its end (RFC 5280 4.1.2.5). */
    check(r, PATH_NOT_AFTER, i, at_ms < c->not_after_ms + 1000);
    check(r, PATH_CRITICAL_EXTENSION, i, !c->unknown_critical);
    check(r, PATH_ALGORITHM, i, c->is_sm2);
}

/* The checks on an issuer, at place i > 0. `below` is how many certificates that are not self-issued stand between it and the
 * leaf (RFC 5280 6.1.4 (l) and (m)). */
static void check_issuer(path_result *r, size_t i, size_t below)
{
    const cert *c = r->chain[i];
    check(r, PATH_BASIC_CONSTRAINTS, i, c->ca);
    check(r, PATH_LENGTH, i, c->path_len < 0 || below <= (size_t)c->path_len);
    check(r, PATH_KEY_USAGE, i, !c->has_key_usage || (c->key_usage & CERT_KEY_CERT_SIGN));
}

static void check_link(path_result *r, size_t i)
{
    const cert *c = r->chain[i], *issuer = r->chain[i + 1];
    if (!c->signed_by_sm2 || !issuer->is_sm2)
        check(r, PATH_ALGORITHM, i, false);
    else
        check(r, PATH_SIGNATURE, i, cert_verify_signature(c, issuer->public_key) == ERR_OK);
}

static bool self_issued(const cert *c)
{
    return bytes_equal(c->issuer, c->subject);
}

/* Every check of path_validate over the chain found; `anchored`: its last certificate is an anchor. */
static void check_chain(path_result *r, bool anchored, int64_t at_ms)
{
    size_t below = 0;
    check(r, PATH_CHAIN, r->chain_n - 1, anchored);
    for (size_t i = 0; i < r->chain_n; i++) {
        check_certificate(r, i, at_ms);
        if (i > 0)
            check_issuer(r, i, below);
        below += i > 0 && !self_issued(r->chain[i]);
        if (i + 1 < r->chain_n)
            check_link(r, i);
    }
    /* Signatures that end nowhere show nothing. */
    path_finding *signature = &r->finding[PATH_SIGNATURE];
    if (!anchored && signature->state == PATH_PASSED)
        signature->state = PATH_NOT_CHECKED;
}

/* The search for a chain. Names and key identifiers are whatever an attacker wrote, so the work is bounded by steps. */
typedef struct path_search {
    const cert *intermediates, *anchors;
    size_t intermediates_n, anchors_n;
    int64_t at_ms;
    unsigned steps_left;
    const cert *chain[PATH_CERTS_MAX];
    size_t chain_n;
    path_result best;
    bool found, best_anchored;
} path_search;

enum { SEARCH_STEPS = 128 };

static bool may_have_issued(const cert *issuer, const cert *c)
{
    return bytes_equal(issuer->subject, c->issuer) &&
           (c->aki.n == 0 || issuer->ski.n == 0 || bytes_equal(c->aki, issuer->ski));
}

static bool in_chain(const path_search *s, const cert *c)
{
    for (size_t i = 0; i < s->chain_n; i++)
        if (bytes_equal(s->chain[i]->der, c->der))
            return true;
    return false;
}

/* Judges the chain as it stands, and keeps it if it is the best so far: passed, else the first anchored one, else the longest. */
static void judge(path_search *s, bool anchored)
{
    bool better = s->best.chain_n == 0 || (anchored && !s->best_anchored) ||
                  (!anchored && !s->best_anchored && s->chain_n > s->best.chain_n);
    if (!anchored && !better)
        return;
    path_result r = {.chain_n = s->chain_n};
    for (size_t i = 0; i < s->chain_n; i++)
        r.chain[i] = s->chain[i];
    check_chain(&r, anchored, s->at_ms);
    s->found = path_passed(&r);
    if (better || s->found) {
        s->best = r;
        s->best_anchored = anchored;
    }
}

static bool is_anchor(const path_search *s, const cert *c)
{
    for (size_t i = 0; i < s->anchors_n; i++)
        if (bytes_equal(s->anchors[i].der, c->der))
            return true;
    return false;
}

static void search(path_search *s);

/* Tries issuer as the next certificate of the chain. */
static void step(path_search *s, const cert *issuer, bool anchor)
{
    if (s->found || s->steps_left == 0 || !may_have_issued(issuer, s->chain[s->chain_n - 1]) || in_chain(s, issuer))
        return;
    s->steps_left--;
    s->chain[s->chain_n++] = issuer;
    if (anchor)
        judge(s, true);
    else
        search(s);
    s->chain_n--;
}

/* Anchors first: the shortest way is the best. At most PATH_CERTS_MAX calls deep. */
static void search(path_search *s)
{
    judge(s, false);
    if (s->chain_n == PATH_CERTS_MAX)
        return;
    for (size_t i = 0; i < s->anchors_n; i++)
        step(s, &s->anchors[i], true);
    for (size_t i = 0; i < s->intermediates_n; i++)
        step(s, &s->intermediates[i], false);
}

err path_validate(const cert *leaf, const cert *intermediates, size_t n, const cert *anchors, size_t m, int64_t at_ms,
                  path_result *out)
{
    path_search s = {.intermediates = intermediates,
                     .intermediates_n = n,
                     .anchors = anchors,
                     .anchors_n = m,
                     .at_ms = at_ms,
                     .steps_left = SEARCH_STEPS,
                     .chain = {leaf},
                     .chain_n = 1};
    if (is_anchor(&s, leaf))
        judge(&s, true);
    else
        search(&s);
    *out = s.best;
    return path_passed(out) ? ERR_OK : ERR_CHAIN;
}

static bool is_current(const crl *list, int64_t at_ms, int64_t now_ms)
{
    return list->this_update_ms <= now_ms && at_ms <= list->next_update_ms;
}

/* Every usable list of the issuer counts: one that says "revoked" is enough. */
static void check_revoked(path_result *io, size_t i, const crl *lists, size_t n, int64_t at_ms, int64_t now_ms)
{
    bool listed = false;
    for (size_t k = 0; k < n; k++) {
        if (!is_current(&lists[k], at_ms, now_ms) || crl_verify(&lists[k], io->chain[i + 1]) != ERR_OK)
            continue;
        listed = true;
        crl_entry entry;
        err e = crl_find(&lists[k], io->chain[i]->serial, &entry);
        bool revoked = e != ERR_NOT_FOUND && (e != ERR_OK || entry.revoked_at_ms <= at_ms);
        if (revoked && e == ERR_OK && io->finding[PATH_REVOCATION].state != PATH_FAILED)
            io->revoked = entry;
        check(io, PATH_REVOCATION, i, !revoked);
    }
    check(io, PATH_CRL, i, listed);
}

err path_check_revocation(path_result *io, const crl *lists, size_t n, int64_t at_ms, int64_t now_ms)
{
    for (size_t i = 0; i + 1 < io->chain_n; i++)
        check_revoked(io, i, lists, n, at_ms, now_ms);
    return path_passed(io) ? ERR_OK : ERR_CHAIN;
}
