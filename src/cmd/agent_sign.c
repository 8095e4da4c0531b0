#include "cmd/agent_sign.h"

#include <string.h>

#include "base/text.h"
#include "cmd/agent_problem.h"
#include "cmd/sign_culprit.h"

/* CULPRITS: tasks left out one after the other, until the rest is refused with the last one's reason. */
enum { PAGE = 200, PAGES_MAX = 500, CULPRITS = 50 };

typedef struct wanted {
    char id[UUID_TEXT];
    const yq_task *task; /* NULL: not found */
    json_t *result;
} wanted;

typedef struct signing {
    arena *arena;
    yq_authorisation *handle;
    wanted *wanted;
    size_t n, found;
    yq_tasks *pages;
    size_t pages_n;
} signing;

static void pick(signing *s, const yq_tasks *page)
{
    for (size_t i = 0; i < page->n && s->found < s->n; i++)
        for (size_t k = 0; k < s->n; k++)
            if (!s->wanted[k].task && strcmp(s->wanted[k].id, page->items[i].task) == 0) {
                s->wanted[k].task = &page->items[i];
                s->found++;
            }
}

static yq_status find(signing *s, yq_problem *problem)
{
    const char *after = NULL;
    do {
        yq_tasks *page = &s->pages[s->pages_n];
        yq_status status = yq_authorisation_pull(s->handle, after, PAGE, page, problem);
        if (status != YQ_OK)
            return status;
        s->pages_n++;
        pick(s, page);
        after = page->next;
    } while (*after && s->found < s->n && s->pages_n < PAGES_MAX);
    return YQ_OK;
}

static void refuse(wanted *w, json_t *problem)
{
    if (w->result)
        json_decref(problem);
    else
        w->result = json_pack("{s:s, s:s, s:o}", "task", w->id, "status", "refused", "problem", problem);
}

static json_t *not_found(void)
{
    const problem_row *row = problem_of(ERR_TASK_NOT_FOUND);
    static const char detail[] = "not among the signer's tasks within the scope that can be signed now";
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i}", "type", "urn:yiqian:problem:task_not_found", "code",
                     err_code(ERR_TASK_NOT_FOUND), "title", row->title_zh, "title_en", row->title_en, "detail", detail,
                     "status", row->status);
}

static void accept(arena *a, wanted *w, const yq_sign_result *r)
{
    const char *signature = base64_text(a, r->rs, sizeof r->rs);
    if (signature)
        w->result = json_pack("{s:s, s:s, s:s, s:s, s:b}", "task", w->id, "status", "signed", "signature", signature,
                              "signed_at", r->signed_at, "seen", r->seen);
}

/* Those that were found and have no result yet, in the order asked for. */
static size_t open_items(const signing *s, yq_sign_item *items, size_t *places)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (!s->wanted[i].task || s->wanted[i].result)
            continue;
        /* What the server has no document of, the page beside this agent shows: its digest is signed. */
        items[n] = (yq_sign_item){.task = s->wanted[i].task, .allow_unseen = true};
        places[n++] = i;
    }
    return n;
}

static yq_status sign_found(signing *s)
{
    yq_sign_item *items = arena_alloc(s->arena, s->n * sizeof *items);
    yq_sign_result *results = arena_alloc(s->arena, s->n * sizeof *results);
    size_t *places = arena_alloc(s->arena, s->n * sizeof *places);
    if (!items || !results || !places)
        return YQ_OUT_OF_MEMORY;
    for (unsigned round = 0;; round++) {
        yq_problem problem;
        size_t n = open_items(s, items, places);
        if (n == 0)
            return YQ_OK;
        yq_status status = yq_authorisation_sign(s->handle, items, n, results, &problem);
        size_t culprit = sign_culprit(results, n);
        bool all = status == YQ_OK || culprit == n || round == CULPRITS;
        for (size_t i = 0; i < n; i++) {
            if (status == YQ_OK)
                accept(s->arena, &s->wanted[places[i]], &results[i]);
            else if (all || i == culprit)
                refuse(&s->wanted[places[i]], agent_problem_json(status, &problem));
        }
        if (all)
            return YQ_OK;
    }
}

static yq_status run(signing *s, json_t **results, yq_problem *problem)
{
    yq_status status = find(s, problem);
    if (status == YQ_OK)
        status = sign_found(s);
    if (status != YQ_OK)
        return status;
    *results = json_array();
    for (size_t i = 0; i < s->n; i++) {
        if (!s->wanted[i].result)
            refuse(&s->wanted[i], not_found());
        (void)json_array_append(*results, s->wanted[i].result);
    }
    return json_array_size(*results) == s->n ? YQ_OK : YQ_OUT_OF_MEMORY;
}

yq_status agent_sign(arena *a, yq_authorisation *handle, const uint8_t (*ids)[16], size_t n, json_t **results,
                     yq_problem *problem)
{
    signing s = {.arena = a,
                 .handle = handle,
                 .wanted = arena_alloc(a, n * sizeof *s.wanted),
                 .n = n,
                 .pages = arena_alloc(a, PAGES_MAX * sizeof *s.pages)};
    memset(problem, 0, sizeof *problem);
    *results = NULL;
    if (!s.wanted || !s.pages)
        return YQ_OUT_OF_MEMORY;
    for (size_t i = 0; i < n; i++)
        uuid_encode(s.wanted[i].id, ids[i]);
    yq_status status = run(&s, results, problem);
    for (size_t i = 0; i < n; i++)
        json_decref(s.wanted[i].result);
    for (size_t i = 0; i < s.pages_n; i++)
        yq_tasks_free(&s.pages[i]);
    if (status != YQ_OK) {
        json_decref(*results);
        *results = NULL;
    }
    return status;
}
