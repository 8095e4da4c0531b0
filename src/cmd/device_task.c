/* `yiqian device tasks | show | sign | decline`. */
#include <stdio.h>
#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "cmd/answer.h"
#include "cmd/device_run.h"
#include "cmd/device_words.h"
#include "cmd/pin.h"
#include "cmd/sign_culprit.h"
#include "cmd/table.h"
#include "os/file.h"

enum { BATCH = 100, PAGES_MAX = 1000, DOCUMENT_MAX = 64 << 20 };

static const char *form_word(yq_form form)
{
    return form == YQ_FORM_RAW ? "raw" : form == YQ_FORM_DIGEST ? "digest" : form == YQ_FORM_CMS ? "cms" : "other";
}

static void set_hex(json_t *object, const char *name, const void *p, size_t n)
{
    char text[129];
    if (2 * n >= sizeof text)
        return;
    hex_encode(text, p, n);
    (void)json_object_set_new(object, name, json_string(text));
}

static const char *kind_word(yq_kind kind)
{
    return kind == YQ_KIND_DOCUMENT ? "document" : kind == YQ_KIND_LOGIN ? "login" : "other";
}

static const char *priority_word(yq_priority priority)
{
    return priority == YQ_PRIORITY_URGENT ? "urgent" : priority == YQ_PRIORITY_HIGH ? "high" : "normal";
}

static json_t *fields_json(const yq_task *t)
{
    json_t *fields = json_array();
    for (size_t i = 0; i < t->fields_n; i++)
        (void)json_array_append_new(fields,
                                    json_pack("{s:s, s:s}", "label", t->fields[i].label, "value", t->fields[i].value));
    return fields;
}

json_t *device_run_task_json(const yq_task *t)
{
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "task", t->task, "title", t->title, "description",
                  t->description, "reference", t->reference, "form", form_word(t->form), "media_type", t->media_type,
                  "system", t->system, "created_at", t->created_at, "expires_at", t->expires_at);
    set_hex(object, "digest", t->digest, sizeof t->digest);
    (void)json_object_set_new(object, "kind", json_string(kind_word(t->kind)));
    (void)json_object_set_new(object, "priority", json_string(priority_word(t->priority)));
    (void)json_object_set_new(object, "record_type", json_string(t->record_type));
    (void)json_object_set_new(object, "batch", *t->batch ? json_string(t->batch) : json_null());
    (void)json_object_set_new(object, "fields", fields_json(t));
    (void)json_object_set_new(object, "document_size",
                              t->has_document ? json_integer((json_int_t)t->document_size) : json_null());
    return object;
}

/* ---- tasks ---- */

/* "患者: 林晓岚; 床号: 3" for one line of a list. */
static const char *fields_text(device_run *r, const yq_task *t)
{
    const char *text = "";
    for (size_t i = 0; i < t->fields_n && text; i++)
        text =
            arena_printf(r->session.arena, "%s%s%s: %s", text, i ? "; " : "", t->fields[i].label, t->fields[i].value);
    return text ? device_run_printable(r, text) : "";
}

static err print_tasks(device_run *r, const yq_task *tasks, size_t n)
{
    static const phrase headers[] = {{"任务", "Task"},   {"优先级", "Priority"},  {"标题", "Title"},
                                     {"内容", "Fields"}, {"业务号", "Reference"}, {"来源", "System"},
                                     {"截止", "Expires"}};
    enum { COLUMNS = sizeof headers / sizeof *headers };
    const char *cells[COLUMNS];
    table *t = table_headed(r->session.arena, headers, COLUMNS);
    for (size_t i = 0; i < n; i++) {
        const char *expires = answer_time(r->session.arena, tasks[i].expires_at);
        cells[0] = tasks[i].task;
        cells[1] = answer_word(priority_word(tasks[i].priority));
        cells[2] = device_run_printable(r, tasks[i].title);
        cells[3] = fields_text(r, &tasks[i]);
        cells[4] = device_run_printable(r, tasks[i].reference);
        cells[5] = device_run_printable(r, tasks[i].system);
        cells[6] = expires ? device_run_printable(r, expires) : "";
        TRY(table_add(t, cells));
    }
    table_print(stdout, t, 0);
    return ERR_OK;
}

