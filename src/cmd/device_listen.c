/* `yiqian device listen`: tells each task as it comes; with --sign signs it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ct.h"
#include "cmd/device_run.h"
#include "cmd/device_words.h"
#include "cmd/pin.h"
#include "cmd/virtual_signer.h"
#include "os/clock.h"

/* KNOWN_MAX: tasks that are told once; of more than that at a time the rest is told anew with each change. */
enum { WAIT_SECONDS = 25, AGAIN_SECONDS = 5, PAGE = 200, KNOWN_MAX = 20000, ROUND_ARENA = 256 << 20 };

typedef struct known_task {
    char id[37];
    bool here; /* in the list as it was read last */
} known_task;

typedef struct listening {
    device_run *r;
    yq_key_info key;
    char pin[PIN_ROOM];
    size_t pin_n;
    known_task *known;
    size_t known_n;
    bool offline;
} listening;

/* ---- what is told: a line each ---- */

static void tell(const char *event, const char *task, json_t *more)
{
    json_t *line = json_pack("{s:s}", "event", event);
    if (task)
        (void)json_object_set_new(line, "task", json_string(task));
    if (more)
        (void)json_object_update(line, more);
    json_decref(more);
    (void)json_dumpf(line, stdout, JSON_COMPACT);
    (void)fputc('\n', stdout);
    json_decref(line);
    (void)fflush(stdout);
}

static void say_line(listening *l, phrase what, const char *id, const char *title)
{
    printf("%s: %s %s\n", say(what), id, device_run_printable(l->r, title));
    (void)fflush(stdout);
}

static void told_new(listening *l, const yq_task *t)
{
    static const phrase what = {"新任务", "New task"};
    if (l->r->options.json)
        tell("task", NULL, device_run_task_json(t));
    else
        say_line(l, what, t->task, t->title);
}

static void told_gone(listening *l, const char *id)
{
    static const phrase what = {"已不在待签之列", "No longer to be signed"};
    if (l->r->options.json)
        tell("gone", id, NULL);
    else
        say_line(l, what, id, "");
}

static void told_offline(listening *l, yq_status status, const yq_problem *problem)
{
    if (!l->offline && l->r->options.json)
        tell("offline", NULL, json_pack("{s:o}", "error", device_words_json(status, problem)));
    else if (!l->offline)
        device_words_tell(l->r->session.arena, status, problem, "");
    l->offline = true;
}

static void told_online(listening *l)
{
    static const phrase what = {"已重新连接", "Connected again"};
    if (l->offline && l->r->options.json)
        tell("online", NULL, NULL);
    else if (l->offline)
        fprintf(stderr, "%s\n", say(what));
    l->offline = false;
}

/* ---- which tasks are known ---- */

static known_task *find(listening *l, const char *id)
{
    for (size_t i = 0; i < l->known_n; i++)
        if (strcmp(l->known[i].id, id) == 0)
            return &l->known[i];
    return NULL;
}

static void forget(listening *l, known_task *k)
{
    *k = l->known[--l->known_n];
}

static void meet(listening *l, const yq_task *t)
{
    known_task *k = find(l, t->task);
    if (!k) {
        told_new(l, t);
        if (l->known_n == KNOWN_MAX)
            return;
        k = &l->known[l->known_n++];
        memcpy(k->id, t->task, sizeof k->id);
    }
    k->here = true;
}

/* Tells what is new and what is gone. */
static yq_status read_list(listening *l, yq_problem *problem)
{
    char after[37] = "";
    for (size_t i = 0; i < l->known_n; i++)
        l->known[i].here = false;
    do {
        yq_tasks page;
        yq_status status = yq_pull_tasks(l->r->device, l->key.key, after, PAGE, &page, problem);
        if (status != YQ_OK)
            return status;
        for (size_t i = 0; i < page.n; i++)
            meet(l, &page.items[i]);
        memcpy(after, page.next, sizeof after);
        yq_tasks_free(&page);
    } while (*after);
    for (size_t i = l->known_n; i-- > 0;)
        if (!l->known[i].here) {
            told_gone(l, l->known[i].id);
            forget(l, &l->known[i]);
        }
    return YQ_OK;
}

/* ---- signing ---- */

