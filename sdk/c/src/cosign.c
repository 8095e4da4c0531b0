#include "cosign.h"

#include <stdlib.h>
#include <string.h>

#include "attributes.h"
#include "base/ct.h"
#include "failure_report.h"

/* Bytes of JSON: an item of a request (36 + 64 + 2 * 130 + 20 characters and their names) and of an answer, with room for white
 * space. */
enum { ITEM_OUT = 512, ITEM_IN = 1024, FRAME = 1024, DELIVERIES = 3 };

static yq_status write_request(json_writer *w, const mpc_sign_request *request, const cosign_item *items,
                               const unmasking *by)
{
    char time[ATTRIBUTES_TIME];
    json_writer_hex(w, "sid", request->sid, MPC_ID);
    if (by->by_fingerprint)
        json_writer_text(w, "method", "fingerprint");
    json_writer_begin_array(w, "items");
    for (size_t i = 0; i < request->m; i++) {
        json_writer_begin_object(w, NULL);
        json_writer_uuid(w, "task", items[i].task);
        json_writer_hex(w, "e", request->items[i].e, 32);
        json_writer_hex(w, "A", request->items[i].A, POINT_SIZE);
        json_writer_hex(w, "B", request->items[i].B, POINT_SIZE);
        if (items[i].signing_time) {
            attributes_time_text(time, items[i].signing_time);
            json_writer_text(w, "signing_time", time);
        }
        json_writer_end_object(w);
    }
    json_writer_end_array(w);
    json_writer_hex(w, "c", request->proof.c, MPC_CHALLENGE);
    json_writer_hex(w, "z", request->proof.z, 32);
    return wire_end(w);
}

static yq_status ask(yq_device *device, context_key *key, const mpc_sign_request *request, const cosign_item *items,
                     const unmasking *by, wire_answer *answer)
{
    char path[WIRE_PATH];
    size_t cap = FRAME + request->m * ITEM_OUT;
    uint8_t *body = malloc(cap);
    json_writer w;
    if (!body)
        return YQ_OUT_OF_MEMORY;
    wire_key_path(path, key, "sign-requests");
    wire_begin(&w, body, cap);
    yq_status status = write_request(&w, request, items, by);
    const wire_call call = {"POST", path, w.out.p, w.out.n, WIRE_SMALL + request->m * ITEM_IN};
    if (status == YQ_OK)
        status = wire_request(device, key, &call, answer);
    wipe(body, cap);
    free(body);
    return status;
}

static err read_answers(mpc_sign_answer *answers, size_t m, json_value root)
{
    json_value array, element, value;
    size_t count, position = 0;
    TRY(json_reader_field(&array, root, "answers"));
    TRY(json_reader_count(&count, array, m));
    if (count != m)
        return ERR_FIELD_LENGTH;
    for (size_t i = 0; json_reader_next(&element, array, &position); i++) {
        TRY(json_reader_field(&value, element, "W"));
        TRY(json_reader_hex(answers[i].W, POINT_SIZE, value));
        TRY(json_reader_field(&value, element, "s1"));
        TRY(json_reader_hex(answers[i].s1, sizeof answers[i].s1, value));
    }
    return ERR_OK;
}

/* S3. The session is consumed by this call; the signatures go into items only when every one of them is valid. */
static yq_status finish(mpc_device_session *session, const wire_answer *answer, cosign_item *items, size_t n)
{
    json_value root;
    mpc_sign_answer *answers = calloc(n, sizeof *answers);
    uint8_t(*signatures)[64] = calloc(n, sizeof *signatures);
    yq_status status = answers && signatures ? wire_open(&root, answer) : YQ_OUT_OF_MEMORY;
    if (status == YQ_OK)
        status = status_of_answer(read_answers(answers, n, root));
    if (status == YQ_OK)
        status = status_of_answer(mpc_device_finish(session, signatures, answers, n));
    for (size_t i = 0; status == YQ_OK && i < n; i++)
        memcpy(items[i].rs, signatures[i], 64);
    if (answers)
        wipe(answers, n * sizeof *answers);
    free(answers);
    free(signatures);
    return status;
}