int device_run_tasks(device_run *r)
{
    static const phrase none = {"没有待签名的任务（不含正在别处签名的）",
                                "nothing to sign (what is being signed elsewhere is not listed)"},
                        more = {"还有更多：加大 --limit", "there is more: raise --limit"};
    yq_key_info key;
    yq_tasks tasks;
    yq_problem problem;
    int code;
    if (!device_run_choose(r, &key, &code))
        return code;
    yq_status status =
        yq_pull_tasks(r->device, key.key, NULL, r->options.limit ? (size_t)r->options.limit : BATCH, &tasks, &problem);
    if (status != YQ_OK)
        return device_run_failed(r, status, &problem);
    json_t *list = json_array();
    for (size_t i = 0; i < tasks.n; i++)
        (void)json_array_append_new(list, device_run_task_json(&tasks.items[i]));
    (void)json_object_set_new(r->result, "tasks", list);
    (void)json_object_set_new(r->result, "next", *tasks.next ? json_string(tasks.next) : json_null());
    if (!r->options.json && tasks.n == 0)
        printf("%s\n", say(none));
    else if (!r->options.json && print_tasks(r, tasks.items, tasks.n) != ERR_OK)
        status = YQ_OUT_OF_MEMORY;
    if (!r->options.json && *tasks.next)
        fprintf(stderr, "%s\n", say(more));
    yq_tasks_free(&tasks);
    return status == YQ_OK ? EXIT_OK : device_run_failed(r, status, NULL);
}

/* ---- finding tasks by id ---- */

/* Lists that hold the tasks in use; freed together. */
typedef struct picked {
    yq_tasks *pages;
    size_t pages_n;
    yq_sign_item *items;
    size_t n;
} picked;

static void picked_free(picked *p)
{
    for (size_t i = 0; i < p->pages_n; i++)
        yq_tasks_free(&p->pages[i]);
    p->pages_n = 0;
}

static void pick_from(picked *p, const yq_tasks *page, const char *const *ids, size_t ids_n)
{
    for (size_t i = 0; i < page->n && p->n < ids_n; i++) {
        bool wanted = false;
        for (size_t k = 0; k < ids_n && !wanted; k++)
            wanted = strcasecmp(ids[k], page->items[i].task) == 0;
        if (wanted)
            p->items[p->n++] = (yq_sign_item){.task = &page->items[i]};
    }
}

static err picked_open(device_run *r, picked *out, size_t pages_max, size_t items_max)
{
    arena *a = r->session.arena;
    *out = (picked){.pages = arena_alloc(a, pages_max * sizeof *out->pages),
                    .items = arena_alloc(a, items_max * sizeof *out->items)};
    return out->pages && out->items ? ERR_OK : ERR_MEMORY;
}

/* The tasks of these ids, in the order of the list. */
static yq_status pick(device_run *r, const yq_key_info *key, const char *const *ids, size_t ids_n, picked *out,
                      yq_problem *problem)
{
    const char *after = NULL;
    if (picked_open(r, out, PAGES_MAX, ids_n) != ERR_OK)
        return YQ_OUT_OF_MEMORY;
    do {
        yq_tasks *page = &out->pages[out->pages_n];
        yq_status status = yq_pull_tasks(r->device, key->key, after, BATCH, page, problem);
        if (status != YQ_OK)
            return status;
        out->pages_n++;
        pick_from(out, page, ids, ids_n);
        after = page->next;
    } while (*after && out->n < ids_n && out->pages_n < PAGES_MAX);
    return YQ_OK;
}

static const phrase not_waiting = {"没有这个待签名的任务", "no such task is waiting for this key"};
/* The list has neither what is claimed nor what is finished, and does not say which. */
static const phrase elsewhere = {"若正在另一台设备或工作站上签名而未签成，60 秒内会回到待签：请稍后再试",
                                 "if it is being signed on another device or workstation and that comes to nothing, it "
                                 "waits again within 60 s: try then"};

static bool all_found(device_run *r, const picked *p)
{
    for (size_t k = 0; k < r->operands_n; k++) {
        bool found = false;
        for (size_t i = 0; i < p->n; i++)
            found |= strcasecmp(r->operands[k], p->items[i].task->task) == 0;
        if (!found) {
            (void)session_fail(&r->session, ERR_TASK_NOT_FOUND, not_waiting, r->operands[k], elsewhere);
            return false;
        }
    }
    return true;
}

/* ---- show ---- */

static void print_field(device_run *r, phrase label, const char *text)
{
    table_pad(stdout, say(label), 16);
    printf("%s\n", *text ? device_run_printable(r, text) : "-");
}

