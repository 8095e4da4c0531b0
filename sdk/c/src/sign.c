/* Signing tasks: what is signed is computed here, from the document that was fetched and hashed here. */
#include "sign.h"

#include <stdlib.h>
#include <string.h>

#include "asn1/message_form.h"
#include "assertion.h"
#include "attributes.h"
#include "base/ct.h"
#include "base/text.h"
#include "crypto/sm2.h"
#include "crypto/sm3.h"
#include "failure_report.h"
#include "fingerprint.h"
#include "keys.h"
#include "refresh.h"
#include "tasks.h"

enum { FAILURES_MAX = 1000000 };

/* ---- the digests ---- */

/* Of form cms: e over the attributes that are built here. The digest in them is the task's, with which what was seen was compared. */
static yq_status digest_attributes(const yq_device *device, const context_key *key, const yq_task *task,
                                   cosign_item *signing)
{
    uint8_t message[SIGNED_ATTRIBUTES_BUILT_MAX];
    size_t n;
    YQ_TRY(attributes_now(device, &signing->signing_time));
    YQ_TRY(attributes_build(key, task->digest, signing->signing_time, message, &n));
    sm2_digest(signing->e, key->stored.blob.P, bytes_of(message, n));
    return YQ_OK;
}

static yq_status digest_of(const yq_device *device, const context_key *key, const yq_task *task, bytes document,
                           cosign_item *signing)
{
    const uint8_t *P = key->stored.blob.P;
    uint8_t *e = signing->e;
    if (task->form == YQ_FORM_CMS)
        return digest_attributes(device, key, task, signing);
    if (task->form == YQ_FORM_DIGEST) {
        sm2_digest(e, P, bytes_of(task->digest, sizeof task->digest));
        return YQ_OK;
    }
    if (message_form_ambiguous(document))
        return YQ_FORM_REFUSED;
    if (assertion_reserved(document)) /* whoever signed it would have logged in somewhere */
        return YQ_FORM_REFUSED;
    sm2_digest(e, P, document);
    return YQ_OK;
}

/* A copy of the user's own is compared only: that it differs says nothing about the server. */
static yq_status digest_given(const yq_device *device, const context_key *key, const yq_sign_item *item,
                              cosign_item *signing)
{
    uint8_t digest[32];
    sm3(digest, item->document, item->document_n);
    if (memcmp(digest, item->task->digest, sizeof digest) != 0)
        return YQ_DOCUMENT_CHANGED;
    return digest_of(device, key, item->task, bytes_of(item->document, item->document_n), signing);
}

static yq_status digest_fetched(yq_device *device, context_key *key, const yq_task *task, cosign_item *signing)
{
    yq_document document;
    YQ_TRY(tasks_fetch(device, key, task, &document));
    yq_status status = digest_of(device, key, task, bytes_of(document.p, document.n), signing);
    yq_document_free(&document);
    return status;
}

static yq_status digest_item(yq_device *device, context_key *key, const yq_sign_item *item, cosign_item *signing,
                             bool *seen)
{
    const yq_task *task = item->task;
    *seen = item->document || task->has_document;
    if (task->form != YQ_FORM_RAW && task->form != YQ_FORM_DIGEST && task->form != YQ_FORM_CMS)
        return YQ_FORM_REFUSED;
    if (task->kind == YQ_KIND_LOGIN)
        return YQ_FORM_REFUSED;
    if (item->document)
        return digest_given(device, key, item, signing);
    if (task->has_document)
        return digest_fetched(device, key, task, signing);
    if (task->form == YQ_FORM_RAW || !item->allow_unseen)
        return YQ_CONTENT_UNSEEN;
    return digest_of(device, key, task, bytes_of(NULL, 0), signing);
}

static yq_status digest_all(yq_device *device, context_key *key, const yq_sign_item *items, size_t n,
                            cosign_item *signing, yq_sign_result *results)
{
    for (size_t i = 0; i < n; i++) {
        yq_status status = digest_item(device, key, &items[i], &signing[i], &results[i].seen);
        if (status != YQ_OK) {
            results[i].status = status;
            return status;
        }
    }
    return YQ_OK;
}

