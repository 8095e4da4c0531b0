/* Tasks under an authorisation, within its scope: held to here, whatever the server would do. */
#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "sign.h"
#include "tasks.h"
#include "wire.h"
#include "workstation_authorisation.h"

static bool covers(const yq_authorisation *a, const yq_task *task)
{
    return task->kind == YQ_KIND_DOCUMENT && task->system && task->record_type &&
           mpc_scope_covers(&a->limits, task->system, task->record_type);
}

/* The server says that it has ended. */
static void notice_end(yq_authorisation *a, yq_status status)
{
    if (status == YQ_REFUSED && wire_refused_with(a->act, "authorisation_closed"))
        workstation_authorisation_end(a, YQ_AUTHORISATION_CLOSED, "");
    else if (a->grant.active && a->grant.count_left <= 0)
        workstation_authorisation_end(a, YQ_AUTHORISATION_EXHAUSTED, "count");
}

/* ---- tasks and documents ---- */

static yq_status pull(yq_authorisation *a, const char *after, size_t limit, yq_tasks *out)
{
    YQ_TRY(workstation_authorisation_require(a));
    yq_status status = tasks_pull(a->act, &a->act_key, after, limit, out);
    notice_end(a, status);
    return status;
}

yq_status yq_authorisation_pull(yq_authorisation *authorisation, const char *after, size_t limit, yq_tasks *out,
                                yq_problem *problem)
{
    context_clear_problem(problem);
    if (!authorisation || !out)
        return YQ_INVALID_ARGUMENT;
    memset(out, 0, sizeof *out);
    YQ_TRY(context_enter(authorisation->act, problem));
    return context_leave(authorisation->act, pull(authorisation, after, limit, out), problem);
}

static yq_status document(yq_authorisation *a, const yq_task *task, yq_document *out)
{
    YQ_TRY(workstation_authorisation_require(a));
    if (!covers(a, task))
        return YQ_OUT_OF_SCOPE;
    yq_status status = tasks_fetch(a->act, &a->act_key, task, out);
    notice_end(a, status);
    return status;
}

yq_status yq_authorisation_document(yq_authorisation *authorisation, const yq_task *task, yq_document *out,
                                    yq_problem *problem)
{
    context_clear_problem(problem);
    if (!authorisation || !task || !out || !task->has_document)
        return YQ_INVALID_ARGUMENT;
    YQ_TRY(context_enter(authorisation->act, problem));
    return context_leave(authorisation->act, document(authorisation, task, out), problem);
}

/* ---- signing ---- */

static yq_status check_scope(const yq_authorisation *a, const yq_sign_item *items, size_t n, yq_sign_result *results)
{
    if ((int64_t)n > a->grant.count_left)
        return YQ_OUT_OF_SCOPE;
    for (size_t i = 0; i < n; i++) {
        if (!items[i].task)
            return YQ_INVALID_ARGUMENT;
        if (!covers(a, items[i].task)) {
            results[i].status = YQ_OUT_OF_SCOPE;
            return YQ_OUT_OF_SCOPE;
        }
    }
    return YQ_OK;
}

static yq_status sign(yq_authorisation *a, const yq_sign_item *items, size_t n, yq_sign_result *results,
                      yq_sign_summary *summary)
{
    YQ_TRY(workstation_authorisation_require(a));
    YQ_TRY(check_scope(a, items, n, results));
    unmasking none = {.pin = bytes_of(NULL, 0)};
    yq_status status = sign_items(a->act, &a->act_key, items, n, &none, results, summary);
    notice_end(a, status);
    return status;
}

yq_status yq_authorisation_sign(yq_authorisation *authorisation, const yq_sign_item *items, size_t n,
                                yq_sign_result *results, yq_problem *problem)
{
    yq_sign_summary summary;
    context_clear_problem(problem);
    if (!authorisation || !items || !results || n < 1 || n > YQ_SIGN_MAX)
        return YQ_INVALID_ARGUMENT;
    sign_results_clear(results, n, &summary);
    YQ_TRY(context_enter(authorisation->act, problem));
    return context_leave(authorisation->act, sign(authorisation, items, n, results, &summary), problem);
}
