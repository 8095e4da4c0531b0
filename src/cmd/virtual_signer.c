#include "cmd/virtual_signer.h"

#include <signal.h>
#include <string.h>

#include "cmd/sign_culprit.h"

enum { PAGE = 100 };

bool virtual_signer_passes(yq_status status, const yq_problem *problem)
{
    static const char *const codes[] = {"task_claimed", "key_busy", "refresh_pending"};
    if (status == YQ_TRANSPORT_FAILED || status == YQ_BAD_ANSWER)
        return true;
    if (status != YQ_REFUSED)
        return false;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(problem->code, codes[i]) == 0)
            return true;
    return problem->http_status == 408 || problem->http_status == 429 || problem->http_status >= 500;
}

/* An end by signal waits until the request is over: what was begun would hold its tasks for a minute. */
static yq_status sign_uninterrupted(const virtual_signer *s, const yq_sign_item *items, size_t n,
                                    yq_sign_result *results, yq_problem *problem)
{
    sigset_t ends, before;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &ends, &before);
    yq_status status = yq_sign(s->device, s->key, items, n, s->pin, s->pin_n, results, NULL, problem);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

static yq_status sign_page(const virtual_signer *s, const yq_tasks *page, bool *again, yq_problem *problem)
{
    yq_sign_item items[PAGE];
    yq_sign_result results[PAGE];
    size_t n = 0;
    for (size_t i = 0; i < page->n && n < PAGE; i++)
        if (!s->wanted || s->wanted(s->context, &page->items[i]))
            items[n++] = (yq_sign_item){.task = &page->items[i], .allow_unseen = s->allow_unseen};
    while (n > 0) {
        yq_status status = sign_uninterrupted(s, items, n, results, problem);
        if (status == YQ_OK) {
            for (size_t i = 0; i < n; i++)
                s->told(s->context, items[i].task, &results[i], problem);
            return YQ_OK;
        }
        size_t culprit = sign_culprit(results, n);
        if (culprit == n)
            return status;
        *again = *again || virtual_signer_passes(status, problem);
        s->told(s->context, items[culprit].task, &results[culprit], problem);
        n--;
        memmove(&items[culprit], &items[culprit + 1], (n - culprit) * sizeof *items);
    }
    return YQ_OK;
}

yq_status virtual_signer_run(const virtual_signer *s, bool *again, yq_problem *problem)
{
    char after[37] = "";
    *again = false;
    do {
        yq_tasks page;
        yq_status status = yq_pull_tasks(s->device, s->key, after, PAGE, &page, problem);
        if (status != YQ_OK)
            return status;
        memcpy(after, page.next, sizeof after);
        status = sign_page(s, &page, again, problem);
        yq_tasks_free(&page);
        if (status != YQ_OK)
            return status;
    } while (*after);
    return YQ_OK;
}