/* ---- what the server said ---- */

/* "items[3].task" names the task that the server refused. */
static void blame(const yq_device *device, yq_status status, yq_sign_result *results, size_t n)
{
    static const char prefix[] = "items[";
    const char *field = device->problem.field;
    if (status != YQ_REFUSED || strncmp(field, prefix, sizeof prefix - 1) != 0)
        return;
    size_t place = 0;
    const char *p = field + sizeof prefix - 1;
    for (; *p >= '0' && *p <= '9' && place < n; p++)
        place = place * 10 + (size_t)(*p - '0');
    if (*p == ']' && place < n)
        results[place].status = status;
}

static size_t place_of(const cosign_item *signing, size_t n, size_t guess, const uint8_t task[16])
{
    for (size_t i = 0; i < n; i++) {
        size_t place = (guess + i) % n;
        if (memcmp(signing[place].task, task, 16) == 0)
            return place;
    }
    return n;
}

/* Exactly the tasks that were signed, in any order. A result that has its time is one that was named before. */
static err read_completed(json_value root, const cosign_item *signing, yq_sign_result *results, size_t n)
{
    json_value array, element, value;
    size_t count, position = 0;
    TRY(json_reader_field(&array, root, "completed"));
    TRY(json_reader_count(&count, array, n));
    if (count != n)
        return ERR_FIELD_LENGTH;
    for (size_t i = 0; json_reader_next(&element, array, &position); i++) {
        uint8_t task[16];
        TRY(json_reader_field(&value, element, "task"));
        TRY(json_reader_uuid(task, value));
        size_t place = place_of(signing, n, i, task);
        if (place == n || results[place].signed_at[0])
            return ERR_FIELD_VALUE;
        TRY(json_reader_field(&value, element, "signed_at"));
        TRY(json_reader_copy(results[place].signed_at, sizeof results[place].signed_at, value));
        if (!results[place].signed_at[0])
            return ERR_FIELD_VALUE;
    }
    return ERR_OK;
}

static err read_completion(const wire_answer *answer, const cosign_item *signing, yq_sign_result *results, size_t n,
                           yq_sign_summary *summary, bool *refresh_due)
{
    json_value root, value;
    int64_t failures;
    if (wire_open(&root, answer) != YQ_OK)
        return ERR_JSON;
    TRY(read_completed(root, signing, results, n));
    TRY(json_reader_field(&value, root, "failures_before"));
    TRY(json_reader_int(&failures, value, 0, FAILURES_MAX));
    summary->failures_before = (int)failures;
    TRY(json_reader_field(&value, root, "refresh_due"));
    return json_reader_bool(refresh_due, value);
}

/* ---- the call ---- */

/* Frees what was not completed. What was completed stays so. */
static void give_up(yq_device *device, context_key *key, const uint8_t sid[16], yq_status status)
{
    if (status == YQ_TRANSPORT_FAILED || wire_undecided(device))
        failure_report_keep(device, key, sid, NULL, "transport_failed");
    else
        failure_report_send(device, key, sid, NULL, "transport_failed");
}

static yq_status deliver(yq_device *device, context_key *key, const uint8_t sid[16], const cosign_item *signing,
                         size_t n, yq_sign_result *results, yq_sign_summary *summary, bool *refresh_due)
{
    wire_answer answer = {0};
    yq_status status = cosign_deliver(device, key, sid, signing, n, &answer);
    if (status == YQ_OK)
        status = status_of_answer(read_completion(&answer, signing, results, n, summary, refresh_due));
    else
        give_up(device, key, sid, status);
    for (size_t i = 0; status == YQ_OK && i < n; i++) {
        memcpy(results[i].rs, signing[i].rs, sizeof results[i].rs);
        results[i].status = YQ_OK;
    }
    wire_answer_free(&answer);
    return status;
}

