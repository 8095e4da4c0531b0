/* `yiqian device history`. */
#include <stdio.h>
#include <string.h>

#include "cmd/answer.h"
#include "cmd/device_run.h"
#include "cmd/table.h"

enum { LIMIT_DEFAULT = 50 };

static err print_entries(device_run *r, const yq_signatures *list)
{
    static const phrase headers[] = {{"签署时间", "Signed"},    {"任务", "Task"},         {"标题", "Title"},
                                     {"业务号", "Reference"},   {"来源", "System"},       {"方式", "Method"},
                                     {"工作站", "Workstation"}, {"撤回时间", "Withdrawn"}};
    enum { COLUMNS = sizeof headers / sizeof *headers };
    const char *cells[COLUMNS];
    arena *a = r->session.arena;
    table *t = table_headed(a, headers, COLUMNS);
    for (size_t i = 0; i < list->n; i++) {
        const yq_signature *s = &list->items[i];
        const char *signed_at = answer_time(a, s->signed_at),
                   *withdrawn_at = *s->withdrawn_at ? answer_time(a, s->withdrawn_at) : "";
        cells[0] = signed_at ? device_run_printable(r, signed_at) : "";
        cells[1] = s->task;
        cells[2] = device_run_printable(r, s->title);
        cells[3] = device_run_printable(r, s->reference);
        cells[4] = device_run_printable(r, s->system);
        cells[5] = device_run_printable(r, answer_word(s->method));
        cells[6] = device_run_printable(r, s->workstation);
        cells[7] = withdrawn_at ? device_run_printable(r, withdrawn_at) : "";
        TRY(table_add(t, cells));
    }
    table_print(stdout, t, 0);
    return ERR_OK;
}

static json_t *text_or_null(const char *text)
{
    return *text ? json_string(text) : json_null();
}

static json_t *entry_json(const yq_signature *s)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:o}", "task", s->task, "kind",
                     s->kind == YQ_KIND_LOGIN      ? "login"
                     : s->kind == YQ_KIND_DOCUMENT ? "document"
                                                   : "other",
                     "title", s->title, "description", s->description, "record_type", s->record_type, "reference",
                     s->reference, "system", s->system, "method", s->method, "serial", s->serial, "workstation",
                     text_or_null(s->workstation), "signed_at", s->signed_at, "withdrawn_at",
                     text_or_null(s->withdrawn_at));
}

int device_run_history(device_run *r)
{
    static const phrase none = {"还没有签署记录", "nothing was signed yet"},
                        more = {"更早的：--before", "older ones: --before"};
    yq_key_info key;
    yq_signatures list;
    yq_problem problem;
    int code;
    if (!device_run_choose(r, &key, &code))
        return code;
    yq_status status = yq_list_signatures(r->device, key.key, r->options.before,
                                          r->options.limit ? (size_t)r->options.limit : LIMIT_DEFAULT, &list, &problem);
    if (status != YQ_OK)
        return device_run_failed(r, status, &problem);
    json_t *entries = json_array();
    for (size_t i = 0; i < list.n; i++)
        (void)json_array_append_new(entries, entry_json(&list.items[i]));
    (void)json_object_set_new(r->result, "signatures", entries);
    (void)json_object_set_new(r->result, "next", text_or_null(list.next));
    if (!r->options.json && list.n == 0)
        printf("%s\n", say(none));
    else if (!r->options.json && print_entries(r, &list) != ERR_OK)
        status = YQ_OUT_OF_MEMORY;
    if (!r->options.json && *list.next)
        fprintf(stderr, "%s %s\n", say(more), list.next);
    yq_signatures_free(&list);
    return status == YQ_OK ? EXIT_OK : device_run_failed(r, status, NULL);
}