/* What the server is told after a request that went out and came to nothing. */
static void report(yq_device *device, context_key *key, const uint8_t sid[16], yq_status status)
{
    switch (status) {
    case YQ_BAD_ANSWER:
    case YQ_ANSWER_REJECTED:
        failure_report_send(device, key, sid, NULL, "answer_rejected");
        break;
    case YQ_TRANSPORT_FAILED:
        failure_report_keep(device, key, sid, NULL, "transport_failed");
        break;
    case YQ_OUT_OF_MEMORY:
        failure_report_send(device, key, sid, NULL, "transport_failed");
        break;
    default:
        /* A verdict opens nothing; an answer like 503 leaves open whether it did. */
        if (wire_undecided(device))
            failure_report_keep(device, key, sid, NULL, "transport_failed");
        break;
    }
}

/* Under a grant: what was asked for is used, whatever became of it, unless the server refused it. */
static void count_used(const yq_device *device, context_key *key, size_t n, yq_status status)
{
    if (key->grant && (status != YQ_REFUSED || wire_undecided(device)))
        key->grant->count_left -= (int64_t)n;
}

/* The device's share: under a grant the one that was given, else what the PIN or the fingerprint unmasks. */
static yq_status share_of(scalar *d1, const context_key *key, const unmasking *by)
{
    if (!key->grant)
        return unmasking_share(d1, &key->stored.blob, by);
    *d1 = key->grant->d1;
    return key->grant->active ? YQ_OK : YQ_NOT_ACTIVE;
}

static yq_status exchange_session(yq_device *device, context_key *key, mpc_sign_request *request, cosign_item *items,
                                  const unmasking *by, const scalar *d1)
{
    mpc_device_session *session = NULL;
    wire_answer answer = {0};
    yq_status status = status_of_own(mpc_device_sign(&session, request, d1, key->stored.blob.P, &device->rng));
    if (status == YQ_OK) {
        status = ask(device, key, request, items, by, &answer);
        count_used(device, key, request->m, status);
        if (status == YQ_OK)
            status = finish(session, &answer, items, request->m);
        if (status != YQ_OK)
            report(device, key, request->sid, status);
    }
    mpc_device_session_destroy(session);
    wire_answer_free(&answer);
    return status;
}

yq_status cosign_sign(yq_device *device, context_key *key, cosign_item *items, size_t n, const unmasking *by,
                      uint8_t sid[16])
{
    scalar d1 = {{0}};
    mpc_sign_request request = {.m = n};
    YQ_TRY(failure_report_flush(device, key));
    request.items = calloc(n, sizeof *request.items);
    yq_status status = request.items ? context_random(device, request.sid, MPC_ID) : YQ_OUT_OF_MEMORY;
    if (status == YQ_OK)
        status = share_of(&d1, key, by);
    if (status == YQ_OK) {
        memcpy(request.key_id, key->stored.key_id, MPC_ID);
        memcpy(sid, request.sid, MPC_ID);
        for (size_t i = 0; i < n; i++)
            memcpy(request.items[i].e, items[i].e, 32);
        status = exchange_session(device, key, &request, items, by, &d1);
    }
    scalar_wipe(&d1);
    wipe(&request.proof, sizeof request.proof);
    free(request.items);
    return status;
}

static yq_status write_signatures(json_writer *w, const uint8_t sid[16], const cosign_item *items, size_t n)
{
    json_writer_hex(w, "sid", sid, MPC_ID);
    json_writer_begin_array(w, "signatures");
    for (size_t i = 0; i < n; i++) {
        json_writer_begin_object(w, NULL);
        json_writer_uuid(w, "task", items[i].task);
        json_writer_hex(w, "rs", items[i].rs, 64);
        json_writer_end_object(w);
    }
    json_writer_end_array(w);
    return wire_end(w);
}

yq_status cosign_deliver(yq_device *device, context_key *key, const uint8_t sid[16], const cosign_item *items, size_t n,
                         wire_answer *answer)
{
    char path[WIRE_PATH];
    size_t cap = FRAME + n * ITEM_OUT;
    uint8_t *body = malloc(cap);
    json_writer w;
    if (!body)
        return YQ_OUT_OF_MEMORY;
    wire_key_path(path, key, "signatures");
    wire_begin(&w, body, cap);
    yq_status status = write_signatures(&w, sid, items, n);
    const wire_call call = {"POST", path, w.out.p, w.out.n, WIRE_SMALL + n * ITEM_IN};
    for (int i = 0; i < DELIVERIES && (i == 0 || status == YQ_TRANSPORT_FAILED); i++) {
        wire_answer_free(answer);
        status = wire_request(device, key, &call, answer);
    }
    free(body);
    return status;
}
