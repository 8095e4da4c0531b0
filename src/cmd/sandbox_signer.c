#include "cmd/sandbox_signer.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/device_words.h"
#include "cmd/virtual_signer.h"
#include "os/clock.h"

enum { WAIT_SECONDS = 25, AGAIN_SECONDS = 2, PAGE = 100 };

#define DECLINED_BECAUSE "沙箱：此签名者总是拒签 / sandbox: this signer always declines"

/* A line, printed at once and whole. */
static void tell(const sandbox_signer *s, const char *event, phrase what, const char *task, yq_status status,
                 const yq_problem *problem)
{
    if (!s->json) {
        const char *why = status == YQ_OK ? "" : problem && *problem->code ? problem->code : device_words_code(status);
        printf("%s  %s  %s%s%s\n", s->row->staff_no, say(what), task, *why ? "  " : "", why);
    } else {
        json_t *line = json_pack("{s:s, s:s, s:s}", "event", event, "staff_no", s->row->staff_no, "task", task);
        if (status != YQ_OK)
            (void)json_object_set_new(line, "error", device_words_json(status, problem));
        char *text = json_dumps(line, JSON_COMPACT);
        if (text)
            printf("%s\n", text);
        free(text);
        json_decref(line);
    }
    (void)fflush(stdout);
}

static void told(void *context, const yq_task *task, const yq_sign_result *result, const yq_problem *problem)
{
    if (result->status == YQ_OK)
        tell(context, "signed", (phrase){"已签名", "signed"}, task->task, YQ_OK, NULL);
    else
        tell(context, "not_signed", (phrase){"未签名", "not signed"}, task->task, result->status, problem);
}

/* ---- signing later ---- */

static struct sandbox_seen *find(sandbox_signer *s, const char *id)
{
    for (size_t i = 0; i < s->seen_n; i++)
        if (strcmp(s->seen[i].id, id) == 0)
            return &s->seen[i];
    return NULL;
}

/* Is the task due? One that is seen for the first time is not; beyond SANDBOX_SEEN at a time it is. */
static bool is_due(void *context, const yq_task *task)
{
    sandbox_signer *s = context;
    struct sandbox_seen *seen = find(s, task->task);
    if (!seen && s->seen_n == SANDBOX_SEEN)
        return true;
    if (!seen) {
        seen = &s->seen[s->seen_n++];
        memcpy(seen->id, task->task, sizeof seen->id);
        seen->due_ms = clock_unix_ms() + SANDBOX_LATER_MS;
    }
    seen->here = true;
    return seen->due_ms <= clock_unix_ms();
}

static bool is_any(void *context, const yq_task *task)
{
    (void)context;
    (void)task;
    return true;
}

/* What was not in the list any more is forgotten. */
static void forget_gone(sandbox_signer *s)
{
    for (size_t i = s->seen_n; i-- > 0;) {
        if (!s->seen[i].here)
            s->seen[i] = s->seen[--s->seen_n];
        else
            s->seen[i].here = false;
    }
}

/* Seconds until there is something to do without a change, WAIT_SECONDS at the most. */
static unsigned seconds_to_wait(const sandbox_signer *s, bool again)
{
    int64_t wait = 1000 * (again ? AGAIN_SECONDS : WAIT_SECONDS), now = clock_unix_ms();
    for (size_t i = 0; i < s->seen_n; i++)
        wait = s->seen[i].due_ms - now < wait ? s->seen[i].due_ms - now : wait;
    return wait <= 0 ? 0 : (unsigned)((wait + 999) / 1000);
}

/* ---- declining ---- */

static yq_status decline_all(const sandbox_signer *s, bool *again, yq_problem *problem)
{
    yq_tasks page;
    *again = false;
    yq_status status = yq_pull_tasks(s->device, s->key, NULL, PAGE, &page, problem);
    if (status != YQ_OK)
        return status;
    for (size_t i = 0; i < page.n; i++) {
        yq_problem why;
        yq_status one = yq_decline(s->device, s->key, page.items[i].task, DECLINED_BECAUSE, &why);
        *again = *again || (one != YQ_OK && virtual_signer_passes(one, &why));
        tell(s, one == YQ_OK ? "declined" : "not_declined",
             one == YQ_OK ? (phrase){"已拒签", "declined"} : (phrase){"未能拒签", "not declined"}, page.items[i].task,
             one, &why);
    }
    *again = *again || *page.next;
    yq_tasks_free(&page);
    return YQ_OK;
}

/* ---- the loop ---- */

static yq_status act(sandbox_signer *s, bool *again, yq_problem *problem)
{
    const virtual_signer signer = {.device = s->device,
                                   .key = s->key,
                                   .pin = SANDBOX_PIN,
                                   .pin_n = sizeof SANDBOX_PIN - 1,
                                   .allow_unseen = true,
                                   .wanted = s->row->behaviour == SANDBOX_SIGNS_LATER ? is_due : is_any,
                                   .told = told,
                                   .context = s};
    (void)pthread_rwlock_rdlock(s->acting);
    yq_status status = s->row->behaviour == SANDBOX_DECLINES ? decline_all(s, again, problem)
                                                             : virtual_signer_run(&signer, again, problem);
    if (status == YQ_OK)
        forget_gone(s);
    (void)pthread_rwlock_unlock(s->acting);
    return status;
}

void *sandbox_signer_run(void *context)
{
    sandbox_signer *s = context;
    char set[YQ_TASK_SET] = "";
    for (bool again = false;;) {
        yq_problem problem;
        bool changed = false;
        const unsigned seconds = seconds_to_wait(s, again);
        yq_status status = yq_wait_tasks(s->device, s->key, set, seconds, &changed, &problem);
        if (status == YQ_OK && (changed || seconds < WAIT_SECONDS))
            status = act(s, &again, &problem);
        if (status == YQ_OK)
            continue;
        again = true;
        if (!virtual_signer_passes(status, &problem)) {
            tell(s, "end", (phrase){"不再签名", "signs no more"}, "", status, &problem);
            return NULL;
        }
    }
}