static void print_task(device_run *r, const yq_task *t, const yq_document *document)
{
    static const phrase unseen = {"服务器没有文档：此处看不到内容",
                                  "the server has no document: content not seen here"};
    char digest[65];
    const char *expires = answer_time(r->session.arena, t->expires_at);
    print_field(r, (phrase){"任务", "Task"}, t->task);
    print_field(r, (phrase){"标题", "Title"}, t->title);
    print_field(r, (phrase){"描述", "Description"}, t->description);
    for (size_t i = 0; i < t->fields_n; i++) {
        const char *label = device_run_printable(r, t->fields[i].label);
        print_field(r, (phrase){label, label}, t->fields[i].value);
    }
    print_field(r, (phrase){"病历类别", "Record type"}, t->record_type);
    print_field(r, (phrase){"优先级", "Priority"}, answer_word(priority_word(t->priority)));
    print_field(r, (phrase){"业务号", "Reference"}, t->reference);
    print_field(r, (phrase){"来源", "System"}, t->system);
    print_field(r, (phrase){"截止", "Expires"}, expires ? expires : "");
    print_field(r, (phrase){"签名形式", "Form"}, form_word(t->form));
    print_field(r, (phrase){"文档类型", "Media type"}, t->media_type);
    hex_encode(digest, t->digest, sizeof t->digest);
    print_field(r, (phrase){"任务摘要 SM3", "SM3 of the task"}, digest);
    hex_encode(digest, document->digest, sizeof document->digest);
    print_field(r, (phrase){"本机重算 SM3", "Recomputed here"}, t->has_document ? digest : say(unseen));
}

static int save_document(device_run *r, const yq_document *document)
{
    static const phrase saved = {"文档已存入", "Saved to"};
    if (!r->options.output)
        return EXIT_OK;
    err e = file_write(r->options.output, document->p, document->n, 0600);
    if (e != ERR_OK) {
        (void)session_file_failed(&r->session, e, r->options.output);
        return EXIT_FAILED;
    }
    if (!r->options.json)
        print_field(r, saved, r->options.output);
    return EXIT_OK;
}

static int show_task(device_run *r, const yq_key_info *key, const yq_task *task)
{
    static const phrase no_document = {"服务器没有这个任务的文档", "the server has no document of this task"};
    yq_document document = {0};
    yq_problem problem = {0};
    json_t *object = device_run_task_json(task);
    (void)json_object_set_new(r->result, "task", object);
    if (r->options.output && !task->has_document)
        return (session_fail(&r->session, ERR_NOT_FOUND, no_document, task->task, (phrase){NULL, NULL}), EXIT_FAILED);
    yq_status status = task->has_document ? yq_task_document(r->device, key->key, task, &document, &problem) : YQ_OK;
    if (task->has_document && (status == YQ_OK || status == YQ_DOCUMENT_CHANGED))
        set_hex(object, "recomputed", document.digest, sizeof document.digest);
    if (status != YQ_OK)
        return device_run_failed(r, status, &problem);
    if (!r->options.json)
        print_task(r, task, &document);
    int code = save_document(r, &document);
    yq_document_free(&document);
    return code;
}

int device_run_show(device_run *r)
{
    yq_key_info key;
    yq_problem problem;
    picked p = {0};
    int code;
    if (!device_run_choose(r, &key, &code))
        return code;
    yq_status status = pick(r, &key, r->operands, 1, &p, &problem);
    if (status != YQ_OK)
        code = device_run_failed(r, status, &problem);
    else
        code = all_found(r, &p) ? show_task(r, &key, p.items[0].task) : EXIT_FAILED;
    picked_free(&p);
    return code;
}

/* ---- sign ---- */

typedef struct signing {
    char room[PIN_ROOM];
    const char *pin; /* NULL: by fingerprint */
    size_t pin_n;
    bool has_pin, pin_due;
    bytes document; /* --document */
    json_t *list;
    int failures_before;
    size_t left_out; /* tasks that could not be signed and did not stop the others */
} signing;

