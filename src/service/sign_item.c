#include "service/sign_item.h"

#include <string.h>

#include "asn1/csr_info.h"
#include "crypto/sm2.h"
#include "crypto/sm3.h"
#include "os/clock.h"
#include "service/authorisation_sign.h"
#include "service/device.h"
#include "service/internal.h"
#include "service/login.h"
#include "service/renewal.h"
#include "service/sign_attributes.h"
#include "service/task.h"

enum { ITEM_SCRATCH = 1 << 20 /* beside a task's document */ };

/* e of the certificate request, which the server builds for itself. */
err sign_item_request_digest(call *c, const signing_key *key, uint8_t e[32])
{
    bytes subject;
    uint8_t info[1024];
    buffer out = buffer_over(info, sizeof info);
    TRY(device_subject(c, key->user_id, &subject));
    TRY(csr_info_build(&out, subject, key->public_key));
    sm2_digest(e, key->public_key, bytes_of(info, out.n));
    return ERR_OK;
}

void sign_count_crypto(call *c, uint64_t started_ns)
{
    c->service->crypto_cpu_ns += clock_thread_cpu_ns() - started_ns;
}

/* M of the task: of form cms its attributes, which the server builds for itself. */
static err message_of(call *c, sign_attributes *of, const signing_key *key, const task_signable *t,
                      int64_t signing_time_ms, bytes *attributes, bytes *message)
{
    *message = t->message;
    if (strcmp(t->form, "cms") != 0)
        return signing_time_ms == 0 ? ERR_OK : fault_set(&c->fault, ERR_FORM, "only form cms has a signing time");
    if (t->message.n != SM3_SIZE)
        return ERR_CORRUPT;
    TRY(sign_attributes_build(c, of, key, t->message.p, signing_time_ms, key->authorised ? key->id : NULL, attributes));
    *message = *attributes;
    return ERR_OK;
}

/* May this signer sign item i of the request now, and is e what the server computes? */
static err task_check(call *c, arena *scratch, const signing_key *key, const sign_request *rq, size_t i,
                      sign_attributes *of, bytes *attributes)
{
    const uint8_t *sid = rq->mpc.sid, *e = rq->mpc.items[i].e;
    bytes message;
    task_signable t;
    uint8_t own[32];
    TRY(task_load_signable(c, scratch, rq->subjects[i], &t));
    if (memcmp(t.signer_id, key->user_id, 16) != 0)
        return ERR_TASK_NOT_YOURS;
    if (key->authorised)
        TRY(authorisation_task_check(c, key, rq->subjects[i]));
    if (strcmp(t.kind, "login") == 0)
        TRY(login_check_signer(c, rq->subjects[i], key->enrolment_id));
    bool own_claim = memcmp(t.claim_key, key->id, 16) == 0 && memcmp(t.claim_sid, sid, 16) == 0;
    err refusal = task_state_error(t.state);
    if (refusal == ERR_TASK_CLAIMED && !own_claim)
        c->fault.retry_after = signing_key_seconds_until(t.claim_until, c->now_ms);
    if (refusal != ERR_OK && !(refusal == ERR_TASK_CLAIMED && own_claim))
        return refusal;
    TRY(message_of(c, of, key, &t, rq->signing_times ? rq->signing_times[i] : 0, attributes, &message));
    uint64_t started = clock_thread_cpu_ns();
    sm2_digest(own, key->public_key, message);
    sign_count_crypto(c, started);
    return memcmp(own, e, 32) == 0 ? ERR_OK : ERR_DIGEST;
}

/* Which part of the item an error is about. */
static const char *part_of(err e)
{
    return e == ERR_SIGNING_TIME || e == ERR_FIELD_MISSING || e == ERR_FIELD_VALUE || e == ERR_FORM ? "signing_time"
                                                                                                    : "task";
}

/* Not a task: then it may be a renewal of the key, alone in its request. */
static err renewal_check(call *c, const signing_key *key, const sign_request *rq)
{
    renewal_matter matter;
    if (rq->mpc.m != 1 || key->authorised)
        return ERR_TASK_NOT_FOUND;
    TRY(renewal_load(c, key, rq->subjects[0], &matter));
    if (matter.done && !matter.rekey)
        return ERR_TASK_SIGNED;
    if (memcmp(matter.e, rq->mpc.items[0].e, sizeof matter.e) != 0)
        return ERR_DIGEST;
    if (rq->signing_times && rq->signing_times[0] != 0)
        return fault_set(&c->fault, ERR_FORM, "only form cms has a signing time");
    c->audit_event = "certificate.request";
    c->subject = call_subject(c, "renewal", rq->subjects[0]);
    return c->subject ? ERR_OK : ERR_MEMORY;
}

err sign_items_check(call *c, const signing_key *key, const sign_request *rq, bytes *attributes, bool *tasks)
{
    sign_attributes of = {0};
    const mpc_sign_request *mpc = &rq->mpc;
    *tasks = !key->enrolling;
    if (key->enrolling) {
        uint8_t own[32];
        c->audit_event = "certificate.request";
        c->subject = call_subject(c, "enrolment", key->enrolment_id);
        if (mpc->m != 1 || memcmp(rq->subjects[0], key->enrolment_id, 16) != 0)
            return fault_set(&c->fault, ERR_KEY_STATE,
                             "the key has no certificate yet: it signs its certificate request only");
        TRY(sign_item_request_digest(c, key, own));
        return memcmp(own, mpc->items[0].e, 32) == 0 ? ERR_OK : ERR_DIGEST;
    }
    /* A document may be as large as a request's arena: one at a time. */
    arena *scratch = arena_create(TASK_DOCUMENT_MAX + ITEM_SCRATCH);
    err e = scratch ? ERR_OK : ERR_MEMORY;
    for (size_t i = 0; i < mpc->m && e == ERR_OK; i++) {
        const char *part = "task";
        for (size_t j = 0; j < i; j++)
            if (memcmp(rq->subjects[i], rq->subjects[j], 16) == 0)
                e = ERR_FIELD_VALUE;
        if (e == ERR_OK) {
            e = task_check(c, scratch, key, rq, i, &of, &attributes[i]);
            if (e == ERR_TASK_NOT_FOUND) {
                e = renewal_check(c, key, rq);
                *tasks = e != ERR_OK;
            }
            part = part_of(e);
        }
        if (e != ERR_OK) {
            fault_field(&c->fault, e, "items[%zu].%s", i, part);
            c->subject = call_subject(c, "task", rq->subjects[i]);
        }
        if (scratch)
            arena_reset(scratch);
    }
    arena_destroy(scratch);
    return e;
}