yq_status sign_digests(yq_device *device, context_key *key, cosign_item *signing, size_t n, unmasking *by,
                       yq_sign_result *results, yq_sign_summary *summary)
{
    uint8_t sid[16];
    bool refresh_due = false;
    yq_status status = refresh_sign(device, key, signing, n, by, sid);
    blame(device, status, results, n);
    if (status == YQ_OK)
        status = deliver(device, key, sid, signing, n, results, summary, &refresh_due);
    if (status == YQ_OK)
        summary->pin_due = refresh_after_use(device, key, by, refresh_due);
    return status;
}

static int by_task(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}

/* The tasks' ids; no task twice. */
static yq_status read_ids(cosign_item *signing, const yq_sign_item *items, size_t n)
{
    bool refused = false;
    uint8_t(*ids)[16] = calloc(n, sizeof *ids);
    if (!ids)
        return YQ_OUT_OF_MEMORY;
    for (size_t i = 0; i < n && !refused; i++) {
        const yq_task *task = items[i].task;
        refused = !task || uuid_decode(signing[i].task, task->task, strnlen(task->task, sizeof task->task)) != ERR_OK;
        memcpy(ids[i], signing[i].task, sizeof ids[i]);
    }
    qsort(ids, n, sizeof *ids, by_task);
    for (size_t i = 1; i < n && !refused; i++)
        refused = memcmp(ids[i - 1], ids[i], sizeof ids[i]) == 0;
    free(ids);
    return refused ? YQ_INVALID_ARGUMENT : YQ_OK;
}

yq_status sign_items(yq_device *device, context_key *key, const yq_sign_item *items, size_t n, unmasking *by,
                     yq_sign_result *results, yq_sign_summary *summary)
{
    cosign_item *signing = calloc(n, sizeof *signing);
    if (!signing)
        return YQ_OUT_OF_MEMORY;
    yq_status status = read_ids(signing, items, n);
    if (status == YQ_OK)
        status = digest_all(device, key, items, n, signing, results);
    if (status == YQ_OK)
        status = sign_digests(device, key, signing, n, by, results, summary);
    free(signing);
    return status;
}

void sign_results_clear(yq_sign_result *results, size_t n, yq_sign_summary *summary)
{
    memset(summary, 0, sizeof *summary);
    memset(results, 0, n * sizeof *results);
    for (size_t i = 0; i < n; i++)
        results[i].status = YQ_NOT_ATTEMPTED;
}

yq_status sign_check_person(const yq_device *device, const context_key *key, const unmasking *by)
{
    return by->by_fingerprint ? fingerprint_require(device, key) : context_check_pin(by->pin);
}

static yq_status sign(yq_device *device, const char *name, const yq_sign_item *items, size_t n, bytes pin,
                      yq_sign_result *results, yq_sign_summary *summary)
{
    context_key *key;
    unmasking by = unmasking_of(pin);
    YQ_TRY(keys_enrolled(&key, device, name));
    YQ_TRY(sign_check_person(device, key, &by));
    by.purpose = n == 1 ? "签署 / Sign" : "签署多份 / Sign several";
    by.detail = items[0].task ? items[0].task->title : NULL;
    yq_status status = sign_items(device, key, items, n, &by, results, summary);
    unmasking_wipe(&by);
    return status;
}

yq_status yq_sign(yq_device *device, const char *key, const yq_sign_item *items, size_t n, const char *pin,
                  size_t pin_n, yq_sign_result *results, yq_sign_summary *summary, yq_problem *problem)
{
    yq_sign_summary local;
    context_clear_problem(problem);
    if (!items || !results || n < 1 || n > YQ_SIGN_MAX)
        return YQ_INVALID_ARGUMENT;
    if (!summary)
        summary = &local;
    sign_results_clear(results, n, summary);
    YQ_TRY(context_enter(device, problem));
    return context_leave(device, sign(device, key, items, n, bytes_of(pin, pin_n), results, summary), problem);
}