static void record(device_run *r, signing *s, const yq_task *task, const yq_sign_result *result)
{
    static const phrase done = {"已签名", "Signed"}, not_done = {"未签名", "Not signed"};
    bool signed_now = result->status == YQ_OK;
    json_t *object = json_pack("{s:s, s:s, s:b}", "task", task->task, "status", device_words_code(result->status),
                               "seen", result->seen);
    if (signed_now) {
        (void)json_object_set_new(object, "signed_at", json_string(result->signed_at));
        set_hex(object, "rs", result->rs, sizeof result->rs);
    }
    (void)json_array_append_new(s->list, object);
    if (!r->options.json && result->status != YQ_NOT_ATTEMPTED)
        printf("%s: %s %s\n", say(signed_now ? done : not_done), task->task, device_run_printable(r, task->title));
}

static void print_picked(device_run *r, const picked *p)
{
    for (size_t i = 0; i < p->n; i++) {
        const yq_task *t = p->items[i].task;
        char digest[65];
        hex_encode(digest, t->digest, sizeof t->digest);
        printf("%s  %s  %s\n", t->task, device_run_printable(r, t->title), device_run_printable(r, t->description));
        for (size_t k = 0; k < t->fields_n; k++)
            printf("  %s: %s\n", device_run_printable(r, t->fields[k].label),
                   device_run_printable(r, t->fields[k].value));
        printf("  SM3 %s\n", digest);
    }
    (void)fflush(stdout);
}

/* Before the PIN is asked for, the person sees what it is for. */
static bool prepare(device_run *r, signing *s, picked *p, int *code)
{
    for (size_t i = 0; i < p->n; i++) {
        p->items[i].allow_unseen = r->options.unseen;
        p->items[i].document = r->options.document ? s->document.p : NULL;
        p->items[i].document_n = s->document.n;
    }
    if (!r->options.json)
        print_picked(r, p);
    s->has_pin = s->has_pin || device_run_person(r, s->room, &s->pin, &s->pin_n, code);
    return s->has_pin;
}

/* One request for all. With leave_out a task that stops it is told and left out, and the others are signed without it. */
static int sign_picked(device_run *r, const yq_key_info *key, signing *s, picked *p, bool leave_out)
{
    int code;
    yq_sign_result *results = arena_alloc(r->session.arena, (p->n + 1) * sizeof *results);
    if (!results)
        return device_run_failed(r, YQ_OUT_OF_MEMORY, NULL);
    if (!prepare(r, s, p, &code))
        return code;
    while (p->n > 0) {
        yq_sign_summary summary = {0};
        yq_problem problem = {0};
        yq_status status = yq_sign(r->device, key->key, p->items, p->n, s->pin, s->pin_n, results, &summary, &problem);
        size_t culprit = sign_culprit(results, p->n);
        s->failures_before += summary.failures_before;
        s->pin_due |= summary.pin_due;
        if (status == YQ_OK || !leave_out || culprit == p->n) {
            for (size_t i = 0; i < p->n; i++)
                record(r, s, p->items[i].task, &results[i]);
            return status == YQ_OK ? EXIT_OK : device_run_failed(r, status, &problem);
        }
        record(r, s, p->items[culprit].task, &results[culprit]);
        device_words_tell(r->session.arena, status, &problem, "");
        s->left_out++;
        p->n--;
        memmove(&p->items[culprit], &p->items[culprit + 1], (p->n - culprit) * sizeof *p->items);
    }
    return EXIT_OK;
}

/* All that waits, or of it what came in this batch (NULL: all); a page of the list a request. */
static int sign_all(device_run *r, const yq_key_info *key, signing *s, const char *batch)
{
    char after[37] = "";
    int code = EXIT_OK;
    do {
        picked p;
        yq_problem problem = {0};
        yq_status status = YQ_OUT_OF_MEMORY;
        if (picked_open(r, &p, 1, BATCH) == ERR_OK)
            status = yq_pull_tasks(r->device, key->key, after, BATCH, p.pages, &problem);
        if (status != YQ_OK)
            return device_run_failed(r, status, &problem);
        p.pages_n = 1;
        for (size_t i = 0; i < p.pages->n; i++)
            if (!batch || strcmp(batch, p.pages->items[i].batch) == 0)
                p.items[p.n++] = (yq_sign_item){.task = &p.pages->items[i]};
        memcpy(after, p.pages->next, sizeof after);
        if (p.n > 0)
            code = sign_picked(r, key, s, &p, true);
        picked_free(&p);
    } while (code == EXIT_OK && *after);
    return code == EXIT_OK && s->left_out > 0 ? EXIT_FAILED : code;
}

