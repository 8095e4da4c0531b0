#include "cmd/answer.h"
#include "cmd/ts.h"
#include "os/entropy.h"

enum { NONCE = 8 };

static err take_matter(session *s, const ts_query_options *o, tsa_request *out)
{
    static const phrase one = {"请给出文件或 --imprint 之一", "give a file, or --imprint"};
    if (!o->file == !o->imprint)
        return session_usage(s, one, NULL);
    out->hash = TSA_SM3;
    if (o->hash)
        TRY(tsa_hash_from_name(&out->hash, o->hash));
    return ts_file_imprint(s, o->file, o->imprint, out->hash, &out->imprint);
}

/* 63 random bits, as a positive INTEGER of eight octets. */
static err take_nonce(session *s, tsa_request *out)
{
    uint8_t *nonce = arena_alloc(s->arena, NONCE);
    if (!nonce)
        return ERR_MEMORY;
    do
        TRY(os_entropy_fill(NULL, nonce, NONCE));
    while ((nonce[0] &= 0x7f) == 0);
    out->nonce = bytes_of(nonce, NONCE);
    return ERR_OK;
}

err ts_query_make(session *s, const ts_query_options *o, tsa_request *request, bytes *der)
{
    *request = (tsa_request){.certificates = o->certificates};
    TRY(take_matter(s, o, request));
    TRY(ts_policy(s, o->policy, &request->policy));
    if (!o->no_nonce)
        TRY(take_nonce(s, request));
    buffer b = buffer_over(arena_alloc(s->arena, TSA_REQUEST_MAX), TSA_REQUEST_MAX);
    if (!b.p)
        return ERR_MEMORY;
    TRY(tsa_request_write(&b, request));
    *der = bytes_of(b.p, b.n);
    return ERR_OK;
}

err ts_query(session *s, const void *options)
{
    const ts_query_options *o = options;
    tsa_request request;
    bytes der;
    TRY(ts_query_make(s, o, &request, &der));
    return answer_write(s, o->output, der.p, der.n);
}