static void told_signed(void *context, const yq_task *task, const yq_sign_result *result, const yq_problem *problem)
{
    static const phrase done = {"已签名", "Signed"}, not_done = {"未签名", "Not signed"};
    listening *l = context;
    bool done_now = result->status == YQ_OK;
    if (l->r->options.json) {
        tell(done_now ? "signed" : "not_signed", task->task,
             done_now ? json_pack("{s:s, s:b}", "signed_at", result->signed_at, "seen", result->seen)
                      : json_pack("{s:o}", "error", device_words_json(result->status, problem)));
    } else {
        say_line(l, done_now ? done : not_done, task->task, task->title);
        if (!done_now)
            device_words_tell(l->r->session.arena, result->status, problem, "");
    }
    known_task *k = find(l, task->task);
    if (done_now && k)
        forget(l, k);
}

/* ---- the loop ---- */

/* What one change brings, in memory of its own: a listener runs for days. */
static yq_status change(listening *l, bool *again, yq_problem *problem)
{
    arena *whole = l->r->session.arena;
    const virtual_signer signer = {.device = l->r->device,
                                   .key = l->key.key,
                                   .pin = l->pin,
                                   .pin_n = l->pin_n,
                                   .allow_unseen = l->r->options.unseen,
                                   .told = told_signed,
                                   .context = l};
    *again = false;
    l->r->session.arena = arena_create(ROUND_ARENA);
    yq_status status = l->r->session.arena ? read_list(l, problem) : YQ_OUT_OF_MEMORY;
    if (status == YQ_OK && l->r->options.all)
        status = virtual_signer_run(&signer, again, problem);
    arena_destroy(l->r->session.arena);
    l->r->session.arena = whole;
    return status;
}

/* Why it ends, and how the key stands. */
static int ended(listening *l, yq_status status, const yq_problem *problem)
{
    yq_key_info keys[YQ_KEYS_MAX];
    size_t n = 0;
    json_t *more = json_pack("{s:o}", "error", device_words_json(status, problem));
    if (yq_list_keys(l->r->device, keys, YQ_KEYS_MAX, &n) == YQ_OK)
        for (size_t i = 0; i < n; i++)
            if (strcmp(keys[i].key, l->key.key) == 0)
                (void)json_object_set_new(more, "key", device_run_key_json(&keys[i]));
    if (l->r->options.json)
        tell("end", NULL, more);
    else
        json_decref(more);
    return device_run_failed(l->r, status, problem);
}

static int listen_for_tasks(listening *l)
{
    char set[YQ_TASK_SET] = "";
    int64_t until = l->r->options.seconds ? clock_unix_ms() + 1000 * l->r->options.seconds : INT64_MAX;
    for (bool again = false;;) {
        yq_problem problem;
        bool changed = false;
        int64_t left = (until - clock_unix_ms() + 999) / 1000, most = again ? AGAIN_SECONDS : WAIT_SECONDS;
        if (left <= 0)
            return EXIT_OK;
        yq_status status =
            yq_wait_tasks(l->r->device, l->key.key, set, (unsigned)(left < most ? left : most), &changed, &problem);
        if (status == YQ_OK)
            told_online(l);
        if (status == YQ_OK && (changed || again))
            status = change(l, &again, &problem);
        if (status == YQ_OK)
            continue;
        if (!virtual_signer_passes(status, &problem))
            return ended(l, status, &problem);
        told_offline(l, status, &problem);
        again = true;
    }
}

int device_run_listen(device_run *r)
{
    static const phrase begun = {"等待任务，按 Ctrl-C 结束", "Waiting for tasks; Ctrl-C ends it"};
    listening l = {.r = r};
    int code = EXIT_FAILED;
    /* Lines, as they come, and no object at the end. */
    json_decref(r->result);
    r->result = NULL;
    if (!device_run_choose(r, &l.key, &code) || (r->options.all && !device_run_pin(r, l.pin, &l.pin_n, false, &code)))
        return code;
    l.known = calloc(KNOWN_MAX, sizeof *l.known);
    if (!r->options.json && l.known)
        printf("%s\n", say(begun));
    (void)fflush(stdout);
    code = l.known ? listen_for_tasks(&l) : device_run_failed(r, YQ_OUT_OF_MEMORY, NULL);
    wipe(l.pin, sizeof l.pin);
    free(l.known);
    return code;
}
