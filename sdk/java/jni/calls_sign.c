#include "calls_sign.h"

#include <stdlib.h>
#include <string.h>

#include "bridge.h"
#include "calls_device.h"
#include "values.h"

/* ---- tasks ---- */

yq_status calls_pull_tasks(calls_call *call)
{
    yq_tasks tasks;
    const char *key = pack_read_text(&call->in);
    const char *after = pack_read_text(&call->in);
    size_t limit = pack_read_u32(&call->in);
    if (call->in.bad)
        return YQ_INVALID_ARGUMENT;
    yq_status status = yq_pull_tasks(calls_device_of(call), key, after, limit, &tasks, &call->problem);
    if (status != YQ_OK)
        return status;
    values_write_tasks(&call->out, &tasks);
    yq_tasks_free(&tasks);
    return YQ_OK;
}

yq_status calls_decline(calls_call *call)
{
    const char *key = pack_read_text(&call->in);
    const char *task = pack_read_text(&call->in);
    const char *reason = pack_read_text(&call->in);
    return call->in.bad ? YQ_INVALID_ARGUMENT : yq_decline(calls_device_of(call), key, task, reason, &call->problem);
}

yq_status calls_give_document(calls_call *call, yq_document *document)
{
    yq_status status = YQ_OUT_OF_MEMORY;
    jbyteArray content = bridge_array(call->env, document->p, document->n);
    if (content) {
        (*call->env)->SetObjectArrayElement(call->env, call->documents, 0, content);
        (*call->env)->DeleteLocalRef(call->env, content);
        pack_write_bytes(&call->out, document->digest, sizeof document->digest);
        status = YQ_OK;
    }
    (*call->env)->ExceptionClear(call->env);
    yq_document_free(document);
    return status;
}

yq_status calls_task_document(calls_call *call)
{
    yq_document document;
    yq_task task;
    const char *key = pack_read_text(&call->in);
    values_read_task(&call->in, &task);
    if (call->in.bad || !call->documents)
        return YQ_INVALID_ARGUMENT;
    yq_status status = yq_task_document(calls_device_of(call), key, &task, &document, &call->problem);
    return status == YQ_OK ? calls_give_document(call, &document) : status;
}

/* Nothing of the device is touched after yq_wait_tasks: it may be closed by then. */
yq_status calls_wait_tasks(calls_call *call)
{
    char set[YQ_TASK_SET] = "";
    bool changed = false;
    const char *key = pack_read_text(&call->in);
    const char *last = pack_read_text(&call->in);
    unsigned seconds = pack_read_u32(&call->in);
    size_t n = last ? strlen(last) : sizeof set;
    if (call->in.bad || n >= sizeof set)
        return YQ_INVALID_ARGUMENT;
    memcpy(set, last, n + 1);
    yq_status status = yq_wait_tasks(calls_device_of(call), key, set, seconds, &changed, &call->problem);
    if (status == YQ_OK) {
        pack_write_bool(&call->out, changed);
        pack_write_text(&call->out, set);
    }
    return status;
}

/* ---- signing ---- */

/* A copy: while the call runs Java may do with its array what it wants. */
static yq_status read_document(calls_call *call, size_t place, yq_sign_item *item)
{
    JNIEnv *env = call->env;
    jbyteArray array = (*env)->GetObjectArrayElement(env, call->documents, (jsize)place);
    if (!array)
        return YQ_OK;
    jsize n = (*env)->GetArrayLength(env, array);
    uint8_t *copy = malloc((size_t)n + 1); /* a document of no bytes is one, too */
    if (copy)
        (*env)->GetByteArrayRegion(env, array, 0, n, (jbyte *)copy);
    (*env)->DeleteLocalRef(env, array); /* there may be a thousand */
    item->document = copy;
    item->document_n = (size_t)n;
    return copy ? YQ_OK : YQ_OUT_OF_MEMORY;
}

yq_status calls_items_read(calls_items *out, calls_call *call)
{
    memset(out, 0, sizeof *out);
    size_t n = pack_read_count(&call->in, YQ_SIGN_MAX);
    if (call->in.bad || n == 0 || !call->documents ||
        (size_t)(*call->env)->GetArrayLength(call->env, call->documents) != n)
        return YQ_INVALID_ARGUMENT;
    out->tasks = calloc(n, sizeof *out->tasks);
    out->items = calloc(n, sizeof *out->items);
    out->results = calloc(n, sizeof *out->results);
    if (!out->tasks || !out->items || !out->results)
        return YQ_OUT_OF_MEMORY;
    out->n = n;
    yq_status status = YQ_OK;
    for (size_t i = 0; i < n && status == YQ_OK; i++) {
        values_read_task(&call->in, &out->tasks[i]);
        out->items[i].task = &out->tasks[i];
        out->items[i].allow_unseen = pack_read_bool(&call->in);
        status = read_document(call, i, &out->items[i]);
    }
    return status == YQ_OK && call->in.bad ? YQ_INVALID_ARGUMENT : status;
}

void calls_items_free(calls_items *items)
{
    for (size_t i = 0; i < items->n; i++) {
        void *copy = (void *)(uintptr_t)items->items[i].document;
        pack_wipe(copy, copy ? items->items[i].document_n : 0);
        free(copy);
    }
    free(items->results);
    free(items->items);
    free(items->tasks);
}

static void give_signed(calls_call *call, yq_status status, const yq_sign_result *results, size_t n,
                        const yq_sign_summary *summary)
{
    values_write_results(&call->out, results, status == YQ_INVALID_ARGUMENT ? 0 : n);
    pack_write_u32(&call->out, (uint32_t)summary->failures_before);
    pack_write_bool(&call->out, summary->pin_due);
}

/* Without a PIN it is by fingerprint. */
yq_status calls_sign(calls_call *call)
{
    calls_items items;
    yq_sign_summary summary = {0};
    const char *key = pack_read_text(&call->in);
    yq_status status = calls_items_read(&items, call);
    bool read = status == YQ_OK;
    if (read)
        status = yq_sign(calls_device_of(call), key, items.items, items.n, calls_pin_digits(&call->pin), call->pin.n,
                         items.results, &summary, &call->problem);
    give_signed(call, status, items.results, read ? items.n : 0, &summary);
    calls_items_free(&items);
    return status;
}

yq_status calls_sign_login(calls_call *call)
{
    yq_sign_result result = {0};
    yq_sign_summary summary = {0};
    yq_scanned shown;
    const char *key = pack_read_text(&call->in);
    const char *scan = pack_read_text(&call->in);
    yq_status status = YQ_INVALID_ARGUMENT;
    if (!call->in.bad && scan && calls_take_scanned(call->object, scan, &shown)) {
        status = yq_sign_login(calls_device_of(call), key, &shown, calls_pin_digits(&call->pin), call->pin.n, &result,
                               &summary, &call->problem);
        calls_keep_scanned(call->object, &shown); /* a wrong PIN is asked for again */
    }
    give_signed(call, status, &result, 1, &summary);
    return status;
}

/* ---- history ---- */

yq_status calls_list_signatures(calls_call *call)
{
    yq_signatures signatures;
    const char *key = pack_read_text(&call->in);
    const char *before = pack_read_text(&call->in);
    size_t limit = pack_read_u32(&call->in);
    if (call->in.bad)
        return YQ_INVALID_ARGUMENT;
    yq_status status = yq_list_signatures(calls_device_of(call), key, before, limit, &signatures, &call->problem);
    if (status != YQ_OK)
        return status;
    values_write_signatures(&call->out, &signatures);
    yq_signatures_free(&signatures);
    return YQ_OK;
}
