#include <string.h>

#include "api/tsa_json.h"
#include "base/text.h"
#include "cmd/answer.h"
#include "cmd/remote.h"
#include "cmd/ts.h"
#include "os/clock.h"
#include "pki/pem.h"

static err check_options(session *s, const ts_verify_options *o)
{
    static const phrase one = {"请给出文件、--imprint 或 --query 之一", "give a file, --imprint or --query"};
    static const phrase hash = {"--hash 与 --imprint 同用", "--hash goes with --imprint"};
    static const phrase lists = {"--crl 与 --root 同用", "--crl goes with --root"};
    if ((o->file != NULL) + (o->imprint != NULL) > 1 || (!o->file && !o->imprint && !o->query))
        return session_usage(s, one, NULL);
    if (o->hash && !o->imprint)
        return session_usage(s, hash, NULL);
    if (o->crls.n > 0 && o->roots.n == 0)
        return session_usage(s, lists, NULL);
    return ERR_OK;
}

/* What is compared with the token: the file's digest by the token's own hash; the query's imprint unless there is a file or a digest. */
static err take_matter(session *s, const ts_verify_options *o, bytes der, tsa_expected *x)
{
    tsa_token token;
    bool converted;
    const char *where;
    tsa_request query = {0};
    err e = tsa_token_read_any(s->arena, &token, der, &converted, &where);
    if (e == ERR_MEMORY)
        return e;
    x->hash = e == ERR_OK ? token.info.hash : TSA_SM3;
    if (o->hash)
        TRY(tsa_hash_from_name(&x->hash, o->hash));
    TRY(ts_policy(s, o->policy, &x->policy));
    if (o->query) {
        TRY(ts_file_query(s, o->query, &query));
        x->nonce = query.nonce;
        x->policy = o->policy ? x->policy : query.policy;
    }
    if (o->file || o->imprint)
        return ts_file_imprint(s, o->file, o->imprint, x->hash, &x->imprint);
    x->hash = query.hash;
    x->imprint = query.imprint;
    return ERR_OK;
}

static err verdict(session *s, json_t *json)
{
    TRY(ts_words_verification(s, json));
    s->told = true; /* the verdict says it */
    return json_is_true(json_object_get(json, "valid")) ? ERR_OK : ERR_SIGNATURE;
}

static err verify_here(session *s, const ts_verify_options *o, bytes der, tsa_expected *x)
{
    tsa_verification v;
    TRY(ts_file_pems(s, PEM_CERTIFICATE, &o->roots, &x->roots, &x->roots_n));
    TRY(ts_file_pems(s, PEM_CERTIFICATE, &o->certificates, &x->certificates, &x->certificates_n));
    TRY(ts_file_pems(s, PEM_CRL, &o->crls, &x->crls, &x->crls_n));
    TRY(tsa_verify(s->arena, der, x, &v));
    json_t *json = tsa_json_verification(s->arena, &v);
    if (!json || json_array_append_new(s->answers, json) != 0)
        return ERR_MEMORY;
    return verdict(s, json);
}

static json_t *base64_json(session *s, bytes b)
{
    const char *text = b.n > 0 ? base64_text(s->arena, b.p, b.n) : NULL;
    return text ? json_string(text) : json_null();
}

static err verify_there(session *s, const ts_verify_options *o, bytes der, const tsa_expected *x)
{
    const bytes *certificates;
    size_t n;
    json_t *answer, *list = json_array();
    err e = ts_file_pems(s, PEM_CERTIFICATE, &o->certificates, &certificates, &n);
    for (size_t i = 0; e == ERR_OK && i < n; i++)
        json_array_append_new(list, base64_json(s, certificates[i]));
    json_t *body = e != ERR_OK ? NULL
                               : json_pack("{s:o, s:o, s:s, s:o, s:o, s:O, s:s*}", "token", base64_json(s, der),
                                           "imprint", base64_json(s, x->imprint), "hash", tsa_hash_name(x->hash),
                                           "nonce", base64_json(s, x->nonce), "policy",
                                           x->policy.n > 0 ? tsa_json_oid(x->policy) : json_null(), "certificates",
                                           list, "at", o->time);
    json_decref(list);
    TRY(e);
    TRY(remote_post(s, "/v1/timestamps/verify", body, &answer));
    return verdict(s, answer);
}

err ts_verify(session *s, const void *options)
{
    static const phrase kind = {"这是请求，不是应答或令牌", "this is a query, not a response or a token"};
    static const phrase when = {"时刻须形如 2026-03-01T16:30:00+08:00", "a time looks like 2026-03-01T16:30:00+08:00"};
    const ts_verify_options *o = options;
    tsa_expected x = {.now_us = clock_unix_ms() * 1000};
    bytes der;
    ts_kind is;
    int64_t at_ms;
    TRY(check_options(s, o));
    if (o->time) {
        if (!clock_read(&at_ms, o->time))
            return session_usage(s, when, o->time);
        x.now_us = at_ms * 1000;
    }
    TRY(ts_file_read(s, o->token, &der, &is));
    if (is == TS_QUERY)
        return session_fail(s, ERR_DER, kind, o->token, (phrase){NULL, NULL});
    TRY(take_matter(s, o, der, &x));
    return o->roots.n > 0 ? verify_here(s, o, der, &x) : verify_there(s, o, der, &x);
}
