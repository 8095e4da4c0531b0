#include "service/verify_timestamp.h"

#include "service/signature_stamp.h"
#include "service/timestamp_verify.h"

static err find_token(call *c, const verify_request *r, const subject_matter *m, bytes *token)
{
    *token = r->timestamp.p ? r->timestamp : m->timestamp;
    return token->p || !m->from_task ? ERR_OK : signature_stamp_token(c, m->task, token);
}

err verify_timestamp(call *c, const verify_request *r, const subject_matter *m, verification *v)
{
    bytes token;
    size_t n;
    TRY(find_token(c, r, m, &token));
    uint8_t *signature = arena_alloc(c->arena, ECSIG_DER_MAX);
    tsa_verification *found = arena_alloc(c->arena, sizeof *found);
    if (!signature || !found)
        return ERR_MEMORY;
    /* Without r and s there is no signature that it could be about; check_signature says so. */
    if (token.n == 0 || !m->has_rs || ecsig_to_der(signature, &n, m->rs) != ERR_OK)
        return ERR_OK;
    TRY(timestamp_verify(c, &(timestamp_verify_request){.token = token, .document = bytes_of(signature, n)}, found));
    v->timestamp = found;
    if (found->valid && v->time_source == VERIFY_TIME_NOW) {
        v->time_ms = found->token.info.time_us / 1000;
        v->time_source = VERIFY_TIME_TIMESTAMP;
    }
    return ERR_OK;
}
