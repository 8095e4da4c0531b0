#include <stdio.h>

#include "api/tsa_json.h"
#include "cmd/answer.h"
#include "cmd/ts.h"
#include "os/clock.h"
#include "pki/pem.h"

/* Without roots everything but what stands behind the certificate is looked at. */
static bool good_enough(const tsa_verification *v, bool with_roots)
{
    for (size_t i = 0; i < TSA_CHECK_COUNT; i++)
        if (v->findings[i].result == TSA_FAILED && (with_roots || i != TSA_CHECK_CHAIN))
            return false;
    return v->has_token && (v->valid || !with_roots);
}

static err tell_bad(session *s, const tsa_verification *v)
{
    json_t *json = tsa_json_verification(s->arena, v);
    if (!json || json_array_append_new(s->answers, json) != 0)
        return ERR_MEMORY;
    TRY(ts_words_verification(s, json));
    s->told = true;
    return ERR_SIGNATURE;
}

static err check(session *s, const ts_request_options *o, const tsa_request *asked, bytes response)
{
    static const phrase done = {"已取得时间戳", "The timestamp is there"};
    tsa_verification v;
    tsa_expected x = {.imprint = asked->imprint,
                      .hash = asked->hash,
                      .nonce = asked->nonce,
                      .policy = asked->policy,
                      .now_us = clock_unix_ms() * 1000};
    TRY(ts_file_pems(s, PEM_CERTIFICATE, &o->roots, &x.roots, &x.roots_n));
    TRY(tsa_verify(s->arena, response, &x, &v));
    if (!good_enough(&v, x.roots_n > 0))
        return tell_bad(s, &v);
    if (!s->common.json)
        printf("%s\n", say(done));
    return ts_words_token(s, &v.token);
}

err ts_request(session *s, const void *options)
{
    static const phrase malformed = {"应答格式错误", "the response is malformed"};
    const ts_request_options *o = options;
    ts_query_options q = o->query;
    tsa_request asked;
    tsa_response response;
    bytes query, der;
    q.certificates = true; /* else nothing could be verified */
    TRY(ts_query_make(s, &q, &asked, &query));
    TRY(ts_exchange(s, o->url, query, &der));
    TRY(answer_write(s, q.output, der.p, der.n));
    err e = tsa_response_read(&response, der);
    if (e != ERR_OK && e != ERR_DER)
        return session_fail(s, e, malformed, q.output, (phrase){NULL, NULL});
    if (e == ERR_OK && !ts_granted(&response)) {
        TRY(ts_words_status(s, &response));
        s->told = true;
        return ERR_REMOTE;
    }
    return check(s, o, &asked, der); /* a token in BER is read there, too */
}