static int sign_named(device_run *r, const yq_key_info *key, signing *s)
{
    picked p = {0};
    yq_problem problem;
    int code = EXIT_FAILED;
    yq_status status = pick(r, key, r->operands, r->operands_n, &p, &problem);
    if (status != YQ_OK)
        code = device_run_failed(r, status, &problem);
    else if (all_found(r, &p))
        code = sign_picked(r, key, s, &p, false);
    picked_free(&p);
    return code;
}

static int check_sign_options(device_run *r)
{
    static const phrase which = {"请给出任务，或 --all", "say which tasks, or --all"},
                        one = {"--document 只用于一个任务", "--document is for one task"},
                        too_many = {"一次最多 1000 个任务", "1000 tasks at most at a time"};
    if (r->options.all == (r->operands_n > 0))
        return device_run_usage(r, which, NULL);
    if (r->options.document && r->operands_n != 1)
        return device_run_usage(r, one, NULL);
    return r->operands_n > YQ_SIGN_MAX ? device_run_usage(r, too_many, NULL) : EXIT_OK;
}

static void print_summary(device_run *r, const signing *s)
{
    static const phrase none = {"没有待签名的任务", "nothing to sign"},
                        failures = {"注意：自上次成功以来输错 PIN 码的次数", "Note: wrong PINs since the last success"};
    if (r->options.json)
        return;
    if (json_array_size(s->list) == 0)
        printf("%s\n", say(none));
    if (s->failures_before > 0)
        printf("%s: %d\n", say(failures), s->failures_before);
}

int device_run_sign(device_run *r)
{
    yq_key_info key;
    signing s = {.list = json_array()};
    (void)json_object_set_new(r->result, "signatures", s.list); /* the result's from here on */
    int code = check_sign_options(r);
    if (code != EXIT_OK || !device_run_choose(r, &key, &code))
        return code;
    err e = r->options.document ? file_read(r->session.arena, r->options.document, DOCUMENT_MAX, &s.document) : ERR_OK;
    if (e != ERR_OK) {
        (void)session_file_failed(&r->session, e, r->options.document);
        return EXIT_FAILED;
    }
    code = r->options.all ? sign_all(r, &key, &s, NULL) : sign_named(r, &key, &s);
    wipe(s.room, sizeof s.room);
    (void)json_object_set_new(r->result, "failures_before", json_integer(s.failures_before));
    (void)json_object_set_new(r->result, "pin_due", json_boolean(s.pin_due));
    if (code == EXIT_OK)
        print_summary(r, &s);
    return code;
}

int device_run_sign_scanned(device_run *r, const yq_key_info *key, const yq_scanned *seen)
{
    signing s = {.list = json_array()};
    picked p;
    (void)json_object_set_new(r->result, "signatures", s.list); /* the result's from here on */
    if (picked_open(r, &p, 0, seen->n) != ERR_OK)
        return device_run_failed(r, YQ_OUT_OF_MEMORY, NULL);
    for (; p.n < seen->n; p.n++)
        p.items[p.n] = (yq_sign_item){.task = &seen->tasks[p.n]};
    int code = p.n > 0 ? sign_picked(r, key, &s, &p, true) : EXIT_OK;
    if (code == EXIT_OK && seen->n == YQ_SCANNED_MAX)
        code = sign_all(r, key, &s, seen->tasks[0].batch);
    wipe(s.room, sizeof s.room);
    (void)json_object_set_new(r->result, "failures_before", json_integer(s.failures_before));
    (void)json_object_set_new(r->result, "pin_due", json_boolean(s.pin_due));
    if (code == EXIT_OK)
        print_summary(r, &s);
    return code == EXIT_OK && s.left_out > 0 ? EXIT_FAILED : code;
}

/* ---- decline ---- */

int device_run_decline(device_run *r)
{
    static const phrase done = {"已拒签", "Declined"};
    yq_key_info key;
    yq_problem problem;
    int code;
    if (!device_run_choose(r, &key, &code))
        return code;
    yq_status status = yq_decline(r->device, key.key, r->operands[0], r->options.reason, &problem);
    if (status != YQ_OK)
        return device_run_failed(r, status, &problem);
    (void)json_object_set_new(r->result, "task", json_string(r->operands[0]));
    (void)json_object_set_new(r->result, "reason", json_string(r->options.reason));
    if (!r->options.json)
        printf("%s: %s\n", say(done), r->operands[0]);
    return EXIT_OK;
}
